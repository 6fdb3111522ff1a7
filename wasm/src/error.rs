//! Errors on their way to JavaScript.

use wxpay_core::UnknownSignTypeError;
#[cfg(feature = "calls")]
use wxpay_core::{
    ApiKeyError, Params, ParamsError, VerifyError, refund_notice::RefundNoticeError, xml::XmlError,
};

/// A stable code, the field it is about (may be empty), and a sentence. Holds neither a key nor a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The stable code.
    pub code: &'static str,
    /// The field or argument, by the name it has in JavaScript.
    pub field: String,
    /// One sentence.
    pub message: String,
}

impl CallError {
    pub(crate) fn of(code: &'static str, field: &str, message: &str) -> Self {
        Self { code, field: field.into(), message: message.into() }
    }

    /// As JavaScript gets it: `code\0field\0message`.
    pub(crate) fn text(&self) -> String {
        [self.code, &self.field, &self.message].join("\0")
    }
}

#[cfg(feature = "calls")]
impl From<ParamsError> for CallError {
    fn from(error: ParamsError) -> Self {
        let field = match &error {
            ParamsError::DuplicateName(name) => name,
            ParamsError::EmptyName | ParamsError::TooLarge => "",
        };
        Self::of(error.code(), field, &error.to_string())
    }
}

#[cfg(feature = "calls")]
impl From<ApiKeyError> for CallError {
    fn from(error: ApiKeyError) -> Self {
        Self::of(error.code(), "key", &format!("key: {error}"))
    }
}

impl From<UnknownSignTypeError> for CallError {
    fn from(error: UnknownSignTypeError) -> Self {
        Self::of(error.code(), "signType", "signType: expected \"MD5\" or \"HMAC-SHA256\"")
    }
}

#[cfg(feature = "calls")]
impl From<XmlError> for CallError {
    fn from(error: XmlError) -> Self {
        let field = match &error {
            XmlError::Duplicate { name }
            | XmlError::BadName { name }
            | XmlError::Nested { name, .. } => name,
            XmlError::Empty
            | XmlError::TooLarge
            | XmlError::TooManyFields
            | XmlError::NotUtf8 { .. }
            | XmlError::BadCharacter { .. }
            | XmlError::NotAllowed { .. }
            | XmlError::UnknownEntity { .. }
            | XmlError::WrongRoot { .. }
            | XmlError::StrayText { .. }
            | XmlError::Malformed { .. } => "",
        };
        Self::of(error.code(), field, &error.to_string())
    }
}

#[cfg(feature = "calls")]
impl From<VerifyError> for CallError {
    fn from(error: VerifyError) -> Self {
        let field = match error {
            VerifyError::SignTypeDiffers => "sign_type",
            VerifyError::SignMissing
            | VerifyError::SignMalformed { .. }
            | VerifyError::Mismatch => "sign",
        };
        Self::of(error.code(), field, &error.to_string())
    }
}

#[cfg(feature = "calls")]
impl From<RefundNoticeError> for CallError {
    fn from(error: RefundNoticeError) -> Self {
        Self::of(error.code(), "reqInfo", &error.to_string())
    }
}

#[cfg(feature = "calls")]
/// The writer says which character of a value; this says of which field.
pub(crate) fn in_field(error: XmlError, params: &Params) -> CallError {
    let XmlError::BadCharacter { at } = error else { return error.into() };
    let is_it = |value: &str| {
        let c = value.get(at..).and_then(|rest| rest.chars().next());
        c.is_some_and(|c| matches!(c, '\0'..'\t' | '\u{b}' | '\u{c}' | '\u{e}'..' ' | '\u{fffe}' | '\u{ffff}'))
    };
    let name = params.iter().find(|(_, value)| is_it(value)).map_or("", |(name, _)| name);
    CallError::of(
        error.code(),
        name,
        &format!("{name}: a character XML does not allow at byte {at}"),
    )
}
