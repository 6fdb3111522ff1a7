//! A TLS client with or without a merchant certificate: reqwest, which the server uses too.

use reqwest::{Certificate, Identity, Response};
use wxpay_simulator::{ClientIdentity, Simulator};

pub struct Client {
    client: reqwest::Client,
    url: String,
}

impl Client {
    /// Trusts the simulator, and shows no certificate.
    pub fn anonymous(wechat: &Simulator) -> Self {
        Self::with(wechat, wechat.ca_pem(), None)
    }

    /// Trusts the simulator, and shows a merchant's certificate.
    pub fn of(wechat: &Simulator, mch_id: &str) -> Self {
        let identity = wechat.client_identity_pem(mch_id).unwrap();
        Self::with(wechat, wechat.ca_pem(), Some(&identity))
    }

    pub fn with(wechat: &Simulator, ca_pem: &str, identity: Option<&ClientIdentity>) -> Self {
        // An error means that another test has installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let ca = Certificate::from_pem(ca_pem.as_bytes()).unwrap();
        let mut builder = reqwest::Client::builder().no_proxy().tls_certs_only([ca]);
        if let Some(ClientIdentity { cert_pem, key_pem }) = identity {
            let pem = format!("{cert_pem}{key_pem}");
            builder = builder.identity(Identity::from_pem(pem.as_bytes()).unwrap());
        }
        Self { client: builder.build().unwrap(), url: wechat.cashier_tls_url().into() }
    }

    /// The same client, for the host under another name.
    pub fn at(mut self, host: &str) -> Self {
        self.url = self.url.replace("localhost", host);
        self
    }

    pub async fn get(&self, path: &str) -> reqwest::Result<Response> {
        self.client.get(format!("{}{path}", self.url)).send().await
    }

    pub async fn post(&self, path: &str, body: impl Into<String>) -> reqwest::Result<Response> {
        let request = self.client.post(format!("{}{path}", self.url));
        request.header("content-type", "text/xml").body(body.into()).send().await
    }
}
