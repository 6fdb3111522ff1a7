//! Reads JSON and the object literals of JavaScript, such as the argument of `wx.requestPayment`.

use alloc::string::String;

use super::layer::escape;
use super::scan::Scan;
use super::{Collect, Kind, NoteKind};
use crate::explain::seek::contains;

/// Reads the object that opens at `start`.
pub(super) fn read(text: &str, start: usize, out: &mut Collect) {
    let mut scan = Scan::new(text, start + 1);
    while !out.full() {
        scan.white_and_comments();
        match scan.peek() {
            None => {
                out.note(NoteKind::Unclosed, text.len()..text.len());
                return;
            }
            Some(b'}') => return,
            Some(b',') => scan.bump(),
            Some(_) => member(&mut scan, out),
        }
    }
}

fn member(scan: &mut Scan<'_>, out: &mut Collect) {
    let from = scan.at;
    let (name, span) = match scan.peek() {
        Some(b'"' | b'\'' | b'`') => {
            let range = scan.quoted();
            (unescape(scan.slice(range.clone())), range)
        }
        _ => {
            let name = scan.skip_while(|c| super::scan::is_name_char(c) || c == '$');
            (String::from(name), from..scan.at)
        }
    };
    scan.white_and_comments();
    if name.is_empty() || !scan.eat(":") {
        // A method, a shorthand, a spread or something unreadable.
        expression(scan);
        if scan.at == from {
            scan.bump();
        }
        out.note(NoteKind::NotText, from..scan.at);
        return;
    }
    scan.white_and_comments();
    let start = scan.at;
    let (value, kind, range) = match scan.peek() {
        Some(b'"' | b'\'' | b'`') => {
            let range = scan.quoted();
            (unescape(scan.slice(range.clone())), Some(Kind::Text), range)
        }
        Some(b'{' | b'[') => {
            scan.balanced();
            (String::from(scan.slice(start..scan.at)), Some(Kind::Nested), start..scan.at)
        }
        _ => {
            let word = scan.skip_while(|c| {
                c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_' | '$')
            });
            let range = start..scan.at;
            (String::from(word), literal(word), range)
        }
    };
    scan.white_and_comments();
    let ended = matches!(scan.peek(), None | Some(b',' | b'}'));
    if let Some(kind) = kind.filter(|_| ended) {
        let value = if kind == Kind::Null { "" } else { &value };
        return out.push(&name, value, kind, span, range);
    }
    // An expression of the program: its value is not in the text.
    expression(scan);
    out.note(NoteKind::NotText, from..scan.at);
}

/// Moves to the comma or bracket that ends an expression.
fn expression(scan: &mut Scan<'_>) {
    while let Some(byte) = scan.peek() {
        match byte {
            b',' | b'}' => return,
            b'{' | b'[' | b'(' | b'"' | b'\'' | b'`' => scan.balanced(),
            _ => scan.bump(),
        }
    }
}

/// What a bare word is; `None` for an expression of the program.
fn literal(word: &str) -> Option<Kind> {
    match word {
        "null" | "undefined" | "None" | "nil" => Some(Kind::Null),
        "true" | "false" => Some(Kind::Bool),
        _ if word.starts_with(|c: char| c.is_ascii_digit() || c == '-') => Some(Kind::Number),
        _ => None,
    }
}

pub(super) fn unescape(raw: &str) -> String {
    if !contains(raw, "\\") {
        return raw.into();
    }
    let mut value = String::with_capacity(raw.len());
    let mut scan = Scan::new(raw, 0);
    while let Some(c) = scan.rest().chars().next() {
        let decoded = if c == '\\' { escape(&mut scan) } else { None };
        match decoded {
            Some(decoded) => value.push(decoded),
            None => {
                scan.bump();
                value.push(c);
            }
        }
    }
    value
}
