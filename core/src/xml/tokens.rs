//! Cuts a message into its pieces: tags, text, CDATA, references. What may follow what is not decided here.

use super::XmlError;
use super::chars::is_space;

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
            [b'<', b'/', ..] => self.past("</", ">").map(|name| Token::End(trim_end(name))),
            [b'<', b'!', ..] => self.declared(),
            [b'<', b'?', ..] => self.instruction(),
            [b'<', ..] => self.past("<", ">").map(|content| Token::Start(tag(content))),
            [b'&', ..] => self.reference(),
            [..] => Ok(Token::Text(self.text())),
        }
    }

    /// Passes over the text in front, if it is that.
    pub fn skip(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn text(&mut self) -> &'a str {
        let is_markup = |byte: &u8| matches!(byte, b'<' | b'&');
        let end = self.rest.as_bytes().iter().position(is_markup).unwrap_or(self.rest.len());
        self.split(end)
    }

    fn declared(&mut self) -> Result<Token<'a>, XmlError> {
        if self.skip("<![CDATA[") {
            return self.past("", "]]>").map(Token::CData);
        }
        if self.skip("<!--") {
            return self.past("", "-->").map(|_| Token::NotAllowed("a comment"));
        }
        let doctype = self.rest.as_bytes().get(2..9);
        if doctype.is_some_and(|word| word.eq_ignore_ascii_case(b"doctype")) {
            return self.doctype();
        }
        Err(self.malformed())
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
                let whole = self.split(at + 1);
                let named = whole.bytes().nth(9).is_some_and(|byte| byte != b'>');
                return if named { Ok(Token::NotAllowed("a DOCTYPE")) } else { Err(self.malformed()) };
            }
        }
        Err(self.malformed())
    }

    fn instruction(&mut self) -> Result<Token<'a>, XmlError> {
        let content = self.past("<?", "?>")?;
        match content.strip_prefix("xml") {
            Some(rest) if rest.bytes().next().is_none_or(is_space) => Ok(Token::Declaration(rest)),
            Some(_) | None => Ok(Token::NotAllowed("a processing instruction")),
        }
    }

    /// A reference ends before anything else begins.
    fn reference(&mut self) -> Result<Token<'a>, XmlError> {
        let name = self.rest.as_bytes().iter().skip(1);
        match name.clone().position(|byte| matches!(byte, b';' | b'<' | b'&')) {
            Some(end) if name.clone().nth(end) == Some(&b';') => {
                self.past("&", ";").map(Token::Reference)
            }
            Some(_) | None => Err(self.malformed()),
        }
    }

    /// What stands between `start`, which is in front, and the next `end`; goes on behind that.
    fn past(&mut self, start: &str, end: &str) -> Result<&'a str, XmlError> {
        self.skip(start);
        let Some(at) = find(self.rest, end) else { return Err(self.malformed()) };
        let content = self.split(at);
        self.skip(end);
        Ok(content)
    }

    /// Takes `at` bytes off the front.
    fn split(&mut self, at: usize) -> &'a str {
        let (front, rest) = self.rest.split_at_checked(at).unwrap_or((self.rest, ""));
        self.rest = rest;
        front
    }

    fn malformed(&self) -> XmlError {
        XmlError::Malformed { at: self.at() }
    }
}

/// Where `mark`, which is ASCII, stands first. For the short texts of a message this is faster than `str::find`.
fn find(text: &str, mark: &str) -> Option<usize> {
    let (first, rest) = mark.as_bytes().split_first()?;
    let mut from = 0;
    loop {
        let behind = text.as_bytes().get(from..)?;
        let at = behind.iter().position(|byte| byte == first)?;
        if behind.get(at + 1..)?.starts_with(rest) {
            return Some(from + at);
        }
        from += at + 1;
    }
}

fn tag(content: &str) -> Tag<'_> {
    let (content, closed) = match content.strip_suffix('/') {
        Some(content) => (content, true),
        None => (content, false),
    };
    let end = content.bytes().position(is_space).unwrap_or(content.len());
    let (name, behind) = content.split_at_checked(end).unwrap_or((content, ""));
    Tag { name, has_attribute: !behind.bytes().all(is_space), closed }
}

fn trim_end(name: &str) -> &str {
    name.trim_end_matches([' ', '\t', '\r', '\n'])
}
