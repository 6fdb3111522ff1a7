//! Reads a message in whatever form a developer has it, tolerantly, and remembers where every value came from.
//!
//! Nothing here decides whether a message is valid: that is the strict reader's part (`crate::xml`).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use zeroize::Zeroizing;

use crate::{Params, ParamsError};

mod curl;
mod detect;
mod layer;
mod map;
mod object;
mod pairs;
mod php;
mod scan;
mod xml;

pub(super) use layer::{unescape_backslashes, unescape_html};
pub(super) use pairs::form_decode;

/// The largest text that is read, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;
/// The most fields that are read.
pub const MAX_FIELDS: usize = 512;
const MAX_NOTES: usize = 64;

/// The form a message was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `<xml>…</xml>`, possibly broken.
    Xml,
    /// A JSON object.
    Json,
    /// An object literal of JavaScript, such as the argument of `wx.requestPayment`.
    Object,
    /// What a Java map prints: `{a=b, c=d}`.
    Map,
    /// One `name=value` per line.
    Lines,
    /// `a=1&b=2` with raw values: WeChat's string to sign.
    Query,
    /// `a=1&b=2` with percent-encoded values: a form body or the query of a URL.
    Form,
    /// A dump or an array literal of PHP.
    Php,
}

/// What was around the message and has been taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wrapping {
    /// A curl command.
    Curl,
    /// `&lt;xml&gt;`: escaped for HTML.
    Html,
    /// `\"` or `\u003c`: a text inside JSON, as in a log.
    Backslashes,
}

/// How sure the reader is of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Little speaks for it, but nothing else fits.
    Guess,
    /// Another reading is possible; it is named.
    Likely,
    /// Nothing else is possible, or the caller said so.
    Sure,
}

/// What kind of value a field had in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text.
    Text,
    /// A bare number (JSON, JavaScript, PHP).
    Number,
    /// A bare `true` or `false`.
    Bool,
    /// `null`, `undefined`, `NULL`: read as empty.
    Null,
    /// An object, array or element; its raw text is the value.
    Nested,
}

/// One field as it was read, with byte ranges into the pasted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadField {
    /// The name.
    pub name: String,
    /// The value, decoded: what the signature covers.
    pub value: String,
    /// What it was in the text.
    pub kind: Kind,
    /// Where the name stands.
    pub name_span: Range<usize>,
    /// Where the value stands.
    pub value_span: Range<usize>,
}

/// Something odd that the reader got over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoteKind {
    /// A `&key=…` tail was pasted along.
    KeyTail,
    /// Other text before or after the message.
    TextAround,
    /// The root is not `<xml>`.
    Root,
    /// A comment inside the XML.
    Comment,
    /// A DOCTYPE or processing instruction.
    Doctype,
    /// An XML declaration in the middle.
    Declaration,
    /// Tags that do not match or are never closed.
    Tags,
    /// An element, object or array inside a field.
    Nested,
    /// A bare `&` or an unknown entity in XML.
    BareAmpersand,
    /// Text that belongs to no field.
    Stray,
    /// The end is missing.
    Unclosed,
    /// A value that only the running program knows.
    NotText,
    /// HTML turned `&name` into a symbol.
    EntityDamage,
    /// `&amp;` where a separator belongs.
    AmpEscaped,
    /// Line breaks between the pairs.
    LineBreaks,
    /// A byte order mark at the start.
    Bom,
}

/// Something odd, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it is.
    pub kind: NoteKind,
    /// Where it stands in the pasted text.
    pub span: Range<usize>,
}

/// A message as it was read.
#[derive(Clone, PartialEq, Eq)]
pub struct Reading {
    /// The form it was read as.
    pub format: Format,
    /// How sure that is.
    pub confidence: Confidence,
    /// Another form it could be.
    pub other: Option<Format>,
    /// What was taken off around it.
    pub wrapping: Option<Wrapping>,
    /// The fields in the order of the text, repeated names included. A pasted API key is not among them.
    pub fields: Vec<ReadField>,
    /// What the reader got over.
    pub notes: Vec<Note>,
    key: Option<Zeroizing<String>>,
}

impl Reading {
    /// The fields as a parameter set.
    ///
    /// # Errors
    /// [`ParamsError::DuplicateName`] when a name appears twice.
    pub fn params(&self) -> Result<Params, ParamsError> {
        Params::from_pairs(self.fields.iter().map(|field| (&field.name, &field.value)))
    }

    /// The first field of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.value.as_str())
    }

    /// The key that was pasted along with the message, for trying it; never to be shown.
    pub(super) fn pasted_key(&self) -> Option<&str> {
        self.key.as_ref().map(|key| key.as_str())
    }
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading")
            .field("format", &self.format)
            .field("fields", &self.fields)
            .field("notes", &self.notes)
            .finish_non_exhaustive()
    }
}

/// Why nothing could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// Nothing but white space.
    Empty,
    /// Above the limit, [`MAX_BYTES`] or a lower one.
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Above [`MAX_FIELDS`].
    TooManyFields,
    /// No form fits.
    Unknown,
    /// The form is clear or given, but there is no field in it.
    NoFields {
        /// The form.
        format: Format,
        /// Where reading began.
        at: usize,
    },
}

/// Reads a message; without `format` the form is guessed.
///
/// ```
/// use wxpay_core::explain::{Format, read};
/// let reading = read("{appid=wx0123456789abcdef, attach=, body=tea, two cups}", None)?;
/// assert_eq!(reading.format, Format::Map);
/// assert_eq!(reading.get("body"), Some("tea, two cups"));
/// # Ok::<(), wxpay_core::explain::ReadError>(())
/// ```
///
/// # Errors
/// [`ReadError`] when there is nothing to read in it.
pub fn read(input: &str, format: Option<Format>) -> Result<Reading, ReadError> {
    if input.len() > MAX_BYTES {
        return Err(ReadError::TooLarge { bytes: input.len(), max: MAX_BYTES });
    }
    if is_blank(input) {
        return Err(ReadError::Empty);
    }
    let guess = detect::detect(input, format).ok_or(ReadError::Unknown)?;
    let mut out = Collect::default();
    let text = guess.layer.as_ref().map_or(input, |layer| layer.text.as_str());
    read_as(text, guess.format, guess.start, &mut out);
    if out.overflow {
        return Err(ReadError::TooManyFields);
    }
    if out.fields.is_empty() && out.key.is_none() {
        return Err(ReadError::NoFields { format: guess.format, at: guess.start });
    }
    if let Some(layer) = &guess.layer {
        for field in &mut out.fields {
            field.name_span = layer.origin(&field.name_span);
            field.value_span = layer.origin(&field.value_span);
        }
        for note in &mut out.notes {
            note.span = layer.origin(&note.span);
        }
    }
    if input.starts_with('\u{feff}') {
        out.note(NoteKind::Bom, 0..3);
    }
    Ok(Reading {
        format: guess.format,
        confidence: if format.is_some() { Confidence::Sure } else { guess.confidence },
        other: guess.other,
        wrapping: guess.wrapping,
        fields: out.fields,
        notes: out.notes,
        key: out.key,
    })
}

fn read_as(text: &str, format: Format, start: usize, out: &mut Collect) {
    match format {
        Format::Xml => xml::read(text, out),
        Format::Json | Format::Object => object::read(text, start, out),
        Format::Map => {
            let braced = text.as_bytes().get(start) == Some(&b'{');
            map::read(text, start + usize::from(braced), braced, out);
        }
        Format::Lines => pairs::read_lines(text, out),
        Format::Query => pairs::read_query(text, start, false, out),
        Format::Form => pairs::read_query(text, start, true, out),
        Format::Php => php::read(text, out),
    }
    out.xml = format == Format::Xml;
    out.has_tail = matches!(format, Format::Query | Format::Form | Format::Lines | Format::Map);
    out.take_key();
}

/// What a reader has found so far.
#[derive(Default)]
pub(super) struct Collect {
    fields: Vec<ReadField>,
    notes: Vec<Note>,
    key: Option<Zeroizing<String>>,
    overflow: bool,
    xml: bool,
    has_tail: bool,
}

impl Collect {
    fn push(
        &mut self,
        name: &str,
        value: &str,
        kind: Kind,
        name_span: Range<usize>,
        value_span: Range<usize>,
    ) {
        if self.fields.len() == MAX_FIELDS {
            self.overflow = true;
            return;
        }
        self.fields.push(ReadField {
            name: name.into(),
            value: value.into(),
            kind,
            name_span,
            value_span,
        });
    }

    fn note(&mut self, kind: NoteKind, span: Range<usize>) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(Note { kind, span });
        }
    }

    fn full(&self) -> bool {
        self.overflow
    }

    /// Takes the API key out of the fields: a last `key=…`, or a field of such a name that holds 32 letters and digits.
    /// In XML a field may really be called `key`.
    fn take_key(&mut self) {
        let last = self.fields.len().saturating_sub(1);
        let found = self.fields.iter().enumerate().position(|(at, field)| {
            let named = [
                "key",
                "api_key",
                "apiKey",
                "mchKey",
                "mch_key",
                "partnerKey",
                "partner_key",
                "apiclient_key",
            ]
            .iter()
            .any(|name| field.name.eq_ignore_ascii_case(name))
                || at == last && at > 0 && field.name == "secret";
            let secret = field.value.len() == 32
                && field.value.bytes().all(|byte| byte.is_ascii_alphanumeric());
            named
                && !self.xml
                && (secret || self.has_tail && at == last && field.name.eq_ignore_ascii_case("key"))
        });
        if let Some(at) = found {
            let field = self.fields.remove(at);
            self.note(NoteKind::KeyTail, field.name_span.start..field.value_span.end);
            self.key = Some(Zeroizing::new(field.value));
        }
    }
}

fn is_blank(text: &str) -> bool {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').is_empty()
}

impl Format {
    /// The name of the form, for a person.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Xml => "XML",
            Self::Json => "JSON",
            Self::Object => "JavaScript",
            Self::Map => "Map",
            Self::Lines => "name=value",
            Self::Query => "a=1&b=2",
            Self::Form => "a=1&b=2 (percent-encoded)",
            Self::Php => "PHP",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("nothing to read; paste the message that was signed"),
            Self::TooLarge { bytes, max } => write!(f, "{bytes} bytes; at most {max} are read"),
            Self::TooManyFields => write!(f, "more than {MAX_FIELDS} fields"),
            Self::Unknown => f.write_str(
                "not recognised; expected XML, JSON, a=1&b=2, name=value lines, {a=b, c=d}, a PHP array or a curl command",
            ),
            Self::NoFields { format, at } => {
                write!(f, "read as {format}, but there is no field in it, from byte {at}")
            }
        }
    }
}

impl core::error::Error for ReadError {}
