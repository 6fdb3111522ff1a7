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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use core::str::FromStr;

    use crate::{ApiKey, Fen, Params, SignType, verify};

    /// Others program against these words: a change breaks them.
    #[test]
    fn the_words_stay() {
        let pairs = |pairs: &[(&str, &str)]| Params::from_pairs(pairs.iter().copied());
        assert_eq!(pairs(&[("", "1")]).unwrap_err().code(), "empty_name");
        assert_eq!(pairs(&[("a", "1"), ("a", "1")]).unwrap_err().code(), "duplicate_name");
        let long = "x".repeat(Params::MAX_BYTES);
        assert_eq!(pairs(&[("a", &long)]).unwrap_err().code(), "too_large");
        for (key, code) in [
            ("short", "key_length"),
            ("192006250b4c09247ec02edce69f6a2d\n", "key_white_space"),
            ("192006250b4c09247ec02edce69f6a2\u{ff11}", "key_not_ascii"),
        ] {
            assert_eq!(ApiKey::new(key).unwrap_err().code(), code);
        }
        assert_eq!(SignType::from_str("md5").unwrap_err().code(), "unknown_sign_type");
        let key = ApiKey::new("192006250b4c09247ec02edce69f6a2d").unwrap();
        let wrong = "0".repeat(32);
        for (message, code) in [
            (&[("a", "1")][..], "sign_missing"),
            (&[("sign", "0")], "sign_malformed"),
            (&[("sign", &wrong), ("sign_type", "HMAC-SHA256")], "sign_type_differs"),
            (&[("sign", &wrong)], "sign_mismatch"),
        ] {
            let verified = verify(pairs(message).unwrap(), SignType::Md5, &key);
            assert_eq!(verified.unwrap_err().code(), code);
        }
        for (yuan, code) in [
            ("1e2", "amount_not_decimal"),
            ("01", "amount_leading_zero"),
            ("0.001", "amount_too_precise"),
            ("99999999999999999999", "amount_too_large"),
        ] {
            assert_eq!(Fen::from_yuan(yuan).unwrap_err().code(), code, "{yuan}");
        }
    }
}
