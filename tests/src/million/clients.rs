//! Who calls the server: the merchant's backend, WeChat, the phone of the regular customer. Each call is timed.

use std::time::{Duration, Instant};

use fastrand::Rng;
use futures_util::future::join_all;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use wxpay_core::SignType;

use super::seed::{Past, REGULAR};
use crate::notice::Notice;
use crate::process::http_client;
use crate::shop::SHOP;

/// Calls at a time.
const AT_A_TIME: usize = 8;
const FEE: u64 = 1_990;

/// All that call one server.
pub struct Clients {
    url: String,
    http: Client,
    token: String,
    past: Past,
    random: Rng,
    payments: u64,
}

/// How long calls took.
#[derive(Debug, Default, Clone)]
pub struct Times(Vec<Duration>);

impl Clients {
    /// Logs the regular customer in.
    pub async fn log_in(url: String, past: Past, seed: u64) -> Self {
        let http = http_client();
        let body = json!({ "code": format!("code{seed}") }).to_string();
        let reply = http.post(format!("{url}/v1/login")).body(body).send().await.unwrap();
        let reply: Value = serde_json::from_str(&reply.text().await.unwrap()).unwrap();
        let token = reply["token"].as_str().unwrap().to_owned();
        Self { url, http, token, past, random: Rng::with_seed(seed), payments: seed << 32 }
    }

    /// The server says that it takes changes.
    pub async fn is_ready(&self) {
        let reply = self.http.get(format!("{}/readyz", self.url)).send().await.unwrap();
        assert_eq!(reply.status().as_u16(), 200);
    }

    /// New orders; says their numbers.
    pub async fn create(&self, count: usize, times: &mut Times) -> Vec<String> {
        let body = json!({ "total_fee": FEE, "body": "Corner shop-tea", "openid": REGULAR });
        let body = body.to_string();
        let requests = (0..count).map(|_| {
            let request = self.http.post(format!("{}/v1/orders", self.url)).body(body.clone());
            request.bearer_auth(SHOP.admin_key)
        });
        let replies = send(requests.collect(), times).await;
        let replies = replies.iter().map(|(status, text)| {
            assert_eq!(*status, 201, "{text}");
            serde_json::from_str::<Value>(text).unwrap()
        });
        replies.map(|reply| reply["out_trade_no"].as_str().unwrap().to_owned()).collect()
    }

    /// WeChat's notices of payments.
    pub async fn notify(&mut self, numbers: &[String], times: &mut Times) {
        let url = format!("{}/v1/notify/{}/pay", self.url, SHOP.id);
        let requests = numbers.iter().map(|number| {
            self.payments += 1;
            let notice = Notice::paid(&SHOP, number, FEE)
                .with("transaction_id", &format!("42{:026}", self.payments))
                .with("openid", REGULAR);
            let body = notice.signed(SignType::HmacSha256, &SHOP).xml();
            self.http.post(&url).header("content-type", "text/xml").body(body)
        });
        for (status, text) in send(requests.collect(), times).await {
            assert!(status == 200 && text.contains("SUCCESS"), "{status} {text}");
        }
    }

    /// The regular customer looks at what they bought, wherever in the past that was.
    pub async fn query(&mut self, count: usize, times: &mut Times) {
        let numbers = std::iter::from_fn(|| Some(self.random.u64(..self.past.orders)));
        let own = numbers.filter(|n| self.past.is_the_regulars(*n)).take(count);
        let requests: Vec<RequestBuilder> = own
            .map(|n| {
                let body = json!({ "orderId": self.past.out_trade_no(n) }).to_string();
                let request = self.http.post(format!("{}/v1/query", self.url)).body(body);
                request.header("token", &self.token)
            })
            .collect();
        for (status, text) in send(requests, times).await {
            assert!(status == 200 && text.contains(r#""paid":true"#), "{status} {text}");
        }
    }

    /// The backend's call for something of its own.
    pub async fn get(&self, path: &str, times: &mut Times) -> Value {
        let request = self.http.get(format!("{}{path}", self.url)).bearer_auth(SHOP.admin_key);
        let (status, text) = send(vec![request], times).await.remove(0);
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }
}

/// Some at a time; status and text of each reply.
async fn send(requests: Vec<RequestBuilder>, times: &mut Times) -> Vec<(u16, String)> {
    let mut clients: Vec<Vec<RequestBuilder>> = (0..AT_A_TIME).map(|_| Vec::new()).collect();
    for (n, request) in requests.into_iter().enumerate() {
        clients[n % AT_A_TIME].push(request);
    }
    let clients = clients.into_iter().map(async |requests| {
        let mut replies = Vec::new();
        for request in requests {
            let started = Instant::now();
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            let text = response.text().await.unwrap();
            replies.push((started.elapsed(), (status, text)));
        }
        replies
    });
    let replies = join_all(clients).await.into_iter().flatten();
    let (taken, replies): (Vec<_>, Vec<_>) = replies.unzip();
    times.0.extend(taken);
    replies
}

impl Times {
    /// The time that so many of a hundred calls do not exceed.
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut times = self.0.clone();
        times.sort_unstable();
        times[(times.len() - 1) * percent / 100]
    }
}
