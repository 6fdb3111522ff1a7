//! What happens when the disk fails under the committer, and what a power cut leaves of the head record.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed unwrap is a failed test")]

use tempfile::TempDir;
use tokio::time::timeout;
use wxpay_core::messages::TradeType;
use wxpay_core::{Fen, SignType};

use std::fs::File;
use std::sync::Arc;

use super::*;
use crate::orders::{EventKind, Extra, Terms};
use crate::store::head::{Head, HeadFile};
use crate::store::trouble::DAMAGED;

const CACHE: u64 = 1 << 20;
const SOON: Duration = Duration::from_secs(10);

fn key(out_trade_no: &str) -> OrderKey {
    OrderKey { merchant: "shop".into(), out_trade_no: out_trade_no.into() }
}

fn create(out_trade_no: &str) -> Change {
    let first = EventKind::Created {
        terms: Box::new(Terms {
            body: "tea".into(),
            total_fee: Fen::new(1).unwrap(),
            trade_type: TradeType::Jsapi,
            expires_ms: 2_000,
            extra: Extra::default(),
        }),
        sign_type: SignType::Md5,
        openid: None,
    };
    Change::create(key(out_trade_no), first, 1_000).unwrap()
}

/// Opens it as soon as sled's own threads have let go of it.
fn disk_in(directory: &TempDir) -> Disk {
    for _ in 0..1_000 {
        match open_disk(directory.path(), CACHE) {
            Err(OpenError::InUse) => std::thread::sleep(Duration::from_millis(10)),
            opened => return opened.unwrap(),
        }
    }
    panic!("another process uses the directory")
}

/// Closes a store, and opens its disk again.
async fn closed(store: SledStore, directory: &TempDir) -> Disk {
    store.close().await;
    drop(store);
    disk_in(directory)
}

/// A store whose `fdatasync` fails, as that of a broken disk does: the system refuses to sync `/dev/null`.
fn unsyncable(directory: &TempDir) -> SledStore {
    let disk = disk_in(directory);
    let file = File::options().write(true).open("/dev/null").unwrap();
    SledStore::on(Disk { file, ..disk }).unwrap()
}

fn is_failed<T: std::fmt::Debug>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Failed { .. }))
}

#[tokio::test]
async fn the_first_failed_sync_ends_all_acknowledging() {
    let directory = TempDir::new().unwrap();
    let store = unsyncable(&directory);
    assert!(store.healthy());
    let first = store.commit(create("first")).await;
    assert!(
        matches!(&first, Err(StoreError::Failed { what: "syncing", .. })),
        "expected a failed sync: {first:?}"
    );
    assert_eq!(store.commit(create("second")).await, first, "every further commit fails");
    assert!(!store.healthy());
    timeout(SOON, store.failed()).await.unwrap();
    timeout(SOON, store.close()).await.unwrap();
}

#[tokio::test]
async fn nobody_is_shown_what_could_not_be_made_durable() {
    let directory = TempDir::new().unwrap();
    let store = unsyncable(&directory);
    assert_eq!(store.order(&key("first")).await, Ok(None));
    store.commit(create("first")).await.unwrap_err();
    assert!(read_order(&store.db, &key("first")).unwrap().is_some(), "sled itself shows it");
    assert!(store.newest(&key("first")).await.unwrap().is_some(), "whoever changes it may know");
    assert!(is_failed(store.settled().await));
    assert!(is_failed(store.order(&key("first")).await));
    assert!(is_failed(store.events(&key("first")).await));
    let all = Filter { limit: 10, ..Filter::default() };
    assert!(is_failed(store.orders("shop", &all).await));
    assert!(is_failed(store.watched().await));
    assert!(is_failed(store.logs(None, None, 10).await));
    assert!(is_failed(store.row(b"u/shop/alice").await));
    assert!(is_failed(store.rows(b"x/".to_vec(), b"y/".to_vec(), 10).await));
}

#[test]
fn the_head_record_is_on_disk_before_the_first_change() {
    let directory = TempDir::new().unwrap();
    drop(disk_in(&directory));
    let head_file = HeadFile::open(&directory.path().join("head")).unwrap();
    assert_eq!(head_file.read().unwrap(), Some(Head::default()));
}

/// A start that had no time to count all rows counts them while the server runs.
#[tokio::test]
async fn what_is_missed_while_serving_ends_the_service() {
    let directory = TempDir::new().unwrap();
    let store = SledStore::open(directory.path(), CACHE).unwrap();
    store.commit(create("first")).await.unwrap();
    let disk = closed(store, &directory).await;
    disk.db.remove(keys::order(&key("first"))).unwrap();
    let store = SledStore::on(disk).unwrap();
    assert_eq!(timeout(SOON, store.failed()).await.unwrap(), DAMAGED);
    assert!(!store.healthy());
    assert_eq!(store.commit(create("second")).await, Err(DAMAGED));
}

/// Changes go on while the rows are counted, on either side of where the counting has come to.
#[tokio::test]
async fn a_whole_store_is_counted_while_it_works() {
    let directory = TempDir::new().unwrap();
    let store = SledStore::open(directory.path(), CACHE).unwrap();
    let creations = (0..2_000).map(|n| create(&n.to_string()));
    for creations in creations.collect::<Vec<_>>().chunks(500) {
        let commits = creations.iter().map(|change| store.commit(change.clone()));
        futures_util::future::join_all(commits)
            .await
            .into_iter()
            .collect::<Result<(), _>>()
            .unwrap();
    }
    let disk = closed(store, &directory).await;
    let census = Arc::clone(&disk.census);
    let store = SledStore::on(disk).unwrap();
    let mut changes = 0;
    while census.counts().verifier.is_some() || changes < 50 {
        store.commit(create(&format!("{changes}-more"))).await.unwrap();
        changes += 1;
    }
    assert!(store.healthy());
    let disk = closed(store, &directory).await;
    verify(&disk, Duration::MAX).unwrap();
    assert!(disk.census.counts().verifier.is_none(), "all was counted");
}

/// A start that runs out of time goes on where it stopped.
#[tokio::test]
async fn what_is_counted_before_serving_is_not_counted_again() {
    let directory = TempDir::new().unwrap();
    let store = SledStore::open(directory.path(), CACHE).unwrap();
    for n in 0..300 {
        store.commit(create(&n.to_string())).await.unwrap();
    }
    let disk = closed(store, &directory).await;
    verify(&disk, Duration::ZERO).unwrap();
    let counted = disk.census.counts().verifier.as_ref().map(|verifier| verifier.seen().rows);
    assert!(counted.is_some_and(|rows| rows >= 500), "{counted:?}");
    let census = Arc::clone(&disk.census);
    let store = SledStore::on(disk).unwrap();
    let waiting = async {
        while census.counts().verifier.is_some() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, waiting).await.unwrap();
    assert!(store.healthy());
}

/// A reader that meets a page sled cannot read, as an error or as a panic, or a disk in trouble, ends the service.
#[tokio::test]
async fn trouble_met_by_a_reader_ends_the_service() {
    type Meets = fn(&sled::Db) -> Result<(), StoreError>;
    let meets: [(Meets, bool); 3] = [
        (|_| Err(trouble("reading", sled::Error::ReportableBug("a page".into()))), true),
        (|_| panic!("as sled does"), true),
        (|_| Err(trouble("reading", sled::Error::Io(io::Error::other("EIO")))), false),
    ];
    for (meet, is_damage) in meets {
        let directory = TempDir::new().unwrap();
        let store = SledStore::open(directory.path(), CACHE).unwrap();
        let error = store.read(meet).await.unwrap_err();
        assert_eq!(error == DAMAGED, is_damage, "{error}");
        assert_eq!(timeout(SOON, store.failed()).await.unwrap(), error);
        assert_eq!(store.commit(create("first")).await, Err(error));
        assert!(!store.healthy());
    }
}

/// Stores of format 1 had no tally; they are taken over with what they hold.
#[tokio::test]
async fn a_store_without_a_tally_is_given_one() {
    let directory = TempDir::new().unwrap();
    let store = SledStore::open(directory.path(), CACHE).unwrap();
    store.commit(create("first")).await.unwrap();
    let disk = closed(store, &directory).await;
    disk.db.insert(keys::HEAD, disk.head.to_bytes().as_slice()).unwrap();
    disk.db.insert(keys::FORMAT, &1_u64.to_be_bytes()).unwrap();
    drop(disk);
    let disk = disk_in(&directory);
    assert!(disk.census.counts().tally.rows > 0);
    assert_eq!(disk.db.get(keys::FORMAT).unwrap().unwrap(), &2_u64.to_be_bytes());
    verify(&disk, Duration::MAX).unwrap();
}

/// Nothing of what is told to come later happens. The committer waits meanwhile, with what it has taken.
#[tokio::test]
async fn k03_more_than_can_wait_is_busy() {
    let directory = TempDir::new().unwrap();
    let disk = disk_in(&directory);
    let census = Arc::clone(&disk.census);
    let store = SledStore::on(disk).unwrap();
    let (held, is_held) = std::sync::mpsc::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel();
    let holder = std::thread::spawn(move || {
        let counts = census.counts();
        held.send(()).unwrap();
        may_go_on.recv().unwrap();
        drop(counts);
    });
    is_held.recv().unwrap();
    let (mut waiting, mut busy) = (Vec::new(), Vec::new());
    for n in 0..2_000 {
        let order = format!("n{n}");
        let mut commit = store.commit(create(&order));
        tokio::select! {
            biased;
            answer = &mut commit => {
                assert_eq!(answer, Err(StoreError::Busy), "{order}");
                busy.push(order);
            }
            () = std::future::ready(()) => waiting.push((order, commit)),
        }
    }
    assert!((1_024..=1_024 + 256).contains(&waiting.len()), "{} wait", waiting.len());
    go_on.send(()).unwrap();
    for (order, commit) in waiting {
        assert_eq!(commit.await, Ok(()), "{order}");
        assert!(store.order(&key(&order)).await.unwrap().is_some(), "{order}");
    }
    for order in busy {
        assert_eq!(store.order(&key(&order)).await.unwrap(), None, "{order}");
    }
    holder.join().unwrap();
    store.close().await;
}
