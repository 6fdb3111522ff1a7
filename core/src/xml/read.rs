//! The reader: which piece may follow which.

use alloc::borrow::Cow;
use alloc::string::String;

use super::chars::{bad_character, check_name, clip, is_blank, is_xml_char};
use super::tokens::{Tag, Token, Tokens, find};
use super::{MAX_BYTES, MAX_FIELDS, XmlError};
use crate::{Params, ParamsError};

/// Reads a message with root `<xml>`.
///
/// ```
/// let params = wxpay_core::xml::from_xml(b"<xml><body><![CDATA[A&B]]></body><total_fee>88</total_fee></xml>")?;
/// assert_eq!(params.get("body"), Some("A&B"));
/// # Ok::<(), wxpay_core::xml::XmlError>(())
/// ```
///
/// # Errors
/// [`XmlError`] for everything that is not a flat message.
pub fn from_xml(bytes: &[u8]) -> Result<Params, XmlError> {
    from_xml_with_root(bytes, "xml")
}

/// Reads a message with another root; the content of a refund notice has `<root>`.
///
/// # Errors
/// As [`from_xml`].
pub fn from_xml_with_root(bytes: &[u8], root: &str) -> Result<Params, XmlError> {
    if bytes.len() > MAX_BYTES {
        return Err(XmlError::TooLarge);
    }
    let text = core::str::from_utf8(bytes)
        .map_err(|error| XmlError::NotUtf8 { at: error.valid_up_to() })?;
    if let Some(at) = bad_character(text) {
        return Err(XmlError::BadCharacter { at });
    }
    let mut tokens = Tokens::new(text);
    tokens.skip_bom();
    let mut params = Params::with_capacity(24, bytes.len());
    FlatReader { tokens }.read(root, &mut params)?;
    Ok(params)
}

struct FlatReader<'a> {
    tokens: Tokens<'a>,
}

impl<'a> FlatReader<'a> {
    fn read(mut self, root: &str, params: &mut Params) -> Result<(), XmlError> {
        if !self.open_root(root)?.closed {
            self.fields(root, params)?;
        }
        self.end()
    }

    /// Reads up to and including the root's end tag.
    fn fields(&mut self, root: &str, params: &mut Params) -> Result<(), XmlError> {
        loop {
            while let Some((name, value)) = self.tokens.plain_field() {
                add(params, name, value)?;
            }
            let Some(field) = self.next_field(root)? else { return Ok(()) };
            let value = if field.closed { Cow::Borrowed("") } else { self.value(field.name)? };
            add(params, field.name, &value)?;
        }
    }

    /// Reads up to and including the root's start tag.
    fn open_root(&mut self, root: &str) -> Result<Tag<'a>, XmlError> {
        let mut declared = false;
        let tag = loop {
            match self.tokens.next()? {
                Token::Declaration(content) if !declared => {
                    self.check_declaration(content)?;
                    declared = true;
                }
                Token::Text(text) if is_blank(text) => {}
                Token::Start(tag) => break tag,
                Token::Eof => return Err(XmlError::Empty),
                other => return Err(self.unexpected(other)),
            }
        };
        self.check_start(tag)?;
        if tag.name == root { Ok(tag) } else { Err(XmlError::WrongRoot { found: clip(tag.name) }) }
    }

    /// The next field's start tag, or `None` at the root's end tag.
    fn next_field(&mut self, root: &str) -> Result<Option<Tag<'a>>, XmlError> {
        loop {
            match self.tokens.next()? {
                Token::Start(tag) => {
                    self.check_start(tag)?;
                    return Ok(Some(tag));
                }
                Token::End(name) if name == root => return Ok(None),
                Token::Text(text) if is_blank(text) => {}
                other => return Err(self.unexpected(other)),
            }
        }
    }

    /// Joins text, CDATA and references up to the field's end tag.
    fn value(&mut self, name: &str) -> Result<Cow<'a, str>, XmlError> {
        let mut value = Cow::Borrowed("");
        loop {
            match self.tokens.next()? {
                Token::Text(text) if find(text.as_bytes(), b"]]>").is_some() => {
                    return Err(self.malformed());
                }
                Token::Text(text) | Token::CData(text) => append(&mut value, text),
                Token::Reference(reference) => value.to_mut().push(self.resolve(reference)?),
                Token::End(end) if end == name => return Ok(value),
                Token::Start(tag) => {
                    return Err(XmlError::Nested { name: clip(tag.name), at: self.tokens.at() });
                }
                other => return Err(self.unexpected(other)),
            }
        }
    }

    /// Nothing but white space may follow the root.
    fn end(&mut self) -> Result<(), XmlError> {
        loop {
            match self.tokens.next()? {
                Token::Eof => return Ok(()),
                Token::Text(text) if is_blank(text) => {}
                other => return Err(self.unexpected(other)),
            }
        }
    }

    fn check_start(&self, tag: Tag<'_>) -> Result<(), XmlError> {
        if tag.has_attribute {
            return Err(XmlError::NotAllowed { what: "an attribute", at: self.tokens.at() });
        }
        check_name(tag.name)
    }

    /// `version="1.0" encoding="UTF-8"` and the like: whatever is said of the encoding, it must be UTF-8.
    fn check_declaration(&self, content: &str) -> Result<(), XmlError> {
        let mut rest = content.trim_ascii();
        while !rest.is_empty() {
            let (name, value, behind) = attribute(rest).ok_or_else(|| self.malformed())?;
            if name == "encoding" && !value.eq_ignore_ascii_case("utf-8") {
                let what = "an encoding other than UTF-8";
                return Err(XmlError::NotAllowed { what, at: 0 });
            }
            rest = behind;
        }
        Ok(())
    }

    fn resolve(&self, reference: &str) -> Result<char, XmlError> {
        let at = self.tokens.at();
        if let Some(number) = reference.strip_prefix('#') {
            let character = numbered(number).filter(|c| is_xml_char(*c));
            return character.ok_or(XmlError::BadCharacter { at });
        }
        match reference {
            "amp" => Ok('&'),
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "quot" => Ok('"'),
            "apos" => Ok('\''),
            _ => Err(XmlError::UnknownEntity { at }),
        }
    }

    fn unexpected(&self, token: Token<'_>) -> XmlError {
        let at = self.tokens.at();
        match token {
            Token::NotAllowed(what) => XmlError::NotAllowed { what, at },
            Token::Declaration(_) => {
                XmlError::NotAllowed { what: "an XML declaration in the middle", at }
            }
            Token::Text(_) | Token::CData(_) | Token::Reference(_) => XmlError::StrayText { at },
            Token::Start(_) | Token::End(_) | Token::Eof => XmlError::Malformed { at },
        }
    }

    fn malformed(&self) -> XmlError {
        XmlError::Malformed { at: self.tokens.at() }
    }
}

/// `name="value"`, and what stands behind it.
fn attribute(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('=')?;
    let rest = rest.trim_ascii_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (value, behind) = rest.strip_prefix(quote)?.split_once(quote)?;
    Some((name.trim_ascii_end(), value, behind.trim_ascii_start()))
}

/// The character of `65` or `x41`.
fn numbered(number: &str) -> Option<char> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // A sign would be taken, too.
    let first = digits.chars().next()?;
    let code = u32::from_str_radix(digits, radix).ok().filter(|_| first.is_digit(radix))?;
    char::from_u32(code)
}

fn add(params: &mut Params, name: &str, value: &str) -> Result<(), XmlError> {
    if params.len() == MAX_FIELDS {
        return Err(XmlError::TooManyFields);
    }
    params.insert(name, value).map_err(|error| match error {
        ParamsError::DuplicateName(name) => XmlError::Duplicate { name },
        ParamsError::EmptyName => XmlError::BadName { name: String::new() },
        ParamsError::TooLarge => XmlError::TooLarge,
    })
}

fn append<'a>(value: &mut Cow<'a, str>, part: &'a str) {
    if value.is_empty() {
        *value = Cow::Borrowed(part);
    } else {
        value.to_mut().push_str(part);
    }
}
