//! Judging a reply: return_code (did it arrive), sign (is it WeChat), identity (is it ours), result_code (was it done).

use alloc::string::String;
use core::fmt;

use super::err_code::ErrCode;
use super::field::{Field, FieldError, Format};
use super::identity::{Identity, OtherMerchantError};
use crate::{ApiKey, Params, SignType, Verified, VerifyError, verify};

pub(super) const RESULT_CODE: Field =
    Field::required("result_code", Format::OneOf(&["SUCCESS", "FAIL"]));

/// Why a reply is not a plain success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplyError {
    /// `return_code` is not SUCCESS. Such a reply carries no signature: good for diagnosis, proof of nothing.
    NotAccepted {
        /// WeChat's words, at most 128 characters.
        return_msg: String,
    },
    /// The signature is missing or wrong. Nothing in the reply may be used.
    NotVerified(VerifyError),
    /// The reply is genuine, but names another merchant.
    OtherMerchant(OtherMerchantError),
    /// The reply is genuine, and its answer is no.
    Refused {
        /// The code.
        code: ErrCode,
        /// WeChat's words (`err_code_des`), at most 128 characters.
        description: String,
    },
    /// The reply is genuine, but a field is missing or malformed.
    Field(FieldError),
}

/// Judges a reply in WeChat's order and gives back its verified fields when the answer is yes.
///
/// # Errors
/// [`ReplyError`], by which the caller knows whether the outcome is final.
pub fn open(
    reply: Params,
    identity: &Identity,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<Verified, ReplyError> {
    let verified = genuine(reply, identity, sign_type, key)?;
    answer(&verified)?;
    Ok(verified)
}

/// The first half of [`open`]: whether the reply arrived, is WeChat's, and is ours.
pub(super) fn genuine(
    reply: Params,
    identity: &Identity,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<Verified, ReplyError> {
    if reply.get("return_code") != Some("SUCCESS") {
        return Err(ReplyError::NotAccepted { return_msg: clip(reply.get("return_msg")) });
    }
    let verified = verify(reply, sign_type, key).map_err(ReplyError::NotVerified)?;
    identity.check(verified.params()).map_err(ReplyError::OtherMerchant)?;
    Ok(verified)
}

/// The second half: whether the answer is yes.
pub(super) fn answer(verified: &Verified) -> Result<(), ReplyError> {
    let params = verified.params();
    match RESULT_CODE.of(params)? {
        "SUCCESS" => Ok(()),
        _ => Err(ReplyError::Refused {
            code: ErrCode::from(params.get("err_code").unwrap_or_default()),
            description: clip(params.get("err_code_des")),
        }),
    }
}

/// WeChat's words, as long as they may be in a log.
pub(super) fn clip(text: Option<&str>) -> String {
    text.unwrap_or_default().chars().take(128).collect()
}

impl From<FieldError> for ReplyError {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAccepted { return_msg } => {
                write!(f, "WeChat did not accept the request: {return_msg}")
            }
            Self::NotVerified(error) => write!(f, "the reply is not WeChat's: {error}"),
            Self::OtherMerchant(error) => write!(f, "the reply is not ours: {error}"),
            Self::Refused { code, description } => {
                write!(f, "WeChat refused: {code} ({}) {description}", code.meaning())
            }
            Self::Field(error) => write!(f, "the reply is incomplete: {error}"),
        }
    }
}

impl core::error::Error for ReplyError {}
