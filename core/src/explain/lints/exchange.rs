//! The signature's shape, the algorithm, the endpoint and the set of fields.

use super::Look;
use crate::SignType;
use crate::explain::message::{APP, INVOKE};
use crate::explain::report::{Scene, Weight};
use crate::explain::seek::{contains, contains_any};

pub(super) fn look(look: &mut Look<'_>) {
    if let Some(given) = look.given {
        signature(look, given);
    }
    sign_type(look);
    endpoint(look);
    match look.check.message.scene {
        Scene::Invoke => invoke(look),
        Scene::App => set(look, &APP),
        Scene::Reply | Scene::Notice | Scene::RefundNotice => received(look),
        Scene::Request => request(look),
    }
}

fn signature(look: &mut Look<'_>, given: &str) {
    let hex = given.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut add = |id, detail: &str| look.add(id, Weight::Error, Some("sign"), detail, None);
    match given.len() {
        16 if hex => add("D8", "16 characters"),
        32 | 64 if hex => {}
        length if hex && length < 64 && length != 40 => add("D9", "too short by some characters"),
        length if length > 128 => add("D12", "as long as an RSA signature"),
        _ if !hex => add("D10", "not hex"),
        _ => {}
    }
    let named = look.check.message.sign_type;
    if look.check.message.sign_type_known
        && hex
        && matches!(given.len(), 32 | 64)
        && given.len() != named.hex_len()
    {
        let id = if look.check.message.scene.is_received() { "H4" } else { "D3" };
        look.add(
            id,
            Weight::Error,
            Some("sign"),
            "the length belongs to the other algorithm",
            None,
        );
    }
}

fn sign_type(look: &mut Look<'_>) {
    for &name in &["sign_type", "signType"] {
        let Some(field) = look.check.message.field(name) else { continue };
        let value = field.value.as_str();
        if value.is_empty() || value.parse::<SignType>().is_ok() {
            continue;
        }
        let id =
            if value.starts_with("RSA") || value.starts_with("WECHATPAY2") { "D12" } else { "D11" };
        look.add(id, Weight::Error, Some(name), value, Some(&field.value_span));
    }
    if contains(look.check.input, "WECHATPAY2-SHA256-RSA2048") {
        look.add("D12", Weight::Error, None, "WECHATPAY2-SHA256-RSA2048", None);
    }
}

fn endpoint(look: &mut Look<'_>) {
    let url = look.check.options.url.unwrap_or_default();
    let message = look.check.message;
    let promotion = contains_any(url, &["mmpaymkttransfers", "mmpaysptrans"]);
    let transfer = promotion
        || message.get("partner_trade_no").is_some()
        || message.get("mch_billno").is_some();
    let sign_type = message.get("sign_type");
    if contains(url, "downloadfundflow") && message.sign_type == SignType::Md5 {
        look.add(
            "D13",
            Weight::Error,
            Some("sign_type"),
            "downloadfundflow takes HMAC-SHA256 only",
            None,
        );
    } else if transfer && sign_type.is_some() {
        look.add("D13", Weight::Error, Some("sign_type"), "this endpoint has no sign_type", None);
    } else if contains(url, "/v3/") {
        look.add("D12", Weight::Error, None, "/v3/", None);
    }
    let silent =
        ["downloadbill", "downloadfundflow", "payitil/report", "getsignkey", "getpublickey"];
    if message.scene == Scene::Reply && (promotion || contains_any(url, &silent)) {
        look.add("H6", Weight::Info, None, "this endpoint never signs", None);
    }
}

/// The fields a client must be given, in exactly this spelling.
fn set(look: &mut Look<'_>, names: &[&'static str]) {
    let message = look.check.message;
    for (field, (_, signed_as)) in message.fields.iter().zip(&message.states) {
        if let Some(name) = signed_as {
            let id = if name.eq_ignore_ascii_case("timestamp") { "E3" } else { "E4" };
            look.add(id, Weight::Warning, Some(&field.name), name, Some(&field.name_span));
        }
    }
    for name in names {
        if message.get(name).is_none() {
            look.add("E2", Weight::Error, Some(name), name, None);
        }
    }
}

fn invoke(look: &mut Look<'_>) {
    set(look, &INVOKE);
    let message = look.check.message;
    if message.added.iter().any(|(name, _)| *name == "signType") {
        look.add("E7", Weight::Error, Some("signType"), "the client is not given signType", None);
    }
    let package = message.get("package").unwrap_or_default();
    let id = package.strip_prefix("prepay_id=");
    if id.is_none_or(|id| matches!(id, "" | "undefined" | "null" | "None" | "[object Object]")) {
        look.add("E6", Weight::Error, Some("package"), package, None);
    } else if id.is_some_and(|id| !id.starts_with("wx")) {
        look.add("G8", Weight::Warning, Some("package"), "a prepay_id begins with wx", None);
    }
    if let Some(field) = message.field("prepay_id") {
        look.add(
            "E6",
            Weight::Warning,
            Some("prepay_id"),
            "package=prepay_id=..",
            Some(&field.name_span),
        );
    }
}

fn received(look: &mut Look<'_>) {
    let message = look.check.message;
    let code = message.get("return_code").unwrap_or("SUCCESS");
    if code != "SUCCESS" && look.given.is_none() {
        look.add("H5", Weight::Info, Some("return_code"), code, None);
    }
    let has_info = message.get("req_info").is_some();
    let asked = look.check.options.scene;
    if has_info && asked == Some(Scene::Notice) || !has_info && asked == Some(Scene::RefundNotice) {
        look.add(
            "H7",
            Weight::Error,
            Some("req_info"),
            if has_info { "there is req_info" } else { "no req_info" },
            None,
        );
    }
    if message.scene == Scene::Notice {
        for field in message
            .fields
            .iter()
            .filter(|field| field.name.bytes().any(|byte| byte.is_ascii_uppercase()))
        {
            look.add(
                "E13",
                Weight::Warning,
                Some(&field.name),
                &field.name,
                Some(&field.name_span),
            );
        }
        for &name in &["local_id", "merchant_id", "order_id", "user_id", "id"] {
            if let Some(field) = message.field(name) {
                look.add("E13", Weight::Warning, Some(name), name, Some(&field.name_span));
            }
        }
    }
}

fn request(look: &mut Look<'_>) {
    let message = look.check.message;
    let has = |name: &str| message.get(name).is_some();
    // Another interface's name, the right one, and the field that shows which interface this is.
    for &(other, right, mark) in &[
        ("mchid", "mch_id", "out_trade_no"),
        ("mchid", "mch_id", "trade_type"),
        ("appId", "appid", "mch_id"),
        ("mch_id", "mchid", "partner_trade_no"),
        ("appid", "mch_appid", "partner_trade_no"),
        ("appid", "wxappid", "mch_billno"),
        ("mchid", "mch_id", "mch_billno"),
    ] {
        if has(mark) && has(other) && !has(right) {
            let span = message.field(other).map(|field| field.name_span.clone());
            look.add("E11", Weight::Error, Some(other), right, span.as_ref());
        }
    }
}
