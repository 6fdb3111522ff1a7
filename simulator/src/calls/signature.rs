//! Why a request's signature is wrong, in one sentence for the log. Never says what the right one is.

use wxpay_core::explain::{KeyKind, NamedKey, Options, Report, Scene, explain};
use wxpay_core::{Params, SignType};

use crate::config::Merchant;

/// Asks the explanation engine, with the keys this simulator knows.
pub(crate) fn why_signature_failed(
    params: &Params,
    sign_type: SignType,
    merchant: &Merchant,
    merchants: &[Merchant],
) -> String {
    if params.filled("sign").is_none() {
        return "sign the request".into();
    }
    let mut keys = vec![NamedKey::checked(KeyKind::Main, "API key", &merchant.key)];
    keys.push(NamedKey {
        kind: KeyKind::AppSecret,
        label: "AppSecret",
        bytes: merchant.app_secret.as_bytes(),
    });
    let others = merchants.iter().filter(|other| other.mch_id != merchant.mch_id);
    keys.extend(
        others.map(|other| NamedKey::checked(KeyKind::OtherMerchant, &other.mch_id, &other.key)),
    );
    let (scene, sign_name) = match params.get("appId") {
        Some(_) => (Scene::Invoke, "paySign"),
        None => (Scene::Request, "sign"),
    };
    let options = Options {
        keys: &keys,
        sign_type: Some(sign_type),
        scene: Some(scene),
        ..Options::default()
    };
    in_words(&explain(&as_text(params, sign_name), &options))
}

/// The parameters as JSON, which keeps every value as it is.
fn as_text(params: &Params, sign_name: &str) -> String {
    let named =
        params.iter().map(|(name, value)| (if name == "sign" { sign_name } else { name }, value));
    serde_json::Value::from_iter(named).to_string()
}

fn in_words(report: &Report) -> String {
    let Some(cause) = report.causes.first().filter(|cause| cause.proved) else {
        return format!(
            "no known mistake gives it ({} tried): compare the key and the signed fields",
            report.tried.singles + report.tried.pairs
        );
    };
    let titles: Vec<_> = cause.parts.iter().map(|part| part.row.title_en).collect();
    let details: Vec<_> = cause.parts.iter().map(|part| part.detail.as_str()).collect();
    format!("{} ({}): {}", titles.join(" + "), cause.id(), details.join(" + "))
}
