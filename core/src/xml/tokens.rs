//! Cuts a message into its pieces: tags, text, CDATA, references. What may follow what is not decided here.

use memchr::{memchr_iter, memchr2, memchr3};

use super::XmlError;
use super::chars::{is_space, name_len};

/// One piece.
#[derive(Debug, Clone, Copy)]
pub(super) enum Token<'a> {
    /// Text up to the next `<` or `&`.
    Text(&'a str),
    /// What stands in `<![CDATA[…]]>`.
    CData(&'a str),
    /// What stands in `&…;`.
    Reference(&'a str),
    Start(Tag<'a>),
    /// The name in `</…>`.
    End(&'a str),
    /// What stands in `<?xml…?>`.
    Declaration(&'a str),
    /// A DOCTYPE, comment or processing instruction.
    NotAllowed(&'static str),
    /// The end of the text.
    Eof,
}

/// A start tag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag<'a> {
    pub name: &'a str,
    /// Whether something stands behind the name.
    pub has_attribute: bool,
    /// `<name/>`
    pub closed: bool,
}

/// The pieces of a text.
pub(super) struct Tokens<'a> {
    rest: &'a str,
    len: usize,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { rest: text, len: text.len() }
    }

    /// How far the text has been read.
    pub fn at(&self) -> usize {
        self.len - self.rest.len()
    }

    /// The next piece.
    pub fn next(&mut self) -> Result<Token<'a>, XmlError> {
        match self.rest.as_bytes() {
            [] => Ok(Token::Eof),
            [b'<', b'/', ..] => self.end(),
            [b'<', b'!', ..] => self.declared(),
            [b'<', b'?', ..] => self.instruction(),
            [b'<', ..] => self.start(),
            [b'&', ..] => self.reference(),
            text => {
                let end = memchr2(b'<', b'&', text).unwrap_or(text.len());
                Ok(Token::Text(self.take(end)))
            }
        }
    }

    /// Passes over a byte order mark.
    pub fn skip_bom(&mut self) {
        self.rest = self.rest.strip_prefix('\u{feff}').unwrap_or(self.rest);
    }

    /// Name and value of `<name>text</name>` or `<name><![CDATA[text]]></name>`, which is how WeChat writes its fields.
    /// Whatever differs in the least is left to [`Tokens::next`].
    pub fn plain_field(&mut self) -> Option<(&'a str, &'a str)> {
        let rest = self.rest.strip_prefix('<')?;
        let (name, rest) = rest.split_at_checked(name_len(rest))?;
        let rest = rest.strip_prefix('>')?;
        let (value, rest) = match rest.strip_prefix("<![CDATA[") {
            Some(rest) => {
                let (value, rest) = rest.split_at_checked(find(rest.as_bytes(), b"]]>")?)?;
                (value, rest.strip_prefix("]]>")?)
            }
            // At an `&` or a `]` there is no `</`.
            None => rest.split_at_checked(memchr3(b'<', b'&', b']', rest.as_bytes())?)?,
        };
        self.rest = rest.strip_prefix("</")?.strip_prefix(name)?.strip_prefix('>')?;
        Some((name, value))
    }

    fn start(&mut self) -> Result<Token<'a>, XmlError> {
        let content = self.enclosed(1, |text| find(text, b">"), 1)?;
        let (content, closed) = match content.strip_suffix('/') {
            Some(content) => (content, true),
            None => (content, false),
        };
        let end = content.bytes().position(is_space).unwrap_or(content.len());
        let (name, behind) = content.split_at_checked(end).unwrap_or((content, ""));
        let has_attribute = !behind.bytes().all(is_space);
        Ok(Token::Start(Tag { name, has_attribute, closed }))
    }

    fn end(&mut self) -> Result<Token<'a>, XmlError> {
        let name = self.enclosed(2, |text| find(text, b">"), 1)?;
        Ok(Token::End(name.trim_end_matches([' ', '\t', '\r', '\n'])))
    }

    fn declared(&mut self) -> Result<Token<'a>, XmlError> {
        let bytes = self.rest.as_bytes();
        if bytes.starts_with(b"<![CDATA[") {
            return self.enclosed(9, |text| find(text, b"]]>"), 3).map(Token::CData);
        }
        if bytes.starts_with(b"<!--") {
            let comment = self.enclosed(4, |text| find(text, b"-->"), 3);
            return comment.map(|_| Token::NotAllowed("a comment"));
        }
        match bytes.get(2..9) {
            Some(word) if word.eq_ignore_ascii_case(b"doctype") => self.doctype(),
            Some(_) | None => Err(self.malformed()),
        }
    }

    /// `<!DOCTYPE name …>`, with declarations of its own in it.
    fn doctype(&mut self) -> Result<Token<'a>, XmlError> {
        let mut depth = 0_usize;
        for (at, byte) in self.rest.bytes().enumerate() {
            match byte {
                b'<' => depth += 1,
                b'>' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let named = self.take(at + 1).len() > "<!DOCTYPE>".len();
                return if named {
                    Ok(Token::NotAllowed("a DOCTYPE"))
                } else {
                    Err(self.malformed())
                };
            }
        }
        Err(self.malformed())
    }

    fn instruction(&mut self) -> Result<Token<'a>, XmlError> {
        let content = self.enclosed(2, |text| find(text, b"?>"), 2)?;
        match content.strip_prefix("xml") {
            Some(rest) if rest.bytes().next().is_none_or(is_space) => Ok(Token::Declaration(rest)),
            Some(_) | None => Ok(Token::NotAllowed("a processing instruction")),
        }
    }

    /// A reference ends before anything else begins.
    fn reference(&mut self) -> Result<Token<'a>, XmlError> {
        let end = |text: &[u8]| {
            let end = text.iter().position(|byte| matches!(byte, b';' | b'<' | b'&'))?;
            (text.get(end) == Some(&b';')).then_some(end)
        };
        self.enclosed(1, end, 1).map(Token::Reference)
    }

    /// Passes over `open` bytes, then what `end` finds the end of, which it gives back, then `close` bytes.
    fn enclosed(
        &mut self,
        open: usize,
        end: impl Fn(&[u8]) -> Option<usize>,
        close: usize,
    ) -> Result<&'a str, XmlError> {
        let content = self.rest.as_bytes().get(open..).unwrap_or_default();
        let end = end(content).ok_or_else(|| self.malformed())?;
        self.take(open);
        let content = self.take(end);
        self.take(close);
        Ok(content)
    }

    /// Takes `count` bytes off the front.
    fn take(&mut self, count: usize) -> &'a str {
        let (front, rest) = self.rest.split_at_checked(count).unwrap_or((self.rest, ""));
        self.rest = rest;
        front
    }

    fn malformed(&self) -> XmlError {
        XmlError::Malformed { at: self.at() }
    }
}

/// Where `mark` stands first.
pub(super) fn find<const N: usize>(text: &[u8], mark: &[u8; N]) -> Option<usize> {
    let first = *mark.first()?;
    memchr_iter(first, text).find(|at| text.get(*at..).is_some_and(|text| text.starts_with(mark)))
}
