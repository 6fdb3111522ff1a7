//! The calls on the host: flat strings in, text or JSON out, errors with code and field. What JavaScript makes of it is
//! tested in `wasm/npm/tests`.
#![cfg(all(feature = "calls", feature = "explain"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failed unwrap is a failed test"
)]

use serde_json::Value;
use wxpay_wasm::CallError;
use wxpay_wasm::calls::{
    build_xml, decrypt_refund_notice, invoke, parse_xml, sign, string_to_sign, verify, verify_xml,
};
use wxpay_wasm::explain::report;

const KEY: &str = "wasm0tests0key0of0nobody00000001";

fn vectors(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/tests/vectors/");
    serde_json::from_str(&std::fs::read_to_string(format!("{folder}{name}.json")).unwrap()).unwrap()
}

fn flat(parts: &[&str]) -> String {
    parts.join("\0")
}

/// `parts`, then a set of fields.
fn call(parts: &[&str], fields: &[&str]) -> String {
    let count = (fields.len() / 2).to_string();
    flat(&[parts, &[&count], fields].concat())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
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
        assert_eq!(string_to_sign(&call(&[], &params)).unwrap(), vector["string_to_sign"]);
        let named = pairs.iter().any(|pair| pair[0] == "sign_type" || pair[0] == "signType");
        let Some(right) = vector["md5"].as_str().filter(|_| !named) else { continue };
        let head = [vector["key"].as_str().unwrap(), "MD5"];
        assert_eq!(sign(&call(&head, &params)).unwrap(), right);
        assert_eq!(verify(&call(&head, &params)).unwrap(), "false");
        if !params.contains(&"sign") {
            let signed = [&params[..], &["sign", right]].concat();
            assert_eq!(verify(&call(&head, &signed)).unwrap(), "true");
        }
    }
}

#[test]
fn xml_and_refund_notices_become_fields() {
    let xml = build_xml(&call(&[], &["body", "茶<\"\n", "empty", ""])).unwrap();
    assert_eq!(parse_xml(xml.as_bytes()).unwrap(), "{\"body\":\"茶<\\\"\\u000a\",\"empty\":\"\"}");
    assert_eq!(parse_xml(b"<xml></xml>").unwrap(), "{}");
    for vector in vectors("refund_notice").as_array().unwrap() {
        let text = |name: &str| vector[name].as_str().unwrap();
        let fields = decrypt_refund_notice(&flat(&[text("key"), text("req_info")])).unwrap();
        assert_eq!(
            (&json(&fields)["out_refund_no"], &json(&fields)["refund_fee"]),
            (&"R1".into(), &"1".into())
        );
    }
}

#[test]
fn a_message_is_read_and_verified_in_one_call() {
    let fields = ["body", "茶", "mch_id", "1900000001"];
    for word in ["MD5", "HMAC-SHA256"] {
        let right = sign(&call(&[KEY, word], &fields)).unwrap();
        let message = |sign: &str| {
            let xml = build_xml(&call(&[], &[&fields[..], &["sign", sign]].concat())).unwrap();
            flat(&[KEY, word, &xml]).into_bytes()
        };
        let read = json(&verify_xml(&message(&right)).unwrap());
        assert_eq!(
            read,
            serde_json::json!({ "body": "茶", "mch_id": "1900000001", "sign": right })
        );
        let wrong = right.replace(&right[..1], if right.starts_with('0') { "1" } else { "0" });
        for (sign, code) in
            [(&*wrong, "sign_mismatch"), ("", "sign_missing"), ("ab", "sign_malformed")]
        {
            let error = verify_xml(&message(sign)).unwrap_err();
            assert!(!error.message.contains(&right[1..]));
            assert_eq!(of(error), (code, "sign".to_owned()));
        }
    }
    assert_eq!(of(verify_xml(KEY.as_bytes()).unwrap_err()).0, "unknown_sign_type");
    assert_eq!(of(verify_xml(&flat(&[KEY, "MD5"]).into_bytes()).unwrap_err()).0, "xml_empty");
    assert_eq!(of(verify_xml(b"\xff\0MD5\0").unwrap_err()).0, "internal");
}

#[test]
fn a_nul_inside_a_field_makes_the_count_wrong() {
    for fields in [&["a\0b", "1"][..], &["a", "1\0"], &["a\0b\0c", "1"]] {
        for call in
            [call(&[KEY, "MD5"], fields), call(&[KEY, "MD5"], &[fields, &["b", "2"]].concat())]
        {
            assert_eq!(of(sign(&call).unwrap_err()).0, "nul");
            assert_eq!(of(verify(&call).unwrap_err()).0, "nul");
        }
        assert_eq!(of(build_xml(&call(&[], fields)).unwrap_err()).0, "nul");
    }
    assert_eq!(string_to_sign("0").unwrap(), "");
    assert_eq!(of(string_to_sign("").unwrap_err()).0, "nul");
}

#[test]
fn the_second_signature() {
    let key = "qazwsxedcrfvtgbyhnujmikolp111111";
    let parts =
        ["mini_program", key, "MD5", "wxd678efh567hg6787", "wx2017033010242291fcfe0db70013231072"];
    let call = flat(&[&parts[..], &["1490840662", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"]].concat());
    assert_eq!(json(&invoke(&call).unwrap())["paySign"], "22D9B4E54AB1950F51E0649E8810ACD6");
    let late = flat(&[&parts[..], &["1490840662000", "n"]].concat());
    assert_eq!(of(invoke(&late).unwrap_err()), ("not_seconds", "time_stamp".to_owned()));
    let kind = flat(&["h5", key, "MD5"]);
    assert_eq!(of(invoke(&kind).unwrap_err()), ("bad_option", "kind".to_owned()));
}

#[test]
fn errors_name_the_field_and_keep_the_key() {
    let twice = sign(&call(&[KEY, "MD5"], &["a", "1", "a", "2"])).unwrap_err();
    assert_eq!(of(twice.clone()), ("duplicate_name", "a".to_owned()));
    let key = sign(&call(&[&KEY[1..], "MD5"], &[])).unwrap_err();
    assert_eq!(of(key.clone()), ("key_length", "key".to_owned()));
    let word = sign(&call(&[KEY, "md5"], &[])).unwrap_err();
    assert_eq!(of(word.clone()), ("unknown_sign_type", "signType".to_owned()));
    let differs = sign(&call(&[KEY, "MD5"], &["signType", "HMAC-SHA256"])).unwrap_err();
    assert_eq!(of(differs.clone()), ("sign_type_differs", "signType".to_owned()));
    for error in [twice, key, word, differs] {
        assert!(!format!("{error:?}").contains(&KEY[1..]), "{error:?}");
    }
    let bad = build_xml(&call(&[], &["a", "fine\tand\nwell", "b", "茶\u{1}"])).unwrap_err();
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
    let (codes, _tests) = codes.split_once("#[cfg(test)]").unwrap();
    let words =
        codes.split('"').skip(1).step_by(2).filter(|word| {
            word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') && word.len() > 1
        });
    // Money does not cross, features are no codes.
    let elsewhere = ["xml", "explain"];
    let mut seen = 0;
    for word in words.filter(|word| !elsewhere.contains(word) && !word.starts_with("amount_")) {
        assert!(types.contains(&format!("'{word}'")), "{word}");
        seen += 1;
    }
    assert!(seen > 25, "{seen}");
}
