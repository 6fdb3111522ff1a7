//! Group A: the key.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{List, Op};
use crate::explain::message::Message;
use crate::explain::{KeyKind, Options};

/// The keys that are tried: the other ones known, and what programs make of the main one.
pub(in crate::explain) struct Keys<'a> {
    variants: Vec<Variant<'a>>,
    pub(super) main: &'a [u8],
}

/// One key to try; its bytes are wiped in the end.
struct Variant<'a> {
    id: &'static str,
    detail: Cow<'a, str>,
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
        for &word in &["", "undefined", "null", "None", "nil", "[object Object]", "false", "NULL"] {
            let mut detail = String::from("key = \"");
            detail.extend([word, "\""]);
            keys.add("A5", detail, word.as_bytes());
        }
        let Ok(text) = core::str::from_utf8(main) else { return keys };
        if text.is_empty() {
            return keys;
        }
        for (before, after, detail) in AROUND {
            let id = if detail.contains("U+") { "A7" } else { "A6" };
            keys.add(id, detail, [before.as_bytes(), main, after.as_bytes()].concat());
        }
        keys.add("A6", "key trimmed", text.trim());
        let clean: String = text.chars().filter(|c| c.is_ascii_graphic()).collect();
        keys.add("A7", "key without invisible and non-ASCII characters", clean);
        let full = |c: char| {
            char::from_u32(u32::from(c) + 0xfee0).filter(|_| c.is_ascii_graphic()).unwrap_or(c)
        };
        keys.add(
            "A7",
            "key in full-width characters (U+FF01..)",
            text.chars().map(full).collect::<String>(),
        );
        keys.add("A8", "key in upper case", text.to_ascii_uppercase());
        keys.add("A8", "key in lower case", text.to_ascii_lowercase());
        let mut shorter = text.chars();
        shorter.next_back();
        keys.add("A9", "key without its last character", shorter.as_str());
        let mut shorter = text.chars();
        shorter.next();
        keys.add("A9", "key without its first character", shorter.as_str());
        keys.add("A9", "key written twice", [main, main].concat());
        for &name in &["mch_id", "partnerid", "appid", "appId"] {
            if let Some(value) = message.get(name) {
                let mut detail = String::from("key = value of ");
                detail.push_str(name);
                keys.add("A4", detail, value);
            }
        }
        keys.digests(main);
        keys
    }

    /// The key hashed or decoded before use.
    fn digests(&mut self, main: &[u8]) {
        use md5::{Digest, Md5};
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut hex = Zeroizing::new(Vec::with_capacity(32));
        for byte in Md5::digest(main) {
            hex.extend(
                [byte >> 4, byte & 15].iter().filter_map(|nibble| HEX.get(usize::from(*nibble))),
            );
        }
        self.add("D5", "key = md5(key), upper-case hex", hex.to_ascii_uppercase());
        self.add("D5", "key = md5(key), lower-case hex", &**hex);
        for (detail, bytes) in [
            ("key decoded from hex", crate::explain::form::from_hex(main)),
            ("key decoded from base64", crate::explain::form::from_base64(main)),
        ] {
            if !bytes.is_empty() {
                self.add("D5", detail, bytes);
            }
        }
    }

    fn add(&mut self, id: &'static str, detail: impl Into<Cow<'a, str>>, bytes: impl AsRef<[u8]>) {
        self.variants.push(Variant {
            id,
            detail: detail.into(),
            bytes: Zeroizing::new(bytes.as_ref().to_vec()),
        });
    }
}

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
    for Variant { id, detail, bytes } in &keys.variants {
        let also = match *id {
            "A1" => Some("H10"),
            "H10" => Some("A1"),
            _ => None,
        };
        list.all.push(super::Transform {
            id,
            also,
            detail: Cow::Borrowed(detail),
            op: Op::Key(bytes),
            rare: true,
        });
    }
}
