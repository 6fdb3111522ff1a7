//! The table of transitions, whole; money; second and late payments.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed unwrap is a failed test")]

use wxpay_core::messages::TradeState::{
    Closed, NotPay, PayError, Refund, Revoked, Success, UserPaying,
};

use wxpay_core::Fen;

use super::*;
use crate::orders::FoundAnomaly;
use crate::orders::order::tests::{order, trade};

/// From each state, to each state: N is news, - is none. Rows and columns in the order of `STATES`.
const STATES: [TradeState; 7] = [NotPay, UserPaying, PayError, Success, Refund, Closed, Revoked];
const TABLE: [&str; 7] = [
    "-NNNNNN", // NOTPAY: anything can follow
    "N-NNNNN", // USERPAYING
    "NN-NNNN", // PAYERROR
    "----N-N", // SUCCESS: only money going back
    "-------", // REFUND: the end
    "---NN--", // CLOSED: a payment that came first
    "-------", // REVOKED: the end
];

fn in_state(state: TradeState) -> Order {
    let payment = (state.is_paid()).then(|| trade("4200000001", 1990));
    Order { trade_state: state, payment, ..order() }
}

fn fact(trade_state: TradeState, payment: Option<Trade>) -> Fact {
    Fact { source: Source::Query, trade_state, payment: payment.map(Box::new) }
}

#[test]
fn t09_the_table_of_transitions_is_exactly_this() {
    for (from, row) in STATES.into_iter().zip(TABLE) {
        for (to, expected) in STATES.into_iter().zip(row.chars()) {
            let before = in_state(from);
            let payment = to.is_paid().then(|| trade("4200000001", 1990));
            let verdict = apply(&before, fact(to, payment));
            let is_news = matches!(verdict, Verdict::News(_));
            assert_eq!(is_news, expected == 'N', "{from} -> {to}: {verdict:?}");
        }
    }
    assert_eq!(STATES.len(), TradeState::ALL.len(), "a state is missing in the table");
}

#[test]
fn m02_another_amount_or_currency_is_an_anomaly_once_in_any_state_and_never_the_payment() {
    for state in STATES {
        let mut odd: Vec<Trade> =
            [1, 1989, 1991, 199_000].map(|amount| trade("4200000001", amount)).into();
        odd.push(Trade { fee_type: "USD".into(), ..trade("4200000001", 1990) });
        for payment in odd {
            let mut before = in_state(state);
            let told = || fact(Success, Some(payment.clone()));
            let expected = Anomaly::AmountMismatch {
                transaction_id: "4200000001".into(),
                total_fee: payment.total_fee,
                fee_type: payment.fee_type.clone(),
            };
            let event = EventKind::Found { anomaly: expected.clone() };
            assert_eq!(apply(&before, told()), Verdict::News(vec![event]), "{state}");
            find(&mut before, expected);
            assert_eq!(apply(&before, told()), Verdict::NoNews, "{state}: told before");
        }
    }
}

/// What was odd about a payment when it first came is what is told of it, whatever came in between.
#[test]
fn one_payment_is_odd_once() {
    let mut order = order();
    let mismatch = fact(Success, Some(trade("4200000002", 1)));
    let Verdict::News(events) = apply(&order, mismatch.clone()) else { panic!("no news") };
    let [EventKind::Found { anomaly }] = events.as_slice() else { panic!("{events:?}") };
    find(&mut order, anomaly.clone());
    order.trade_state = Success;
    order.payment = Some(trade("4200000001", 1990));
    assert_eq!(apply(&order, mismatch), Verdict::NoNews);
}

fn find(order: &mut Order, anomaly: Anomaly) {
    order.anomalies.push(FoundAnomaly { seq: 9, at_ms: 0, anomaly, resolved: None });
}

/// With coupons the user pays less and the merchant may get less; the price stays the price.
#[test]
fn m03_coupons_do_not_change_the_amount() {
    let paid = Trade {
        cash_fee: Some(Fen::new(990).unwrap()),
        settlement_total_fee: Some(Fen::new(990).unwrap()),
        ..trade("4200000001", 1990)
    };
    assert!(matches!(apply(&order(), fact(Success, Some(paid))), Verdict::News(_)));
}

#[test]
fn a_second_payment_is_an_anomaly_once_and_never_the_payment() {
    for (state, amount) in [(Success, 1990), (Refund, 1990), (Success, 1), (Revoked, 2_000)] {
        let mut paid = in_state(state);
        paid.payment = Some(trade("4200000001", 1990));
        let second = || fact(Success, Some(trade("4200000002", amount)));
        let Verdict::News(events) = apply(&paid, second()) else { panic!("{state}") };
        let [EventKind::Found { anomaly }] = events.as_slice() else { panic!("{events:?}") };
        let expected = Anomaly::SecondPayment {
            transaction_id: "4200000002".into(),
            total_fee: Fen::new(amount).unwrap(),
        };
        assert_eq!(*anomaly, expected);
        find(&mut paid, expected);
        assert_eq!(apply(&paid, second()), Verdict::NoNews, "{state}: told before");
    }
}

#[test]
fn a_payment_after_the_close_is_taken_and_reported() {
    let closed = in_state(Closed);
    for state in [Success, Refund] {
        let verdict = apply(&closed, fact(state, Some(trade("4200000001", 1990))));
        let Verdict::News(events) = verdict else { panic!("{state}") };
        let [EventKind::Fact { trade_state, .. }, EventKind::Found { anomaly }] = events.as_slice()
        else {
            panic!("{events:?}")
        };
        assert_eq!(*trade_state, state);
        assert_eq!(*anomaly, Anomaly::PaidAfterClose { transaction_id: "4200000001".into() });
    }
}
