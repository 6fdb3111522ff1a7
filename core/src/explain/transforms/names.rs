//! Group E: the names under which fields are signed.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

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
    for &(name, value) in &[("signType", "MD5"), ("signType", "HMAC-SHA256"), ("sign_type", "MD5")]
    {
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
