//! Why a text is not one of WeChat's messages.

use alloc::string::String;
use core::fmt;

use super::{MAX_BYTES, MAX_FIELDS};

/// Why a text is not one of WeChat's messages, and where (`at`: byte offset).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum XmlError {
    /// Nothing but white space.
    Empty,
    /// Above [`MAX_BYTES`](super::MAX_BYTES).
    TooLarge,
    /// Above [`MAX_FIELDS`](super::MAX_FIELDS).
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
