//! The rows that stand beside the orders, and how they are written.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{StoreError, keys};
use crate::books::DayRow;
use crate::orders::{Anomaly, OrderKey, Resolution};
use crate::telemetry::masked;

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

impl OutboxRow {
    /// Its id for the log: that of a payment which is no order's holds WeChat's number of the payment.
    pub fn logged_id(&self) -> String {
        match &self.anomaly {
            Some(number) => format!("{}:{}", self.key.merchant, masked(number)),
            None => self.id.clone(),
        }
    }
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
