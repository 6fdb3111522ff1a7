//! Bills that cannot be believed: the day is not done, and nothing has changed.

use wxpay_core::bill::BillError;
use wxpay_core::messages::download_bill::DownloadError;
use wxpay_server::books::{Outcome, ReconcileError};
use wxpay_server::gateway::{Doubt, FetchError, GatewayError};

use crate::desk::{Desk, today};

const TEN: i64 = 10 * 60;

/// A desk with one payment that is known and one whose notice was lost, on the next day at ten.
async fn desk() -> Desk {
    let desk = Desk::new();
    desk.paid(350).await;
    desk.paid_unheard(88).await;
    desk.tomorrow(TEN);
    desk
}

/// The bill is refused, and the next, a good one, is taken.
async fn assert_refused(desk: &Desk, is_right: impl Fn(&ReconcileError) -> bool) {
    let error = desk.reconcile().await.unwrap_err();
    assert!(is_right(&error), "{error:?}");
    assert!(!desk.is_done().await, "{error}");
    assert_eq!(desk.anomalies().await, []);
    let report = desk.reconcile().await.unwrap();
    assert_eq!((report.day.healed, report.day.differences.total()), (1, 0));
}

#[tokio::test]
async fn b02_a_bill_cut_off_anywhere_is_refused() {
    let desk = desk().await;
    let whole = desk.wechat.bill_text(desk.merchant(), today()).unwrap();
    let last_line = whole.len() - whole.rsplit(|byte| *byte == b'`').next().unwrap().len();
    for end in (1..last_line).step_by(37) {
        desk.wechat.next_bill(Ok(whole[..end].to_vec()));
        let error = desk.reconcile().await.unwrap_err();
        assert!(matches!(error, ReconcileError::Bill(_)), "cut at {end}: {error:?}");
    }
    assert!(!desk.is_done().await);
    let report = desk.reconcile().await.unwrap();
    assert_eq!(report.day.healed, 1, "a cut bill healed nothing");
}

#[tokio::test]
async fn b02_a_bill_whose_summary_does_not_agree_is_refused() {
    let desk = desk().await;
    let text = String::from_utf8(desk.wechat.bill_text(desk.merchant(), today()).unwrap()).unwrap();
    let lines: Vec<&str> = text.split("\r\n").collect();
    let without_a_row = [&lines[..1], &lines[2..]].concat().join("\r\n");
    desk.wechat.next_bill(Ok(without_a_row.into_bytes()));
    let totals =
        |error: &ReconcileError| matches!(error, ReconcileError::Bill(BillError::Totals { .. }));
    assert_refused(&desk, totals).await;
}

#[tokio::test]
async fn b02_another_days_bill_is_refused() {
    let desk = desk().await;
    let text = String::from_utf8(desk.wechat.bill_text(desk.merchant(), today()).unwrap()).unwrap();
    desk.wechat.next_bill(Ok(text.replace("2026-01-01", "2026-01-02").into_bytes()));
    assert_refused(&desk, |error| *error == ReconcileError::OtherDay).await;
}

#[tokio::test]
async fn b02_a_damaged_packed_bill_is_refused() {
    let desk = desk().await;
    desk.wechat.next_bill(Ok([&[0x1f, 0x8b, 8, 0][..], &[7; 400]].concat()));
    let broken = |error: &ReconcileError| {
        matches!(error, ReconcileError::Gateway(GatewayError::Unknown(Doubt::Broken { .. })))
    };
    assert_refused(&desk, broken).await;
}

#[tokio::test]
async fn b02_wechats_refusals_are_told_apart() {
    let refused = || DownloadError::Refused { code: "20001".into(), message: "SIGN ERROR".into() };
    for (answer, error) in [
        (DownloadError::NotReady, ReconcileError::NotReady),
        (refused(), ReconcileError::Refused { code: "20001".into(), message: "SIGN ERROR".into() }),
    ] {
        let desk = desk().await;
        desk.wechat.next_bill(Err(FetchError::NoBill(answer)));
        assert_refused(&desk, |found| *found == error).await;
    }
}

#[tokio::test]
async fn b02_before_ten_no_bill_may_mean_not_yet() {
    let desk = Desk::new();
    desk.placed(350).await;
    desk.tomorrow(TEN - 1);
    assert_eq!(desk.reconcile().await.unwrap_err(), ReconcileError::NotReady);
    desk.clock.step_ms(60_000);
    assert!(desk.reconcile().await.is_ok());
}

#[tokio::test]
async fn a_day_that_is_not_over_or_long_ago_is_not_asked_about() {
    let desk = Desk::new();
    desk.paid(350).await;
    assert_eq!(desk.reconcile().await.unwrap_err(), ReconcileError::OutOfRange);
    desk.clock.step_ms(100 * 24 * 3_600_000);
    assert_eq!(desk.reconcile().await.unwrap_err(), ReconcileError::OutOfRange);
    assert_eq!(desk.wechat.bills_asked(), 0);
}

#[tokio::test]
async fn a_question_without_an_answer_is_asked_again_the_next_time() {
    let desk = desk().await;
    desk.wechat.fail_always();
    let report = desk.reconcile().await.unwrap();
    assert_eq!(report.differences[0].outcome, Outcome::Unanswered);
    assert!(!report.day.is_complete());
    assert_eq!((report.day.unanswered, report.day.differences.only_at_wechat), (1, 1));
    desk.wechat.heal();
    let report = desk.reconcile().await.unwrap();
    assert!(report.day.is_complete());
    assert_eq!((report.day.healed, report.day.differences.total()), (1, 0));
}
