//! From text to the bytes that are hashed. UTF-8 is right.

use alloc::vec::Vec;

/// One character as GBK bytes; given by the caller, because the table is large.
pub type Gbk<'a> = &'a dyn Fn(char) -> Option<[u8; 2]>;

/// A charset, or an accident with one.
#[derive(Clone, Copy)]
pub(super) enum Charset<'a> {
    Utf8,
    Utf8Bom,
    Gbk(Gbk<'a>),
    Latin1,
    /// `?` for every character outside ASCII.
    Question,
    /// `?` for every UTF-8 byte outside ASCII.
    QuestionBytes,
    /// `?` for characters of four bytes, as an old MySQL stores emoji.
    QuestionEmoji,
    Replacement,
    Utf16Le,
    Utf16Be,
    Utf16LeBom,
    Utf16BeBom,
    /// UTF-8 read as Windows-1252 and written as UTF-8 again.
    Mojibake1252,
    /// The low byte of every UTF-16 unit: a cast to byte.
    LowByte,
}

impl Charset<'_> {
    /// Appends a text that begins the signed text, or goes on.
    pub(super) fn write(self, text: &str, out: &mut Vec<u8>) {
        let start = out.is_empty();
        match self {
            Self::Utf8 => out.extend_from_slice(text.as_bytes()),
            Self::Utf8Bom => {
                if start {
                    out.extend_from_slice("\u{feff}".as_bytes());
                }
                out.extend_from_slice(text.as_bytes());
            }
            Self::Gbk(gbk) => each(text, out, &|c, out| match gbk(c) {
                Some(bytes) => out.extend_from_slice(&bytes),
                None => out.push(b'?'),
            }),
            Self::Latin1 => {
                each(text, out, &|c, out| out.push(u8::try_from(u32::from(c)).unwrap_or(b'?')))
            }
            Self::Question => each(text, out, &|_, out| out.push(b'?')),
            Self::QuestionBytes => {
                each(text, out, &|c, out| out.resize(out.len() + c.len_utf8(), b'?'))
            }
            Self::QuestionEmoji => each(text, out, &|c, out| {
                if c.len_utf8() == 4 {
                    out.push(b'?');
                } else {
                    push(c, out);
                }
            }),
            Self::Replacement => each(text, out, &|_, out| push('\u{fffd}', out)),
            Self::Utf16Le | Self::Utf16LeBom => {
                if start && matches!(self, Self::Utf16LeBom) {
                    out.extend_from_slice(&[0xff, 0xfe]);
                }
                utf16(text, out, u16::to_le_bytes);
            }
            Self::Utf16Be | Self::Utf16BeBom => {
                if start && matches!(self, Self::Utf16BeBom) {
                    out.extend_from_slice(&[0xfe, 0xff]);
                }
                utf16(text, out, u16::to_be_bytes);
            }
            Self::Mojibake1252 => {
                for byte in text.bytes() {
                    push(windows_1252(byte), out);
                }
            }
            Self::LowByte => {
                for unit in text.encode_utf16() {
                    out.push(unit.to_le_bytes()[0]);
                }
            }
        }
    }

    /// Appends the key, which need not be text.
    pub(super) fn write_key(self, key: &[u8], out: &mut Vec<u8>) {
        match core::str::from_utf8(key) {
            Ok(text) => self.write(text, out),
            Err(_) => out.extend_from_slice(key),
        }
    }
}

fn each(text: &str, out: &mut Vec<u8>, other: &dyn Fn(char, &mut Vec<u8>)) {
    for c in text.chars() {
        match u8::try_from(c) {
            Ok(byte) if byte < 128 => out.push(byte),
            _ => other(c, out),
        }
    }
}

fn utf16(text: &str, out: &mut Vec<u8>, bytes: fn(u16) -> [u8; 2]) {
    for unit in text.encode_utf16() {
        out.extend_from_slice(&bytes(unit));
    }
}

fn push(c: char, out: &mut Vec<u8>) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// 0x80 to 0x9f of Windows-1252; the rest is Latin-1.
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    let high = usize::from(byte).checked_sub(0x80).and_then(|at| HIGH.get(at));
    high.copied().unwrap_or(char::from(byte))
}
