//! What our server adds to WeChat's own time when a phone wants to pay.

use std::time::{Duration, Instant};

use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::time::sleep_until;
use wxpay_server::store::Store;
use wxpay_tests::process::Site;

use crate::Plan;
use crate::client::{Connections, post};
use crate::drive::{Window, drive, each};
use crate::figures::Figures;
use crate::journal::one_sync;
use crate::notices::{Alone, site};
use crate::orders;
use crate::servers::Server;
use crate::wechat::WeChat;

/// How long WeChat takes.
const WECHAT: Duration = Duration::from_millis(80);
/// So many at a time are more than the server can serve in WeChat's time.
const AT_A_TIME: usize = 512;

/// Measures in turns, and prints the medians.
pub async fn measure(plan: &Plan) {
    let rounds: Vec<_> = (0..=plan.rounds).map(|_| orders::numbers(2 * plan.pays)).collect();
    let shop = Shop::start(&rounds.concat()).await;
    let scratch = shop.site.path().join("sync");
    let mut figures = Figures::default();
    figures.add("change", "p50_us", one_change().await);
    for (round, numbers) in rounds.iter().enumerate() {
        let (most, half) = numbers.split_at(plan.pays);
        let sync = one_sync(&scratch);
        let most = shop.pay_at_once(most).await;
        let added = shop.pay_at(most.per_second() / 2.0, half).await;
        // The first round warms up.
        if round == 0 {
            continue;
        }
        figures.add("sync", "p50_us", sync.as_secs_f64() * 1e6);
        figures.add("pay", "most_per_second", most.per_second());
        figures.add("pay", "added_p50_us", added.percentile_us(50));
        figures.add("pay", "added_p99_us", added.percentile_us(99));
        let ratio = added.percentile_us(99) / (sync.as_secs_f64() * 1e6);
        figures.add("pay", "p99_beside_sync", ratio);
    }
    figures.print();
    shop.server.stop().await;
}

/// How long one change takes to become durable when nothing else goes on, in microseconds: the middle one of many.
async fn one_change() -> f64 {
    let numbers = orders::numbers(201);
    let alone = Alone::start(&numbers).await;
    let window = alone.window(1, &numbers).await;
    alone.store.close().await;
    window.percentile_us(50)
}

/// Our server, WeChat, and a phone that is logged in.
struct Shop {
    site: Site,
    wechat: WeChat,
    server: Server,
    connections: Connections,
    token: String,
}

impl Shop {
    async fn start(numbers: &[String]) -> Self {
        let wechat = WeChat::start(WECHAT).await;
        let site = site(&format!("http://{}", wechat.address));
        orders::fill(&site.data(), numbers, orders::created).await;
        let server = Server::wxpay(&site).await;
        let connections = Connections::open(server.address, AT_A_TIME).await;
        let login = json!({ "code": "once", "merchant": "shop" }).to_string();
        let (_, reply) = connections.call(post("/v1/login", login)).await;
        let reply: Value = serde_json::from_slice(&reply).unwrap();
        let token = reply["token"].as_str().unwrap().to_owned();
        Self { site, wechat, server, connections, token }
    }

    /// As many as the server can take.
    async fn pay_at_once(&self, numbers: &[String]) -> Window {
        drive(AT_A_TIME, numbers.to_vec(), async |number| {
            self.pay(&number).await;
        })
        .await
    }

    /// So many a second, evenly; how long each took beyond WeChat's own time.
    async fn pay_at(&self, per_second: f64, numbers: &[String]) -> Window {
        let began = Instant::now();
        let pay = async |(n, number): (usize, &String)| {
            let due = began + Duration::from_secs_f64(n as f64 / per_second);
            sleep_until(due.into()).await;
            self.pay(number).await
        };
        let added = each(AT_A_TIME, numbers.iter().enumerate().collect(), pay).await;
        Window::new(began.elapsed(), added)
    }

    /// Pays one order, and says how long that took beyond WeChat's own time.
    async fn pay(&self, number: &str) -> Duration {
        let mut request = post("/v1/pay", json!({ "orderId": number }).to_string());
        request.headers_mut().insert("token", self.token.parse().unwrap());
        let began = Instant::now();
        let (status, reply) = self.connections.call(request).await;
        let took = began.elapsed();
        assert!(status == StatusCode::OK, "{status} {reply:?}");
        took - self.wechat.held(number)
    }
}
