//! The rules. `order` and `apply` are pure; the others load, decide, commit.

mod agenda;
mod anomalies;
mod apply;
mod calls;
mod close;
mod create;
mod idempotency;
mod late;
mod micropay;
mod offer;
mod order;
mod pay;
mod query;
mod quiet;
mod reconcile;
mod refund;
mod reverse;

use std::sync::Arc;

use wxpay_core::messages::TradeType;

pub use self::anomalies::AnomalyPage;
pub use self::apply::{Fact, Verdict, apply};
pub use self::create::{Created, MAX_EXPIRE_S, MIN_EXPIRE_S, NewOrder};
pub use self::idempotency::Idempotency;
pub use self::offer::{Asker, Offer};
pub use self::order::{
    Anomaly, Asked, Event, EventKind, Extra, FoundAnomaly, LivePrepay, Order, OrderKey, Refund,
    RefundFact, RefundTerms, Refused, Resolution, Reversal, Source, Terms,
};

pub use self::quiet::TOO_OFTEN_S;
pub use self::refund::{
    NewRefund, Noticed, RefundDiffersError, RefundError, RefundReport, Refunded, apply_refund,
};

use self::agenda::Agenda;
use self::calls::Calls;
use self::late::LatePayments;
use self::quiet::Quiet;
use self::refund::Turns;
use crate::ambient::{Clock, NonceSource};
use crate::gateway::{Gateway, GatewayError};
use crate::merchant::{Merchant, Merchants};
use crate::outbox::Bells;
use crate::store::{Change, Filter, Page, Store, StoreError};

/// Everything the order rules need.
pub struct Orders {
    store: Arc<dyn Store>,
    gateway: Arc<dyn Gateway>,
    clock: Arc<dyn Clock>,
    nonces: Arc<dyn NonceSource>,
    merchants: Arc<Merchants>,
    /// Where WeChat reaches us.
    public_url: String,
    /// Seconds an order can be paid when the merchant does not say.
    expire_s: i64,
    agenda: Agenda,
    quiet: Quiet,
    /// Rung when there is something to tell.
    bells: Arc<Bells>,
    turns: Turns,
    /// unifiedorder.
    placing: Calls,
    /// micropay.
    charging: Calls,
    late: LatePayments,
    /// Held during a sweep: two never overlap, so whoever comes second finds the work of the first done.
    sweeping: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Orders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Orders").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

/// Why an order operation did not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderError {
    /// No such order, or not this caller's.
    NotFound,
    /// A field of the request is wrong.
    Field {
        /// Its name.
        field: &'static str,
        /// What was expected.
        expected: String,
    },
    /// The order's state, or what was asked before, does not allow it.
    Conflict(Conflict),
    /// The refund cannot be made.
    Refund(RefundError),
    /// WeChat knows another refund by this number.
    RefundDiffers(RefundDiffersError),
    /// WeChat did not do it.
    Gateway(GatewayError),
    /// The store did not do it.
    Store(StoreError),
}

/// What stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// The out_trade_no exists with other terms.
    NumberUsed,
    /// The Idempotency-Key was used for another request.
    KeyUsed,
    /// The order is paid.
    Paid,
    /// The order is closed, or shall be.
    Closed,
    /// The order's time is over.
    Expired,
    /// The order, which is of this type, is paid in another way.
    OtherTradeType(TradeType),
    /// A payment code was charged for the order before, and nobody knows yet what came of it.
    Charging,
    /// A payment code was charged for the order: it can be reversed, but not closed.
    Reversible,
    /// The order shall be reversed, which gives back all of its money.
    Reversing,
    /// Money of the order went back already, or is on its way: a reversal would give it back again.
    Refunding,
}

/// Repeats of a decision whose order was changed meanwhile; each loses only to a change that succeeded.
const ATTEMPTS: usize = 16;

impl Orders {
    /// Puts the rules together. Call [`Orders::watch_open`] once before the first sweep.
    pub fn new(
        store: Arc<dyn Store>,
        gateway: Arc<dyn Gateway>,
        clock: Arc<dyn Clock>,
        nonces: Arc<dyn NonceSource>,
        merchants: Arc<Merchants>,
        public_url: String,
        expire_s: i64,
    ) -> Self {
        Self {
            store,
            gateway,
            clock,
            nonces,
            bells: Arc::new(Bells::new(&merchants)),
            merchants,
            public_url,
            expire_s,
            agenda: Agenda::default(),
            quiet: Quiet::default(),
            turns: Turns::default(),
            placing: Calls::default(),
            charging: Calls::default(),
            late: LatePayments::default(),
            sweeping: tokio::sync::Mutex::default(),
        }
    }

    /// What wakes the delivery of webhooks.
    pub fn bells(&self) -> Arc<Bells> {
        Arc::clone(&self.bells)
    }

    /// One order.
    ///
    /// # Errors
    /// [`OrderError::NotFound`], or the store's.
    pub async fn get(&self, key: &OrderKey) -> Result<Order, OrderError> {
        self.store.order(key).await?.ok_or(OrderError::NotFound)
    }

    /// Everything that happened to an order, oldest first.
    ///
    /// # Errors
    /// [`OrderError::NotFound`], or the store's.
    pub async fn events(&self, key: &OrderKey) -> Result<Vec<Event>, OrderError> {
        let events = self.store.events(key).await?;
        if events.is_empty() { Err(OrderError::NotFound) } else { Ok(events) }
    }

    /// A merchant's orders, newest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(&self, merchant: &str, filter: &Filter) -> Result<Page, OrderError> {
        Ok(self.store.orders(merchant, filter).await?)
    }

    /// One order, to apply something to it: nobody is told of it before that is durable.
    ///
    /// # Errors
    /// [`OrderError::NotFound`], or the store's.
    pub async fn newest(&self, key: &OrderKey) -> Result<Order, OrderError> {
        self.store.newest(key).await?.ok_or(OrderError::NotFound)
    }

    /// Loads, decides, commits; begins again when the order was changed meanwhile. No events: nothing to commit.
    async fn change(
        &self,
        key: &OrderKey,
        decide: impl FnMut(&Order) -> Result<Vec<EventKind>, OrderError> + Send,
    ) -> Result<Order, OrderError> {
        self.change_from(self.newest(key).await?, decide).await
    }

    /// The same for an order that was loaded just now.
    async fn change_from(
        &self,
        mut order: Order,
        mut decide: impl FnMut(&Order) -> Result<Vec<EventKind>, OrderError> + Send,
    ) -> Result<Order, OrderError> {
        for _ in 0..ATTEMPTS {
            let events = match decide(&order) {
                Ok(events) if !events.is_empty() => events,
                verdict => {
                    self.store.settled().await?;
                    return verdict.map(|_| order);
                }
            };
            let now_ms = self.clock.now_ms();
            let endpoints = self.merchant(&order).map(Merchant::endpoints).unwrap_or_default();
            let change = Change::update(&order, events, now_ms).tell(&endpoints);
            let after = change.order().cloned().unwrap_or_else(|| order.clone());
            let is_told = change.tells();
            match self.store.commit(change).await {
                Ok(()) => {
                    self.agenda.watch(&after, now_ms);
                    log_anomalies(&order, &after);
                    if is_told {
                        self.bells.ring(&after.key.merchant);
                    }
                    return Ok(after);
                }
                Err(StoreError::Stale) => order = self.newest(&order.key).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Stale.into())
    }

    /// Takes in what WeChat signed. Says how the order stands; a duplicate or older fact changes nothing, and a payment
    /// that cannot be this order's is kept as an anomaly.
    ///
    /// # Errors
    /// The store's.
    pub async fn apply(&self, key: &OrderKey, fact: Fact) -> Result<Order, OrderError> {
        self.apply_to(self.newest(key).await?, fact).await
    }

    /// The same for an order that was loaded just now.
    ///
    /// # Errors
    /// The store's.
    pub async fn apply_to(&self, order: Order, fact: Fact) -> Result<Order, OrderError> {
        let mut is_news = false;
        let order = self
            .change_from(order, |order| {
                let events = match apply(order, fact.clone()) {
                    Verdict::News(events) => events,
                    Verdict::NoNews => Vec::new(),
                };
                is_news = !events.is_empty();
                Ok(events)
            })
            .await?;
        if is_news {
            let OrderKey { merchant, out_trade_no } = &order.key;
            let (trade_state, source) = (order.trade_state.as_str(), fact.source);
            tracing::info!(merchant, out_trade_no, trade_state, ?source, "order changed");
        }
        Ok(order)
    }

    fn merchant(&self, order: &Order) -> Result<&Merchant, OrderError> {
        self.merchants.get(&order.key.merchant).ok_or(OrderError::NotFound)
    }
}

/// Somebody shall look at it, even if nobody reads the list.
fn log_anomalies(before: &Order, after: &Order) {
    let OrderKey { merchant, out_trade_no } = &after.key;
    for found in after.anomalies.iter().skip(before.anomalies.len()) {
        let (id, kind) = (after.anomaly_id(found), found.anomaly.kind());
        tracing::error!(merchant, out_trade_no, id, kind, "anomaly found");
    }
}

impl From<StoreError> for OrderError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<GatewayError> for OrderError {
    fn from(error: GatewayError) -> Self {
        Self::Gateway(error)
    }
}

impl std::fmt::Display for OrderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such order"),
            Self::Field { field, expected } => write!(f, "{field}: expected {expected}"),
            Self::Conflict(conflict) => f.write_str(conflict.as_str()),
            Self::Refund(error) => error.fmt(f),
            Self::RefundDiffers(error) => error.fmt(f),
            Self::Gateway(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OrderError {}

impl Conflict {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NumberUsed => "out_trade_no: exists with other terms",
            Self::KeyUsed => "Idempotency-Key: was used for another request",
            Self::Paid => "the order is paid already",
            Self::Closed => "the order is closed",
            Self::Expired => "the order's time to pay is over",
            Self::OtherTradeType(TradeType::Jsapi) => {
                "the order is a JSAPI order: the mini program pays it by POST /v1/pay"
            }
            Self::OtherTradeType(TradeType::Native | TradeType::App | TradeType::Mweb) => {
                "the order is a NATIVE, APP or MWEB order: \
                    your backend gets what the user needs by POST /v1/orders/{out_trade_no}/pay"
            }
            Self::OtherTradeType(TradeType::Micropay) => {
                "the order is a MICROPAY order: \
                    your backend charges a payment code by POST /v1/orders/{out_trade_no}/micropay"
            }
            Self::OtherTradeType(TradeType::Facepay) => "the order is a FACEPAY order",
            Self::Charging => {
                "a payment code was charged for this order already; \
                    look at the order until it is paid or reversed, and take a new order for another code"
            }
            Self::Reversible => {
                "a payment code was charged for this order: \
                    it is not closed but reversed, by POST /v1/orders/{out_trade_no}/reverse"
            }
            Self::Reversing => {
                "the order is being reversed, which gives back all of its money; look at it again"
            }
            Self::Refunding => {
                "money of this order went back already or is on its way; refund the rest instead"
            }
        }
    }
}
