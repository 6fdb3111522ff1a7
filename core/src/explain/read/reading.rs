//! What a reader gives.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use zeroize::Zeroizing;

use crate::{Params, ParamsError};

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
    pub(super) key: Option<Zeroizing<String>>,
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
    pub(in crate::explain) fn pasted_key(&self) -> Option<&str> {
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
