//! A bill of many rows passes through.

use tokio::sync::watch;
use wxpay_server::books::Progress;
use wxpay_simulator::bill::BillRow;

use crate::desk::{Desk, today};

/// Rows of the bill.
const ROWS: u64 = 200_000;

#[tokio::test]
async fn two_hundred_thousand_rows_are_compared_with_a_true_progress() {
    let desk = Desk::new();
    desk.paid(350).await;
    desk.wechat.edit_bills(|rows| {
        let ours = rows[0].clone();
        rows.extend((1..ROWS).map(|n| BillRow {
            out_trade_no: format!("OTHER{n}"),
            transaction_id: format!("43{n}"),
            appid: "wx0000000000000000".into(),
            ..ours.clone()
        }));
    });
    desk.tomorrow(10 * 60);
    let (sender, mut progress) = watch::channel(Progress::default());
    let app = std::sync::Arc::clone(&desk.app);
    let merchant = desk.merchant().clone();
    let run = tokio::spawn(async move { app.books.reconcile(&merchant, today(), &sender).await });
    let (mut steps, mut last) = (0, Progress::default());
    while progress.changed().await.is_ok() {
        let step = *progress.borrow_and_update();
        assert!(step.rows >= last.rows && step.bytes >= last.bytes);
        assert!(step.total_bytes.is_none_or(|total| step.bytes <= total));
        (steps, last) = (steps + 1, step);
    }
    let report = run.await.unwrap().unwrap();
    assert_eq!(
        (report.day.rows, report.day.not_ours, report.differences.len()),
        (ROWS, ROWS - 1, 0)
    );
    assert_eq!((last.rows, Some(last.bytes)), (ROWS, last.total_bytes));
    assert!(steps > 100, "{steps} steps");
}
