//! The embedded store keeps everything across restarts, and loses or doubles nothing under many writers.

use std::sync::Arc;
use std::time::Instant;

use tempfile::TempDir;
use tokio::task::JoinSet;
use wxpay_server::orders::EventKind;
use wxpay_server::store::{Change, Filter, SledStore, Store, StoreError, User};
use wxpay_tests::outbox;
use wxpay_tests::store_contract::{
    NOW_MS, assert_log_is_whole, create, create_at, created, idempotency_row, key, paid, updated,
};

use super::open;

const WRITERS: usize = 64;
const STEPS: usize = 20;

#[tokio::test]
async fn reopening_keeps_everything() {
    let directory = TempDir::new().unwrap();
    let mut before = Vec::new();
    for round in 0..4 {
        let store = open(directory.path());
        assert_eq!(snapshot(&store).await, before, "after {round} restarts");
        let order = created(&store, &format!("order{round}")).await;
        updated(&store, &order, vec![paid(&format!("42{round}"))]).await;
        let number = format!("keyed{round}");
        let row = idempotency_row(&format!("key{round}"), &number);
        store.commit(create(&number).with_idempotency(row)).await.unwrap();
        store.commit(Change::login(user(round))).await.unwrap();
        before = snapshot(&store).await;
        store.close().await;
    }
}

#[tokio::test]
async fn claims_hold_after_a_restart() {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path());
    let order = created(&store, "one").await;
    updated(&store, &order, vec![paid("4200000001")]).await;
    store.commit(create("two").with_idempotency(idempotency_row("k", "two"))).await.unwrap();
    store.close().await;
    drop(store);
    let store = open(directory.path());
    let two = store.order(&key("shop", "two")).await.unwrap().unwrap();
    let refused = [
        create("one"),
        create("three").with_idempotency(idempotency_row("k", "three")),
        Change::update(&order, vec![EventKind::CloseAsked], NOW_MS),
        Change::update(&two, vec![paid("4200000001")], NOW_MS),
    ];
    for change in refused {
        assert_eq!(store.commit(change).await, Err(StoreError::Stale));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_lose_and_double_nothing() {
    let directory = TempDir::new().unwrap();
    let store = Arc::new(open(directory.path()));
    let started = Instant::now();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write(Arc::clone(&store), writer));
    }
    let answered: usize = writers.join_all().await.into_iter().sum();
    let took = started.elapsed();
    println!("{answered} changes of {WRITERS} writers in {} ms", took.as_millis());
    assert_eq!(answered, WRITERS * (1 + STEPS));
    check_writers(&*store).await;
    store.close().await;
    drop(store);
    check_writers(&open(directory.path())).await;
}

/// One order of its own, and one user that all writers share.
async fn write(store: Arc<SledStore>, writer: usize) -> usize {
    let mut order = created(&*store, &format!("writer{writer}")).await;
    for step in 0..STEPS {
        let what = vec![EventKind::Claimed { openid: format!("{writer}.{step}") }];
        let change = Change::update(&order, what, NOW_MS);
        order = change.order().unwrap().clone();
        let (answer, shared) =
            tokio::join!(store.commit(change), store.commit(Change::login(user(0))));
        answer.unwrap();
        shared.unwrap();
    }
    1 + STEPS
}

async fn check_writers(store: &dyn Store) {
    for writer in 0..WRITERS {
        let key = key("shop", &format!("writer{writer}"));
        assert_log_is_whole(store, &key).await;
        let events = store.events(&key).await.unwrap();
        let steps: Vec<_> = events.into_iter().skip(1).map(|event| event.what).collect();
        let expected: Vec<_> = (0..STEPS)
            .map(|step| EventKind::Claimed { openid: format!("{writer}.{step}") })
            .collect();
        assert_eq!(steps, expected, "writer {writer}");
    }
    assert_eq!(store.watched().await.unwrap().len(), WRITERS);
}

/// Everything the store shows, as text.
async fn snapshot(store: &dyn Store) -> Vec<String> {
    let filter = Filter { limit: 1_000, ..Filter::default() };
    let page = store.orders("shop", &filter).await.unwrap();
    let mut seen = Vec::new();
    for order in &page.orders {
        seen.push(format!("{order:?}"));
        seen.push(format!("{:?}", store.events(&order.key).await.unwrap()));
        assert_log_is_whole(store, &order.key).await;
    }
    if page.orders.is_empty() {
        return seen;
    }
    for n in 0..10 {
        seen.push(format!("{:?}", store.idempotency("shop", &format!("key{n}")).await.unwrap()));
        seen.push(format!("{:?}", store.user("shop", &user(n).openid).await.unwrap()));
    }
    seen.push(format!("{:?}", store.watched().await.unwrap()));
    seen.push(format!("{:?}", outbox(store).await));
    seen
}

fn user(n: usize) -> User {
    User {
        merchant: "shop".into(),
        openid: format!("o-{n}"),
        nickname: Some("爱丽丝".into()),
        photo: None,
        login_ms: NOW_MS,
    }
}

/// Keys are ordered bytes in sled: numbers and merchants that begin alike stay apart.
#[tokio::test]
async fn orders_with_similar_names_stay_apart() {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path());
    let names = [("shop", "1"), ("shop", "10"), ("shop", "1-"), ("shop-1", "1"), ("sho", "p1")];
    for (merchant, number) in names {
        store.commit(create_at(merchant, number, NOW_MS)).await.unwrap();
    }
    for (merchant, number) in names {
        let key = key(merchant, number);
        assert_eq!(store.events(&key).await.unwrap().len(), 1, "{merchant} {number}");
        assert_log_is_whole(&store, &key).await;
    }
}
