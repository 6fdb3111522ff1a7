//! Group E: the names under which fields are signed.

use alloc::string::String;
use alloc::vec;

use super::{Edit, List, Op};
use crate::explain::message::Message;
use crate::explain::report::Scene;
use crate::explain::seek::replace;

/// Row, right name, other name.
type Renames = [(&'static str, &'static str, &'static str)];

pub(super) fn sets<'a>(list: &mut List<'a>, message: &'a Message<'a>) {
    match message.scene {
        Scene::Invoke => invoke(list, message),
        Scene::App => app(list),
        Scene::Request | Scene::Reply | Scene::Notice | Scene::RefundNotice => {
            renames(list, &GENERAL);
            list.edit("E4", "all names in camelCase", Edit::Names(camel));
            list.edit("E4", "all names without _", Edit::Names(|name| replace(name, "_", "")));
        }
    }
    // The names exactly as they were pasted.
    for (name, pasted) in &message.renamed {
        list.edit("E4", "", Edit::Rename(name, pasted));
    }
    if message.renamed.len() > 1 {
        list.edit("E4", "the names as pasted", Edit::RenameAll(&message.renamed));
    }
}

fn renames(list: &mut List<'_>, table: &'static Renames) {
    for (id, from, to) in table {
        list.edit(id, "", Edit::Rename(from, to));
    }
}

const INVOKE: [(&str, &str, &str); 11] = [
    ("E1", "appId", "appid"),
    ("E1", "appId", "appID"),
    ("E3", "timeStamp", "timestamp"),
    ("E3", "timeStamp", "time_stamp"),
    ("E4", "nonceStr", "noncestr"),
    ("E4", "nonceStr", "nonce_str"),
    ("E4", "package", "Package"),
    ("E4", "package", "packageValue"),
    ("E4", "package", "prepay_id"),
    ("E7", "signType", "sign_type"),
    ("E7", "signType", "signtype"),
];

fn invoke<'a>(list: &mut List<'a>, message: &'a Message<'a>) {
    renames(list, &INVOKE);
    list.edit("E2", "no appId", Edit::Drop(vec!["appId"]));
    list.edit("E7", "no signType", Edit::Drop(vec!["signType"]));
    list.edit("E7", "no appId, no signType", Edit::Drop(vec!["appId", "signType"]));
    let all = &[
        ("appId", "appid"),
        ("nonceStr", "noncestr"),
        ("timeStamp", "timestamp"),
        ("signType", "signtype"),
    ];
    list.edit("E4", "all names in lower case", Edit::RenameAll(all));
    let all = &[
        ("appId", "appid"),
        ("nonceStr", "nonce_str"),
        ("timeStamp", "timestamp"),
        ("signType", "sign_type"),
    ];
    list.edit("E4", "all names with _", Edit::RenameAll(all));
    let sign_type = match message.sign_type {
        crate::SignType::Md5 => "HMAC-SHA256",
        crate::SignType::HmacSha256 => "MD5",
    };
    for word in [sign_type, "md5", "HMACSHA256"] {
        list.set("E7", "signType", "", &[word]);
    }
    if let Some(package) = message.get("package") {
        let id = package.strip_prefix("prepay_id=").unwrap_or(package);
        for &(what, before) in &[
            (" without prepay_id=", ""),
            (" with prepay_id= before it", "prepay_id="),
            ("=prepay_id%3D..", "prepay_id%3D"),
            ("=prepayid=..", "prepayid="),
        ] {
            list.set("E6", "package", what, &[before, id]);
        }
        for value in
            ["Sign=WXPay", "prepay_id=undefined", "prepay_id=null", "prepay_id=None", "prepay_id="]
        {
            list.set("E6", "package", "", &[value]);
        }
    }
}

/// The fields of an app's second signature in camelCase; the last one is not always changed with the others.
const CAMEL: [(&str, &str); 6] = [
    ("appid", "appId"),
    ("partnerid", "partnerId"),
    ("prepayid", "prepayId"),
    ("noncestr", "nonceStr"),
    ("timestamp", "timeStamp"),
    ("package", "packageValue"),
];
const APP: [(&str, &str, &str); 4] = [
    ("E4", "partnerid", "mch_id"),
    ("E4", "prepayid", "prepay_id"),
    ("E4", "noncestr", "nonce_str"),
    ("E3", "timestamp", "time_stamp"),
];

fn app(list: &mut List<'_>) {
    let five = CAMEL.split_last().map_or(&[][..], |(_, five)| five);
    for (what, names) in
        [("all names in camelCase", five), ("all names in camelCase, packageValue", &CAMEL)]
    {
        list.push_both("E5", Some("E4"), what, Op::Edit(Edit::RenameAll(names)));
    }
    for (from, to) in &CAMEL {
        list.edit("E5", "", Edit::Rename(from, to));
    }
    renames(list, &APP);
    for name in ["appid", "partnerid", "package"] {
        list.edit("E2", "", Edit::Drop(vec![name]));
    }
    for value in ["WXPay", "sign=WXPay", "prepay_id"] {
        list.set("E6", "package", "", &[value]);
    }
    for &(name, value) in &[("signType", "MD5"), ("signType", "HMAC-SHA256"), ("sign_type", "MD5")]
    {
        list.edit("E7", "", Edit::Add(name, value));
    }
}

const GENERAL: [(&str, &str, &str); 27] = [
    ("E1", "appid", "appId"),
    ("E1", "appId", "appid"),
    ("E1", "appid", "appID"),
    ("E1", "appid", "app_id"),
    ("E3", "timestamp", "timeStamp"),
    ("E3", "time_stamp", "timeStamp"),
    ("E3", "timeStamp", "timestamp"),
    ("E3", "time_stamp", "timestamp"),
    ("E4", "nonce_str", "nonceStr"),
    ("E4", "nonce_str", "noncestr"),
    ("E4", "nonceStr", "nonce_str"),
    ("E4", "noncestr", "nonce_str"),
    ("E11", "mch_id", "mchid"),
    ("E11", "mchid", "mch_id"),
    ("E11", "mch_id", "mchId"),
    ("E11", "appid", "mch_appid"),
    ("E11", "mch_appid", "appid"),
    ("E11", "appid", "wxappid"),
    ("E11", "wxappid", "appid"),
    ("E11", "partnerid", "mch_id"),
    ("E11", "mch_id", "partnerid"),
    ("E11", "openid", "openId"),
    ("E11", "sign_type", "signType"),
    ("E11", "total_fee", "totalFee"),
    ("E11", "out_trade_no", "outTradeNo"),
    ("E11", "notify_url", "notifyUrl"),
    ("E11", "trade_type", "tradeType"),
];

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
