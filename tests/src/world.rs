//! Phone, merchant's backend, server and WeChat, together.

use std::sync::Arc;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use wxpay_core::messages::Identity;
use wxpay_core::{ApiKey, SignType};
use wxpay_server::ambient::{Clock, SteppedClock};
use wxpay_server::merchant::{Merchant, Merchants};
use wxpay_server::orders::{Order, OrderKey};
use wxpay_server::secret::Secret;
use wxpay_simulator::{Config, Merchant as WeChatMerchant, Running, Simulator};

use crate::server::{RunningServer, StoreKind};

/// The test merchant's appid.
pub const APPID: &str = "wx7e57000000000001";
/// Its merchant number.
pub const MCH_ID: &str = "1900000109";
/// Its APIv2 key.
pub const API_KEY: &str = "test0key0test0key0test0key0test1";
/// Its AppSecret.
pub const APP_SECRET: &str = "7e57000000000000000000000000abcd";
/// What its backend shows the server.
pub const ADMIN_KEY: &str = "admin0key0admin0key0admin0key0ab";
/// When every test begins: 2026-01-01 12:00:00 in Beijing, in milliseconds since 1970.
pub const START_MS: i64 = 1_767_240_000_000;

/// How a world is made.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Algorithm of the merchant's orders.
    pub sign_type: SignType,
    /// Whether orders are kept in sled, so that the server can be restarted.
    pub durable: bool,
    /// Milliseconds the server waits for WeChat.
    pub wechat_timeout_ms: u64,
    /// Divides WeChat's waits between two attempts at a notice.
    pub speedup: u32,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            sign_type: SignType::HmacSha256,
            durable: false,
            wechat_timeout_ms: 2_000,
            speedup: 1_000,
        }
    }
}

/// Everything one test needs.
pub struct World {
    /// The one clock.
    pub clock: Arc<SteppedClock>,
    /// The simulated WeChat.
    pub wechat: Running,
    /// The server under test.
    pub server: RunningServer,
    setup: Setup,
    store: StoreKind,
    client: Client,
    _directory: TempDir,
}

/// An HTTP reply.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body, if it is JSON.
    pub json: Value,
    /// The body.
    pub text: String,
}

impl World {
    /// HMAC-SHA256, orders in memory.
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    /// As `setup` says.
    pub async fn with(setup: Setup) -> Self {
        let clock = Arc::new(SteppedClock::new(START_MS));
        let mut config = Config::new(vec![WeChatMerchant {
            appid: APPID.into(),
            mch_id: MCH_ID.into(),
            key: ApiKey::new(API_KEY).unwrap(),
            app_secret: APP_SECRET.into(),
            name: "Test shop".into(),
        }]);
        let shared = Arc::clone(&clock);
        config.now = Arc::new(move || shared.now_ms());
        config.speedup = setup.speedup;
        let wechat = Simulator::start(config).await.unwrap();
        let directory = TempDir::new().unwrap();
        let store = if setup.durable {
            StoreKind::Sled(directory.path().join("data"))
        } else {
            StoreKind::Memory
        };
        let server = start_server(&setup, &store, &wechat, &clock).await;
        let client = client();
        Self { clock, wechat, server, setup, store, client, _directory: directory }
    }

    /// Stops the server in good order and starts another on the same data.
    pub async fn restart(self) -> Self {
        let Self { clock, wechat, server, setup, store, client, _directory } = self;
        server.stop().await;
        let server = start_server(&setup, &store, &wechat, &clock).await;
        Self { clock, wechat, server, setup, store, client, _directory }
    }

    /// One HTTP call to the server.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Reply {
        let mut request = self.client.request(method, format!("{}{path}", self.server.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.body(body).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Reply { status, json, text }
    }

    /// A phone's call.
    pub async fn phone(&self, path: &str, token: &str, body: Value) -> Reply {
        self.call(Method::POST, path, &[("token", token)], body.to_string()).await
    }

    /// The merchant's backend's call.
    pub async fn backend(&self, method: Method, path: &str, body: Value) -> Reply {
        let bearer = format!("Bearer {ADMIN_KEY}");
        self.call(method, path, &[("authorization", &bearer)], body.to_string()).await
    }

    /// Logs a user in and gives back the token.
    pub async fn log_in(&self, user: &str) -> String {
        let code = self.wechat.login(APPID, user).unwrap().code;
        let reply = self.phone("/v1/login", "", json!({ "code": code })).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json["token"].as_str().unwrap().to_owned()
    }

    /// Creates an order for anyone and gives back its number.
    pub async fn create(&self, total_fee: u64) -> String {
        let body = json!({ "total_fee": total_fee, "body": "Corner shop-tea" });
        let reply = self.backend(Method::POST, "/v1/orders", body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.json["out_trade_no"].as_str().unwrap().to_owned()
    }

    /// Asks for the arguments of `wx.requestPayment`.
    pub async fn pay(&self, token: &str, out_trade_no: &str) -> Reply {
        self.phone("/v1/pay", token, json!({ "orderId": out_trade_no })).await
    }

    /// An order in the server's books.
    pub async fn order(&self, out_trade_no: &str) -> Order {
        self.server.app.orders.get(&key(out_trade_no)).await.unwrap()
    }

    /// Moves the clock on and lets the sweep do what has become due.
    pub async fn pass_s(&self, seconds: i64) {
        self.clock.step_ms(seconds * 1_000);
        self.server.app.orders.reconcile_due().await;
    }

    /// The books agree with WeChat's ledger: every payment is on record once, with its amount, and no other is.
    pub async fn assert_books_agree(&self) {
        let mut ledger: Vec<_> = self.wechat.ledger();
        let mut booked = Vec::new();
        for order in self.wechat.orders() {
            let ours = self.order(order.out_trade_no()).await;
            booked.extend(ours.payment.map(|payment| (payment.transaction_id, payment.total_fee)));
        }
        booked.sort();
        ledger.sort_by(|a, b| a.transaction_id.cmp(&b.transaction_id));
        let ledger: Vec<_> =
            ledger.into_iter().map(|entry| (entry.transaction_id, entry.total_fee)).collect();
        assert_eq!(booked, ledger, "books on the left, WeChat's ledger on the right");
    }
}

/// The key of one of the test merchant's orders.
fn key(out_trade_no: &str) -> OrderKey {
    OrderKey { merchant: "shop".into(), out_trade_no: out_trade_no.into() }
}

async fn start_server(
    setup: &Setup,
    store: &StoreKind,
    wechat: &Running,
    clock: &Arc<SteppedClock>,
) -> RunningServer {
    let merchants = Merchants::new(vec![Merchant {
        id: "shop".into(),
        identity: Identity::direct(APPID, MCH_ID),
        sign_type: setup.sign_type,
        api_key: ApiKey::new(API_KEY).unwrap(),
        app_secret: Secret::new(APP_SECRET.into()),
        admin_key: Secret::new(ADMIN_KEY.into()),
    }]);
    let clock: Arc<dyn Clock> = Arc::clone(clock) as Arc<dyn Clock>;
    RunningServer::start(store, wechat.base_url(), clock, merchants, setup.wechat_timeout_ms).await
}

/// Made after the server, whose gateway installs the TLS provider that reqwest wants even for loopback.
fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}
