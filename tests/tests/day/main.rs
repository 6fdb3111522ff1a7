//! A day of business, and the morning after.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod business;
mod morning;
#[path = "../interop/runner.rs"]
mod runner;
mod sale;
#[path = "../interop/standard_webhooks.rs"]
mod standard_webhooks;
mod weather;

use std::time::Instant;

use wxpay_tests::START_MS;

use business::Day;

/// From noon of the day until ten in the next morning, when its bill is there.
const UNTIL_TEN_S: i64 = 22 * 3_600;
/// From noon until midnight.
const UNTIL_MIDNIGHT_S: i64 = 12 * 3_600;

/// WXPAY_DAY_SEED and WXPAY_DAY_ORDERS make it another day.
#[tokio::test]
async fn a_day_of_business_ends_with_books_that_agree() {
    let seed = from_env("WXPAY_DAY_SEED").unwrap_or(1);
    let count = usize::try_from(from_env("WXPAY_DAY_ORDERS").unwrap_or(300)).unwrap();
    println!("WXPAY_DAY_SEED={seed} WXPAY_DAY_ORDERS={count}");
    let began = Instant::now();
    let mut day = Day::begin(seed, count).await.run().await;
    let (spoiled, ways) = day.weather.clear(&day.world.wechat);
    println!("{spoiled} faults of {ways} kinds; closing time after {:?}", began.elapsed());
    assert!(spoiled > ways / 2, "a day without trouble");
    assert!(day.world.clock_ms() < START_MS + UNTIL_MIDNIGHT_S * 1_000);
    day.settle(START_MS + UNTIL_TEN_S * 1_000).await;
    day.assert_bills_agree().await;
    // What the comparison found by itself may have been told only now.
    day.settle(0).await;
    day.assert_books_agree().await;
    day.assert_all_was_told().await;
    day.print_figures().await;
    day.assert_store_is_whole().await;
    println!("all after {:?}", began.elapsed());
}

#[allow(clippy::disallowed_methods, reason = "how long a test runs is set from outside")]
fn from_env(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}
