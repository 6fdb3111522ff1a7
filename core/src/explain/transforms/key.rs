//! Group A: the key.

use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{List, Op};
use crate::explain::form::{from_base64, from_hex, to_hex};
use crate::explain::message::Message;
use crate::explain::seek::contains;
use crate::explain::{KeyKind, Options};

/// The keys that are tried: the other ones known, and what programs make of the main one.
pub(in crate::explain) struct Keys<'a> {
    variants: Vec<Variant<'a>>,
    pub(super) main: &'a [u8],
}

/// One key to try; its bytes are wiped in the end.
struct Variant<'a> {
    id: &'static str,
    what: &'a str,
    bytes: Zeroizing<Vec<u8>>,
}

impl<'a> Keys<'a> {
    pub(in crate::explain) fn new(
        main: &'a [u8],
        pasted: Option<&str>,
        message: &Message<'a>,
        options: &Options<'a>,
    ) -> Self {
        let mut keys = Self { variants: Vec::new(), main };
        for key in options.keys.iter().skip(1) {
            keys.add(kind_id(key.kind, message.scene.is_received()), key.label, key.bytes);
        }
        if let Some(pasted) = pasted {
            keys.add("A10", "the key in the pasted text", pasted.as_bytes());
        }
        for (word, what) in &WORDS {
            keys.add("A5", what, word.as_bytes());
        }
        if let Ok(text) = core::str::from_utf8(main)
            && !text.is_empty()
        {
            keys.texts(text, message);
            keys.digests(main);
        }
        keys
    }

    /// The key written or copied in another way.
    fn texts(&mut self, text: &str, message: &Message<'_>) {
        let main = text.as_bytes();
        for (before, after, what) in &AROUND {
            let id = if contains(what, "U+") { "A7" } else { "A6" };
            self.take(id, what, [before.as_bytes(), main, after.as_bytes()].concat());
        }
        self.add("A6", "key trimmed", text.trim().as_bytes());
        let mut clean = main.to_vec();
        clean.retain(u8::is_ascii_graphic);
        self.take("A7", "key without invisible and non-ASCII characters", clean);
        let mut full = String::new();
        for c in text.chars() {
            let wide = char::from_u32(u32::from(c) + 0xfee0).filter(|_| c.is_ascii_graphic());
            full.push(wide.unwrap_or(c));
        }
        self.take("A7", "key in full-width characters (U+FF01..)", full.into_bytes());
        self.take("A8", "key in upper case", main.to_ascii_uppercase());
        self.take("A8", "key in lower case", main.to_ascii_lowercase());
        let mut shorter = text.chars();
        shorter.next_back();
        self.add("A9", "key without its last character", shorter.as_str().as_bytes());
        let mut shorter = text.chars();
        shorter.next();
        self.add("A9", "key without its first character", shorter.as_str().as_bytes());
        self.take("A9", "key written twice", [main, main].concat());
        for &(name, what) in &[
            ("mch_id", "key = value of mch_id"),
            ("partnerid", "key = value of partnerid"),
            ("appid", "key = value of appid"),
            ("appId", "key = value of appId"),
        ] {
            if let Some(value) = message.get(name) {
                self.add("A4", what, value.as_bytes());
            }
        }
    }

    /// The key hashed or decoded before use.
    fn digests(&mut self, main: &[u8]) {
        use md5::{Digest, Md5};
        let hex = Zeroizing::new(to_hex(&Md5::digest(main)));
        self.take("D5", "key = md5(key), upper-case hex", hex.to_ascii_uppercase().into_bytes());
        self.add("D5", "key = md5(key), lower-case hex", hex.as_bytes());
        for (what, bytes) in [
            ("key decoded from hex", from_hex(main)),
            ("key decoded from base64", from_base64(main)),
        ] {
            if !bytes.is_empty() {
                self.take("D5", what, bytes);
            }
        }
    }

    fn add(&mut self, id: &'static str, what: &'a str, bytes: &[u8]) {
        self.take(id, what, bytes.to_vec());
    }

    fn take(&mut self, id: &'static str, what: &'a str, bytes: Vec<u8>) {
        self.variants.push(Variant { id, what, bytes: Zeroizing::new(bytes) });
    }
}

/// What stands in the place of a key that was not loaded.
const WORDS: [(&str, &str); 8] = [
    ("", "key = \"\""),
    ("undefined", "key = \"undefined\""),
    ("null", "key = \"null\""),
    ("None", "key = \"None\""),
    ("nil", "key = \"nil\""),
    ("[object Object]", "key = \"[object Object]\""),
    ("false", "key = \"false\""),
    ("NULL", "key = \"NULL\""),
];

const AROUND: [(&str, &str, &str); 15] = [
    ("", "\n", "key + \"\\n\""),
    ("", "\r\n", "key + \"\\r\\n\""),
    ("", " ", "key + \" \""),
    (" ", "", "\" \" + key"),
    ("", "\t", "key + \"\\t\""),
    ("\t", "", "\"\\t\" + key"),
    (" ", " ", "\" \" + key + \" \""),
    ("\n", "", "\"\\n\" + key"),
    ("", "\r", "key + \"\\r\""),
    ("\"", "\"", "key in double quotes"),
    ("'", "'", "key in single quotes"),
    ("\u{feff}", "", "U+FEFF + key"),
    ("", "\u{200b}", "key + U+200B"),
    ("\u{200b}", "", "U+200B + key"),
    ("", "\u{a0}", "key + U+00A0"),
];

const fn kind_id(kind: KeyKind, received: bool) -> &'static str {
    match kind {
        KeyKind::OtherMerchant | KeyKind::Main if received => "H10",
        KeyKind::OtherMerchant | KeyKind::Main => "A1",
        KeyKind::Old => "A10",
        KeyKind::AppSecret => "A2",
        KeyKind::ApiV3 => "A3",
        KeyKind::Password => "A4",
        KeyKind::SubMerchant => "A11",
        KeyKind::Sandbox => "A12",
    }
}

pub(super) fn keys<'a>(list: &mut List<'a>, keys: &'a Keys<'a>) {
    for Variant { id, what, bytes } in &keys.variants {
        let also = match *id {
            "A1" => Some("H10"),
            "H10" => Some("A1"),
            _ => None,
        };
        list.push_both(id, also, what, Op::Key(bytes));
    }
}
