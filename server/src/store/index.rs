//! What follows from an order's events beside the order itself: indexes, list entries, anomalies, and who hears of it.

use wxpay_core::messages::TradeState;

use super::keys;
use super::rows::{AnomalyRow, Expect, Movement, RowWrite, Topic, Value};
use crate::orders::{Event, EventKind, Order, OrderKey};

/// The rows that follow from an order's events: indexes, list entries, anomalies.
pub(super) fn of_order(before: Option<&Order>, order: &Order, events: &[Event]) -> Vec<RowWrite> {
    let OrderKey { merchant, out_trade_no } = &order.key;
    let mut rows = Vec::new();
    if before.is_none() {
        let created = keys::created(merchant, order.created_ms, out_trade_no);
        rows.push(RowWrite::put(created, Value::Mark));
    }
    let is_watched = order.is_watched();
    if before.is_none_or(|before| before.is_watched() != is_watched) {
        let watch = if is_watched { Value::Mark } else { Value::Gone };
        rows.push(RowWrite::put(keys::open(&order.key), watch));
    }
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
        | EventKind::Restored
        | EventKind::CloseAsked
        | EventKind::ReverseAsked
        | EventKind::ReverseRefused { .. }
        | EventKind::RefundAsked { .. }
        | EventKind::Resolved { .. } => None,
    }
}
