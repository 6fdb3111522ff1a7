//! A small shop's day in which every call to WeChat is made: customers log in and pay in several ways, some get their
//! money back, some never pay, and in the next morning the bills come. What fails is tried again, as people do.

use fastrand::Rng;
use serde_json::{Value, json};
use wxpay_core::bill::FundFlow;
use wxpay_core::messages::download_fundflow::AccountType;
use wxpay_core::messages::refund::RefundStatus;
use wxpay_server::gateway::Gateway;
use wxpay_server::orders::Order;
use wxpay_simulator::{Behaviour, Call, Ending, Fault, FaultKind, Outcome};
use wxpay_tests::{Reply, World};

const DATE: &str = "2026-01-01";
/// From noon of the day until the next morning, when its bill is there.
const UNTIL_BILL_S: i64 = 23 * 3_600;
/// A fault strikes three times at most.
const TRIES: usize = 5;

/// What was done, and what the merchant was promised.
pub(crate) struct Business {
    rng: Rng,
    sold: Vec<String>,
    /// Somebody has paid these at the cashier.
    pub(crate) paid: Vec<String>,
    /// Order, number and amount of refunds that were acknowledged.
    pub(crate) refunds: Vec<(String, String, u64)>,
    /// Orders whose reversal was acknowledged.
    pub(crate) reversed: Vec<String>,
}

impl Business {
    pub(crate) fn new(rng: Rng) -> Self {
        Self { rng, sold: Vec::new(), paid: Vec::new(), refunds: Vec::new(), reversed: Vec::new() }
    }

    /// Customers come, and most of them pay.
    pub(crate) async fn morning(&mut self, world: &World) {
        let token = log_in(world).await;
        for n in 0..4 {
            let no = self.order(world, "JSAPI").await;
            again(async || world.pay(&token, &no).await).await;
            // Nobody has paid: WeChat is asked.
            world.phone("/v1/query", &token, json!({ "orderId": no })).await;
            match n {
                0 => continue,
                1 => {
                    let lost = Fault::new(Call::Notice, FaultKind::Lose).of_order(&no);
                    world.wechat.set_fault(lost).unwrap();
                }
                _ => {}
            }
            self.pay(world, &no).await;
            world.phone("/v1/query", &token, json!({ "orderId": no })).await;
        }
        let no = self.order(world, "NATIVE").await;
        again(async || world.act(&no, "pay", json!({ "client_ip": "203.0.113.7" })).await).await;
        self.pay(world, &no).await;
        self.charge(world, Behaviour::Pays).await;
        let after_s = Some(self.rng.u32(1..40));
        self.charge(world, Behaviour::Password { ends: Ending::Pays, after_s }).await;
        for step_s in [5, 5, 10] {
            world.pass_s(step_s).await;
        }
        for at in 0..self.paid.len() {
            let (no, fee) = (self.paid[at].clone(), self.rng.u64(1..40));
            self.refund(world, &no, "a", fee).await;
        }
    }

    /// Goods come back, and so does the money; who has not paid does not pay any more.
    pub(crate) async fn afternoon(&mut self, world: &World) {
        for step_s in [30, 60, 60, 300] {
            world.pass_s(step_s).await;
        }
        let no = self.charge(world, Behaviour::Pays).await;
        world.pass_s(20).await;
        let reply = again(async || world.act(&no, "reverse", json!({})).await).await;
        if reply.status < 300 {
            self.reversed.push(no);
        }
        for no in self.paid.clone().iter().take(2) {
            self.refund(world, no, "b", 40).await;
        }
        for no in self.sold.clone() {
            // Most are paid: that is what the server says then.
            again(async || world.close(&no).await).await;
        }
        for step_s in [30, 60, 600] {
            world.pass_s(step_s).await;
        }
    }

    /// The bill is compared, and another is downloaded.
    pub(crate) async fn bills(&mut self, world: &World) {
        world.pass_s(UNTIL_BILL_S).await;
        let date = json!({ "date": DATE });
        for _ in 0..TRIES {
            let reply = world.backend(reqwest::Method::POST, "/v1/reconcile", date.clone()).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            let last: Value = serde_json::from_str(reply.text.lines().last().unwrap()).unwrap();
            assert!(last["summary"].is_object() || last["error"]["code"].is_string(), "{last}");
            fund_flow(world).await;
        }
    }

    /// The fault is over, and time passes until everything has come to its end.
    pub(crate) async fn settle(&mut self, world: &World) {
        world.wechat.clear_faults();
        let ended = |wechat: &wxpay_simulator::World| {
            wechat.refunds().all(|refund| refund.status != RefundStatus::Processing)
        };
        world.wechat.wait_until(ended).await.unwrap();
        for _ in 0..100 {
            world.pass_s(1_800).await;
            if !world.all_orders().await.iter().any(Order::is_watched) {
                return;
            }
        }
        let mut open = world.all_orders().await;
        open.retain(Order::is_watched);
        panic!("never come to an end: {open:#?}");
    }

    async fn order(&mut self, world: &World, trade_type: &str) -> String {
        let body = json!({
            "total_fee": self.rng.u64(100..10_000), "body": "tea", "trade_type": trade_type,
            "product_id": (trade_type == "NATIVE").then_some("tea-1"),
        });
        let no = world.create_with(body).await;
        self.sold.push(no.clone());
        no
    }

    async fn pay(&mut self, world: &World, no: &str) {
        if world.wechat.pay(no, Outcome::Pay).await.is_ok() {
            self.paid.push(no.to_owned());
        }
    }

    /// The customer shows a payment code.
    async fn charge(&mut self, world: &World, behaviour: Behaviour) -> String {
        let no = self.order(world, "MICROPAY").await;
        let auth_code = world.wechat.auth_code("carol", behaviour);
        let code = json!({ "auth_code": auth_code });
        let path = "/v1/auth-code-to-openid";
        let asked = reqwest::Method::POST;
        again(async || world.backend(asked.clone(), path, code.clone()).await).await;
        assert_known(&world.act(&no, "micropay", code).await);
        no
    }

    async fn refund(&mut self, world: &World, no: &str, part: &str, fee: u64) {
        let number = format!("{no}{part}");
        let reply = again(async || world.refund_part(no, &number, fee).await).await;
        if reply.status < 300 {
            self.refunds.push((no.to_owned(), number, fee));
        }
    }
}

/// The user's phone shows a new code each time: one works once.
async fn log_in(world: &World) -> String {
    let reply = again(async || {
        let body = json!({ "code": world.code("alice"), "merchant": world.shop().id });
        world.phone("/v1/login", "", body).await
    });
    reply.await.json["token"].as_str().unwrap().to_owned()
}

/// What the command line downloads. It may be refused, or damaged.
async fn fund_flow(world: &World) {
    let sign_type = wxpay_core::SignType::HmacSha256;
    let merchant = world.shop().with_certificate(sign_type, &world.wechat);
    let gateway = world.gateway();
    let asked = gateway.download_fundflow(&merchant, "20260101", AccountType::Basic, true).await;
    let Ok(mut download) = asked else { return };
    let (mut bill, mut rows) = (FundFlow::new(), Vec::new());
    while let Ok(Some(chunk)) = download.chunk().await {
        if bill.push(&chunk, &mut rows).is_err() {
            return;
        }
    }
}

/// Until it is done, or refused for good.
async fn again(mut ask: impl AsyncFnMut() -> Reply) -> Reply {
    let mut reply = ask().await;
    for _ in 1..TRIES {
        if reply.status < 500 {
            break;
        }
        assert_known(&reply);
        reply = ask().await;
    }
    assert_known(&reply);
    reply
}

/// Whatever happens, the answer is one of those the interface promises.
fn assert_known(reply: &Reply) {
    let known = [200, 201, 202, 401, 402, 404, 409, 422, 429, 502, 503, 504];
    assert!(known.contains(&reply.status), "{} {}", reply.status, reply.text);
}
