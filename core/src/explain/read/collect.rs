//! Where the readers put what they find.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use zeroize::Zeroizing;

use super::{Kind, MAX_FIELDS, Note, NoteKind, ReadField};

/// The most notes that are kept.
const MAX_NOTES: usize = 64;

/// What a reader has found so far.
#[derive(Default)]
pub(super) struct Collect {
    pub(super) fields: Vec<ReadField>,
    pub(super) notes: Vec<Note>,
    pub(super) key: Option<Zeroizing<String>>,
    pub(super) overflow: bool,
    pub(super) xml: bool,
    pub(super) has_tail: bool,
}

impl Collect {
    pub(super) fn push(
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

    pub(super) fn note(&mut self, kind: NoteKind, span: Range<usize>) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(Note { kind, span });
        }
    }

    pub(super) fn full(&self) -> bool {
        self.overflow
    }

    /// Takes the API key out of the fields: a last `key=…`, or a field of such a name that holds 32 letters and digits.
    /// In XML a field may really be called `key`.
    pub(super) fn take_key(&mut self) {
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
