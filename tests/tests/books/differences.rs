//! What differs, what heals, and what is left for a person.

use wxpay_core::Fen;
use wxpay_core::messages::TradeState;
use wxpay_server::books::{DifferenceKind, Outcome, Report};
use wxpay_server::orders::{Anomaly, EventKind, NewRefund, OrderError, OrderKey, Source};
use wxpay_simulator::bill::RowKind;
use wxpay_tests::SHOP;
use wxpay_tests::scripted::refund_row;

use crate::desk::{Desk, today};

/// Ten o'clock, when bills are there.
const TEN: i64 = 10 * 60;

fn kinds(report: &Report) -> Vec<(DifferenceKind, Outcome)> {
    report.differences.iter().map(|found| (found.kind, found.outcome)).collect()
}

#[tokio::test]
async fn a_clean_day_is_recorded_with_its_sums() {
    let desk = Desk::new();
    for fee in [1, 350, 9_999] {
        desk.paid(fee).await;
    }
    desk.placed(77).await;
    desk.tomorrow(TEN);
    let report = desk.reconcile().await.unwrap();
    assert_eq!(report.differences, []);
    let day = desk.app.books.day(SHOP.id, today()).await.unwrap().unwrap();
    assert_eq!(day, report.day);
    assert!(day.has_bill && day.is_complete());
    assert_eq!((day.rows, day.not_ours, day.paid.count), (3, 0, 3));
    assert_eq!((day.paid.fee, day.refunded.count), (Fen::new(10_350).unwrap(), 0));
    assert_eq!(day.differences.total(), 0);
}

#[tokio::test]
async fn b03_a_payment_whose_notice_was_lost_is_healed_by_a_signed_answer() {
    let desk = Desk::new();
    let (key, payment) = desk.paid_unheard(350).await;
    desk.tomorrow(TEN);
    let report = desk.reconcile().await.unwrap();
    assert_eq!(kinds(&report), [(DifferenceKind::OnlyAtWechat, Outcome::Healed)]);
    assert_eq!((report.day.healed, report.day.differences.total()), (1, 0));
    let order = desk.order(&key).await;
    assert_eq!(order.payment, Some(payment));
    let events = desk.store.events(&key).await.unwrap();
    let source = events.iter().find_map(|event| match &event.what {
        EventKind::Fact { source, .. } => Some(*source),
        _ => None,
    });
    assert_eq!(source, Some(Source::Query), "not from the bill, which nobody signed");
    assert_eq!(desk.anomalies().await, []);
    assert_eq!(desk.reconcile().await.unwrap().differences, [], "the second time all is well");
}

#[tokio::test]
async fn what_the_bill_claims_and_wechat_does_not_sign_changes_nothing() {
    let desk = Desk::new();
    let (key, _) = desk.paid_unheard(350).await;
    let unpaid = desk.placed(200).await;
    let number = unpaid.out_trade_no.clone();
    desk.wechat.edit_bills(move |rows| {
        let mut row = rows[0].clone();
        row.out_trade_no.clone_from(&number);
        row.transaction_id = "4299".into();
        row.total_fee = Fen::new(200).unwrap();
        row.settlement_total_fee = row.total_fee;
        rows.push(row);
    });
    desk.tomorrow(TEN);
    let report = desk.reconcile().await.unwrap();
    let outcomes: Vec<_> = report.differences.iter().map(|found| found.outcome).collect();
    assert_eq!(outcomes, [Outcome::Healed, Outcome::Remains]);
    assert!(desk.order(&unpaid).await.payment.is_none());
    assert!(desk.order(&key).await.payment.is_some());
}

#[tokio::test]
async fn b03_a_payment_of_an_order_that_is_not_here_is_an_orphan_once() {
    let mut desk = Desk::new();
    desk.paid(350).await;
    let (key, payment) = desk.paid_unheard(88).await;
    // The server loses its orders; WeChat does not.
    desk.store = std::sync::Arc::new(wxpay_server::store::MemoryStore::new());
    desk.restart(None);
    desk.tomorrow(TEN);
    let report = desk.reconcile().await.unwrap();
    assert_eq!(report.day.differences.only_at_wechat, 2);
    assert_eq!(report.differences.iter().filter(|found| found.here.is_none()).count(), 2);
    let anomalies = desk.anomalies().await;
    assert_eq!(anomalies.len(), 2);
    let orphan = anomalies.iter().find(|row| row.key == key).unwrap();
    let transaction_id = payment.transaction_id.clone();
    let total_fee = payment.total_fee;
    assert_eq!(orphan.anomaly, Anomaly::OrphanNotice { transaction_id, total_fee });
    desk.reconcile().await.unwrap();
    assert_eq!(desk.anomalies().await.len(), 2, "known already");
}

#[tokio::test]
async fn an_orphan_that_wechat_does_not_confirm_alarms_nobody() {
    let desk = Desk::new();
    desk.paid(350).await;
    desk.wechat.edit_bills(|rows| {
        let mut nobodys = rows[0].clone();
        nobodys.out_trade_no = "NOBODY".into();
        nobodys.transaction_id = "4299".into();
        rows.push(nobodys);
    });
    desk.tomorrow(TEN);
    let report = desk.reconcile().await.unwrap();
    assert_eq!(kinds(&report), [(DifferenceKind::OnlyAtWechat, Outcome::Remains)]);
    assert_eq!(desk.anomalies().await, []);
}

#[tokio::test]
async fn our_own_payment_is_known_by_wechats_number() {
    let desk = Desk::new();
    desk.paid(350).await;
    desk.wechat.edit_bills(|rows| {
        rows[0].out_trade_no = "SOMEBODY".into();
        rows[0].appid = "wx0000000000000000".into();
    });
    desk.tomorrow(TEN);
    let report = desk.reconcile().await.unwrap();
    assert_eq!((report.differences.len(), report.day.not_ours), (0, 0));
}

#[tokio::test]
async fn b03_a_payment_that_is_not_on_the_bill_is_only_here() {
    let desk = Desk::new();
    let missing = desk.paid(350).await;
    desk.paid(88).await;
    let number = missing.out_trade_no.clone();
    desk.wechat.edit_bills(move |rows| rows.retain(|row| row.out_trade_no != number));
    desk.tomorrow(TEN);
    let report = desk.reconcile().await.unwrap();
    assert_eq!(kinds(&report), [(DifferenceKind::OnlyHere, Outcome::Remains)]);
    let found = &report.differences[0];
    assert_eq!((&found.out_trade_no, &found.at_wechat), (&missing.out_trade_no, &None));
    assert_eq!(found.here.as_ref().unwrap().fee, Fen::new(350).unwrap());
    assert_eq!(report.day.first, report.differences);
}

#[tokio::test]
async fn b03_another_amount_is_never_taken_over() {
    let desk = Desk::new();
    let key = desk.paid(350).await;
    desk.wechat.edit_bills(|rows| {
        rows[0].total_fee = Fen::new(351).unwrap();
        rows[0].settlement_total_fee = rows[0].total_fee;
    });
    desk.tomorrow(TEN);
    let report = desk.reconcile().await.unwrap();
    assert_eq!(kinds(&report), [(DifferenceKind::AmountDiffers, Outcome::Remains)]);
    let order = desk.order(&key).await;
    assert_eq!(order.payment.unwrap().total_fee, Fen::new(350).unwrap());
    assert!(matches!(order.anomalies[0].anomaly, Anomaly::AmountMismatch { .. }));
    desk.reconcile().await.unwrap();
    assert_eq!(desk.order(&key).await.anomalies.len(), 1, "reported once");
}

#[tokio::test]
async fn a_second_payment_of_an_order_is_reported() {
    let desk = Desk::new();
    let key = desk.paid(350).await;
    desk.wechat.edit_bills(|rows| {
        let mut second = rows[0].clone();
        second.transaction_id = "4299".into();
        rows.push(second);
    });
    desk.tomorrow(TEN);
    let report = desk.reconcile().await.unwrap();
    assert_eq!(kinds(&report), [(DifferenceKind::OnlyAtWechat, Outcome::Remains)]);
    let order = desk.order(&key).await;
    assert_eq!(order.trade_state, TradeState::Success);
    let Anomaly::SecondPayment { transaction_id, .. } = &order.anomalies[0].anomaly else {
        panic!("{:?}", order.anomalies)
    };
    assert_eq!(transaction_id, "4299");
}

#[tokio::test]
async fn a_refund_that_the_bill_claims_and_wechat_does_not_sign_alarms_nobody() {
    let desk = Desk::new();
    let key = desk.paid(350).await;
    desk.wechat.edit_bills(|rows| rows.push(refund_row(&rows[0], "R1", 100, "SUCCESS")));
    desk.tomorrow(TEN);
    let report = desk.reconcile().await.unwrap();
    assert_eq!(kinds(&report), [(DifferenceKind::RefundDiffers, Outcome::Remains)]);
    assert_eq!((report.day.refunded.count, report.day.refunded.fee.get()), (1, 100));
    assert_eq!(desk.order(&key).await.anomalies, []);
}

/// The merchant pays back; WeChat's answer may be lost.
async fn refund(desk: &Desk, key: &OrderKey, fee: u64) -> Result<(), OrderError> {
    let new = NewRefund {
        out_refund_no: None,
        refund_fee: Fen::new(fee).unwrap(),
        total_fee: None,
        refund_desc: None,
        refund_account: None,
    };
    desk.app.orders.refund(key, new, None).await.map(|_| ())
}

#[tokio::test]
async fn a_refund_on_both_sides_is_no_difference_once_its_end_is_known() {
    let desk = Desk::new();
    let key = desk.paid(350).await;
    refund(&desk, &key, 100).await.unwrap();
    desk.tomorrow(TEN);
    // WeChat was done two minutes later; here it is still on its way, until somebody asks.
    let report = desk.reconcile().await.unwrap();
    let ended = desk.wechat.refunds()[0].3;
    assert_eq!(desk.order(&key).await.refunds[0].refund_status, Some(ended));
    let healed = kinds(&report);
    assert!(healed.iter().all(|it| *it == (DifferenceKind::RefundDiffers, Outcome::Healed)));
    assert_eq!((report.day.rows, report.day.refunded.count), (2, 1));
    assert_eq!(desk.reconcile().await.unwrap().differences, []);
}

#[tokio::test]
async fn b03_a_refund_of_another_amount_remains() {
    let desk = Desk::new();
    let key = desk.paid(350).await;
    refund(&desk, &key, 100).await.unwrap();
    desk.wechat.edit_bills(|rows| {
        for row in rows {
            if let RowKind::Refund(refund) = &mut row.kind {
                refund.refund_fee = Fen::new(101).unwrap();
                refund.settlement_refund_fee = refund.refund_fee;
            }
        }
    });
    desk.tomorrow(TEN);
    let report = desk.reconcile().await.unwrap();
    assert_eq!(kinds(&report), [(DifferenceKind::RefundDiffers, Outcome::Remains)]);
    let found = &report.differences[0];
    let fees =
        (found.at_wechat.as_ref().unwrap().fee.get(), found.here.as_ref().unwrap().fee.get());
    assert_eq!(fees, (101, 100));
}

#[tokio::test]
async fn b03_a_refund_that_is_not_on_the_bill_is_missing_there() {
    let desk = Desk::new();
    let key = desk.paid(350).await;
    refund(&desk, &key, 100).await.unwrap();
    desk.wechat.edit_bills(|rows| rows.retain(|row| row.kind == RowKind::Payment));
    desk.tomorrow(TEN);
    let report = desk.reconcile().await.unwrap();
    let found = &report.differences[0];
    assert_eq!((found.kind, &found.at_wechat), (DifferenceKind::RefundDiffers, &None));
    assert!(found.out_refund_no.is_some() && found.outcome != Outcome::Unanswered);
}

#[tokio::test]
async fn rows_of_other_programs_of_the_number_are_counted_apart() {
    let desk = Desk::new();
    desk.paid(350).await;
    desk.wechat.edit_bills(|rows| {
        for (n, appid, sub_mch_id) in [(1, "wx0000000000000000", None), (2, SHOP.appid, Some("16"))]
        {
            let mut other = rows[0].clone();
            other.out_trade_no = format!("OTHER{n}");
            other.transaction_id = format!("43{n}");
            other.appid = appid.into();
            other.sub_mch_id = sub_mch_id.map(Into::into);
            rows.push(other);
        }
    });
    desk.tomorrow(TEN);
    let report = desk.reconcile().await.unwrap();
    assert_eq!(report.differences, []);
    assert_eq!((report.day.rows, report.day.not_ours, report.day.paid.count), (3, 2, 1));
}

#[tokio::test]
async fn a_day_without_a_bill_is_clean_when_nobody_paid() {
    let desk = Desk::new();
    desk.placed(350).await;
    desk.tomorrow(TEN);
    let report = desk.reconcile().await.unwrap();
    assert!(!report.day.has_bill && report.differences.is_empty());
    assert!(desk.is_done().await);
}

#[tokio::test]
async fn without_a_bill_what_was_paid_is_only_here() {
    let desk = Desk::new();
    desk.paid(350).await;
    desk.wechat.edit_bills(Vec::clear);
    desk.tomorrow(TEN);
    let report = desk.reconcile().await.unwrap();
    assert_eq!(kinds(&report), [(DifferenceKind::OnlyHere, Outcome::Remains)]);
}

#[tokio::test]
async fn the_neighbouring_days_are_left_alone() {
    let desk = Desk::new();
    desk.paid(350).await;
    desk.tomorrow(60);
    desk.paid(88).await;
    desk.clock.step_ms(10 * 3_600_000);
    let report = desk.reconcile().await.unwrap();
    assert_eq!((report.day.rows, report.differences.len()), (1, 0));
}
