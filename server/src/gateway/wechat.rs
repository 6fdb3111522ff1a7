//! WeChat over HTTPS: message -> params -> sign -> xml -> POST -> xml -> verify -> message.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use reqwest::{Client, Response, Url};
use wxpay_core::messages::auth_code_to_openid::{self, Payer};
use wxpay_core::messages::close_order::{self, Closing};
use wxpay_core::messages::code2session::{self, Session};
use wxpay_core::messages::download_bill::{self, BillType};
use wxpay_core::messages::download_fundflow::{self, AccountType};
use wxpay_core::messages::micropay::{self, Micropay};
use wxpay_core::messages::order_query::{self, Found};
use wxpay_core::messages::refund::{self, Accepted, Refund};
use wxpay_core::messages::refund_query;
use wxpay_core::messages::reverse::{self, Reversal};
use wxpay_core::messages::unified_order::{self, Prepay, UnifiedOrder};
use wxpay_core::messages::{ErrCode, Trade};
use wxpay_core::xml::{self, from_xml, to_xml};
use wxpay_core::{Params, SignType};

use super::bill::fetch;
use super::client::{Clients, WeChatError};
use super::hosts::Hosts;
use super::report::Reports;
use super::{Code2SessionError, Doubt, Download, FetchError, Gateway, GatewayError};
use crate::ambient::{Clock, NonceSource};
use crate::merchant::{Merchant, Merchants};
use crate::secret::Secret;

/// Where WeChat is, and how long we wait for it.
#[derive(Debug, Clone)]
pub struct WeChatConfig {
    /// Host of the payment calls, `https://api.mch.weixin.qq.com`.
    pub pay_url: Url,
    /// A second host of the payment calls, for those that may be repeated.
    pub backup_pay_url: Option<Url>,
    /// Whether WeChat is told how its calls went.
    pub report: bool,
    /// Host of the login call, `https://api.weixin.qq.com`.
    pub login_url: Url,
    /// Milliseconds to connect.
    pub connect_timeout_ms: u64,
    /// Milliseconds for a whole call.
    pub total_timeout_ms: u64,
    /// Whether plain http is allowed, which only the simulator on this machine may need.
    pub allow_http: bool,
    /// A further root (PEM), which only the simulator on this machine may need.
    pub ca_pem: Option<String>,
}

/// The real gateway.
pub struct WeChat {
    config: WeChatConfig,
    hosts: Hosts,
    clients: Clients,
    nonces: Arc<dyn NonceSource>,
    reports: Option<Reports>,
}

impl std::fmt::Debug for WeChat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WeChat").field("config", &self.config).finish_non_exhaustive()
    }
}

impl WeChat {
    /// Prepares the pooled clients: one for all, and one with its certificate for every merchant that has one.
    ///
    /// # Errors
    /// When the TLS library cannot be set up, with whose certificate.
    pub fn new(
        config: WeChatConfig,
        merchants: &Merchants,
        nonces: Arc<dyn NonceSource>,
    ) -> Result<Self, WeChatError> {
        let clients = Clients::new(&config, merchants)?;
        let hosts = Hosts::new(config.pay_url.clone(), config.backup_pay_url.clone());
        Ok(Self { config, hosts, clients, nonces, reports: None })
    }

    /// From now on WeChat is told how its calls went (payitil/report). Needs a running tokio.
    #[must_use]
    pub fn with_reports(mut self, clock: Arc<dyn Clock>) -> Self {
        let (client, url) = (self.clients.plain.clone(), self.config.pay_url.clone());
        self.reports = Some(Reports::start(client, url, Arc::clone(&self.nonces), clock));
        self
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.config.pay_url.clone();
        url.set_path(path);
        url
    }

    /// A call that is safe to repeat: when one address is not reached, the same bytes go to the other.
    async fn post(
        &self,
        merchant: &Merchant,
        path: &str,
        params: &Params,
    ) -> Result<Params, GatewayError> {
        let (host, other) = self.hosts.in_order(Instant::now());
        let outcome = self.post_to(host, &self.clients.plain, merchant, path, params).await;
        match (outcome, other) {
            (Err(GatewayError::NotSent { detail }), Some(other)) => {
                self.hosts.not_reached(host, Instant::now());
                tracing::warn!(
                    host = host.host_str(),
                    other = other.host_str(),
                    detail,
                    "not reached"
                );
                self.post_to(other, &self.clients.plain, merchant, path, params).await
            }
            (outcome, _) => outcome,
        }
    }

    /// A call that must not be made twice.
    async fn post_once(
        &self,
        merchant: &Merchant,
        path: &str,
        params: &Params,
    ) -> Result<Params, GatewayError> {
        self.post_to(self.hosts.first(), &self.clients.plain, merchant, path, params).await
    }

    /// A call that shows the merchant's certificate, and must not be made twice.
    async fn post_certified(
        &self,
        merchant: &Merchant,
        path: &str,
        params: &Params,
    ) -> Result<Params, GatewayError> {
        let client = self.clients.of(merchant).ok_or(GatewayError::NoCertificate)?;
        self.post_to(self.hosts.first(), client, merchant, path, params).await
    }

    async fn post_to(
        &self,
        host: &Url,
        client: &Client,
        merchant: &Merchant,
        path: &str,
        params: &Params,
    ) -> Result<Params, GatewayError> {
        let body = to_xml(params).map_err(|error| not_sent(error.to_string()))?;
        let mut url = host.clone();
        url.set_path(path);
        let begun = self.reports.as_ref().and_then(|reports| reports.begin(params));
        let outcome = exchange(client, &url, body).await;
        if let (Some(reports), Some(begun)) = (&self.reports, begun) {
            reports.end(begun, merchant, &url, outcome.as_ref());
        }
        outcome
    }
}

async fn exchange(client: &Client, url: &Url, body: String) -> Result<Params, GatewayError> {
    let request = client.post(url.clone()).header("content-type", "text/xml; charset=utf-8");
    let response = request.body(body).send().await.map_err(doubt)?;
    let bytes = read_body(response).await?;
    from_xml(&bytes).map_err(|error| GatewayError::Unknown(Doubt::Unreadable(error)))
}

#[async_trait]
impl Gateway for WeChat {
    async fn code2session(
        &self,
        merchant: &Merchant,
        code: &str,
    ) -> Result<Session, Code2SessionError> {
        let mut url = self.config.login_url.clone();
        url.set_path(code2session::PATH);
        let (appid, secret) = (merchant.program_appid(), merchant.app_secret.expose());
        url.query_pairs_mut().extend_pairs(code2session::query(appid, secret, code));
        let response = self.clients.plain.get(url).send().await.map_err(doubt);
        let response = response.map_err(Code2SessionError::Gateway)?;
        let body = read_body(response).await.map_err(Code2SessionError::Gateway)?;
        code2session::read_reply(&body).map_err(Code2SessionError::Session)
    }

    async fn unified_order(
        &self,
        merchant: &Merchant,
        sign_type: SignType,
        order: &UnifiedOrder,
    ) -> Result<Prepay, GatewayError> {
        let Merchant { identity, api_key, .. } = merchant;
        let request = order
            .to_params(identity, &self.nonces.nonce(), sign_type, api_key)
            .map_err(GatewayError::Invalid)?;
        let reply = self.post(merchant, unified_order::PATH, &request).await?;
        Ok(unified_order::read_reply(reply, identity, sign_type, api_key)?)
    }

    async fn order_query(
        &self,
        merchant: &Merchant,
        sign_type: SignType,
        out_trade_no: &str,
    ) -> Result<Found, GatewayError> {
        let Merchant { identity, api_key, .. } = merchant;
        let nonce = self.nonces.nonce();
        let request = order_query::request(out_trade_no, identity, &nonce, sign_type, api_key)
            .map_err(GatewayError::Invalid)?;
        let reply = self.post(merchant, order_query::PATH, &request).await?;
        Ok(order_query::read_reply(reply, out_trade_no, identity, sign_type, api_key)?)
    }

    async fn close_order(
        &self,
        merchant: &Merchant,
        sign_type: SignType,
        out_trade_no: &str,
    ) -> Result<Closing, GatewayError> {
        let Merchant { identity, api_key, .. } = merchant;
        let nonce = self.nonces.nonce();
        let request = close_order::request(out_trade_no, identity, &nonce, sign_type, api_key)
            .map_err(GatewayError::Invalid)?;
        let reply = self.post(merchant, close_order::PATH, &request).await?;
        Ok(close_order::read_reply(reply, identity, sign_type, api_key)?)
    }

    async fn micropay(
        &self,
        merchant: &Merchant,
        sign_type: SignType,
        charge: &Micropay,
    ) -> Result<Box<Trade>, GatewayError> {
        let Merchant { identity, api_key, .. } = merchant;
        let request = charge
            .to_params(identity, &self.nonces.nonce(), sign_type, api_key)
            .map_err(GatewayError::Invalid)?;
        let reply = self.post_once(merchant, micropay::PATH, &request).await?;
        let number = &charge.out_trade_no;
        match micropay::read_reply(reply, number, identity, sign_type, api_key) {
            micropay::Outcome::Paid(payment) => Ok(payment),
            micropay::Outcome::PaidEarlier => {
                Err(GatewayError::Refused { code: ErrCode::OrderPaid, description: String::new() })
            }
            micropay::Outcome::Failed { code, description } => {
                Err(GatewayError::Refused { code, description })
            }
            micropay::Outcome::Unknown(error) => Err(GatewayError::Unknown(Doubt::Reply(error))),
        }
    }

    async fn reverse(
        &self,
        merchant: &Merchant,
        sign_type: SignType,
        out_trade_no: &str,
    ) -> Result<Reversal, GatewayError> {
        let Merchant { identity, api_key, .. } = merchant;
        let nonce = self.nonces.nonce();
        let request = reverse::request(out_trade_no, identity, &nonce, sign_type, api_key)
            .map_err(GatewayError::Invalid)?;
        let reply = self.post_certified(merchant, reverse::PATH, &request).await?;
        Ok(reverse::read_reply(reply, identity, sign_type, api_key)?)
    }

    async fn auth_code_to_openid(
        &self,
        merchant: &Merchant,
        auth_code: &Secret,
    ) -> Result<Payer, GatewayError> {
        let Merchant { identity, api_key, sign_type, .. } = merchant;
        let (code, nonce) = (auth_code.expose(), self.nonces.nonce());
        let request = auth_code_to_openid::request(code, identity, &nonce, *sign_type, api_key)
            .map_err(GatewayError::Invalid)?;
        let reply = self.post_once(merchant, auth_code_to_openid::PATH, &request).await?;
        Ok(auth_code_to_openid::read_reply(reply, identity, *sign_type, api_key)?)
    }

    async fn download_bill(
        &self,
        merchant: &Merchant,
        bill_date: &str,
        bill_type: BillType,
        gzip: bool,
    ) -> Result<Download, FetchError> {
        let Merchant { identity, sign_type, api_key, .. } = merchant;
        let nonce = self.nonces.nonce();
        let request = download_bill::request(
            bill_date, bill_type, gzip, identity, &nonce, *sign_type, api_key,
        );
        let request = request.map_err(GatewayError::Invalid)?;
        let (url, patience_ms) = (self.url(download_bill::PATH), self.config.total_timeout_ms);
        fetch(&self.clients.plain, url, &request, patience_ms, download_bill::read_error).await
    }

    async fn download_fundflow(
        &self,
        merchant: &Merchant,
        bill_date: &str,
        account_type: AccountType,
        gzip: bool,
    ) -> Result<Download, FetchError> {
        let client = self.clients.of(merchant).ok_or(GatewayError::NoCertificate)?;
        let Merchant { identity, api_key, .. } = merchant;
        let nonce = self.nonces.nonce();
        let request =
            download_fundflow::request(bill_date, account_type, gzip, identity, &nonce, api_key);
        let request = request.map_err(GatewayError::Invalid)?;
        let (url, patience_ms) = (self.url(download_fundflow::PATH), self.config.total_timeout_ms);
        fetch(client, url, &request, patience_ms, download_fundflow::read_error).await
    }

    async fn refund(
        &self,
        merchant: &Merchant,
        sign_type: SignType,
        refund: &Refund,
    ) -> Result<Accepted, GatewayError> {
        let Merchant { identity, api_key, .. } = merchant;
        let request = refund
            .to_params(identity, &self.nonces.nonce(), sign_type, api_key)
            .map_err(GatewayError::Invalid)?;
        let reply = self.post_certified(merchant, refund::PATH, &request).await?;
        Ok(refund::read_reply(reply, refund, identity, sign_type, api_key)?)
    }

    async fn refund_query(
        &self,
        merchant: &Merchant,
        sign_type: SignType,
        by: refund_query::By<'_>,
        offset: u64,
    ) -> Result<refund_query::Found, GatewayError> {
        let Merchant { identity, api_key, .. } = merchant;
        let nonce = self.nonces.nonce();
        let request = refund_query::request(by, offset, identity, &nonce, sign_type, api_key)
            .map_err(GatewayError::Invalid)?;
        let reply = self.post(merchant, refund_query::PATH, &request).await?;
        Ok(refund_query::read_reply(reply, by, identity, sign_type, api_key)?)
    }
}

/// Reads a body of at most the largest message.
async fn read_body(mut response: Response) -> Result<Vec<u8>, GatewayError> {
    let status = response.status();
    if status != reqwest::StatusCode::OK {
        return Err(GatewayError::Unknown(Doubt::Status(status.as_u16())));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(doubt)? {
        if body.len() + chunk.len() > xml::MAX_BYTES {
            return Err(GatewayError::Unknown(Doubt::TooLarge));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The address is taken off first: the login address carries the AppSecret.
pub(super) fn doubt(error: reqwest::Error) -> GatewayError {
    let error = error.without_url();
    if error.is_builder() || error.is_connect() {
        not_sent(causes(&error))
    } else if error.is_timeout() {
        GatewayError::Unknown(Doubt::Timeout)
    } else {
        GatewayError::Unknown(Doubt::Broken { detail: causes(&error) })
    }
}

pub(super) fn not_sent(detail: String) -> GatewayError {
    GatewayError::NotSent { detail }
}

/// reqwest's own words say little; the causes behind them say why.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
