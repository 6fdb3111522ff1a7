//! What must be true of the books after every test, whatever happened in it.

use std::collections::HashMap;

use wxpay_core::messages::TradeState::{
    self, Closed, NotPay, PayError, Refund, Revoked, Success, UserPaying,
};
use wxpay_server::orders::{Event, EventKind, Order};
use wxpay_server::store::Filter;

use crate::shop::outbox;
use crate::world::World;

impl World {
    /// All orders of all shops in the server's books.
    pub async fn all_orders(&self) -> Vec<Order> {
        let mut all = Vec::new();
        for shop in self.shops() {
            let mut filter = Filter { limit: 100, ..Filter::default() };
            loop {
                let page = self.server.app.store.orders(shop.id, &filter).await.unwrap();
                all.extend(page.orders);
                filter.cursor = page.next;
                if filter.cursor.is_none() {
                    break;
                }
            }
        }
        all
    }

    /// The books agree with WeChat's ledger, every order is what its events say, and none ever moved back.
    pub async fn assert_books_agree(&self) {
        let orders = self.all_orders().await;
        self.assert_payments_agree(&orders);
        self.assert_refunds_agree(&orders);
        self.assert_logs_hold(&orders).await;
    }

    /// Every payment that was not reversed is on record once, with its amount, and no other is.
    pub fn assert_payments_agree(&self, orders: &[Order]) {
        let mut booked: Vec<_> = orders
            .iter()
            .filter_map(|order| {
                let payment = order.payment.as_ref().filter(|_| order.trade_state.is_paid())?;
                let no = order.key.out_trade_no.clone();
                Some((no, payment.transaction_id.clone(), payment.total_fee))
            })
            .collect();
        booked.sort();
        let entries = self.wechat.ledger();
        let is_reversed = |no: &str| {
            entries.iter().any(|entry| entry.kind == "reverse" && entry.out_trade_no == no)
        };
        let mut ledger: Vec<_> = entries
            .iter()
            .filter(|entry| entry.kind == "pay" && !is_reversed(&entry.out_trade_no))
            .cloned()
            .map(|entry| (entry.out_trade_no, entry.transaction_id, entry.total_fee))
            .collect();
        ledger.sort();
        assert_eq!(booked, ledger, "our books on the left, WeChat's ledger on the right");
    }

    /// Every order is the fold of its events, moved only forward, and told the merchant once of every end.
    pub async fn assert_logs_hold(&self, orders: &[Order]) {
        let rows = outbox(&*self.server.app.store).await;
        let told = rows.into_iter().map(|row| (row.key.out_trade_no, row.topic.as_str().into()));
        self.assert_logs_told(orders, told).await;
    }

    /// As [`assert_logs_hold`](Self::assert_logs_hold), with what the merchant was told: order and topic.
    pub async fn assert_logs_told(
        &self,
        orders: &[Order],
        all_told: impl IntoIterator<Item = (String, String)>,
    ) {
        let mut told: HashMap<(String, String), u32> = HashMap::new();
        for one in all_told {
            *told.entry(one).or_default() += 1;
        }
        for order in orders {
            let events = self.server.app.store.events(&order.key).await.unwrap();
            let folded = Order::from_events(order.key.clone(), &events);
            assert_eq!(folded.as_ref(), Some(order), "the fold of {events:#?}");
            let was_paid = assert_moves_forward(&events);
            let no = &order.key.out_trade_no;
            let times = |topic: &str| told.get(&(no.clone(), topic.into())).copied().unwrap_or(0);
            assert_eq!(times("order.paid"), u32::from(was_paid), "{no}");
            assert!(times("order.closed") <= 1, "{no} was closed twice");
            let anomalies = u32::try_from(order.anomalies.len()).unwrap();
            assert_eq!(times("anomaly.found"), anomalies, "{no}");
        }
    }
}

/// An order never moves back. Answers with whether it was ever paid.
pub fn assert_moves_forward(events: &[Event]) -> bool {
    let (mut state, mut was_paid) = (NotPay, false);
    for event in events {
        let next = match &event.what {
            EventKind::Fact { trade_state, .. } => *trade_state,
            EventKind::Withdrawn => Closed,
            EventKind::Created { .. }
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
            | EventKind::RefundAccepted { .. }
            | EventKind::RefundDelayed { .. }
            | EventKind::RefundRefused { .. }
            | EventKind::RefundFact { .. }
            | EventKind::Found { .. }
            | EventKind::Resolved { .. } => continue,
        };
        assert!(is_forward(state, next), "{state} -> {next} in {events:#?}");
        state = next;
        was_paid |= state.is_paid();
    }
    was_paid
}

/// The moves that the simulated WeChat can cause.
fn is_forward(from: TradeState, to: TradeState) -> bool {
    match from {
        NotPay | UserPaying | PayError => from != to,
        Success => matches!(to, Refund | Revoked),
        Closed => to == Success,
        Refund | Revoked => false,
    }
}
