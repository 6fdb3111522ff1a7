//! Reads PHP's dumps: `print_r`, `var_dump`, `var_export` and array literals.

use alloc::string::String;

use super::object::unescape;
use super::scan::{Scan, is_name_byte, tail};
use super::{Collect, Kind, NoteKind};
use crate::explain::seek::{contains_any, find};

pub(super) fn read(text: &str, out: &mut Collect) {
    let mut scan = Scan::new(text, 0);
    while !scan.done() && !out.full() {
        let from = scan.at;
        let (before, found) = scan.until("=>");
        if !found {
            return;
        }
        let Some((name_start, name)) = key(before) else {
            continue;
        };
        let name_span = from + name_start..from + name_start + name.len();
        let bracketed = text.as_bytes().get(name_span.start.wrapping_sub(1)) == Some(&b'[');
        value(&mut scan, name, name_span, bracketed, out);
    }
}

/// The last key in the text before an arrow: `[name]`, `'name'`, `["name"]`.
fn key(before: &str) -> Option<(usize, &str)> {
    let end = tail(before, |byte| b" \t]\"'\n\r".contains(&byte));
    let head = before.get(..end)?;
    let start = tail(head, is_name_byte);
    let name = head.get(start..)?;
    let quoted = before.get(end..).is_some_and(|tail| contains_any(tail, &["]", "\"", "'"]));
    (quoted && !name.is_empty()).then_some((start, name))
}

fn value(
    scan: &mut Scan<'_>,
    name: &str,
    name_span: core::ops::Range<usize>,
    bracketed: bool,
    out: &mut Collect,
) {
    if bracketed && !matches!(scan.rest().trim_start().get(..1), Some("\"" | "'")) {
        // print_r: the rest of the line; it may go on until the next key.
        scan.eat(" ");
        let start = scan.at;
        let end = print_r_end(scan);
        let raw = scan.slice(start..end);
        if raw == "Array" && scan.rest().trim_start().starts_with('(') {
            out.note(NoteKind::Nested, name_span);
            scan.until(")");
            return;
        }
        return out.push(name, raw, Kind::Text, name_span, start..end);
    }
    scan.white();
    let start = scan.at;
    let word = scan.skip_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    match (word, scan.peek()) {
        ("string", Some(b'(')) => {
            scan.bump();
            let count: usize = scan.until(")").0.parse().unwrap_or(0);
            scan.white();
            scan.eat("\"");
            let start = scan.at;
            let counted = scan.rest().get(count..).filter(|tail| tail.starts_with('"'));
            let len = match counted {
                Some(_) => count,
                None => find(scan.rest(), "\"\n").or_else(|| find(scan.rest(), "\"")).unwrap_or(0),
            };
            scan.at += len;
            let value = scan.slice(start..start + len);
            scan.eat("\"");
            out.push(name, value, Kind::Text, name_span, start..start + len);
        }
        ("int" | "float" | "bool", Some(b'(')) => {
            scan.bump();
            let start = scan.at;
            let (value, _) = scan.until(")");
            let kind = if word == "bool" { Kind::Bool } else { Kind::Number };
            out.push(name, value, kind, name_span, start..start + value.len());
        }
        ("", Some(b'"' | b'\'')) => {
            let single = scan.peek() == Some(b'\'');
            let range = scan.quoted();
            let raw = scan.slice(range.clone());
            let value = if single { single_quoted(raw) } else { unescape(raw) };
            out.push(name, &value, Kind::Text, name_span, range);
        }
        ("array" | "Array", _) | ("", Some(b'[')) => {
            scan.white();
            if matches!(scan.peek(), Some(b'(' | b'[')) {
                scan.balanced();
            }
            out.note(NoteKind::Nested, start..scan.at);
        }
        (word, _) if word.eq_ignore_ascii_case("null") => {
            out.push(name, "", Kind::Null, name_span, start..scan.at);
        }
        (word, _) if word.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
            out.push(name, word, Kind::Number, name_span, start..scan.at);
        }
        (word, _) if word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("false") => {
            out.push(name, word, Kind::Bool, name_span, start..scan.at);
        }
        _ => out.note(NoteKind::NotText, start..scan.at),
    }
}

/// In single quotes PHP knows two escapes only.
fn single_quoted(raw: &str) -> String {
    let mut value = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' { chars.next_if(|c| matches!(c, '\\' | '\'')) } else { None };
        value.push(escaped.unwrap_or(c));
    }
    value
}

/// Where a value of `print_r` ends: at the line end before the next `[key] =>` or the closing bracket.
fn print_r_end(scan: &mut Scan<'_>) -> usize {
    loop {
        scan.skip_while(|c| c != '\n');
        let end = scan.at;
        if scan.done() {
            return end - usize::from(scan.slice(end.saturating_sub(1)..end) == "\r");
        }
        scan.bump();
        let mut look = scan.clone();
        look.skip_while(|c| matches!(c, ' ' | '\t' | '\r'));
        if look.done() || matches!(look.peek(), Some(b'[' | b')' | b'(' | b'\n')) {
            return end - usize::from(scan.slice(end.saturating_sub(1)..end) == "\r");
        }
    }
}
