//! Refund notifications: the vectors, and everything that can be wrong with `req_info`.
#![cfg(all(feature = "refund-notice", feature = "xml", feature = "json"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

use aes::Aes256;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use base64ct::{Base64, Encoding};
use md5::{Digest, Md5};
use serde::Deserialize;
use wxpay_core::refund_notice::{self, RefundNoticeError, decrypt, read};
use wxpay_core::xml::{XmlError, from_xml_with_root};
use wxpay_core::{ApiKey, Params};

const KEY: &str = "core0tests0key0of0nobody00000001";
const OTHER_KEY: &str = "core0tests0key0of0nobody00000002";

#[derive(Deserialize)]
struct Vector {
    id: String,
    key: String,
    req_info: String,
    plaintext: String,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("vectors/refund_notice.json")).unwrap()
}

fn key(text: &str) -> ApiKey {
    ApiKey::new(text).unwrap()
}

/// Whole blocks, padded or not, as WeChat would encrypt them.
fn encrypt(blocks: &[u8], api_key: &str) -> String {
    let hex: String = Md5::digest(api_key).iter().map(|byte| format!("{byte:02x}")).collect();
    let cipher = Aes256::new_from_slice(hex.as_bytes()).unwrap();
    let mut bytes = blocks.to_vec();
    for block in bytes.as_chunks_mut::<16>().0 {
        cipher.encrypt_block(block.into());
    }
    Base64::encode_string(&bytes)
}

fn pad(text: &[u8]) -> Vec<u8> {
    let missing = 16 - text.len() % 16;
    let mut bytes = text.to_vec();
    bytes.resize(text.len() + missing, u8::try_from(missing).unwrap());
    bytes
}

#[test]
fn the_vectors_are_decrypted() {
    let vectors = vectors();
    assert!(vectors.iter().any(|vector| vector.id == "V8b"), "the MD5 with a leading zero");
    for vector in vectors {
        let key = key(&vector.key);
        assert_eq!(decrypt(&vector.req_info, &key).unwrap(), vector.plaintext, "{}", vector.id);
        assert_eq!(
            refund_notice::encrypt(&vector.plaintext, &key),
            vector.req_info,
            "{}",
            vector.id
        );
        let fields = from_xml_with_root(vector.plaintext.as_bytes(), "root").unwrap();
        assert_eq!(read(&vector.req_info, &key).unwrap(), fields, "{}", vector.id);
        assert_eq!(fields.get("refund_status"), Some("SUCCESS"));
    }
}

#[test]
fn text_of_every_length_comes_back() {
    for length in 0..=50 {
        let text = "付a".repeat(length);
        let req_info = encrypt(&pad(text.as_bytes()), KEY);
        assert_eq!(decrypt(&req_info, &key(KEY)).unwrap(), text, "{length}");
        assert_eq!(refund_notice::encrypt(&text, &key(KEY)), req_info, "{length}");
    }
}

#[test]
fn only_padded_standard_base64_is_read() {
    let req_info = encrypt(&pad(b"<root></root>"), KEY);
    assert_eq!(read(&req_info, &key(KEY)).unwrap(), Params::new());
    let broken = [
        req_info.trim_end_matches('=').to_owned(),
        format!("{req_info}\n"),
        format!(" {req_info}"),
        req_info.replacen(req_info.chars().next().unwrap(), "*", 1),
        "付".to_owned(),
        "-_-_".to_owned(),
    ];
    for text in broken {
        assert_eq!(decrypt(&text, &key(KEY)), Err(RefundNoticeError::NotBase64), "{text:?}");
    }
}

#[test]
fn only_whole_blocks_are_decrypted() {
    for found in [0, 1, 15, 17, 31] {
        let text = Base64::encode_string(&vec![7; found]);
        assert_eq!(decrypt(&text, &key(KEY)), Err(RefundNoticeError::Length { found }));
    }
}

#[test]
fn only_right_padding_is_taken_off() {
    for end in [&[0][..], &[17], &[255], &[1, 2], &[3, 2, 3]] {
        let mut block = [b'x'; 16];
        let start = block.len() - end.len();
        block[start..].copy_from_slice(end);
        let req_info = encrypt(&block, KEY);
        assert_eq!(decrypt(&req_info, &key(KEY)), Err(RefundNoticeError::Padding), "{end:?}");
    }
    assert_eq!(decrypt(&encrypt(&[16; 16], KEY), &key(KEY)).unwrap(), "");
}

#[test]
fn what_comes_out_must_be_text_and_a_message() {
    let latin1 = encrypt(&pad(b"<root>\xe9</root>"), KEY);
    assert_eq!(decrypt(&latin1, &key(KEY)), Err(RefundNoticeError::NotText));
    let wrong_root = encrypt(&pad(b"<xml></xml>"), KEY);
    let error = RefundNoticeError::NotXml(XmlError::WrongRoot { found: "xml".to_owned() });
    assert_eq!(read(&wrong_root, &key(KEY)), Err(error));
    let twice = encrypt(&pad(b"<root><a>1</a><a>2</a></root>"), KEY);
    let error = RefundNoticeError::NotXml(XmlError::Duplicate { name: "a".to_owned() });
    assert_eq!(read(&twice, &key(KEY)), Err(error));
}

#[test]
fn another_merchants_key_opens_nothing_and_no_error_shows_a_key() {
    for vector in vectors() {
        let error = read(&vector.req_info, &key(OTHER_KEY)).unwrap_err();
        assert_eq!(error, RefundNoticeError::Padding, "{}", vector.id);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(OTHER_KEY) && shown.contains("merchant's key"), "{shown}");
    }
}
