//! Calls the server in every way that goes wrong, and keeps what it said.

use reqwest::{Client, Method};
use serde_json::{Value, json};
use wxpay_core::SignType;
use wxpay_simulator::{
    Behaviour, Call, Fault, FaultKind, NoticeKind, Outcome, RefundNoticeKind, Running,
};
use wxpay_tests::process::{Site, http_client};
use wxpay_tests::{ADMIN_KEY, API_KEY, APP_SECRET, APPID, Notice, SHOP};

use super::Canaries;

const HMAC: SignType = SignType::HmacSha256;
const FAULTS: [FaultKind; 10] = [
    FaultKind::Hang,
    FaultKind::ResetBefore,
    FaultKind::ResetAfter,
    FaultKind::Http500,
    FaultKind::Empty200,
    FaultKind::Truncate,
    FaultKind::WrongSign,
    FaultKind::NoSign,
    FaultKind::SystemError,
    FaultKind::SystemErrorApplied,
];

pub(super) struct Visit<'a> {
    wechat: &'a Running,
    url: String,
    http: Client,
    token: String,
    said: String,
    canaries: Canaries,
    /// An order that was paid, and WeChat's number of its payment.
    pub(super) paid: String,
    pub(super) transaction_id: String,
}

impl<'a> Visit<'a> {
    pub(super) fn new(site: &Site, wechat: &'a Running) -> Self {
        let (url, http) = (site.url(), http_client());
        let (token, said, canaries) = (String::new(), String::new(), Canaries::new());
        let (paid, transaction_id) = (String::new(), String::new());
        Self { wechat, url, http, token, said, canaries, paid, transaction_id }
    }

    /// Everything that was said, headers included.
    pub(super) fn said(&self) -> String {
        self.said.clone()
    }

    /// What this visit has brought along, or was given for itself alone.
    pub(super) fn canaries(&self) -> Canaries {
        self.canaries.clone()
    }

    async fn send(&mut self, method: Method, path: &str, token: &str, body: String) -> Value {
        let url = format!("{}{path}", self.url);
        let request = self.http.request(method, url).bearer_auth(ADMIN_KEY).header("token", token);
        let reply = request.body(body).send().await.unwrap();
        let head = format!("{} {:?}\n", reply.status(), reply.headers());
        let text = reply.text().await.unwrap();
        let json: Value = serde_json::from_str(&text).unwrap_or_default();
        self.said += &head;
        // Given to this phone alone; the rest must be clean.
        let own = ["token", "paySign"].map(|name| json[name].as_str().map(str::to_owned));
        match own {
            [Some(token), _] => _ = self.canaries.insert(token, "a user's token"),
            [_, Some(sign)] => _ = self.canaries.insert(sign, "a second signature"),
            [None, None] => self.said += &format!("{text}\n"),
        }
        json
    }

    async fn post(&mut self, path: &str, body: Value) -> Value {
        let token = self.token.clone();
        self.send(Method::POST, path, &token, body.to_string()).await
    }

    fn code(&mut self) -> String {
        let code = self.wechat.login(APPID, "alice").unwrap().code;
        self.canaries.insert(code.clone(), "a login code");
        code
    }

    pub(super) async fn every_wrong_login(&mut self) {
        for kind in FAULTS {
            if matches!(kind, FaultKind::WrongSign | FaultKind::NoSign) {
                continue;
            }
            self.wechat.set_fault(Fault::new(Call::Code2Session, kind)).unwrap();
            let body = json!({ "code": self.code() });
            for _ in 0..2 {
                let reply = self.post("/v1/login", body.clone()).await;
                assert!(reply["token"].is_null(), "{reply}");
            }
        }
    }

    pub(super) async fn log_in(&mut self) {
        let body = json!({ "code": self.code(), "nickname": "Alice" });
        let reply = self.post("/v1/login", body).await;
        reply["token"].as_str().unwrap().clone_into(&mut self.token);
        let mac = self.token.split('.').nth(2).unwrap().to_owned();
        self.canaries.insert(mac, "a token's signature");
    }

    async fn order(&mut self, more: Value) -> String {
        let mut body = json!({ "total_fee": 500, "body": "tea" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let order = self.post("/v1/orders", body).await;
        order["out_trade_no"].as_str().unwrap().to_owned()
    }

    async fn paid(&mut self) -> String {
        let no = self.order(json!({})).await;
        self.post("/v1/pay", json!({ "orderId": no })).await;
        self.wechat.pay(&no, Outcome::Pay).await.unwrap();
        let heard =
            |world: &wxpay_simulator::World| world.order(&no).unwrap().notice_acknowledged();
        self.wechat.wait_until(heard).await.unwrap();
        no
    }

    fn fault(&self, call: Call, kind: FaultKind, no: &str) {
        self.wechat.set_fault(Fault::new(call, kind).of_order(no)).unwrap();
    }

    pub(super) async fn every_fault_of_every_call(&mut self) {
        for (n, kind) in FAULTS.into_iter().enumerate() {
            let no = self.order(json!({})).await;
            self.fault(Call::UnifiedOrder, kind, &no);
            self.fault(Call::OrderQuery, kind, &no);
            for path in ["/v1/pay", "/v1/query", "/v1/pay", "/v1/query"] {
                self.post(path, json!({ "orderId": no })).await;
            }
            self.post(&format!("/v1/orders/{no}/close"), json!({})).await;
            self.charge(kind).await;
            let no = self.paid().await;
            self.fault(Call::Refund, kind, &no);
            self.fault(Call::RefundQuery, kind, &no);
            let number = format!("R{n}");
            let body = json!({ "refund_fee": 5, "out_refund_no": number });
            for _ in 0..2 {
                self.post(&format!("/v1/orders/{no}/refunds"), body.clone()).await;
            }
            for kind in [RefundNoticeKind::Forged, RefundNoticeKind::Garbled] {
                // Not while WeChat has no such refund.
                let _ = self.wechat.send_refund_notice(&no, kind).await;
            }
            self.paid = no;
        }
        let path = format!("/v1/orders/{}", self.paid);
        let order = self.send(Method::GET, &path, "", String::new()).await;
        order["transaction_id"].as_str().unwrap().clone_into(&mut self.transaction_id);
    }

    /// A payment code is worth money for a minute.
    async fn charge(&mut self, kind: FaultKind) {
        let no = self.order(json!({ "trade_type": "MICROPAY" })).await;
        for (call, behaviour) in
            [(Call::AuthCodeToOpenid, Behaviour::Pays), (Call::Micropay, Behaviour::NotEnough)]
        {
            let auth_code = self.wechat.auth_code("alice", behaviour);
            self.canaries.insert(auth_code.clone(), "a payment code");
            let path = match call {
                Call::Micropay => {
                    self.fault(call, kind, &no);
                    self.fault(Call::Reverse, kind, &no);
                    format!("/v1/orders/{no}/micropay")
                }
                _ => {
                    self.wechat.set_fault(Fault::new(call, kind)).unwrap();
                    "/v1/auth-code-to-openid".to_owned()
                }
            };
            for _ in 0..2 {
                self.post(&path, json!({ "auth_code": auth_code })).await;
            }
        }
        self.post(&format!("/v1/orders/{no}/reverse"), json!({})).await;
    }

    pub(super) async fn every_bad_notice(&mut self) {
        let no = self.paid.clone();
        for kind in [NoticeKind::Again, NoticeKind::Forged, NoticeKind::WrongAmount] {
            self.wechat.send_notice(&no, kind).await.unwrap();
        }
        let genuine = Notice::paid(&SHOP, &no, 500).with("transaction_id", &self.transaction_id);
        let right = genuine.signature(HMAC, &SHOP);
        self.canaries.insert(right.clone(), "the right signature of a notice");
        let signed = genuine.clone().with("sign", &right);
        for body in [
            genuine.clone().with("sign", &"0".repeat(64)).xml(),
            genuine.clone().with("sign", &right.to_lowercase()).xml(),
            signed.clone().with("total_fee", "1").xml(),
            signed.xml_with("<x><y/></x>"),
            signed.xml_with(&format!("<a>{API_KEY}</a>")),
            format!("<!DOCTYPE a [<!ENTITY b \"{API_KEY}\">]>{}", signed.xml()),
            signed.xml().replace("</xml>", ""),
            "x".repeat(70_000),
            genuine.clone().with("out_trade_no", "nobody").signed(HMAC, &SHOP).xml(),
        ] {
            self.send(Method::POST, "/v1/notify/shop/pay", "", body.clone()).await;
            self.send(Method::POST, "/v1/notify/shop/refund", "", body).await;
        }
    }

    /// Secrets where they do not belong: in fields, in numbers, in broken JSON.
    pub(super) async fn secrets_in_wrong_places(&mut self) {
        let token = self.token.clone();
        for secret in [&token, ADMIN_KEY, API_KEY, APP_SECRET] {
            for path in ["/v1/login", "/v1/pay", "/v1/query", "/v1/orders", "/v1/reconcile"] {
                for body in [
                    json!({ "orderId": [secret], "code": [secret], "total_fee": secret }),
                    json!({ "orderId": 1.5, "code": "", "merchant": secret, "total_fee": -1 }),
                    json!({ "date": secret, "body": "tea", "total_fee": 1, "limit_pay": secret }),
                    json!([secret]),
                ] {
                    self.post(path, body).await;
                }
                self.send(Method::POST, path, secret, format!("{{\"x\":\"{secret}")).await;
            }
            for path in ["/v1/webhooks/books/replay", "/v1/anomalies/x/resolve", "/v1/days/x"] {
                self.post(path, json!({ "id": secret, "note": 1, "all": secret })).await;
            }
        }
    }
}
