//! Rows that others find orders by: refund numbers, movements, anomalies, webhooks that move, whole logs.

use std::collections::BTreeMap;

use wxpay_core::Fen;
use wxpay_server::orders::{Anomaly, Event, EventKind, OrderKey, RefundTerms, Resolution};
use wxpay_server::store::{
    AnomalyRow, Change, Movement, OutboxRow, OwnRow, RowKind, Store, StoreError, User,
};

use super::{
    Factory, NOW_MS, create_at, created, day_row, idempotency_row, key, paid, told, updated,
};
use crate::shop::{ENDPOINT, outbox};

/// A refund that is about to be sent.
pub fn refund_asked(out_refund_no: &str) -> EventKind {
    EventKind::RefundAsked {
        terms: Box::new(RefundTerms {
            out_refund_no: out_refund_no.into(),
            refund_fee: Fen::new(10).unwrap(),
            refund_desc: None,
            refund_account: None,
            notify_url: "https://pay.example.com/v1/notify/shop/refund".into(),
        }),
    }
}

/// WeChat took a refund on.
pub fn refund_accepted(out_refund_no: &str) -> EventKind {
    let refund_id = format!("50{out_refund_no}");
    EventKind::RefundAccepted { out_refund_no: out_refund_no.into(), refund_id }
}

/// A payment of an order that is not here.
pub fn orphan(merchant: &str, transaction_id: &str) -> AnomalyRow {
    AnomalyRow {
        id: transaction_id.into(),
        key: key(merchant, "lost"),
        at_ms: NOW_MS,
        anomaly: Anomaly::OrphanNotice {
            transaction_id: transaction_id.into(),
            total_fee: Fen::new(5).unwrap(),
        },
        resolved: None,
    }
}

/// An out_refund_no belongs to one order of its merchant, and its order is found by it.
pub async fn a_refund_number_belongs_to_one_order(fresh: Factory<'_>) {
    let store = fresh();
    let (one, two) = (created(&*store, "one").await, created(&*store, "two").await);
    let one = updated(&*store, &one, vec![refund_asked("r1"), refund_asked("r2")]).await;
    for (before, number) in [(&two, "r1"), (&one, "r2")] {
        let again = Change::update(before, vec![refund_asked(number)], NOW_MS);
        assert_eq!(store.commit(again).await, Err(StoreError::Stale), "{number}");
    }
    let other = create_at("other", "one", NOW_MS);
    let other_order = other.order().unwrap().clone();
    store.commit(other).await.unwrap();
    store.commit(Change::update(&other_order, vec![refund_asked("r1")], NOW_MS)).await.unwrap();
    assert_eq!(store.order_of_refund("shop", "r1").await.unwrap(), Some(one.key.clone()));
    assert_eq!(store.order_of_refund("other", "r1").await.unwrap(), Some(other_order.key));
    assert_eq!(store.order_of_refund("shop", "r").await.unwrap(), None);
    assert_eq!(store.order(&two.key).await.unwrap(), Some(two), "nothing of it happened");
    let watched = store.watched().await.unwrap();
    assert!(watched.contains(&one), "a refund is pending");
}

/// Payments by WeChat's time, refunds by when they were accepted; pages join without gaps.
pub async fn movements_are_in_order_and_paged(fresh: Factory<'_>) {
    let store = fresh();
    let mut expected = Vec::new();
    for n in 0..4_i64 {
        let no = format!("no{n}");
        let order = created(&*store, &no).await;
        let asked = vec![paid(&format!("420{n}")), refund_asked(&format!("r{n}"))];
        let order = updated(&*store, &order, asked).await;
        let accepted =
            Change::update(&order, vec![refund_accepted(&format!("r{n}"))], NOW_MS + 10 * (4 - n));
        store.commit(accepted).await.unwrap();
        // Said again, it does not move again.
        let order = store.order(&order.key).await.unwrap().unwrap();
        let again = vec![refund_accepted(&format!("r{n}"))];
        store.commit(Change::update(&order, again, NOW_MS + 99)).await.unwrap();
        let movement =
            |at_ms, out_refund_no| Movement { at_ms, key: key("shop", &no), out_refund_no };
        expected.push(movement(NOW_MS, None));
        expected.push(movement(NOW_MS + 10 * (4 - n), Some(format!("r{n}"))));
    }
    let place = |m: &Movement| (m.at_ms, m.key.out_trade_no.clone(), m.out_refund_no.clone());
    expected.sort_by_key(place);
    for limit in [1, 2, 3, 8, 9] {
        let mut seen: Vec<Movement> = Vec::new();
        loop {
            let page = store.movements("shop", 0, i64::MAX, seen.last(), limit).await.unwrap();
            assert!(page.len() <= limit);
            let is_last = page.len() < limit;
            seen.extend(page);
            if is_last {
                break;
            }
        }
        assert_eq!(seen, expected, "in pages of {limit}");
    }
    let of = async |from, to| store.movements("shop", from, to, None, 99).await.unwrap();
    assert_eq!(of(NOW_MS, NOW_MS + 1).await, expected[..4], "the payments alone");
    assert_eq!(of(NOW_MS + 10, NOW_MS + 30).await, expected[4..6], "the end is not in it");
    assert!(store.movements("sho", 0, i64::MAX, None, 9).await.unwrap().is_empty());
}

/// Anomalies of orders and of none, by id; each is found once and settled in its place.
pub async fn anomalies_are_found_and_settled(fresh: Factory<'_>) {
    let store = fresh();
    let order = created(&*store, "one").await;
    let odd = Anomaly::PaidAfterClose { transaction_id: "42".into() };
    let order = updated(&*store, &order, vec![EventKind::Found { anomaly: odd }]).await;
    let row = store.anomaly("shop", "one.2").await.unwrap().unwrap();
    assert_eq!((row.at_ms, &row.key), (NOW_MS + 1, &order.key));
    assert_eq!(row.resolved, None);
    for merchant in ["shop", "other"] {
        let keep = || Change::orphan(orphan(merchant, "4200")).tell(&told());
        store.commit(keep()).await.unwrap();
        assert_eq!(store.commit(keep()).await, Err(StoreError::Stale), "it is known");
    }
    assert_eq!(outbox(&*store).await.len(), 2, "one of the order, one orphan of shop");
    let note = || Some(Resolution { at_ms: NOW_MS + 5, note: "paid back".into() });
    let settled = AnomalyRow { resolved: note(), ..orphan("shop", "4200") };
    store.commit(Change::resolve_orphan(settled.clone())).await.unwrap();
    let unknown = AnomalyRow { resolved: note(), ..orphan("shop", "4300") };
    assert_eq!(store.commit(Change::resolve_orphan(unknown)).await, Err(StoreError::Stale));
    let resolved = EventKind::Resolved { found_seq: 2, note: "delivered".into() };
    updated(&*store, &order, vec![resolved]).await;
    let row = store.anomaly("shop", "one.2").await.unwrap().unwrap();
    assert_eq!(row.resolved.map(|resolved| resolved.note).as_deref(), Some("delivered"));
    let all = store.anomalies("shop", None, 9).await.unwrap();
    assert_eq!(all.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["4200", "one.2"]);
    assert_eq!(all[0], settled);
    assert_eq!(store.anomalies("shop", None, 1).await.unwrap(), all[..1]);
    assert_eq!(store.anomalies("shop", Some("4200"), 9).await.unwrap(), all[1..]);
    assert_eq!(store.anomalies("other", None, 9).await.unwrap(), [orphan("other", "4200")]);
}

/// A webhook is delivered, put off, given up or sent again by exactly one of those who try.
pub async fn a_webhook_is_moved_once(fresh: Factory<'_>) {
    let store = fresh();
    let order = created(&*store, "one").await;
    let order = updated(&*store, &order, vec![paid("42")]).await;
    let waiting = || async { store.outbox("shop", ENDPOINT, i64::MAX, 9).await.unwrap() };
    let dead = || async { store.dead_letters("shop", ENDPOINT, None, 9).await.unwrap() };
    let first = waiting().await.remove(0);
    let later = OutboxRow { attempts: 1, next_ms: first.next_ms + 60_000, ..first.clone() };
    store.commit(Change::move_outbox(&first, Some(later.clone()))).await.unwrap();
    for to in [None, Some(later.clone())] {
        let late = Change::move_outbox(&first, to);
        assert_eq!(store.commit(late).await, Err(StoreError::Stale), "it was moved before");
    }
    assert_eq!(waiting().await, std::slice::from_ref(&later));
    assert!(store.outbox("shop", ENDPOINT, first.next_ms, 9).await.unwrap().is_empty(), "not due");
    let given_up = OutboxRow { dead: Some("410".into()), ..later.clone() };
    store.commit(Change::move_outbox(&later, Some(given_up.clone()))).await.unwrap();
    assert_eq!((waiting().await, dead().await), (vec![], vec![given_up.clone()]));
    let odd = Anomaly::PaidAfterClose { transaction_id: "42".into() };
    updated(&*store, &order, vec![EventKind::Found { anomaly: odd }]).await;
    let other = waiting().await.remove(0);
    let other_up = OutboxRow { dead: Some("500".into()), ..other.clone() };
    store.commit(Change::move_outbox(&other, Some(other_up.clone()))).await.unwrap();
    let page = store.dead_letters("shop", ENDPOINT, None, 1).await.unwrap();
    let rest = store.dead_letters("shop", ENDPOINT, page.first(), 9).await.unwrap();
    assert_eq!([page, rest].concat(), [given_up.clone(), other_up]);
    let again = OutboxRow { dead: None, attempts: 0, ..given_up.clone() };
    store.commit(Change::move_outbox(&given_up, Some(again.clone()))).await.unwrap();
    store.commit(Change::move_outbox(&again, None)).await.unwrap();
    assert_eq!((waiting().await.len(), dead().await.len()), (0, 1));
}

/// Every log is listed whole and once, of one merchant or of all, whatever the names have in common.
pub async fn logs_are_whole_and_paged(fresh: Factory<'_>) {
    let store = fresh();
    let mut expected: BTreeMap<OrderKey, Vec<Event>> = BTreeMap::new();
    for merchant in ["shop", "shop-2", "sho", "shop2"] {
        for number in ["a", "a-b", "a|b", "ab", "*a", "0"] {
            let change = create_at(merchant, number, NOW_MS);
            let order = change.order().unwrap().clone();
            store.commit(change).await.unwrap();
            let claimed = EventKind::Claimed { openid: "alice".into() };
            updated(&*store, &order, vec![claimed, EventKind::CloseAsked]).await;
            expected.insert(order.key.clone(), store.events(&order.key).await.unwrap());
        }
    }
    for merchant in [None, Some("shop"), Some("sho"), Some("shop-2"), Some("sh")] {
        let wanted = |key: &OrderKey| merchant.is_none_or(|merchant| key.merchant == merchant);
        let expected: BTreeMap<_, _> =
            expected.clone().into_iter().filter(|(key, _)| wanted(key)).collect();
        for limit in [1, 2, 5, 6, 100] {
            let mut seen: Vec<(OrderKey, Vec<Event>)> = Vec::new();
            loop {
                let after = seen.last().map(|(key, _)| key.clone());
                let page = store.logs(merchant, after.as_ref(), limit).await.unwrap();
                assert!(page.len() <= limit);
                if page.is_empty() {
                    break;
                }
                seen.extend(page);
            }
            assert_eq!(seen.len(), expected.len(), "each once: {merchant:?} by {limit}");
            assert_eq!(seen.into_iter().collect::<BTreeMap<_, _>>(), expected);
        }
    }
}

/// What a store holds of `shop`, as far as any read can tell.
async fn everything(store: &dyn Store) -> String {
    let mut seen = String::new();
    for (key, events) in store.logs(None, None, 99).await.unwrap() {
        seen += &format!("{:?} {events:?}\n", store.order(&key).await.unwrap());
    }
    seen += &format!("{:?}", store.watched().await.unwrap());
    seen += &format!("{:?}", store.movements("shop", 0, i64::MAX, None, 99).await.unwrap());
    seen += &format!("{:?}", store.anomalies("shop", None, 99).await.unwrap());
    seen += &format!("{:?}", store.order_of_payment("42").await.unwrap());
    seen += &format!("{:?}", store.order_of_refund("shop", "r1").await.unwrap());
    for kind in KINDS {
        seen += &format!("{:?}", store.own_rows(kind, None, None, 99).await.unwrap().rows);
    }
    seen
}

const KINDS: [RowKind; 6] = [
    RowKind::Anomaly,
    RowKind::Idempotency,
    RowKind::User,
    RowKind::Waiting,
    RowKind::Dead,
    RowKind::Day,
];

/// Logs and rows brought into an empty store make the same store; whatever is there already is not overwritten.
pub async fn what_is_brought_back_is_the_same(fresh: Factory<'_>) {
    let store = fresh();
    let order = created(&*store, "one").await;
    let odd = Anomaly::PaidAfterClose { transaction_id: "42".into() };
    let what = vec![paid("42"), EventKind::Found { anomaly: odd }, refund_asked("r1")];
    let order = updated(&*store, &order, what).await;
    let resolved = EventKind::Resolved { found_seq: 3, note: "done".into() };
    let order = updated(&*store, &order, vec![refund_accepted("r1"), resolved]).await;
    store.commit(Change::orphan(orphan("shop", "4200")).tell(&told())).await.unwrap();
    let row = idempotency_row("k", "one");
    store.commit(Change::default().with_idempotency(row)).await.unwrap();
    let user = User {
        merchant: "shop".into(),
        openid: "alice".into(),
        nickname: Some("Al".into()),
        photo: None,
        login_ms: 7,
    };
    store.commit(Change::login(user)).await.unwrap();
    let first = outbox(&*store).await.remove(0);
    let dead = OutboxRow { dead: Some("410".into()), ..first.clone() };
    store.commit(Change::move_outbox(&first, Some(dead))).await.unwrap();
    store.commit(Change::day(day_row("shop", "2026-01-31"))).await.unwrap();
    let copy = fresh();
    let events = store.events(&order.key).await.unwrap();
    let import = || Change::import(order.key.clone(), &events).unwrap();
    copy.commit(import()).await.unwrap();
    assert_eq!(copy.commit(import()).await, Err(StoreError::Stale), "it is there");
    assert!(outbox(&*copy).await.is_empty(), "nothing is told twice");
    let mut kinds = Vec::new();
    for kind in KINDS {
        let mut after = None;
        loop {
            let page = store.own_rows(kind, Some("shop"), after, 1).await.unwrap();
            for row in page.rows {
                kinds.push(kind);
                copy.commit(Change::restore(row.clone())).await.unwrap();
                assert_eq!(copy.commit(Change::restore(row)).await, Err(StoreError::Stale));
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    kinds.dedup();
    assert_eq!(kinds, KINDS, "one of each at least; the order's own anomaly is in its log");
    assert_eq!(everything(&*copy).await, everything(&*store).await);
    let gap = [&events[..2], &events[3..]].concat();
    for broken in [&events[1..], &gap, &[]] {
        assert!(Change::import(order.key.clone(), broken).is_none(), "{broken:?}");
    }
    assert!(matches!(
        store.own_rows(RowKind::User, Some("other"), None, 9).await.unwrap().rows.as_slice(),
        []
    ));
    let rows = store.own_rows(RowKind::Anomaly, None, None, 9).await.unwrap().rows;
    assert_eq!(rows, [OwnRow::Anomaly(orphan("shop", "4200"))]);
}
