//! What all requests share: identity, nonce, sign type, signature.

use super::field::{Field, FieldError, Format, check};
use super::identity::{self, Identity};
use crate::{ApiKey, Params, ParamsError, SignType, add_sign};

/// The fields every request has besides its own (APIv2 common request fields).
pub(super) const COMMON: [Field; 3] = [
    Field::required("nonce_str", Format::Nonce),
    Field::required("sign", Format::Sign),
    Field::optional("sign_type", Format::OneOf(&["MD5", "HMAC-SHA256"])),
];

/// Adds what every request carries, signs, and checks the whole. `fields` are the request's own, filled or not.
pub(super) fn signed<'a>(
    fields: impl IntoIterator<Item = (&'static str, Option<&'a str>)>,
    identity: &Identity,
    nonce_str: &str,
    sign_type: SignType,
    key: &ApiKey,
    check: impl FnOnce(&Params) -> Result<(), FieldError>,
) -> Result<Params, FieldError> {
    let mut params = Params::with_capacity(24, 1024);
    let build = |params: &mut Params| -> Result<(), ParamsError> {
        for (name, value) in fields {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                params.insert(name, value)?;
            }
        }
        identity.add_to(params)?;
        params.set("nonce_str", nonce_str)?;
        params.set("sign_type", sign_type.as_str())?;
        add_sign(params, sign_type, key)
    };
    build(&mut params).map_err(|_| TOO_LARGE)?;
    check(&params)?;
    Ok(params)
}

/// Checks a request's common fields and its own.
pub(super) fn check_all(params: &Params, own: &[Field]) -> Result<(), FieldError> {
    identity::check(params)?;
    check(params, &COMMON)?;
    check(params, own)
}

/// Checks that one of several numbers is there; when none is, `usual` is named.
pub(super) fn check_any(
    params: &Params,
    numbers: &[&str],
    usual: &Field,
) -> Result<(), FieldError> {
    let has_one = numbers.iter().any(|name| params.filled(name).is_some());
    if has_one { Ok(()) } else { Err(usual.missing()) }
}

/// The tables name each field once and none is empty, so only size can be refused.
const TOO_LARGE: FieldError =
    FieldError { field: "request", missing: false, expected: Format::Text(Params::MAX_BYTES) };
