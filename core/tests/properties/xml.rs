//! Reading and writing XML.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use wxpay_core::Params;
use wxpay_core::xml::{MAX_BYTES, XmlError, from_xml, to_xml};

use super::{Fields, cases, fields, in_xml, pairs, value};

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn x06_xml_brings_every_set_back(fields in fields()) {
        let params = Params::from_pairs(&fields).unwrap();
        let xml = to_xml(&params).unwrap();
        prop_assert_eq!(pairs(&from_xml(xml.as_bytes()).unwrap()), pairs(&params));
        prop_assert_eq!(plain_reading(xml.as_bytes()), fields);
    }

    #[test]
    fn xml_refuses_to_write_what_it_could_not_carry(
        before in "[a-z中]{0,5}",
        bad in select(('\0'..='\u{ffff}').filter(|c| !in_xml(*c)).collect::<Vec<_>>()),
    ) {
        let params = Params::from_pairs([("body", format!("{before}{bad}"))]).unwrap();
        prop_assert_eq!(to_xml(&params), Err(XmlError::BadCharacter { at: before.len() }));
    }

    #[test]
    fn x08_reading_never_panics_and_agrees_with_a_plain_reading(bytes in vec(any::<u8>(), 0..400)) {
        agrees_with_a_plain_reading(&bytes)?;
    }
}

proptest! {
    #![proptest_config(cases(4096))]

    #[test]
    fn x08_reading_a_damaged_message_never_panics_and_agrees_with_a_plain_reading(
        fields in btree_map("[a-c]{1,2}", value(), 0..5),
        blows in vec(blow(), 1..4),
    ) {
        let params = Params::from_pairs(&fields).unwrap();
        let mut bytes = to_xml(&params).unwrap().into_bytes();
        for blow in &blows {
            strike(&mut bytes, blow);
        }
        agrees_with_a_plain_reading(&bytes)?;
    }
}

/// One blow to a message.
#[derive(Debug, Clone)]
enum Blow {
    Byte(Index, u8),
    Insert(Index, &'static str),
    Delete(Index, usize),
    Repeat(Index, usize),
    Cut(Index),
}

fn blow() -> impl Strategy<Value = Blow> {
    let snippet = select(vec![
        "<",
        ">",
        "/",
        "&",
        ";",
        "]]>",
        "<![CDATA[",
        "<![CDATA[]]>",
        "<!--",
        "-->",
        "<!-->",
        "<?",
        "?>",
        "<?xml version=\"1.0\"?>",
        "<?xml?>",
        "<??>",
        "<!DOCTYPE x>",
        "<!DOCTYPE",
        "<!",
        "<!é>",
        "<é>",
        "<xml>",
        "</xml>",
        "<a>",
        "</a>",
        "<a/>",
        "< a>",
        "<a b>",
        "<a b='>'>",
        "&amp;",
        "&#65;",
        "&#x41;",
        "&#0;",
        "&#x110000;",
        "&#xD800;",
        "&#;",
        "&;",
        "&x;",
        "\0",
        "\u{feff}",
        "\r\n",
        " ",
        "😀",
        "\"",
        "'",
    ]);
    prop_oneof![
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Blow::Byte(at, byte)),
        4 => (any::<Index>(), snippet).prop_map(|(at, text)| Blow::Insert(at, text)),
        1 => (any::<Index>(), 1..9_usize).prop_map(|(at, len)| Blow::Delete(at, len)),
        1 => (any::<Index>(), 1..40_usize).prop_map(|(at, len)| Blow::Repeat(at, len)),
        1 => any::<Index>().prop_map(Blow::Cut),
    ]
}

fn strike(bytes: &mut Vec<u8>, blow: &Blow) {
    let range = |at: &Index, len: usize, bytes: &[u8]| {
        let start = at.index(bytes.len() + 1);
        start..(start + len).min(bytes.len())
    };
    match blow {
        Blow::Byte(at, byte) if !bytes.is_empty() => {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        Blow::Byte(_, byte) => bytes.push(*byte),
        Blow::Insert(at, text) => {
            let range = range(at, 0, bytes);
            bytes.splice(range, text.bytes());
        }
        Blow::Delete(at, len) => drop(bytes.drain(range(at, *len, bytes))),
        Blow::Repeat(at, len) => {
            let range = range(at, *len, bytes);
            let again = bytes[range.clone()].to_vec();
            bytes.splice(range.start..range.start, again);
        }
        Blow::Cut(at) => bytes.truncate(at.index(bytes.len() + 1)),
    }
}

fn agrees_with_a_plain_reading(bytes: &[u8]) -> Result<(), TestCaseError> {
    match from_xml(bytes) {
        Ok(params) => {
            let read: Fields = pairs(&params).into_iter().collect();
            prop_assert_eq!(plain_reading(bytes), read);
        }
        Err(error) => prop_assert!(offset(&error) <= bytes.len().min(MAX_BYTES), "{error:?}"),
    }
    Ok(())
}

fn offset(error: &XmlError) -> usize {
    match error {
        XmlError::NotUtf8 { at }
        | XmlError::BadCharacter { at }
        | XmlError::NotAllowed { at, .. }
        | XmlError::UnknownEntity { at }
        | XmlError::Nested { at, .. }
        | XmlError::StrayText { at }
        | XmlError::Malformed { at } => *at,
        XmlError::Empty
        | XmlError::TooLarge
        | XmlError::TooManyFields
        | XmlError::WrongRoot { .. }
        | XmlError::Duplicate { .. }
        | XmlError::BadName { .. } => 0,
    }
}

/// The children of the root with their text, as anyone would read them from the events; refuses nothing.
fn plain_reading(bytes: &[u8]) -> Fields {
    let mut reader = Reader::from_str(std::str::from_utf8(bytes).unwrap());
    let mut fields = Fields::new();
    let mut open = Vec::new();
    let mut value = String::new();
    loop {
        let text = match reader.read_event().unwrap() {
            Event::Start(start) => {
                open.push(start.name().into_inner().to_owned());
                value.clear();
                continue;
            }
            Event::End(_) => {
                let name = open.pop().unwrap();
                if open.len() == 1 {
                    fields.insert(name, value.clone());
                }
                continue;
            }
            Event::Empty(start) => {
                if open.len() == 1 {
                    fields.insert(start.name().into_inner().to_owned(), String::new());
                }
                continue;
            }
            Event::Text(text) => text.to_string(),
            Event::CData(data) => data.to_string(),
            Event::GeneralRef(reference) => {
                unescape(&format!("&{};", &*reference)).unwrap().into_owned()
            }
            Event::Eof => return fields,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
        };
        value.push_str(&text);
    }
}
