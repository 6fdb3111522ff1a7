//! The npm package in Node, beside the libraries one would install there instead.

use super::figures::Figures;
use super::{Section, faster_than, peers};
use crate::error::TaskError;
use crate::report::Step;

/// Call, library, and how many times as fast we want to be.
const ROWS: [(&str, &str, Option<f64>); 13] = [
    ("sign_md5", "tenpay", Some(1.0)),
    ("sign_md5", "wechatpay-axios-plugin", Some(1.5)),
    ("sign_md5", "weixin-pay", None),
    ("sign_md5", "js-md5", None),
    ("sign_hmac", "tenpay", Some(1.0)),
    ("sign_hmac", "wechatpay-axios-plugin", Some(1.5)),
    ("verify_md5", "tenpay", Some(5.0)),
    ("verify_md5", "wechatpay-axios-plugin", Some(5.0)),
    ("verify_md5", "weixin-pay", Some(5.0)),
    ("verify_hmac", "wechatpay-axios-plugin", Some(5.0)),
    ("signed_xml_md5", "tenpay", None),
    ("signed_xml_md5", "wechatpay-axios-plugin", None),
    ("signed_xml_md5", "weixin-pay", None),
];

pub fn section(step: &mut Step<'_>, run: &mut Figures) -> Result<Section, TaskError> {
    let figures = Figures::of(step, &mut peers::script("node", "node.mjs"))?;
    let mut rows = Vec::new();
    for (call, library, times) in ROWS {
        let (ours, theirs) = (figures.get("wxpay-wasm", call)?, figures.get(library, call)?);
        rows.push(faster_than(call, ours, library, theirs, times));
    }
    run.extend(figures);
    let about = "CPU time of one process. tenpay and wechatpay-axios-plugin call the digests of Node's OpenSSL; js-md5 \
        is the function of most tutorials around that npm package. weixin-pay knows no HMAC-SHA256. Verifying is `verifyXml`. Two fifths of an \
        HMAC-SHA256 here are the digest itself, which OpenSSL leaves to the processor's SHA instructions and \
        WebAssembly cannot.";
    Ok(Section {
        title: "npm package in Node, beside its peers",
        about: about.to_owned(),
        rows,
        bounds: "",
    })
}
