//! Reads `a=1&b=2`, raw or percent-encoded, and `name=value` lines.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::scan::{Scan, is_name, is_name_byte, tail};
use super::{Collect, Kind, NoteKind};
use crate::explain::damage::swallowed;
use crate::explain::seek::{contains, contains_any};

/// Reads joined pairs from `start`; `decode` takes the percent-encoding of a form off.
pub(super) fn read_query(text: &str, start: usize, decode: bool, out: &mut Collect) {
    let mut scan = Scan::new(text, start);
    let from = scan.at;
    let lead = scan.skip_while(|c| c.is_whitespace() || matches!(c, '&' | '?'));
    if contains_any(lead, &["&", "?"]) {
        out.note(NoteKind::Stray, from..scan.at);
    }
    let mut swallowed_name = "";
    while !scan.done() && !out.full() {
        let from = scan.at;
        let name = scan.name();
        let name_span = from..scan.at;
        if name.is_empty() || !scan.eat("=") {
            let (_, found) = scan.until("&");
            if found || scan.at > from {
                out.note(NoteKind::Stray, from..scan.at);
            }
            continue;
        }
        let start = scan.at;
        let (end, next) = value(&mut scan, out);
        let value = text.get(start..end).unwrap_or_default();
        let value = if decode { form_decode(value) } else { Cow::Borrowed(value) };
        if swallowed_name.is_empty() {
            out.push(name, &value, Kind::Text, name_span, start..end);
        } else {
            let mut whole = String::from(swallowed_name);
            whole.push_str(name);
            out.push(&whole, &value, Kind::Text, name_span, start..end);
        }
        swallowed_name = next;
    }
}

/// Moves to the next pair's name. Gives where the value ends, and the part of the name that HTML damage took.
fn value(scan: &mut Scan<'_>, out: &mut Collect) -> (usize, &'static str) {
    loop {
        scan.skip_while(|c| c != '&' && swallowed(c).is_none());
        let at = scan.at;
        let Some(c) = scan.rest().chars().next() else {
            return (trim_line_end(scan, at, out), "");
        };
        scan.bump();
        if let Some(name) = swallowed(c) {
            if name_follows(scan) {
                out.note(NoteKind::EntityDamage, at..scan.at);
                return (at, name);
            }
            continue;
        }
        let mut look = scan.clone();
        while look.eat("amp;") {}
        let escaped = look.at > scan.at;
        look.white();
        if look.done() || look.peek() == Some(b'&') || name_follows(&look) {
            if escaped {
                out.note(NoteKind::AmpEscaped, at..look.at);
            }
            if look.done() || look.peek() == Some(b'&') {
                out.note(NoteKind::Stray, at..look.at);
                look.skip_while(|c| c.is_whitespace() || c == '&');
            }
            let end = trim_line_end(scan, at, out);
            *scan = look;
            return (end, "");
        }
    }
}

pub(super) fn name_follows(scan: &Scan<'_>) -> bool {
    let rest = scan.rest().as_bytes();
    let len = rest.iter().take(65).take_while(|byte| is_name_byte(**byte)).count();
    len > 0 && len <= 64 && rest.get(len) == Some(&b'=')
}

/// A line break before the next `&` belongs to the program text, not to the value.
fn trim_line_end(scan: &Scan<'_>, at: usize, out: &mut Collect) -> usize {
    let before = scan.slice(0..at);
    let kept = before.trim_end().len();
    if before.get(kept..).is_some_and(|tail| contains(tail, "\n")) {
        if !scan.slice(at..at + 1).is_empty() {
            out.note(NoteKind::LineBreaks, kept..at);
        }
        kept
    } else {
        at
    }
}

/// Whether there is a percent-encoded byte, so that two readings exist.
pub(super) fn looks_encoded(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(3).any(|triple| {
        matches!(triple, [b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
    })
}

/// Takes `%XX` and `+` off; text that would not be UTF-8 then stays as it is.
pub(in crate::explain) fn form_decode(text: &str) -> Cow<'_, str> {
    if !contains_any(text, &["%", "+"]) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        let nibble = |at: usize| tail.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, nibble(0), nibble(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'+', ..) => bytes.push(b' '),
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Reads one parameter per line: `name=value`, `name: value`, or two columns with a tab.
pub(super) fn read_lines(text: &str, out: &mut Collect) {
    let mut at = 0;
    let mut unread = None;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.get(..tail(line, |byte| matches!(byte, b'\n' | b'\r'))).unwrap_or_default();
        let trimmed = body.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') || trimmed.starts_with("//") || out.full()
        {
            continue;
        }
        let indent = body.len() - trimmed.len();
        match split_line(trimmed) {
            Some((name, value)) => {
                let value_at = start + indent + trimmed.len() - value.len();
                let name_at = start + indent;
                out.push(
                    name,
                    value,
                    Kind::Text,
                    name_at..name_at + name.len(),
                    value_at..value_at + value.len(),
                );
            }
            None => {
                let span = start + indent..start + body.len();
                unread.get_or_insert(span);
            }
        }
    }
    if let Some(span) = unread {
        out.note(NoteKind::Stray, span);
    }
}

fn split_line(line: &str) -> Option<(&str, &str)> {
    let at = line.bytes().position(|byte| matches!(byte, b'=' | b':' | b'\t'))?;
    let name = line.get(..at)?.trim_end();
    let spaced = at > name.len();
    let value = line.get(at + 1..)?;
    // `name = value` and `name: value` have a space that is not part of the value.
    let colon = line.as_bytes().get(at) == Some(&b':');
    let value = if spaced || colon { value.strip_prefix(' ').unwrap_or(value) } else { value };
    is_name(name).then_some((name, value))
}
