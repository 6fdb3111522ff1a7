//! The merchants of the tests. All numbers and keys are made up.

use wxpay_core::messages::Identity;
use wxpay_core::{ApiKey, SignType};
use wxpay_server::certificate::Certificate;
use wxpay_server::merchant::{Merchant, OldKey, Webhook};
use wxpay_server::outbox::WebhookSecret;
use wxpay_server::secret::Secret;
use wxpay_server::store::{OutboxRow, Store};
use wxpay_simulator::{Merchant as WeChatMerchant, Simulator, SubMerchant};

/// A merchant, known to the server and to WeChat.
#[derive(Debug, Clone, Copy)]
pub struct Shop {
    /// Its name in the server's configuration.
    pub id: &'static str,
    /// Its mini program, or its service provider's.
    pub appid: &'static str,
    /// Its merchant number, or its service provider's.
    pub mch_id: &'static str,
    /// Its APIv2 key.
    pub api_key: &'static str,
    /// The one before it, and until when it is believed, milliseconds since 1970.
    pub old_api_key: Option<(&'static str, i64)>,
    /// Its AppSecret, or its service provider's.
    pub app_secret: &'static str,
    /// What its backend shows the server.
    pub admin_key: &'static str,
    /// Who it is under its service provider, if it has one.
    pub sub: Option<Sub>,
}

/// A service provider's shop.
#[derive(Debug, Clone, Copy)]
pub struct Sub {
    /// Its merchant number.
    pub mch_id: &'static str,
    /// Its own mini program and that one's AppSecret, if it has one.
    pub app: Option<(&'static str, &'static str)>,
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
/// The key of its signatures.
pub const WEBHOOK_SECRET: &str = "whsec_dGVzdC13ZWJob29rLXNlY3JldC10ZXN0LXdlYmhvb2s=";

/// The shop of most tests.
pub const SHOP: Shop = Shop {
    id: "shop",
    appid: APPID,
    mch_id: MCH_ID,
    api_key: API_KEY,
    old_api_key: None,
    app_secret: APP_SECRET,
    admin_key: ADMIN_KEY,
    sub: None,
};

/// Another merchant altogether.
pub const BAKERY: Shop = Shop {
    id: "bakery",
    appid: "wx7e57000000000002",
    mch_id: "1900000202",
    api_key: "test0key0test0key0test0key0test2",
    old_api_key: None,
    app_secret: "7e57000000000000000000000000dcba",
    admin_key: "admin0key0admin0key0admin0key0cd",
    sub: None,
};

/// A second mini program of [`SHOP`]'s merchant: same number, same key, so its signatures are right for both.
pub const SISTER: Shop = Shop {
    id: "sister",
    appid: "wx7e57000000000003",
    app_secret: "7e57000000000000000000000000ffff",
    admin_key: "admin0key0admin0key0admin0key0ef",
    ..SHOP
};

/// A shop with a mini program of its own, under [`SHOP`]'s merchant as its service provider.
pub const TEA: Shop = Shop {
    id: "tea",
    admin_key: "admin0key0admin0key0admin0key0te",
    sub: Some(Sub {
        mch_id: "1900000307",
        app: Some(("wx7e57000000000307", "7e570000000000000000000000000307")),
    }),
    ..SHOP
};

/// Another, which sells in the service provider's mini program.
pub const CAKE: Shop = Shop {
    id: "cake",
    admin_key: "admin0key0admin0key0admin0key0ca",
    sub: Some(Sub { mch_id: "1900000308", app: None }),
    ..SHOP
};

impl Shop {
    /// The mini program that users log in to, and its AppSecret.
    pub fn program(&self) -> (&'static str, &'static str) {
        self.sub.and_then(|sub| sub.app).unwrap_or((self.appid, self.app_secret))
    }

    /// The key that signs.
    pub fn key(&self) -> ApiKey {
        ApiKey::new(self.api_key).unwrap()
    }

    /// As the server is configured.
    pub fn for_server(&self, sign_type: SignType) -> Merchant {
        Merchant {
            id: self.id.into(),
            identity: Identity {
                sub_appid: self.sub.and_then(|sub| sub.app).map(|(appid, _)| appid.into()),
                sub_mch_id: self.sub.map(|sub| sub.mch_id.into()),
                ..Identity::direct(self.appid, self.mch_id)
            },
            sign_type,
            api_key: self.key().prepared(),
            old_api_key: self
                .old_api_key
                .map(|(key, until_ms)| OldKey { key: ApiKey::new(key).unwrap(), until_ms }),
            app_secret: Secret::new(self.program().1.into()),
            admin_key: Secret::new(self.admin_key.into()),
            certificate: None,
            webhooks: vec![Webhook {
                id: ENDPOINT.into(),
                // Refused without asking anybody: what is to be told stays in the outbox.
                url: "https://127.0.0.1:9/wxpay".parse().unwrap(),
                secrets: vec![WebhookSecret::parse(WEBHOOK_SECRET).unwrap()],
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

    /// As its service provider has told WeChat.
    pub(crate) fn sub_merchant(&self) -> Option<SubMerchant> {
        let Sub { mch_id: sub_mch_id, app } = self.sub?;
        Some(SubMerchant {
            mch_id: self.mch_id.into(),
            sub_mch_id: sub_mch_id.into(),
            app: app.map(|(appid, secret)| (appid.into(), secret.into())),
            name: self.id.into(),
        })
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

/// All that is to be told to the shops' own systems, or could not be: each shop's, order by order, as it happened.
pub async fn outbox(store: &dyn Store) -> Vec<OutboxRow> {
    let mut rows = Vec::new();
    for shop in [SHOP, BAKERY, SISTER, TEA, CAKE] {
        let mut own = store.outbox(shop.id, ENDPOINT, i64::MAX, usize::MAX).await.unwrap();
        own.extend(store.dead_letters(shop.id, ENDPOINT, None, usize::MAX).await.unwrap());
        own.sort_by_key(|row| (row.key.out_trade_no.clone(), row.seq));
        rows.extend(own);
    }
    rows
}
