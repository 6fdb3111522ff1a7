//! The core for JavaScript: what the npm package `wxpay-wasm` is made of.
//!
//! Calls take and give one flat string, `part\0part\0…`: three times faster than passing objects. Only the report of
//! [`explain`] goes over as an object. The package's JavaScript checks types and makes these strings; see
//! `wasm/npm/src`. An error is thrown as the string `code\0field\0message`.

mod error;
#[cfg(feature = "explain")]
mod explain;
mod flat;
mod invoke;

#[cfg(feature = "explain")]
use serde::Serialize;
#[cfg(feature = "explain")]
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wxpay_core::{ApiKey, Params, SignType, VerifyError, xml};
use zeroize::Zeroizing;

pub use error::CallError;
#[cfg(feature = "explain")]
pub use explain::report;
use flat::Parts;

/// `key\0sign type\0name\0value\0…` to the signature.
///
/// # Errors
/// [`CallError`]: the key, the sign type, a name, or a sign type among the fields that is another one.
#[wasm_bindgen]
pub fn sign(input: String) -> Result<String, CallError> {
    let input = Zeroizing::new(input);
    let call = Signing::read(&input)?;
    for name in ["sign_type", "signType"] {
        if call.params.filled(name).is_some_and(|word| word != call.sign_type.as_str()) {
            return Err(CallError::of(
                VerifyError::SignTypeDiffers.code(),
                name,
                &format!("{name}: differs from the sign type of the call, {}", call.sign_type),
            ));
        }
    }
    Ok(wxpay_core::sign(&call.params, call.sign_type, &call.key).as_str().into())
}

/// `key\0sign type\0name\0value\0…`, with a field `sign`: whether it is right.
///
/// # Errors
/// [`CallError`]: the key, the sign type or a name. A wrong or missing signature is an answer.
#[wasm_bindgen]
pub fn verify(input: String) -> Result<bool, CallError> {
    let input = Zeroizing::new(input);
    let call = Signing::read(&input)?;
    Ok(wxpay_core::verify(call.params, call.sign_type, &call.key).is_ok())
}

/// `name\0value\0…` to the string to sign, without the key.
///
/// # Errors
/// [`CallError`]: an empty or repeated name.
#[wasm_bindgen]
pub fn string_to_sign(input: &str) -> Result<String, CallError> {
    Ok(wxpay_core::string_to_sign(&Parts::new(input).params()?))
}

/// The client's arguments, signed, as `name\0value\0…`; for a native link the link. What comes in: [`invoke`] module.
///
/// # Errors
/// [`CallError`]: the key, the sign type or the time.
#[wasm_bindgen]
pub fn invoke(input: String) -> Result<String, CallError> {
    invoke::invoke(&Zeroizing::new(input))
}

/// One of WeChat's messages to `name\0value\0…`, in byte order of the names.
///
/// # Errors
/// [`CallError`] for everything that is not a flat message.
#[wasm_bindgen]
pub fn parse_xml(bytes: &[u8]) -> Result<String, CallError> {
    Ok(flat::write(&xml::from_xml(bytes)?))
}

/// `name\0value\0…` to a message.
///
/// # Errors
/// [`CallError`]: a name or character that XML does not allow.
#[wasm_bindgen]
pub fn build_xml(input: &str) -> Result<String, CallError> {
    let params = Parts::new(input).params()?;
    xml::to_xml(&params).map_err(|error| error::in_field(error, &params))
}

/// `key\0req_info` to the fields `name\0value\0…`.
///
/// # Errors
/// [`CallError`]: the key, or what is wrong with `req_info`.
#[wasm_bindgen]
pub fn decrypt_refund_notice(input: String) -> Result<String, CallError> {
    let input = Zeroizing::new(input);
    let mut parts = Parts::new(&input);
    let key = parts.key()?;
    Ok(flat::write(&wxpay_core::refund_notice::read(parts.next(), &key)?))
}

/// Explains a text; the report is what `wxpay explain --json` prints, with spans in UTF-16 units.
///
/// # Errors
/// [`CallError`]: an option.
#[cfg(feature = "explain")]
#[wasm_bindgen]
pub fn explain(text: &str, options: String) -> Result<JsValue, CallError> {
    let report = report(text, &Zeroizing::new(options))?;
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    report.serialize(&serializer).map_err(|error| CallError::of("internal", "", &error.to_string()))
}

struct Signing {
    key: ApiKey,
    sign_type: SignType,
    params: Params,
}

impl Signing {
    fn read(input: &str) -> Result<Self, CallError> {
        let mut parts = Parts::new(input);
        Ok(Self { key: parts.key()?, sign_type: parts.sign_type()?, params: parts.params()? })
    }
}
