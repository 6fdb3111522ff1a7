//! What the reader had to get over.

use super::Look;
use crate::explain::read::{Format, NoteKind, Wrapping};
use crate::explain::report::{Scene, Weight, Why};
use crate::explain::seek::contains;

pub(super) fn look(look: &mut Look<'_>) {
    let (reading, check) = (look.reading, look.check);
    let xml = reading.format == Format::Xml;
    for note in &reading.notes {
        let (id, weight, detail) = match note.kind {
            NoteKind::KeyTail => ("P2", Weight::Warning, "key=******"),
            NoteKind::Root => ("E12", Weight::Error, "root is not <xml>"),
            NoteKind::Tags => ("P1", Weight::Error, "tags do not match"),
            NoteKind::BareAmpersand => ("P1", Weight::Error, "bare & or unknown entity"),
            NoteKind::Doctype => ("P1", Weight::Error, "DOCTYPE or processing instruction"),
            NoteKind::Declaration => ("P1", Weight::Error, "XML declaration in the middle"),
            NoteKind::Unclosed => ("P1", Weight::Error, "the end is missing"),
            NoteKind::Nested if xml => ("P1", Weight::Error, "an element inside a field"),
            NoteKind::Stray if xml => ("P1", Weight::Error, "text outside the fields"),
            NoteKind::Comment => ("P1", Weight::Warning, "a comment"),
            NoteKind::NotText => ("P3", Weight::Info, "only the running program knows it"),
            NoteKind::EntityDamage => ("C4", Weight::Error, "a symbol where &name belongs"),
            NoteKind::AmpEscaped => ("C5", Weight::Warning, "&amp; as a separator"),
            NoteKind::LineBreaks => ("B13", Weight::Warning, "line breaks between the pairs"),
            NoteKind::Bom => ("C12", Weight::Warning, "U+FEFF at the start"),
            NoteKind::TextAround | NoteKind::Nested | NoteKind::Stray => continue,
        };
        look.add(id, weight, None, detail, Some(&note.span));
    }
    if reading.wrapping == Some(Wrapping::Backslashes) && check.message.scene.is_received() {
        look.add("H9", Weight::Info, None, "backslash escapes around the message", None);
    }
    if reading.wrapping == Some(Wrapping::Curl) && !xml && check.message.scene == Scene::Request {
        look.add("G5", Weight::Error, None, "the body is not XML", None);
    }
    for (field, (why, _)) in reading.fields.iter().zip(&check.message.states) {
        match why {
            Why::Duplicate => look.add(
                "B18",
                Weight::Error,
                Some(&field.name),
                &field.name,
                Some(&field.name_span),
            ),
            Why::IsKey => look.add(
                "P2",
                Weight::Error,
                Some(&field.name),
                "the API key is sent",
                Some(&field.name_span),
            ),
            Why::Signed | Why::Empty | Why::IsSign | Why::NotInSet | Why::Added => {}
        }
        if contains(&field.name, "[") {
            look.add(
                "B19",
                Weight::Warning,
                Some(&field.name),
                &field.name,
                Some(&field.name_span),
            );
        }
    }
}
