//! Group F and the empty values of group B.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Edit, List, Op};
use crate::explain::encode::Encode;
use crate::explain::message::Message;
use crate::explain::read::Kind;
use crate::explain::report::Why;

pub(super) fn empties<'a>(list: &mut List<'a>, message: &'a Message<'a>) {
    let empty: Vec<&str> = (message.fields.iter().zip(&message.states))
        .filter(|(_, (why, _))| *why == Why::Empty)
        .map(|(field, _)| field.name.as_str())
        .collect();
    let words = [
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
    let only = |name| if empty.len() > 1 { Some(name) } else { None };
    for word in words {
        if let Some(first) = empty.first() {
            let detail = if empty.len() == 1 {
                super::assign(first, word)
            } else {
                super::assign("every empty value", word)
            };
            push(list, word, detail, Edit::Empty(word, None));
        }
        for name in empty.iter().filter_map(|name| only(*name)).take(8) {
            push(list, word, super::assign(name, word), Edit::Empty(word, Some(name)));
        }
    }
    let repeated = message.states.iter().any(|(why, _)| *why == Why::Duplicate);
    if repeated {
        list.edit("B18", "of a repeated name the first counts", Edit::Repeated { all: false });
        list.edit("B18", "a repeated name signed twice", Edit::Repeated { all: true });
    }
}

fn push<'a>(list: &mut List<'a>, word: &str, detail: String, edit: Edit<'a>) {
    if word.is_empty() {
        list.push_two("B5", "H2", detail, Op::Edit(edit));
    } else {
        list.edit("B6", detail, edit);
    }
}

/// Amounts, times, JSON.
pub(super) fn formats<'a>(list: &mut List<'a>, message: &'a Message<'a>) {
    let signed =
        || message.pairs.iter().filter(|pair| pair.signed).map(|pair| (&*pair.name, &*pair.value));
    for (name, value) in signed() {
        if name.ends_with("_fee") || name.ends_with("amount") || name.starts_with("coupon_fee_") {
            amounts(list, name, value);
        } else if name.eq_ignore_ascii_case("timestamp") || name == "time_stamp" {
            times(list, name, value);
        }
    }
    for (name, value) in signed() {
        if value.starts_with(['{', '[']) {
            json(list, name, value);
        } else if value.eq_ignore_ascii_case("true") || value == "Y" {
            set(list, "F8", name, if value == "Y" { "true" } else { "Y" }.into());
        } else if value.eq_ignore_ascii_case("false") || value == "N" {
            set(list, "F8", name, if value == "N" { "false" } else { "N" }.into());
        } else if name.starts_with("time_") && value.len() == 14 && value.is_ascii() {
            let part = |range| value.get(range).unwrap_or_default();
            let day = [part(0..4), "-", part(4..6), "-", part(6..8)].concat();
            let clock = [part(8..10), ":", part(10..12), ":", part(12..14)].concat();
            set(list, "F10", name, [&*day, " ", &*clock].concat());
            set(list, "F10", name, [&*day, "T", &*clock, "+08:00"].concat());
        }
    }
    for (field, (why, _)) in message.fields.iter().zip(&message.states) {
        if field.kind == Kind::Nested && *why == Why::Signed {
            set(list, "B6", &field.name, "[object Object]".into());
            set(list, "B6", &field.name, "Array".into());
        }
    }
}

fn set<'a>(list: &mut List<'a>, id: &'static str, name: &'a str, value: String) {
    list.edit(id, super::assign(name, &value), Edit::Set(name, value));
}

fn amounts<'a>(list: &mut List<'a>, name: &'a str, value: &'a str) {
    let two = |sent: &'static str| if list.received { ("H11", sent) } else { (sent, "H11") };
    let (id, also) = two("F1");
    let f1 = |list: &mut List<'a>, text: String| {
        let detail = super::assign(name, &text).into();
        list.all.push(super::Transform {
            id,
            also: Some(also),
            detail,
            op: Op::Edit(Edit::Set(name, text)),
            rare: true,
        });
    };
    if let Some((whole, fraction)) = value.split_once('.') {
        f1(list, whole.into());
        if fraction.len() <= 2 && whole.len() < 12 {
            let fen = [whole, fraction, if fraction.len() == 1 { "0" } else { "" }].concat();
            set(list, "F2", name, fen.trim_start_matches('0').into());
        }
        return;
    }
    let Ok(fen) = value.parse::<u32>() else {
        let plain = value.replace(',', "");
        return set(list, "F9", name, plain);
    };
    for &tail in &[".0", ".00"] {
        f1(list, [value, tail].concat());
    }
    let (yuan, rest) = (fen / 100, fen % 100);
    let cents = |digits: usize| {
        let mut text = (100 + rest).to_string();
        text.remove(0);
        text.truncate(digits);
        [yuan.to_string().as_str(), ".", &text].concat()
    };
    set(list, "F2", name, cents(2));
    if rest % 10 == 0 {
        set(list, "F2", name, cents(1));
    }
    if rest == 0 {
        set(list, "F2", name, yuan.to_string());
    }
    set(list, "F2", name, [value, "00"].concat());
    f1(list, [value, ".000000"].concat());
    f1(list, exponent(value, "E"));
    f1(list, ["+", value].concat());
    f1(list, ["0", value].concat());
    set(list, "F3", name, fen.wrapping_sub(1).to_string());
    set(list, "F3", name, fen.wrapping_add(1).to_string());
    if value.len() > 3 {
        let (head, tail) = value.split_at_checked(value.len() - 3).unwrap_or_default();
        set(list, "F9", name, [head, ",", tail].concat());
    }
    // A 32-bit or floating detour writes the same digits; only the forms above differ.
}

/// `1490840662` as a float prints: `1.490840662E9`.
fn exponent(digits: &str, e: &str) -> String {
    let mut chars = digits.chars();
    let first = chars.next().unwrap_or('0');
    let rest = chars.as_str();
    let kept = rest.trim_end_matches('0');
    let mut text = String::new();
    text.push(first);
    text.push('.');
    text.push_str(if kept.is_empty() { "0" } else { kept });
    text.push_str(e);
    text.push_str(&rest.len().to_string());
    text
}

fn times<'a>(list: &mut List<'a>, name: &'a str, value: &'a str) {
    if !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return;
    }
    if value.len() == 13 {
        set(list, "F4", name, value.get(..10).unwrap_or_default().into());
    } else {
        set(list, "F4", name, [value, "000"].concat());
    }
    set(list, "F5", name, exponent(value, "E"));
    set(list, "F5", name, exponent(value, "e+0"));
    set(list, "F5", name, exponent(value, "E+"));
    set(list, "F5", name, [value, ".0"].concat());
    set(list, "F5", name, ["\"", value, "\""].concat());
}

/// A JSON value written again by another library.
fn json<'a>(list: &mut List<'a>, name: &'a str, value: &'a str) {
    for (detail, after_colon, after_comma) in
        [("without spaces", "", ""), ("with spaces after : and ,", " ", " ")]
    {
        let text = respace(value, after_colon, after_comma);
        let mut what = String::from(name);
        what.extend([" ", detail]);
        list.edit("E14", what, Edit::Set(name, text));
    }
    for &encode in &[Encode::JsonSlashes, Encode::JsonUnicode] {
        let mut what = String::from(name);
        what.push_str(if encode == Encode::JsonSlashes { " with \\/" } else { " with \\uxxxx" });
        list.edit("E14", what, Edit::Set(name, encode.apply(value)));
    }
    // PHP does both at once.
    let both = Encode::JsonUnicode.apply(&Encode::JsonSlashes.apply(value));
    list.edit("E14", super::assign(name, "json_encode()"), Edit::Set(name, both));
    let inner = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Some(inner) = inner.filter(|inner| !inner.contains(['{', '[']) && inner.len() < 512) {
        let items = inner.split(',').map(|item| item.trim().trim_matches('"').into()).collect();
        let mut what = String::from(name);
        what.push_str("[0]=..");
        list.edit("B19", what, Edit::Items(name, items));
    }
}

fn respace(json: &str, after_colon: &str, after_comma: &str) -> String {
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
            out.push_str(match c {
                ':' => after_colon,
                ',' => after_comma,
                _ => "",
            });
        }
    }
    out
}

/// One field treated alone, as when only the URL was encoded.
pub(super) fn single_fields<'a>(list: &mut List<'a>, message: &'a Message<'a>) {
    let special = |c: char| !(c.is_ascii_alphanumeric() || "-._~".contains(c));
    let fields = message.pairs.iter().filter(|pair| pair.signed && pair.value.contains(special));
    for pair in fields.take(12) {
        let (name, value): (&'a str, &'a str) = (&pair.name, &pair.value);
        for &(id, encode, detail) in &[
            ("C1", Encode::Percent, "percent-encoded"),
            ("C1", Encode::Form, "form-encoded"),
            ("C1", Encode::Component, "through encodeURIComponent"),
            ("C1", Encode::PercentLower, "percent-encoded, lower-case hex"),
            ("C1", Encode::PercentDecoded, "percent-decoded"),
            ("C2", Encode::Xml, "escaped for XML"),
            ("C17", Encode::Trimmed, "trimmed"),
            ("C3", Encode::Cdata, "in <![CDATA[..]]>"),
        ] {
            let treated = encode.apply(value);
            if treated != value {
                let detail: Cow<'a, str> = [name, " ", detail].concat().into();
                list.edit(id, detail, Edit::Set(name, treated));
            }
        }
    }
}
