//! One order that waits for its payment, and the notices that come for it.

use serde_json::Value;
use tracing_subscriber::filter::LevelFilter;
use wxpay_core::SignType;
use wxpay_core::messages::TradeState;
use wxpay_server::orders::{Event, Order};
use wxpay_tests::{Logs, Notice, Reply, SHOP, Setup, World};

pub(crate) const HMAC: SignType = SignType::HmacSha256;
pub(crate) const SUCCESS: &str = "<xml><return_code><![CDATA[SUCCESS]]></return_code>\
    <return_msg><![CDATA[OK]]></return_msg></xml>";
pub(crate) const FAIL: &str = "<xml><return_code><![CDATA[FAIL]]></return_code>\
    <return_msg><![CDATA[FAIL]]></return_msg></xml>";
pub(crate) const TOTAL_FEE: u64 = 10_000;
/// All that the log says of a notice that is refused.
const LINE: [&str; 8] =
    ["level", "merchant", "message", "out_trade_no", "reason", "request_id", "target", "timestamp"];

/// A world with one order that waits for its payment, and everything the server logs.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) no: String,
    pub(crate) logs: Logs,
    pub(crate) before: (Order, Vec<Event>),
}

impl Scene {
    pub(crate) async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        let world = World::with(setup).await;
        let token = world.log_in("alice").await;
        let no = world.prepaid(&token, TOTAL_FEE).await;
        let logs = Logs::start(LevelFilter::TRACE);
        let before = (world.order(&no).await, world.events(&no).await);
        Self { world, no, logs, before }
    }

    /// "It was paid", true in every field, without a signature.
    pub(crate) fn notice(&self) -> Notice {
        Notice::paid(&SHOP, &self.no, TOTAL_FEE)
    }

    pub(crate) async fn assert_refused(
        &self,
        body: impl Into<reqwest::Body>,
        status: u16,
        reason: &str,
    ) {
        self.logs.clear();
        let reply = self.world.notify(body).await;
        self.assert_refusal(&reply, status, reason).await;
    }

    /// FAIL, nothing changed, one line that says why, and in it nothing a forger could use.
    pub(crate) async fn assert_refusal(&self, reply: &Reply, status: u16, reason: &str) {
        assert_eq!((reply.status, reply.text.as_str()), (status, FAIL), "{reason}");
        let type_of_body = reply.headers["content-type"].to_str().unwrap();
        assert!(type_of_body.starts_with("text/xml"), "{type_of_body}");
        let now = (self.world.order(&self.no).await, self.world.events(&self.no).await);
        assert_eq!(now, self.before, "{reason}");
        let lines = self.logs.lines_with("notice refused");
        assert_eq!(lines.len(), 1, "{lines:?}");
        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        let names: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, LINE, "and nothing of the message");
        let logged = line["reason"].as_str().unwrap();
        assert!(logged.contains(reason), "{logged:?} should say {reason:?}");
        assert_eq!(line["level"], "WARN");
        assert!(line["request_id"].as_str().is_some_and(|id| id.len() == 32), "{line}");
        let right = self.notice().signature(self.before.0.sign_type, &SHOP);
        for secret in [SHOP.api_key, SHOP.app_secret, SHOP.admin_key, &right] {
            assert!(!self.logs.text().contains(secret), "{secret} in {}", self.logs.text());
        }
    }

    pub(crate) async fn assert_taken(&self, body: impl Into<reqwest::Body>) {
        let reply = self.world.notify(body).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, SUCCESS), "{}", self.logs.text());
        let order = self.world.order(&self.no).await;
        assert_eq!(order.trade_state, TradeState::Success);
        assert_eq!(order.payment.unwrap().total_fee.get(), TOTAL_FEE);
        assert_eq!(self.world.topics(&self.no).await, ["order.paid"]);
        assert_eq!(self.logs.lines_with("notice taken").len(), 1);
    }
}
