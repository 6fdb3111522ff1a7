//! The debugger's brain: says why a signature is wrong, and proves it.
//!
//! [`read`](fn@read) takes a message in whatever form a developer has it. [`explain`] computes the right signature, and
//! where the given one differs tries every known mistake ([`CATALOGUE`]), alone and in pairs, until recomputing gives
//! the given signature byte for byte. A cause is called proved only then.
//!
//! No clock, no I/O, no randomness; the key is read, never repeated.

mod advice;
mod case;
mod catalogue;
mod charset;
mod compare;
mod damage;
mod encode;
mod evaluate;
mod fixes;
mod form;
#[cfg(feature = "serde")]
mod json;
mod lints;
mod message;
mod normal;
mod outline;
mod plan;
mod read;
#[cfg(feature = "refund-notice")]
mod refund;
mod report;
mod search;
mod seek;
mod transforms;
mod words;

use core::fmt;

use crate::{ApiKey, SignType};

pub use catalogue::{CATALOGUE, Fix, Row, row};
pub use charset::Gbk;
pub use read::{
    Confidence, Format, Kind, MAX_BYTES, MAX_FIELDS, Note, NoteKind, ReadError, ReadField, Reading,
    Wrapping, read,
};
pub use report::{
    Cause, Field, Lint, Part, Report, Right, Scene, Stopped, Tried, Verdict, Weight, Why,
};

/// What a key is, which decides what it proves when it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// The API key that should be used.
    Main,
    /// An API key from before a reset.
    Old,
    /// The API key of another merchant.
    OtherMerchant,
    /// The API key of a sub-merchant.
    SubMerchant,
    /// The AppSecret.
    AppSecret,
    /// The APIv3 key.
    ApiV3,
    /// The sandbox key, or the production key when the sandbox is used.
    Sandbox,
    /// A password of the merchant platform.
    Password,
}

/// A key and what it is called. The first one given is the main key.
#[derive(Clone, Copy)]
pub struct NamedKey<'a> {
    /// What it is.
    pub kind: KeyKind,
    /// What the person calls it; appears in the report.
    pub label: &'a str,
    /// The key's bytes, exactly as they are used; appear nowhere.
    pub bytes: &'a [u8],
}

impl<'a> NamedKey<'a> {
    /// The main key.
    pub const fn main(key: &'a str) -> Self {
        Self { kind: KeyKind::Main, label: "API key", bytes: key.as_bytes() }
    }

    /// A checked key, which stays as closed as it is.
    pub fn checked(kind: KeyKind, label: &'a str, key: &'a ApiKey) -> Self {
        Self { kind, label, bytes: key.as_bytes() }
    }
}

impl fmt::Debug for NamedKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NamedKey({:?}, {:?}, ***)", self.kind, self.label)
    }
}

/// What is known besides the message. All of it may be left out.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    /// The keys; the first is the one that should fit, the others are tried.
    pub keys: &'a [NamedKey<'a>],
    /// The algorithm of the exchange; a `sign_type` in the message counts more.
    pub sign_type: Option<SignType>,
    /// What kind of message it is; guessed from its fields otherwise.
    pub scene: Option<Scene>,
    /// The signature in question if it is not in the message, or not the one in the message.
    pub sign: Option<&'a str>,
    /// The appid for a second signature: the client is not given it.
    pub appid: Option<&'a str>,
    /// The form of the text; guessed otherwise.
    pub format: Option<Format>,
    /// A second text to compare with: the body that was sent, or the reply that brought the prepay_id.
    pub other: Option<&'a str>,
    /// The address the message was sent to.
    pub url: Option<&'a str>,
    /// Gives a character's GBK bytes; without it GBK is not tried.
    pub gbk: Option<Gbk<'a>>,
    /// The largest text in bytes; 0 for [`MAX_BYTES`], which is never exceeded.
    pub max_bytes: usize,
    /// The most signatures to compute; 0 for the default of 30,000.
    pub max_tries: usize,
}

impl fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("keys", &self.keys)
            .field("sign_type", &self.sign_type)
            .field("scene", &self.scene)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

/// Explains a message and its signature.
///
/// ```
/// use wxpay_core::explain::{NamedKey, Options, Verdict, explain};
/// let keys = [NamedKey::main("192006250b4c09247ec02edce69f6a2d")];
/// // Upper-case MD5 over a text that ends in the key, but without `&key=`.
/// let message = "appid=wxd930ea5d5a258f4f&body=test&mch_id=10000100&sign=71BF8474B829B065C48463AAFC4A85DF";
/// let report = explain(message, &Options { keys: &keys, ..Options::default() });
/// assert_eq!(report.verdict, Verdict::Mismatch);
/// assert_eq!(report.causes[0].code(), "key_without_name");
/// ```
pub fn explain(input: &str, options: &Options<'_>) -> Report {
    evaluate::explain(input, options)
}
