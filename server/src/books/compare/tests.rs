#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use wxpay_core::SignType;
use wxpay_core::messages::{Trade, TradeType};

use super::*;
use crate::orders::{Event, EventKind, Extra, OrderKey, RefundFact, RefundTerms, Source, Terms};

const DAY: &str = "2026-03-02";

fn day() -> Day {
    DAY.parse().unwrap()
}

fn noon_ms() -> i64 {
    day().at_ms(12 * 60)
}

fn fen(fen: u64) -> Fen {
    Fen::new(fen).unwrap()
}

/// An order over 3.50 yuan with these further events, all at noon.
fn order(events: Vec<EventKind>) -> Order {
    let terms = Terms {
        body: "tea".into(),
        total_fee: fen(350),
        trade_type: TradeType::Jsapi,
        expires_ms: noon_ms() + 7_200_000,
        extra: Extra::default(),
    };
    let created = EventKind::Created {
        terms: Box::new(terms),
        sign_type: SignType::HmacSha256,
        openid: None,
    };
    let mut log = Vec::new();
    for what in std::iter::once(created).chain(events) {
        log.push(Event { seq: log.len() as u64 + 1, at_ms: noon_ms(), what });
    }
    let key = OrderKey { merchant: "shop".into(), out_trade_no: "T1".into() };
    Order::from_events(key, &log).unwrap()
}

fn paid(transaction_id: &str) -> EventKind {
    let payment = Trade {
        transaction_id: transaction_id.into(),
        total_fee: fen(350),
        fee_type: "CNY".into(),
        cash_fee: None,
        settlement_total_fee: None,
        coupons: Vec::new(),
        time_end: noon_ms() / 1000,
        openid: None,
        sub_openid: None,
        trade_type: None,
        bank_type: None,
        attach: None,
    };
    EventKind::Fact {
        source: Source::Notice,
        trade_state: TradeState::Success,
        payment: Some(Box::new(payment)),
    }
}

fn refund_asked() -> EventKind {
    EventKind::RefundAsked {
        terms: Box::new(RefundTerms {
            out_refund_no: "R1".into(),
            refund_fee: fen(100),
            refund_desc: None,
            refund_account: None,
            notify_url: String::new(),
        }),
    }
}

fn refund_accepted() -> EventKind {
    EventKind::RefundAccepted { out_refund_no: "R1".into(), refund_id: "5000".into() }
}

fn refund_is(refund_status: RefundStatus) -> EventKind {
    let fact = RefundFact {
        out_refund_no: "R1".into(),
        refund_id: "5000".into(),
        refund_status,
        refund_recv_accout: None,
        success_time: None,
    };
    EventKind::RefundFact { source: Source::Query, fact: Box::new(fact) }
}

fn payment_row() -> TradeRow {
    TradeRow {
        time: noon_ms() / 1000,
        appid: "wx1".into(),
        mch_id: "1900".into(),
        transaction_id: "4200".into(),
        out_trade_no: "T1".into(),
        trade_state: "SUCCESS".into(),
        fee_type: "CNY".into(),
        total_fee: fen(350),
        ..TradeRow::default()
    }
}

fn refund_row(refund_fee: u64, status: &str) -> TradeRow {
    let refund = RefundPart {
        refund_id: "5000".into(),
        out_refund_no: "R1".into(),
        refund_fee: fen(refund_fee),
        refund_status: status.into(),
        ..RefundPart::default()
    };
    let trade_state = "REFUND".into();
    TradeRow { trade_state, total_fee: Fen::ZERO, refund: Some(refund.into()), ..payment_row() }
}

fn kind(row: &TradeRow, order: Option<&Order>) -> Option<DifferenceKind> {
    Claim::of(row).compare(order).map(|difference| difference.kind)
}

#[test]
fn a_payment_agrees_when_number_amount_and_currency_do() {
    use DifferenceKind::{AmountDiffers, OnlyAtWechat};
    let row = payment_row();
    assert_eq!(kind(&row, Some(&order(vec![paid("4200")]))), None);
    assert_eq!(kind(&row, None), Some(OnlyAtWechat), "an orphan");
    assert_eq!(kind(&row, Some(&order(vec![]))), Some(OnlyAtWechat), "a lost notice");
    assert_eq!(kind(&row, Some(&order(vec![paid("4299")]))), Some(OnlyAtWechat), "paid twice");
    let other_fee = TradeRow { total_fee: fen(351), ..payment_row() };
    assert_eq!(kind(&other_fee, Some(&order(vec![paid("4200")]))), Some(AmountDiffers));
    assert_eq!(kind(&other_fee, Some(&order(vec![]))), Some(AmountDiffers));
    let dollars = TradeRow { fee_type: "USD".into(), ..payment_row() };
    assert_eq!(kind(&dollars, Some(&order(vec![paid("4200")]))), Some(AmountDiffers));
}

#[test]
fn a_refund_agrees_when_number_amount_and_state_do() {
    use RefundStatus::{Change, Processing, RefundClose, Success};
    let differs = |row: &TradeRow, events: Vec<EventKind>| {
        let mut all = vec![paid("4200")];
        all.extend(events);
        kind(row, Some(&order(all))).is_some()
    };
    let asked = |more: Option<EventKind>| {
        [refund_asked(), refund_accepted()].into_iter().chain(more).collect::<Vec<_>>()
    };
    for (status, known, agrees) in [
        ("SUCCESS", Some(Success), true),
        ("SUCCESS", Some(Processing), false),
        ("SUCCESS", Some(RefundClose), false),
        ("SUCCESS", None, false),
        ("PROCESSING", None, true),
        ("PROCESSING", Some(Success), true),
        ("CHANGE", Some(Change), true),
        ("CHANGE", Some(Processing), false),
        ("FAIL", Some(RefundClose), true),
        ("FAIL", Some(Success), false),
        ("SOMETHING", None, true),
    ] {
        let found = differs(&refund_row(100, status), asked(known.map(refund_is)));
        assert_eq!(found, !agrees, "{status} {known:?}");
    }
    assert!(differs(&refund_row(101, "SUCCESS"), asked(Some(refund_is(Success)))), "the amount");
    assert!(differs(&refund_row(100, "PROCESSING"), vec![]), "made elsewhere");
    assert!(differs(&refund_row(100, "PROCESSING"), vec![refund_asked()]), "not known as accepted");
}

#[test]
fn a_reversal_agrees_when_the_order_is_revoked() {
    let row = TradeRow { trade_state: "REVOKED".into(), ..refund_row(350, "SUCCESS") };
    let revoked =
        EventKind::Fact { source: Source::Query, trade_state: TradeState::Revoked, payment: None };
    assert_eq!(kind(&row, Some(&order(vec![paid("4200"), revoked]))), None);
    let still_paid = order(vec![paid("4200")]);
    assert_eq!(kind(&row, Some(&still_paid)), Some(DifferenceKind::RefundDiffers));
}

#[test]
fn other_programs_and_sub_merchants_of_the_number_are_not_ours() {
    let direct = Identity::direct("wx1", "1900");
    assert!(is_ours(&direct, &payment_row()));
    let sub = TradeRow { sub_mch_id: Some("1601".into()), ..payment_row() };
    let rows = [
        TradeRow { appid: "wx2".into(), ..payment_row() },
        TradeRow { mch_id: "1901".into(), ..payment_row() },
        sub.clone(),
    ];
    assert!(rows.iter().all(|row| !is_ours(&direct, row)));
    let provider = Identity { sub_mch_id: Some("1601".into()), ..direct };
    assert!(is_ours(&provider, &sub) && !is_ours(&provider, &payment_row()));
}

#[test]
fn what_moved_no_money_need_not_be_on_the_bill() {
    let movement = |out_refund_no: Option<&str>| Movement {
        at_ms: noon_ms(),
        key: OrderKey { merchant: "shop".into(), out_trade_no: "T1".into() },
        out_refund_no: out_refund_no.map(Into::into),
    };
    let kind = |movement: &Movement, order: &Order| only_here(movement, order).map(|d| d.kind);
    let paid_order = order(vec![paid("4200"), refund_asked(), refund_accepted()]);
    assert_eq!(kind(&movement(None), &paid_order), Some(DifferenceKind::OnlyHere));
    assert_eq!(kind(&movement(Some("R1")), &paid_order), Some(DifferenceKind::RefundDiffers));
    let closed = refund_is(RefundStatus::RefundClose);
    let closed = order(vec![paid("4200"), refund_asked(), refund_accepted(), closed]);
    assert_eq!(kind(&movement(Some("R1")), &closed), None);
}

#[test]
fn around_midnight_the_neighbouring_bill_may_have_it() {
    let paid_order = order(vec![paid("4200"), refund_asked(), refund_accepted()]);
    let near = |at_ms: i64, out_refund_no: Option<&str>| {
        let key = paid_order.key.clone();
        let movement = Movement { at_ms, key, out_refund_no: out_refund_no.map(Into::into) };
        is_near_midnight(&movement, &paid_order, day())
    };
    assert!(!near(noon_ms(), None) && !near(noon_ms(), Some("R1")));
    assert!(near(day().from_ms(), None) && near(day().to_ms() - 1, None));
    assert!(!near(day().to_ms() - 30_000, None) && near(day().to_ms() - 30_000, Some("R1")));
    // Asked for at noon, known as accepted the day after: that day's bill need not have it.
    let key = paid_order.key.clone();
    let late = Movement { at_ms: day().to_ms() + 3_600_000, key, out_refund_no: Some("R1".into()) };
    assert!(is_near_midnight(&late, &paid_order, day().back(-1)));
}

#[test]
fn nothing_long_is_kept_of_a_bill() {
    let row = TradeRow { out_trade_no: "T".repeat(5_000), ..payment_row() };
    assert_eq!(Claim::of(&row).out_trade_no.len(), 64);
}
