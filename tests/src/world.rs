//! Phone, merchant's backend, server and WeChat, together.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use wxpay_core::SignType;
use wxpay_server::ambient::{Clock, SteppedClock};
use wxpay_server::backup::import;
use wxpay_server::books::Schedule;
use wxpay_server::gateway::WeChat;
use wxpay_server::http::Limits;
use wxpay_server::merchant::{Merchants, Webhook};
use wxpay_server::orders::{Event, Order, OrderKey};
use wxpay_server::outbox::WebhookLimits;
use wxpay_simulator::{Call, Config, Fault, FaultKind, Running, Simulator};

use crate::logs::Logs;
use crate::scripted::DawdlingStore;
use crate::server::{RunningServer, Settings, StoreKind};
use crate::shop::outbox;
use crate::shop::{SHOP, Shop};

/// When every test begins: 2026-01-01 12:00:00 in Beijing, in milliseconds since 1970.
pub const START_MS: i64 = 1_767_240_000_000;

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a world is made.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The merchants; most helpers act for the first.
    pub shops: Vec<Shop>,
    /// Algorithm of the merchants' orders.
    pub sign_type: SignType,
    /// Whether orders are kept in sled, so that the server can be restarted.
    pub durable: bool,
    /// A store that makes trouble, to be used instead.
    pub store: Option<Arc<DawdlingStore>>,
    /// Whether the merchants can pay back: with certificates, over TLS.
    pub refunds: bool,
    /// Whether an order that was paid although it was closed is paid back by itself.
    pub refund_paid_after_close: bool,
    /// Milliseconds the server waits for WeChat.
    pub wechat_timeout_ms: u64,
    /// Where the payment calls go, if not to the simulator.
    pub pay_url: Option<String>,
    /// Whose certificates are good at that address, if not the simulator's.
    pub ca_pem: Option<String>,
    /// Whether WeChat has a backup address.
    pub backup: bool,
    /// Whether the server tells WeChat how its calls went.
    pub report: bool,
    /// Where code2session goes, if not to the simulator.
    pub login_url: Option<String>,
    /// Divides WeChat's waits between two attempts at a notice.
    pub speedup: u32,
    /// Whose `X-Forwarded-For` the server believes.
    pub trusted_proxies: Vec<IpAddr>,
    /// The accept loop's limits.
    pub limits: Limits,
    /// The first merchant's own systems, if not the one that is never reached.
    pub webhooks: Option<Vec<Webhook>>,
    /// Whether those are the other merchants' systems, too.
    pub shared_webhooks: bool,
    /// How they are told.
    pub webhook_limits: WebhookLimits,
    /// When the server compares bills unasked.
    pub daily: Option<Schedule>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            shops: vec![SHOP],
            sign_type: SignType::HmacSha256,
            durable: false,
            store: None,
            refunds: false,
            refund_paid_after_close: false,
            wechat_timeout_ms: 5_000,
            pay_url: None,
            ca_pem: None,
            backup: false,
            report: false,
            login_url: None,
            speedup: 1_000,
            trusted_proxies: Vec::new(),
            limits: Limits {
                max_connections: 512,
                header_timeout_ms: 10_000,
                body_timeout_ms: 10_000,
                request_timeout_ms: 15_000,
                drain_timeout_ms: 2_000,
            },
            webhooks: None,
            shared_webhooks: false,
            webhook_limits: WebhookLimits { timeout_ms: 5_000, max_in_flight: 8 },
            daily: None,
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
    directory: TempDir,
}

/// An HTTP reply.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
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
        Logs::keep_all_lines_on();
        let clock = Arc::new(SteppedClock::new(START_MS));
        let mut config = Config::new(wechat_merchants(&setup.shops));
        config.sub_merchants = setup.shops.iter().filter_map(Shop::sub_merchant).collect();
        config.backup = setup.backup;
        let shared = Arc::clone(&clock);
        config.now = Arc::new(move || shared.now_ms());
        config.speedup = setup.speedup;
        let wechat = Simulator::start(config).await.unwrap();
        let directory = TempDir::new().unwrap();
        let store = match &setup.store {
            Some(store) => StoreKind::Dawdling(Arc::clone(store)),
            None if setup.durable => StoreKind::Sled(directory.path().join("data")),
            None => StoreKind::Memory,
        };
        let server = start_server(&setup, &store, &wechat, &clock).await;
        let client = client();
        Self { clock, wechat, server, setup, store, client, directory }
    }

    /// Stops the server in good order, does something while it is down, and starts another on the same data.
    pub async fn restart_after(
        self,
        meanwhile: impl AsyncFnOnce(&Running, &SteppedClock, &mut Setup),
    ) -> Self {
        let Self { clock, wechat, server, mut setup, store, client, directory } = self;
        server.stop().await;
        meanwhile(&wechat, &clock, &mut setup).await;
        let server = start_server(&setup, &store, &wechat, &clock).await;
        Self { clock, wechat, server, setup, store, client, directory }
    }

    /// Stops the server in good order and starts another on the same data.
    pub async fn restart(self) -> Self {
        self.restart_after(async |_, _, _| {}).await
    }

    /// Stops the server, loses its data, and starts another on what a backup brings back.
    pub async fn restored_from(self, backup: &str) -> Self {
        let Self { clock, wechat, server, setup, store, client, directory } = self;
        server.stop().await;
        let StoreKind::Sled(data) = &store else { panic!("only a durable store is restored") };
        let file = directory.path().join("backup");
        std::fs::write(&file, backup).unwrap();
        std::fs::remove_dir_all(data).unwrap();
        import(&file, data, 4 << 20).await.unwrap();
        let server = start_server(&setup, &store, &wechat, &clock).await;
        Self { clock, wechat, server, setup, store, client, directory }
    }

    /// Stops the server and gives back the directory with its data.
    pub async fn stop(self) -> TempDir {
        self.server.stop().await;
        self.directory
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
        let headers = response.headers().clone();
        let text = response.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Reply { status, headers, json, text }
    }

    /// A phone's call.
    pub async fn phone(&self, path: &str, token: &str, body: Value) -> Reply {
        self.call(Method::POST, path, &[("token", token)], body.to_string()).await
    }

    /// The merchant's backend's call.
    pub async fn backend(&self, method: Method, path: &str, body: Value) -> Reply {
        self.backend_of(self.shop(), method, path, body).await
    }

    /// Another merchant's backend's call.
    pub async fn backend_of(&self, shop: &Shop, method: Method, path: &str, body: Value) -> Reply {
        let bearer = format!("Bearer {}", shop.admin_key);
        self.call(method, path, &[("authorization", &bearer)], body.to_string()).await
    }

    /// A notice as bytes, to the first merchant's address.
    pub async fn notify(&self, body: impl Into<reqwest::Body>) -> Reply {
        self.notify_at(self.shop(), body).await
    }

    /// A notice as bytes.
    pub async fn notify_at(&self, shop: &Shop, body: impl Into<reqwest::Body>) -> Reply {
        let path = format!("/v1/notify/{}/pay", shop.id);
        self.call(Method::POST, &path, &[("content-type", "text/xml")], body).await
    }

    /// A refund notice for the first merchant, as it is.
    pub async fn notify_refund(&self, body: &str) -> Reply {
        let path = format!("/v1/notify/{}/refund", self.shop().id);
        self.call(Method::POST, &path, &[], body.to_owned()).await
    }

    /// A fresh login code.
    pub fn code(&self, user: &str) -> String {
        self.wechat.login(self.shop().program().0, user).unwrap().code
    }

    /// Logs a user in and gives back the token.
    pub async fn log_in(&self, user: &str) -> String {
        let body = json!({ "code": self.code(user), "merchant": self.shop().id });
        let reply = self.phone("/v1/login", "", body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json["token"].as_str().unwrap().to_owned()
    }

    /// Creates an order for anyone and gives back its number.
    pub async fn create(&self, total_fee: u64) -> String {
        self.create_with(json!({ "total_fee": total_fee, "body": "Corner shop-tea" })).await
    }

    /// Creates an order with these fields and gives back its number.
    pub async fn create_with(&self, body: Value) -> String {
        let reply = self.backend(Method::POST, "/v1/orders", body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.json["out_trade_no"].as_str().unwrap().to_owned()
    }

    /// Asks for the arguments of `wx.requestPayment`.
    pub async fn pay(&self, token: &str, out_trade_no: &str) -> Reply {
        self.phone("/v1/pay", token, json!({ "orderId": out_trade_no })).await
    }

    /// One of the simulator's own calls: what a phone, a scanner or a person does.
    pub async fn at_wechat(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/sim/{path}", self.wechat.base_url());
        let response = self.client.post(url).body(body.to_string()).send().await.unwrap();
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }

    /// The merchant's backend does something with an order.
    pub async fn act(&self, out_trade_no: &str, action: &str, body: Value) -> Reply {
        let path = format!("/v1/orders/{out_trade_no}/{action}");
        self.backend(Method::POST, &path, body).await
    }

    /// An order that a phone has been given the arguments for.
    pub async fn prepaid(&self, token: &str, total_fee: u64) -> String {
        let no = self.create(total_fee).await;
        let reply = self.pay(token, &no).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        no
    }

    /// Waits until the server has acknowledged the order's notice.
    pub async fn acknowledged(&self, out_trade_no: &str) {
        let acknowledged = self
            .wechat
            .wait_until(|world| world.order(out_trade_no).unwrap().notice_acknowledged())
            .await;
        acknowledged.unwrap();
    }

    /// The merchant closes an order.
    pub async fn close(&self, out_trade_no: &str) -> Reply {
        let path = format!("/v1/orders/{out_trade_no}/close");
        self.backend(Method::POST, &path, json!({})).await
    }

    /// From now on no notice arrives.
    pub fn lose_notices(&self) {
        let lose = Fault::new(Call::Notice, FaultKind::Lose).times(u32::MAX);
        self.wechat.set_fault(lose).unwrap();
    }

    /// An order in the server's books.
    pub async fn order(&self, out_trade_no: &str) -> Order {
        self.server.app.orders.get(&self.key(out_trade_no)).await.unwrap()
    }

    /// An order's events.
    pub async fn events(&self, out_trade_no: &str) -> Vec<Event> {
        self.server.app.store.events(&self.key(out_trade_no)).await.unwrap()
    }

    /// What the merchant's own system will be told about an order.
    pub async fn topics(&self, out_trade_no: &str) -> Vec<String> {
        let rows = outbox(&*self.server.app.store).await;
        let own = rows.into_iter().filter(|row| row.key.out_trade_no == out_trade_no);
        own.map(|row| row.topic.as_str().into()).collect()
    }

    /// Lets everything else run until it is so.
    pub async fn until(&self, is_so: impl AsyncFn() -> bool) {
        let waiting = async {
            while !is_so().await {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("it did not come about");
    }

    /// Milliseconds since 1970.
    pub fn clock_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Moves the clock on and lets the sweep do, and the outbox tell, what has become due.
    pub async fn pass_s(&self, seconds: i64) {
        self.clock.step_ms(seconds * 1_000);
        self.server.app.orders.reconcile_due().await;
        self.server.app.outbox.deliver_due().await;
    }

    /// WeChat without the server in between: what a person does on the merchant platform.
    pub fn gateway(&self) -> WeChat {
        settings(&self.setup, &self.store, &self.wechat, &self.clock).gateway()
    }

    /// The first merchant.
    pub fn shop(&self) -> &Shop {
        &self.setup.shops[0]
    }

    /// All merchants.
    pub fn shops(&self) -> &[Shop] {
        &self.setup.shops
    }

    /// The key of one of the first merchant's orders.
    pub fn key(&self, out_trade_no: &str) -> OrderKey {
        OrderKey { merchant: self.shop().id.into(), out_trade_no: out_trade_no.into() }
    }
}

async fn start_server(
    setup: &Setup,
    store: &StoreKind,
    wechat: &Running,
    clock: &Arc<SteppedClock>,
) -> RunningServer {
    RunningServer::start(settings(setup, store, wechat, clock)).await
}

fn settings(
    setup: &Setup,
    store: &StoreKind,
    wechat: &Running,
    clock: &Arc<SteppedClock>,
) -> Settings {
    let merchants = setup.shops.iter().map(|shop| match setup.refunds {
        true => shop.with_certificate(setup.sign_type, wechat),
        false => shop.for_server(setup.sign_type),
    });
    let mut merchants: Vec<_> = merchants.collect();
    if let Some(webhooks) = &setup.webhooks {
        let count = if setup.shared_webhooks { merchants.len() } else { 1 };
        merchants[..count].iter_mut().for_each(|one| one.webhooks.clone_from(webhooks));
    }
    let pay_url = if setup.refunds { wechat.cashier_tls_url() } else { wechat.base_url() };
    Settings {
        store: store.clone(),
        pay_url: setup.pay_url.clone().unwrap_or_else(|| pay_url.into()),
        backup_pay_url: wechat.backup_url().map(Into::into),
        report: setup.report,
        login_url: setup.login_url.clone().unwrap_or_else(|| wechat.base_url().into()),
        ca_pem: setup.ca_pem.clone().or_else(|| setup.refunds.then(|| wechat.ca_pem().into())),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        merchants: Merchants::new(merchants),
        refund_paid_after_close: setup.refund_paid_after_close,
        wechat_timeout_ms: setup.wechat_timeout_ms,
        trusted_proxies: setup.trusted_proxies.clone(),
        limits: setup.limits.clone(),
        webhooks: setup.webhook_limits,
        daily: setup.daily,
    }
}

/// Made after the server, whose gateway installs the TLS provider that reqwest wants even for loopback.
fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

/// WeChat knows a merchant's program once, however many shops sell in it.
fn wechat_merchants(shops: &[Shop]) -> Vec<wxpay_simulator::Merchant> {
    let mut known: Vec<(&str, &str)> = Vec::new();
    let new = shops.iter().filter(|shop| {
        let pair = (shop.appid, shop.mch_id);
        let is_new = !known.contains(&pair);
        known.push(pair);
        is_new
    });
    new.map(Shop::for_wechat).collect()
}
