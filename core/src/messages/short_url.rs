//! shorturl (转换短链接), POST `/tools/shorturl`: a shorter text for the QR code of NATIVE mode 1. Safe to repeat.

use alloc::string::String;

use super::field::{Field, FieldError, Format};
use super::identity::Identity;
use super::reply::{self, ReplyError};
use super::request;
use crate::{ApiKey, Params, SignType};

/// The path at WeChat's host.
pub const PATH: &str = "/tools/shorturl";

/// The request's own fields.
pub const FIELDS: &[Field] = &[Field::required("long_url", Format::Text(512))];

/// The signed request.
///
/// # Errors
/// [`FieldError`] for the first field that breaks its rule.
pub fn request(
    long_url: &str,
    identity: &Identity,
    nonce_str: &str,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<Params, FieldError> {
    let fields = [("long_url", Some(long_url))];
    request::signed(fields, identity, nonce_str, sign_type, key, check)
}

/// Checks a request's fields.
///
/// # Errors
/// The first [`FieldError`].
pub fn check(params: &Params) -> Result<(), FieldError> {
    request::check_all(params, FIELDS)
}

/// Reads the reply: the short URL.
///
/// # Errors
/// [`ReplyError`]. WeChat documents no codes of this call; a refusal whose code is not final may be sent again.
pub fn read_reply(
    reply: Params,
    identity: &Identity,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<String, ReplyError> {
    // Nominally 64 bytes; URLs of WeChat have outgrown their documents before.
    const SHORT_URL: Field = Field::required("short_url", Format::Text(512));
    let verified = reply::open(reply, identity, sign_type, key)?;
    Ok(SHORT_URL.of(verified.params())?.into())
}
