//! Refund notices: encrypted, explained by trial decryption (H12).
#![cfg(feature = "refund-notice")]

use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes256};
use md5::{Digest, Md5};
use wxpay_core::explain::{KeyKind, NamedKey, Options, Scene, Verdict, explain};

use super::support::{KEY, ids, vectors};

const PLAIN: &str = "<root><out_refund_no>R-42</out_refund_no></root>";

fn message(info: &str) -> String {
    format!(
        "<xml><return_code>SUCCESS</return_code><appid>wx1</appid><req_info><![CDATA[{info}]]></req_info></xml>"
    )
}

#[test]
fn the_vectors_are_decrypted() {
    for vector in vectors("refund_notice.json").as_array().unwrap() {
        let keys = [NamedKey::main(vector["key"].as_str().unwrap())];
        let report = explain(
            &message(vector["req_info"].as_str().unwrap()),
            &Options { keys: &keys, ..Options::default() },
        );
        assert_eq!((report.verdict, report.scene), (Verdict::Match, Scene::RefundNotice));
        assert_eq!(report.decrypted.as_deref(), vector["plaintext"].as_str());
        assert_eq!(report.advice[0].id, "H12");
        let keys = [NamedKey::main(KEY)];
        let report = explain(
            &message(vector["req_info"].as_str().unwrap()),
            &Options { keys: &keys, ..Options::default() },
        );
        assert_eq!((report.verdict, report.decrypted), (Verdict::Mismatch, None));
    }
}

fn encrypt(key: &[u8], chained: bool) -> Vec<u8> {
    let mut bytes = PLAIN.as_bytes().to_vec();
    let padding = 16 - bytes.len() % 16;
    bytes.resize(bytes.len() + padding, padding as u8);
    let mut last = [0_u8; 16];
    for chunk in bytes.chunks_exact_mut(16) {
        if chained {
            chunk.iter_mut().zip(last).for_each(|(to, from)| *to ^= from);
        }
        let block = chunk.try_into().unwrap();
        match key.len() {
            16 => Aes128::new_from_slice(key).unwrap().encrypt_block(block),
            _ => Aes256::new_from_slice(key).unwrap().encrypt_block(block),
        }
        last.copy_from_slice(chunk);
    }
    bytes
}

fn base64(bytes: &[u8], url_safe: bool) -> String {
    let tail = if url_safe { "-_" } else { "+/" };
    let alphabet: Vec<u8> =
        (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain(tail.bytes()).collect();
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for at in 0..4 {
            text.push(if at > chunk.len() {
                '='
            } else {
                char::from(alphabet[(bits >> (18 - 6 * at) & 63) as usize])
            });
        }
    }
    text
}

#[test]
fn every_wrong_way_is_named() {
    let raw = Md5::digest(KEY.as_bytes()).to_vec();
    let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
    for (what, bytes) in [
        ("upper-case", encrypt(hex.to_uppercase().as_bytes(), false)),
        ("16 bytes", encrypt(&raw, false)),
        ("itself", encrypt(KEY.as_bytes(), false)),
        ("CBC", encrypt(hex.as_bytes(), true)),
        ("first 16", encrypt(&hex.as_bytes()[..16], false)),
    ] {
        let keys = [NamedKey::main(KEY)];
        let report = explain(
            &message(&base64(&bytes, false)),
            &Options { keys: &keys, ..Options::default() },
        );
        assert_eq!(
            (report.verdict, ids(&report)),
            (Verdict::Mismatch, vec!["H12".to_owned()]),
            "{what}"
        );
        assert!(
            report.causes[0].proved && report.causes[0].parts[0].detail.contains(what),
            "{what}"
        );
        assert_eq!(report.decrypted.as_deref(), Some(PLAIN));
    }
    let text = base64(&encrypt(hex.as_bytes(), false), true);
    assert!(text.contains(['-', '_']), "the sample must need the other alphabet");
    let keys = [
        NamedKey::main("8Kq2Zt5Vb1NsRw4HcJf7GuAe9Xy3Ld6M"),
        NamedKey { kind: KeyKind::Old, label: "old", bytes: KEY.as_bytes() },
    ];
    let report = explain(&message(&text), &Options { keys: &keys, ..Options::default() });
    assert_eq!(ids(&report), ["H10+H12"]);
}
