//! Groups E and H: fields left out, and fields that were signed but are not in the message.

use alloc::vec;
use alloc::vec::Vec;

use super::key::Keys;
use super::{Edit, List, Op};
use crate::explain::message::Message;
use crate::explain::report::Scene;

/// What a struct of a usual SDK knows of a payment notification.
const USUAL: [&str; 22] = [
    "return_code",
    "return_msg",
    "appid",
    "mch_id",
    "nonce_str",
    "result_code",
    "err_code",
    "err_code_des",
    "openid",
    "is_subscribe",
    "trade_type",
    "bank_type",
    "total_fee",
    "fee_type",
    "cash_fee",
    "cash_fee_type",
    "transaction_id",
    "out_trade_no",
    "attach",
    "time_end",
    "device_info",
    "sign_type",
];

/// Fields left out: each alone, then the groups that go together.
pub(super) fn drops<'a>(list: &mut List<'a>, message: &'a Message<'a>) {
    let received = list.received;
    let (h1, h13) = if received { ("H1", "H13") } else { ("E10", "E10") };
    let coupon = |name: &str| name.starts_with("coupon_");
    let numbered =
        |name: &str| name.starts_with("coupon_") && name.ends_with(|c: char| c.is_ascii_digit());
    let sub = |name: &str| name.starts_with("sub_");
    group(list, message, h13, received.then_some("H1"), "no sub_*", sub);
    group(list, message, h1, None, "no coupon_*_0, coupon_*_1, ..", numbered);
    group(list, message, h1, None, "no coupon_*", coupon);
    group(list, message, h1, None, "no sub_*, no coupon_*", |name| {
        name.starts_with("coupon_") || name.starts_with("sub_")
    });
    if received {
        group(list, message, h1, None, "no field that a usual struct lacks", |name| {
            !USUAL.contains(&name)
        });
        group(list, message, h1, None, "no return_code, no return_msg", |name| {
            name.starts_with("return_")
        });
    }
    group(list, message, "E10", None, "no time_start, no time_expire", |name| {
        name == "time_start" || name == "time_expire"
    });
    for pair in message.pairs.iter().filter(|pair| pair.signed) {
        let name = &*pair.name;
        let unknown = !USUAL.contains(&name);
        let (id, also) = match name {
            "sign_type" if received => ("H3", Some("E9")),
            "sign_type" | "signType" => ("E9", Some("H3")),
            "key" | "class" | "id" => ("B17", Some("E10")),
            _ if received && name.starts_with("sub_") => ("H13", Some("H1")),
            _ if received && unknown && local(name) => ("E13", None),
            _ if received => ("H1", Some("E13")),
            _ => ("E10", None),
        };
        list.push_both(id, also, "", Op::Edit(Edit::Drop(vec![name])));
    }
}

fn group<'a>(
    list: &mut List<'a>,
    message: &'a Message<'a>,
    id: &'static str,
    also: Option<&'static str>,
    what: &'static str,
    test: fn(&str) -> bool,
) {
    let mut names = Vec::new();
    for pair in &message.pairs {
        if pair.signed && test(&pair.name) {
            names.push(&*pair.name);
        }
    }
    if !names.is_empty() {
        list.push_both(id, also, what, Op::Edit(Edit::Drop(names)));
    }
}

/// Names that programs use for their own, not WeChat.
fn local(name: &str) -> bool {
    LOCAL.contains(&name) || name.bytes().any(|byte| byte.is_ascii_uppercase())
}

const LOCAL: [&str; 8] =
    ["local_id", "id", "merchant_id", "order_id", "user_id", "uid", "store_id", "tenant_id"];

/// Fields that were signed but are not in the message.
pub(super) fn additions<'a>(
    list: &mut List<'a>,
    message: &'a Message<'a>,
    right: &[&str],
    keys: &'a Keys<'a>,
) {
    sign(list, "sign= with no value", "");
    for text in right {
        sign(list, "the first signature signed again", text);
    }
    if absent(message, "sign_type") && absent(message, "signType") {
        for (name, value) in &SIGN_TYPES {
            list.edit("E9", "", Edit::Add(name, value));
        }
    }
    for text in right {
        let lower = text.to_ascii_lowercase();
        sign(list, "the first signature, in lower case, signed again", &lower);
    }
    sign(list, "sign=null", "null");
    sign(list, "sign=undefined", "undefined");
    if let Ok(key) = core::str::from_utf8(keys.main) {
        list.edit("B10", " sorted among the pairs, and again at the end", Edit::Add("key", key));
        list.push("B10", "key sorted among the pairs", Op::KeyField(key));
    }
    if !absent(message, "sign_type") {
        for word in ["md5", "HMACSHA256", "HMAC-SHA-256"] {
            list.set("D11", "sign_type", "", &[word]);
        }
    }
    if matches!(message.scene, Scene::Invoke | Scene::App) {
        return;
    }
    for name in LOCAL {
        if absent(message, name) {
            list.edit("E13", "", Edit::Add(name, "1"));
            list.edit("E13", "", Edit::Add(name, message.get("mch_id").unwrap_or("0")));
        }
    }
    for name in OPTIONAL {
        if absent(message, name) {
            for (id, value) in [("B5", ""), ("B6", "null"), ("B6", "undefined")] {
                list.edit(id, "", Edit::Add(name, value));
            }
        }
    }
    if !message.scene.is_received() {
        for (name, value) in &DEFAULTS {
            if absent(message, name) {
                list.edit("E10", "", Edit::Add(name, value));
            }
        }
    }
}

fn sign<'a>(list: &mut List<'a>, what: &'static str, value: &str) {
    list.edit("B7", what, Edit::Sign(value.into()));
}

fn absent(message: &Message<'_>, name: &str) -> bool {
    message.pairs.iter().all(|pair| pair.name != name)
}

const SIGN_TYPES: [(&str, &str); 4] = [
    ("sign_type", "MD5"),
    ("sign_type", "HMAC-SHA256"),
    ("signType", "MD5"),
    ("signType", "HMAC-SHA256"),
];

/// Optional fields that the sender's map had and its XML writer left out.
const OPTIONAL: [&str; 12] = [
    "attach",
    "device_info",
    "detail",
    "goods_tag",
    "limit_pay",
    "openid",
    "product_id",
    "sub_mch_id",
    "sub_appid",
    "time_start",
    "time_expire",
    "scene_info",
];

/// What the sender fills in.
const DEFAULTS: [(&str, &str); 4] = [
    ("fee_type", "CNY"),
    ("device_info", "WEB"),
    ("trade_type", "JSAPI"),
    ("spbill_create_ip", "127.0.0.1"),
];
