//! The surface on the host: flat strings in and out, errors with code and field. What JavaScript makes of it is
//! tested in `wasm/npm/tests`.
#![cfg(all(feature = "calls", feature = "explain"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failed unwrap is a failed test"
)]

use serde_json::Value;
use wxpay_wasm::{
    CallError, build_xml, decrypt_refund_notice, invoke, parse_xml, report, sign, string_to_sign,
    verify,
};

const KEY: &str = "wasm0tests0key0of0nobody00000001";

fn vectors(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/tests/vectors/");
    serde_json::from_str(&std::fs::read_to_string(format!("{folder}{name}.json")).unwrap()).unwrap()
}

fn flat(parts: &[&str]) -> String {
    parts.join("\0")
}

fn of(error: CallError) -> (&'static str, String) {
    (error.code, error.field)
}

#[test]
fn the_vectors_of_signing() {
    for vector in vectors("sign").as_array().unwrap() {
        let pairs = vector["params"].as_array().unwrap();
        let params: Vec<&str> = pairs
            .iter()
            .flat_map(|pair| [&pair[0], &pair[1]])
            .map(|v| v.as_str().unwrap())
            .collect();
        assert_eq!(string_to_sign(&flat(&params)).unwrap(), vector["string_to_sign"]);
        let named = pairs.iter().any(|pair| pair[0] == "sign_type" || pair[0] == "signType");
        let Some(right) = vector["md5"].as_str().filter(|_| !named) else { continue };
        let call = flat(&[&[vector["key"].as_str().unwrap(), "MD5"], &params[..]].concat());
        assert_eq!(sign(call.clone()).unwrap(), right);
        assert!(verify(flat(&[&call, "sign", right])).unwrap() || call.contains("\0sign\0"));
        assert!(!verify(call).unwrap());
    }
}

#[test]
fn xml_and_refund_notices_become_flat_fields() {
    let xml = build_xml("body\0茶<\0empty\0").unwrap();
    assert_eq!(parse_xml(xml.as_bytes()).unwrap(), "body\0茶<\0empty\0");
    assert_eq!(parse_xml(b"<xml></xml>").unwrap(), "");
    for vector in vectors("refund_notice").as_array().unwrap() {
        let text = |name: &str| vector[name].as_str().unwrap();
        let fields = decrypt_refund_notice(flat(&[text("key"), text("req_info")])).unwrap();
        assert!(fields.starts_with("out_refund_no\0R1\0refund_fee\x001\0"), "{fields:?}");
    }
}

#[test]
fn the_second_signature() {
    let key = "qazwsxedcrfvtgbyhnujmikolp111111";
    let parts =
        ["mini_program", key, "MD5", "wxd678efh567hg6787", "wx2017033010242291fcfe0db70013231072"];
    let call = flat(&[&parts[..], &["1490840662", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"]].concat());
    assert!(invoke(call).unwrap().ends_with("paySign\x0022D9B4E54AB1950F51E0649E8810ACD6"));
    let late = flat(&[&parts[..], &["1490840662000", "n"]].concat());
    assert_eq!(of(invoke(late).unwrap_err()), ("not_seconds", "time_stamp".to_owned()));
    let kind = flat(&["h5", key, "MD5"]);
    assert_eq!(of(invoke(kind).unwrap_err()), ("bad_option", "kind".to_owned()));
}

#[test]
fn errors_name_the_field_and_keep_the_key() {
    let twice = sign(flat(&[KEY, "MD5", "a", "1", "a", "2"])).unwrap_err();
    assert_eq!(of(twice.clone()), ("duplicate_name", "a".to_owned()));
    let key = sign(flat(&[&KEY[1..], "MD5"])).unwrap_err();
    assert_eq!(of(key.clone()), ("key_length", "key".to_owned()));
    let word = sign(flat(&[KEY, "md5"])).unwrap_err();
    assert_eq!(of(word.clone()), ("unknown_sign_type", "signType".to_owned()));
    let differs = sign(flat(&[KEY, "MD5", "signType", "HMAC-SHA256"])).unwrap_err();
    assert_eq!(of(differs.clone()), ("sign_type_differs", "signType".to_owned()));
    for error in [twice, key, word, differs] {
        assert!(!format!("{error:?}").contains(&KEY[1..]), "{error:?}");
    }
    let bad = build_xml("a\0fine\tand\nwell\0b\0茶\u{1}").unwrap_err();
    assert_eq!(of(bad), ("xml_bad_character", "b".to_owned()));
}

#[test]
fn a_report_counts_in_utf16_units() {
    let text = "attach=😀茶\nbody=x😀\nmch_id=1";
    let units: Vec<u16> = text.encode_utf16().collect();
    let report = report(text, "").unwrap();
    assert_eq!(report.fields.len(), 3);
    for field in report.fields {
        assert_eq!(String::from_utf16(&units[field.name_span.unwrap()]).unwrap(), field.name);
        assert_eq!(String::from_utf16(&units[field.value_span.unwrap()]).unwrap(), field.value);
    }
}

#[test]
fn options_are_read_or_named() {
    let options =
        flat(&["key", KEY, "candidate:old:before", "k", "scene", "reply", "gbk", "茶B2E8"]);
    let value = serde_json::to_value(report("a=1&sign=00", &options).unwrap()).unwrap();
    assert_eq!((&value["verdict"], &value["scene"]), (&"mismatch".into(), &"reply".into()));
    assert!(!value.to_string().contains(KEY));
    for (option, field) in [
        ("scene\0x", "scene"),
        ("format\0x", "format"),
        ("candidate:x:y\0k", "candidates"),
        ("huh\0x", "huh"),
    ] {
        assert_eq!(of(report("a=1", option).unwrap_err()), ("bad_option", field.to_owned()));
    }
    let error = report("a=1", "sign_type\0md5").unwrap_err();
    assert_eq!(of(error), ("unknown_sign_type", "signType".to_owned()));
}

/// Every code that core can give through the package stands in its types.
#[test]
fn the_types_list_the_codes() {
    let folder = env!("CARGO_MANIFEST_DIR");
    let types = std::fs::read_to_string(format!("{folder}/npm/types/index.d.ts")).unwrap();
    let codes = std::fs::read_to_string(format!("{folder}/../core/src/codes.rs")).unwrap();
    let words =
        codes.split('"').skip(1).step_by(2).filter(|word| {
            word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') && word.len() > 1
        });
    // A wrong signature is an answer, money does not cross, features are no codes.
    let elsewhere = ["sign_missing", "sign_malformed", "sign_mismatch", "xml", "explain"];
    let mut seen = 0;
    for word in words.filter(|word| !elsewhere.contains(word) && !word.starts_with("amount_")) {
        assert!(types.contains(&format!("'{word}'")), "{word}");
        seen += 1;
    }
    assert!(seen > 25, "{seen}");
}
