//! The application without sockets: rules, store in memory, scripted WeChat, stepped clock. Nothing sweeps.

use std::sync::Arc;

use tokio::sync::watch;
use wxpay_core::messages::{Trade, TradeState, TradeType};
use wxpay_core::{Fen, SignType};
use wxpay_server::ambient::{Clock, SequenceNonces, SteppedClock};
use wxpay_server::app::{App, Parts};
use wxpay_server::books::{Day, Progress, ReconcileError, Report, Schedule};
use wxpay_server::gateway::Gateway;
use wxpay_server::merchant::{Merchant, Merchants};
use wxpay_server::orders::{Extra, Fact, NewOrder, Order, OrderKey, Source};
use wxpay_server::outbox::{Sender, WebhookLimits};
use wxpay_server::store::{AnomalyRow, MemoryStore, Store};
use wxpay_tests::scripted::{Dice, ScriptedWeChat};
use wxpay_tests::{BAKERY, SHOP, START_MS};

/// The day on which every test begins, at noon.
pub const TODAY: &str = "2026-01-01";

pub struct Desk {
    pub clock: Arc<SteppedClock>,
    pub wechat: Arc<ScriptedWeChat>,
    pub store: Arc<dyn Store>,
    pub merchants: Arc<Merchants>,
    pub app: Arc<App>,
}

impl Desk {
    pub fn new() -> Self {
        Self::with(None)
    }

    pub fn with(daily: Option<Schedule>) -> Self {
        let clock = Arc::new(SteppedClock::new(START_MS));
        let wechat = Arc::new(ScriptedWeChat::new(Arc::clone(&clock), Dice::new(1), 0));
        let shops =
            [SHOP, BAKERY].iter().map(|shop| shop.with_some_certificate(SignType::HmacSha256));
        let merchants = Arc::new(Merchants::new(shops.collect()));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let app = app(&clock, &wechat, &store, &merchants, daily);
        Self { clock, wechat, store, merchants, app }
    }

    /// The same store and WeChat behind a fresh application, as after a restart.
    pub fn restart(&mut self, daily: Option<Schedule>) {
        self.app = app(&self.clock, &self.wechat, &self.store, &self.merchants, daily);
    }

    pub fn merchant(&self) -> &Merchant {
        self.merchants.get(SHOP.id).unwrap()
    }

    /// An order that was sent to WeChat and is not paid.
    pub async fn placed(&self, total_fee: u64) -> OrderKey {
        let new = NewOrder {
            out_trade_no: None,
            body: "tea".into(),
            total_fee: Fen::new(total_fee).unwrap(),
            trade_type: TradeType::Jsapi,
            openid: None,
            expire_s: None,
            extra: Extra::default(),
        };
        let key = self.app.orders.create(self.merchant(), new, None).await.unwrap().order.key;
        self.app.orders.pay(&key, "oALICE", "192.0.2.1").await.unwrap();
        key
    }

    /// A person paid, and no notice came.
    pub async fn paid_unheard(&self, total_fee: u64) -> (OrderKey, Trade) {
        let key = self.placed(total_fee).await;
        let payment = self.wechat.pay(&key.out_trade_no).unwrap();
        (key, payment)
    }

    /// A person paid, and the notice came.
    pub async fn paid(&self, total_fee: u64) -> OrderKey {
        let (key, payment) = self.paid_unheard(total_fee).await;
        let payment = Some(Box::new(payment));
        let fact = Fact { source: Source::Notice, trade_state: TradeState::Success, payment };
        self.app.orders.apply(&key, fact).await.unwrap();
        key
    }

    /// It is the next day, so many minutes after midnight.
    pub fn tomorrow(&self, minutes: i64) {
        let now_ms = self.clock.now_ms();
        self.clock.step_ms(Day::of_ms(now_ms).back(-1).at_ms(minutes) - now_ms);
    }

    /// Compares the first day.
    pub async fn reconcile(&self) -> Result<Report, ReconcileError> {
        let progress = watch::Sender::new(Progress::default());
        self.app.books.reconcile(self.merchant(), today(), &progress).await
    }

    pub async fn order(&self, key: &OrderKey) -> Order {
        self.app.orders.get(key).await.unwrap()
    }

    pub async fn anomalies(&self) -> Vec<AnomalyRow> {
        self.store.anomalies(SHOP.id, None, 100).await.unwrap()
    }

    /// Whether the day is on record as compared.
    pub async fn is_done(&self) -> bool {
        self.app.books.day(SHOP.id, today()).await.unwrap().is_some()
    }
}

pub fn today() -> Day {
    TODAY.parse().unwrap()
}

fn app(
    clock: &Arc<SteppedClock>,
    wechat: &Arc<ScriptedWeChat>,
    store: &Arc<dyn Store>,
    merchants: &Arc<Merchants>,
    daily: Option<Schedule>,
) -> Arc<App> {
    App::new(Parts {
        store: Arc::clone(store),
        gateway: Arc::clone(wechat) as Arc<dyn Gateway>,
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        nonces: Arc::new(SequenceNonces::default()),
        merchants: Arc::clone(merchants),
        public_url: "https://pay.example.com".into(),
        order_expire_s: 7_200,
        refund_paid_after_close: false,
        webhooks: Sender::new(WebhookLimits { timeout_ms: 5_000, max_in_flight: 8 }).unwrap(),
        token_s: 7_200,
        trusted_proxies: Vec::new(),
        daily,
    })
}
