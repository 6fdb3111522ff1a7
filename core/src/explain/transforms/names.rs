//! Group E: names and sets of fields.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::key::Keys;
use super::{Edit, List, Op};
use crate::explain::message::Message;
use crate::explain::report::Scene;

pub(super) fn sets<'a>(list: &mut List<'a>, message: &'a Message<'a>) {
    match message.scene {
        Scene::Invoke => invoke(list, message),
        Scene::App => app(list),
        Scene::Request | Scene::Reply | Scene::Notice | Scene::RefundNotice => general(list),
    }
    // The names exactly as they were pasted.
    let mut all = Vec::new();
    for (field, (_, signed_as)) in message.fields.iter().zip(&message.states) {
        if let Some(name) = signed_as {
            let pair = (*name, field.name.as_str());
            list.edit("E4", super::arrow(pair.0, pair.1), Edit::Rename(vec![pair]));
            all.push(pair);
        }
    }
    if all.len() > 1 {
        list.edit("E4", "the names as pasted", Edit::Rename(all));
    }
}

fn rename<'a>(list: &mut List<'a>, id: &'static str, from: &'static str, to: &'static str) {
    list.edit(id, super::arrow(from, to), Edit::Rename(vec![(from, to)]));
}

fn invoke<'a>(list: &mut List<'a>, message: &Message<'a>) {
    rename(list, "E1", "appId", "appid");
    rename(list, "E1", "appId", "appID");
    rename(list, "E3", "timeStamp", "timestamp");
    rename(list, "E3", "timeStamp", "time_stamp");
    rename(list, "E4", "nonceStr", "noncestr");
    rename(list, "E4", "nonceStr", "nonce_str");
    rename(list, "E4", "package", "Package");
    rename(list, "E4", "package", "packageValue");
    rename(list, "E4", "package", "prepay_id");
    rename(list, "E7", "signType", "sign_type");
    rename(list, "E7", "signType", "signtype");
    list.edit("E2", "no appId", Edit::Drop(vec!["appId"]));
    list.edit("E7", "no signType", Edit::Drop(vec!["signType"]));
    list.edit("E7", "no appId, no signType", Edit::Drop(vec!["appId", "signType"]));
    let all = vec![
        ("appId", "appid"),
        ("nonceStr", "noncestr"),
        ("timeStamp", "timestamp"),
        ("signType", "signtype"),
    ];
    list.edit("E4", "all names in lower case", Edit::Rename(all));
    let all = vec![
        ("appId", "appid"),
        ("nonceStr", "nonce_str"),
        ("timeStamp", "timestamp"),
        ("signType", "sign_type"),
    ];
    list.edit("E4", "all names with _", Edit::Rename(all));
    let sign_type = match message.sign_type {
        crate::SignType::Md5 => "HMAC-SHA256",
        crate::SignType::HmacSha256 => "MD5",
    };
    for &word in &[sign_type, "md5", "HMACSHA256"] {
        list.edit("E7", super::assign("signType", word), Edit::Set("signType", word.into()));
    }
    if let Some(package) = message.get("package") {
        let id = package.strip_prefix("prepay_id=").unwrap_or(package);
        let with = |before: &str, id: &str| {
            let mut text = String::from(before);
            text.push_str(id);
            text
        };
        list.edit("E6", "package without prepay_id=", Edit::Set("package", id.into()));
        list.edit(
            "E6",
            "package with prepay_id= before it",
            Edit::Set("package", with("prepay_id=", id)),
        );
        list.edit("E6", "package=prepay_id%3D..", Edit::Set("package", with("prepay_id%3D", id)));
        list.edit("E6", "package=prepayid=..", Edit::Set("package", with("prepayid=", id)));
        list.edit("E6", "package=Sign=WXPay", Edit::Set("package", "Sign=WXPay".into()));
        for &word in &["undefined", "null", "None", ""] {
            let value = with("prepay_id=", word);
            list.edit("E6", super::assign("package", &value), Edit::Set("package", value));
        }
    }
}

fn app(list: &mut List<'_>) {
    let camel = vec![
        ("appid", "appId"),
        ("partnerid", "partnerId"),
        ("prepayid", "prepayId"),
        ("noncestr", "nonceStr"),
        ("timestamp", "timeStamp"),
    ];
    let mut value = camel.clone();
    value.push(("package", "packageValue"));
    let also = Some("E4");
    for (detail, names) in
        [("all names in camelCase", camel.clone()), ("all names in camelCase, packageValue", value)]
    {
        list.all.push(super::Transform {
            id: "E5",
            also,
            detail: detail.into(),
            op: Op::Edit(Edit::Rename(names)),
            rare: true,
        });
    }
    for (from, to) in camel {
        rename(list, "E5", from, to);
    }
    rename(list, "E5", "package", "packageValue");
    rename(list, "E4", "partnerid", "mch_id");
    rename(list, "E4", "prepayid", "prepay_id");
    rename(list, "E4", "noncestr", "nonce_str");
    rename(list, "E3", "timestamp", "time_stamp");
    for &name in &["appid", "partnerid", "package"] {
        let mut detail = String::from("no ");
        detail.push_str(name);
        list.edit("E2", detail, Edit::Drop(vec![name]));
    }
    for &value in &["WXPay", "sign=WXPay", "prepay_id"] {
        list.edit("E6", super::assign("package", value), Edit::Set("package", value.into()));
    }
    for &(name, value) in &[("signType", "MD5"), ("signType", "HMAC-SHA256"), ("sign_type", "MD5")] {
        list.edit("E7", super::assign(name, value), Edit::Add(name, Cow::Borrowed(value)));
    }
}

fn general(list: &mut List<'_>) {
    for (from, to) in
        [("appid", "appId"), ("appId", "appid"), ("appid", "appID"), ("appid", "app_id")]
    {
        rename(list, "E1", from, to);
    }
    for &(from, to) in &[
        ("timestamp", "timeStamp"),
        ("time_stamp", "timeStamp"),
        ("timeStamp", "timestamp"),
        ("time_stamp", "timestamp"),
    ] {
        rename(list, "E3", from, to);
    }
    for &(from, to) in &[
        ("nonce_str", "nonceStr"),
        ("nonce_str", "noncestr"),
        ("nonceStr", "nonce_str"),
        ("noncestr", "nonce_str"),
    ] {
        rename(list, "E4", from, to);
    }
    for &(from, to) in &[
        ("mch_id", "mchid"),
        ("mchid", "mch_id"),
        ("mch_id", "mchId"),
        ("appid", "mch_appid"),
        ("mch_appid", "appid"),
        ("appid", "wxappid"),
        ("wxappid", "appid"),
        ("partnerid", "mch_id"),
        ("mch_id", "partnerid"),
        ("openid", "openId"),
        ("sign_type", "signType"),
        ("total_fee", "totalFee"),
        ("out_trade_no", "outTradeNo"),
        ("notify_url", "notifyUrl"),
        ("trade_type", "tradeType"),
    ] {
        rename(list, "E11", from, to);
    }
    list.edit("E4", "all names in camelCase", Edit::Names(camel));
    list.edit("E4", "all names without _", Edit::Names(|name| name.replace('_', "")));
}

fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else if upper {
            out.push(c.to_ascii_uppercase());
            upper = false;
        } else {
            out.push(c);
        }
    }
    out
}

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
