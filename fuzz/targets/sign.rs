//! Signing against a second implementation written from the protocol's text; verifying what was signed, and what was
//! changed afterwards.
#![no_main]

use hmac::{Hmac, KeyInit, Mac};
use libfuzzer_sys::fuzz_target;
use md5::{Digest, Md5};
use sha2::Sha256;
use wxpay_core::{ApiKey, Params, SignType, VerifyError, add_sign, sign, verify};

const KEY: &str = "192006250b4c09247ec02edce69f6a2d";

// Lines of `name=value`; the first byte chooses what to change.
fuzz_target!(|input: (u8, u8, &str)| {
    let (at, byte, text) = input;
    let pairs: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once('=')).collect();
    let key = ApiKey::new(KEY).expect("a key");
    let Ok(mut params) = Params::from_pairs(pairs.iter().copied()) else { return };
    for sign_type in [SignType::Md5, SignType::HmacSha256] {
        params.remove("sign");
        let expected = by_the_book(&params, sign_type);
        assert_eq!(sign(&params, sign_type, &key).as_str(), expected);
        if add_sign(&mut params, sign_type, &key).is_err() {
            return;
        }
        let verified = verify(params.clone(), sign_type, &key);
        if params.filled("sign_type").is_some_and(|word| word != sign_type.as_str()) {
            assert_eq!(verified, Err(VerifyError::SignTypeDiffers));
            continue;
        }
        verified.expect("what was signed");
        let count = params.signed().count();
        let victim = params.signed().nth(usize::from(at) % count.max(1));
        if let Some((name, value)) = victim.map(|(name, value)| (name.to_owned(), value.to_owned()))
        {
            let mut changed = params.clone();
            let other = format!("{value}{}", char::from(byte));
            if changed.set(&name, &other).is_ok() {
                assert!(verify(changed, sign_type, &key).is_err(), "{name} was changed");
            }
            let mut shorter = params.clone();
            shorter.remove(&name);
            assert!(verify(shorter, sign_type, &key).is_err(), "{name} was taken away");
        }
    }
});

fn by_the_book(params: &Params, sign_type: SignType) -> String {
    let mut pairs: Vec<(&str, &str)> =
        params.iter().filter(|(name, value)| *name != "sign" && !value.is_empty()).collect();
    pairs.sort_by(|one, other| one.0.as_bytes().cmp(other.0.as_bytes()));
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let text = format!("{}&key={KEY}", pairs.join("&"));
    let digest: Vec<u8> = match sign_type {
        SignType::Md5 => Md5::digest(text.as_bytes()).to_vec(),
        SignType::HmacSha256 => {
            let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).expect("any length");
            mac.update(text.as_bytes());
            mac.finalize().into_bytes().to_vec()
        }
    };
    digest.iter().map(|byte| format!("{byte:02X}")).collect()
}
