//! One way to compute a signature, as a value: the right way and every wrong one differ in a few settings.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::charset::Charset;
use super::encode::Encode;
use super::seek;

/// A field on its way into the text that is signed.
#[derive(Clone)]
pub(super) struct Pair<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) value: Cow<'a, str>,
    pub(super) signed: bool,
}

impl<'a> Pair<'a> {
    /// One that is signed.
    pub(super) const fn signed(name: &'a str, value: &'a str) -> Self {
        Self { name: Cow::Borrowed(name), value: Cow::Borrowed(value), signed: true }
    }
}

/// The order of the pairs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Bytes,
    AsGiven,
    Descending,
    ByValue,
    ByPair,
    NoCase,
    NoUnderscore,
    UnderscoreLast,
    Locale,
}

/// How pairs become one text: `head (sep? open name middle value close)* foot`.
pub(super) struct Join {
    pub(super) head: &'static str,
    pub(super) open: &'static str,
    pub(super) middle: &'static str,
    /// `</` and the name come before `close`, as in XML.
    pub(super) tag: bool,
    pub(super) close: &'static str,
    pub(super) sep: &'static str,
    pub(super) foot: &'static str,
}

/// The right way to join.
pub(super) const JOIN: Join =
    Join { head: "", open: "", middle: "=", tag: false, close: "", sep: "&", foot: "" };

/// What happens to the joined text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Replace {
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    /// Whether the tail with the key suffers the same.
    pub(super) tail_too: bool,
}

/// How the key ends (or begins) the text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    /// These characters, then the key.
    Key(&'static str),
    /// The key, these characters, then the pairs.
    Front(&'static str),
    /// No key.
    None,
}

/// The algorithm.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Md5,
    Hmac,
    Sha256,
    Sha1,
    HmacEmptyKey,
    HmacHexKey,
    HmacBase64Key,
    HmacSwapped,
}

impl Hash {
    /// Length of the digest in bytes.
    pub(super) const fn len(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Hmac
            | Self::Sha256
            | Self::HmacEmptyKey
            | Self::HmacHexKey
            | Self::HmacBase64Key
            | Self::HmacSwapped => 32,
        }
    }
}

/// A digest of up to 32 bytes.
pub(super) type Digest32 = [u8; 32];

/// All that is not a field. Copied for every try.
#[derive(Clone, Copy)]
pub(super) struct Settings<'a> {
    /// A text that is signed instead of the pairs.
    pub(super) raw: Option<&'a str>,
    pub(super) encode: Encode,
    pub(super) sort: Sort,
    pub(super) join: &'a Join,
    pub(super) replace: &'a [Replace],
    pub(super) tail: Tail,
    pub(super) key: &'a [u8],
    pub(super) charset: Charset<'a>,
    pub(super) hash: Hash,
}

impl<'a> Settings<'a> {
    /// The right way.
    pub(super) const fn right(hash: Hash, key: &'a [u8]) -> Self {
        Self {
            raw: None,
            encode: Encode::Raw,
            sort: Sort::Bytes,
            join: &JOIN,
            replace: &[],
            tail: Tail::Key("&key="),
            key,
            charset: Charset::Utf8,
            hash,
        }
    }

    /// The signature in bytes; [`Hash::len`] of them count.
    pub(super) fn digest(&self, pairs: &[Pair<'_>], scratch: &mut Scratch) -> Digest32 {
        self.render(pairs, scratch);
        scratch.hashed += scratch.bytes.len() + 64;
        let Scratch { bytes, keyed, .. } = scratch;
        let bytes = bytes.as_slice();
        match self.hash {
            Hash::Md5 => fill(&Md5::digest(bytes)),
            Hash::Sha1 => fill(&Sha1::digest(bytes)),
            Hash::Sha256 => fill(&Sha256::digest(bytes)),
            Hash::Hmac => keyed.hmac(self.key, bytes),
            Hash::HmacEmptyKey => hmac(b"", bytes),
            Hash::HmacHexKey => hmac(&Zeroizing::new(super::form::from_hex(self.key)), bytes),
            Hash::HmacBase64Key => hmac(&Zeroizing::new(super::form::from_base64(self.key)), bytes),
            Hash::HmacSwapped => hmac(bytes, self.key),
        }
    }

    /// The text that is signed, with `******` for the key.
    pub(super) fn masked(&self, pairs: &[Pair<'_>], secrets: &[&[u8]]) -> String {
        let mut pairs = pairs.to_vec();
        for pair in &mut pairs {
            if secrets.iter().any(|secret| !secret.is_empty() && pair.value.as_bytes() == *secret) {
                pair.value = Cow::Borrowed("******");
            }
        }
        let mut scratch = Scratch::default();
        Self { key: b"******", charset: Charset::Utf8, ..*self }.render(&pairs, &mut scratch);
        let text = core::str::from_utf8(&scratch.bytes).unwrap_or_default();
        mask(text.into(), secrets)
    }

    fn render(&self, pairs: &[Pair<'_>], scratch: &mut Scratch) {
        let text = &mut *scratch.text;
        text.clear();
        match self.raw {
            Some(raw) => text.push_str(raw),
            None => self.join(pairs, text),
        }
        for replace in self.replace {
            *text = seek::replace(text, replace.from, replace.to);
        }
        let bytes = &mut *scratch.bytes;
        bytes.clear();
        match self.tail {
            Tail::None => self.charset.write(text, bytes),
            Tail::Front(glue) => {
                self.charset.write_key(self.key, bytes);
                self.charset.write(glue, bytes);
                self.charset.write(text, bytes);
            }
            Tail::Key(glue) => {
                match self.replace.first() {
                    Some(replace) if replace.tail_too => {
                        text.push_str(&seek::replace(glue, replace.from, replace.to));
                    }
                    _ => text.push_str(glue),
                }
                self.charset.write(text, bytes);
                self.charset.write_key(self.key, bytes);
            }
        }
    }

    fn join(&self, pairs: &[Pair<'_>], text: &mut String) {
        let mut order: Vec<&Pair<'_>> = Vec::with_capacity(pairs.len());
        for pair in pairs.iter().filter(|pair| pair.signed) {
            // A dozen pairs need no sort of the library's size.
            let at = order.partition_point(|before| self.sort.compare(before, pair).is_le());
            order.insert(at, pair);
        }
        let join = self.join;
        text.push_str(join.head);
        for (index, pair) in order.iter().enumerate() {
            if index > 0 {
                text.push_str(join.sep);
            }
            text.push_str(join.open);
            text.push_str(&pair.name);
            text.push_str(join.middle);
            self.encode.write(&pair.value, text);
            if join.tag {
                text.push_str("</");
                text.push_str(&pair.name);
            }
            text.push_str(join.close);
        }
        text.push_str(join.foot);
    }
}

/// Takes every secret out of a text.
pub(super) fn mask(mut text: String, secrets: &[&[u8]]) -> String {
    for secret in secrets.iter().filter_map(|secret| core::str::from_utf8(secret).ok()) {
        let secret = secret.trim();
        if secret.len() >= 8 && seek::contains(&text, secret) {
            text = seek::replace(&text, secret, "******");
        }
    }
    text
}

/// Memory that one computation leaves to the next; holds the key, so it is wiped in the end.
#[derive(Default)]
pub(super) struct Scratch {
    text: Zeroizing<String>,
    bytes: Zeroizing<Vec<u8>>,
    keyed: Keyed,
    /// How many bytes were hashed.
    pub(super) hashed: usize,
}

impl Sort {
    /// One comparison for all orders: every sort with a closure of its own would be compiled again.
    fn compare(self, a: &Pair<'_>, b: &Pair<'_>) -> Ordering {
        match self {
            Self::Bytes => a.name.cmp(&b.name),
            Self::AsGiven => Ordering::Equal,
            Self::Descending => b.name.cmp(&a.name),
            Self::ByValue => a.value.cmp(&b.value),
            Self::ByPair
            | Self::NoCase
            | Self::NoUnderscore
            | Self::UnderscoreLast
            | Self::Locale => self.letters(a).cmp(self.letters(b)),
        }
    }

    /// The name as this order sees it.
    fn letters<'p>(self, pair: &'p Pair<'_>) -> impl Iterator<Item = u8> + 'p {
        let no_case = matches!(self, Self::NoCase | Self::Locale);
        let no_underscore = matches!(self, Self::NoUnderscore | Self::Locale);
        let end = if self == Self::ByPair { "=" } else { "" };
        let kept = pair.name.bytes().chain(end.bytes());
        kept.filter(move |byte| !no_underscore || *byte != b'_').map(move |byte| match byte {
            // Behind the letters, as some orders have it.
            b'_' if self == Self::UnderscoreLast => b'~',
            _ if no_case => byte.to_ascii_lowercase(),
            _ => byte,
        })
    }
}

/// The key of the last HMAC, already hashed: nearly every try has the same, and that is a fifth of the work.
#[derive(Default)]
struct Keyed {
    key: Zeroizing<Vec<u8>>,
    mac: Option<Hmac<Sha256>>,
}

impl Keyed {
    fn hmac(&mut self, key: &[u8], bytes: &[u8]) -> Digest32 {
        if self.mac.is_none() || self.key.as_slice() != key {
            self.key = Zeroizing::new(key.to_vec());
            self.mac = Hmac::new_from_slice(key).ok();
        }
        let mac = self.mac.clone();
        mac.map_or_else(Digest32::default, |mac| {
            fill(&mac.chain_update(bytes).finalize().into_bytes())
        })
    }
}

fn hmac(key: &[u8], bytes: &[u8]) -> Digest32 {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mac) => fill(&mac.chain_update(bytes).finalize().into_bytes()),
        Err(_) => Digest32::default(),
    }
}

fn fill(digest: &[u8]) -> Digest32 {
    let mut out = Digest32::default();
    for (to, from) in out.iter_mut().zip(digest) {
        *to = *from;
    }
    out
}
