//! The merchants' blocks of the file, and their checks.

use serde::{Deserialize, Serialize};
use wxpay_core::SignType;
use wxpay_core::messages::Identity;

use super::Checks;
use super::secrets::Reader;
use super::webhook::{self, WebhookFile};
use crate::merchant::Merchant;

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MerchantFile {
    pub(super) id: String,
    appid: String,
    pub(super) mch_id: String,
    #[serde(default)]
    sub_appid: Option<String>,
    #[serde(default)]
    sub_mch_id: Option<String>,
    #[serde(default = "hmac")]
    sign_type: SignType,
    pub(super) api_key_file: Option<String>,
    pub(super) api_key_env: Option<String>,
    pub(super) old_api_key_file: Option<String>,
    pub(super) old_api_key_env: Option<String>,
    pub(super) old_api_key_until: Option<String>,
    pub(super) app_secret_file: Option<String>,
    pub(super) app_secret_env: Option<String>,
    pub(super) admin_key_file: Option<String>,
    pub(super) admin_key_env: Option<String>,
    pub(super) cert_file: Option<String>,
    pub(super) key_file: Option<String>,
    #[serde(default)]
    webhooks: Vec<WebhookFile>,
}

const fn hmac() -> SignType {
    SignType::HmacSha256
}

/// Every merchant that is right in itself; what is wrong with each, or between two, is a problem.
pub(super) fn check_all(
    files: &[MerchantFile],
    checks: &mut Checks,
    reader: &Reader<'_>,
) -> Vec<Merchant> {
    if files.is_empty() {
        checks.problem("merchants", "expected at least one [[merchants]] block");
    }
    let mut merchants: Vec<Merchant> = Vec::new();
    for file in files {
        let Some(merchant) = file.check(checks, reader) else { continue };
        let key = format!("merchants.{}", merchant.id);
        if merchants.iter().any(|other| other.id == merchant.id) {
            checks.problem(format!("{key}.id"), "is used twice");
        }
        let admin_key = merchant.admin_key.expose();
        if merchants.iter().any(|other| other.admin_key.matches(admin_key)) {
            checks.problem(format!("{key}.admin_key"), "is another merchant's, too");
        }
        if merchants.iter().any(|other| is_same_account(&other.identity, &merchant.identity)) {
            let what = "is another merchant's, too, with the same appid: one notice fits both";
            checks.problem(format!("{key}.mch_id"), what);
        }
        merchants.push(merchant);
    }
    merchants
}

impl MerchantFile {
    fn check(&self, checks: &mut Checks, reader: &Reader<'_>) -> Option<Merchant> {
        let key = |name: &str| format!("merchants.{}.{name}", self.id);
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if self.id.is_empty() || self.id.len() > 32 || !self.id.bytes().all(plain) {
            checks.problem(key("id"), "expected 1 to 32 of a-z, 0-9 and -");
        }
        let identity = [("appid", Some(&self.appid)), ("mch_id", Some(&self.mch_id))];
        let sub =
            [("sub_appid", self.sub_appid.as_ref()), ("sub_mch_id", self.sub_mch_id.as_ref())];
        for (name, value) in identity.into_iter().chain(sub) {
            let fits = |text: &String| {
                (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
            };
            if value.is_some_and(|text| !fits(text)) {
                checks.problem(key(name), "expected 1 to 32 letters and digits");
            }
        }
        if self.sub_appid.is_some() && self.sub_mch_id.is_none() {
            checks.problem(key("sub_mch_id"), "missing: sub_appid alone names no shop");
        }
        if self.sub_mch_id.as_ref() == Some(&self.mch_id) {
            checks.problem(key("sub_mch_id"), "expected the shop's number, not the provider's");
        }
        let api_key = reader.api_key(checks, self);
        let old_api_key = reader.old_api_key(checks, self, api_key.as_ref());
        let app_secret = reader.app_secret(checks, self);
        let admin_key = reader.admin_key(checks, self);
        let certificate = reader.certificate(checks, self);
        let webhooks = webhook::check_all(&self.id, &self.webhooks, checks, reader);
        Some(Merchant {
            id: self.id.clone(),
            identity: Identity {
                appid: self.appid.clone(),
                mch_id: self.mch_id.clone(),
                sub_appid: self.sub_appid.clone(),
                sub_mch_id: self.sub_mch_id.clone(),
            },
            sign_type: self.sign_type,
            api_key: api_key?,
            old_api_key,
            app_secret: app_secret?,
            admin_key: admin_key?,
            certificate,
            webhooks,
        })
    }
}

/// WeChat tells such merchants apart by nothing: their order numbers are one set, and so are their notices.
fn is_same_account(one: &Identity, other: &Identity) -> bool {
    let account = |identity: &Identity| {
        let Identity { appid, mch_id, sub_mch_id, sub_appid: _ } = identity.clone();
        (appid, mch_id, sub_mch_id)
    };
    account(one) == account(other)
}
