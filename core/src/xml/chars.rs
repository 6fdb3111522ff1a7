//! Which characters may stand where.

use alloc::string::String;

use super::{MAX_NAME_BYTES, XmlError};

/// Offset of the first character that XML does not allow.
pub(super) fn bad_character(text: &str) -> Option<usize> {
    // Nearly every text is good, and this says so for many bytes at once: what is bad is below the space, or U+FFFE or
    // U+FFFF, which begin with EF.
    let suspect = |byte: u8| byte < b' ' || byte == 0xef;
    if !text.bytes().fold(false, |any, byte| any | suspect(byte)) {
        return None;
    }
    text.char_indices().find(|(_, c)| !is_xml_char(*c)).map(|(at, _)| at)
}

/// The characters of XML 1.0.
pub(super) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// The white space of XML.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

pub(super) fn is_blank(text: &str) -> bool {
    text.bytes().all(is_space)
}

/// A field's name is `[A-Za-z_][A-Za-z0-9_]*`, at most [`MAX_NAME_BYTES`] long.
pub(super) fn check_name(name: &str) -> Result<(), XmlError> {
    let fits = !name.is_empty() && name_len(name) == name.len();
    if fits { Ok(()) } else { Err(XmlError::BadName { name: clip(name) }) }
}

/// How many bytes of the text in front may be a name.
pub(super) fn name_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    if bytes.first().is_some_and(u8::is_ascii_digit) {
        return 0;
    }
    let longest = bytes.get(..MAX_NAME_BYTES).unwrap_or(bytes);
    longest.iter().position(|byte| !is_name_byte(*byte)).unwrap_or(longest.len())
}

fn is_name_byte(byte: u8) -> bool {
    /// One bit for each of the 128 characters of ASCII.
    const NAME_BYTES: [u64; 2] = [0x03ff_0000_0000_0000, 0x07ff_fffe_87ff_fffe];
    NAME_BYTES.get(usize::from(byte >> 6)).is_some_and(|bits| bits >> (byte & 63) & 1 == 1)
}

pub(super) fn clip(name: &str) -> String {
    name.chars().take(MAX_NAME_BYTES).collect()
}
