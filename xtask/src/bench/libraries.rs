//! The core beside libraries of other languages, each with its own runtime.

use super::figures::Figures;
use super::{Section, core, faster_than, peers};
use crate::error::TaskError;
use crate::report::Step;

const MD5: &[&str] = &["tenpay", "wechatpay-axios-plugin", "weixin-pay", "wechatpy"];
const HMAC: &[&str] = &["tenpay", "wechatpay-axios-plugin", "wechatpy"];
/// Call, who has it, and how many times as fast as each of them we want to be.
const CALLS: [(&str, &[&str], Option<f64>); 4] = [
    ("sign_md5", MD5, None),
    ("sign_hmac", HMAC, None),
    ("verify_md5", MD5, Some(5.0)),
    ("signed_xml_md5", MD5, Some(5.0)),
];

/// Comes after the section that measures Node's libraries.
pub fn section(step: &mut Step<'_>, run: &mut Figures) -> Result<Section, TaskError> {
    core::measure(step, run)?;
    let python = peers::folder().join("venv/bin/python");
    let mut wechatpy = peers::script(&python.to_string_lossy(), "wechatpy_bench.py");
    run.extend(Figures::of(step, &mut wechatpy)?);
    let mut rows = Vec::new();
    for (call, libraries, times) in CALLS {
        for library in libraries {
            let (ours, theirs) = (run.get(call, "ns")?, run.get(library, call)?);
            rows.push(faster_than(call, ours, library, theirs, times));
        }
    }
    let about = "CPU time for the same order and notice: the core in Rust with a prepared key, tenpay, wechatpay-axios-plugin and \
        weixin-pay in Node, wechatpy in CPython. wechatpy verifies only MD5 notices. From crates.io there is nobody: \
        wechatpay 0.1.4, the only crate found there for APIv2, makes wrong signatures.";
    Ok(Section { title: "Core, beside other libraries", about: about.to_owned(), rows, bounds: "" })
}
