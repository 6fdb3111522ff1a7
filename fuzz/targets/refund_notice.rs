//! Refund notices: any text as `req_info`, and any plain text encrypted with the right key.
#![no_main]

use aes::Aes256;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use base64ct::{Base64, Encoding};
use libfuzzer_sys::fuzz_target;
use md5::{Digest, Md5};
use wxpay_core::messages::{Identity, refund_notice as message};
use wxpay_core::{ApiKey, Params, refund_notice};

const KEY: &str = "192006250b4c09247ec02edce69f6a2d";

fuzz_target!(|input: (bool, &[u8])| {
    let (encrypted, bytes) = input;
    let key = ApiKey::new(KEY).expect("a key");
    let req_info =
        if encrypted { encrypt(bytes) } else { String::from_utf8_lossy(bytes).into_owned() };
    let text = refund_notice::decrypt(&req_info, &key);
    if encrypted {
        assert_eq!(text.ok(), String::from_utf8(bytes.to_vec()).ok(), "what was encrypted");
    }
    let pairs = [
        ("return_code", "SUCCESS"),
        ("appid", "wx0123456789abcdef"),
        ("mch_id", "1230000109"),
        ("nonce_str", "n"),
        ("req_info", &req_info),
    ];
    let Ok(params) = Params::from_pairs(pairs) else { return };
    let _ = message::read(&params, &Identity::direct("wx0123456789abcdef", "1230000109"), &key);
});

fn encrypt(plain: &[u8]) -> String {
    let hex: String =
        Md5::digest(KEY.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let cipher = Aes256::new_from_slice(hex.as_bytes()).expect("32 bytes");
    let padding = 16 - plain.len() % 16;
    let mut bytes = plain.to_vec();
    bytes.extend(std::iter::repeat_n(u8::try_from(padding).expect("at most 16"), padding));
    for block in bytes.as_chunks_mut::<16>().0 {
        cipher.encrypt_block(block.into());
    }
    Base64::encode_string(&bytes)
}
