//! What stands beside the orders: events, the watch list, the outbox, users.

use std::collections::BTreeSet;

use wxpay_core::messages::TradeState;
use wxpay_server::orders::{Anomaly, EventKind, Order};
use wxpay_server::store::{Change, User};

use super::{
    Factory, NOW_MS, assert_log_is_whole, create, created, fact, key, paid, told, updated,
};
use crate::shop::{ENDPOINT, outbox};

/// Every event is in the log once, oldest first, and the fold of the log is the record.
pub async fn events_are_contiguous_and_fold_to_the_record(fresh: Factory<'_>) {
    let store = fresh();
    let mut order = created(&*store, "long").await;
    let steps = every_kind();
    for step in &steps {
        order = updated(&*store, &order, vec![step.clone()]).await;
        assert_log_is_whole(&*store, &order.key).await;
    }
    order = updated(&*store, &order, steps.clone()).await;
    assert_log_is_whole(&*store, &order.key).await;
    let log = store.events(&order.key).await.unwrap();
    let kinds: Vec<_> = log.into_iter().skip(1).map(|event| event.what).collect();
    assert_eq!(kinds, [steps.clone(), steps].concat());
    assert!(store.events(&key("shop", "lon")).await.unwrap().is_empty(), "a part of a number");
    assert!(store.events(&key("shop", "none")).await.unwrap().is_empty());
}

/// The open orders are those whose state is open, of all merchants, from their creation on.
pub async fn open_orders_are_those_without_an_end(fresh: Factory<'_>) {
    let store = fresh();
    assert!(store.watched().await.unwrap().is_empty());
    let mut expected = BTreeSet::new();
    for (n, &state) in TradeState::ALL.iter().enumerate() {
        let order = created(&*store, &format!("order{n}")).await;
        assert!(numbers(&store.watched().await.unwrap()).contains(&order.key.out_trade_no));
        let transaction_id = state.is_paid().then(|| format!("42{n}"));
        let order = updated(&*store, &order, vec![fact(state, transaction_id.as_deref())]).await;
        if matches!(state, TradeState::NotPay | TradeState::UserPaying | TradeState::PayError) {
            expected.insert(order.key.out_trade_no.clone());
        }
        assert_eq!(numbers(&store.watched().await.unwrap()), expected, "after {state}");
    }
    store.commit(super::create_at("other", "order0", NOW_MS)).await.unwrap();
    assert_eq!(store.watched().await.unwrap().len(), expected.len() + 1);
}

/// An order that opens and ends between two looks was never open to either.
pub async fn an_order_that_has_ended_is_not_open_again(fresh: Factory<'_>) {
    let store = fresh();
    let changes: Vec<_> = (0..20).map(|n| create(&format!("order{n}"))).collect();
    for change in changes {
        let order = change.order().unwrap().clone();
        let end = Change::update(&order, vec![EventKind::Withdrawn], NOW_MS);
        // Both may well be in one group of the committer.
        let (first, second) = tokio::join!(store.commit(change), store.commit(end));
        first.unwrap();
        second.unwrap();
    }
    assert!(store.watched().await.unwrap().is_empty());
}

/// The outbox holds one row for each event that others must hear of, oldest first, one order's in its order.
pub async fn the_outbox_is_in_order(fresh: Factory<'_>) {
    let store = fresh();
    let mut one = created(&*store, "one").await;
    let two = created(&*store, "two").await;
    let anomaly = |n: u64| EventKind::Found {
        anomaly: Anomaly::PaidAfterClose { transaction_id: n.to_string() },
    };
    // More than nine in one millisecond: ten does not come before nine.
    one = updated(&*store, &one, (2..=12).map(anomaly).collect()).await;
    store
        .commit(Change::update(&two, vec![paid("4200000002")], NOW_MS).tell(&told()))
        .await
        .unwrap();
    store
        .commit(Change::update(&one, vec![paid("4200000001")], NOW_MS + 5).tell(&told()))
        .await
        .unwrap();
    let rows = store.outbox("shop", ENDPOINT, i64::MAX, usize::MAX).await.unwrap();
    let seen: Vec<_> = rows
        .iter()
        .map(|row| (row.key.out_trade_no.as_str(), row.seq, row.topic.as_str()))
        .collect();
    let mut expected = vec![("two", 2, "order.paid")];
    expected.extend((2..=12).map(|seq| ("one", seq, "anomaly.found")));
    expected.push(("one", 13, "order.paid"));
    assert_eq!(seen, expected);
    let ids: BTreeSet<_> = rows.iter().map(|row| &row.id).collect();
    assert_eq!(ids.len(), rows.len(), "ids are unique");
    assert_eq!(
        store.outbox("shop", ENDPOINT, i64::MAX, 3).await.unwrap(),
        rows[..3],
        "at most as many as asked for"
    );
    assert!(store.outbox("shop", ENDPOINT, i64::MAX, 0).await.unwrap().is_empty());
}

/// Rows are counted, however many there are; other endpoints' and merchants' are not.
pub async fn outbox_rows_are_counted(fresh: Factory<'_>) {
    let store = fresh();
    let anomaly = |n: u64| EventKind::Found {
        anomaly: Anomaly::PaidAfterClose { transaction_id: n.to_string() },
    };
    for (number, count) in [("one", 400), ("two", 400), ("three", 200), ("four", 1)] {
        let expected = store.count_outbox("shop", ENDPOINT, false).await.unwrap() + count;
        let order = created(&*store, number).await;
        updated(&*store, &order, (1..=count).map(anomaly).collect()).await;
        assert_eq!(store.count_outbox("shop", ENDPOINT, false).await, Ok(expected));
    }
    for (merchant, endpoint, dead) in
        [("shop", ENDPOINT, true), ("shop", "book", false), ("sho", ENDPOINT, false)]
    {
        assert_eq!(store.count_outbox(merchant, endpoint, dead).await, Ok(0));
    }
}

/// Each end of an order is told once: paid, closed, or odd; what changes nothing for others is not.
pub async fn every_end_is_told_once(fresh: Factory<'_>) {
    let store = fresh();
    let order = created(&*store, "one").await;
    let quiet = [
        EventKind::Claimed { openid: "alice".into() },
        EventKind::PrepayAsked {
            spbill_create_ip: "192.0.2.1".into(),
            notify_url: "https://pay.example.com/v1/notify/shop/pay".into(),
        },
        EventKind::CloseAsked,
        fact(TradeState::UserPaying, None),
    ];
    let order = updated(&*store, &order, quiet.to_vec()).await;
    assert!(outbox(&*store).await.is_empty());
    let order = updated(&*store, &order, vec![paid("4200000001")]).await;
    let refund = fact(TradeState::Refund, Some("4200000001"));
    updated(&*store, &order, vec![refund]).await;
    let other = created(&*store, "two").await;
    updated(&*store, &other, vec![fact(TradeState::Closed, None)]).await;
    let withdrawn = created(&*store, "three").await;
    updated(&*store, &withdrawn, vec![EventKind::CloseAsked, EventKind::Withdrawn]).await;
    let rows = outbox(&*store).await;
    let mut seen: Vec<_> =
        rows.iter().map(|r| (&*r.key.out_trade_no, r.seq, r.topic.as_str())).collect();
    seen.sort_unstable();
    let expected =
        [("one", 6, "order.paid"), ("three", 3, "order.closed"), ("two", 2, "order.closed")];
    assert_eq!(seen, expected);
}

/// A user is kept per merchant; the last login stands.
pub async fn users_are_kept_per_merchant(fresh: Factory<'_>) {
    let store = fresh();
    let user = |merchant: &str, nickname: Option<&str>, login_ms| User {
        merchant: merchant.into(),
        openid: "o-alice_1".into(),
        nickname: nickname.map(Into::into),
        photo: None,
        login_ms,
    };
    assert_eq!(store.user("shop", "o-alice_1").await.unwrap(), None);
    store.commit(Change::login(user("shop", Some("爱丽丝 \u{1f375}"), 1))).await.unwrap();
    store.commit(Change::login(user("shop", None, 2))).await.unwrap();
    store.commit(Change::login(user("other", Some("Al"), 3))).await.unwrap();
    assert_eq!(store.user("shop", "o-alice_1").await.unwrap(), Some(user("shop", None, 2)));
    assert_eq!(store.user("other", "o-alice_1").await.unwrap(), Some(user("other", Some("Al"), 3)));
    assert_eq!(store.user("shop", "o-alice").await.unwrap(), None);
}

/// One event of each kind that can follow a creation.
fn every_kind() -> Vec<EventKind> {
    vec![
        EventKind::Claimed { openid: "alice".into() },
        EventKind::PrepayAsked {
            spbill_create_ip: "192.0.2.1".into(),
            notify_url: "https://pay.example.com/v1/notify/shop/pay".into(),
        },
        EventKind::PrepayGot {
            prepay_id: "wx2017".into(),
            code_url: Some("weixin://wxpay/bizpayurl?pr=1".into()),
            mweb_url: None,
        },
        fact(TradeState::UserPaying, None),
        EventKind::Restored,
        EventKind::CloseAsked,
        EventKind::Withdrawn,
        paid("4200000001"),
        EventKind::Found {
            anomaly: Anomaly::PaidAfterClose { transaction_id: "4200000001".into() },
        },
        fact(TradeState::Refund, Some("4200000001")),
    ]
}

fn numbers(orders: &[Order]) -> BTreeSet<String> {
    orders.iter().map(|order| order.key.out_trade_no.clone()).collect()
}
