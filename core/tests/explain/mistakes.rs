//! Every R row, with data of its own and signatures made by `vectors/explained.py`.

use serde_json::Value;
use wxpay_core::explain::{CATALOGUE, KeyKind, NamedKey, Options, Report, Scene, Verdict, explain};

use super::support::{gbk, ids, json, pairs, vectors};

fn kind(word: &str) -> KeyKind {
    match word {
        "other_merchant" => KeyKind::OtherMerchant,
        "app_secret" => KeyKind::AppSecret,
        "api_v3" => KeyKind::ApiV3,
        "old" => KeyKind::Old,
        "sub_merchant" => KeyKind::SubMerchant,
        "sandbox" => KeyKind::Sandbox,
        other => panic!("{other}"),
    }
}

fn scene(word: &str) -> Scene {
    match word {
        "request" => Scene::Request,
        "notice" => Scene::Notice,
        "invoke" => Scene::Invoke,
        "app" => Scene::App,
        other => panic!("{other}"),
    }
}

/// What each case is, and the answer to it.
pub fn reports() -> Vec<(String, Report)> {
    let cases = vectors("explained.json");
    let what = |case: &Value| format!("{} {}", case["id"], case["what"]).replace('"', "");
    cases.as_array().unwrap().iter().map(|case| (what(case), report(case))).collect()
}

fn report(case: &Value) -> Report {
    let text = |name: &str| case[name].as_str().unwrap();
    let mut keys = vec![NamedKey::main(text("key"))];
    let others = case["others"].as_array().cloned().unwrap_or_default();
    for other in &others {
        let (label, bytes) = (other[0].as_str().unwrap(), other[1].as_str().unwrap().as_bytes());
        keys.push(NamedKey { kind: kind(label), label, bytes });
    }
    let options = Options {
        keys: &keys,
        sign: Some(text("sign")),
        scene: Some(scene(text("scene"))),
        gbk: Some(&gbk),
        ..Options::default()
    };
    explain(&json(&pairs(&case["params"])), &options)
}

/// What is wrong with the answer to one case, if anything.
fn wrong(case: &Value) -> Option<String> {
    let text = |name: &str| case[name].as_str().unwrap();
    let report = report(case);
    let sorted = |id: &str| {
        let mut parts: Vec<_> = id.split('+').map(str::to_owned).collect();
        parts.sort();
        parts
    };
    let wanted = [text("id"), case["accept"].as_str().unwrap_or("-")];
    let named = report.causes.first().is_some_and(|cause| {
        let also = cause
            .parts
            .iter()
            .map(|part| part.also.unwrap_or(part.row.id))
            .collect::<Vec<_>>()
            .join("+");
        cause.proved
            && wanted
                .iter()
                .any(|id| sorted(id) == sorted(&cause.id()) || sorted(id) == sorted(&also))
    });
    for cause in &report.causes {
        assert!(!cause.signed_text.contains(text("key").trim()), "{} shows the key", text("what"));
    }
    (report.verdict != Verdict::Mismatch || !named).then(|| {
        format!(
            "{} {}: {:?} {:?} {:?}",
            text("id"),
            text("what"),
            report.verdict,
            ids(&report),
            report.tried
        )
    })
}

#[test]
fn every_mistake_is_named_with_its_number() {
    let cases = vectors("explained.json");
    let wrong: Vec<_> = cases.as_array().unwrap().iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_that_is_found_by_recomputing_has_a_case() {
    let cases = vectors("explained.json");
    let covered = |id: &str| cases.as_array().unwrap().iter().any(|case| case["id"] == id);
    // H12 is a decryption, tested with the refund notices.
    let missing: Vec<_> = CATALOGUE
        .iter()
        .filter(|row| row.found_by.contains('R') && row.id != "H12" && !covered(row.id))
        .map(|row| row.id)
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
