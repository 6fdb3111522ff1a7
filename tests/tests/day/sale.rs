//! One customer's order: how it comes about, and what may happen to it later.

use fastrand::Rng;
use reqwest::Method;
use serde_json::{Value, json};
use wxpay_core::Fen;
use wxpay_server::orders::{Order, OrderKey};
use wxpay_simulator::{Behaviour, Ending, NoticeKind, Outcome, RefundNoticeKind};
use wxpay_tests::{Reply, Shop, World};

pub(crate) const TRADE_TYPES: [&str; 5] = ["JSAPI", "NATIVE", "APP", "MWEB", "MICROPAY"];

const SCENE: &str =
    "{\"h5_info\":{\"type\":\"Wap\",\"wap_url\":\"https://example.com\",\"wap_name\":\"tea\"}}";

/// A customer's order.
#[derive(Debug, Clone)]
pub(crate) struct Sale {
    pub(crate) shop: Shop,
    pub(crate) no: String,
    pub(crate) trade_type: &'static str,
    pub(crate) total_fee: u64,
    /// The customer's, if the order is paid in the mini program.
    pub(crate) token: String,
}

impl Sale {
    pub(crate) fn key(&self) -> OrderKey {
        OrderKey { merchant: self.shop.id.into(), out_trade_no: self.no.clone() }
    }

    /// As the books have it.
    pub(crate) async fn order(&self, world: &World) -> Order {
        world.server.app.orders.get(&self.key()).await.unwrap()
    }

    /// The shop's backend does something with it.
    pub(crate) async fn act(&self, world: &World, action: &str, body: Value) -> Reply {
        let path = format!("/v1/orders/{}/{action}", self.no);
        world.backend_of(&self.shop, Method::POST, &path, body).await
    }

    /// The shop's backend places it.
    pub(crate) async fn place(&self, world: &World, expire_s: u32) {
        let mut body = json!({
            "out_trade_no": self.no, "total_fee": self.total_fee, "body": "Corner shop-tea",
            "trade_type": self.trade_type, "expire_s": expire_s,
        });
        if self.trade_type != "MICROPAY" {
            body["product_id"] = json!("tea-1");
            body["scene_info"] = json!(SCENE);
        }
        let reply = world.backend_of(&self.shop, Method::POST, "/v1/orders", body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
    }

    /// The customer comes to pay, and pays, or does not.
    pub(crate) async fn pay(&self, world: &World, rng: &mut Rng) {
        let asked = match self.trade_type {
            "JSAPI" => world.phone("/v1/pay", &self.token, json!({ "orderId": self.no })).await,
            "MICROPAY" => {
                let auth_code = world.wechat.auth_code("carol", behaviour(rng));
                self.act(world, "micropay", json!({ "auth_code": auth_code })).await
            }
            _ => self.act(world, "pay", json!({ "client_ip": "203.0.113.7" })).await,
        };
        assert_known(&asked);
        if asked.status != 200 || self.trade_type == "MICROPAY" {
            return;
        }
        let outcome = match rng.u8(..100) {
            ..70 => Outcome::Pay,
            70..80 => Outcome::PayWithCoupon { coupon_fee: Fen::new(self.total_fee / 3).unwrap() },
            80..85 => Outcome::Fail,
            85..90 => Outcome::Cancel,
            _ => return,
        };
        // It may be closed or paid already.
        let _ = world.wechat.pay(&self.no, outcome).await;
    }

    /// Something more happens to it, sensible or not.
    pub(crate) async fn go_on(&self, world: &World, rng: &mut Rng) {
        match rng.u8(..100) {
            ..40 => self.refund(world, rng.u64(..5)).await,
            40..50 => assert_known(&self.act(world, "reverse", json!({})).await),
            50..58 => assert_known(&self.act(world, "close", json!({})).await),
            58..66 => assert_known(&self.act(world, "query", json!({})).await),
            66..80 => self.pay(world, rng).await,
            80..90 => self.notice(world, rng).await,
            _ => self.refund_notice(world, rng).await,
        }
    }

    /// One of five equal parts; asked for again, it is the same part.
    pub(crate) async fn refund(&self, world: &World, part: u64) {
        let refund_fee = self.total_fee / 5;
        let body = json!({ "out_refund_no": self.refund_no(part), "refund_fee": refund_fee });
        assert_known(&self.act(world, "refunds", body).await);
    }

    fn refund_no(&self, part: u64) -> String {
        format!("{}r{part}", self.no)
    }

    async fn notice(&self, world: &World, rng: &mut Rng) {
        let kind = if rng.bool() { NoticeKind::Again } else { NoticeKind::Forged };
        // WeChat may not know the order, or it is not paid.
        if let Ok(reply) = world.wechat.send_notice(&self.no, kind).await {
            assert!(kind == NoticeKind::Again || !reply.accepted, "{reply:?}");
        }
    }

    async fn refund_notice(&self, world: &World, rng: &mut Rng) {
        let kinds = [
            RefundNoticeKind::Again,
            RefundNoticeKind::Success,
            RefundNoticeKind::Forged,
            RefundNoticeKind::Garbled,
            RefundNoticeKind::WrongAmount,
        ];
        let number = self.refund_no(rng.u64(..5));
        // There may be no such refund, or it is under way.
        let _ = world.wechat.send_refund_notice(&number, *rng.choice(&kinds).unwrap()).await;
    }
}

/// What a payment code is worth.
fn behaviour(rng: &mut Rng) -> Behaviour {
    let password = |ends, after_s| Behaviour::Password { ends, after_s: Some(after_s) };
    match rng.u8(..100) {
        ..50 => Behaviour::Pays,
        50..65 => password(Ending::Pays, rng.u32(1..90)),
        65..70 => password(Ending::Cancels, rng.u32(1..40)),
        70..75 => password(Ending::Fails, rng.u32(1..40)),
        75..80 => Behaviour::BankError { paid: rng.bool() },
        80..85 => Behaviour::SystemError { paid: rng.bool() },
        85..88 => Behaviour::NotEnough,
        88..91 => Behaviour::CardNotSupported,
        91..94 => Behaviour::TradeError,
        94..96 => Behaviour::Expired,
        96..98 => Behaviour::Invalid,
        _ => Behaviour::Used,
    }
}

/// Whatever happens, the answer is one of those the interface promises.
pub(crate) fn assert_known(reply: &Reply) {
    let known = [200, 201, 202, 402, 404, 409, 422, 502, 503, 504];
    assert!(known.contains(&reply.status), "{} {}", reply.status, reply.text);
}
