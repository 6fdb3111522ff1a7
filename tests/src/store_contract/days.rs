//! Days that were compared with their bills.

use wxpay_core::Fen;
use wxpay_server::books::{Counts, Day, DayRow, Sum};
use wxpay_server::store::Change;

use super::{Factory, NOW_MS, create_at, created};

/// A day on which ten yuan were paid.
pub fn day_row(merchant: &str, date: &str) -> DayRow {
    DayRow {
        merchant: merchant.into(),
        date: date.parse().unwrap(),
        finished_ms: NOW_MS,
        has_bill: true,
        rows: 1,
        not_ours: 0,
        paid: Sum { count: 1, fee: Fen::new(1_000).unwrap() },
        refunded: Sum::default(),
        differences: Counts::default(),
        healed: 0,
        unanswered: 0,
        near_midnight: 0,
        first: Vec::new(),
    }
}

/// A day is found alone and in its order; the last comparison of a day counts; merchants' days are their own.
pub async fn days_are_in_order_and_replaced(fresh: Factory<'_>) {
    let store = fresh();
    let date = |text: &str| text.parse::<Day>().unwrap();
    for text in ["2026-02-01", "2026-01-30", "2026-01-31"] {
        store.commit(Change::day(day_row("shop", text))).await.unwrap();
    }
    store.commit(Change::day(day_row("shop-2", "2026-01-31"))).await.unwrap();
    let better = DayRow { healed: 3, ..day_row("shop", "2026-01-31") };
    store.commit(Change::day(better.clone())).await.unwrap();
    assert_eq!(store.day("shop", date("2026-01-31")).await.unwrap(), Some(better.clone()));
    assert_eq!(store.day("shop", date("2026-01-29")).await.unwrap(), None);
    let days = store.days("shop", date("2026-01-31"), date("2026-02-01")).await.unwrap();
    assert_eq!(days, [better, day_row("shop", "2026-02-01")]);
    let none = store.days("shop", date("2026-02-01"), date("2026-01-31")).await.unwrap();
    assert_eq!(none, []);
}

/// The first order's time is that of the merchant's oldest order.
pub async fn the_first_order_is_the_oldest(fresh: Factory<'_>) {
    let store = fresh();
    assert_eq!(store.first_order_ms("shop").await.unwrap(), None);
    store.commit(create_at("other", "early", NOW_MS - 9)).await.unwrap();
    store.commit(create_at("shop", "late", NOW_MS + 5)).await.unwrap();
    created(&*store, "one").await;
    assert_eq!(store.first_order_ms("shop").await.unwrap(), Some(NOW_MS));
}
