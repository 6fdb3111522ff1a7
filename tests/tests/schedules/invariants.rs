//! What must be true of the books at any time, whatever has happened (the numbers are those of the threat table).

use std::collections::{BTreeMap, BTreeSet};

use wxpay_core::messages::TradeState;
use wxpay_core::messages::refund::RefundStatus;
use wxpay_server::orders::{Event, EventKind, Order};
use wxpay_server::store::{Filter, MemoryStore, Store};
use wxpay_tests::outbox;
use wxpay_tests::store_contract::assert_log_is_whole;

/// Looks at everything after each step, and remembers what may never change again.
#[derive(Default)]
pub struct Watcher {
    orders: BTreeMap<String, Order>,
}

impl Watcher {
    /// The orders as last seen, by number.
    pub fn orders(&self) -> Vec<Order> {
        self.orders.values().cloned().collect()
    }

    pub async fn check(&mut self, store: &MemoryStore) {
        let filter = Filter { limit: 1_000, ..Filter::default() };
        let orders = store.orders("shop", &filter).await.unwrap().orders;
        let outbox = outbox(store).await;
        let told: BTreeMap<(String, u64), String> = outbox
            .iter()
            .map(|row| ((row.key.out_trade_no.clone(), row.seq), row.topic.as_str().to_owned()))
            .collect();
        let ids: BTreeSet<_> = outbox.iter().map(|row| &row.id).collect();
        assert_eq!(ids.len(), outbox.len(), "I7: an outbox id is used twice");
        let mut expected = BTreeMap::new();
        let mut transactions = BTreeMap::new();
        for order in orders {
            let number = order.key.out_trade_no.clone();
            if let Some(payment) = &order.payment {
                let other = transactions.insert(payment.transaction_id.clone(), number.clone());
                assert_eq!(other, None, "I2: a transaction_id of two orders");
                assert_eq!(payment.total_fee, order.terms.total_fee, "I3: {order:?}");
                assert_eq!(payment.fee_type, "CNY", "I3: {order:?}");
            }
            assert!(order.payment.is_some() || !order.trade_state.is_paid(), "I3: {order:?}");
            assert!(order.refund_total() <= order.terms.total_fee, "I4: {order:?}");
            assert_log_is_whole(store, &order.key).await;
            let events = store.events(&order.key).await.unwrap();
            walk(&number, &events, &mut expected);
            if let Some(before) = self.orders.insert(number, order.clone()) {
                never_changes(&before, &order);
            }
        }
        assert_eq!(told, expected, "I7: outbox (left) and what the events must tell");
    }
}

/// I2, and what was ordered, and who pays.
fn never_changes(before: &Order, now: &Order) {
    assert!(now.revision >= before.revision, "{before:?} {now:?}");
    assert_eq!((before.created_ms, &before.terms), (now.created_ms, &now.terms));
    assert!(before.openid.is_none() || before.openid == now.openid, "{before:?} {now:?}");
    // A charge that did not leave may be made again.
    let may_be_asked_again = before.is_micropay() || before.asked.is_none();
    assert!(may_be_asked_again || before.asked == now.asked, "{before:?} {now:?}");
    let id = |order: &Order| order.payment.as_ref().map(|payment| payment.transaction_id.clone());
    assert!(before.payment.is_none() || id(before) == id(now), "I2: {before:?} {now:?}");
    for refund in &before.refunds {
        let later = now.refund(&refund.terms.out_refund_no).expect("I5: a refund is gone");
        assert_eq!(refund.terms, later.terms, "I5: its terms are frozen");
        assert!(refund.refund_id.is_none() || refund.refund_id == later.refund_id, "I5: {now:?}");
        let is_final =
            matches!(refund.refund_status, Some(RefundStatus::Success | RefundStatus::RefundClose));
        assert!(!is_final || refund.refund_status == later.refund_status, "I8: {before:?} {now:?}");
        assert!(refund.refused.is_none() || refund == later, "I8: {before:?} {now:?}");
    }
    assert!(now.anomalies.starts_with(&before.anomalies), "{before:?} {now:?}");
}

/// I8 over the log, state by state; and which events others must hear of.
fn walk(number: &str, events: &[Event], told: &mut BTreeMap<(String, u64), String>) {
    let mut state = TradeState::NotPay;
    let mut tell = |event: &Event, topic: &str| {
        told.insert((number.to_owned(), event.seq), topic.to_owned());
    };
    for event in events {
        let next = match &event.what {
            EventKind::Fact { trade_state, .. } => *trade_state,
            EventKind::Withdrawn => TradeState::Closed,
            EventKind::Found { .. } => {
                tell(event, "anomaly.found");
                continue;
            }
            EventKind::RefundAccepted { .. }
            | EventKind::RefundDelayed { .. }
            | EventKind::RefundRefused { .. }
            | EventKind::RefundFact { .. } => {
                tell(event, "refund.changed");
                continue;
            }
            _ => continue,
        };
        assert!(is_allowed(state, next), "I8: {state} -> {next} in {events:?}");
        if next.is_paid() && !state.is_paid() {
            tell(event, "order.paid");
        }
        if matches!(next, TradeState::Closed | TradeState::Revoked) {
            tell(event, "order.closed");
        }
        state = next;
    }
}

/// Nothing follows an end but money going back, and a payment that came before the close.
fn is_allowed(from: TradeState, to: TradeState) -> bool {
    use TradeState::{Closed, NotPay, PayError, Refund, Revoked, Success, UserPaying};
    match (from, to) {
        (NotPay | UserPaying | PayError, _) => from != to,
        (Success, Refund | Revoked) | (Closed, Success | Refund) => true,
        (Success | Closed | Refund | Revoked, _) => false,
    }
}
