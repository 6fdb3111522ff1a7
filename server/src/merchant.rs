//! The merchants this server works for.

use hmac::Mac;
use reqwest::Url;
use sha2::{Digest, Sha256};
use wxpay_core::messages::Identity;
use wxpay_core::{ApiKey, SignType};

use crate::certificate::Certificate;
use crate::hex::hex;
use crate::mac::hmac_sha256;
use crate::outbox::{OutOfReach, Reach, WebhookSecret};
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
    /// The one before it, while the merchant changes it.
    pub old_api_key: Option<OldKey>,
    /// The AppSecret of [`Merchant::program_appid`].
    pub app_secret: Secret,
    /// What the merchant's backend shows us.
    pub admin_key: Secret,
    /// What WeChat wants to see before it pays money back.
    pub certificate: Option<Certificate>,
    /// Where the merchant's own system hears of what happens.
    pub webhooks: Vec<Webhook>,
}

/// A former APIv2 key. Notices that WeChat signed with it are still on their way; nothing else is believed by it.
#[derive(Debug, Clone)]
pub struct OldKey {
    /// The key.
    pub key: ApiKey,
    /// From then on it is believed no more, milliseconds since 1970.
    pub until_ms: i64,
}

/// One endpoint of the merchant's own system.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its name in our configuration, unique within the merchant.
    pub id: String,
    /// Where it is.
    pub url: Url,
    /// The keys of its signatures, the newest first; more than one while the merchant changes them.
    pub secrets: Vec<WebhookSecret>,
    /// Whether it may be in a private network.
    pub allow_private: bool,
}

impl Webhook {
    /// Whether it is somewhere a webhook may go to, as far as its address says without being looked up.
    ///
    /// # Errors
    /// Why not.
    pub fn check_address(&self) -> Result<(), OutOfReach> {
        Reach::of(&self.url, self.allow_private).check_host(&self.url)
    }

    /// Its address for people to read: a query may hold a secret.
    pub fn shown_url(&self) -> String {
        let mut url = self.url.clone();
        if url.query().is_some() {
            url.set_query(Some("****"));
        }
        url.into()
    }
}

impl Merchant {
    /// The appid of the program the user logs in to and pays in: the shop's own under a service provider that has one.
    pub fn program_appid(&self) -> &str {
        self.identity.sub_appid.as_ref().unwrap_or(&self.identity.appid)
    }

    /// The former key, as long as notices may carry it.
    pub fn old_key_at(&self, now_ms: i64) -> Option<&ApiKey> {
        self.old_api_key.as_ref().filter(|old| now_ms < old.until_ms).map(|old| &old.key)
    }

    /// Our own signature under a text, as hex: whoever shows it has it from us. `purpose` keeps its kinds apart.
    pub fn mac(&self, purpose: &str, text: &str) -> String {
        // A secret of any length becomes a key of one length.
        let mac = hmac_sha256(&Sha256::digest(self.app_secret.expose()));
        let mac = mac.chain_update("wxpay ").chain_update(purpose).chain_update(" 1\0");
        hex(&mac.chain_update(text).finalize().into_bytes())
    }

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
