//! What a single value shows.

use super::Look;
use crate::explain::damage::DAMAGE;
use crate::explain::encode::Encode;
use crate::explain::read::{Kind, ReadField};
use crate::explain::report::Weight;
use crate::explain::seek::{contains, contains_any, plain, split_once};

/// Adds a finding about the value: row, weight, detail.
type Add<'a> = &'a mut dyn FnMut(&'static str, Weight, &str);

pub(super) fn look(look: &mut Look<'_>, field: &ReadField) {
    let (name, value) = (field.name.as_str(), field.value.as_str());
    if name == "sign" || name == "paySign" {
        return;
    }
    let add: Add<'_> =
        &mut |id, weight, detail| look.add(id, weight, Some(name), detail, Some(&field.value_span));
    if field.kind == Kind::Null
        || matches!(value, "null" | "undefined" | "None" | "nil" | "NaN" | "[object Object]")
    {
        add("B6", Weight::Warning, if value.is_empty() { "null" } else { value });
    }
    if contains(value, "<![CDATA[") {
        add("C3", Weight::Error, "<![CDATA[");
    }
    let damaged = |(_, tail): (&str, &str)| contains(tail, "=");
    if DAMAGE.iter().any(|(symbol, ..)| split_once(value, symbol).is_some_and(damaged)) {
        add("C4", Weight::Warning, "a symbol that HTML makes of &name");
    }
    if contains_any(value, &["\u{fffd}", "??"]) {
        add("C7", Weight::Warning, "? or U+FFFD");
    }
    if !value.is_ascii() && Encode::MojibakeUndone.apply(value) != value {
        add("C8", Weight::Warning, &Encode::MojibakeUndone.apply(value));
    }
    if contains_any(value, &["\\u00", "\\u4", "\\u5", "\\/"]) {
        add("C10", Weight::Warning, "\\u.... or \\/");
    }
    if value.starts_with('\u{feff}') {
        add("C12", Weight::Warning, "U+FEFF");
    }
    if let Some(c) = value.chars().find(|c| is_look_alike(*c)) {
        add("C13", Weight::Warning, c.encode_utf8(&mut [0; 4]));
    }
    if contains_any(value, &["\\\"", "\\x22"]) {
        add("C14", Weight::Warning, "\\\" or \\x22");
        add("H9", Weight::Info, "\\\" or \\x22");
    }
    if value.chars().any(|c| c.len_utf8() == 4) {
        add("C18", Weight::Info, "a 4-byte character");
    }
    if matches!(value, "true" | "false") || field.kind == Kind::Bool {
        add("F8", Weight::Warning, value);
    }
    if name.ends_with("_fee") || name.ends_with("amount") {
        amount(value, add);
    }
    match plain(name).as_str() {
        "timestamp" => time(field, add),
        "noncestr" => nonce(value, add),
        "timestart" | "timeexpire" | "timeend" if !is_time(value) => {
            add("F10", Weight::Error, value);
        }
        _ => {}
    }
}

fn amount(value: &str, add: Add<'_>) {
    if value.is_empty() || value.bytes().all(|byte| byte.is_ascii_digit()) {
        if value.ends_with('9') && value.len() > 2 {
            add("F3", Weight::Info, value);
        }
        return;
    }
    match split_once(value, ".") {
        _ if contains(value, ",") => add("F9", Weight::Error, value),
        Some((_, cents)) if !cents.bytes().all(|byte| byte == b'0') => {
            add("F2", Weight::Error, value);
            add("F1", Weight::Error, value);
        }
        _ => add("F1", Weight::Error, value),
    }
}

fn time(field: &ReadField, add: Add<'_>) {
    let value = field.value.as_str();
    if field.kind == Kind::Number || contains_any(value, &["E", "e", "."]) {
        add("F5", Weight::Error, value);
    }
    if value.len() == 13 && value.bytes().all(|byte| byte.is_ascii_digit()) {
        add("F4", Weight::Error, value);
    }
    // Seen in WeChat's documents.
    if matches!(value, "1490840662" | "1414561699" | "1395712654" | "1398746574") {
        add("F6", Weight::Warning, value);
    }
}

fn is_time(value: &str) -> bool {
    value.is_empty() || value.len() == 14 && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn nonce(value: &str, add: Add<'_>) {
    if value.len() > 32 || !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        add("F7", Weight::Error, value);
    }
    if matches!(
        value,
        "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"
            | "ibuaiVcKdpRxkhJA"
            | "e61463f8efa94090b1f366cccfbbb444"
    ) {
        add("F6", Weight::Warning, value);
    }
}

/// Characters that look like nothing or like another one.
const fn is_look_alike(c: char) -> bool {
    matches!(
        c,
        '\u{a0}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{3000}'
            | '\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}'
    )
}
