//! The published libraries of Standard Webhooks.

use serde_json::{Map, json};
use wxpay_tests::Received;

use crate::runner::{Process, node, python};

/// npm's and PyPI's.
pub fn libraries() -> [Process; 2] {
    let name = "standardwebhooks";
    [Process::start(name, node(name)), Process::start(name, python("standardwebhooks_runner.py"))]
}

/// Takes a message as a receiver with this library does, now or at another time in seconds since 1970; else the
/// library's reason.
pub fn verify(
    library: &Process,
    secret: &str,
    message: &Received,
    now_s: Option<i64>,
) -> Result<(), String> {
    let headers = message.headers.iter();
    let headers: Map<_, _> =
        headers.map(|(name, value)| (name.clone(), value.clone().into())).collect();
    let answer = library.ask(json!({
        "op": "verify_webhook", "secret": secret, "headers": headers, "body": message.body,
        "now_s": now_s,
    }));
    match answer["ok"].as_bool().expect("ok") {
        true => Ok(()),
        false => Err(answer["reason"].as_str().expect("reason").to_owned()),
    }
}
