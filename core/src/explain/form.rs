//! The given signature: what digest it stands for, and which slip of the pen it shows.

use alloc::string::String;
use alloc::vec::Vec;

use super::plan::{Digest32, Hash};

/// How a digest was written down.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Upper-case hex: right.
    Hex,
    LowerHex,
    /// Leading zeros lost, as a big integer prints.
    BigInteger,
    /// The zero of small bytes lost.
    NoPadding,
    /// Bytes printed as signed integers: `ffffff…`.
    SignedBytes,
    /// The same, with the zero of small bytes.
    SignedPadded,
    /// The middle half of an MD5.
    Half,
    Base64,
    /// Base64 of the hex text.
    Base64OfHex,
    /// `F3-10-…`, as .NET prints bytes.
    Dashes,
}

impl Form {
    /// The row of the catalogue; `None` for the right form.
    pub(super) const fn id(self, received: bool) -> Option<&'static str> {
        match self {
            Self::Hex => None,
            Self::LowerHex if received => Some("H14"),
            Self::LowerHex => Some("D1"),
            Self::BigInteger | Self::NoPadding => Some("D9"),
            Self::Half => Some("D8"),
            Self::SignedBytes
            | Self::SignedPadded
            | Self::Base64
            | Self::Base64OfHex
            | Self::Dashes => Some("D10"),
        }
    }

    /// A short word for the evidence.
    pub(super) const fn detail(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::LowerHex => "lower-case hex",
            Self::BigInteger => "big integer, leading zeros lost",
            Self::NoPadding => "bytes below 16 without their zero",
            Self::SignedBytes | Self::SignedPadded => "signed bytes (ffffff..)",
            Self::Half => "md5[8..24]",
            Self::Base64 => "base64",
            Self::Base64OfHex => "base64(hex)",
            Self::Dashes => "hex with separators",
        }
    }
}

/// A reading of the given signature.
pub(super) struct Target {
    pub(super) form: Form,
    /// Length of the digest in bytes.
    pub(super) len: usize,
    /// The digest, unless the form loses part of it.
    digest: Option<Digest32>,
    text: String,
}

impl Target {
    /// Whether a digest, written in this form, is the given signature.
    pub(super) fn is(&self, hash: Hash, digest: &Digest32) -> bool {
        if hash.len() != self.len {
            return false;
        }
        match &self.digest {
            Some(wanted) => wanted.iter().zip(digest).take(self.len).all(|(a, b)| a == b),
            None => self.matches_text(digest),
        }
    }

    fn matches_text(&self, digest: &Digest32) -> bool {
        let digest = digest.get(..self.len).unwrap_or_default();
        let mut given = self.text.bytes();
        let mut next = |nibble: u8| given.next().and_then(nibble_of) == Some(nibble);
        let mut all = true;
        match self.form {
            Form::Half => {
                for byte in digest.iter().skip(4).take(8) {
                    all &= next(byte >> 4) && next(byte & 15);
                }
            }
            Form::NoPadding => {
                for byte in digest {
                    all &= (*byte < 16 || next(byte >> 4)) && next(byte & 15);
                }
            }
            Form::SignedBytes | Form::SignedPadded => {
                let padded = self.form == Form::SignedPadded;
                for byte in digest {
                    if *byte > 127 {
                        all &= (0..6).all(|_| next(15));
                    }
                    all &= (*byte < 16 && !padded || next(byte >> 4)) && next(byte & 15);
                }
            }
            Form::Hex
            | Form::LowerHex
            | Form::BigInteger
            | Form::Base64
            | Form::Base64OfHex
            | Form::Dashes => {
                return false;
            }
        }
        all && given.next().is_none()
    }
}

/// All readings of a given signature; none if it cannot be one.
pub(super) fn targets(given: &str) -> Vec<Target> {
    let mut found = Vec::new();
    let mut add = |form, len, digest: Option<&[u8]>| {
        let digest = digest.map(|bytes| {
            let mut digest = Digest32::default();
            let start = len - bytes.len().min(len);
            for (to, from) in digest.iter_mut().skip(start).zip(bytes) {
                *to = *from;
            }
            digest
        });
        found.push(Target { form, len, digest, text: given.into() });
    };
    let hex = given.bytes().all(|byte| byte.is_ascii_hexdigit());
    if hex {
        let form = if given.bytes().any(|byte| byte.is_ascii_lowercase()) {
            Form::LowerHex
        } else {
            Form::Hex
        };
        match given.len() {
            len @ (32 | 40 | 64) => add(form, len / 2, Some(&from_hex(given.as_bytes()))),
            16 => add(Form::Half, 16, None),
            length @ (20..=31 | 41..=63) => {
                let len = if length < 32 { 16 } else { 32 };
                let mut padded = String::new();
                padded.extend(core::iter::repeat_n('0', length % 2));
                padded.push_str(given);
                add(Form::BigInteger, len, Some(&from_hex(padded.as_bytes())));
                add(Form::NoPadding, len, None);
                signed(&mut add, 16);
            }
            65..=256 => {
                signed(&mut add, 16);
                signed(&mut add, 32);
            }
            _ => {}
        }
        // A pure hex text may also be base64 by accident; only other lengths of it are tried below.
        if matches!(given.len(), 32 | 40 | 64) {
            return found;
        }
    }
    let plain: String = given.chars().filter(|c| !matches!(c, '-' | ':' | ' ')).collect();
    if plain.len() < given.len()
        && matches!(plain.len(), 32 | 40 | 64)
        && plain.bytes().all(|b| b.is_ascii_hexdigit())
    {
        add(Form::Dashes, plain.len() / 2, Some(&from_hex(plain.as_bytes())));
        return found;
    }
    let bytes = from_base64(given.as_bytes());
    match bytes.len() {
        len @ (16 | 20 | 32) => {
            add(Form::Base64, len, Some(&bytes));
            if len == 32 && bytes.iter().all(u8::is_ascii_hexdigit) {
                add(Form::Base64OfHex, 16, Some(&from_hex(&bytes)));
            }
        }
        64 if bytes.iter().all(u8::is_ascii_hexdigit) => {
            add(Form::Base64OfHex, 32, Some(&from_hex(&bytes)))
        }
        _ => {}
    }
    found
}

fn signed(add: &mut impl FnMut(Form, usize, Option<&[u8]>), len: usize) {
    add(Form::SignedBytes, len, None);
    add(Form::SignedPadded, len, None);
}

fn nibble_of(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Bytes as lower-case hex.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    text
}

/// Bytes of a hex text; nothing if it is none.
pub(super) fn from_hex(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut rest = text;
    while let [high, low, tail @ ..] = rest {
        match (nibble_of(*high), nibble_of(*low)) {
            (Some(high), Some(low)) => bytes.push(high << 4 | low),
            _ => return Vec::new(),
        }
        rest = tail;
    }
    if rest.is_empty() { bytes } else { Vec::new() }
}

/// Bytes of a base64 text, with either alphabet, padded or not; nothing if it is none.
pub(super) fn from_base64(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut held = 0_u32;
    let mut bits = 0_u32;
    for byte in text.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != b'=') {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return Vec::new(),
        };
        held = held << 6 | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 255).unwrap_or_default());
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "a failed index is a failed test")]

    use alloc::format;

    use super::*;

    /// Digests with small bytes, large ones, and both borders of either.
    const DIGESTS: [Digest32; 3] = [
        *b"\x0f\x10\x7f\x80\x01\xff\x00\x9a\x0b\x2c\xf0\x0f\x10\x80\x7f\xe1\x5a\xa5\x00\x01\x02\x0a\x7f\x80\xff\xf1\x1f\xab\xcd\xef\x09\x90",
        *b"\x00\x00\x1b\x2c\x3d\x4e\x5f\x60\x71\x82\x93\xa4\xb5\xc6\xd7\xe8\xf9\x0a\x1b\x2c\x3d\x4e\x5f\x60\x71\x82\x93\xa4\xb5\xc6\xd7\xe8",
        *b"\xc3\xa1\x9d\x8e\x77\x66\x55\x44\x33\x22\x11\x99\x88\xaa\xbb\xcc\xdd\xee\xff\xf7\xe6\xd5\xc4\xb3\xa2\x91\x80\xfe\xed\xdc\xcb\xba",
    ];

    /// Each form as a program would print it.
    fn written(form: Form, digest: &[u8]) -> String {
        let each =
            |print: fn(u8) -> String| -> String { digest.iter().map(|b| print(*b)).collect() };
        let hex = each(|byte| format!("{byte:02x}"));
        match form {
            Form::Hex => hex.to_ascii_uppercase(),
            Form::LowerHex => hex,
            Form::BigInteger => hex.trim_start_matches('0').into(),
            Form::NoPadding => each(|byte| format!("{byte:x}")),
            Form::SignedBytes => each(|byte| format!("{:x}", i32::from(byte.cast_signed()))),
            Form::SignedPadded => each(|byte| format!("{:02x}", i32::from(byte.cast_signed()))),
            Form::Half => hex.get(8..24).unwrap_or_default().into(),
            Form::Base64 => base64(digest),
            Form::Base64OfHex => base64(hex.as_bytes()),
            Form::Dashes => each(|byte| format!("-{byte:02X}")).trim_start_matches('-').into(),
        }
    }

    fn base64(bytes: &[u8]) -> String {
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let bit =
            |at: usize| bytes.get(at / 8).map_or(0, |byte| usize::from(byte >> (7 - at % 8) & 1));
        let digit = |at: usize| (0..6).fold(0, |digit, next| digit * 2 + bit(at * 6 + next));
        let count = (bytes.len() * 8).div_ceil(6);
        let mut text: String = (0..count).map(|at| char::from(digits[digit(at)])).collect();
        while !text.len().is_multiple_of(4) {
            text.push('=');
        }
        text
    }

    /// The forms in which `text` is the digest's signature.
    fn read(text: &str, hash: Hash, digest: &Digest32) -> Vec<Form> {
        let found = targets(text).into_iter().filter(|target| target.is(hash, digest));
        found.map(|target| target.form).collect()
    }

    const FORMS: [Form; 10] = [
        Form::Hex,
        Form::LowerHex,
        Form::BigInteger,
        Form::NoPadding,
        Form::SignedBytes,
        Form::SignedPadded,
        Form::Half,
        Form::Base64,
        Form::Base64OfHex,
        Form::Dashes,
    ];

    #[test]
    fn a_digest_is_known_in_every_form_and_no_other_digest_is() {
        for (digest, hash) in DIGESTS.iter().flat_map(|d| [(d, Hash::Md5), (d, Hash::Hmac)]) {
            for form in FORMS {
                if form == Form::Half && hash != Hash::Md5 {
                    continue;
                }
                let text = written(form, &digest[..hash.len()]);
                let read_as = read(&text, hash, digest);
                // Nothing was lost, so it is plain hex: of the right form, or of one that prints the same.
                let same = FORMS.iter().any(|other| {
                    read_as.contains(other) && written(*other, &digest[..hash.len()]) == text
                });
                assert!(same, "{} of {text}: {}", form.detail(), read_as.len());
                for at in 0..hash.len() {
                    let mut other = *digest;
                    other[at] ^= 1;
                    let in_half = (4..12).contains(&at);
                    let is_noticed = form != Form::Half || in_half;
                    assert_eq!(read(&text, hash, &other).is_empty(), is_noticed, "{text} at {at}");
                }
                for cut in [text.get(1..).unwrap_or_default(), &format!("{text}0")] {
                    assert!(!read(cut, hash, digest).contains(&form), "{cut} for {text}");
                }
            }
        }
    }

    #[test]
    fn what_no_digest_looks_like_has_no_reading() {
        for text in ["", "x", "0123456789abcde", "0123456789abcdef0", "0123-4567", "!!", "AAAA"] {
            assert!(targets(text).is_empty(), "{text}");
        }
    }
}
