//! The vectors of `tests/vectors`, read as data.

use wxpay_core::explain::{NamedKey, Options, Verdict, explain};

use super::support::{ask, ids, json, pairs, vectors};

#[test]
fn every_negative_vector_is_named() {
    let vectors = vectors("mistakes.json");
    let fields = pairs(&vectors["params"]);
    let key = vectors["key"].as_str().unwrap();
    let mut wrong = Vec::new();
    for variant in vectors["variants"].as_array().unwrap() {
        let report = ask(&fields, key, variant["sign"].as_str().unwrap(), None);
        let first = report.causes.first();
        if report.verdict != Verdict::Mismatch
            || first
                .is_none_or(|cause| !cause.proved || cause.id() != variant["id"].as_str().unwrap())
        {
            wrong.push(format!(
                "{} {}: {:?} {:?}",
                variant["id"],
                variant["what"],
                ids(&report),
                report.tried
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_other_vector_is_named() {
    let vectors = vectors("mistakes.json");
    let mut wrong = Vec::new();
    for variant in vectors["others"].as_array().unwrap() {
        let key = variant["key"].as_str().unwrap();
        let fields = pairs(&variant["params"]);
        let report = ask(&fields, key, variant["sign"].as_str().unwrap(), None);
        let id = variant["id"].as_str().unwrap();
        let also: Vec<_> =
            variant["also"].as_array().into_iter().flatten().filter_map(|id| id.as_str()).collect();
        let named = report.causes.first().is_some_and(|cause| {
            cause.proved
                && (cause.id() == id
                    || also.contains(&cause.id().as_str()) && cause.parts[0].also == Some(id))
        });
        if !named {
            wrong.push(format!("{id} {}: {:?} {:?}", variant["what"], ids(&report), report.tried));
        }
        let correct = variant["correct"].as_str().unwrap();
        assert_eq!(ask(&fields, key, correct, None).verdict, Verdict::Match, "{id}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_right_vector_matches_and_the_string_is_shown_without_the_key() {
    for vector in vectors("sign.json").as_array().unwrap() {
        let key = vector["key"].as_str().unwrap();
        let keys = [NamedKey::main(key)];
        for sign in ["md5", "hmac_sha256"].iter().filter_map(|name| vector[*name].as_str()) {
            let sign_type = if sign.len() == 32 {
                wxpay_core::SignType::Md5
            } else {
                wxpay_core::SignType::HmacSha256
            };
            let options = Options {
                keys: &keys,
                sign: Some(sign),
                sign_type: Some(sign_type),
                ..Options::default()
            };
            let report = explain(&json(&pairs(&vector["params"])), &options);
            assert_eq!(report.verdict, Verdict::Match, "{} {:?}", vector["id"], ids(&report));
            assert!(report.causes.is_empty());
            let text = format!("{}&key=******", vector["string_to_sign"].as_str().unwrap());
            assert_eq!(report.string_to_sign, text);
        }
    }
}
