//! The HTTP clients: no redirects, no proxy from the environment, TLS verified by the system's roots.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, redirect};

use super::WeChatConfig;
use crate::merchant::{Merchant, Merchants};

/// One client without a certificate, and one for every merchant that has one. A connection shows one certificate for
/// as long as it lives, so merchants share none.
pub(super) struct Clients {
    pub(super) plain: Client,
    certified: HashMap<String, Client>,
}

/// Why the TLS library cannot be set up.
#[derive(Debug)]
pub enum WeChatError {
    /// Roots, protocol or addresses.
    Tls(reqwest::Error),
    /// A merchant's certificate.
    Certificate {
        /// The merchant's id in our configuration.
        merchant: String,
        /// reqwest's words, without any part of the key.
        error: reqwest::Error,
    },
}

impl Clients {
    pub(super) fn new(config: &WeChatConfig, merchants: &Merchants) -> Result<Self, WeChatError> {
        // An error means that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let roots = config.ca_pem.as_deref().unwrap_or_default();
        let roots = Certificate::from_pem_bundle(roots.as_bytes()).map_err(WeChatError::Tls)?;
        let plain = builder(config, &roots).build().map_err(WeChatError::Tls)?;
        let mut certified = HashMap::new();
        for merchant in merchants.iter() {
            let Some(certificate) = &merchant.certificate else { continue };
            let identity = certificate.identity();
            let client = identity.and_then(|it| builder(config, &roots).identity(it).build());
            let client = client.map_err(|error| WeChatError::Certificate {
                merchant: merchant.id.clone(),
                error,
            })?;
            certified.insert(merchant.id.clone(), client);
        }
        Ok(Self { plain, certified })
    }

    /// The client that shows this merchant's certificate.
    pub(super) fn of(&self, merchant: &Merchant) -> Option<&Client> {
        self.certified.get(&merchant.id)
    }
}

fn builder(config: &WeChatConfig, roots: &[Certificate]) -> ClientBuilder {
    Client::builder()
        .connect_timeout(Duration::from_millis(config.connect_timeout_ms))
        .timeout(Duration::from_millis(config.total_timeout_ms))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .https_only(!config.allow_http)
        .tls_certs_merge(roots.iter().cloned())
}

impl std::fmt::Display for WeChatError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tls(error) => write!(f, "TLS cannot be set up: {error}"),
            Self::Certificate { merchant, error } => {
                write!(f, "merchants.{merchant}.cert_file: TLS cannot use it: {error}")
            }
        }
    }
}

impl std::error::Error for WeChatError {}
