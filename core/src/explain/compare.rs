//! Compares two inputs: what was signed and what was sent, or a reply and what the client was given. The X rows.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::encode::Encode;
use super::evaluate::part;
use super::message::Message;
use super::read::{Format, ReadField, Reading};
use super::report::{Cause, Report, Scene};
use super::seek::{contains, contains_any, plain, replace, same_name};

/// A finding: row, detail.
type Findings = Vec<(&'static str, String)>;

pub(super) fn collect(
    message: &Message<'_>,
    other: &Reading,
    given: Option<&str>,
    report: &mut Report,
) {
    let mut findings = Findings::new();
    let client = matches!(message.scene, Scene::Invoke | Scene::App);
    let theirs = other.get("prepay_id").is_some() || other.get("mch_id").is_some();
    if client && theirs {
        second_signing(message, other, given, &mut findings);
    } else {
        sent(message, other, &mut findings);
    }
    for (id, detail) in findings {
        let known =
            report.causes.iter().any(|cause| cause.parts.iter().any(|part| part.row.id == id));
        if !known {
            report.causes.push(Cause {
                parts: vec![part(id, None, &detail)],
                proved: false,
                signed_text: String::new(),
            });
        }
    }
}

/// The client's arguments against the order they belong to.
fn second_signing(
    message: &Message<'_>,
    order: &Reading,
    given: Option<&str>,
    found: &mut Findings,
) {
    let sign = order.get("sign").unwrap_or_default();
    if !sign.is_empty() && given.is_some_and(|given| given.eq_ignore_ascii_case(sign)) {
        found.push(("E8", "paySign = sign".into()));
    }
    let algorithm = match (order.get("sign_type"), sign.len()) {
        (Some(named), _) if !named.is_empty() => named,
        (_, 64) => "HMAC-SHA256",
        (_, 32) => "MD5",
        _ => "",
    };
    let second = message
        .field("signType")
        .or_else(|| message.field("sign_type"))
        .map(|field| field.value.as_str());
    if let Some(second) = second.filter(|second| !algorithm.is_empty() && *second != algorithm) {
        found.push(("D2", [algorithm, " / ", second].concat()));
    }
    if message.scene == Scene::Invoke && second.is_none() {
        found.push(("E7", "signType".into()));
    }
    let package = message.get("package").unwrap_or_default();
    let id = if message.scene == Scene::App {
        message.get("prepayid")
    } else {
        package.strip_prefix("prepay_id=")
    };
    let wanted = order.get("prepay_id").filter(|id| !id.is_empty());
    if let (Some(id), Some(wanted)) = (id, wanted)
        && id != wanted
    {
        found.push(("G8", "prepay_id".into()));
    }
    let leaked = ["mch_id", "nonce_str", "prepay_id", "trade_type", "return_code"];
    if message.fields.iter().filter(|field| leaked.contains(&field.name.as_str())).count() > 1 {
        found.push(("G6", "fields of the order among the client's".into()));
    }
}

/// The signed fields against the body that was sent.
fn sent(message: &Message<'_>, body: &Reading, found: &mut Findings) {
    if body.format == Format::Form
        || body.format == Format::Query
            && message.scene == Scene::Request
            && body.wrapping.is_some()
    {
        found.push(("G5", String::from(body.format.as_str())));
    }
    let signed = || message.pairs.iter().filter(|pair| pair.signed);
    let filled = |field: &&ReadField| {
        !field.value.is_empty() && field.name != "sign" && field.name != "paySign"
    };
    for pair in signed() {
        let (name, value) = (&*pair.name, &*pair.value);
        match body.get(name).filter(|other| !other.is_empty()) {
            Some(other) if other == value => {}
            Some(other) => found.push((difference(name, value, other), name.into())),
            None => {
                let mut sent = body.fields.iter().filter(filled);
                let renamed = sent.any(|field| same_name(&field.name, name));
                let id = if name == "sign_type" {
                    "E9"
                } else if renamed {
                    "G4"
                } else {
                    "E10"
                };
                found.push((id, ["signed, not sent: ", name].concat()));
            }
        }
    }
    for field in body.fields.iter().filter(filled) {
        if !signed().any(|pair| same_name(&pair.name, &field.name)) {
            let leaked =
                ["timeStamp", "paySign", "package", "signType"].contains(&field.name.as_str());
            let id = if field.name == "sign_type" {
                "E9"
            } else if leaked {
                "G6"
            } else {
                "E10"
            };
            found.push((id, ["sent, not signed: ", &field.name].concat()));
        }
    }
    let same = |name: &str| message.get(name).is_some() && message.get(name) == body.get(name);
    let differs =
        |name: &str| message.get(name).is_some() && body.get(name).is_some() && !same(name);
    if same("nonce_str")
        && differs("out_trade_no")
        && body.get("sign").is_some()
        && message.own_sign.is_some()
    {
        found.push(("G7", "nonce_str".into()));
    }
}

/// Which mistake makes `sent` of `signed`.
fn difference(name: &str, signed: &str, sent: &str) -> &'static str {
    let made = |encode: Encode| encode.apply(signed) == sent || encode.apply(sent) == signed;
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    if matches!(plain(name).as_str(), "noncestr" | "timestamp") {
        return "G1";
    }
    if replace(signed, "+", " ") == sent || replace(sent, "+", " ") == signed {
        return "C19";
    }
    if !signed.is_ascii()
        && Encode::NoEmoji.apply(signed)
            == Encode::NoEmoji.apply(&replace(&replace(sent, "?", ""), "\u{fffd}", ""))
    {
        return "C18";
    }
    if made(Encode::Mojibake)
        || contains(sent, "\u{fffd}")
        || !signed.is_ascii() && contains(sent, "?") && !contains(signed, "?")
    {
        return "C9";
    }
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let begin_alike = |digits: usize| {
        let first = |text: &str| -> Vec<u8> {
            text.bytes().filter(u8::is_ascii_digit).take(digits).collect()
        };
        first(signed) == first(sent)
    };
    // As a float it has about 16 digits, and 14 of them or fewer as PHP prints it: 2.0261121E+18.
    let rounded =
        is_number(sent) && begin_alike(14) || contains_any(sent, &["e+", "E+"]) && begin_alike(13);
    if signed.len() > 15 && is_number(signed) && sent.len() > 15 && rounded {
        return "F11";
    }
    let is_json = |text: &str| matches!(text.as_bytes(), [b'{' | b'[', ..]);
    if is_json(signed) && is_json(sent) && same_json(&letters(signed), &letters(sent)) {
        return "E14";
    }
    if strip_tags(signed) == sent || strip_tags(sent) == signed {
        return "C20";
    }
    if matches!(name, "out_trade_no" | "out_refund_no") { "G2" } else { "G3" }
}

/// The same bytes, whatever their order and escapes.
fn same_json(one: &str, other: &str) -> bool {
    let count = |text: &str| {
        let mut counts = [0_u32; 256];
        for byte in Encode::Unescaped.apply(text).bytes() {
            if let Some(count) = counts.get_mut(usize::from(byte)) {
                *count += 1;
            }
        }
        counts
    };
    count(one) == count(other)
}

fn strip_tags(text: &str) -> String {
    let mut inside = false;
    text.chars()
        .filter(|c| {
            let keep = !inside && *c != '<';
            inside = if inside { *c != '>' } else { *c == '<' };
            keep
        })
        .collect()
}
