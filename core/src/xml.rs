//! The strict reader and writer of WeChat's flat `<xml>` messages (APIv2 XML format).
//!
//! quick-xml splits the bytes into events; what may follow what is decided here: one root, flat children with unique
//! names, text and CDATA joined, the five entities and numeric references, nothing but white space around. No DTD, no
//! comment, no processing instruction, no attribute, no nesting. Text is never trimmed and line ends are kept as sent,
//! because the signature covers exactly that text.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use quick_xml::Reader;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};

use crate::{Params, ParamsError};

/// The largest message, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;
/// The most fields in one message.
pub const MAX_FIELDS: usize = 512;
/// The longest field name, in bytes.
pub const MAX_NAME_BYTES: usize = 64;

/// Why a text is not one of WeChat's messages, and where (`at`: byte offset).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum XmlError {
    /// Nothing but white space.
    Empty,
    /// Above [`MAX_BYTES`].
    TooLarge,
    /// Above [`MAX_FIELDS`].
    TooManyFields,
    /// Not UTF-8.
    NotUtf8 {
        /// Offset of the first bad byte.
        at: usize,
    },
    /// A character that XML does not allow, such as NUL, written raw or as a reference.
    BadCharacter {
        /// Offset of the character, or just behind the reference.
        at: usize,
    },
    /// DOCTYPE, comment, processing instruction or attribute: WeChat sends none, so none is read.
    NotAllowed {
        /// What was found.
        what: &'static str,
        /// Offset just behind it.
        at: usize,
    },
    /// An `&name;` other than the five of XML.
    UnknownEntity {
        /// Offset just behind it.
        at: usize,
    },
    /// The outermost element has another name.
    WrongRoot {
        /// Its name.
        found: String,
    },
    /// An element inside a field.
    Nested {
        /// The inner element.
        name: String,
        /// Offset just behind its start tag.
        at: usize,
    },
    /// A field appears twice.
    Duplicate {
        /// Its name.
        name: String,
    },
    /// A field name that is not `[A-Za-z_][A-Za-z0-9_]*` of at most 64 bytes.
    BadName {
        /// The name, cut to 64 characters.
        name: String,
    },
    /// Text beside the elements, before or after the root.
    StrayText {
        /// Offset just behind it.
        at: usize,
    },
    /// Tags that do not match, an element that is never closed, a second root.
    Malformed {
        /// Offset where reading stopped.
        at: usize,
    },
}

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
    if let Some(at) = text.char_indices().find(|(_, c)| !is_xml_char(*c)).map(|(at, _)| at) {
        return Err(XmlError::BadCharacter { at });
    }
    // quick-xml skips one BOM, but does not count it.
    let bom = if text.starts_with(BOM) { BOM.len_utf8() } else { 0 };
    FlatReader { reader: Reader::from_str(text), bom }.read(root)
}

/// Writes a message with root `<xml>`: digits bare, everything else in CDATA, as WeChat does.
///
/// Reading it back gives the same parameters, whatever the values hold.
///
/// # Errors
/// [`XmlError::BadName`] for a name no message can carry, [`XmlError::BadCharacter`] for a value with a character
/// that XML does not allow.
pub fn to_xml(params: &Params) -> Result<String, XmlError> {
    let size = params.iter().map(|(name, value)| 2 * name.len() + value.len() + 17).sum::<usize>();
    let mut xml = String::with_capacity(size + 11);
    xml.push_str("<xml>");
    for (name, value) in params.iter() {
        check_name(name)?;
        if let Some((at, _)) = value.char_indices().find(|(_, c)| !is_xml_char(*c)) {
            return Err(XmlError::BadCharacter { at });
        }
        xml.extend(["<", name, ">"]);
        push_value(&mut xml, value);
        xml.extend(["</", name, ">"]);
    }
    xml.push_str("</xml>");
    Ok(xml)
}

fn push_value(xml: &mut String, value: &str) {
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        xml.push_str(value);
    } else if value.contains('\r') || value.contains("]]>") {
        // CDATA can hold neither; parsers also turn a raw CR LF into LF.
        for c in value.chars() {
            match c {
                '&' => xml.push_str("&amp;"),
                '<' => xml.push_str("&lt;"),
                '>' => xml.push_str("&gt;"),
                '\r' => xml.push_str("&#13;"),
                c => xml.push(c),
            }
        }
    } else {
        xml.extend(["<![CDATA[", value, "]]>"]);
    }
}

const BOM: char = '\u{feff}';

struct FlatReader<'a> {
    reader: Reader<&'a [u8]>,
    /// Bytes in front of what the reader counts.
    bom: usize,
}

impl<'a> FlatReader<'a> {
    fn read(mut self, root: &str) -> Result<Params, XmlError> {
        let mut params = Params::with_capacity(24, 1024);
        if let Opened::WithFields = self.open_root(root)? {
            while let Some(start) = self.next_field(&mut params)? {
                let value = self.value()?;
                add(&mut params, start.name().into_inner(), &value)?;
            }
        }
        self.end()?;
        Ok(params)
    }

    /// Reads up to and including the root's start tag.
    fn open_root(&mut self, root: &str) -> Result<Opened, XmlError> {
        let mut declared = false;
        let (start, opened) = loop {
            match self.event()? {
                Event::Decl(decl) if !declared => {
                    self.check_declaration(&decl)?;
                    declared = true;
                }
                Event::Text(text) if is_blank(&text) => {}
                Event::Start(start) => break (start, Opened::WithFields),
                Event::Empty(start) => break (start, Opened::AndClosed),
                Event::Eof => return Err(XmlError::Empty),
                other => return Err(self.unexpected(&other)),
            }
        };
        self.check_start(&start)?;
        match start.name().into_inner() {
            name if name == root => Ok(opened),
            name => Err(XmlError::WrongRoot { found: clip(name) }),
        }
    }

    /// The next field's start tag, or `None` at the root's end tag. `<name/>` fields are added here.
    fn next_field(&mut self, params: &mut Params) -> Result<Option<BytesStart<'a>>, XmlError> {
        loop {
            match self.event()? {
                Event::Start(start) => {
                    self.check_start(&start)?;
                    return Ok(Some(start));
                }
                Event::Empty(start) => {
                    self.check_start(&start)?;
                    add(params, start.name().into_inner(), "")?;
                }
                Event::End(_) => return Ok(None),
                Event::Text(text) if is_blank(&text) => {}
                other => return Err(self.unexpected(&other)),
            }
        }
    }

    /// Joins text, CDATA and references up to the field's end tag.
    fn value(&mut self) -> Result<Cow<'a, str>, XmlError> {
        let mut value = Cow::Borrowed("");
        loop {
            match self.event()? {
                Event::Text(text) => {
                    if text.contains("]]>") {
                        return Err(XmlError::Malformed { at: self.at() });
                    }
                    append(&mut value, text.into_inner());
                }
                Event::CData(data) => append(&mut value, data.into_inner()),
                Event::GeneralRef(reference) => value.to_mut().push(self.resolve(&reference)?),
                Event::End(_) => return Ok(value),
                Event::Start(start) | Event::Empty(start) => {
                    let name = clip(start.name().into_inner());
                    return Err(XmlError::Nested { name, at: self.at() });
                }
                other => return Err(self.unexpected(&other)),
            }
        }
    }

    /// Nothing but white space may follow the root.
    fn end(&mut self) -> Result<(), XmlError> {
        loop {
            match self.event()? {
                Event::Eof => return Ok(()),
                Event::Text(text) if is_blank(&text) => {}
                other => return Err(self.unexpected(&other)),
            }
        }
    }

    fn event(&mut self) -> Result<Event<'a>, XmlError> {
        self.reader.read_event().map_err(|_| XmlError::Malformed { at: self.at() })
    }

    fn at(&self) -> usize {
        let read = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        self.bom.saturating_add(read)
    }

    fn check_start(&self, start: &BytesStart<'a>) -> Result<(), XmlError> {
        if start.attributes_raw().contains(|c: char| !c.is_ascii_whitespace()) {
            return Err(XmlError::NotAllowed { what: "an attribute", at: self.at() });
        }
        check_name(start.name().into_inner())
    }

    fn check_declaration(&self, declaration: &BytesDecl<'a>) -> Result<(), XmlError> {
        match declaration.encoding() {
            None => Ok(()),
            Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") => Ok(()),
            Some(_) => Err(XmlError::NotAllowed { what: "an encoding other than UTF-8", at: 0 }),
        }
    }

    fn resolve(&self, reference: &BytesRef<'a>) -> Result<char, XmlError> {
        let at = self.at();
        match reference.resolve_char_ref() {
            Ok(Some(c)) if is_xml_char(c) => return Ok(c),
            Ok(Some(_)) | Err(_) => return Err(XmlError::BadCharacter { at }),
            Ok(None) => {}
        }
        match &**reference {
            "amp" => Ok('&'),
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "quot" => Ok('"'),
            "apos" => Ok('\''),
            _ => Err(XmlError::UnknownEntity { at }),
        }
    }

    fn unexpected(&self, event: &Event<'_>) -> XmlError {
        let at = self.at();
        let not_allowed = |what| XmlError::NotAllowed { what, at };
        match event {
            Event::DocType(_) => not_allowed("a DOCTYPE"),
            Event::Comment(_) => not_allowed("a comment"),
            Event::PI(_) => not_allowed("a processing instruction"),
            Event::Decl(_) => not_allowed("an XML declaration in the middle"),
            Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => XmlError::StrayText { at },
            Event::Start(_) | Event::End(_) | Event::Empty(_) | Event::Eof => {
                XmlError::Malformed { at }
            }
        }
    }
}

enum Opened {
    WithFields,
    AndClosed,
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

fn append<'a>(value: &mut Cow<'a, str>, part: Cow<'a, str>) {
    if value.is_empty() {
        *value = part;
    } else {
        value.to_mut().push_str(&part);
    }
}

fn check_name(name: &str) -> Result<(), XmlError> {
    let fits = name.len() <= MAX_NAME_BYTES
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if fits { Ok(()) } else { Err(XmlError::BadName { name: clip(name) }) }
}

fn clip(name: &str) -> String {
    name.chars().take(MAX_NAME_BYTES).collect()
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}

/// The characters of XML 1.0.
fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

impl fmt::Display for XmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("expected <xml>, found nothing"),
            Self::TooLarge => write!(f, "the message exceeds {MAX_BYTES} bytes"),
            Self::TooManyFields => write!(f, "the message exceeds {MAX_FIELDS} fields"),
            Self::NotUtf8 { at } => write!(f, "not UTF-8 at byte {at}"),
            Self::BadCharacter { at } => write!(f, "a character XML does not allow at byte {at}"),
            Self::NotAllowed { what, at } => write!(f, "{what} is not allowed, near byte {at}"),
            Self::UnknownEntity { at } => write!(f, "an unknown entity before byte {at}"),
            Self::WrongRoot { found } => write!(f, "expected <xml>, found <{found}>"),
            Self::Nested { name, at } => {
                write!(f, "<{name}> lies inside another field, near byte {at}")
            }
            Self::Duplicate { name } => write!(f, "{name}: appears twice"),
            Self::BadName { name } => write!(f, "\"{name}\" is not a field name"),
            Self::StrayText { at } => write!(f, "text outside the fields, before byte {at}"),
            Self::Malformed { at } => write!(f, "not well-formed XML, near byte {at}"),
        }
    }
}

impl core::error::Error for XmlError {}
