//! Lists: order, filters, pages without gaps or repeats, compared with the simplest model there is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use tokio::task::JoinSet;
use wxpay_core::messages::TradeState;
use wxpay_server::orders::Order;
use wxpay_server::store::{Change, Cursor, Filter, Store};

use super::{Factory, NOW_MS, create_at, fact, key};

/// How many random sets of orders are listed.
const CASES: u32 = 48;

/// An order of a random list: created so many milliseconds after the start, in this state.
type Row = (i64, TradeState);

/// Every page, with every filter, is what a filtered and sorted `Vec` would give.
pub fn lists_are_those_of_a_naive_model(fresh: Factory<'_>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = runtime.block_on(async { fresh() });
    let count = AtomicUsize::new(0);
    // Few different times, so that many orders share one.
    let time = 0..6_i64;
    let rows = vec((time.clone(), select(TradeState::ALL)), 0..24);
    let edges = (option::of(-1..7_i64), option::of(-1..7_i64));
    let cases = (rows, option::of(select(TradeState::ALL)), edges, 1..9_usize);
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&cases, |(rows, trade_state, (from, to), limit)| {
        let merchant = format!("m{}", count.fetch_add(1, Ordering::SeqCst));
        let filter = Filter {
            trade_state,
            from_ms: from.map(|ms| NOW_MS + ms),
            to_ms: to.map(|ms| NOW_MS + ms),
            cursor: None,
            limit,
        };
        runtime.block_on(async {
            let orders = fill(&store, &merchant, &rows).await;
            let listed = walk(&*store, &merchant, &filter).await;
            let expected = model(&orders, &filter);
            prop_assert_eq!(listed, expected, "{} in pages of {}", merchant, limit);
            Ok(())
        })
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Orders created while somebody turns pages are neither shown twice nor do they hide others.
pub async fn pages_hold_while_orders_arrive(fresh: Factory<'_>) {
    let store = fresh();
    let rows: Vec<Row> = (0..20).map(|n| (n, TradeState::NotPay)).collect();
    let before = fill(&store, "shop", &rows).await;
    let mut filter = Filter { limit: 3, ..Filter::default() };
    let mut seen = Vec::new();
    for page_number in 0.. {
        assert!(page_number < 20, "the list must end");
        let page = store.orders("shop", &filter).await.unwrap();
        seen.extend(page.orders.iter().map(|order| order.key.out_trade_no.clone()));
        store.commit(create_at("shop", &format!("new{page_number}"), NOW_MS + 100)).await.unwrap();
        filter.cursor = page.next;
        if filter.cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, model(&before, &Filter { cursor: None, ..filter }));
}

/// A cursor narrows what the other filters allow; it never widens it.
pub async fn a_cursor_does_not_undo_a_filter(fresh: Factory<'_>) {
    let store = fresh();
    let rows: Vec<Row> = (0..10).map(|n| (n, TradeState::NotPay)).collect();
    let orders = fill(&store, "shop", &rows).await;
    let cursor = Cursor { created_ms: NOW_MS + 8, out_trade_no: String::new() };
    let filter = Filter {
        from_ms: Some(NOW_MS + 2),
        to_ms: Some(NOW_MS + 5),
        cursor: Some(cursor),
        limit: 100,
        trade_state: None,
    };
    let page = store.orders("shop", &filter).await.unwrap();
    let listed: Vec<_> = page.orders.iter().map(|o| o.key.out_trade_no.clone()).collect();
    assert_eq!(listed, model(&orders, &filter));
    assert_eq!(listed.len(), 3);
}

/// One merchant's list holds nothing of another's, whatever their names have in common.
pub async fn merchants_lists_are_their_own(fresh: Factory<'_>) {
    let store = fresh();
    for merchant in ["shop", "shop-2", "sho", "shop2"] {
        fill(&store, merchant, &[(0, TradeState::NotPay), (1, TradeState::Success)]).await;
    }
    let filter = Filter { limit: 100, ..Filter::default() };
    for merchant in ["shop", "shop-2", "sho", "shop2"] {
        let page = store.orders(merchant, &filter).await.unwrap();
        assert_eq!(page.orders.len(), 2, "{merchant}");
        assert!(page.orders.iter().all(|order| order.key.merchant == merchant));
    }
    assert!(store.orders("sh", &filter).await.unwrap().orders.is_empty());
}

/// Creates the orders, all at once, and brings each into its state.
async fn fill(store: &Arc<dyn Store>, merchant: &str, rows: &[Row]) -> Vec<Order> {
    let mut tasks = JoinSet::new();
    for (n, &(after_ms, state)) in rows.iter().enumerate() {
        let (store, merchant) = (Arc::clone(store), merchant.to_owned());
        tasks.spawn(async move {
            // Numbers in another order than the times.
            let number = format!("{:02}", (n * 7) % 24);
            store.commit(create_at(&merchant, &number, NOW_MS + after_ms)).await.unwrap();
            let order = store.order(&key(&merchant, &number)).await.unwrap().unwrap();
            if state == TradeState::NotPay {
                return order;
            }
            let transaction_id = state.is_paid().then(|| format!("{merchant}.{number}"));
            let what = vec![fact(state, transaction_id.as_deref())];
            let change = Change::update(&order, what, NOW_MS);
            let after = change.order().unwrap().clone();
            store.commit(change).await.unwrap();
            after
        });
    }
    tasks.join_all().await
}

/// Every page, one after the other; each but the last ends with a cursor.
async fn walk(store: &dyn Store, merchant: &str, filter: &Filter) -> Vec<String> {
    let mut filter = filter.clone();
    let mut numbers = Vec::new();
    for _ in 0..100 {
        let page = store.orders(merchant, &filter).await.unwrap();
        assert!(page.orders.len() <= filter.limit, "{} on one page", page.orders.len());
        numbers.extend(page.orders.into_iter().map(|order| order.key.out_trade_no));
        match page.next {
            Some(next) => filter.cursor = Some(next),
            None => return numbers,
        }
    }
    panic!("the list does not end");
}

/// Newest first; of one millisecond, the greater number first.
fn model(orders: &[Order], filter: &Filter) -> Vec<String> {
    let place = |order: &Order| (order.created_ms, order.key.out_trade_no.clone());
    let mut wanted: Vec<&Order> = orders.iter().collect();
    wanted.retain(|order| filter.trade_state.is_none_or(|state| order.trade_state == state));
    wanted.retain(|order| filter.from_ms.is_none_or(|from| order.created_ms >= from));
    wanted.retain(|order| filter.to_ms.is_none_or(|to| order.created_ms < to));
    if let Some(cursor) = &filter.cursor {
        wanted.retain(|order| place(order) < (cursor.created_ms, cursor.out_trade_no.clone()));
    }
    wanted.sort_by_key(|order| std::cmp::Reverse(place(order)));
    wanted.into_iter().map(|order| order.key.out_trade_no.clone()).collect()
}
