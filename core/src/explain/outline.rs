//! The report before anything is known: what was read, or that nothing could be.

use alloc::string::String;
use alloc::vec::Vec;

use super::catalogue::known;
use super::message::Message;
use super::read::{Confidence, Kind, ReadError, Reading};
use super::report::{Field, Report, Scene, Stopped, Tried, Verdict, Why};
use crate::SignType;

pub(super) fn outline(reading: &Reading, message: &Message<'_>, given: Option<&str>) -> Report {
    let mut fields = Vec::with_capacity(message.pairs.len());
    for (field, (why, signed_as)) in message.fields.iter().zip(&message.states) {
        let value = if *why == Why::IsKey { "******" } else { &field.value };
        fields.push(Field {
            name: field.name.clone(),
            signed_as: *signed_as,
            value: value.into(),
            kind: field.kind,
            kept: *why == Why::Signed,
            why: *why,
            name_span: Some(field.name_span.clone()),
            value_span: Some(field.value_span.clone()),
        });
    }
    for (name, value) in &message.added {
        fields.push(Field {
            name: (*name).into(),
            signed_as: None,
            value: String::from(&**value),
            kind: Kind::Text,
            kept: true,
            why: Why::Added,
            name_span: None,
            value_span: None,
        });
    }
    Report {
        verdict: Verdict::Unsigned,
        format: Some(reading.format),
        confidence: reading.confidence,
        other_format: reading.other,
        wrapping: reading.wrapping,
        scene: message.scene,
        sign_type: message.sign_type,
        given: given.map(String::from),
        fields,
        ..blank()
    }
}

pub(super) fn malformed(error: ReadError) -> Report {
    let mut report = Report { error: Some(error), ..blank() };
    if report.error == Some(ReadError::Empty) {
        report.advice.push(known("H8"));
    }
    report
}

const fn blank() -> Report {
    Report {
        verdict: Verdict::Malformed,
        error: None,
        format: None,
        confidence: Confidence::Guess,
        other_format: None,
        wrapping: None,
        scene: Scene::Request,
        sign_type: SignType::Md5,
        given: None,
        own_sign_right: false,
        string_to_sign: String::new(),
        right: None,
        fields: Vec::new(),
        lints: Vec::new(),
        causes: Vec::new(),
        tried: Tried { singles: 0, pairs: 0, stopped: Stopped::NotNeeded },
        advice: Vec::new(),
        decrypted: None,
    }
}
