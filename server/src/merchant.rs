//! The merchants this server works for.

use reqwest::Url;
use wxpay_core::messages::Identity;
use wxpay_core::{ApiKey, SignType};

use crate::certificate::Certificate;
use crate::secret::Secret;

/// One merchant: who it is to WeChat, and its secrets.
#[derive(Debug, Clone)]
pub struct Merchant {
    /// Its name in our configuration, in notice paths and in replies.
    pub id: String,
    /// appid and mch_id.
    pub identity: Identity,
    /// The algorithm of new orders.
    pub sign_type: SignType,
    /// The APIv2 key.
    pub api_key: ApiKey,
    /// The mini program's AppSecret.
    pub app_secret: Secret,
    /// What the merchant's backend shows us.
    pub admin_key: Secret,
    /// What WeChat wants to see before it pays money back.
    pub certificate: Option<Certificate>,
    /// Where the merchant's own system hears of what happens.
    pub webhooks: Vec<Webhook>,
}

/// One endpoint of the merchant's own system.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its name in our configuration, unique within the merchant.
    pub id: String,
    /// Where it is.
    pub url: Url,
    /// The key of its signatures.
    pub secret: Secret,
    /// Whether it may be in a private network.
    pub allow_private: bool,
}

impl Merchant {
    /// The names of its webhooks.
    pub fn endpoints(&self) -> Vec<String> {
        self.webhooks.iter().map(|webhook| webhook.id.clone()).collect()
    }
}

/// Where WeChat sends a merchant's payment notices; `http::routes` answers there.
pub fn notify_url(public_url: &str, merchant: &str) -> String {
    format!("{public_url}/v1/notify/{merchant}/pay")
}

/// Where WeChat sends a merchant's refund notices.
pub fn refund_notify_url(public_url: &str, merchant: &str) -> String {
    format!("{public_url}/v1/notify/{merchant}/refund")
}

/// All merchants; at least one.
#[derive(Debug, Clone)]
pub struct Merchants(Vec<Merchant>);

impl Merchants {
    /// Takes the merchants of a checked configuration.
    pub fn new(merchants: Vec<Merchant>) -> Self {
        Self(merchants)
    }

    /// The merchant of this id.
    pub fn get(&self, id: &str) -> Option<&Merchant> {
        self.0.iter().find(|merchant| merchant.id == id)
    }

    /// The merchant whose admin key this is. Every key is compared, in constant time.
    pub fn by_admin_key(&self, key: &str) -> Option<&Merchant> {
        let mut found = None;
        for merchant in &self.0 {
            if merchant.admin_key.matches(key) {
                found = Some(merchant);
            }
        }
        found
    }

    /// The merchant, when there is only one.
    pub fn only(&self) -> Option<&Merchant> {
        match self.0.as_slice() {
            [merchant] => Some(merchant),
            _ => None,
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Merchant> {
        self.0.iter()
    }
}
