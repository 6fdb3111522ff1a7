//! The body of a webhook, made from the event log: the same bytes at every attempt, whatever has happened since.

use serde::Serialize;

use super::OutboxRow;
use crate::http::{AnomalyView, OrderView, RefundView, rfc3339};
use crate::orders::{EventKind, Order};
use crate::store::{AnomalyRow, Store, StoreError};

/// Why there is no body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PayloadError {
    /// The log does not have what the row speaks of.
    Missing,
    /// The store's.
    Store(StoreError),
}

/// What every message has.
#[derive(Serialize)]
struct Payload<'a, T> {
    r#type: &'a str,
    /// When it happened.
    timestamp: Option<String>,
    data: T,
}

#[derive(Serialize)]
struct Data<'a> {
    id: &'a str,
    merchant: &'a str,
    out_trade_no: &'a str,
    /// Orders an order's messages; 0 for an order that is not here.
    sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund: Option<RefundView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anomaly: Option<AnomalyView<'a>>,
}

#[derive(Serialize)]
struct Ping<'a> {
    id: &'a str,
    merchant: &'a str,
    endpoint: &'a str,
}

/// The body of a row's message.
pub(super) async fn of_row(store: &dyn Store, row: &OutboxRow) -> Result<String, PayloadError> {
    match &row.anomaly {
        Some(id) => orphan(store, row, id).await,
        None => event(store, row).await,
    }
}

/// The body of a test message.
pub(super) fn ping(id: &str, merchant: &str, endpoint: &str, now_ms: i64) -> String {
    json("ping", now_ms, Ping { id, merchant, endpoint })
}

/// The order as it was right after the event.
async fn event(store: &dyn Store, row: &OutboxRow) -> Result<String, PayloadError> {
    let mut events = store.events(&row.key).await?;
    events.retain(|event| event.seq <= row.seq);
    let what = events.last().filter(|last| last.seq == row.seq).ok_or(PayloadError::Missing)?;
    let order = Order::from_events(row.key.clone(), &events).ok_or(PayloadError::Missing)?;
    let (refund, anomaly) = match &what.what {
        EventKind::RefundAccepted { out_refund_no, .. }
        | EventKind::RefundDelayed { out_refund_no, .. }
        | EventKind::RefundRefused { out_refund_no, .. } => (order.refund(out_refund_no), None),
        EventKind::RefundFact { fact, .. } => (order.refund(&fact.out_refund_no), None),
        EventKind::Found { .. } => {
            (None, order.anomalies.iter().find(|found| found.seq == row.seq))
        }
        EventKind::Created { .. }
        | EventKind::Claimed { .. }
        | EventKind::PrepayAsked { .. }
        | EventKind::PrepayGot { .. }
        | EventKind::CloseAsked
        | EventKind::Withdrawn
        | EventKind::Restored
        | EventKind::MicropayAsked { .. }
        | EventKind::MicropayNotSent
        | EventKind::MicropayRefused { .. }
        | EventKind::ReverseAsked
        | EventKind::ReverseRefused { .. }
        | EventKind::Fact { .. }
        | EventKind::RefundAsked { .. }
        | EventKind::Resolved { .. } => (None, None),
    };
    let refund = refund.map(|refund| RefundView::new(&order, refund));
    let anomaly = anomaly.map(|found| AnomalyView::of_order(&order, found));
    Ok(body(row, Some(OrderView::new(&order)), refund, anomaly))
}

async fn orphan(store: &dyn Store, row: &OutboxRow, id: &str) -> Result<String, PayloadError> {
    let found = store.anomaly(&row.key.merchant, id).await?.ok_or(PayloadError::Missing)?;
    // As it was found: whether it is settled by now is another matter.
    let found = AnomalyRow { resolved: None, ..found };
    Ok(body(row, None, None, Some(AnomalyView::of_row(&found))))
}

fn body<'a>(
    row: &'a OutboxRow,
    order: Option<OrderView<'a>>,
    refund: Option<RefundView<'a>>,
    anomaly: Option<AnomalyView<'a>>,
) -> String {
    let data = Data {
        id: &row.id,
        merchant: &row.key.merchant,
        out_trade_no: &row.key.out_trade_no,
        sequence: row.seq,
        order,
        refund,
        anomaly,
    };
    json(row.topic.as_str(), row.at_ms, data)
}

fn json<T: Serialize>(r#type: &str, at_ms: i64, data: T) -> String {
    let payload = Payload { r#type, timestamp: rfc3339(at_ms), data };
    // Text, numbers and lists of them always have a JSON form.
    serde_json::to_string(&payload).unwrap_or_default()
}

impl From<StoreError> for PayloadError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
