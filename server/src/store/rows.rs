//! The rows that stand beside the orders, and their reading.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wxpay_core::messages::TradeState;

use super::{Store, StoreError, keys};
use crate::books::{Day, DayRow};
use crate::orders::{Anomaly, Event, EventKind, Order, OrderKey, Resolution};

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
    /// The order it created, or refunded.
    pub out_trade_no: String,
    /// The refund it created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_refund_no: Option<String>,
}

/// What the merchant's own system hears of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Topic {
    /// The order is paid.
    #[serde(rename = "order.paid")]
    OrderPaid,
    /// The order is closed or reversed: nobody can pay it any more.
    #[serde(rename = "order.closed")]
    OrderClosed,
    /// A refund was accepted, delayed, refused, paid back or went wrong.
    #[serde(rename = "refund.changed")]
    RefundChanged,
    /// Something a person should look at.
    #[serde(rename = "anomaly.found")]
    AnomalyFound,
}

/// Something to tell one of the merchant's endpoints. Written with the event that causes it, gone when it is delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// Stable, the same for every endpoint: merchant, order and event number. Has no full stop: those divide what
    /// webhooks sign.
    pub id: String,
    /// What happened.
    pub topic: Topic,
    /// Which order.
    #[serde(flatten)]
    pub key: OrderKey,
    /// The event's number within the order; 0 for a notice of an order that is not here.
    pub seq: u64,
    /// The anomaly that belongs to no order of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anomaly: Option<String>,
    /// When it happened, milliseconds since 1970.
    pub at_ms: i64,
    /// The endpoint's id in our configuration.
    pub endpoint: String,
    /// How often it was sent without success.
    pub attempts: u32,
    /// Not before this time, milliseconds since 1970.
    pub next_ms: i64,
    /// Why it is not sent any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<String>,
}

/// An anomaly, findable without its order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnomalyRow {
    /// Unique within the merchant.
    pub id: String,
    /// The order, or the number that a notice claims.
    #[serde(flatten)]
    pub key: OrderKey,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// What is odd.
    #[serde(flatten)]
    pub anomaly: Anomaly,
    /// How it was settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolution>,
}

/// A payment or a refund, findable by its time: what a day's bill is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// Payment: WeChat's time_end. Refund: when we first knew that WeChat had accepted it. Milliseconds since 1970.
    pub at_ms: i64,
    /// The order.
    #[serde(flatten)]
    pub key: OrderKey,
    /// The refund; `None` for the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_refund_no: Option<String>,
}

impl OutboxRow {
    /// The row that it tells of: an event, or an anomaly without an order.
    pub fn cause(&self) -> Vec<u8> {
        match &self.anomaly {
            Some(id) => keys::anomaly(&self.key.merchant, id),
            None => keys::event(&self.key, self.seq),
        }
    }
}

/// One write beside the order itself.
#[derive(Debug, Clone)]
pub(super) struct RowWrite {
    pub(super) key: Vec<u8>,
    pub(super) value: Value,
    pub(super) expect: Expect,
}

/// What is written.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Gone,
    Mark,
    User(User),
    Idempotency(IdempotencyRow),
    Outbox(OutboxRow),
    Anomaly(AnomalyRow),
    Movement(Movement),
    Owner(OrderKey),
    Day(Box<DayRow>),
}

/// What must be there before; otherwise the whole change is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    Anything,
    Nothing,
    NothingOrSame,
    Something,
}

impl RowWrite {
    pub(super) fn put(key: Vec<u8>, value: Value) -> Self {
        Self { key, value, expect: Expect::Anything }
    }

    /// The bytes to store; `None` takes the row away.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub(super) fn bytes(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let bytes = match &self.value {
            Value::Gone => return Ok(None),
            Value::Mark => Vec::new(),
            Value::User(row) => json("user", row)?,
            Value::Idempotency(row) => json("idempotency row", row)?,
            Value::Outbox(row) => json("outbox row", row)?,
            Value::Anomaly(row) => json("anomaly", row)?,
            Value::Movement(row) => json("movement", row)?,
            Value::Owner(row) => json("order key", row)?,
            Value::Day(row) => json("day", row)?,
        };
        Ok(Some(bytes))
    }
}

impl Expect {
    /// Whether the change may go on, given what is stored and what would be.
    pub(super) fn allows(self, stored: Option<&[u8]>, new: Option<&[u8]>) -> bool {
        match self {
            Self::Anything => true,
            Self::Nothing => stored.is_none(),
            Self::NothingOrSame => stored.is_none() || stored == new,
            Self::Something => stored.is_some(),
        }
    }
}

/// The rows that follow from an order's events: indexes, list entries, anomalies.
pub(super) fn of_order(before: Option<&Order>, order: &Order, events: &[Event]) -> Vec<RowWrite> {
    let OrderKey { merchant, out_trade_no } = &order.key;
    let mut rows = Vec::new();
    if before.is_none() {
        let created = keys::created(merchant, order.created_ms, out_trade_no);
        rows.push(RowWrite::put(created, Value::Mark));
    }
    let watch = if order.is_watched() { Value::Mark } else { Value::Gone };
    rows.push(RowWrite::put(keys::open(&order.key), watch));
    let owner = || Value::Owner(order.key.clone());
    let first_payment = order.payment.as_ref().filter(|payment| {
        let known = before.and_then(|before| before.payment.as_ref());
        known.is_none_or(|known| known.transaction_id != payment.transaction_id)
    });
    if let Some(payment) = first_payment {
        let key = keys::transaction(&payment.transaction_id);
        rows.push(RowWrite { key, value: owner(), expect: Expect::NothingOrSame });
        rows.push(movement(order, payment.time_end * 1000, None));
    }
    for event in events {
        match &event.what {
            EventKind::RefundAsked { terms } => {
                let key = keys::refund(merchant, &terms.out_refund_no);
                rows.push(RowWrite { key, value: owner(), expect: Expect::Nothing });
            }
            EventKind::Found { .. } => rows.extend(anomaly(order, event.seq)),
            EventKind::Resolved { found_seq, .. } => rows.extend(anomaly(order, *found_seq)),
            _ => {}
        }
    }
    for refund in order.refunds.iter().filter(|refund| refund.refund_id.is_some()) {
        let number = &refund.terms.out_refund_no;
        let known = before.and_then(|before| before.refund(number));
        if known.is_none_or(|known| known.refund_id.is_none()) {
            rows.push(movement(order, events.last().map_or(0, |event| event.at_ms), Some(number)));
        }
    }
    rows
}

fn movement(order: &Order, at_ms: i64, out_refund_no: Option<&String>) -> RowWrite {
    let row = Movement { at_ms, key: order.key.clone(), out_refund_no: out_refund_no.cloned() };
    RowWrite::put(keys::movement(&row), Value::Movement(row))
}

fn anomaly(order: &Order, found_seq: u64) -> Option<RowWrite> {
    let found = order.anomalies.iter().find(|found| found.seq == found_seq)?;
    let row = AnomalyRow {
        id: order.anomaly_id(found),
        key: order.key.clone(),
        at_ms: found.at_ms,
        anomaly: found.anomaly.clone(),
        resolved: found.resolved.clone(),
    };
    Some(RowWrite::put(keys::anomaly(&order.key.merchant, &row.id), Value::Anomaly(row)))
}

/// Which events the merchant's own system hears of.
pub(super) fn topic(event: &Event, was_paid: bool) -> Option<Topic> {
    use TradeState::{Closed, Revoked};
    match &event.what {
        EventKind::Fact { trade_state, .. } if trade_state.is_paid() && !was_paid => {
            Some(Topic::OrderPaid)
        }
        EventKind::Fact { trade_state: Closed | Revoked, .. } | EventKind::Withdrawn => {
            Some(Topic::OrderClosed)
        }
        EventKind::RefundAccepted { .. }
        | EventKind::RefundDelayed { .. }
        | EventKind::RefundRefused { .. }
        | EventKind::RefundFact { .. } => Some(Topic::RefundChanged),
        EventKind::Found { .. } => Some(Topic::AnomalyFound),
        EventKind::Fact { .. }
        | EventKind::Created { .. }
        | EventKind::Claimed { .. }
        | EventKind::PrepayAsked { .. }
        | EventKind::PrepayGot { .. }
        | EventKind::MicropayAsked { .. }
        | EventKind::MicropayNotSent
        | EventKind::MicropayRefused { .. }
        | EventKind::CloseAsked
        | EventKind::ReverseAsked
        | EventKind::ReverseRefused { .. }
        | EventKind::RefundAsked { .. }
        | EventKind::Resolved { .. } => None,
    }
}

impl Topic {
    /// Its name in webhooks.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrderPaid => "order.paid",
            Self::OrderClosed => "order.closed",
            Self::RefundChanged => "refund.changed",
            Self::AnomalyFound => "anomaly.found",
        }
    }
}

impl dyn Store + '_ {
    /// What an Idempotency-Key of this merchant created.
    ///
    /// # Errors
    /// The store's.
    pub async fn idempotency(&self, merchant: &str, key: &str) -> Found<IdempotencyRow> {
        self.typed("idempotency row", keys::idempotency(merchant, key)).await
    }

    /// A user of a merchant's mini program.
    ///
    /// # Errors
    /// The store's.
    pub async fn user(&self, merchant: &str, openid: &str) -> Found<User> {
        self.typed("user", keys::user(merchant, openid)).await
    }

    /// The order that a payment belongs to.
    ///
    /// # Errors
    /// The store's.
    pub async fn order_of_payment(&self, transaction_id: &str) -> Found<OrderKey> {
        self.typed("order key", keys::transaction(transaction_id)).await
    }

    /// The order that a refund belongs to.
    ///
    /// # Errors
    /// The store's.
    pub async fn order_of_refund(&self, merchant: &str, out_refund_no: &str) -> Found<OrderKey> {
        self.typed("order key", keys::refund(merchant, out_refund_no)).await
    }

    /// An anomaly by its id.
    ///
    /// # Errors
    /// The store's.
    pub async fn anomaly(&self, merchant: &str, id: &str) -> Found<AnomalyRow> {
        self.typed("anomaly", keys::anomaly(merchant, id)).await
    }

    /// A merchant's anomalies, by id, behind `after`.
    ///
    /// # Errors
    /// The store's.
    pub async fn anomalies(
        &self,
        merchant: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<AnomalyRow>, StoreError> {
        let after = after.map(|id| keys::anomaly(merchant, id));
        self.list("anomaly", keys::anomaly(merchant, ""), after, None, limit).await
    }

    /// What waits for one endpoint and was due before `until_ms`, the longest due first.
    ///
    /// # Errors
    /// The store's.
    pub async fn outbox(
        &self,
        merchant: &str,
        endpoint: &str,
        until_ms: i64,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let prefix = keys::outbox_prefix(merchant, endpoint, false);
        let end = keys::outbox_until(merchant, endpoint, until_ms);
        self.list("outbox row", prefix, None, Some(end), limit).await
    }

    /// What will not be sent to an endpoint any more, oldest first, behind `after`.
    ///
    /// # Errors
    /// The store's.
    pub async fn dead_letters(
        &self,
        merchant: &str,
        endpoint: &str,
        after: Option<&OutboxRow>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let prefix = keys::outbox_prefix(merchant, endpoint, true);
        self.list("outbox row", prefix, after.map(keys::outbox), None, limit).await
    }

    /// How many rows wait for an endpoint, or are not sent to it any more.
    ///
    /// # Errors
    /// The store's.
    pub async fn count_outbox(
        &self,
        merchant: &str,
        endpoint: &str,
        dead: bool,
    ) -> Result<u64, StoreError> {
        const PAGE: usize = 1_000;
        let prefix = keys::outbox_prefix(merchant, endpoint, dead);
        let (end, mut from) = (keys::behind(&prefix), prefix);
        let mut count = 0;
        loop {
            let page = self.rows(from, end.clone(), PAGE).await?;
            count += page.len() as u64;
            match page.last() {
                Some((last, _)) if page.len() == PAGE => from = keys::right_behind(last),
                Some(_) | None => return Ok(count),
            }
        }
    }

    /// Payments and refunds of a merchant from `from_ms` until before `to_ms`, by time, behind `after`.
    ///
    /// # Errors
    /// The store's.
    pub async fn movements(
        &self,
        merchant: &str,
        from_ms: i64,
        to_ms: i64,
        after: Option<&Movement>,
        limit: usize,
    ) -> Result<Vec<Movement>, StoreError> {
        let from = keys::movements_from(merchant, from_ms);
        let end = keys::movements_from(merchant, to_ms);
        let after = after.map(keys::movement);
        self.list("movement", from, after, Some(end), limit).await
    }

    /// How a day's bill compared.
    ///
    /// # Errors
    /// The store's.
    pub async fn day(&self, merchant: &str, date: Day) -> Found<DayRow> {
        self.typed("day", keys::day(merchant, date)).await
    }

    /// The days from `from` until `to`, both included, that were compared.
    ///
    /// # Errors
    /// The store's.
    pub async fn days(
        &self,
        merchant: &str,
        from: Day,
        to: Day,
    ) -> Result<Vec<DayRow>, StoreError> {
        let (from, end) = (keys::day(merchant, from), keys::day(merchant, to.back(-1)));
        self.list("day", from, None, Some(end), usize::MAX).await
    }

    /// When the merchant's first order was created, milliseconds since 1970.
    ///
    /// # Errors
    /// The store's.
    pub async fn first_order_ms(&self, merchant: &str) -> Found<i64> {
        let prefix = keys::created_prefix(merchant);
        let end = keys::behind(&prefix);
        let rows = self.rows(prefix, end, 1).await?;
        Ok(rows.first().and_then(|(key, _)| keys::created_ms(merchant, key)))
    }

    async fn typed<T: DeserializeOwned>(&self, what: &'static str, key: Vec<u8>) -> Found<T> {
        let bytes = self.row(&key).await?;
        bytes.map(|bytes| decode(what, &bytes)).transpose()
    }

    async fn list<T: DeserializeOwned>(
        &self,
        what: &'static str,
        from: Vec<u8>,
        after: Option<Vec<u8>>,
        end: Option<Vec<u8>>,
        limit: usize,
    ) -> Result<Vec<T>, StoreError> {
        let end = end.unwrap_or_else(|| keys::behind(&from));
        let rows = self.rows(after_or(from, after), end, limit).await?;
        rows.iter().map(|(_, bytes)| decode(what, bytes)).collect()
    }
}

type Found<T> = Result<Option<T>, StoreError>;

/// Where a scan begins: at its beginning, or right behind the last row of the page before.
pub(super) fn after_or(beginning: Vec<u8>, after: Option<Vec<u8>>) -> Vec<u8> {
    after.map_or(beginning, |key| keys::right_behind(&key))
}

pub(super) fn decode<T: DeserializeOwned>(
    what: &'static str,
    bytes: &[u8],
) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|_| StoreError::Damaged { what })
}

pub(super) fn json<T: Serialize>(what: &'static str, value: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value)
        .map_err(|error| StoreError::Failed { what, detail: error.to_string() })
}
