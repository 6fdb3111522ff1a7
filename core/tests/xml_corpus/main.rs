//! What the XML reader refuses, each with its exact error, and what it must accept.
#![cfg(feature = "xml")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a panic is a failed test"
)]

mod accepted;
mod bytes;
mod fields;
mod markup;
mod written;

use std::time::{Duration, Instant};

use wxpay_core::Params;
use wxpay_core::xml::{XmlError, from_xml};

/// Makes the error for the offset that `¦` marks in the input.
type ErrorAt = fn(usize) -> XmlError;

fn refuses(rows: &[(&str, ErrorAt)]) {
    for (marked, error) in rows {
        let at = marked.find('¦').unwrap_or_default();
        let xml = marked.replace('¦', "");
        assert_eq!(from_xml(xml.as_bytes()), Err(error(at)), "{xml}");
    }
}

/// For faults where only quick-xml knows how far it read.
fn refuses_as_malformed(rows: &[&str]) {
    for xml in rows {
        let answer = from_xml(xml.as_bytes());
        let Err(XmlError::Malformed { at }) = answer else {
            panic!("{xml}: expected Malformed, found {answer:?}")
        };
        assert!(at <= xml.len(), "{xml}: {at}");
    }
}

fn refuses_bytes(rows: &[(&[u8], XmlError)]) {
    for (bytes, error) in rows {
        assert_eq!(from_xml(bytes).as_ref(), Err(error), "{}", bytes.escape_ascii());
    }
}

/// The best of many, so that a busy machine does no harm.
fn assert_read_within_ms(xml: &str, ms: u64) {
    let read = || {
        let started = Instant::now();
        let _ = from_xml(xml.as_bytes());
        started.elapsed()
    };
    let best = (0..20).map(|_| read()).min().unwrap();
    assert!(best < Duration::from_millis(ms), "{best:?} for {} bytes", xml.len());
}

fn accepts(rows: &[(&str, &[(&str, &str)])]) {
    for (xml, fields) in rows {
        let expected = Params::from_pairs(fields.iter().copied()).unwrap();
        assert_eq!(from_xml(xml.as_bytes()), Ok(expected), "{xml}");
    }
}

fn doctype(at: usize) -> XmlError {
    XmlError::NotAllowed { what: "a DOCTYPE", at }
}

fn comment(at: usize) -> XmlError {
    XmlError::NotAllowed { what: "a comment", at }
}

fn instruction(at: usize) -> XmlError {
    XmlError::NotAllowed { what: "a processing instruction", at }
}

fn attribute(at: usize) -> XmlError {
    XmlError::NotAllowed { what: "an attribute", at }
}

fn second_declaration(at: usize) -> XmlError {
    XmlError::NotAllowed { what: "an XML declaration in the middle", at }
}

fn other_encoding(_: usize) -> XmlError {
    XmlError::NotAllowed { what: "an encoding other than UTF-8", at: 0 }
}

fn stray(at: usize) -> XmlError {
    XmlError::StrayText { at }
}

fn bad_character(at: usize) -> XmlError {
    XmlError::BadCharacter { at }
}

fn unknown_entity(at: usize) -> XmlError {
    XmlError::UnknownEntity { at }
}

fn nested_v(at: usize) -> XmlError {
    XmlError::Nested { name: "v".into(), at }
}

fn bad_name(name: &str) -> XmlError {
    XmlError::BadName { name: name.into() }
}
