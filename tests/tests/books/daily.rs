//! Comparing by itself.

use tracing_subscriber::filter::LevelFilter;
use wxpay_core::messages::download_bill::DownloadError;
use wxpay_server::ambient::Clock;
use wxpay_server::books::{Day, Schedule};
use wxpay_server::gateway::FetchError;
use wxpay_tests::{Logs, SHOP};

use crate::desk::{Desk, today};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
/// 10:30.
const DAILY: Option<Schedule> = Some(Schedule { at_minutes: 630 });

async fn done(desk: &Desk) -> Vec<String> {
    let (from, to) = (today().back(30), today().back(-60));
    let days = desk.app.books.days(SHOP.id, from, to).await.unwrap();
    days.iter().map(|day| day.date.to_string()).collect()
}

#[tokio::test]
async fn nothing_happens_unless_it_is_switched_on() {
    let desk = Desk::new();
    desk.paid(350).await;
    desk.tomorrow(630);
    assert_eq!(desk.app.books.run_due().await, 0);
    assert_eq!(desk.wechat.bills_asked(), 0);
}

#[tokio::test]
async fn yesterday_is_compared_once_at_its_time() {
    let desk = Desk::with(DAILY);
    let (key, _) = desk.paid_unheard(350).await;
    desk.tomorrow(629);
    assert_eq!(desk.app.books.run_due().await, 0);
    desk.clock.step_ms(MINUTE);
    assert_eq!(desk.app.books.run_due().await, 1);
    assert!(desk.order(&key).await.payment.is_some(), "healed");
    for _ in 0..24 {
        desk.clock.step_ms(30 * MINUTE);
        assert_eq!(desk.app.books.run_due().await, 0);
    }
    assert_eq!(done(&desk).await, ["2026-01-01"]);
}

#[tokio::test]
async fn missed_days_are_caught_up_with_up_to_seven() {
    let mut desk = Desk::with(DAILY);
    for _ in 0..10 {
        desk.paid(350).await;
        desk.clock.step_ms(DAY);
    }
    // It is the 11th, noon.
    assert_eq!(desk.app.books.run_due().await, 7);
    assert_eq!(done(&desk).await.first().map(String::as_str), Some("2026-01-04"));
    assert_eq!(done(&desk).await.len(), 7);
    desk.restart(DAILY);
    assert_eq!(desk.app.books.run_due().await, 0, "what is done stays done after a restart");
}

#[tokio::test]
async fn days_before_the_first_order_are_no_business_of_ours() {
    let desk = Desk::with(DAILY);
    desk.tomorrow(630);
    assert_eq!(desk.app.books.run_due().await, 0, "there is no order at all");
    desk.paid(350).await;
    desk.tomorrow(630);
    desk.app.books.run_due().await;
    assert_eq!(done(&desk).await, ["2026-01-02"]);
}

#[tokio::test]
async fn b02_a_bill_in_the_making_is_asked_for_again() {
    let desk = Desk::with(DAILY);
    desk.paid(350).await;
    desk.tomorrow(630);
    for _ in 0..40 {
        desk.wechat.next_bill(Err(FetchError::NoBill(DownloadError::NotReady)));
        assert_eq!(desk.app.books.run_due().await, 1);
        assert_eq!(desk.app.books.run_due().await, 0, "not at once");
        desk.clock.step_ms(15 * MINUTE);
    }
    assert_eq!(desk.app.books.run_due().await, 1);
    assert_eq!(done(&desk).await.first().map(String::as_str), Some("2026-01-01"));
}

#[tokio::test]
async fn b02_a_damaged_bill_is_tried_again_less_and_less_often_and_raises_an_alarm() {
    let logs = Logs::start(LevelFilter::INFO);
    let desk = Desk::with(DAILY);
    desk.paid(350).await;
    desk.tomorrow(630);
    let mut tries = Vec::new();
    let begin = desk.clock.now_ms();
    for _ in 0..5 {
        desk.wechat.next_bill(Ok(b"nonsense".to_vec()));
    }
    while done(&desk).await.is_empty() {
        if desk.app.books.run_due().await > 0 {
            tries.push((desk.clock.now_ms() - begin) / MINUTE);
        }
        desk.clock.step_ms(MINUTE);
        assert!(tries.len() < 10);
    }
    assert_eq!(tries, [0, 1, 6, 21, 51, 111]);
    let lines = logs.lines_with("bill and books could not be compared");
    let levels: Vec<_> = lines.iter().map(|line| line.contains("\"level\":\"ERROR\"")).collect();
    assert_eq!(levels, [false, false, true, true, true], "{lines:?}");
}

#[tokio::test]
async fn an_unanswered_question_brings_the_day_back() {
    let mut desk = Desk::with(DAILY);
    let (key, _) = desk.paid_unheard(350).await;
    desk.tomorrow(630);
    desk.wechat.fail_always();
    assert_eq!(desk.app.books.run_due().await, 1);
    assert!(desk.order(&key).await.payment.is_none());
    desk.wechat.heal();
    // Half-way the server is restarted: the record says that something is open.
    desk.restart(DAILY);
    assert_eq!(desk.app.books.run_due().await, 1);
    assert!(desk.order(&key).await.payment.is_some());
    assert_eq!(desk.app.books.run_due().await, 0);
}

#[tokio::test]
async fn the_first_day_of_a_month_is_a_day_like_any_other() {
    let desk = Desk::with(DAILY);
    desk.clock.step_ms("2026-02-28".parse::<Day>().unwrap().at_ms(720) - desk.clock.now_ms());
    desk.paid(350).await;
    desk.tomorrow(630);
    assert_eq!(desk.app.books.run_due().await, 1);
    assert_eq!(done(&desk).await, ["2026-02-28"]);
}
