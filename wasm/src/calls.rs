//! Signing, verifying, XML, the second signature, refund notices.
//!
//! A set of fields comes as `count\0name\0value\0…`, so that a NUL inside a name or value cannot pass for the end of it.
//! Fields go back as a JSON object in byte order of the names.

use wxpay_core::{VerifyError, xml};

use crate::error::{CallError, in_field};
use crate::flat::{Parts, text};
use crate::json;

/// `key\0sign type\0fields` to the signature.
///
/// # Errors
/// [`CallError`]: the key, the sign type, a name, or a sign type among the fields that is another one.
pub fn sign(input: &str) -> Result<String, CallError> {
    let mut parts = Parts::new(input);
    let (key, sign_type) = (parts.key()?, parts.sign_type()?);
    let pairs = parts.pairs()?;
    for (name, value) in &pairs {
        let names_one = matches!(*name, "sign_type" | "signType") && !value.is_empty();
        if names_one && *value != sign_type.as_str() {
            let message = format!("{name}: the call says {sign_type}");
            return Err(CallError::of(VerifyError::SignTypeDiffers.code(), name, &message));
        }
    }
    Ok(wxpay_core::sign_pairs(&pairs, sign_type, &key)?.as_str().into())
}

/// `key\0sign type\0fields`, with a field `sign`: `true` or `false`.
///
/// # Errors
/// [`CallError`]: the key, the sign type or a name. A wrong or missing signature is an answer.
pub fn verify(input: &str) -> Result<String, CallError> {
    let mut parts = Parts::new(input);
    let (key, sign_type) = (parts.key()?, parts.sign_type()?);
    let is_right = wxpay_core::verify(parts.params()?, sign_type, &key).is_ok();
    Ok(is_right.to_string())
}

/// `key\0sign type\0message` to the message's fields.
///
/// # Errors
/// [`CallError`]: the key, the sign type, everything that is not a flat message, a wrong or missing signature.
pub fn verify_xml(input: &[u8]) -> Result<String, CallError> {
    let mut parts = input.splitn(3, |byte| *byte == 0);
    let mut next = || parts.next().unwrap_or_default();
    let (head, message) = ([next(), next()], next());
    let [key, sign_type] = head;
    let (key, sign_type) =
        (Parts::new(text(key)?).key()?, Parts::new(text(sign_type)?).sign_type()?);
    let verified = wxpay_core::verify(xml::from_xml(message)?, sign_type, &key)?;
    Ok(json::object(verified.params().iter()))
}

/// Fields to the string to sign, without the key.
///
/// # Errors
/// [`CallError`]: an empty or repeated name.
pub fn string_to_sign(input: &str) -> Result<String, CallError> {
    Ok(wxpay_core::string_to_sign(&Parts::new(input).params()?))
}

/// The client's arguments, signed, or a native link, as JSON. What goes in: `invoke.rs`.
///
/// # Errors
/// [`CallError`]: the key, the sign type or the time.
pub fn invoke(input: &str) -> Result<String, CallError> {
    crate::invoke::invoke(input)
}

/// One of WeChat's messages to its fields.
///
/// # Errors
/// [`CallError`] for everything that is not a flat message.
pub fn parse_xml(input: &[u8]) -> Result<String, CallError> {
    Ok(json::object(xml::from_xml(input)?.iter()))
}

/// Fields to a message.
///
/// # Errors
/// [`CallError`]: a name or character that XML does not allow.
pub fn build_xml(input: &str) -> Result<String, CallError> {
    let params = Parts::new(input).params()?;
    xml::to_xml(&params).map_err(|error| in_field(error, &params))
}

/// `key\0req_info` to the fields inside.
///
/// # Errors
/// [`CallError`]: the key, or what is wrong with `req_info`.
pub fn decrypt_refund_notice(input: &str) -> Result<String, CallError> {
    let mut parts = Parts::new(input);
    let key = parts.key()?;
    Ok(json::object(wxpay_core::refund_notice::read(parts.next(), &key)?.iter()))
}
