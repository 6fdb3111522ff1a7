//! Shared by the tests: a shop's data, an independent way to sign, and the vectors.

use serde_json::Value;
use wxpay_core::explain::{NamedKey, Options, Report, Scene, explain};

/// Written by hand, in no vector and in no reference.
pub const KEY: &str = "Zk3Lw8QyT5nVb1RcXd7MpHs4JgFa9UeE";

/// Some Chinese and its GBK bytes, from the published table.
pub fn gbk(c: char) -> Option<[u8; 2]> {
    let table = [
        ('测', [0xb2, 0xe2]),
        ('试', [0xca, 0xd4]),
        ('商', [0xc9, 0xcc]),
        ('品', [0xc6, 0xb7]),
        ('茶', [0xb2, 0xe8]),
        ('杯', [0xb1, 0xad]),
        ('两', [0xc1, 0xbd]),
    ];
    table.iter().find(|(known, _)| *known == c).map(|(_, bytes)| *bytes)
}

pub fn vectors(name: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub fn pairs(value: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    value.as_array().unwrap().iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect()
}

/// JSON keeps the order and every character.
pub fn json(pairs: &[(String, String)]) -> String {
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let members: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}:{}", quoted(name), quoted(value))).collect();
    format!("{{{}}}", members.join(","))
}

/// Explains `sign` for these fields.
pub fn ask(pairs: &[(String, String)], key: &str, sign: &str, scene: Option<Scene>) -> Report {
    let keys = [NamedKey::main(key)];
    explain(
        &json(pairs),
        &Options { keys: &keys, sign: Some(sign), scene, gbk: Some(&gbk), ..Options::default() },
    )
}

pub fn ids(report: &Report) -> Vec<String> {
    report.causes.iter().map(|cause| cause.id()).collect()
}
