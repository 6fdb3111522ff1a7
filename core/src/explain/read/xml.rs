//! Reads XML as people paste it: broken, commented, with another root or none. The strict reader is `crate::xml`.

use alloc::string::String;
use core::ops::Range;

use super::layer::entity;
use super::scan::Scan;
use super::{Collect, Kind, NoteKind};
use crate::explain::seek::find;

/// How often an unclosed field may send the reader back; keeps the work linear.
const MAX_RETURNS: usize = 16;

enum Token<'a> {
    Text,
    Data,
    Open(&'a str),
    Empty(&'a str),
    Close(&'a str),
    Skipped(NoteKind),
}

pub(super) fn read(text: &str, out: &mut Collect) {
    let start = find(text, "<").unwrap_or(text.len());
    if !super::is_blank(text.get(..start).unwrap_or_default()) {
        out.note(NoteKind::TextAround, 0..start);
    }
    let mut scan = Scan::new(text, start);
    let root = open_root(&mut scan, out);
    let mut returns = 0;
    while !scan.done() && !out.full() {
        let from = scan.at;
        match token(&mut scan) {
            Token::Open(name) => field(&mut scan, name, root, from, &mut returns, out),
            Token::Empty(name) => {
                let end = scan.at;
                out.push(name, "", Kind::Text, from + 1..from + 1 + name.len(), end..end);
            }
            Token::Close(name) if Some(name) == root => {
                let rest = scan.rest().trim_end();
                if !super::is_blank(rest) {
                    out.note(NoteKind::TextAround, scan.at..scan.at + rest.len());
                }
                return;
            }
            Token::Close(_) => out.note(NoteKind::Tags, from..scan.at),
            Token::Skipped(kind) => out.note(kind, from..scan.at),
            Token::Text | Token::Data => {
                if !super::is_blank(text.get(from..scan.at).unwrap_or_default()) {
                    out.note(NoteKind::Stray, from..scan.at);
                }
            }
        }
    }
    if root.is_some() {
        out.note(NoteKind::Unclosed, text.len()..text.len());
    }
}

/// Reads up to and including the root's start tag. A message that begins with a field has no root.
fn open_root<'a>(scan: &mut Scan<'a>, out: &mut Collect) -> Option<&'a str> {
    for _ in 0..8 {
        let from = scan.at;
        match token(scan) {
            Token::Open(name) => {
                let mut look = scan.clone();
                look.white();
                let named = name.eq_ignore_ascii_case("xml") || name.eq_ignore_ascii_case("root");
                let holds_tag = look.rest().starts_with('<') && !look.rest().starts_with("<!");
                if !named && !holds_tag {
                    scan.at = from;
                    break;
                }
                if name != "xml" {
                    out.note(NoteKind::Root, from..scan.at);
                }
                return Some(name);
            }
            Token::Skipped(NoteKind::Declaration) | Token::Text => {}
            Token::Skipped(kind) => out.note(kind, from..scan.at),
            Token::Empty(_) | Token::Close(_) | Token::Data => {
                scan.at = from;
                break;
            }
        }
    }
    out.note(NoteKind::Root, scan.at..scan.at);
    None
}

/// Reads one field from behind its start tag, which began at `from`.
fn field(
    scan: &mut Scan<'_>,
    name: &str,
    root: Option<&str>,
    from: usize,
    returns: &mut usize,
    out: &mut Collect,
) {
    let name_span = from + 1..from + 1 + name.len();
    let start = scan.at;
    let mut value = String::new();
    let mut parts = 0_usize;
    let mut data: Option<Range<usize>> = None;
    let mut inner: Option<usize> = None;
    let mut depth = 0_usize;
    let end = loop {
        let at = scan.at;
        if scan.done() {
            break None;
        }
        match token(scan) {
            Token::Text => {
                unescape(scan.slice(at..scan.at), at, &mut value, out);
                parts += 1;
            }
            Token::Data => {
                let closed = scan.slice(at..scan.at).ends_with("]]>");
                let range = at + 9..scan.at - if closed { 3 } else { 0 };
                value.push_str(scan.slice(range.clone()));
                data = Some(range);
                parts += 1;
            }
            Token::Close(close) if close == name => break Some(at),
            Token::Close(close) if Some(close) == root => {
                scan.at = at;
                break None;
            }
            Token::Close(_) if depth > 0 => depth -= 1,
            Token::Close(_) => {
                out.note(NoteKind::Tags, at..scan.at);
                break Some(at);
            }
            Token::Open(_) | Token::Empty(_) => {
                inner.get_or_insert(at);
                depth += 1;
            }
            Token::Skipped(kind) => out.note(kind, at..scan.at),
        }
    };
    let raw_end = end.unwrap_or(scan.at);
    match (end, inner) {
        // Never closed: it ends where the next element begins, and reading goes on there.
        (None, Some(next)) if *returns < MAX_RETURNS => {
            *returns += 1;
            scan.at = next;
            out.note(NoteKind::Tags, from..next);
            let text = scan.slice(start..next).trim_end();
            let lead = text.len() - text.trim_start().len();
            out.push(
                name,
                text.trim_start(),
                Kind::Text,
                name_span,
                start + lead..start + text.len(),
            );
        }
        (_, Some(_)) => {
            out.note(NoteKind::Nested, from..raw_end);
            let raw = scan.slice(start..raw_end);
            out.push(name, raw, Kind::Nested, name_span, start..raw_end);
        }
        (end, None) => {
            if end.is_none() {
                out.note(NoteKind::Tags, from..raw_end);
            }
            let span = match data {
                Some(data) if parts == 1 => data,
                _ => start..raw_end,
            };
            out.push(name, &value, Kind::Text, name_span, span);
        }
    }
}

fn token<'a>(scan: &mut Scan<'a>) -> Token<'a> {
    if scan.eat("<!--") {
        scan.until("-->");
        Token::Skipped(NoteKind::Comment)
    } else if scan.eat("<![CDATA[") {
        scan.until("]]>");
        Token::Data
    } else if scan.eat("<!") {
        scan.until(">");
        Token::Skipped(NoteKind::Doctype)
    } else if scan.rest().starts_with("<?") {
        let kind = if scan.rest().starts_with("<?xml") {
            NoteKind::Declaration
        } else {
            NoteKind::Doctype
        };
        scan.until(">");
        Token::Skipped(kind)
    } else if scan.eat("</") {
        scan.white();
        let name = scan.skip_while(is_tag_char);
        scan.skip_while(|c| c != '>' && c != '<');
        scan.eat(">");
        Token::Close(name)
    } else if starts_tag(scan.rest()) {
        scan.bump();
        let name = scan.skip_while(is_tag_char);
        let inside = scan.skip_while(|c| c != '>' && c != '<');
        scan.eat(">");
        if inside.ends_with('/') { Token::Empty(name) } else { Token::Open(name) }
    } else {
        scan.bump();
        let rest = scan.rest();
        let mut end = 0;
        while let Some(next) = rest.get(end..).and_then(|tail| find(tail, "<")) {
            end += next;
            if rest.get(end..).is_some_and(|tail| {
                starts_tag(tail) || tail.starts_with("</") || tail.starts_with("<!")
            }) {
                scan.at += end;
                return Token::Text;
            }
            end += 1;
        }
        scan.at += rest.len();
        Token::Text
    }
}

fn is_tag_char(c: char) -> bool {
    super::scan::is_name_char(c) || c == '-' || c == '.' || c == ':'
}

fn starts_tag(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next() == Some(b'<')
        && bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

/// Resolves entities; what is none stays as it is, with a note.
fn unescape(text: &str, base: usize, value: &mut String, out: &mut Collect) {
    let mut scan = Scan::new(text, 0);
    while let Some(c) = scan.rest().chars().next() {
        let at = scan.at;
        if c == '&' {
            if let Some(decoded) = entity(&mut scan) {
                value.push(decoded);
                continue;
            }
            out.note(NoteKind::BareAmpersand, base + at..base + at + 1);
        }
        scan.bump();
        value.push(c);
    }
}
