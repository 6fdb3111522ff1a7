//! Group F and the empty values of group B.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Edit, List, Op};
use crate::explain::encode::Encode;
use crate::explain::message::Message;
use crate::explain::read::Kind;
use crate::explain::report::Why;
use crate::explain::seek::{contains_any, replace, split_once};

/// What programs write for a value that is not there.
const WORDS: [&str; 12] = [
    "",
    "null",
    "undefined",
    "None",
    "nil",
    "NULL",
    "[object Object]",
    "[]",
    "{}",
    "Array",
    "0",
    "\"\"",
];

pub(super) fn empties<'a>(list: &mut List<'a>, message: &'a Message<'a>) {
    let mut empty: Vec<&str> = Vec::new();
    for (field, (why, _)) in message.fields.iter().zip(&message.states) {
        if *why == Why::Empty {
            empty.push(&field.name);
        }
    }
    for word in WORDS {
        match empty.as_slice() {
            [] => {}
            [one] => write_empty(list, word, one, None),
            several => {
                write_empty(list, word, "every empty value", None);
                for name in several.iter().take(8) {
                    write_empty(list, word, name, Some(name));
                }
            }
        }
    }
    if message.states.iter().any(|(why, _)| *why == Why::Duplicate) {
        list.edit("B18", "of a repeated name the first counts", Edit::Repeated { all: false });
        list.edit("B18", "a repeated name signed twice", Edit::Repeated { all: true });
    }
}

fn write_empty<'a>(list: &mut List<'a>, word: &'static str, what: &'a str, only: Option<&'a str>) {
    let op = Op::Edit(Edit::Empty(word, only));
    if word.is_empty() {
        list.push_two("B5", "H2", what, op);
    } else {
        list.push("B6", what, op);
    }
}

/// Amounts, times, JSON.
pub(super) fn formats<'a>(list: &mut List<'a>, message: &'a Message<'a>) {
    for pair in message.pairs.iter().filter(|pair| pair.signed) {
        let (name, value) = (&*pair.name, &*pair.value);
        if name.ends_with("_fee") || name.ends_with("amount") || name.starts_with("coupon_fee_") {
            amounts(list, name, value);
        } else if name.eq_ignore_ascii_case("timestamp") || name == "time_stamp" {
            times(list, name, value);
        }
    }
    for pair in message.pairs.iter().filter(|pair| pair.signed) {
        let (name, value) = (&*pair.name, &*pair.value);
        if matches!(value.as_bytes(), [b'{' | b'[', ..]) {
            json(list, name, value);
        } else if value.eq_ignore_ascii_case("true") || value == "Y" {
            list.set("F8", name, "", &[if value == "Y" { "true" } else { "Y" }]);
        } else if value.eq_ignore_ascii_case("false") || value == "N" {
            list.set("F8", name, "", &[if value == "N" { "false" } else { "N" }]);
        } else if name.starts_with("time_") && value.len() == 14 && value.is_ascii() {
            let part = |from, to| value.get(from..to).unwrap_or_default();
            let (year, month, day) = (part(0, 4), part(4, 6), part(6, 8));
            let (hour, minute, second) = (part(8, 10), part(10, 12), part(12, 14));
            for (between, zone) in [(" ", ""), ("T", "+08:00")] {
                let date = [year, "-", month, "-", day].concat();
                let clock = [hour, ":", minute, ":", second].concat();
                list.set("F10", name, "", &[&date, between, &clock, zone]);
            }
        }
    }
    for (field, (why, _)) in message.fields.iter().zip(&message.states) {
        if field.kind == Kind::Nested && *why == Why::Signed {
            list.set("B6", &field.name, "", &["[object Object]"]);
            list.set("B6", &field.name, "", &["Array"]);
        }
    }
}

/// An amount that a parser changed on the verifying side, or a program before signing.
fn changed<'a>(list: &mut List<'a>, name: &'a str, value: &[&str]) {
    list.push_two("F1", "H11", "", Op::Edit(Edit::Set(name, value.concat())));
}

fn amounts<'a>(list: &mut List<'a>, name: &'a str, value: &'a str) {
    if let Some((whole, fraction)) = split_once(value, ".") {
        changed(list, name, &[whole]);
        if fraction.len() <= 2 && whole.len() < 12 {
            let fen = [whole, fraction, if fraction.len() == 1 { "0" } else { "" }].concat();
            list.set("F2", name, "", &[fen.trim_start_matches('0')]);
        }
        return;
    }
    let Ok(fen) = value.parse::<u32>() else {
        return list.set("F9", name, "", &[&replace(value, ",", "")]);
    };
    changed(list, name, &[value, ".0"]);
    changed(list, name, &[value, ".00"]);
    let (yuan, rest) = ((fen / 100).to_string(), fen % 100);
    let cents = (100 + rest).to_string();
    list.set("F2", name, "", &[&yuan, ".", cents.get(1..).unwrap_or_default()]);
    if rest % 10 == 0 {
        list.set("F2", name, "", &[&yuan, ".", cents.get(1..2).unwrap_or_default()]);
    }
    if rest == 0 {
        list.set("F2", name, "", &[&yuan]);
    }
    list.set("F2", name, "", &[value, "00"]);
    changed(list, name, &[value, ".000000"]);
    changed(list, name, &[&exponent(value, "E")]);
    changed(list, name, &["+", value]);
    changed(list, name, &["0", value]);
    list.set("F3", name, "", &[&fen.wrapping_sub(1).to_string()]);
    list.set("F3", name, "", &[&fen.wrapping_add(1).to_string()]);
    if value.len() > 3 {
        let (head, tail) = value.split_at_checked(value.len() - 3).unwrap_or_default();
        list.set("F9", name, "", &[head, ",", tail]);
    }
    // A 32-bit or floating detour writes the same digits; only the forms above differ.
}

/// `1490840662` as a float prints: `1.490840662E9`.
fn exponent(digits: &str, e: &str) -> String {
    let (first, rest) = digits.split_at_checked(1).unwrap_or(("0", ""));
    let kept = rest.trim_end_matches('0');
    let power = rest.len().to_string();
    [first, ".", if kept.is_empty() { "0" } else { kept }, e, &power].concat()
}

fn times<'a>(list: &mut List<'a>, name: &'a str, value: &'a str) {
    if !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return;
    }
    if value.len() == 13 {
        list.set("F4", name, "", &[value.get(..10).unwrap_or_default()]);
    } else {
        list.set("F4", name, "", &[value, "000"]);
    }
    for e in ["E", "e+0", "E+"] {
        list.set("F5", name, "", &[&exponent(value, e)]);
    }
    list.set("F5", name, "", &[value, ".0"]);
    list.set("F5", name, "", &["\"", value, "\""]);
}

/// A JSON value written again by another library.
fn json<'a>(list: &mut List<'a>, name: &'a str, value: &'a str) {
    let slashes = Encode::JsonSlashes.apply(value);
    for (what, text) in [
        (" without spaces", respace(value, "")),
        (" with spaces after : and ,", respace(value, " ")),
        (" with \\/", slashes.clone()),
        (" with \\uxxxx", Encode::JsonUnicode.apply(value)),
        // PHP does both at once.
        ("=json_encode()", Encode::JsonUnicode.apply(&slashes)),
    ] {
        list.edit("E14", what, Edit::Set(name, text));
    }
    let inner = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Some(inner) =
        inner.filter(|inner| !contains_any(inner, &["{", "["]) && inner.len() < 512)
    {
        let mut items = Vec::new();
        for item in inner.split(',') {
            items.push(item.trim().trim_matches('"').into());
        }
        list.edit("B19", "[0]=..", Edit::Items(name, items));
    }
}

fn respace(json: &str, space: &str) -> String {
    let mut out = String::with_capacity(json.len() + 16);
    let (mut inside, mut escaped) = (false, false);
    for c in json.chars() {
        if inside {
            out.push(c);
            inside = escaped || c != '"';
            escaped = c == '\\' && !escaped;
        } else if !c.is_whitespace() {
            out.push(c);
            inside = c == '"';
            if matches!(c, ':' | ',') {
                out.push_str(space);
            }
        }
    }
    out
}

/// One field treated alone, as when only the URL was encoded.
pub(super) fn single_fields<'a>(list: &mut List<'a>, message: &'a Message<'a>) {
    let special = |byte: u8| !byte.is_ascii_alphanumeric() && !b"-._~".contains(&byte);
    let fields = message.pairs.iter().filter(|pair| pair.signed && pair.value.bytes().any(special));
    for pair in fields.take(12) {
        for &(id, encode, what) in &[
            ("C1", Encode::Percent, " percent-encoded"),
            ("C1", Encode::Form, " form-encoded"),
            ("C1", Encode::Component, " through encodeURIComponent"),
            ("C1", Encode::PercentLower, " percent-encoded, lower-case hex"),
            ("C1", Encode::PercentDecoded, " percent-decoded"),
            ("C2", Encode::Xml, " escaped for XML"),
            ("C17", Encode::Trimmed, " trimmed"),
            ("C3", Encode::Cdata, " in <![CDATA[..]]>"),
        ] {
            let treated = encode.apply(&pair.value);
            if treated != pair.value {
                list.edit(id, what, Edit::Set(&pair.name, treated));
            }
        }
    }
}
