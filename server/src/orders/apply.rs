//! The one funnel: every fact WeChat signed about an order, in a notice or in the reply to any call, passes `apply`. Pure.

use wxpay_core::messages::{Trade, TradeState};

use super::order::{Anomaly, EventKind, Order, Source};

/// What WeChat said, verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Where it was said.
    pub source: Source,
    /// The state.
    pub trade_state: TradeState,
    /// The payment, in states that have one.
    pub payment: Option<Box<Trade>>,
}

/// What a fact does to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is news: these events happened.
    News(Vec<EventKind>),
    /// A duplicate, or older than what we know: nothing changes, and that is fine.
    NoNews,
}

/// Applies a fact to an order. A payment of another amount or currency, or a second one, becomes an anomaly, once.
pub fn apply(order: &Order, fact: Fact) -> Verdict {
    if let Some(odd) = fact.payment.as_ref().and_then(|payment| odd_payment(order, payment)) {
        return if is_known(order, &odd) {
            Verdict::NoNews
        } else {
            Verdict::News(vec![EventKind::Found { anomaly: odd }])
        };
    }
    if !may_follow(order.trade_state, fact.trade_state) {
        return Verdict::NoNews;
    }
    let paid_late = late_payment(order, &fact);
    let Fact { source, trade_state, payment } = fact;
    let mut events = vec![EventKind::Fact { source, trade_state, payment }];
    events.extend(paid_late.map(|anomaly| EventKind::Found { anomaly }));
    Verdict::News(events)
}

/// The whitelist (APIv2 order states, transitions). Same to same is no news.
const fn may_follow(from: TradeState, to: TradeState) -> bool {
    use TradeState::{Closed, NotPay, PayError, Refund, Revoked, Success, UserPaying};
    match from {
        NotPay => !matches!(to, NotPay),
        UserPaying => !matches!(to, UserPaying),
        PayError => !matches!(to, PayError),
        Success => matches!(to, Refund | Revoked),
        // Paid while it was being closed: taken, and reported as an anomaly.
        Closed => matches!(to, Success | Refund),
        Refund | Revoked => false,
    }
}

/// Why a genuine payment is not this order's own.
fn odd_payment(order: &Order, payment: &Trade) -> Option<Anomaly> {
    let transaction_id = payment.transaction_id.clone();
    let total_fee = payment.total_fee;
    if order.payment.as_ref().is_some_and(|first| first.transaction_id != transaction_id) {
        return Some(Anomaly::SecondPayment { transaction_id, total_fee });
    }
    if total_fee != order.terms.total_fee || payment.fee_type != "CNY" {
        let fee_type = payment.fee_type.chars().take(16).collect();
        return Some(Anomaly::AmountMismatch { transaction_id, total_fee, fee_type });
    }
    None
}

/// Whether the same payment was reported before, whatever was odd about it then.
fn is_known(order: &Order, odd: &Anomaly) -> bool {
    let payment = odd.odd_payment();
    order.anomalies.iter().any(|found| found.anomaly.odd_payment() == payment)
}

fn late_payment(order: &Order, fact: &Fact) -> Option<Anomaly> {
    let payment = fact.payment.as_ref().filter(|_| fact.trade_state.is_paid())?;
    (order.trade_state == TradeState::Closed)
        .then(|| Anomaly::PaidAfterClose { transaction_id: payment.transaction_id.clone() })
}

#[cfg(test)]
mod tests;
