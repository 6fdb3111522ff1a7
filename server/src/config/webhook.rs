//! The merchants' webhooks, and their checks.

use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::Checks;
use super::secrets::{Place, Reader};
use crate::merchant::Webhook;
use crate::outbox::WebhookSecret;

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookFile {
    id: String,
    url: String,
    secret_file: Option<String>,
    secret_env: Option<String>,
    old_secret_file: Option<String>,
    old_secret_env: Option<String>,
    #[serde(default)]
    allow_private: bool,
}

/// Every endpoint that is right in itself; what is wrong with each, or between two, is a problem.
pub(super) fn check_all(
    merchant: &str,
    files: &[WebhookFile],
    checks: &mut Checks,
    reader: &Reader<'_>,
) -> Vec<Webhook> {
    let mut webhooks: Vec<Webhook> = Vec::new();
    for file in files {
        let key = format!("merchants.{merchant}.webhooks.{}", file.id);
        let Some(webhook) = file.check(&key, checks, reader) else { continue };
        if webhooks.iter().any(|other| other.id == webhook.id) {
            checks.problem(format!("{key}.id"), "is used twice");
        }
        webhooks.push(webhook);
    }
    webhooks
}

impl WebhookFile {
    fn check(&self, key: &str, checks: &mut Checks, reader: &Reader<'_>) -> Option<Webhook> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if self.id.is_empty() || self.id.len() > 32 || !self.id.bytes().all(plain) {
            checks.problem(format!("{key}.id"), "expected 1 to 32 of a-z, 0-9 and -");
        }
        let url = checks.take(format!("{key}.url"), self.check_url());
        let secret_place = Place {
            key: format!("{key}.secret"),
            file: self.secret_file.as_deref(),
            variable: self.secret_env.as_deref(),
        };
        let mut secrets: Vec<_> = secret(&secret_place, checks, reader).into_iter().collect();
        if self.old_secret_file.is_some() || self.old_secret_env.is_some() {
            let old_place = Place {
                key: format!("{key}.old_secret"),
                file: self.old_secret_file.as_deref(),
                variable: self.old_secret_env.as_deref(),
            };
            secrets.extend(secret(&old_place, checks, reader));
        }
        let (id, allow_private) = (self.id.clone(), self.allow_private);
        let webhook = Webhook { id, url: url?, secrets, allow_private };
        let reached = webhook.check_address().map_err(|error| error.to_string());
        checks.take(format!("{key}.url"), reached);
        Some(webhook)
    }

    /// The address is not repeated in the problem: it may hold a secret.
    fn check_url(&self) -> Result<Url, String> {
        let url: Url = self.url.parse().map_err(|error| format!("{error}"))?;
        let has_login = !url.username().is_empty() || url.password().is_some();
        if !matches!(url.scheme(), "http" | "https") {
            Err("expected https".into())
        } else if url.scheme() == "http" && !self.allow_private {
            Err("expected https; http only with allow_private, to a private network".into())
        } else if has_login || url.fragment().is_some() {
            Err("expected an address without login or fragment".into())
        } else {
            Ok(url)
        }
    }
}

fn secret(place: &Place<'_>, checks: &mut Checks, reader: &Reader<'_>) -> Option<WebhookSecret> {
    let text = reader.read(checks, place)?;
    checks.take(&place.key, WebhookSecret::parse(text.expose()).map_err(str::to_owned))
}
