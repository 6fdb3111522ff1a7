//! Groups E and H: fields left out, and fields that were signed but are not in the message.

use alloc::borrow::Cow;
use alloc::string::String;
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
    let signed = || message.pairs.iter().filter(|pair| pair.signed).map(|pair| &*pair.name);
    let received = list.received;
    let mut group = |id: &'static str,
                     also: Option<&'static str>,
                     detail: &'static str,
                     test: &dyn Fn(&str) -> bool| {
        let names: Vec<&str> = signed().filter(|name| test(name)).collect();
        if !names.is_empty() {
            list.all.push(super::Transform {
                id,
                also,
                detail: detail.into(),
                op: Op::Edit(Edit::Drop(names)),
                rare: true,
            });
        }
    };
    let (h1, h13) = if received { ("H1", "H13") } else { ("E10", "E10") };
    group(h13, received.then_some("H1"), "no sub_*", &|name| name.starts_with("sub_"));
    group(h1, None, "no coupon_*_0, coupon_*_1, ..", &|name| {
        name.starts_with("coupon_") && name.ends_with(|c: char| c.is_ascii_digit())
    });
    group(h1, None, "no coupon_*", &|name| name.starts_with("coupon_"));
    group(h1, None, "no sub_*, no coupon_*", &|name| {
        name.starts_with("coupon_") || name.starts_with("sub_")
    });
    if received {
        group(h1, None, "no field that a usual struct lacks", &|name| !USUAL.contains(&name));
        group(h1, None, "no return_code, no return_msg", &|name| name.starts_with("return_"));
    }
    group("E10", None, "no time_start, no time_expire", &|name| {
        name == "time_start" || name == "time_expire"
    });
    for name in signed() {
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
        let mut detail = String::from("no ");
        detail.push_str(name);
        list.all.push(super::Transform {
            id,
            also,
            detail: detail.into(),
            op: Op::Edit(Edit::Drop(vec![name])),
            rare: true,
        });
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
    let absent = |name: &str| message.pairs.iter().all(|pair| pair.name != name);
    list.edit("B7", "sign= with no value", Edit::Sign(String::new()));
    for sign in right {
        list.edit("B7", "the first signature signed again", Edit::Sign((*sign).into()));
    }
    let sign_types = [
        ("sign_type", "MD5"),
        ("sign_type", "HMAC-SHA256"),
        ("signType", "MD5"),
        ("signType", "HMAC-SHA256"),
    ];
    if absent("sign_type") && absent("signType") {
        for (name, value) in sign_types {
            list.edit("E9", super::assign(name, value), Edit::Add(name, Cow::Borrowed(value)));
        }
    }
    for sign in right {
        list.edit(
            "B7",
            "the first signature, in lower case, signed again",
            Edit::Sign(sign.to_ascii_lowercase()),
        );
    }
    for &word in &["null", "undefined"] {
        list.edit("B7", super::assign("sign", word), Edit::Sign(word.into()));
    }
    if let Ok(key) = core::str::from_utf8(keys.main) {
        list.edit(
            "B10",
            "key sorted among the pairs, and again at the end",
            Edit::Add("key", Cow::Borrowed(key)),
        );
        list.push("B10", "key sorted among the pairs", Op::KeyField(key));
    }
    for (name, value) in
        [("sign_type", "md5"), ("sign_type", "HMACSHA256"), ("sign_type", "HMAC-SHA-256")]
    {
        if !absent(name) {
            list.edit("D11", super::assign(name, value), Edit::Set(name, value.into()));
        }
    }
    if matches!(message.scene, Scene::Invoke | Scene::App) {
        return;
    }
    for name in LOCAL {
        let own = message.get("mch_id").unwrap_or("0");
        for &value in &["1", own] {
            if absent(name) {
                list.edit("E13", super::assign(name, value), Edit::Add(name, Cow::Borrowed(value)));
            }
        }
    }
    // Optional fields that the sender's map had and its XML writer left out.
    for &name in &[
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
    ] {
        if absent(name) {
            for &(id, value) in &[("B5", ""), ("B6", "null"), ("B6", "undefined")] {
                list.edit(id, super::assign(name, value), Edit::Add(name, Cow::Borrowed(value)));
            }
        }
    }
    for &(name, value) in &[
        ("fee_type", "CNY"),
        ("device_info", "WEB"),
        ("trade_type", "JSAPI"),
        ("spbill_create_ip", "127.0.0.1"),
    ] {
        if absent(name) && !message.scene.is_received() {
            list.edit("E10", super::assign(name, value), Edit::Add(name, Cow::Borrowed(value)));
        }
    }
}
