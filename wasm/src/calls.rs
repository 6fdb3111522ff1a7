//! Signing, verifying, XML, the second signature, refund notices.

use wasm_bindgen::prelude::wasm_bindgen;
use wxpay_core::{VerifyError, xml};
use zeroize::Zeroizing;

use crate::error::{CallError, in_field};
use crate::flat::{self, Parts};

/// `key\0sign type\0name\0value\0…` to the signature.
///
/// # Errors
/// [`CallError`]: the key, the sign type, a name, or a sign type among the fields that is another one.
#[wasm_bindgen(skip_jsdoc)]
pub fn sign(input: String) -> Result<String, CallError> {
    let input = Zeroizing::new(input);
    let mut parts = Parts::new(&input);
    let (key, sign_type) = (parts.key()?, parts.sign_type()?);
    let pairs = parts.pairs();
    for (name, value) in &pairs {
        let names_one = matches!(*name, "sign_type" | "signType") && !value.is_empty();
        if names_one && *value != sign_type.as_str() {
            let message = format!("{name}: the call says {sign_type}");
            return Err(CallError::of(VerifyError::SignTypeDiffers.code(), name, &message));
        }
    }
    Ok(wxpay_core::sign_pairs(&pairs, sign_type, &key)?.as_str().into())
}

/// `key\0sign type\0name\0value\0…`, with a field `sign`: whether it is right.
///
/// # Errors
/// [`CallError`]: the key, the sign type or a name. A wrong or missing signature is an answer.
#[wasm_bindgen(skip_jsdoc)]
pub fn verify(input: String) -> Result<bool, CallError> {
    let input = Zeroizing::new(input);
    let mut parts = Parts::new(&input);
    let (key, sign_type) = (parts.key()?, parts.sign_type()?);
    Ok(wxpay_core::verify(parts.params()?, sign_type, &key).is_ok())
}

/// `name\0value\0…` to the string to sign, without the key.
///
/// # Errors
/// [`CallError`]: an empty or repeated name.
#[wasm_bindgen(skip_jsdoc)]
pub fn string_to_sign(input: &str) -> Result<String, CallError> {
    Ok(wxpay_core::string_to_sign(&Parts::new(input).params()?))
}

/// The client's arguments, signed, as `name\0value\0…`; for a native link the link. What goes in: `invoke.rs`.
///
/// # Errors
/// [`CallError`]: the key, the sign type or the time.
#[wasm_bindgen(skip_jsdoc)]
pub fn invoke(input: String) -> Result<String, CallError> {
    crate::invoke::invoke(&Zeroizing::new(input))
}

/// One of WeChat's messages to `name\0value\0…`, in byte order of the names.
///
/// # Errors
/// [`CallError`] for everything that is not a flat message.
#[wasm_bindgen(skip_jsdoc)]
pub fn parse_xml(bytes: &[u8]) -> Result<String, CallError> {
    Ok(flat::write(&xml::from_xml(bytes)?))
}

/// `name\0value\0…` to a message.
///
/// # Errors
/// [`CallError`]: a name or character that XML does not allow.
#[wasm_bindgen(skip_jsdoc)]
pub fn build_xml(input: &str) -> Result<String, CallError> {
    let params = Parts::new(input).params()?;
    xml::to_xml(&params).map_err(|error| in_field(error, &params))
}

/// `key\0req_info` to the fields `name\0value\0…`.
///
/// # Errors
/// [`CallError`]: the key, or what is wrong with `req_info`.
#[wasm_bindgen(skip_jsdoc)]
pub fn decrypt_refund_notice(input: String) -> Result<String, CallError> {
    let input = Zeroizing::new(input);
    let mut parts = Parts::new(&input);
    let key = parts.key()?;
    Ok(flat::write(&wxpay_core::refund_notice::read(parts.next(), &key)?))
}
