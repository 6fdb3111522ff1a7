//! Reads a message in whatever form a developer has it, tolerantly, and remembers where every value came from.
//!
//! Nothing here decides whether a message is valid: that is the strict reader's part (`crate::xml`).

use core::fmt;

mod collect;
mod curl;
mod detect;
mod layer;
mod map;
mod object;
mod pairs;
mod php;
mod reading;
mod scan;
mod xml;

pub(super) use layer::{unescape_backslashes, unescape_html};
pub(super) use pairs::form_decode;
pub use reading::{Confidence, Format, Kind, Note, NoteKind, ReadField, Reading, Wrapping};

use collect::Collect;

/// The largest text that is read, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;
/// The most fields that are read.
pub const MAX_FIELDS: usize = 512;

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

fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c == '\u{feff}')
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
