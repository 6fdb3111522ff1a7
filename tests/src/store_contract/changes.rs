//! Changes: all or nothing, from the right revision only, claims once.

use std::sync::Arc;

use tokio::task::JoinSet;
use wxpay_core::messages::TradeState;
use wxpay_server::orders::{EventKind, Order};
use wxpay_server::store::{Change, Filter, Store, StoreError};

use super::{
    Factory, NOW_MS, assert_log_is_whole, create, created, idempotency_row, key, paid, updated,
};
use crate::shop::outbox;

/// Everything a store shows of `shop` and its order numbers.
async fn everything(store: &dyn Store, numbers: &[&str], idempotency_keys: &[&str]) -> String {
    let filter = Filter { limit: 1_000, ..Filter::default() };
    let mut seen = format!("{:?}", store.orders("shop", &filter).await.unwrap());
    seen += &format!("{:?}", store.watched().await.unwrap());
    seen += &format!("{:?}", outbox(store).await);
    for number in numbers {
        let order = store.order(&key("shop", number)).await.unwrap();
        assert_eq!(store.newest(&key("shop", number)).await.unwrap(), order);
        seen += &format!("{order:?}");
        seen += &format!("{:?}", store.events(&key("shop", number)).await.unwrap());
    }
    for idempotency_key in idempotency_keys {
        seen += &format!("{:?}", store.idempotency("shop", idempotency_key).await.unwrap());
    }
    seen
}

/// Whatever part of a change is refused, no part of it happens.
pub async fn a_refused_change_leaves_no_trace(fresh: Factory<'_>) {
    let store = fresh();
    let owner = created(&*store, "paid").await;
    let owner = updated(&*store, &owner, vec![paid("4200000001")]).await;
    let open = created(&*store, "open").await;
    store.commit(create("keyed").with_idempotency(idempotency_row("k1", "keyed"))).await.unwrap();
    let refused = [
        ("number taken, key free", create("open").with_idempotency(idempotency_row("k2", "open"))),
        ("number free, key taken", create("new").with_idempotency(idempotency_row("k1", "new"))),
        (
            "transaction_id of another order",
            Change::update(&open, vec![EventKind::CloseAsked, paid("4200000001")], NOW_MS),
        ),
        (
            "transaction_id of another order, key free",
            Change::update(&open, vec![paid("4200000001")], NOW_MS)
                .with_idempotency(idempotency_row("k3", "open")),
        ),
        ("older revision", {
            let before = Order { revision: owner.revision - 1, ..owner.clone() };
            Change::update(&before, vec![EventKind::CloseAsked], NOW_MS)
        }),
        ("newer revision", {
            let before = Order { revision: open.revision + 1, ..open.clone() };
            Change::update(&before, vec![EventKind::CloseAsked], NOW_MS)
        }),
        ("unknown order", {
            let before = Order { key: key("shop", "new"), ..open.clone() };
            Change::update(&before, vec![EventKind::CloseAsked], NOW_MS)
        }),
        ("the number of another merchant's order", {
            let before = Order { key: key("other", "open"), ..open.clone() };
            Change::update(&before, vec![EventKind::CloseAsked], NOW_MS)
        }),
    ];
    let numbers = ["paid", "open", "keyed", "new"];
    let keys = ["k1", "k2", "k3"];
    let before = everything(&*store, &numbers, &keys).await;
    for (what, change) in refused {
        assert_eq!(store.commit(change).await, Err(StoreError::Stale), "{what}");
        assert_eq!(everything(&*store, &numbers, &keys).await, before, "{what}");
    }
}

/// A change with several parts shows all of them once it is answered.
pub async fn an_accepted_change_is_there_whole(fresh: Factory<'_>) {
    let store = fresh();
    let row = idempotency_row("k1", "one");
    store.commit(create("one").with_idempotency(row.clone())).await.unwrap();
    assert_eq!(store.idempotency("shop", "k1").await.unwrap(), Some(row));
    let order = store.order(&key("shop", "one")).await.unwrap().unwrap();
    let what = vec![EventKind::Claimed { openid: "alice".into() }, paid("4200000001")];
    let order = updated(&*store, &order, what).await;
    assert_eq!((order.revision, order.trade_state), (3, TradeState::Success));
    assert_eq!(order.openid.as_deref(), Some("alice"));
    assert_eq!(outbox(&*store).await.len(), 1);
    assert_log_is_whole(&*store, &order.key).await;
}

/// Of changes that were decided on one revision, exactly one happens, whoever comes first.
pub async fn exactly_one_of_many_changes_on_one_revision_wins(fresh: Factory<'_>) {
    let store = fresh();
    for round in 0..10 {
        let mut order = created(&*store, &format!("race{round}")).await;
        for _ in 0..3 {
            let changes = (0..32).map(|rival| {
                let openid = format!("rival{rival}");
                Change::update(&order, vec![EventKind::Claimed { openid }], NOW_MS)
            });
            let winner = only_winner(&store, changes.collect()).await;
            order = store.order(&order.key).await.unwrap().unwrap();
            assert_eq!(order.openid, Some(format!("rival{winner}")), "the winner's change stands");
        }
        assert_eq!(order.revision, 4);
        assert_log_is_whole(&*store, &order.key).await;
    }
}

/// Of many creations of one number, exactly one happens.
pub async fn exactly_one_of_many_creations_of_one_number_wins(fresh: Factory<'_>) {
    let store = fresh();
    for round in 0..10 {
        let number = format!("new{round}");
        only_winner(&store, vec![create(&number); 32]).await;
        assert_eq!(store.events(&key("shop", &number)).await.unwrap().len(), 1);
    }
}

/// A transaction_id belongs to one order; that order may mention it again.
pub async fn a_transaction_id_belongs_to_one_order(fresh: Factory<'_>) {
    let store = fresh();
    for round in 0..10 {
        let transaction_id = format!("42000000{round:02}");
        let mut orders = Vec::new();
        for number in 0..16 {
            orders.push(created(&*store, &format!("order{round}-{number}")).await);
        }
        let changes = orders.iter().map(|o| Change::update(o, vec![paid(&transaction_id)], NOW_MS));
        let winner = only_winner(&store, changes.collect()).await;
        let owner = store.order(&orders[winner].key).await.unwrap().unwrap();
        assert_eq!(owner.payment.as_ref().unwrap().transaction_id, transaction_id);
        updated(&*store, &owner, vec![EventKind::CloseAsked]).await;
        let late = created(&*store, &format!("late{round}")).await;
        let second = Change::update(&late, vec![paid(&transaction_id)], NOW_MS);
        assert_eq!(store.commit(second).await, Err(StoreError::Stale));
    }
}

/// An Idempotency-Key makes one creation of one merchant; another merchant may use the same.
pub async fn an_idempotency_key_makes_one_creation(fresh: Factory<'_>) {
    let store = fresh();
    for round in 0..10 {
        let idempotency_key = format!("key/{round}");
        let number = |n: usize| format!("order{round}-{n}");
        let changes = (0..32).map(|n| {
            create(&number(n)).with_idempotency(idempotency_row(&idempotency_key, &number(n)))
        });
        let winner = only_winner(&store, changes.collect()).await;
        let row = store.idempotency("shop", &idempotency_key).await.unwrap().unwrap();
        assert_eq!(row.out_trade_no, number(winner));
        for n in 0..32 {
            let there = store.order(&key("shop", &number(n))).await.unwrap().is_some();
            assert_eq!(there, n == winner, "order {n}, winner {winner}");
        }
        assert_eq!(store.idempotency("other", &idempotency_key).await.unwrap(), None);
        let other = format!("other{round}");
        let mut row = idempotency_row(&idempotency_key, &other);
        row.merchant = "other".into();
        store.commit(create(&other).with_idempotency(row)).await.unwrap();
    }
}

/// Whoever was told that a change happened sees it in every read from then on, also under load.
pub async fn a_read_sees_every_answered_change(fresh: Factory<'_>) {
    let store = fresh();
    let mut writers = JoinSet::new();
    for writer in 0..16 {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            let mut order = created(&*store, &format!("writer{writer}")).await;
            for step in 0..10 {
                let what = vec![EventKind::Claimed { openid: format!("user{step}") }];
                let change = Change::update(&order, what, NOW_MS);
                let after = change.order().unwrap().clone();
                store.commit(change).await.unwrap();
                let read = store.order(&order.key).await.unwrap().unwrap();
                assert_eq!(read, after);
                assert_eq!(store.events(&order.key).await.unwrap().len() as u64, after.revision);
                let open = store.watched().await.unwrap();
                assert!(open.contains(&after), "{after:?} among the open orders");
                order = read;
            }
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
}

/// After `close` nothing more is taken, what was taken stays readable, and the store says that it is not healthy.
pub async fn a_closed_store_takes_nothing_more(fresh: Factory<'_>) {
    let store = fresh();
    let order = created(&*store, "before").await;
    assert!(store.healthy());
    store.close().await;
    assert!(!store.healthy());
    let refused = store.commit(create("after")).await;
    assert!(matches!(refused, Err(StoreError::Failed { .. })), "{refused:?}");
    assert_eq!(store.order(&order.key).await.unwrap(), Some(order));
    assert_eq!(store.order(&key("shop", "after")).await.unwrap(), None);
}

/// Commits all at once; one succeeds, all others are stale. Says which.
async fn only_winner(store: &Arc<dyn Store>, changes: Vec<Change>) -> usize {
    let mut rivals = JoinSet::new();
    for (rival, change) in changes.into_iter().enumerate() {
        let store = Arc::clone(store);
        rivals.spawn(async move { (rival, store.commit(change).await) });
    }
    let mut winners = Vec::new();
    while let Some(answer) = rivals.join_next().await {
        match answer.unwrap() {
            (rival, Ok(())) => winners.push(rival),
            (_, answer) => assert_eq!(answer, Err(StoreError::Stale)),
        }
    }
    assert_eq!(winners.len(), 1, "winners: {winners:?}");
    winners[0]
}
