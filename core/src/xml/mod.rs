//! The strict reader and writer of WeChat's flat `<xml>` messages (APIv2 XML format).
//!
//! One root, flat children with unique names, text and CDATA joined, the five entities and numeric references, nothing
//! but white space around. No DTD, no comment, no processing instruction, no attribute, no nesting. Text is never
//! trimmed and line ends are kept as sent, because the signature covers exactly that text.

mod chars;
mod error;
mod read;
mod tokens;
mod write;

pub use error::XmlError;
pub use read::{from_xml, from_xml_with_root};
pub use write::to_xml;

/// The largest message, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;
/// The most fields in one message.
pub const MAX_FIELDS: usize = 512;
/// The longest field name, in bytes.
pub const MAX_NAME_BYTES: usize = 64;
