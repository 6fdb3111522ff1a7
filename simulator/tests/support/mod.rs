//! What the tests share: a simulator with a stepped clock, and a merchant that signs requests with core.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code; not every topic uses every part"
)]

pub mod client;
pub mod control;
pub mod refunds;
pub mod scanner;
pub mod secure;
pub mod shop;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use wxpay_core::messages::{self, Identity, TradeType};
use wxpay_core::{ApiKey, Fen, Params, SignType, add_sign, xml};
use wxpay_simulator::{Call, Config, Login, Merchant, Running, Simulator};

pub const APPID: &str = "wx0123456789abcdef";
pub const MCH_ID: &str = "1900000001";
pub const KEY: &str = "00112233445566778899aabbccddeeff";
pub const SECRET: &str = "ffeeddccbbaa99887766554433221100";
pub const OTHER_APPID: &str = "wxfedcba9876543210";
pub const OTHER_MCH_ID: &str = "1900000002";
pub const OTHER_KEY: &str = "ffeeddccbbaa00112233445566778899";
pub const NONCE: &str = "5K8264ILTKCH16CQ2502SI8ZNMTM67VS";
/// 2026-01-01 12:00:00 in Beijing.
pub const START_MS: i64 = 1_767_240_000_000;

/// A simulator and the hands on its clock.
pub struct World {
    pub wechat: Running,
    clock: Arc<AtomicI64>,
}

impl World {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let clock = Arc::new(AtomicI64::new(START_MS));
        let hands = Arc::clone(&clock);
        let mut config = Config::new(merchants());
        config.now = Arc::new(move || hands.load(Ordering::SeqCst));
        config.speedup = 1_000_000;
        change(&mut config);
        Self { wechat: Simulator::start(config).await.unwrap(), clock }
    }

    pub fn pass_s(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub fn alice(&self) -> Login {
        self.wechat.login(APPID, "alice").unwrap()
    }

    /// Sends a request as it is and reads the reply as it is.
    pub async fn call(&self, call: Call, params: &Params) -> Params {
        xml::from_xml(&self.send(call, params).await).unwrap()
    }

    /// Sends a request as it is, with the certificate where it is needed, and gives the reply's body.
    pub async fn send(&self, call: Call, params: &Params) -> Vec<u8> {
        let body = xml::to_xml(params).unwrap();
        if matches!(call, Call::Refund | Call::Reverse | Call::DownloadFundFlow) {
            let merchant = secure::Client::of(&self.wechat, params.get("mch_id").unwrap());
            let reply = merchant.post(path(call), body).await.unwrap();
            assert_eq!(reply.status(), 200);
            return reply.bytes().await.unwrap().to_vec();
        }
        let reply = client::post(&self.url(call), "text/xml", body).await.unwrap();
        assert_eq!(reply.status, 200);
        reply.body.to_vec()
    }

    pub fn url(&self, call: Call) -> String {
        format!("{}{}", self.wechat.base_url(), path(call))
    }

    /// Places an order of 88 fen for alice and gives its prepay_id.
    pub async fn place(&self, out_trade_no: &str, sign_type: SignType) -> String {
        self.place_order(&Order { sign_type, ..self.order(out_trade_no) }).await
    }

    pub async fn place_order(&self, order: &Order) -> String {
        let reply = self.call(Call::UnifiedOrder, &order.params()).await;
        let prepay =
            messages::unified_order::read_reply(reply, &identity(), order.sign_type, &key());
        prepay.unwrap().prepay_id
    }

    pub fn order(&self, out_trade_no: &str) -> Order {
        Order {
            out_trade_no: out_trade_no.into(),
            openid: self.alice().openid,
            notify_url: "http://127.0.0.1:9/notify".into(),
            sign_type: SignType::HmacSha256,
            more: Vec::new(),
        }
    }

    pub async fn query(&self, out_trade_no: &str, sign_type: SignType) -> Params {
        let request =
            messages::order_query::request(out_trade_no, &identity(), NONCE, sign_type, &key());
        self.call(Call::OrderQuery, &request.unwrap()).await
    }

    pub async fn close(&self, out_trade_no: &str) -> Params {
        let sign_type = SignType::HmacSha256;
        let request =
            messages::close_order::request(out_trade_no, &identity(), NONCE, sign_type, &key());
        self.call(Call::CloseOrder, &request.unwrap()).await
    }

    /// The note on the newest message.
    pub fn last_note(&self) -> String {
        let messages = self.wechat.messages(0);
        messages.last().and_then(|message| message.note.clone()).unwrap_or_default()
    }
}

/// The call's path at WeChat's host.
pub fn path(call: Call) -> &'static str {
    match call {
        Call::UnifiedOrder => messages::unified_order::PATH,
        Call::OrderQuery => messages::order_query::PATH,
        Call::CloseOrder => messages::close_order::PATH,
        Call::Micropay => messages::micropay::PATH,
        Call::Reverse => messages::reverse::PATH,
        Call::AuthCodeToOpenid => messages::auth_code_to_openid::PATH,
        Call::ShortUrl => messages::short_url::PATH,
        Call::Report => messages::report::PATH,
        Call::DownloadBill => messages::download_bill::PATH,
        Call::DownloadFundFlow => messages::download_fundflow::PATH,
        Call::Code2Session => messages::code2session::PATH,
        Call::Refund => messages::refund::PATH,
        Call::RefundQuery => messages::refund_query::PATH,
        Call::Notice | Call::RefundNotice => panic!("a notice is not a call"),
    }
}

/// An order to be placed.
#[derive(Clone)]
pub struct Order {
    pub out_trade_no: String,
    pub openid: String,
    pub notify_url: String,
    pub sign_type: SignType,
    /// Further fields; the same name replaces the usual value, an empty value takes it out.
    pub more: Vec<(&'static str, String)>,
}

impl Order {
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.more.push((name, value.into()));
        self
    }

    /// The signed request.
    pub fn params(&self) -> Params {
        signed(self.unsigned(), self.sign_type, KEY)
    }

    pub fn unsigned(&self) -> Params {
        let mut params = Params::from_pairs([
            ("appid", APPID),
            ("mch_id", MCH_ID),
            ("nonce_str", NONCE),
            ("sign_type", self.sign_type.as_str()),
            ("body", "Corner shop-tea & 茶 <hot>"),
            ("out_trade_no", &self.out_trade_no),
            ("total_fee", "88"),
            ("spbill_create_ip", "203.0.113.7"),
            ("notify_url", &self.notify_url),
            ("trade_type", TradeType::Jsapi.as_str()),
            ("openid", &self.openid),
        ])
        .unwrap();
        for (name, value) in &self.more {
            params.remove(name);
            if !value.is_empty() {
                params.insert(name, value).unwrap();
            }
        }
        params
    }
}

pub fn signed(mut params: Params, sign_type: SignType, key: &str) -> Params {
    add_sign(&mut params, sign_type, &ApiKey::new(key).unwrap()).unwrap();
    params
}

pub fn merchants() -> Vec<Merchant> {
    let merchant = |appid: &str, mch_id: &str, key: &str, name: &str| Merchant {
        appid: appid.into(),
        mch_id: mch_id.into(),
        key: ApiKey::new(key).unwrap(),
        app_secret: SECRET.into(),
        name: name.into(),
    };
    vec![
        merchant(APPID, MCH_ID, KEY, "Corner shop"),
        merchant(OTHER_APPID, OTHER_MCH_ID, OTHER_KEY, "Other shop"),
    ]
}

pub fn identity() -> Identity {
    Identity::direct(APPID, MCH_ID)
}

pub fn key() -> ApiKey {
    ApiKey::new(KEY).unwrap()
}

pub fn fen(fen: u64) -> Fen {
    Fen::new(fen).unwrap()
}

#[track_caller]
pub fn assert_fields(params: &Params, wanted: &[(&str, &str)]) {
    for (name, value) in wanted {
        assert_eq!(params.get(name), Some(*value), "{name} of {params:?}");
    }
}
