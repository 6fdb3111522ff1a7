//! A stable word for every error, the same in the command line, the server, the npm package and their manuals.

#[cfg(feature = "refund-notice")]
use crate::refund_notice::RefundNoticeError;
#[cfg(feature = "xml")]
use crate::xml::XmlError;
use crate::{ApiKeyError, FenError, ParamsError, UnknownSignTypeError, VerifyError};

impl ParamsError {
    /// The stable word for this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::EmptyName => "empty_name",
            Self::DuplicateName(_) => "duplicate_name",
            Self::TooLarge => "too_large",
        }
    }
}

impl ApiKeyError {
    /// The stable word for this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Length { .. } => "key_length",
            Self::WhiteSpace => "key_white_space",
            Self::NotAscii => "key_not_ascii",
        }
    }
}

impl UnknownSignTypeError {
    /// The stable word for this error.
    pub const fn code(&self) -> &'static str {
        "unknown_sign_type"
    }
}

impl VerifyError {
    /// The stable word for this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SignMissing => "sign_missing",
            Self::SignMalformed { .. } => "sign_malformed",
            Self::SignTypeDiffers => "sign_type_differs",
            Self::Mismatch => "sign_mismatch",
        }
    }
}

impl FenError {
    /// The stable word for this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotDecimal => "amount_not_decimal",
            Self::LeadingZero => "amount_leading_zero",
            Self::TooPrecise => "amount_too_precise",
            Self::TooLarge => "amount_too_large",
        }
    }
}

#[cfg(feature = "xml")]
impl XmlError {
    /// The stable word for this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "xml_empty",
            Self::TooLarge => "xml_too_large",
            Self::TooManyFields => "xml_too_many_fields",
            Self::NotUtf8 { .. } => "xml_not_utf8",
            Self::BadCharacter { .. } => "xml_bad_character",
            Self::NotAllowed { .. } => "xml_not_allowed",
            Self::UnknownEntity { .. } => "xml_unknown_entity",
            Self::WrongRoot { .. } => "xml_wrong_root",
            Self::Nested { .. } => "xml_nested",
            Self::Duplicate { .. } => "xml_duplicate",
            Self::BadName { .. } => "xml_bad_name",
            Self::StrayText { .. } => "xml_stray_text",
            Self::Malformed { .. } => "xml_malformed",
        }
    }
}

#[cfg(feature = "refund-notice")]
impl RefundNoticeError {
    /// The stable word for this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotBase64 => "refund_not_base64",
            Self::Length { .. } => "refund_length",
            Self::Padding => "refund_padding",
            Self::NotText => "refund_not_text",
            #[cfg(feature = "xml")]
            Self::NotXml(error) => error.code(),
        }
    }
}

#[cfg(feature = "explain")]
impl crate::explain::ReadError {
    /// The stable word for this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge { .. } => "too_large",
            Self::TooManyFields => "too_many_fields",
            Self::Unknown => "unknown_form",
            Self::NoFields { .. } => "no_fields",
        }
    }
}
