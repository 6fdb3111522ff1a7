//! The shape of the file, and its checks.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use reqwest::Url;
use serde::{Deserialize, Serialize};
use wxpay_core::messages::Format;

use super::merchant::{self, MerchantFile};
use super::secrets::Reader;
use super::{Checks, Config, Problem, is_loopback};
use crate::ambient::{Clock, SystemClock};
use crate::books::Schedule;
use crate::gateway::WeChatConfig;
use crate::http::Limits;
use crate::merchant::{Merchants, refund_notify_url};
use crate::orders::{MAX_EXPIRE_S, MIN_EXPIRE_S};
use crate::outbox::WebhookLimits;
use crate::telemetry;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    profile: Profile,
    http: Http,
    store: Store,
    wechat: WeChat,
    orders: Orders,
    webhooks: Webhooks,
    reconcile: Reconcile,
    log: Log,
    #[serde(default)]
    merchants: Vec<MerchantFile>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Profile {
    Production,
    Test,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Http {
    listen: String,
    public_url: String,
    trusted_proxies: Vec<String>,
    max_connections: usize,
    header_timeout_ms: u64,
    body_timeout_ms: u64,
    request_timeout_ms: u64,
    drain_timeout_ms: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Store {
    path: String,
    cache_mb: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WeChat {
    pay_url: String,
    backup_pay_url: String,
    report: bool,
    login_url: String,
    connect_timeout_ms: u64,
    total_timeout_ms: u64,
    ca_file: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Orders {
    expire_s: u64,
    refund_paid_after_close: bool,
    token_s: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhooks {
    timeout_ms: u64,
    max_in_flight: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reconcile {
    daily: bool,
    at: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    level: String,
}

impl File {
    pub(super) fn check(
        self,
        directory: &Path,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Config, Vec<Problem>> {
        let mut checks = Checks::default();
        let is_production = self.profile == Profile::Production;
        let now_ms = SystemClock.now_ms();
        let reader = Reader { directory, environment, is_production, now_ms };
        let listen = checks.take("http.listen", parse::<SocketAddr>(&self.http.listen));
        let proxies = self.http.trusted_proxies.iter().filter_map(|proxy| {
            let parsed = parse::<IpAddr>(proxy);
            checks.take("http.trusted_proxies", parsed)
        });
        let trusted_proxies = proxies.collect();
        self.check_public_url(&mut checks);
        let wechat = self.check_wechat(&mut checks, &reader);
        let merchants = merchant::check_all(&self.merchants, &mut checks, &reader);
        self.check_numbers(&mut checks);
        let bare = merchants.iter().find(|merchant| merchant.certificate.is_none());
        if let Some(merchant) = bare.filter(|_| self.orders.refund_paid_after_close) {
            let what = format!("needs cert_file and key_file of merchant {}", merchant.id);
            checks.problem("orders.refund_paid_after_close", what);
        }
        if self.store.path.is_empty() {
            checks.problem("store.path", "missing");
        }
        let daily = self.check_daily(&mut checks);
        checks.take("log.level", telemetry::check(&self.log.level));
        match (listen, wechat, checks.problems.is_empty()) {
            (Some(listen), Some(wechat), true) => Ok(Config {
                listen,
                public_url: self.http.public_url,
                trusted_proxies,
                limits: Limits {
                    max_connections: self.http.max_connections,
                    header_timeout_ms: self.http.header_timeout_ms,
                    body_timeout_ms: self.http.body_timeout_ms,
                    request_timeout_ms: self.http.request_timeout_ms,
                    drain_timeout_ms: self.http.drain_timeout_ms,
                },
                store_path: directory.join(self.store.path),
                store_cache_bytes: self.store.cache_mb * 1024 * 1024,
                wechat,
                webhooks: WebhookLimits {
                    timeout_ms: self.webhooks.timeout_ms,
                    max_in_flight: self.webhooks.max_in_flight,
                },
                order_expire_s: self.orders.expire_s.cast_signed(),
                refund_paid_after_close: self.orders.refund_paid_after_close,
                token_s: self.orders.token_s.cast_signed(),
                daily,
                log_level: self.log.level,
                merchants: Merchants::new(merchants),
                warnings: checks.warnings,
            }),
            _ => Err(checks.problems),
        }
    }

    /// Every number has a range: beyond it somebody has mistaken the unit.
    fn check_numbers(&self, checks: &mut Checks) {
        let Http {
            header_timeout_ms, body_timeout_ms, request_timeout_ms, drain_timeout_ms, ..
        } = self.http;
        let WeChat { connect_timeout_ms, total_timeout_ms, .. } = self.wechat;
        let max_connections = u64::try_from(self.http.max_connections).unwrap_or(u64::MAX);
        let max_in_flight = u64::try_from(self.webhooks.max_in_flight).unwrap_or(u64::MAX);
        let expire_s = MIN_EXPIRE_S.cast_unsigned()..=MAX_EXPIRE_S.cast_unsigned();
        for (key, value, range) in [
            ("http.max_connections", max_connections, 1..=1_000_000),
            ("http.header_timeout_ms", header_timeout_ms, 100..=600_000),
            ("http.body_timeout_ms", body_timeout_ms, 100..=600_000),
            ("http.request_timeout_ms", request_timeout_ms, 100..=600_000),
            ("http.drain_timeout_ms", drain_timeout_ms, 0..=600_000),
            ("store.cache_mb", self.store.cache_mb, 1..=65_536),
            ("wechat.connect_timeout_ms", connect_timeout_ms, 100..=600_000),
            ("wechat.total_timeout_ms", total_timeout_ms, 100..=600_000),
            ("orders.expire_s", self.orders.expire_s, expire_s),
            ("webhooks.timeout_ms", self.webhooks.timeout_ms, 100..=60_000),
            ("webhooks.max_in_flight", max_in_flight, 1..=64),
            ("orders.token_s", self.orders.token_s, 60..=31_536_000),
        ] {
            if !range.contains(&value) {
                let (from, to) = (range.start(), range.end());
                checks.problem(key, format!("expected {from} to {to}"));
            }
        }
    }

    fn check_public_url(&self, checks: &mut Checks) {
        const KEY: &str = "http.public_url";
        let Some(url) = checks.take(KEY, parse::<Url>(&self.http.public_url)) else { return };
        if url.query().is_some() || url.fragment().is_some() || url.as_str().contains('@') {
            checks.problem(KEY, "expected an address without query, fragment or login");
        } else if self.http.public_url.ends_with('/') {
            checks.problem(KEY, "expected no slash at the end");
        } else if !self.merchants.iter().all(|merchant| {
            // The longer of the two kinds.
            Format::NotifyUrl.allows(&refund_notify_url(&self.http.public_url, &merchant.id))
        }) {
            checks.problem(
                KEY,
                format!("gives no address for notices: expected {}", Format::NotifyUrl),
            );
        } else if self.profile == Profile::Production {
            if url.scheme() != "https" {
                checks.problem(KEY, "expected https: WeChat refuses plain http addresses");
            } else if is_loopback(&url) {
                checks.problem(KEY, "expected an address that WeChat can reach, not this machine");
            }
        }
    }

    /// `HH:MM` of the next day; bills are made from nine o'clock.
    fn check_daily(&self, checks: &mut Checks) -> Option<Schedule> {
        let Reconcile { daily, at } = &self.reconcile;
        let at_minutes = at.split_once(':').and_then(|(hours, minutes)| {
            let two = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
            let (hours, minutes) = (two(hours).then_some(hours)?, two(minutes).then_some(minutes)?);
            let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
            ((9..24).contains(&hours) && minutes < 60).then_some(hours * 60 + minutes)
        });
        let expected = "expected 09:00 to 23:59, Beijing time; WeChat makes bills in the morning";
        let at_minutes = checks.take("reconcile.at", at_minutes.ok_or_else(|| expected.into()));
        at_minutes.filter(|_| *daily).map(|at_minutes| Schedule { at_minutes })
    }

    fn check_wechat(&self, checks: &mut Checks, reader: &Reader<'_>) -> Option<WeChatConfig> {
        let mut host = |key: &str, text: &str| {
            let url = checks.take(key, parse::<Url>(text))?;
            let genuine = url.scheme() == "https"
                && url.host_str().is_some_and(|host| host.ends_with(".weixin.qq.com"));
            let simulated = self.profile == Profile::Test && is_loopback(&url);
            if !genuine && !simulated {
                checks.problem(
                    key,
                    "expected https at *.weixin.qq.com; only profile \"test\" may use this machine",
                );
            }
            if !is_host_alone(&url) {
                checks.problem(key, "expected a host alone; the paths of WeChat's calls are known");
            }
            Some(url)
        };
        let pay_url = host("wechat.pay_url", &self.wechat.pay_url);
        let login_url = host("wechat.login_url", &self.wechat.login_url);
        let backup_pay_url = match self.wechat.backup_pay_url.as_str() {
            "" => None,
            text => host("wechat.backup_pay_url", text),
        };
        let pay_url = pay_url?;
        // What is meant for the simulator must never reach WeChat.
        let is_same_world = |backup: &Url| is_loopback(&pay_url) == is_loopback(backup);
        Some(WeChatConfig {
            allow_http: self.profile == Profile::Test,
            backup_pay_url: backup_pay_url.filter(is_same_world),
            pay_url,
            report: self.wechat.report,
            login_url: login_url?,
            connect_timeout_ms: self.wechat.connect_timeout_ms,
            total_timeout_ms: self.wechat.total_timeout_ms,
            ca_pem: self.check_ca(checks, reader),
        })
    }

    /// Whoever may add a root may read and write what we say to WeChat.
    fn check_ca(&self, checks: &mut Checks, reader: &Reader<'_>) -> Option<String> {
        const KEY: &str = "wechat.ca_file";
        if self.wechat.ca_file.is_empty() {
            return None;
        }
        if self.profile == Profile::Production {
            checks.problem(KEY, "expected profile \"test\": WeChat needs no further root");
            return None;
        }
        let pem = checks.take(KEY, reader.text(&self.wechat.ca_file))?;
        let is_usable = reqwest::Certificate::from_pem_bundle(pem.as_bytes())
            .is_ok_and(|certificates| !certificates.is_empty());
        if !is_usable {
            checks.problem(KEY, "holds no PEM certificate");
        }
        Some(pem)
    }
}

/// Nothing behind the host, and no login before it: a path would be dropped without a word, and a test meant for a
/// sandbox would reach WeChat itself.
fn is_host_alone(url: &Url) -> bool {
    url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    if text.is_empty() {
        return Err("missing".into());
    }
    text.parse::<T>().map_err(|error| format!("\"{text}\": {error}"))
}
