//! WeChat over HTTPS: message -> params -> sign -> xml -> POST -> xml -> verify -> message.

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::{Client, Response, Url};
use wxpay_core::messages::close_order::{self, Closing};
use wxpay_core::messages::code2session::{self, Session};
use wxpay_core::messages::download_bill::{self, BillType};
use wxpay_core::messages::download_fundflow::{self, AccountType};
use wxpay_core::messages::order_query::{self, Found};
use wxpay_core::messages::refund::{self, Accepted, Refund};
use wxpay_core::messages::refund_query;
use wxpay_core::messages::unified_order::{self, Prepay, UnifiedOrder};
use wxpay_core::xml::{self, from_xml, to_xml};
use wxpay_core::{Params, SignType};

use super::bill::fetch;
use super::client::{Clients, WeChatError};
use super::{Code2SessionError, Doubt, Download, FetchError, Gateway, GatewayError};
use crate::ambient::NonceSource;
use crate::merchant::{Merchant, Merchants};

/// Where WeChat is, and how long we wait for it.
#[derive(Debug, Clone)]
pub struct WeChatConfig {
    /// Host of the payment calls, `https://api.mch.weixin.qq.com`.
    pub pay_url: Url,
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
    clients: Clients,
    nonces: Arc<dyn NonceSource>,
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
        Ok(Self { config, clients, nonces })
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.config.pay_url.clone();
        url.set_path(path);
        url
    }

    /// A call that every client may make.
    async fn post(&self, path: &str, params: &Params) -> Result<Params, GatewayError> {
        self.post_by(&self.clients.plain, path, params).await
    }

    /// A call that shows the merchant's certificate.
    async fn post_certified(
        &self,
        merchant: &Merchant,
        path: &str,
        params: &Params,
    ) -> Result<Params, GatewayError> {
        let client = self.clients.of(merchant).ok_or(GatewayError::NoCertificate)?;
        self.post_by(client, path, params).await
    }

    async fn post_by(
        &self,
        client: &Client,
        path: &str,
        params: &Params,
    ) -> Result<Params, GatewayError> {
        let body = to_xml(params).map_err(|error| not_sent(error.to_string()))?;
        let request = client.post(self.url(path)).header("content-type", "text/xml; charset=utf-8");
        let response = request.body(body).send().await.map_err(doubt)?;
        let bytes = read_body(response).await?;
        from_xml(&bytes).map_err(|error| GatewayError::Unknown(Doubt::Unreadable(error)))
    }
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
        let (appid, secret) = (&merchant.identity.appid, merchant.app_secret.expose());
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
        let reply = self.post(unified_order::PATH, &request).await?;
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
        let reply = self.post(order_query::PATH, &request).await?;
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
        let reply = self.post(close_order::PATH, &request).await?;
        Ok(close_order::read_reply(reply, identity, sign_type, api_key)?)
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
        let reply = self.post(refund_query::PATH, &request).await?;
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
