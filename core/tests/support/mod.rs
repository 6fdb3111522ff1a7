//! What the test files share: an invented merchant, and a second, plain implementation of the signing rules.
#![allow(dead_code, reason = "each test file uses its own part of this module")]

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;
use wxpay_core::messages::Identity;
use wxpay_core::{ApiKey, Params, SignType, add_sign};

/// An invented key.
pub const KEY: &str = "core0tests0key0of0nobody00000001";
pub const APPID: &str = "wx0123456789abcdef";
pub const MCH_ID: &str = "1900000001";
pub const NONCE: &str = "Kz7vQ0aXw3LrT9eYbN2dMh5sUf8GjC1p";
pub const BOTH: [SignType; 2] = [SignType::Md5, SignType::HmacSha256];

pub fn key() -> ApiKey {
    ApiKey::new(KEY).unwrap()
}

pub fn identity() -> Identity {
    Identity::direct(APPID, MCH_ID)
}

pub fn params(pairs: &[(&str, &str)]) -> Params {
    Params::from_pairs(pairs.iter().copied()).unwrap()
}

/// The fields every genuine message has, then `more` (which may replace them), then the signature.
/// A field with an empty value in `more` is left out.
pub fn signed(more: &[(&str, &str)], sign_type: SignType) -> Params {
    let mut message = params(&[
        ("return_code", "SUCCESS"),
        ("result_code", "SUCCESS"),
        ("appid", APPID),
        ("mch_id", MCH_ID),
        ("nonce_str", NONCE),
    ]);
    for (name, value) in more {
        if value.is_empty() {
            message.remove(name);
        } else {
            message.set(name, value).unwrap();
        }
    }
    add_sign(&mut message, sign_type, &key()).unwrap();
    message
}

/// The signing rules once more, as a page of documentation would show them.
pub fn plain_sign(fields: &BTreeMap<String, String>, sign_type: SignType, key: &str) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if name != "sign" && !value.is_empty() {
            text += &format!("{name}={value}&");
        }
    }
    // Without any field the text begins with the `&` that stands before `key`.
    let text = if text.is_empty() { format!("&key={key}") } else { format!("{text}key={key}") };
    let digest = match sign_type {
        SignType::Md5 => Md5::digest(text.as_bytes()).to_vec(),
        SignType::HmacSha256 => {
            let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
            mac.chain_update(text.as_bytes()).finalize().into_bytes().to_vec()
        }
    };
    digest.iter().map(|byte| format!("{byte:02X}")).collect()
}
