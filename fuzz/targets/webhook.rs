//! What the server signs for a merchant's own system (Standard Webhooks), verified by a receiver that is written from
//! the specification, with no HMAC and no base64 but its own; what was changed on the way is not believed.
//!
//! The server's two files alone are built here: all of it, with coverage, would take minutes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

#[path = "../../server/src/mac.rs"]
mod mac;
#[path = "../../server/src/outbox/sign.rs"]
mod sign;

use sign::WebhookSecret;

const OLD: &[u8] = b"the secret of last year, still good";

/// Two secrets (the second is any text), a message, and what to change in it.
type Input<'a> = (&'a [u8], &'a str, &'a str, i64, u8, &'a [u8]);

fuzz_target!(|input: Input<'_>| {
    let (key, any, id, timestamp_s, change, body) = input;
    check_secret(&format!("whsec_{any}"));
    check_secret(any);
    let text = format!("whsec_{}", to_base64(key));
    check_secret(&text);
    let Ok(secret) = WebhookSecret::parse(&text) else { return };
    let old = WebhookSecret::parse(&format!("whsec_{}", to_base64(OLD))).expect("a secret");
    // As the server sends it while a receiver changes its secret.
    let header = [&old, &secret].map(|secret| secret.sign(id, timestamp_s, body)).join(" ");
    let verifies =
        |id: &str, timestamp_s: i64, body: &[u8]| verify(&header, key, id, timestamp_s, body);
    assert!(verifies(id, timestamp_s, body), "what was signed");
    assert!(!verifies(&format!("{id}{}", char::from(change)), timestamp_s, body), "another id");
    assert!(!verifies(id, timestamp_s.wrapping_add(i64::from(change) + 1), body), "another time");
    assert!(!verifies(id, timestamp_s, &[body, &[change]].concat()), "a longer body");
    if let Some(at) = body.len().checked_sub(1).map(|last| usize::from(change) % (last + 1)) {
        let mut other = body.to_vec();
        other[at] ^= 1 << (change % 8);
        assert!(!verifies(id, timestamp_s, &other), "another body");
    }
    let mut other = key.to_vec();
    other[usize::from(change) % key.len()] ^= 1 << (change % 8);
    assert!(other == OLD || !verify(&header, &other, id, timestamp_s, body), "another secret");
});

/// A secret is taken exactly when it is `whsec_` and strict base64 of 24 to 64 bytes that are not all one.
fn check_secret(text: &str) {
    let bytes = text.strip_prefix("whsec_").and_then(from_base64);
    let good = bytes.filter(|bytes| {
        (24..=64).contains(&bytes.len()) && bytes.iter().any(|byte| *byte != bytes[0])
    });
    match (WebhookSecret::parse(text), good) {
        (Ok(secret), Some(bytes)) => assert_eq!(secret.len(), bytes.len()),
        (Err(_), None) => {}
        (Ok(_), None) => panic!("taken: {text:?}"),
        (Err(why), Some(_)) => panic!("refused: {text:?}: {why}"),
    }
}

/// One of the signatures in the header is ours.
fn verify(header: &str, key: &[u8], id: &str, timestamp_s: i64, body: &[u8]) -> bool {
    let signed = [format!("{id}.{timestamp_s}.").as_bytes(), body].concat();
    let ours = to_base64(&hmac_sha256(key, &signed));
    header.split(' ').any(|part| part.strip_prefix("v1,") == Some(&ours))
}

/// RFC 2104.
fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    assert!(key.len() <= 64, "a longer key is hashed first");
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::digest([&block.map(|byte| byte ^ 0x36)[..], message].concat());
    Sha256::digest([&block.map(|byte| byte ^ 0x5c)[..], &inner[..]].concat()).into()
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 4648, with padding.
fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - group.len()));
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at > group.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

/// What [`to_base64`] writes, and nothing else.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let mut bits = 0u32;
    let mut bytes = Vec::new();
    for (at, digit) in digits.bytes().enumerate() {
        let value = DIGITS.iter().position(|known| *known == digit)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        if at % 4 != 0 {
            bytes.push((bits >> (6 - 2 * (at % 4))) as u8);
        }
    }
    (to_base64(&bytes) == text).then_some(bytes)
}
