//! The writer.

use alloc::string::String;

use super::XmlError;
use super::chars::{bad_character, check_name};
use crate::Params;

/// Writes a message with root `<xml>`: digits bare, everything else in CDATA, as WeChat does.
///
/// Reading it back gives the same parameters, whatever the values hold.
///
/// # Errors
/// [`XmlError::BadName`] for a name no message can carry, [`XmlError::BadCharacter`] for a value with a character
/// that XML does not allow.
pub fn to_xml(params: &Params) -> Result<String, XmlError> {
    let mut xml = String::with_capacity(room(params));
    xml.push_str("<xml>");
    for (name, value) in params.iter() {
        check_name(name)?;
        if let Some(at) = bad_character(value) {
            return Err(XmlError::BadCharacter { at });
        }
        xml.extend(["<", name, ">"]);
        push_value(&mut xml, value);
        xml.extend(["</", name, ">"]);
    }
    xml.push_str("</xml>");
    Ok(xml)
}

/// What a message of plain values takes.
fn room(params: &Params) -> usize {
    11 + params.iter().map(|(name, value)| 2 * name.len() + value.len() + 17).sum::<usize>()
}

fn push_value(xml: &mut String, value: &str) {
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        xml.push_str(value);
    } else if value.contains('\r') || value.contains("]]>") {
        // CDATA can hold neither; parsers also turn a raw CR LF into LF.
        for c in value.chars() {
            match c {
                '&' => xml.push_str("&amp;"),
                '<' => xml.push_str("&lt;"),
                '>' => xml.push_str("&gt;"),
                '\r' => xml.push_str("&#13;"),
                c => xml.push(c),
            }
        }
    } else {
        xml.extend(["<![CDATA[", value, "]]>"]);
    }
}
