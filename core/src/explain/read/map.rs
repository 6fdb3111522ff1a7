//! Reads what a map prints: Java's `{appid=wx…, attach=, body=a, b}`, also from a log line with `//` comments.

use super::scan::{Scan, is_name, tail};
use super::{Collect, Kind, NoteKind};

/// Reads the map whose first entry begins at `start`, up to its closing brace.
pub(super) fn read(text: &str, start: usize, braced: bool, out: &mut Collect) {
    let end = if braced { closing(text, start) } else { text.len() };
    if braced && end == text.len() {
        out.note(NoteKind::Unclosed, end..end);
    }
    let body = text.get(..end).unwrap_or_default();
    let mut scan = Scan::new(body, start);
    separators(&mut scan);
    while !scan.done() && !out.full() {
        let from = scan.at;
        let name = scan.name();
        if !is_name(name) || !scan.eat("=") {
            scan.skip_while(|c| c != ',' && c != '\n');
            if scan.at == from {
                scan.bump();
            }
            out.note(NoteKind::Stray, from..scan.at);
        } else {
            let value_start = scan.at;
            let value_end = value(&mut scan);
            let value = scan.slice(value_start..value_end);
            let kind = if value == "null" { Kind::Null } else { Kind::Text };
            let value = if kind == Kind::Null { "" } else { value };
            out.push(name, value, kind, from..from + name.len(), value_start..value_end);
        }
        separators(&mut scan);
    }
}

fn separators(scan: &mut Scan<'_>) {
    loop {
        let from = scan.at;
        scan.white_and_comments();
        scan.skip_while(|c| c == ',');
        if scan.at == from {
            return;
        }
    }
}

/// Moves to the end of a value and gives where it ends. A comma ends it only if a name follows.
fn value(scan: &mut Scan<'_>) -> usize {
    if matches!(scan.peek(), Some(b'{' | b'[')) {
        let mut look = scan.clone();
        look.balanced();
        if matches!(look.peek(), None | Some(b',' | b'\n' | b'\r')) {
            *scan = look;
        }
    }
    while let Some(byte) = scan.peek() {
        let at = scan.at;
        match byte {
            b',' | b'\n' => {
                scan.bump();
                if ends_here(scan) {
                    return if byte == b'\n' { at - line_trail(scan.slice(0..at)) } else { at };
                }
            }
            b' ' | b'\t' => {
                scan.skip_while(|c| c == ' ' || c == '\t');
                if scan.rest().starts_with("//") {
                    scan.skip_while(|c| c != '\n');
                    return at;
                }
            }
            _ => scan.bump(),
        }
    }
    scan.at - line_trail(scan.slice(0..scan.at))
}

/// Whether the entry ends here: behind a separator comes a name with `=`, a comment, or nothing.
fn ends_here(scan: &mut Scan<'_>) -> bool {
    scan.skip_while(|c| c.is_whitespace());
    if scan.done() || scan.rest().starts_with("//") || scan.rest().starts_with("/*") {
        return true;
    }
    super::pairs::name_follows(scan)
}

/// How much of the end of a line is a line end, not part of the value.
fn line_trail(text: &str) -> usize {
    text.len() - tail(text, |byte| matches!(byte, b'\r' | b'\n'))
}

/// Where the map's own brace closes; the last brace if the values hold unequal ones.
fn closing(text: &str, start: usize) -> usize {
    let mut depth = 1_i32;
    for (at, byte) in text.bytes().enumerate().skip(start) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    match text.bytes().rposition(|byte| byte == b'}') {
        Some(at) if at >= start => at,
        _ => text.len(),
    }
}
