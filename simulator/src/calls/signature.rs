//! Why a request's signature is wrong, in one sentence for the log. Never says what the right one is.

use md5::{Digest, Md5};
use wxpay_core::{ApiKey, Params, SignType, sign, string_to_sign};

use crate::config::Merchant;

/// Tries the simple mistakes. The one place where a deeper diagnosis is to be linked in.
pub(crate) fn why_signature_failed(
    params: &Params,
    sign_type: SignType,
    merchant: &Merchant,
    merchants: &[Merchant],
) -> String {
    let Some(received) = params.filled("sign") else {
        return "sign the request".into();
    };
    let upper = received.to_ascii_uppercase();
    let fits =
        |params: &Params, sign_type, key: &ApiKey| sign(params, sign_type, key).as_str() == upper;
    let other = match sign_type {
        SignType::Md5 => SignType::HmacSha256,
        SignType::HmacSha256 => SignType::Md5,
    };
    if fits(params, sign_type, &merchant.key) {
        return "it is right but in lower case; WeChat wants upper case".into();
    }
    if fits(params, other, &merchant.key) {
        return format!("it is made with {other}, but sign_type makes it {sign_type}");
    }
    let mut without = params.clone();
    if without.remove("sign_type")
        && [sign_type, other].iter().any(|t| fits(&without, *t, &merchant.key))
    {
        return "it is made without sign_type; every field that is sent must be signed".into();
    }
    if upper == hex(&Md5::digest(string_to_sign(params))) {
        return "it is made without a key; the signed text must end in &key= and the API key"
            .into();
    }
    if ApiKey::new(&merchant.app_secret).is_ok_and(|key| fits(params, sign_type, &key)) {
        return "it is made with the AppSecret in place of the API key".into();
    }
    let foreign = merchants.iter().find(|other| fits(params, sign_type, &other.key));
    match foreign {
        Some(other) => format!("it is made with the key of mch_id {}", other.mch_id),
        None => "none of the simple mistakes; compare the key and the signed fields".into(),
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02X}")).collect()
}
