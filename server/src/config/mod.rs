//! Configuration: environment over file over defaults, checked as a whole before anything starts.
//!
//! Errors name the key and never the value of a secret.

mod certificate;
mod file;
mod merchant;
mod read;
mod secrets;
mod show;
mod webhook;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use reqwest::Url;

use crate::books::Schedule;
use crate::gateway::WeChatConfig;
use crate::http::Limits;
use crate::merchant::Merchants;
use crate::outbox::WebhookLimits;

/// The manual: every key with its comment and default.
pub const DEFAULT: &str = include_str!("../../config.default.toml");

/// A checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// How WeChat reaches us.
    pub public_url: String,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Limits of the accept loop.
    pub limits: Limits,
    /// The data directory.
    pub store_path: PathBuf,
    /// sled's cache.
    pub store_cache_bytes: u64,
    /// Where WeChat is.
    pub wechat: WeChatConfig,
    /// How webhooks are sent.
    pub webhooks: WebhookLimits,
    /// Seconds an order can be paid.
    pub order_expire_s: i64,
    /// Whether an order that was paid although it was closed is paid back by itself.
    pub refund_paid_after_close: bool,
    /// Seconds a token lives.
    pub token_s: i64,
    /// When bills are compared unasked, if they are.
    pub daily: Option<Schedule>,
    /// What to log.
    pub log_level: String,
    /// Whom we work for.
    pub merchants: Merchants,
    /// What is allowed but unwise.
    pub warnings: Vec<Problem>,
}

/// Something wrong with one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key, such as `merchants.shop.api_key`.
    pub key: String,
    /// What was found and what was expected, without any secret.
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.key, self.what)
    }
}

impl Config {
    /// Reads and checks a configuration file, with the environment over it.
    ///
    /// # Errors
    /// Every problem found, not only the first.
    pub fn load(path: &Path) -> Result<Self, Vec<Problem>> {
        let one = |key: &str, what: String| vec![Problem { key: key.into(), what }];
        let text = std::fs::read_to_string(path)
            .map_err(|error| one("--config", format!("{}: {error}", path.display())))?;
        let directory = path.parent().unwrap_or(Path::new("."));
        let file = read::layered(&text, environment()).map_err(|problem| vec![problem])?;
        file.check(directory, &environment_variable)
    }

    /// The configuration as TOML, with secrets as `****(length)`.
    pub fn shown(&self) -> String {
        show::shown(self)
    }
}

/// Collects problems while values are taken.
#[derive(Debug, Default)]
struct Checks {
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Checks {
    fn problem(&mut self, key: impl Into<String>, what: impl Into<String>) {
        self.problems.push(Problem { key: key.into(), what: what.into() });
    }

    fn warning(&mut self, key: impl Into<String>, what: impl Into<String>) {
        self.warnings.push(Problem { key: key.into(), what: what.into() });
    }

    /// The value, or a problem and nothing.
    fn take<T>(&mut self, key: impl Into<String>, value: Result<T, String>) -> Option<T> {
        value.map_err(|what| self.problem(key, what)).ok()
    }
}

/// Whether an address is on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[allow(clippy::disallowed_methods, reason = "this is the one place where the environment enters")]
fn environment() -> Vec<(String, String)> {
    std::env::vars().collect()
}

#[allow(clippy::disallowed_methods, reason = "this is the one place where the environment enters")]
fn environment_variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
