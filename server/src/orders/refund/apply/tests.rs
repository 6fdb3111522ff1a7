//! The table of transitions, whole; and that nothing but our own refund passes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed unwrap is a failed test")]

use proptest::prelude::*;
use wxpay_core::messages::TradeState;

use super::*;
use crate::orders::FoundAnomaly;
use crate::orders::order::RefundTerms;
use crate::orders::order::tests::{order, trade};

use RefundStatus::{Change, Processing, RefundClose, Success};

const PAYMENT: &str = "4200000001";
const REFUND_ID: &str = "50000001";

/// 19.90 yuan paid; 5 yuan shall go back.
fn refunding() -> Order {
    let terms = RefundTerms {
        out_refund_no: "R1".into(),
        refund_fee: Fen::new(500).unwrap(),
        refund_desc: None,
        refund_account: None,
        notify_url: "https://pay.example.com/v1/notify/shop/refund".into(),
    };
    let paid = order();
    let asked_ms = paid.created_ms;
    Order {
        trade_state: TradeState::Refund,
        payment: Some(trade(PAYMENT, 1990)),
        refunds: vec![Refund::asked(terms, asked_ms)],
        ..paid
    }
}

/// The refund as WeChat last told it.
fn told(status: Option<RefundStatus>) -> Order {
    with(|refund| {
        refund.refund_id = status.map(|_| REFUND_ID.into());
        refund.refund_status = status;
    })
}

fn refused() -> Order {
    let refused = Refused { code: "ERROR".into(), description: String::new() };
    with(|refund| refund.refused = Some(refused))
}

fn with(change: impl FnOnce(&mut Refund)) -> Order {
    let mut order = refunding();
    order.refunds.iter_mut().for_each({
        let mut change = Some(change);
        move |refund| change.take().unwrap()(refund)
    });
    order
}

fn report(status: RefundStatus) -> RefundReport {
    RefundReport {
        source: Source::Query,
        transaction_id: PAYMENT.into(),
        out_trade_no: "1".into(),
        total_fee: Fen::new(1990).unwrap(),
        record: RefundRecord {
            out_refund_no: "R1".into(),
            refund_id: REFUND_ID.into(),
            refund_fee: Fen::new(500).unwrap(),
            settlement_refund_fee: None,
            coupons: Vec::new(),
            status: Ok(status),
            refund_channel: None,
            refund_account: None,
            refund_recv_accout: Some("支付用户零钱".into()),
            refund_success_time: None,
        },
    }
}

/// What comes of it: F a fact, A a fact and an anomaly, X only the anomaly of a foreign refund, - nothing.
fn outcome(order: &Order, report: RefundReport) -> char {
    match apply_refund(order, report).unwrap() {
        Verdict::NoNews => '-',
        Verdict::News(events) => match events.as_slice() {
            [EventKind::RefundFact { .. }] => 'F',
            [
                EventKind::RefundFact { .. },
                EventKind::Found { anomaly: Anomaly::RefundAbnormal { .. } },
            ] => 'A',
            [EventKind::Found { anomaly: Anomaly::ForeignRefund { .. } }] => 'X',
            other => panic!("{other:#?}"),
        },
    }
}

#[test]
fn t10_the_table_of_transitions_is_exactly_this() {
    let before = [
        told(None),
        told(Some(Processing)),
        told(Some(Change)),
        told(Some(Success)),
        told(Some(RefundClose)),
        refused(),
    ];
    // To PROCESSING, CHANGE, SUCCESS, REFUNDCLOSE.
    let table = [
        "FAFA", // asked: everything is news
        "-AFA", // PROCESSING
        "--FA", // CHANGE: dealt with by a person
        "----", // SUCCESS: the end
        "--X-", // REFUNDCLOSE: the end; should it pay back all the same, somebody must know
        "XXX-", // refused: likewise
    ];
    for (order, row) in before.iter().zip(table) {
        for (to, expected) in
            [Processing, Change, Success, RefundClose].into_iter().zip(row.chars())
        {
            assert_eq!(outcome(order, report(to)), expected, "{:?} -> {to}", order.refunds);
        }
    }
    assert_eq!(RefundStatus::ALL.len(), 4, "a status is missing in the table");
}

#[test]
fn another_number_or_amount_changes_nothing() {
    type Change = fn(&mut RefundReport);
    let wrong: [(&str, Change); 5] = [
        ("out_trade_no", |report| report.out_trade_no = "2".into()),
        ("transaction_id", |report| report.transaction_id = "4200000002".into()),
        ("total_fee", |report| report.total_fee = Fen::new(1991).unwrap()),
        ("refund_fee", |report| report.record.refund_fee = Fen::new(501).unwrap()),
        ("refund_id", |report| report.record.refund_id = "50000002".into()),
    ];
    for (field, change) in wrong {
        for status in RefundStatus::ALL {
            let mut report = report(*status);
            change(&mut report);
            let error = apply_refund(&told(Some(Processing)), report).unwrap_err();
            assert_eq!(error, RefundDiffersError { field });
        }
    }
    let unpaid = Order { payment: None, ..told(None) };
    let error = apply_refund(&unpaid, report(Success)).unwrap_err();
    assert_eq!(error.field, "transaction_id");
}

#[test]
fn an_unknown_status_says_nothing() {
    let mut report = report(Success);
    report.record.status = Err("NEW_WORD".into());
    assert_eq!(outcome(&told(Some(Processing)), report), '-');
}

#[test]
fn a_foreign_refund_is_reported_once_and_counts() {
    let mut foreign = report(Success);
    foreign.record.out_refund_no = "HAND".into();
    let mut order = told(Some(Success));
    assert_eq!(order.refundable().get(), 1490);
    let Verdict::News(events) = apply_refund(&order, foreign.clone()).unwrap() else {
        panic!("it is news")
    };
    for what in events {
        let EventKind::Found { anomaly } = what else { panic!("{what:?}") };
        order.anomalies.push(FoundAnomaly { seq: 9, at_ms: 0, anomaly, resolved: None });
    }
    assert_eq!(order.refundable().get(), 990);
    assert!(order.is_foreign("HAND"));
    assert_eq!(outcome(&order, foreign.clone()), '-');
    // One that pays nothing back is nobody's business.
    foreign.record.out_refund_no = "HAND2".into();
    foreign.record.status = Ok(RefundClose);
    assert_eq!(outcome(&order, foreign), '-');
}

fn accepted(refund_id: &str, transaction_id: &str) -> Accepted {
    Accepted {
        refund_id: refund_id.into(),
        transaction_id: transaction_id.into(),
        settlement_refund_fee: None,
        cash_refund_fee: None,
        coupons: Vec::new(),
    }
}

#[test]
fn a_yes_is_news_once_and_must_be_about_our_refund() {
    let yes = accepted(REFUND_ID, PAYMENT);
    let news = accept(&told(None), "R1", &yes).unwrap();
    let expected =
        EventKind::RefundAccepted { out_refund_no: "R1".into(), refund_id: REFUND_ID.into() };
    assert_eq!(news, Verdict::News(vec![expected]));
    for status in RefundStatus::ALL {
        assert_eq!(accept(&told(Some(*status)), "R1", &yes).unwrap(), Verdict::NoNews);
    }
    let other = accept(&told(Some(Processing)), "R1", &accepted("50000002", PAYMENT));
    assert_eq!(other.unwrap_err().field, "refund_id");
    let other = accept(&told(None), "R1", &accepted(REFUND_ID, "4200000002"));
    assert_eq!(other.unwrap_err().field, "transaction_id");
    // WeChat had refused it for good, and paid back all the same.
    let Verdict::News(events) = accept(&refused(), "R1", &yes).unwrap() else {
        panic!("it is news")
    };
    assert!(matches!(
        events.as_slice(),
        [EventKind::Found { anomaly: Anomaly::ForeignRefund { .. } }]
    ));
}

#[test]
fn only_an_open_refund_is_delayed_or_refused() {
    let no = |code: &str| Refused { code: code.into(), description: String::new() };
    assert_eq!(delay(&told(None), "R1", no("NOTENOUGH")).len(), 1);
    let delayed = with(|refund| refund.delayed = Some(no("NOTENOUGH")));
    assert_eq!(delay(&delayed, "R1", no("NOTENOUGH")), []);
    assert_eq!(delay(&delayed, "R1", no("SYSTEMERROR")).len(), 1);
    assert_eq!(refuse(&delayed, "R1", no("ERROR")).len(), 1);
    let others = RefundStatus::ALL.iter().map(|status| told(Some(*status)));
    for order in others.chain([refused()]) {
        assert_eq!(delay(&order, "R1", no("NOTENOUGH")), [], "{:?}", order.refunds);
        assert_eq!(refuse(&order, "R1", no("ERROR")), [], "{:?}", order.refunds);
    }
}

proptest! {
    /// Whatever WeChat says and in whatever order: nothing leaves SUCCESS, and what is reserved never grows.
    #[test]
    fn nothing_moves_back(said in proptest::collection::vec(0_usize..4, 1..12)) {
        let mut order = told(None);
        let mut has_succeeded = false;
        for status in said {
            let status = RefundStatus::ALL.get(status).copied().unwrap();
            let verdict = apply_refund(&order, report(status)).unwrap();
            if let Verdict::News(events) = verdict {
                for (seq, what) in (order.revision + 1..).zip(events) {
                    order.fold(&crate::orders::Event { seq, at_ms: 0, what });
                }
            }
            let now = order.refund("R1").unwrap().refund_status;
            if has_succeeded {
                prop_assert_eq!(now, Some(Success));
            }
            has_succeeded |= now == Some(Success);
            prop_assert!(order.refund_total().get() <= 500);
        }
    }
}
