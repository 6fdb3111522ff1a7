//! `wxpay explain`: the catalogue's samples through the real binary, and what it must never print.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;
use wxpay_tests::process::{output, wxpay};

use crate::{stderr, stdout};

const KEY: &str = "192006250b4c09247ec02edce69f6a2d";

/// Writes a message and explains it.
async fn explain(message: &str, key: Option<&str>, arguments: &[&str], lang: &str) -> Output {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("message");
    fs::write(&file, message).unwrap();
    let mut command = wxpay(["explain".as_ref(), file.as_os_str()]);
    command.args(arguments).env("LANG", lang);
    if let Some(key) = key {
        command.env("WXPAY_API_KEY", key);
    }
    output(&mut command).await
}

/// The negative vectors: parameters, and each mistake with the wrong signature it gives.
fn mistakes() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/vectors/mistakes.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// As XML, which keeps the order of the fields.
fn message(params: &Value, sign: &str) -> String {
    let pairs = params.as_array().unwrap().iter();
    let mut fields: Vec<(&str, &str)> =
        pairs.map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap())).collect();
    fields.push(("sign", sign));
    let fields = fields.iter().map(|(name, value)| format!("<{name}><![CDATA[{value}]]></{name}>"));
    format!("<xml>{}</xml>", fields.collect::<String>())
}

#[tokio::test]
async fn every_negative_vector_is_named_and_proved() {
    let data = mistakes();
    let key = data["key"].as_str().unwrap();
    for variant in data["variants"].as_array().unwrap() {
        let message = message(&data["params"], variant["sign"].as_str().unwrap());
        let output = explain(&message, Some(key), &["--json"], "C.UTF-8").await;
        assert_eq!(output.status.code(), Some(1), "{variant}");
        let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!(report["verdict"], "mismatch", "{variant}");
        let cause = &report["causes"][0];
        assert_eq!(cause["proved"], true, "{variant}: {cause}");
        let wanted = variant["id"].as_str().unwrap();
        let named: Vec<_> = report["causes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|cause| cause["id"].as_str().unwrap())
            .collect();
        assert!(named.iter().any(|id| id.split('+').any(|id| id == wanted)), "{wanted}: {named:?}");
        assert!(!stdout(&output).contains(key));
    }
}

#[tokio::test]
async fn the_exit_code_tells_the_verdict() {
    let data = mistakes();
    let key = data["key"].as_str().unwrap();
    let right = message(&data["params"], data["md5"].as_str().unwrap());
    let wrong = message(&data["params"], &"A".repeat(32));
    let unsigned = message(&data["params"], "");
    for (message, key, code, verdict) in [
        (&right, Some(key), 0, "match"),
        (&wrong, Some(key), 1, "mismatch"),
        (&unsigned, Some(key), 1, "unsigned"),
        (&right, None, 2, "no_key"),
        (&String::from("%%%"), Some(key), 2, "malformed"),
    ] {
        let output = explain(message, key, &["--json"], "C.UTF-8").await;
        let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!((report["verdict"].as_str(), output.status.code()), (Some(verdict), Some(code)));
        if verdict == "mismatch" {
            assert_eq!(
                report["causes"],
                Value::Array(Vec::new()),
                "nothing is found without proof"
            );
        }
    }
}

#[tokio::test]
async fn a_person_reads_verdict_proof_and_fix_in_both_languages() {
    let data = mistakes();
    let key = data["key"].as_str().unwrap();
    let lower = message(&data["params"], &data["md5"].as_str().unwrap().to_lowercase());
    for (lang, verdict, title) in [
        ("C.UTF-8", "found and proved", "Lower-case signature"),
        ("zh_CN.UTF-8", "原因已找到并验证", "签名是小写"),
    ] {
        let output = explain(&lower, Some(key), &[], lang).await;
        let text = stdout(&output);
        for wanted in [verdict, title, "D1", "java", "&key=******"] {
            assert!(text.contains(wanted), "{wanted} is not in\n{text}");
        }
        assert!(!text.contains('\u{1b}'), "no colours where no person looks");
        assert!(!text.contains(key) && stderr(&output).is_empty());
    }
}

#[tokio::test]
async fn another_key_that_fits_is_named_and_not_shown() {
    let data = mistakes();
    let directory = TempDir::new().unwrap();
    let old = directory.path().join("old.key");
    fs::write(&old, format!("{KEY}\n")).unwrap();
    let sample = message(&data["params"], data["md5"].as_str().unwrap());
    let main = "ffffeeeeddddccccbbbbaaaa99998888";
    let candidate = format!("old={}", old.display());
    let output =
        explain(&sample, Some(main), &["--json", "--try-key", &candidate], "C.UTF-8").await;
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["causes"][0]["id"], "A10", "{report}");
    assert!(!stdout(&output).contains(KEY) && !stdout(&output).contains(main));
}
