//! What is committed together.

use serde::{Deserialize, Serialize};

use crate::orders::{Event, EventKind, Order, OrderKey};

/// A user of a merchant's mini program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The merchant's id in our configuration.
    pub merchant: String,
    /// The user under the merchant's appid.
    pub openid: String,
    /// As the phone gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// As the phone gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<String>,
    /// Last login, milliseconds since 1970.
    pub login_ms: i64,
}

/// What an Idempotency-Key stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyRow {
    /// The merchant's id in our configuration.
    pub merchant: String,
    /// The key the merchant sent.
    pub key: String,
    /// SHA-256 of the request's body, hex.
    pub body_hash: String,
    /// The order it created.
    pub out_trade_no: String,
}

/// Something to tell the merchant's own system. Written with the event that causes it, delivered later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// Stable and unique: merchant, order and event number.
    pub id: String,
    /// `order.paid`, `order.closed` or `order.anomaly`.
    pub topic: String,
    /// Which order.
    #[serde(flatten)]
    pub key: OrderKey,
    /// The event's number within the order.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}

/// A set of writes that happen together or not at all.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub(super) order: Option<OrderChange>,
    pub(super) idempotency: Option<IdempotencyRow>,
    pub(super) user: Option<User>,
}

#[derive(Debug, Clone)]
pub(super) struct OrderChange {
    /// The revision this was decided on; 0 for a new order.
    pub(super) expected: u64,
    pub(super) order: Order,
    pub(super) events: Vec<Event>,
    pub(super) outbox: Vec<OutboxRow>,
}

impl Change {
    /// A new order; `None` unless `first` is a `Created` event.
    pub fn create(key: OrderKey, first: EventKind, now_ms: i64) -> Option<Self> {
        let event = Event { seq: 1, at_ms: now_ms, what: first };
        let order = Order::begin(key, &event)?;
        let order = OrderChange { expected: 0, order, events: vec![event], outbox: Vec::new() };
        Some(Self { order: Some(order), ..Self::default() })
    }

    /// More events of an order. The order after them is their fold, so record and log cannot disagree.
    pub fn update(before: &Order, what: Vec<EventKind>, now_ms: i64) -> Self {
        let mut order = before.clone();
        let mut events = Vec::with_capacity(what.len());
        let mut outbox = Vec::new();
        for what in what {
            let event = Event { seq: order.revision + 1, at_ms: now_ms, what };
            let was_paid = order.trade_state.is_paid();
            order.fold(&event);
            outbox.extend(topic(&event, was_paid).map(|topic| row(&order.key, &event, topic)));
            events.push(event);
        }
        let order = OrderChange { expected: before.revision, order, events, outbox };
        Self { order: Some(order), ..Self::default() }
    }

    /// A user's login.
    pub fn login(user: User) -> Self {
        Self { user: Some(user), ..Self::default() }
    }

    /// Also remembers which Idempotency-Key made this.
    pub fn with_idempotency(mut self, row: IdempotencyRow) -> Self {
        self.idempotency = Some(row);
        self
    }

    /// The order as it will be.
    pub fn order(&self) -> Option<&Order> {
        self.order.as_ref().map(|change| &change.order)
    }
}

/// Which events the merchant's own system hears of.
fn topic(event: &Event, was_paid: bool) -> Option<&'static str> {
    use wxpay_core::messages::TradeState::{Closed, Revoked};
    match &event.what {
        EventKind::Fact { trade_state, .. } if trade_state.is_paid() && !was_paid => {
            Some("order.paid")
        }
        EventKind::Fact { trade_state: Closed | Revoked, .. } | EventKind::Withdrawn => {
            Some("order.closed")
        }
        EventKind::Found { .. } => Some("order.anomaly"),
        EventKind::Fact { .. }
        | EventKind::Created { .. }
        | EventKind::Claimed { .. }
        | EventKind::PrepayAsked { .. }
        | EventKind::PrepayGot { .. }
        | EventKind::CloseAsked => None,
    }
}

fn row(key: &OrderKey, event: &Event, topic: &str) -> OutboxRow {
    OutboxRow {
        id: format!("{}.{}.{}", key.merchant, key.out_trade_no, event.seq),
        topic: topic.into(),
        key: key.clone(),
        seq: event.seq,
        at_ms: event.at_ms,
    }
}
