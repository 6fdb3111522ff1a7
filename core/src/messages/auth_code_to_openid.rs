//! authcodetoopenid (授权码查询openid), POST `/tools/authcodetoopenid`: whose payment code it is.
//!
//! From then on only this merchant may charge the code, until it refreshes.

use alloc::string::{String, ToString};

use super::err_code::ErrCode;
use super::field::{Field, FieldError, Format};
use super::identity::Identity;
use super::reply::{self, ReplyError};
use super::request;
use crate::{ApiKey, Params, SignType};

/// The path at WeChat's host.
pub const PATH: &str = "/tools/authcodetoopenid";

/// The request's own fields.
pub const FIELDS: &[Field] = &[Field::required("auth_code", Format::AuthCode)];

/// The signed request.
///
/// # Errors
/// [`FieldError`] for the first field that breaks its rule.
pub fn request(
    auth_code: &str,
    identity: &Identity,
    nonce_str: &str,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<Params, FieldError> {
    let fields = [("auth_code", Some(auth_code))];
    request::signed(fields, identity, nonce_str, sign_type, key, check)
}

/// Checks a request's fields.
///
/// # Errors
/// The first [`FieldError`].
pub fn check(params: &Params) -> Result<(), FieldError> {
    request::check_all(params, FIELDS)
}

/// Whose code it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payer {
    /// The user under `appid`.
    pub openid: String,
    /// The user under `sub_appid` (service-provider mode).
    pub sub_openid: Option<String>,
}

/// Reads the reply.
///
/// # Errors
/// [`ReplyError`]; see [`refusal`] for what a refusal asks for.
pub fn read_reply(
    reply: Params,
    identity: &Identity,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<Payer, ReplyError> {
    const OPENID: Field = Field::required("openid", Format::Text(128));
    let verified = reply::open(reply, identity, sign_type, key)?;
    let params = verified.params();
    Ok(Payer {
        openid: OPENID.of(params)?.into(),
        sub_openid: params.filled("sub_openid").map(ToString::to_string),
    })
}

/// What a refusal of authcodetoopenid asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The user shows a fresh payment code. While WeChat is busy the same one may be sent again as long as it lives.
    NewCode,
    /// Configuration or parameters are wrong: the same request will fail again.
    Fix,
}

/// Sorts a refusal's code.
pub fn refusal(code: &ErrCode) -> Refusal {
    match code {
        ErrCode::AuthCodeExpire | ErrCode::AuthCodeError | ErrCode::AuthCodeInvalid => {
            Refusal::NewCode
        }
        code if !code.is_final() => Refusal::NewCode,
        _ => Refusal::Fix,
    }
}
