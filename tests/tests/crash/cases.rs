//! Single cases: killed between asking WeChat and its answer, killed while a webhook is on its way, and out of memory.

use std::sync::Arc;

use reqwest::Client;
use rustix::process::{Resource, Rlimit, prlimit};
use serde_json::{Value, json};
use tokio::time::timeout;
use wxpay_simulator::{Call, Fault, FaultKind, Outcome};
use wxpay_tests::process::{SOON, http_client};

use wxpay_tests::{Answer, SHOP};

use crate::check;
use crate::ending;
use crate::scene::Scene;

/// Whether WeChat has the prepay or not when we are killed, the same number is asked for again: one order there, one here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c02_killed_between_asking_for_a_prepay_and_the_answer() {
    for kind in [FaultKind::Hang, FaultKind::Delay] {
        let scene = Scene::new(1).await;
        let server = scene.site.serve().await;
        let phone = Phone::new(&scene).await;
        let no = phone.order().await;
        let fault = Fault { delay_ms: 60_000, ..Fault::new(Call::UnifiedOrder, kind) };
        scene.wechat.set_fault(fault).unwrap();
        let phone = Arc::new(phone);
        let pay = json!({ "orderId": no });
        let paying = tokio::spawn({
            let (phone, pay) = (Arc::clone(&phone), pay.clone());
            async move { phone.post("/v1/pay", pay).await }
        });
        let asked = scene.wechat.wait_until(|world| world.calls(Call::UnifiedOrder, None) == 1);
        asked.await.unwrap();
        let log = server.kill().await;
        assert!(paying.await.unwrap().is_none(), "{kind:?}: answered");
        check::log(&log, "the first server");
        let server = scene.site.serve().await;
        let paid = phone.post("/v1/pay", pay).await.unwrap();
        assert_eq!(paid["code"], 0, "{kind:?}: {paid}");
        let sent: Vec<_> =
            scene.wechat.orders().iter().map(|order| order.out_trade_no().to_owned()).collect();
        assert_eq!(sent, [no.as_str()], "{kind:?}");
        scene.wechat.pay(&no, Outcome::Pay).await.unwrap();
        ending::books_agree_in_the_end(&scene.site, &scene.wechat).await;
        server.kill().await;
        let orders = scene.check_store("at the end").await;
        ending::books(&orders, &scene.wechat);
        scene.wechat.shutdown().await;
    }
}

/// Killed after the payment is on record and before the merchant's own system has taken the news: it comes again, under
/// the same id.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c03_killed_between_a_payment_and_its_webhook() {
    let scene = Scene::new(3).await;
    scene.receiver.answer(Answer::Hang);
    let server = scene.site.serve().await;
    let phone = Phone::new(&scene).await;
    let no = phone.order().await;
    assert_eq!(phone.post("/v1/pay", json!({ "orderId": no })).await.unwrap()["code"], 0);
    scene.wechat.pay(&no, Outcome::Pay).await.unwrap();
    let first = scene.receiver.wait_for(1).await.remove(0);
    let log = server.kill().await;
    check::log(&log, "the first server");
    scene.check_store("after the kill").await;
    scene.receiver.answer(Answer::Status(200));
    let server = scene.site.serve().await;
    let second = scene.receiver.wait_for(2).await.remove(1);
    assert_eq!((second.id(), &second.body), (first.id(), &first.body));
    ending::all_is_told_in_the_end(&scene.site).await;
    server.kill().await;
    scene.check_store("at the end").await;
    scene.wechat.shutdown().await;
}

/// A user's phone and the merchant's backend in one.
struct Phone {
    url: String,
    http: Client,
    token: String,
}

impl Phone {
    async fn new(scene: &Scene) -> Self {
        let code = scene.wechat.login(SHOP.appid, "alice").unwrap().code;
        let nobody = Self { url: scene.site.url(), http: http_client(), token: String::new() };
        let reply = nobody.post("/v1/login", json!({ "code": code })).await.unwrap();
        Self { token: reply["token"].as_str().unwrap().into(), ..nobody }
    }

    async fn order(&self) -> String {
        let order = self.post("/v1/orders", json!({ "total_fee": 1990, "body": "tea" })).await;
        order.unwrap()["out_trade_no"].as_str().unwrap().to_owned()
    }

    /// `None`: no answer came back.
    async fn post(&self, path: &str, body: Value) -> Option<Value> {
        let request = self.http.post(format!("{}{path}", self.url)).header("token", &self.token);
        let request = request.bearer_auth(SHOP.admin_key).body(body.to_string());
        let text = request.send().await.ok()?.text().await.ok()?;
        serde_json::from_str(&text).ok()
    }
}

/// Memory runs out in the middle of the work: whether requests are refused or the process dies, nothing is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c09_out_of_memory_under_load_loses_no_acknowledged_change() {
    let mut scene = Scene::new(9).await;
    for round in 1..=3 {
        let context = format!("round {round}");
        let server = scene.site.serve().await;
        let customers = scene.customers();
        scene.some_acks(&server, 60, &context).await;
        // From now on it gets nothing more from the system.
        let nothing = Rlimit { current: Some(1 << 20), maximum: Some(1 << 20) };
        prlimit(Some(server.pid()), Resource::As, nothing).unwrap();
        let target = scene.acks.count() + 200;
        // It may live on what it has, or die of it.
        let _ = timeout(SOON / 10, scene.acks.wait_for(target)).await;
        let log = server.kill().await;
        timeout(SOON, customers.join_all()).await.unwrap();
        check::no_secrets(&log, &context);
        scene.check_store(&context).await;
    }
    scene.end().await;
}
