//! A report as data: `wxpay explain --json` and the npm package show this one shape.
//!
//! Spans are `[start, end]` in whatever unit the report has them; [`Report`] itself counts bytes of UTF-8.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

use serde::{Serialize, Serializer};

use super::catalogue::{Fix, Row};
use super::read::{Confidence, Format, Kind, ReadError, Wrapping};
use super::report::{
    Cause, Field, Lint, Part, Report, Right, Scene, Stopped, Tried, Verdict, Weight, Why,
};
use crate::SignType;

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        ReportView {
            verdict: self.verdict,
            error: self.error.as_ref().map(ErrorView::of),
            format: self.format,
            confidence: self.confidence,
            other_format: self.other_format,
            wrapping: self.wrapping,
            scene: self.scene,
            sign_type: self.sign_type,
            given: self.given.as_deref(),
            own_sign_right: self.own_sign_right,
            string_to_sign: &self.string_to_sign,
            signatures: self.right.as_ref().map(SignaturesView::of),
            fields: self.fields.iter().map(FieldView::of).collect(),
            lints: self.lints.iter().map(LintView::of).collect(),
            causes: self.causes.iter().map(CauseView::of).collect(),
            advice: self.advice.iter().map(|row| RowView::of(row)).collect(),
            tried: TriedView::of(self.tried),
            decrypted: self.decrypted.as_deref(),
        }
        .serialize(to)
    }
}

#[derive(Serialize)]
struct ReportView<'a> {
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorView>,
    format: Option<Format>,
    confidence: Confidence,
    #[serde(skip_serializing_if = "Option::is_none")]
    other_format: Option<Format>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wrapping: Option<Wrapping>,
    scene: Scene,
    sign_type: SignType,
    #[serde(skip_serializing_if = "Option::is_none")]
    given: Option<&'a str>,
    own_sign_right: bool,
    string_to_sign: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signatures: Option<SignaturesView<'a>>,
    fields: Vec<FieldView<'a>>,
    lints: Vec<LintView<'a>>,
    causes: Vec<CauseView<'a>>,
    advice: Vec<RowView>,
    tried: TriedView,
    #[serde(skip_serializing_if = "Option::is_none")]
    decrypted: Option<&'a str>,
}

#[derive(Serialize)]
struct ErrorView {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Format>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<usize>,
}

impl ErrorView {
    fn of(error: &ReadError) -> Self {
        let (format, at) = match error {
            ReadError::NoFields { format, at } => (Some(*format), Some(*at)),
            ReadError::Empty
            | ReadError::TooLarge { .. }
            | ReadError::TooManyFields
            | ReadError::Unknown => (None, None),
        };
        Self { code: error.code(), message: error.to_string(), format, at }
    }
}

#[derive(Serialize)]
struct SignaturesView<'a> {
    md5: &'a str,
    hmac_sha256: &'a str,
}

impl<'a> SignaturesView<'a> {
    fn of(right: &'a Right) -> Self {
        Self { md5: &right.md5, hmac_sha256: &right.hmac_sha256 }
    }
}

#[derive(Serialize)]
struct FieldView<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_as: Option<&'static str>,
    value: &'a str,
    kind: Kind,
    kept: bool,
    why: Why,
    name_span: Option<[usize; 2]>,
    value_span: Option<[usize; 2]>,
}

impl<'a> FieldView<'a> {
    fn of(field: &'a Field) -> Self {
        Self {
            name: &field.name,
            signed_as: field.signed_as,
            value: &field.value,
            kind: field.kind,
            kept: field.kept,
            why: field.why,
            name_span: field.name_span.as_ref().map(span),
            value_span: field.value_span.as_ref().map(span),
        }
    }
}

#[derive(Serialize)]
struct LintView<'a> {
    id: &'static str,
    code: &'static str,
    title: Both<&'static str>,
    advice: Both<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixes: Option<FixesView>,
    weight: Weight,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    detail: &'a str,
    span: Option<[usize; 2]>,
}

#[derive(Serialize)]
struct CauseView<'a> {
    id: String,
    code: String,
    proved: bool,
    title: Both<String>,
    evidence: Both<String>,
    advice: Both<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixes: Option<FixesView>,
    #[serde(skip_serializing_if = "str::is_empty")]
    signed_text: &'a str,
    parts: Vec<PartView<'a>>,
}

impl<'a> CauseView<'a> {
    fn of(cause: &'a Cause) -> Self {
        let join = |word: fn(&Row) -> &'static str, between| {
            cause.parts.iter().map(|part| word(part.row)).collect::<Vec<_>>().join(between)
        };
        Self {
            id: cause.id(),
            code: cause.code(),
            proved: cause.proved,
            title: Both {
                en: join(|row| row.title_en, " + "),
                zh: join(|row| row.title_zh, " + "),
            },
            evidence: Both { en: cause.evidence_en(), zh: cause.evidence_zh() },
            advice: Both { en: join(|row| row.advice_en, " "), zh: join(|row| row.advice_zh, "") },
            fixes: FixesView::of(&cause.fixes()),
            signed_text: &cause.signed_text,
            parts: cause.parts.iter().map(PartView::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct PartView<'a> {
    id: &'static str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    also: Option<&'static str>,
    detail: &'a str,
}

impl<'a> PartView<'a> {
    fn of(part: &'a Part) -> Self {
        Self { id: part.row.id, code: part.row.code, also: part.also, detail: &part.detail }
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        RowView::of(self).serialize(to)
    }
}

/// A row of the catalogue.
#[derive(Serialize)]
struct RowView {
    id: &'static str,
    code: &'static str,
    title: Both<&'static str>,
    advice: Both<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixes: Option<FixesView>,
}

impl RowView {
    fn of(row: &Row) -> Self {
        Self {
            id: row.id,
            code: row.code,
            title: Both { en: row.title_en, zh: row.title_zh },
            advice: Both { en: row.advice_en, zh: row.advice_zh },
            fixes: FixesView::of(row.fix.as_slice()),
        }
    }
}

impl<'a> LintView<'a> {
    fn of(lint: &'a Lint) -> Self {
        let RowView { id, code, title, advice, fixes } = RowView::of(lint.row);
        Self {
            id,
            code,
            title,
            advice,
            fixes,
            weight: lint.weight,
            field: lint.field.as_deref(),
            detail: &lint.detail,
            span: lint.span.as_ref().map(span),
        }
    }
}

/// A text in both languages.
#[derive(Serialize)]
struct Both<T> {
    en: T,
    zh: T,
}

/// Code by language; several pieces follow each other, a line each.
#[derive(Serialize)]
struct FixesView {
    java: String,
    go: String,
    node: String,
    php: String,
    python: String,
    rust: String,
}

impl FixesView {
    fn of(fixes: &[&'static Fix]) -> Option<Self> {
        let join = |code: fn(&Fix) -> &'static str| {
            fixes.iter().map(|fix| code(fix)).collect::<Vec<_>>().join("\n")
        };
        (!fixes.is_empty()).then(|| Self {
            java: join(|fix| fix.java),
            go: join(|fix| fix.go),
            node: join(|fix| fix.node),
            php: join(|fix| fix.php),
            python: join(|fix| fix.python),
            rust: join(|fix| fix.rust),
        })
    }
}

#[derive(Serialize)]
struct TriedView {
    singles: usize,
    pairs: usize,
    stopped: Stopped,
}

impl TriedView {
    fn of(tried: Tried) -> Self {
        Self { singles: tried.singles, pairs: tried.pairs, stopped: tried.stopped }
    }
}

fn span(range: &Range<usize>) -> [usize; 2] {
    [range.start, range.end]
}
