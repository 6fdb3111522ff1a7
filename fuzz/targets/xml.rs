//! The XML reader against quick-xml's plain reading and against a naive model; what was read is written and read again.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use wxpay_core::Params;
use wxpay_core::xml::{MAX_BYTES, from_xml, to_xml};

type Fields = BTreeMap<String, String>;

fuzz_target!(|bytes: &[u8]| {
    let naive = std::str::from_utf8(bytes).ok().and_then(naive);
    match from_xml(bytes) {
        Ok(params) => {
            let read = fields(&params);
            assert_eq!(read, plain(bytes), "quick-xml's plain reading");
            if let Some(naive) = naive {
                assert_eq!(read, naive, "the naive model");
            }
            let written = to_xml(&params).expect("what was read can be written");
            // CDATA takes more bytes than plain text, so the largest messages may not come back.
            if written.len() <= MAX_BYTES {
                assert_eq!(fields(&from_xml(written.as_bytes()).expect("what was written")), read);
            }
        }
        Err(error) => assert_eq!(naive, None, "refused: {error:?}"),
    }
});

fn fields(params: &Params) -> Fields {
    params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The simplest messages only, `<xml>(<name>text</name>)*</xml>`, split by hand: these must be accepted.
fn naive(text: &str) -> Option<Fields> {
    let mut rest = text.strip_prefix("<xml>")?.strip_suffix("</xml>")?;
    let mut fields = Fields::new();
    while !rest.is_empty() {
        let (name, after) = rest.strip_prefix('<')?.split_once('>')?;
        let is_name = (1..=64).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !name.starts_with(|c: char| c.is_ascii_digit());
        let (value, after) = after.split_once(&format!("</{name}>"))?;
        let plain = |c: char| matches!(c, ' '..='%' | '\''..=';' | '=' | '?'..='~' | '一'..='龥');
        if !is_name || !value.chars().all(plain) {
            return None;
        }
        if fields.insert(name.to_owned(), value.to_owned()).is_some() {
            return None;
        }
        rest = after;
    }
    (text.len() <= MAX_BYTES && fields.len() <= 512).then_some(fields)
}

/// The children of the root with their text, as anyone would read them from the events; refuses nothing.
fn plain(bytes: &[u8]) -> Fields {
    let mut reader = Reader::from_str(std::str::from_utf8(bytes).expect("accepted, so text"));
    let (mut fields, mut open, mut value) = (Fields::new(), Vec::new(), String::new());
    loop {
        match reader.read_event().expect("accepted, so well formed") {
            Event::Start(start) => {
                open.push(start.name().into_inner().to_owned());
                value.clear();
            }
            Event::End(_) => {
                let name = open.pop().expect("accepted, so opened");
                if open.len() == 1 {
                    fields.insert(name, value.clone());
                }
            }
            Event::Empty(start) if open.len() == 1 => {
                fields.insert(start.name().into_inner().to_owned(), String::new());
            }
            Event::Text(text) => value.push_str(&text),
            Event::CData(data) => value.push_str(&data),
            Event::GeneralRef(name) => {
                value.push_str(&unescape(&format!("&{};", &*name)).expect("accepted, so known"));
            }
            Event::Eof => return fields,
            Event::Empty(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => {}
        }
    }
}
