//! Somebody who buys, while others do what they like with their connections.

use std::time::{Duration, Instant};

use fastrand::Rng;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::time::timeout;
use wxpay_simulator::{Outcome, Running, Simulator};
use wxpay_tests::process::{SOON, Site};
use wxpay_tests::{ADMIN_KEY, APPID};

/// A logged-in phone and the shop's backend in one. Each call has a connection of its own, so it has to be let in
/// again and again.
pub(crate) struct Customer {
    url: String,
    http: Client,
    wechat: Simulator,
    token: String,
    prices: Rng,
    /// How long each call took, and each notice from the payment to its SUCCESS.
    pub(crate) took: Vec<Duration>,
}

impl Customer {
    pub(crate) async fn new(site: &Site, wechat: &Running, user: &str) -> Self {
        // An error means that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().no_proxy().timeout(SOON).pool_max_idle_per_host(0);
        let (http, wechat) = (http.build().unwrap(), wechat.handle());
        let (url, took, prices) = (site.url(), Vec::new(), Rng::with_seed(seed()));
        let mut nobody = Self { url, http, wechat, token: String::new(), prices, took };
        let code = nobody.wechat.login(APPID, user).unwrap().code;
        let reply = nobody.post("/v1/login", json!({ "code": code })).await;
        Self { token: reply["token"].as_str().unwrap().into(), ..nobody }
    }

    /// Order, pay, notice, query: the order's number. Everything must succeed.
    pub(crate) async fn buy(&mut self) -> String {
        let no = self.order().await;
        self.get_ready(&no).await;
        self.finish(&no).await;
        no
    }

    /// The phone asks for what it needs to pay, and the server WeChat.
    pub(crate) async fn get_ready(&mut self, no: &str) {
        let reply = self.post("/v1/pay", json!({ "orderId": no })).await;
        assert_eq!(reply["code"], 0, "{reply}");
    }

    /// Money moves, WeChat tells of it, and the phone asks.
    pub(crate) async fn finish(&mut self, no: &str) {
        let before = Instant::now();
        self.wechat.pay(no, Outcome::Pay).await.unwrap();
        let taken = self
            .wechat
            .wait_until(|wechat| wechat.order(no).is_some_and(|order| order.notice_acknowledged()));
        timeout(SOON, taken).await.expect("the notice was not taken").unwrap();
        self.took.push(before.elapsed());
        let reply = self.post("/v1/query", json!({ "orderId": no })).await;
        assert_eq!(reply["paid"], true, "{reply}");
    }

    /// What the shop's backend does for the phone.
    pub(crate) async fn order(&mut self) -> String {
        let total_fee = self.prices.u32(1..10_000);
        let order = self.post("/v1/orders", json!({ "total_fee": total_fee, "body": "tea" })).await;
        order["out_trade_no"].as_str().unwrap_or_else(|| panic!("{order}")).to_owned()
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// The order as the backend sees it.
    pub(crate) async fn show(&mut self, no: &str) -> Value {
        let path = format!("{}/v1/orders/{no}", self.url);
        self.send(self.http.get(path)).await
    }

    async fn post(&mut self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.url)).body(body.to_string());
        self.send(request).await
    }

    async fn send(&mut self, request: RequestBuilder) -> Value {
        let request = request.header("token", &self.token).bearer_auth(ADMIN_KEY);
        let before = Instant::now();
        let reply = request.send().await.unwrap().text().await.unwrap();
        self.took.push(before.elapsed());
        serde_json::from_str(&reply).unwrap_or_else(|_| panic!("{reply}"))
    }
}

/// Decides the prices, which is all that chance has a part in.
#[allow(clippy::disallowed_methods, reason = "what a test repeats is set from outside")]
pub(crate) fn seed() -> u64 {
    std::env::var("WXPAY_CONNECTIONS_SEED").map_or(1, |text| text.parse().unwrap())
}

/// The time that a share of all calls did not exceed.
pub(crate) fn percentile(took: &mut [Duration], percent: usize) -> Duration {
    took.sort_unstable();
    took[(took.len() * percent).div_ceil(100).max(1) - 1]
}
