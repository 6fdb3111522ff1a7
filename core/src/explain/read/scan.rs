//! A place in a text, moved forward only: what all readers share.

use core::ops::Range;

use crate::explain::seek::find;

/// A forward-only position in a text.
#[derive(Clone)]
pub(super) struct Scan<'a> {
    text: &'a str,
    /// Byte offset, always on a character boundary.
    pub(super) at: usize,
}

impl<'a> Scan<'a> {
    pub(super) const fn new(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn done(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Moves over one character.
    pub(super) fn bump(&mut self) {
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
    }

    /// Moves over `token` if it comes next.
    pub(super) fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    pub(super) fn skip_while(&mut self, keep: fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    pub(super) fn white(&mut self) {
        self.skip_while(char::is_whitespace);
    }

    /// Moves just behind the next `token` and gives what lay before it; without one, to the end.
    pub(super) fn until(&mut self, token: &str) -> (&'a str, bool) {
        let rest = self.rest();
        match find(rest, token) {
            Some(end) => {
                self.at += end + token.len();
                (rest.get(..end).unwrap_or_default(), true)
            }
            None => {
                self.at = self.text.len();
                (rest, false)
            }
        }
    }

    /// A name such as `nonce_str` or `coupon_id_0`.
    pub(super) fn name(&mut self) -> &'a str {
        self.skip_while(is_name_char)
    }

    /// White space and the comments of program text: `// …` to the end of the line, `/* … */`.
    pub(super) fn white_and_comments(&mut self) {
        loop {
            self.white();
            if self.rest().starts_with("//") {
                self.skip_while(|c| c != '\n');
            } else if self.eat("/*") {
                self.until("*/");
            } else {
                return;
            }
        }
    }

    /// Moves over a value in brackets, quotes respected; to the end when it is never closed.
    pub(super) fn balanced(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'{' | b'[' | b'(' => depth += 1,
                b'}' | b']' | b')' => depth = depth.saturating_sub(1),
                b'"' | b'\'' | b'`' => {
                    self.quoted();
                    if depth == 0 {
                        return;
                    }
                    continue;
                }
                _ => {}
            }
            self.bump();
            if depth == 0 {
                return;
            }
        }
    }

    /// Moves over a quoted text and gives the range between the quotes.
    pub(super) fn quoted(&mut self) -> Range<usize> {
        let quote = self.peek();
        self.bump();
        let start = self.at;
        while let Some(byte) = self.peek() {
            if Some(byte) == quote {
                let range = start..self.at;
                self.bump();
                return range;
            }
            if byte == b'\\' {
                self.bump();
            }
            self.bump();
        }
        start..self.at
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }
}

/// Where the run of such bytes at the end of a text begins.
pub(super) fn tail(text: &str, is_tail: fn(u8) -> bool) -> usize {
    text.bytes().rposition(|byte| !is_tail(byte)).map_or(0, |at| at + 1)
}

pub(super) const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

pub(super) fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Whether a text could be a parameter's name.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.chars().all(is_name_char)
}
