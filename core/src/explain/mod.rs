//! The debugger's brain: says why a signature is wrong, and proves it.
//!
//! [`read`](fn@read) takes a message in whatever form a developer has it.

mod damage;
mod read;

pub use read::{
    Confidence, Format, Kind, MAX_BYTES, MAX_FIELDS, Note, NoteKind, ReadError, ReadField, Reading,
    Wrapping, read,
};
