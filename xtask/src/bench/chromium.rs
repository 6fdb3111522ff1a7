//! The npm package in Chromium.

use super::figures::Figures;
use super::{Aim, Row, Section, faster_than, peers, words};
use crate::error::TaskError;
use crate::report::Step;
use crate::{process, tools};

/// Nobody waits for what takes less, in nanoseconds.
const SEARCH_LIMIT_NS: f64 = 50e6;

const BOUNDS: &str = "What bounds it: a page has no digest of its own that answers at once (`crypto.subtle` is asynchronous and has no MD5); \
    tenpay calls OpenSSL.";

pub fn section(step: &mut Step<'_>, run: &mut Figures) -> Result<Section, TaskError> {
    let chromium =
        tools::chromium().ok_or_else(|| TaskError::new("there is no Chromium", process::DOCTOR))?;
    let mut script = peers::script("node", "browser.mjs");
    let page = Figures::of(step, script.env("CHROMIUM", chromium))?;
    let ours = page.get("wxpay-wasm", "sign_md5")?;
    let by_hand = page.get("js-md5", "sign_md5")?;
    let mut rows = vec![
        faster_than("sign_md5", ours, "js-md5", by_hand, None),
        faster_than("sign_md5", ours, "tenpay in Node", run.get("tenpay", "sign_md5")?, Some(1.0)),
    ];
    for call in ["explain_md5", "explain_hmac"] {
        rows.push(Row {
            what: words(call).to_owned(),
            against: "50 ms".to_owned(),
            ratio: page.get("wxpay-wasm", call)? / SEARCH_LIMIT_NS,
            aim: Some(Aim::AtMost(1.0)),
            note: "12 fields, all mistakes tried, none fits".to_owned(),
        });
    }
    let about = "A page has no clock of CPU time: the least wall time of 15 windows, in which all calls take turns.";
    Ok(Section { title: "npm package in Chromium", about: about.to_owned(), rows, bounds: BOUNDS })
}
