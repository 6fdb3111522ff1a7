//! One attempt: POST a signed message, look at the status.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode, header, redirect};
use tokio::time::timeout;

use super::reach::{Guarded, OutOfReach, Reach};
use crate::merchant::Webhook;

/// How attempts are made.
#[derive(Debug, Clone, Copy)]
pub struct WebhookLimits {
    /// Milliseconds for one attempt.
    pub timeout_ms: u64,
    /// Attempts at a time, for one endpoint.
    pub max_in_flight: usize,
}

/// Sends to endpoints: one client for each reach, so that no connection serves an endpoint that may not have it.
#[derive(Debug, Clone)]
pub struct Sender {
    public: Client,
    any: Client,
    private: Client,
    pub(super) max_in_flight: usize,
}

/// A message and its identity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<'a> {
    pub(super) id: &'a str,
    /// Of this attempt, seconds since 1970.
    pub(super) timestamp_s: i64,
    pub(super) body: &'a str,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Delivered(u16),
    /// The endpoint wants nothing more, ever: 410.
    Gone,
    Failed(Failure),
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// Another status than 2xx; redirects are not followed.
    Status {
        status: u16,
        retry_after: Option<String>,
    },
    Timeout,
    /// The endpoint's address is none a webhook may go to.
    OutOfReach(OutOfReach),
    /// It could not be connected to, or the connection broke; without any address.
    Broken(String),
}

const CONNECT: Duration = Duration::from_secs(5);
/// Time and bytes for the rest of a reply that nobody reads: enough to use the connection again.
const REST: Duration = Duration::from_millis(500);
const REST_MAX_BYTES: usize = 16 * 1024;

impl Sender {
    /// Prepares the clients.
    ///
    /// # Errors
    /// When the TLS library cannot be set up.
    pub fn new(limits: WebhookLimits) -> Result<Self, reqwest::Error> {
        // An error means that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = |reach: Reach| {
            Client::builder()
                .user_agent(concat!("wxpay/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT)
                .timeout(Duration::from_millis(limits.timeout_ms))
                .pool_max_idle_per_host(limits.max_in_flight)
                .redirect(redirect::Policy::none())
                .no_proxy()
                .https_only(reach != Reach::Private)
                .dns_resolver(Guarded::new(reach))
                .build()
        };
        Ok(Self {
            public: client(Reach::Public)?,
            any: client(Reach::Any)?,
            private: client(Reach::Private)?,
            max_in_flight: limits.max_in_flight,
        })
    }

    pub(super) async fn send(&self, webhook: &Webhook, message: Message<'_>) -> Outcome {
        match self.post(webhook, message).await {
            Ok(response) => outcome(response).await,
            Err(failure) => Outcome::Failed(failure),
        }
    }

    async fn post(&self, webhook: &Webhook, message: Message<'_>) -> Result<Response, Failure> {
        let reach = Reach::of(&webhook.url, webhook.allow_private);
        webhook.check_address().map_err(Failure::OutOfReach)?;
        let client = match reach {
            Reach::Public => &self.public,
            Reach::Any => &self.any,
            Reach::Private => &self.private,
        };
        let Message { id, timestamp_s, body } = message;
        let signatures: Vec<String> = webhook
            .secrets
            .iter()
            .map(|secret| secret.sign(id, timestamp_s, body.as_bytes()))
            .collect();
        client
            .post(webhook.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp_s)
            .header("webhook-signature", signatures.join(" "))
            .body(body.to_owned())
            .send()
            .await
            .map_err(failure)
    }
}

async fn outcome(mut response: Response) -> Outcome {
    let status = response.status();
    let retry_after = response.headers().get(header::RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let rest = async {
        let mut length = 0;
        while let Ok(Some(part)) = response.chunk().await {
            length += part.len();
            if length > REST_MAX_BYTES {
                break;
            }
        }
    };
    // Too long or too slow: the connection is given up, and that is all.
    let _ = timeout(REST, rest).await;
    if status.is_success() {
        Outcome::Delivered(status.as_u16())
    } else if status == StatusCode::GONE {
        Outcome::Gone
    } else {
        Outcome::Failed(Failure::Status { status: status.as_u16(), retry_after })
    }
}

/// The address is taken off first: it may hold a secret.
fn failure(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    if error.is_timeout() {
        return Failure::Timeout;
    }
    let mut text = String::new();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(inner) = cause {
        if let Some(out) = inner.downcast_ref::<OutOfReach>() {
            return Failure::OutOfReach(*out);
        }
        let colon = if text.is_empty() { "" } else { ": " };
        text.push_str(&format!("{colon}{inner}"));
        cause = inner.source();
    }
    Failure::Broken(text)
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status { status: status @ 300..=399, .. } => {
                write!(f, "HTTP status {status}: redirects are not followed")
            }
            Self::Status { status, .. } => write!(f, "HTTP status {status}"),
            Self::Timeout => f.write_str("no answer in time"),
            Self::OutOfReach(error) => error.fmt(f),
            Self::Broken(detail) => f.write_str(detail),
        }
    }
}
