//! The effective configuration as a person reads it, secrets masked.

use serde::Serialize;

use super::Config;
use super::certificate::day;
use crate::merchant::{Merchant, Webhook, notify_url};

#[derive(Serialize)]
struct Shown<'a> {
    profile: &'a str,
    log: Log<'a>,
    http: Http<'a>,
    store: Store<'a>,
    wechat: WeChat<'a>,
    orders: Orders,
    webhooks: Webhooks,
    reconcile: Reconcile,
    merchants: Vec<ShownMerchant<'a>>,
}

#[derive(Serialize)]
struct Log<'a> {
    level: &'a str,
}

#[derive(Serialize)]
struct Http<'a> {
    listen: String,
    public_url: &'a str,
    trusted_proxies: Vec<String>,
    max_connections: usize,
    header_timeout_ms: u64,
    body_timeout_ms: u64,
    request_timeout_ms: u64,
    drain_timeout_ms: u64,
}

#[derive(Serialize)]
struct Store<'a> {
    path: std::borrow::Cow<'a, str>,
    cache_mb: u64,
}

#[derive(Serialize)]
struct WeChat<'a> {
    pay_url: &'a str,
    backup_pay_url: &'a str,
    report: bool,
    login_url: &'a str,
    connect_timeout_ms: u64,
    total_timeout_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca_file: Option<&'static str>,
}

#[derive(Serialize)]
struct Orders {
    expire_s: i64,
    refund_paid_after_close: bool,
    token_s: i64,
}

#[derive(Serialize)]
struct Webhooks {
    timeout_ms: u64,
    max_in_flight: usize,
}

#[derive(Serialize)]
struct ShownWebhook<'a> {
    id: &'a str,
    url: String,
    allow_private: bool,
    secret: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_secret: Option<String>,
}

#[derive(Serialize)]
struct Reconcile {
    daily: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
}

#[derive(Serialize)]
struct ShownMerchant<'a> {
    id: &'a str,
    appid: &'a str,
    mch_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_appid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_mch_id: Option<&'a str>,
    sign_type: &'a str,
    notify_url: String,
    certificate: String,
    api_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_api_key: Option<String>,
    app_secret: String,
    admin_key: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    webhooks: Vec<ShownWebhook<'a>>,
}

pub(super) fn shown(config: &Config) -> String {
    let merchants = config.merchants.iter().map(|merchant| merchant_shown(config, merchant));
    let shown = Shown {
        // What sets the profiles apart.
        profile: if config.wechat.allow_http { "test" } else { "production" },
        log: Log { level: &config.log_level },
        http: Http {
            listen: config.listen.to_string(),
            public_url: &config.public_url,
            trusted_proxies: config.trusted_proxies.iter().map(ToString::to_string).collect(),
            max_connections: config.limits.max_connections,
            header_timeout_ms: config.limits.header_timeout_ms,
            body_timeout_ms: config.limits.body_timeout_ms,
            request_timeout_ms: config.limits.request_timeout_ms,
            drain_timeout_ms: config.limits.drain_timeout_ms,
        },
        store: Store {
            path: config.store_path.to_string_lossy(),
            cache_mb: config.store_cache_bytes / (1024 * 1024),
        },
        wechat: WeChat {
            pay_url: config.wechat.pay_url.as_str(),
            backup_pay_url: config.wechat.backup_pay_url.as_ref().map_or("", |url| url.as_str()),
            report: config.wechat.report,
            login_url: config.wechat.login_url.as_str(),
            connect_timeout_ms: config.wechat.connect_timeout_ms,
            total_timeout_ms: config.wechat.total_timeout_ms,
            ca_file: config.wechat.ca_pem.as_ref().map(|_| "(read)"),
        },
        orders: Orders {
            expire_s: config.order_expire_s,
            refund_paid_after_close: config.refund_paid_after_close,
            token_s: config.token_s,
        },
        webhooks: Webhooks {
            timeout_ms: config.webhooks.timeout_ms,
            max_in_flight: config.webhooks.max_in_flight,
        },
        reconcile: Reconcile {
            daily: config.daily.is_some(),
            at: config
                .daily
                .map(|daily| format!("{:02}:{:02}", daily.at_minutes / 60, daily.at_minutes % 60)),
        },
        merchants: merchants.collect(),
    };
    // Plain tables of text and numbers always have a TOML form.
    toml::to_string(&shown).unwrap_or_default()
}

fn webhook_shown(webhook: &Webhook) -> ShownWebhook<'_> {
    let mut secrets = webhook.secrets.iter().map(|secret| format!("****({} bytes)", secret.len()));
    ShownWebhook {
        id: &webhook.id,
        url: webhook.shown_url(),
        allow_private: webhook.allow_private,
        secret: secrets.next().unwrap_or_default(),
        old_secret: secrets.next(),
    }
}

fn merchant_shown<'a>(config: &Config, merchant: &'a Merchant) -> ShownMerchant<'a> {
    let masked = |length: usize| format!("****({length})");
    ShownMerchant {
        id: &merchant.id,
        appid: &merchant.identity.appid,
        mch_id: &merchant.identity.mch_id,
        sub_appid: merchant.identity.sub_appid.as_deref(),
        sub_mch_id: merchant.identity.sub_mch_id.as_deref(),
        sign_type: merchant.sign_type.as_str(),
        notify_url: notify_url(&config.public_url, &merchant.id),
        certificate: certificate_shown(merchant),
        api_key: masked(32),
        old_api_key: merchant
            .old_api_key
            .as_ref()
            .map(|old| format!("{}, until {}", masked(32), day(old.until_ms - 1))),
        app_secret: masked(merchant.app_secret.len()),
        admin_key: masked(merchant.admin_key.len()),
        webhooks: merchant.webhooks.iter().map(webhook_shown).collect(),
    }
}

fn certificate_shown(merchant: &Merchant) -> String {
    let Some(certificate) = &merchant.certificate else {
        return "none: no refunds before cert_file and key_file are set".into();
    };
    let name = certificate.common_name.as_deref().unwrap_or("no name");
    format!("{name}, until {}", day(certificate.ends_ms))
}
