//! What may be paid back, and when it may be sent.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use proptest::prelude::*;
use wxpay_core::messages::TradeState;

use super::*;
use crate::orders::order::tests::{order, trade};

const YEAR_MS: i64 = MAX_AGE_S * 1000;

fn paid() -> Order {
    let payment = Some(trade("4200000001", 1990));
    Order { trade_state: TradeState::Success, payment, ..order() }
}

fn new(fee: u64) -> NewRefund {
    NewRefund {
        out_refund_no: None,
        refund_fee: Fen::new(fee).unwrap(),
        total_fee: None,
        refund_desc: None,
        refund_account: None,
    }
}

fn asked(number: String, fee: u64, asked_ms: i64) -> Refund {
    let terms = RefundTerms {
        out_refund_no: number,
        refund_fee: Fen::new(fee).unwrap(),
        refund_desc: None,
        refund_account: None,
        notify_url: "https://pay.example.com/v1/notify/shop/refund".into(),
    };
    Refund::asked(terms, asked_ms)
}

#[test]
fn m05_the_whole_order_can_be_paid_back_and_no_fen_more() {
    let order = paid();
    let now_ms = order.created_ms;
    assert_eq!(check(&order, &new(1990), now_ms), Ok(()));
    let refundable = Fen::new(1990).unwrap();
    assert_eq!(check(&order, &new(1991), now_ms), Err(RefundError::TooMuch { refundable }.into()));
    assert!(matches!(
        check(&order, &new(0), now_ms),
        Err(OrderError::Field { field: "refund_fee", .. })
    ));
    let believed = NewRefund { total_fee: Some(Fen::new(1991).unwrap()), ..new(1) };
    assert!(matches!(
        check(&order, &believed, now_ms),
        Err(OrderError::Field { field: "total_fee", .. })
    ));
}

#[test]
fn only_a_paid_order_and_only_for_a_year() {
    for state in TradeState::ALL {
        let order = Order { trade_state: *state, ..paid() };
        let allowed = check(&order, &new(1), order.created_ms);
        assert_eq!(allowed.is_ok(), state.is_paid(), "{state}");
    }
    let order = paid();
    assert_eq!(check(&order, &new(1), order.created_ms + YEAR_MS), Ok(()));
    let late = check(&order, &new(1), order.created_ms + YEAR_MS + 1);
    assert_eq!(late, Err(RefundError::TooOld.into()));
}

#[test]
fn the_times_of_an_orders_refunds_are_a_minute_apart() {
    let start_ms = paid().created_ms;
    let seconds = [0, 10, 20, 200, 230];
    let refunds = seconds.iter().map(|s| asked(s.to_string(), 1, start_ms + s * 1000)).collect();
    let order = Order { refunds, ..paid() };
    let times: Vec<i64> =
        order.refund_times(start_ms + 230_000).map(|(at, _)| (at - start_ms) / 1000).collect();
    assert_eq!(times, [0, 60, 120, 200, 260]);
}

proptest! {
    /// However the parts come, what passes the checks never adds up to more than was paid.
    #[test]
    fn parts_never_add_up_to_more(fees in proptest::collection::vec(1_u64..800, 1..60)) {
        let mut order = paid();
        for (n, fee) in fees.into_iter().enumerate() {
            if check(&order, &new(fee), order.created_ms).is_ok() {
                let created_ms = order.created_ms;
                order.refunds.push(asked(n.to_string(), fee, created_ms));
            }
            prop_assert!(order.refund_total() <= order.terms.total_fee);
            prop_assert!(order.refund_parts() <= MAX_PARTS);
        }
    }
}
