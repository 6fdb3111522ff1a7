//! The merchants of the tests. All numbers and keys are made up.

use wxpay_core::messages::Identity;
use wxpay_core::{ApiKey, SignType};
use wxpay_server::certificate::Certificate;
use wxpay_server::merchant::{Merchant, Webhook};
use wxpay_server::secret::Secret;
use wxpay_server::store::{OutboxRow, Store};
use wxpay_simulator::{Merchant as WeChatMerchant, Simulator};

/// A merchant, known to the server and to WeChat.
#[derive(Debug, Clone, Copy)]
pub struct Shop {
    /// Its name in the server's configuration.
    pub id: &'static str,
    /// Its mini program.
    pub appid: &'static str,
    /// Its merchant number.
    pub mch_id: &'static str,
    /// Its APIv2 key.
    pub api_key: &'static str,
    /// Its AppSecret.
    pub app_secret: &'static str,
    /// What its backend shows the server.
    pub admin_key: &'static str,
}

/// [`SHOP`]'s appid.
pub const APPID: &str = "wx7e57000000000001";
/// Its merchant number.
pub const MCH_ID: &str = "1900000109";
/// Its APIv2 key.
pub const API_KEY: &str = "test0key0test0key0test0key0test1";
/// Its AppSecret.
pub const APP_SECRET: &str = "7e57000000000000000000000000abcd";
/// What its backend shows the server.
pub const ADMIN_KEY: &str = "admin0key0admin0key0admin0key0ab";

/// The endpoint of every shop's own system.
pub const ENDPOINT: &str = "books";
/// The key of its signatures, base64.
pub const WEBHOOK_SECRET: &str = "dGVzdC13ZWJob29rLXNlY3JldC10ZXN0LXdlYmhvb2s=";

/// The shop of most tests.
pub const SHOP: Shop = Shop {
    id: "shop",
    appid: APPID,
    mch_id: MCH_ID,
    api_key: API_KEY,
    app_secret: APP_SECRET,
    admin_key: ADMIN_KEY,
};

/// Another merchant altogether.
pub const BAKERY: Shop = Shop {
    id: "bakery",
    appid: "wx7e57000000000002",
    mch_id: "1900000202",
    api_key: "test0key0test0key0test0key0test2",
    app_secret: "7e57000000000000000000000000dcba",
    admin_key: "admin0key0admin0key0admin0key0cd",
};

/// A second mini program of [`SHOP`]'s merchant: same number, same key, so its signatures are right for both.
pub const SISTER: Shop = Shop {
    id: "sister",
    appid: "wx7e57000000000003",
    app_secret: "7e57000000000000000000000000ffff",
    admin_key: "admin0key0admin0key0admin0key0ef",
    ..SHOP
};

impl Shop {
    /// The key that signs.
    pub fn key(&self) -> ApiKey {
        ApiKey::new(self.api_key).unwrap()
    }

    /// As the server is configured.
    pub fn for_server(&self, sign_type: SignType) -> Merchant {
        Merchant {
            id: self.id.into(),
            identity: Identity::direct(self.appid, self.mch_id),
            sign_type,
            api_key: self.key(),
            app_secret: Secret::new(self.app_secret.into()),
            admin_key: Secret::new(self.admin_key.into()),
            certificate: None,
            webhooks: vec![Webhook {
                id: ENDPOINT.into(),
                url: "https://books.example.com/wxpay".parse().unwrap(),
                secret: Secret::new(WEBHOOK_SECRET.into()),
                allow_private: false,
            }],
        }
    }

    /// As the server is configured when it can pay back, with the certificate that WeChat gave out.
    pub fn with_certificate(&self, sign_type: SignType, wechat: &Simulator) -> Merchant {
        let identity = wechat.client_identity_pem(self.mch_id).unwrap();
        let key = Secret::new(identity.key_pem);
        let certificate = Certificate::read(&identity.cert_pem, &key).unwrap();
        Merchant { certificate: Some(certificate), ..self.for_server(sign_type) }
    }

    /// As the server is configured when it can pay back, with a certificate that nobody asks for.
    pub fn with_some_certificate(&self, sign_type: SignType) -> Merchant {
        let made = rcgen::generate_simple_self_signed([self.mch_id.to_owned()]).unwrap();
        let key = Secret::new(made.signing_key.serialize_pem());
        let certificate = Certificate::read(&made.cert.pem(), &key).unwrap();
        Merchant { certificate: Some(certificate), ..self.for_server(sign_type) }
    }

    pub(crate) fn for_wechat(&self) -> WeChatMerchant {
        WeChatMerchant {
            appid: self.appid.into(),
            mch_id: self.mch_id.into(),
            key: self.key(),
            app_secret: self.app_secret.into(),
            name: "Test shop".into(),
        }
    }
}

/// All that waits to be told to the shops' own systems, each shop's in its order.
pub async fn outbox(store: &dyn Store) -> Vec<OutboxRow> {
    let mut rows = Vec::new();
    for shop in [SHOP, BAKERY, SISTER] {
        rows.extend(store.outbox(shop.id, ENDPOINT, i64::MAX, usize::MAX).await.unwrap());
    }
    rows
}
