//! Phones and a merchant's backend, all at it at once, until nobody answers any more.

use std::sync::Arc;

use fastrand::Rng;
use reqwest::{Client as Http, RequestBuilder};
use serde_json::{Value, json};
use wxpay_simulator::{Call, Fault, FaultKind, Outcome, Running, Simulator};
use wxpay_tests::SHOP;
use wxpay_tests::process::{Site, http_client};

use crate::acks::Acks;

/// The server is gone.
pub struct Gone;

/// One of many clients, with its own random choices.
pub struct Client {
    url: String,
    http: Http,
    wechat: Simulator,
    acks: Arc<Acks>,
    random: Rng,
}

/// A reply that came back whole.
struct Reply {
    status: u16,
    json: Value,
}

impl Client {
    pub fn new(site: &Site, wechat: &Running, acks: &Arc<Acks>, random: Rng) -> Self {
        let (url, wechat, acks) = (site.url(), wechat.handle(), Arc::clone(acks));
        Self { url, http: http_client(), wechat, acks, random }
    }

    pub async fn work_until_the_server_is_gone(mut self) {
        while self.one_customer().await.is_ok() {}
    }

    /// A user logs in and buys one or two things, in one of the many ways people do.
    async fn one_customer(&mut self) -> Result<(), Gone> {
        let user = format!("user{}", self.random.u32(..40));
        let login = self.wechat.login(SHOP.appid, &user).unwrap();
        let reply = self.phone("/v1/login", "", json!({ "code": login.code })).await?;
        assert_eq!(reply.status, 200, "login: {}", reply.json);
        self.acks.login(&login.openid);
        let token = reply.json["token"].as_str().unwrap().to_owned();
        for _ in 0..self.random.u32(1..3) {
            let no = self.create().await?;
            let choice = self.random.u32(..10);
            if choice > 0 {
                self.pay(&token, &login.openid, &no).await?;
            }
            match choice {
                0 | 1 => self.close(&no).await?,
                2 => self.query(&token, &no).await?,
                _ => {
                    self.pay_at_the_cashier(&no).await;
                    self.query(&token, &no).await?;
                    let total_fee = self.show(&no).await?;
                    if choice > 6 {
                        self.pay_back(&no, total_fee).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Creates an order, now and then with an Idempotency-Key and the request twice.
    async fn create(&mut self) -> Result<String, Gone> {
        let total_fee = self.random.u64(1..10_000);
        let body = json!({ "total_fee": total_fee, "body": "Corner shop-tea" });
        let key = self.random.bool().then(|| format!("key-{:016x}", self.random.u64(..)));
        let first = self.create_once(&body, key.as_deref(), 201).await?;
        if key.is_some() && self.random.bool() {
            let second = self.create_once(&body, key.as_deref(), 200).await?;
            assert_eq!(first, second, "two orders for one Idempotency-Key");
        }
        Ok(first)
    }

    async fn create_once(
        &self,
        body: &Value,
        key: Option<&str>,
        status: u16,
    ) -> Result<String, Gone> {
        let mut request = self.post("/v1/orders", body).bearer_auth(SHOP.admin_key);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let reply = send(&self.acks, request).await?;
        assert_eq!(reply.status, status, "create: {}", reply.json);
        let no = reply.json["out_trade_no"].as_str().unwrap();
        self.acks.order(no, |acks| {
            acks.total_fee = body["total_fee"].as_u64();
            acks.idempotency_key = key.map(Into::into);
            acks.see(&reply.json);
        });
        Ok(no.into())
    }

    async fn pay(&self, token: &str, openid: &str, no: &str) -> Result<(), Gone> {
        let reply = self.phone("/v1/pay", token, json!({ "orderId": no })).await?;
        assert_eq!(reply.status, 200, "pay: {}", reply.json);
        let package = reply.json["package"].as_str().unwrap();
        let prepay_id = package.strip_prefix("prepay_id=").unwrap().to_owned();
        self.acks.order(no, |acks| {
            acks.payer = Some(openid.into());
            acks.prepay_ids.push(prepay_id);
        });
        Ok(())
    }

    /// Money moves, and WeChat tells the server, unless the notice is lost or comes twice.
    async fn pay_at_the_cashier(&mut self, no: &str) {
        let kind = match self.random.u32(..20) {
            0 => Some(FaultKind::Lose),
            1 => Some(FaultKind::Double),
            2 => Some(FaultKind::BeforeReply),
            _ => None,
        };
        if let Some(kind) = kind {
            self.wechat.set_fault(Fault::new(Call::Notice, kind).of_order(no)).unwrap();
        }
        self.wechat.pay(no, Outcome::Pay).await.unwrap();
    }

    async fn query(&self, token: &str, no: &str) -> Result<(), Gone> {
        let reply = self.phone("/v1/query", token, json!({ "orderId": no })).await?;
        assert_eq!(reply.status, 200, "query: {}", reply.json);
        let paid = reply.json["paid"].as_bool().unwrap();
        self.acks.order(no, |acks| acks.told_paid |= paid);
        Ok(())
    }

    async fn show(&self, no: &str) -> Result<u64, Gone> {
        let request =
            self.http.get(format!("{}/v1/orders/{no}", self.url)).bearer_auth(SHOP.admin_key);
        let reply = send(&self.acks, request).await?;
        assert_eq!(reply.status, 200, "show: {}", reply.json);
        self.acks.order(no, |acks| acks.see(&reply.json));
        Ok(reply.json["total_fee"].as_u64().unwrap())
    }

    /// The merchant pays back a part or all, sends the request twice now and then, and wants too much in the end.
    async fn pay_back(&mut self, no: &str, total_fee: u64) -> Result<(), Gone> {
        let refund_fee = self.random.u64(1..=total_fee);
        let body = json!({ "out_refund_no": format!("{no}-r1"), "refund_fee": refund_fee });
        for _ in 0..self.random.u32(1..3) {
            self.refund(no, &body).await?;
        }
        match self.random.u32(..4) {
            0 if refund_fee < total_fee => {
                // It waits for the minute that WeChat wants between two.
                let rest = total_fee - refund_fee;
                let body = json!({ "out_refund_no": format!("{no}-r2"), "refund_fee": rest });
                self.refund(no, &body).await?;
            }
            1 => {
                let much = json!({ "refund_fee": total_fee - refund_fee + 1 });
                let reply = self.ask_for_refund(no, &much).await?;
                assert_eq!(reply.json["code"], "refund_too_much", "I4: {}", reply.json);
            }
            _ => {
                self.show(no).await?;
            }
        }
        Ok(())
    }

    async fn refund(&self, no: &str, body: &Value) -> Result<(), Gone> {
        let reply = self.ask_for_refund(no, body).await?;
        assert!(matches!(reply.status, 200..=202), "refund: {} {}", reply.status, reply.json);
        self.acks.order(no, |acks| acks.see_refund(&reply.json));
        Ok(())
    }

    async fn ask_for_refund(&self, no: &str, body: &Value) -> Result<Reply, Gone> {
        let request = self.post(&format!("/v1/orders/{no}/refunds"), body);
        send(&self.acks, request.bearer_auth(SHOP.admin_key)).await
    }

    async fn close(&self, no: &str) -> Result<(), Gone> {
        let path = format!("/v1/orders/{no}/close");
        let reply =
            send(&self.acks, self.post(&path, &Value::Null).bearer_auth(SHOP.admin_key)).await?;
        // 202: WeChat closes no order younger than five minutes.
        assert!(matches!(reply.status, 200 | 202), "close: {} {}", reply.status, reply.json);
        self.acks.order(no, |acks| {
            acks.close_asked = true;
            acks.see(&reply.json);
        });
        Ok(())
    }

    async fn phone(&self, path: &str, token: &str, body: Value) -> Result<Reply, Gone> {
        send(&self.acks, self.post(path, &body).header("token", token)).await
    }

    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.url)).body(body.to_string())
    }
}

/// A reply that did not come back whole has acknowledged nothing. Neither has one that says that nothing can be
/// recorded; and whoever asks after that one must not be told of success.
async fn send(acks: &Acks, request: RequestBuilder) -> Result<Reply, Gone> {
    let is_late = acks.is_failure_told();
    let response = request.send().await.map_err(|_| Gone)?;
    let status = response.status().as_u16();
    let text = response.text().await.map_err(|_| Gone)?;
    let json: Value = serde_json::from_str(&text).map_err(|_| Gone)?;
    if status == 503 && json["code"] == "store_failed" {
        acks.tell_failure();
        return Err(Gone);
    }
    if is_late && status == 503 {
        return Err(Gone);
    }
    assert!(!is_late || status >= 400, "acknowledged after the store had failed: {json}");
    Ok(Reply { status, json })
}
