//! What the explanation answers.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::catalogue::{Fix, Row};
use super::read::{Confidence, Format, Kind, ReadError, Wrapping};
use crate::SignType;

/// What kind of message it is; decides which fields are signed under which names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scene {
    /// A request to WeChat.
    Request,
    /// WeChat's reply to a request.
    Reply,
    /// A payment notification.
    Notice,
    /// The second signature for a mini program or JSAPI.
    Invoke,
    /// The second signature for an app.
    App,
    /// A refund notification: encrypted, not signed.
    RefundNotice,
}

impl Scene {
    /// Whether WeChat made the signature.
    pub const fn is_received(self) -> bool {
        match self {
            Self::Reply | Self::Notice | Self::RefundNotice => true,
            Self::Request | Self::Invoke | Self::App => false,
        }
    }
}

/// The answer in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The signature is right. There may be lints all the same: [`Report::has_trouble`].
    Match,
    /// The signature is wrong.
    Mismatch,
    /// There is no signature to check; the right one is in the report.
    Unsigned,
    /// Nothing could be read: [`Report::error`].
    Malformed,
    /// There is no key, so nothing can be checked.
    NoKey,
}

/// Why a field is signed or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// It is signed.
    Signed,
    /// Its value is empty.
    Empty,
    /// It is the signature itself.
    IsSign,
    /// The name appears again later; the last one counts here.
    Duplicate,
    /// This kind of message does not sign it.
    NotInSet,
    /// It was not in the text, but belongs to the signed set.
    Added,
    /// It holds the API key, which must never be sent.
    IsKey,
}

/// One field of the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name as pasted.
    pub name: String,
    /// The name under which it is signed, where that differs.
    pub signed_as: Option<&'static str>,
    /// The decoded value; `******` if it is the API key.
    pub value: String,
    /// What it was in the text.
    pub kind: Kind,
    /// Whether it enters the string to sign.
    pub kept: bool,
    /// Why.
    pub why: Why,
    /// Where the name stands in the pasted text; `None` if it was added.
    pub name_span: Option<Range<usize>>,
    /// Where the value stands in the pasted text.
    pub value_span: Option<Range<usize>>,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// Worth knowing.
    Info,
    /// Often trouble.
    Warning,
    /// WeChat or the client will refuse it.
    Error,
}

/// A finding that needs no computing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lint {
    /// The row of the catalogue.
    pub row: &'static Row,
    /// How much it matters.
    pub weight: Weight,
    /// The field it is about.
    pub field: Option<String>,
    /// What was found, in code-like words that need no translation.
    pub detail: String,
    /// Where, in the pasted text.
    pub span: Option<Range<usize>>,
}

/// A mistake that gives exactly the given signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The mistakes that were made together, most often one.
    pub parts: Vec<Part>,
    /// Whether recomputing gave the given signature byte for byte. `false` for a comparison of two inputs.
    pub proved: bool,
    /// The text that was signed, with `******` for the key; empty if nothing was recomputed.
    pub signed_text: String,
}

/// One mistake of a cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The row of the catalogue.
    pub row: &'static Row,
    /// The row for the same mistake seen from the other side, such as `B5` beside `H2`.
    pub also: Option<&'static str>,
    /// What exactly was done, in code-like words that need no translation. Never holds the key.
    pub detail: String,
}

impl Cause {
    /// The rows' numbers, joined by `+`.
    pub fn id(&self) -> String {
        self.join(|row| row.id)
    }

    /// The rows' stable names, joined by `+`.
    pub fn code(&self) -> String {
        self.join(|row| row.code)
    }

    /// One sentence of evidence in English.
    pub fn evidence_en(&self) -> String {
        self.evidence(
            "Recomputed with this mistake, it equals the given signature byte for byte: ",
            "Compared: ",
        )
    }

    /// One sentence of evidence in Chinese.
    pub fn evidence_zh(&self) -> String {
        self.evidence("按此错误重算,结果与所给签名逐字节相同:", "比较可知:")
    }

    /// How to do it right, once per kind of fix.
    pub fn fixes(&self) -> Vec<&'static Fix> {
        let mut fixes: Vec<&'static Fix> = Vec::new();
        for fix in self.parts.iter().filter_map(|part| part.row.fix) {
            if !fixes.iter().any(|known| core::ptr::eq(*known, fix)) {
                fixes.push(fix);
            }
        }
        fixes
    }

    fn join(&self, word: fn(&Row) -> &'static str) -> String {
        let mut text = String::new();
        for part in &self.parts {
            if !text.is_empty() {
                text.push('+');
            }
            text.push_str(word(part.row));
        }
        text
    }

    fn evidence(&self, proved: &str, compared: &str) -> String {
        let mut text = String::from(if self.proved { proved } else { compared });
        for (index, part) in self.parts.iter().enumerate() {
            text.push_str(if index > 0 { " + " } else { "" });
            text.push_str(&part.detail);
        }
        text
    }
}

/// Why the search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stopped {
    /// There was nothing to search for.
    NotNeeded,
    /// A mistake was proved.
    Proved,
    /// Everything was tried.
    Exhausted,
    /// The limit of tries or of hashed bytes was reached.
    Limit,
    /// What is given as the signature cannot come from any known algorithm.
    NoSuchSignature,
}

/// How much was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried {
    /// Single mistakes.
    pub singles: usize,
    /// Pairs of mistakes.
    pub pairs: usize,
    /// Why it ended.
    pub stopped: Stopped,
}

/// Both right signatures. Only whoever gave the key gets them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// With MD5.
    pub md5: String,
    /// With HMAC-SHA256.
    pub hmac_sha256: String,
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The answer in one word.
    pub verdict: Verdict,
    /// Why nothing could be read.
    pub error: Option<ReadError>,
    /// The form of the text.
    pub format: Option<Format>,
    /// How sure that is.
    pub confidence: Confidence,
    /// Another form it could be; ask again with it.
    pub other_format: Option<Format>,
    /// What was taken off around the message.
    pub wrapping: Option<Wrapping>,
    /// The kind of message.
    pub scene: Scene,
    /// The algorithm that applies.
    pub sign_type: SignType,
    /// The signature that was checked.
    pub given: Option<String>,
    /// Whether the message's own signature is right although another one was given apart.
    pub own_sign_right: bool,
    /// The right string to sign, with `******` for the key.
    pub string_to_sign: String,
    /// Both right signatures, if there is a key.
    pub right: Option<Right>,
    /// The fields in the order of the text.
    pub fields: Vec<Field>,
    /// Findings that need no computing, the weightiest first.
    pub lints: Vec<Lint>,
    /// What explains the difference: the first is the simplest, the others give the same bytes.
    pub causes: Vec<Cause>,
    /// How much was tried.
    pub tried: Tried,
    /// What cannot be proved here, most likely first; empty once a cause is proved.
    pub advice: Vec<&'static Row>,
    /// The content of a refund notification that could be decrypted.
    pub decrypted: Option<String>,
}

impl Report {
    /// Whether there is a finding that WeChat or the client will refuse, even if the signature is right.
    pub fn has_trouble(&self) -> bool {
        self.lints.iter().any(|lint| lint.weight == Weight::Error)
    }
}
