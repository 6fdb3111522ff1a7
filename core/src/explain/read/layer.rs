//! Wrappings around a message: backslash escapes of a log, HTML escapes of a page, shell quotes of a curl command.
//!
//! Each is taken off as a whole, and the offsets of the pasted text are kept beside every byte.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::scan::Scan;

/// A text and, for every byte of it, where that came from in the pasted text.
#[derive(Default)]
pub(in crate::explain) struct Layer {
    pub(in crate::explain) text: String,
    map: Vec<u32>,
    end: u32,
}

impl Layer {
    pub(super) fn push(&mut self, c: char, from: usize, until: usize) {
        self.text.push(c);
        self.map.resize(self.text.len(), offset(from));
        self.end = offset(until);
    }

    /// The range in the pasted text for a range in this one.
    pub(super) fn origin(&self, range: &Range<usize>) -> Range<usize> {
        let at = |index: usize| self.map.get(index).copied().unwrap_or(self.end) as usize;
        let start = at(range.start);
        start..at(range.end).max(start)
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Takes one level of `\"`, `\n`, `\u0026`, `\x22`, `\/` off.
pub(in crate::explain) fn unescape_backslashes(input: &str) -> Layer {
    let mut layer = Layer::default();
    let mut scan = Scan::new(input, 0);
    while let Some(first) = scan.rest().chars().next() {
        let from = scan.at;
        let c = if first == '\\' { escape(&mut scan) } else { None };
        let c = c.unwrap_or_else(|| {
            scan.bump();
            first
        });
        layer.push(c, from, scan.at);
    }
    layer
}

/// Reads one backslash escape; the position is unchanged if there is none.
pub(super) fn escape(scan: &mut Scan<'_>) -> Option<char> {
    let mut look = scan.clone();
    look.bump();
    let kind = look.rest().chars().next()?;
    look.bump();
    let c = match kind {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'f' => '\u{c}',
        '"' | '\'' | '\\' | '/' | '`' => kind,
        'x' => char::from(u8::try_from(hex(&mut look, 2)?).ok()?),
        'u' => unicode(&mut look)?,
        _ => return None,
    };
    *scan = look;
    Some(c)
}

fn unicode(look: &mut Scan<'_>) -> Option<char> {
    let first = hex(look, 4)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    if !look.eat("\\u") {
        return None;
    }
    let second = hex(look, 4)?.checked_sub(0xdc00)?;
    char::from_u32(0x10000 + ((first - 0xd800) << 10) + second)
}

fn hex(look: &mut Scan<'_>, digits: usize) -> Option<u32> {
    let text = look.rest().get(..digits)?;
    look.at += digits;
    if text.starts_with('+') { None } else { u32::from_str_radix(text, 16).ok() }
}

/// Takes one level of `&lt;`, `&gt;`, `&amp;`, `&quot;`, `&apos;`, `&#…;` off.
pub(in crate::explain) fn unescape_html(input: &str) -> Layer {
    let mut layer = Layer::default();
    let mut scan = Scan::new(input, 0);
    while let Some(first) = scan.rest().chars().next() {
        let from = scan.at;
        let c = if first == '&' { entity(&mut scan) } else { None };
        let c = c.unwrap_or_else(|| {
            scan.bump();
            first
        });
        layer.push(c, from, scan.at);
    }
    layer
}

/// Reads one of the five entities or a numeric reference; the position is unchanged if there is none.
pub(super) fn entity(scan: &mut Scan<'_>) -> Option<char> {
    let rest = scan.rest().get(1..)?;
    let end = rest.bytes().take(12).position(|byte| byte == b';')?;
    let name = rest.get(..end)?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    scan.at += end + 2;
    Some(c)
}
