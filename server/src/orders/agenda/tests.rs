//! The ladder of checks, and who comes first.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

use proptest::prelude::*;
use wxpay_core::messages::{TradeState, TradeType};

use super::*;
use crate::orders::order::tests::order;
use crate::orders::{Asked, Reversal};

fn asked(order: Order, at_ms: i64) -> Order {
    let (spbill_create_ip, notify_url) =
        ("192.0.2.1".into(), Some("https://pay.example.com".into()));
    Order { asked: Some(Asked { at_ms, spbill_create_ip, notify_url }), ..order }
}

fn numbered(out_trade_no: &str) -> Order {
    let order = order();
    let key = OrderKey { merchant: "shop".into(), out_trade_no: out_trade_no.into() };
    asked(Order { key, ..order.clone() }, order.created_ms)
}

/// When an order is looked at, in seconds after its creation, if nothing ever happens.
fn checks_s(order: &Order, until_s: i64) -> Vec<i64> {
    let agenda = Agenda::default();
    let mut now_ms = order.created_ms;
    agenda.watch(order, now_ms);
    let mut seen = Vec::new();
    while now_ms < order.created_ms + until_s * 1000 {
        now_ms += 1000;
        if agenda.take_due(now_ms, 10) == [order.key.clone()] {
            seen.push((now_ms - order.created_ms) / 1000);
            agenda.watch(order, now_ms);
        }
    }
    seen
}

#[test]
fn an_asked_order_is_looked_at_on_the_ladder_then_until_it_expires_then_ever_less() {
    let order = asked(order(), order().created_ms);
    let expected = [5, 30, 60, 180, 300, 600, 1800, 3600, 5400, 7200, 7260, 7320, 7440, 7680];
    assert_eq!(checks_s(&order, 8_000), expected);
    // However long WeChat refuses, it is asked twice an hour.
    let late_s: Vec<i64> = checks_s(&order, 30_000).into_iter().filter(|s| *s > 15_000).collect();
    assert!(late_s.windows(2).all(|pair| pair[1] - pair[0] == 1_800), "{late_s:?}");
    assert!(late_s.len() > 5, "{late_s:?}");
}

#[test]
fn an_order_wechat_has_not_heard_of_waits_for_its_expiry() {
    assert_eq!(checks_s(&order(), 7_300), [7_200, 7_260]);
}

#[test]
fn the_ladder_begins_again_when_the_phone_gets_its_arguments_again() {
    let order = asked(order(), order().created_ms);
    let agenda = Agenda::default();
    let later_ms = order.created_ms + 4_000_000;
    agenda.watch(&order, later_ms);
    agenda.restart(&order, later_ms);
    assert!(agenda.take_due(later_ms + 4_999, 1).is_empty());
    assert_eq!(agenda.take_due(later_ms + 5_000, 1), std::slice::from_ref(&order.key));
    // Watched again, as after each check, it goes on where it was.
    agenda.watch(&order, later_ms + 5_000);
    assert!(agenda.take_due(later_ms + 29_999, 1).is_empty());
    assert_eq!(agenda.take_due(later_ms + 30_000, 1).len(), 1);
}

#[test]
fn the_oldest_comes_first_and_only_once() {
    let agenda = Agenda::default();
    let orders: Vec<Order> = (0..5).map(|n| numbered(&n.to_string())).collect();
    let now_ms = order().created_ms;
    for (order, wait_s) in orders.iter().zip([4, 1, 3, 0, 2]) {
        agenda.restart(order, now_ms + wait_s * 1000);
    }
    let late_ms = now_ms + 60_000;
    let numbers = |limit| -> Vec<String> {
        agenda.take_due(late_ms, limit).into_iter().map(|key| key.out_trade_no).collect()
    };
    assert_eq!(numbers(2), ["3", "1"]);
    assert_eq!(numbers(10), ["4", "2", "0"]);
    assert!(numbers(10).is_empty(), "each must be watched again");
}

#[test]
fn an_order_that_has_ended_is_forgotten() {
    for &state in TradeState::ALL {
        let agenda = Agenda::default();
        let open = numbered("1");
        agenda.watch(&open, open.created_ms);
        let now = Order { trade_state: state, ..open.clone() };
        agenda.watch(&now, open.created_ms);
        let due = agenda.take_due(open.created_ms + 5_000, 10).len();
        assert_eq!(due, usize::from(now.is_open()), "{state}");
    }
}

/// A lost notice is found as soon as it would have been, and what WeChat has to allow is tried.
#[test]
fn nothing_waits_for_a_clock_that_was_set_back() {
    const DAY: i64 = 24 * 3_600_000;
    for order in [numbered("a"), charged()] {
        let agenda = Agenda::default();
        let now_ms = order.created_ms;
        agenda.watch(&order, now_ms);
        assert!(agenda.take_due(now_ms - DAY, 1).is_empty());
        assert!(agenda.take_due(now_ms + 4_999 - DAY, 1).is_empty());
        assert_eq!(agenda.take_due(now_ms + 5_000 - DAY, 1).len(), 1, "five seconds later");
        agenda.watch(&order, now_ms + 5_000 - DAY);
        let half_hour = agenda.take_due(now_ms + 1_805_000 - DAY, 1);
        assert_eq!(half_hour.len(), 1, "watched again, it is as if it had been asked long ago");
        // A restart knows the order alone.
        let agenda = Agenda::default();
        agenda.watch(&order, now_ms - DAY);
        assert_eq!(agenda.take_due(now_ms + 1_800_000 - DAY, 1).len(), 1);
    }
    // Nor is anything done all the time because its beginning lies ahead.
    let reversal = Some(Reversal { asked_ms: charged().created_ms + DAY, refused: None });
    let checks = checks_s(&Order { reversal, ..charged() }, 3_600).len();
    assert!((5..30).contains(&checks), "{checks}");
    let order = numbered("a");
    let back_ms = order.created_ms - DAY;
    assert!(close_time_ms(&order, back_ms).is_some_and(|at| at <= back_ms));
    assert!(charged().give_up_ms(back_ms).is_some_and(|at| at <= back_ms));
}

#[test]
fn closing_waits_until_wechat_allows_it() {
    let new = order();
    let created_ms = new.created_ms;
    let minute = 60_000;
    let expires_ms = new.terms.expires_ms;
    let wanted = |order: Order, at_ms: i64| Order { close_asked_ms: Some(at_ms), ..order };
    let sent = || asked(order(), created_ms + minute);
    for (what, order, expected) in [
        ("nobody wants it closed", sent(), expires_ms),
        ("not sent, not wanted", new.clone(), expires_ms),
        ("not sent, wanted", wanted(new.clone(), created_ms + minute), created_ms + minute),
        ("wanted too early", wanted(sent(), created_ms + 2 * minute), created_ms + 6 * minute),
        ("wanted later", wanted(sent(), created_ms + 9 * minute), created_ms + 9 * minute),
        ("wanted after expiry", wanted(sent(), expires_ms + minute), expires_ms),
        ("sent just before expiry", asked(order(), expires_ms - minute), expires_ms + 4 * minute),
    ] {
        assert_eq!(end_ms(&order, expires_ms), expected, "{what}");
    }
}

proptest! {
    /// Never at once, never after the end, never more than half an hour away.
    #[test]
    fn the_next_check_is_soon_but_later(
        asked_s in proptest::option::of(0..7_200_i64),
        close_s in proptest::option::of(0..7_200_i64),
        from_s in 0..10_000_i64,
        now_s in 0..10_000_i64,
    ) {
        let created_ms = order().created_ms;
        let at = |s: i64| created_ms + s * 1000;
        let mut order = Order { close_asked_ms: close_s.map(at), ..order() };
        if let Some(s) = asked_s {
            order = asked(order, at(s));
        }
        let now_ms = at(now_s);
        let end_ms = end_ms(&order, now_ms);
        let next_ms = next_check_ms(&order, at(from_s), now_ms);
        prop_assert!(next_ms > now_ms);
        prop_assert!(next_ms <= end_ms.max(now_ms + (now_ms - end_ms).max(CLOSING_STEP_MS)));
        if order.asked.is_some() {
            prop_assert!(next_ms <= now_ms + 30 * 60_000 || next_ms <= at(from_s + 1_800));
        }
    }
}

fn charged() -> Order {
    let mut order = asked(order(), order().created_ms);
    order.terms.trade_type = TradeType::Micropay;
    order
}

#[test]
fn a_charge_is_asked_about_every_five_seconds_then_ever_less() {
    let seen = checks_s(&charged(), 40_000);
    assert_eq!(seen[..9], [5, 10, 15, 20, 25, 30, 35, 40, 45]);
    // Whoever sweeps at 45 seconds reverses it; an order that is neither reversed nor known is not forgotten.
    assert_eq!(seen[9..14], [50, 55, 65, 85, 125]);
    assert!(seen.windows(2).all(|pair| pair[1] - pair[0] <= 1_800), "{seen:?}");
}

#[test]
fn a_charge_that_failed_is_given_up_as_soon_as_wechat_allows() {
    let failed = Order { trade_state: TradeState::PayError, ..charged() };
    let now_ms = failed.created_ms;
    assert_eq!(failed.give_up_ms(now_ms), failed.reversible_ms(now_ms));
    assert_eq!(checks_s(&failed, 16)[..3], [5, 10, 15]);
}

#[test]
fn a_reversal_waits_until_wechat_allows_it_and_is_repeated_ever_less() {
    let reversal = Some(Reversal { asked_ms: charged().created_ms + 3_000, refused: None });
    let paid = Order { trade_state: TradeState::Success, reversal, ..charged() };
    assert_eq!(checks_s(&paid, 200), [15, 27, 51, 99, 195]);
    let seen = checks_s(&paid, 90_000);
    let gaps: Vec<i64> = seen.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!((gaps.iter().max(), gaps.last()), (Some(&1_800), Some(&1_800)));
}

/// Seconds after the start, not at the end of a ladder that began before it.
#[test]
fn a_charge_from_before_a_restart_is_looked_at_within_seconds() {
    let (agenda, order) = (Agenda::default(), charged());
    let now_ms = order.created_ms + 3_600_000;
    agenda.restart(&order, now_ms);
    assert_eq!(agenda.take_due(now_ms + CHARGE_STEP_MS, 1), [order.key]);
}

/// A paid order with refunds asked for so many seconds after it was made.
fn refunding(asked_s: &[i64]) -> Order {
    let order = order();
    let refund = |s: &i64| {
        let terms = crate::orders::RefundTerms {
            out_refund_no: s.to_string(),
            refund_fee: wxpay_core::Fen::new(1).unwrap(),
            refund_desc: None,
            refund_account: None,
            notify_url: "https://pay.example.com".into(),
        };
        crate::orders::Refund::asked(terms, order.created_ms + s * 1000)
    };
    let refunds = asked_s.iter().map(refund).collect();
    Order { trade_state: TradeState::Refund, refunds, ..order }
}

#[test]
fn a_pending_refund_is_looked_at_on_its_ladder_then_ever_less() {
    let mut expected = vec![30, 60, 180, 300, 600, 1800];
    expected.extend((0..23).map(|hour| 5_400 + hour * 3_600));
    let seen = checks_s(&refunding(&[0]), 84_600);
    assert_eq!(seen, expected);
    let late_s: Vec<i64> =
        checks_s(&refunding(&[0]), 300_000).into_iter().filter(|s| *s > 100_000).collect();
    assert!(late_s.windows(2).all(|pair| pair[1] - pair[0] == 6 * 3_600), "{late_s:?}");
    assert!(late_s.len() > 5, "{late_s:?}");
}

#[test]
fn a_refund_that_waits_for_its_minute_is_looked_at_when_it_is_over() {
    let seen = checks_s(&refunding(&[0, 10, 20]), 130);
    assert_eq!(seen, [30, 60, 90, 120]);
}

#[test]
fn an_order_whose_refunds_have_ended_is_left_alone() {
    let mut order = refunding(&[0]);
    order.refunds[0].refund_status = Some(wxpay_core::messages::refund::RefundStatus::Success);
    assert!(checks_s(&order, 10_000).is_empty());
}
