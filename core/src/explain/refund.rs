//! The refund notification: encrypted, so it is explained by trial decryption (H12).

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use aes::cipher::{BlockCipherDecrypt, KeyInit};
use aes::{Aes128, Aes256};
use md5::{Digest, Md5};
use zeroize::Zeroizing;

use super::catalogue::known;
use super::evaluate::{Check, part};
use super::form::{from_base64, to_hex};
use super::report::{Cause, Report, Stopped, Tried, Verdict};
use super::seek::contains_any;

/// The way a key is made, and whether blocks are chained.
const WAYS: [(Way, bool, &str); 12] = [
    (Way::LowerHex, false, "right"),
    (Way::UpperHex, false, "AES key = upper-case hex MD5"),
    (Way::Raw, false, "AES key = the 16 bytes of the MD5 (AES-128)"),
    (Way::Key, false, "AES key = the API key itself, not its MD5"),
    (Way::BigInteger, false, "AES key = MD5 without its leading zeros, filled with NUL"),
    (Way::Half, false, "AES key = the first 16 hex characters (AES-128)"),
    (Way::LowerHex, true, "CBC with an IV of zeros"),
    (Way::UpperHex, true, "upper-case hex MD5, CBC with an IV of zeros"),
    (Way::Raw, true, "AES-128, CBC with an IV of zeros"),
    (Way::Key, true, "the API key itself, CBC with an IV of zeros"),
    (Way::BigInteger, true, "MD5 without its leading zeros, CBC"),
    (Way::Half, true, "the first 16 hex characters, CBC"),
];

#[derive(Clone, Copy)]
enum Way {
    LowerHex,
    UpperHex,
    Raw,
    Key,
    BigInteger,
    Half,
}

pub(super) fn explain(check: &Check<'_>, pasted: Option<&str>, report: &mut Report) {
    report.verdict = Verdict::NoKey;
    let Some(info) = check.message.get("req_info") else {
        report.verdict = Verdict::Unsigned;
        return;
    };
    let bytes = from_base64(info.as_bytes());
    let mut tried = 0;
    let keys = check.options.keys.iter().map(|key| (key.bytes, key.label));
    for (index, (key, label)) in
        keys.chain(pasted.map(|key| (key.as_bytes(), "the key in the pasted text"))).enumerate()
    {
        report.verdict = Verdict::Mismatch;
        for (at, (way, chained, detail)) in WAYS.iter().enumerate() {
            tried += 1;
            let Some(plain) = decrypt(&bytes, &way.key(key), *chained) else { continue };
            report.decrypted = Some(plain);
            report.tried = Tried { singles: tried, pairs: 0, stopped: Stopped::Proved };
            let mut parts = Vec::new();
            if index > 0 {
                parts.push(part("H10", Some("A1"), label));
            }
            if at > 0 {
                parts.push(part("H12", None, detail));
            } else if contains_any(info, &["-", "_"]) {
                parts.push(part("H12", None, "url-safe base64"));
            }
            if parts.is_empty() {
                report.verdict = Verdict::Match;
                report.tried.stopped = Stopped::NotNeeded;
                // The key is right: if the shop's own code fails, it decrypts another way.
                report.advice.push(known("H12"));
            } else {
                report.causes = vec![Cause { parts, proved: true, signed_text: String::new() }];
            }
            return;
        }
    }
    report.tried = Tried { singles: tried, pairs: 0, stopped: Stopped::Exhausted };
}

impl Way {
    fn key(self, api_key: &[u8]) -> Zeroizing<Vec<u8>> {
        let digest = Md5::digest(api_key);
        let hex = Zeroizing::new(to_hex(&digest));
        let mut key = match self {
            Self::LowerHex | Self::Half => hex.as_bytes().to_vec(),
            Self::UpperHex => hex.to_ascii_uppercase().into_bytes(),
            Self::Raw => digest.to_vec(),
            Self::Key => api_key.to_vec(),
            Self::BigInteger => hex.trim_start_matches('0').as_bytes().to_vec(),
        };
        match self {
            Self::Half => key.truncate(16),
            Self::BigInteger => key.resize(32, 0),
            Self::LowerHex | Self::UpperHex | Self::Raw | Self::Key => {}
        }
        Zeroizing::new(key)
    }
}

/// The text, if it is one: right padding, UTF-8, and an element at the start.
fn decrypt(bytes: &[u8], key: &[u8], chained: bool) -> Option<String> {
    if bytes.is_empty() || !bytes.len().is_multiple_of(16) {
        return None;
    }
    let mut plain = bytes.to_vec();
    match key.len() {
        16 => blocks(&Aes128::new_from_slice(key).ok()?, &mut plain),
        32 => blocks(&Aes256::new_from_slice(key).ok()?, &mut plain),
        _ => return None,
    }
    if chained {
        // Each block was mixed with the encrypted one before it.
        for (to, from) in plain.iter_mut().skip(16).zip(bytes) {
            *to ^= from;
        }
    }
    let padding = usize::from(*plain.last()?);
    let end = plain.len().checked_sub(padding).filter(|_| (1..=16).contains(&padding))?;
    let padded = plain.split_off(end);
    let whole = padded.iter().all(|byte| usize::from(*byte) == padding);
    String::from_utf8(plain).ok().filter(|text| whole && text.starts_with('<'))
}

fn blocks<C: BlockCipherDecrypt>(cipher: &C, bytes: &mut [u8]) {
    for chunk in bytes.chunks_exact_mut(16) {
        if let Ok(block) = chunk.try_into() {
            cipher.decrypt_block(block);
        }
    }
}
