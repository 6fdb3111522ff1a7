//! A backup brings back everything, byte by byte, or nothing. Open orders that nobody had tried to pay say besides that they
//! were restored.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use wxpay_server::backup::{BackupError, Counts, Lines, Writer, import, verify};
use wxpay_server::orders::{Anomaly, EventKind, Order};
use wxpay_server::store::{Change, OutboxRow, SledStore, Store, User};
use wxpay_tests::ENDPOINT;
use wxpay_tests::patiently;
use wxpay_tests::store_contract::{
    NOW_MS, create_at, created, day_row, fact, idempotency_row, key, orphan, paid, refund_accepted,
    refund_asked, told, updated,
};

use super::{open, raw};

const CACHE: u64 = 4 << 20;

/// Something of every kind, of two merchants.
pub(crate) async fn fill(store: &dyn Store) {
    for n in 0..130 {
        let order = created(store, &format!("bulk{n}")).await;
        updated(store, &order, vec![paid(&format!("4100{n}"))]).await;
    }
    let order = created(store, "one|a").await;
    let odd = |id: &str| EventKind::Found {
        anomaly: Anomaly::PaidAfterClose { transaction_id: id.into() },
    };
    let order =
        updated(store, &order, vec![paid("42"), odd("42"), refund_asked("r1"), odd("43")]).await;
    let resolved = EventKind::Resolved { found_seq: 3, note: "done".into() };
    updated(store, &order, vec![refund_accepted("r1"), resolved, refund_asked("r2")]).await;
    let open = created(store, "open").await;
    updated(store, &open, vec![asked()]).await;
    let closed = created(store, "closed").await;
    updated(store, &closed, vec![EventKind::CloseAsked, EventKind::Withdrawn]).await;
    let late = store.order(&key("shop", "closed")).await.unwrap().unwrap();
    updated(store, &late, vec![fact(wxpay_core::messages::TradeState::Success, Some("44"))]).await;
    let other = create_at("other", "one|a", NOW_MS + 3);
    let order = other.order().unwrap().clone();
    store.commit(other).await.unwrap();
    updated(store, &order, vec![asked()]).await;
    store.commit(Change::orphan(orphan("shop", "4200")).tell(&told())).await.unwrap();
    store.commit(Change::orphan(orphan("other", "4200"))).await.unwrap();
    let row = idempotency_row("k/1", "open");
    store.commit(Change::default().with_idempotency(row)).await.unwrap();
    for openid in ["alice", "bob"] {
        let user = User {
            merchant: "shop".into(),
            openid: openid.into(),
            nickname: Some("爱丽丝".into()),
            photo: None,
            login_ms: 7,
        };
        store.commit(Change::login(user)).await.unwrap();
    }
    store.commit(Change::day(day_row("shop", "2026-01-31"))).await.unwrap();
    let first = store.outbox("shop", ENDPOINT, i64::MAX, 1).await.unwrap().remove(0);
    let dead = OutboxRow { dead: Some("410".into()), attempts: 9, ..first.clone() };
    store.commit(Change::move_outbox(&first, Some(dead))).await.unwrap();
}

pub(crate) async fn back_up(store: &Arc<dyn Store>, merchant: Option<&str>, path: &Path) -> Counts {
    let mut lines = Lines::of(Arc::clone(store), merchant.map(Into::into));
    let mut writer = Writer::new(Vec::new(), NOW_MS).unwrap();
    while let Some(page) = lines.next().await.unwrap() {
        for line in &page {
            writer.line(line).unwrap();
        }
    }
    let (bytes, counts) = writer.finish().unwrap();
    fs::write(path, bytes).unwrap();
    counts
}

/// Every row but the head, which says how often was written.
pub(crate) fn rows(directory: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let db = raw(directory);
    let rows = db.iter().map(Result::unwrap).map(|(key, value)| (key.to_vec(), value.to_vec()));
    rows.filter(|(key, _)| key != b"m/head").collect()
}

struct Scene {
    directory: TempDir,
    backup: PathBuf,
    counts: Counts,
}

impl Scene {
    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn copy(&self) -> PathBuf {
        self.directory.path().join("copy")
    }

    async fn start() -> Self {
        let directory = TempDir::new().unwrap();
        let store: Arc<dyn Store> = Arc::new(open(&directory.path().join("data")));
        fill(&*store).await;
        let backup = directory.path().join("backup");
        let counts = back_up(&store, None, &backup).await;
        store.close().await;
        Self { directory, backup, counts }
    }

    /// Whatever is wrong with the backup, nothing is left.
    async fn assert_refused(&self, text: &[u8]) -> BackupError {
        let spoilt = self.directory.path().join("spoilt");
        fs::write(&spoilt, text).unwrap();
        let error = import(&spoilt, &self.copy(), CACHE).await.unwrap_err();
        assert!(!self.copy().exists(), "{error}");
        assert!(!self.directory.path().join("copy.importing").exists(), "{error}");
        error
    }
}

#[tokio::test]
async fn everything_comes_back_byte_by_byte() {
    let scene = Scene::start().await;
    // Orphans, key, users, day, webhooks that wait; the one that was given up is looked at twice.
    assert_eq!((scene.counts.orders, scene.counts.rows), (134, 2 + 1 + 2 + 1 + 136 + 2));
    assert_eq!(verify(&scene.backup).unwrap(), scene.counts);
    assert_eq!(import(&scene.backup, &scene.copy(), CACHE).await.unwrap(), scene.counts);
    assert_eq!(rows(&scene.copy()), rows(&scene.data()));
    let report = patiently(|| SledStore::check(&scene.copy(), CACHE)).unwrap();
    assert_eq!(report.problems, []);
    // A backup of the copy is the same, too.
    let store: Arc<dyn Store> = Arc::new(open(&scene.copy()));
    let again = scene.directory.path().join("again");
    back_up(&store, None, &again).await;
    assert_eq!(fs::read(again).unwrap(), fs::read(&scene.backup).unwrap());
}

fn asked() -> EventKind {
    EventKind::PrepayAsked {
        spbill_create_ip: "192.0.2.1".into(),
        notify_url: "https://a.b".into(),
    }
}

/// What WeChat cannot have known when the backup was made, it may know by now: the order says so.
#[tokio::test]
async fn an_open_order_that_nobody_had_tried_to_pay_says_that_it_was_restored() {
    let directory = TempDir::new().unwrap();
    let [data, copy, backup] = ["data", "copy", "backup"].map(|name| directory.path().join(name));
    let store: Arc<dyn Store> = Arc::new(open(&data));
    let (fresh, done) = (created(&*store, "fresh").await, created(&*store, "done").await);
    updated(&*store, &done, vec![EventKind::CloseAsked, EventKind::Withdrawn]).await;
    back_up(&store, None, &backup).await;
    import(&backup, &copy, CACHE).await.unwrap();
    let copy = open(&copy);
    let restored = copy.order(&fresh.key).await.unwrap().unwrap();
    assert!(restored.may_be_at_wechat());
    let expected = Order { is_restored: true, revision: 2, ..fresh };
    assert_eq!(restored, expected);
    assert!(!copy.order(&done.key).await.unwrap().unwrap().is_restored);
}

#[tokio::test]
async fn a_merchant_s_backup_holds_nothing_of_another_s() {
    let scene = Scene::start().await;
    let store: Arc<dyn Store> = Arc::new(open(&scene.data()));
    for (merchant, orders) in [("shop", 133), ("other", 1), ("sho", 0)] {
        let path = scene.directory.path().join(merchant);
        assert_eq!(back_up(&store, Some(merchant), &path).await.orders, orders);
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().filter(|line| line.contains("\"merchant\""));
        let own = format!("\"merchant\":\"{merchant}\"");
        assert!(lines.into_iter().all(|line| line.contains(&own)), "{text}");
    }
}

#[tokio::test]
async fn a_backup_that_is_not_whole_makes_nothing() {
    let scene = Scene::start().await;
    let text = fs::read(&scene.backup).unwrap();
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let without = |n: usize| [&lines[..n], &lines[n + 1..]].concat().concat();
    let last = lines.len() - 1;
    assert!(matches!(scene.assert_refused(b"").await, BackupError::CutOff));
    assert!(matches!(scene.assert_refused(b"hello\n").await, BackupError::NotABackup));
    assert!(matches!(scene.assert_refused(&without(0)).await, BackupError::NotABackup));
    assert!(matches!(scene.assert_refused(&without(last)).await, BackupError::CutOff));
    for n in [1, 2, last / 2, last - 1] {
        assert!(matches!(scene.assert_refused(&without(n)).await, BackupError::Changed));
    }
    for cut in [1, lines[0].len(), text.len() / 2, text.len() - 1] {
        let error = scene.assert_refused(&text[..cut]).await;
        assert!(matches!(error, BackupError::CutOff | BackupError::NotABackup), "{cut}: {error}");
    }
    let more = [&text[..], b"{}\n"].concat();
    assert!(matches!(scene.assert_refused(&more).await, BackupError::Line { .. }));
    // A price of another digit, a hash of another digit, an order twice with hash and counts to match.
    let replaced = |from: &str, to: &str| {
        let text = String::from_utf8(text.clone()).unwrap();
        assert!(text.contains(from));
        text.replacen(from, to, 1).into_bytes()
    };
    let error = scene.assert_refused(&replaced("\"total_fee\":1990", "\"total_fee\":1991")).await;
    assert!(matches!(error, BackupError::Changed), "{error}");
    let error = scene.assert_refused(&replaced("\"sha256\":\"", "\"sha256\":\"0")).await;
    assert!(matches!(error, BackupError::Changed), "{error}");
    let error = scene.assert_refused(&replaced("\"version\":1", "\"version\":2")).await;
    assert!(matches!(error, BackupError::NewerVersion { found: 2 }), "{error}");
    let error = scene.assert_refused(&replaced("\"seq\":2", "\"seq\":3")).await;
    assert!(matches!(error, BackupError::Gap { .. }), "{error}");
}

#[tokio::test]
async fn what_is_in_it_twice_makes_nothing() {
    let scene = Scene::start().await;
    let text = fs::read_to_string(&scene.backup).unwrap();
    let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
    let other_number = line("{\"order\":{\"merchant\":\"shop\",\"out_trade_no\":\"bulk7\"")
        .replace("bulk7", "stranger");
    for twice in [line("{\"order\""), other_number, line("{\"row\":{\"user\"")] {
        let mut writer = Writer::new(Vec::new(), NOW_MS).unwrap();
        let lines = text.lines().filter(|line| !line.contains("wxpay_backup"));
        let lines = lines.filter(|line| !line.starts_with("{\"end\""));
        for line in lines.chain([twice.as_str()]) {
            writer.line(&serde_json::from_str(line).unwrap()).unwrap();
        }
        let (bytes, _) = writer.finish().unwrap();
        let error = scene.assert_refused(&bytes).await;
        assert!(matches!(error, BackupError::Twice { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_directory_with_anything_in_it_is_left_alone() {
    let scene = Scene::start().await;
    let before = rows(&scene.data());
    let refused = import(&scene.backup, &scene.data(), CACHE).await;
    assert!(matches!(refused, Err(BackupError::NotEmpty)));
    assert_eq!(rows(&scene.data()), before);
    // One that is empty gives way; one that another import works beside does not.
    fs::create_dir(scene.copy()).unwrap();
    fs::create_dir(scene.directory.path().join("copy.importing")).unwrap();
    let refused = import(&scene.backup, &scene.copy(), CACHE).await;
    assert!(matches!(refused, Err(BackupError::AtWork { .. })));
    assert!(scene.directory.path().join("copy.importing").is_dir(), "it is somebody else's");
    fs::remove_dir(scene.directory.path().join("copy.importing")).unwrap();
    import(&scene.backup, &scene.copy(), CACHE).await.unwrap();
    assert_eq!(rows(&scene.copy()), before);
}

/// Backups made while others write can all be brought back, and fit together.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_under_load_is_whole() {
    let directory = TempDir::new().unwrap();
    let store: Arc<dyn Store> = Arc::new(open(&directory.path().join("data")));
    fill(&*store).await;
    let writing = Arc::clone(&store);
    let writer = tokio::spawn(async move {
        for n in 0.. {
            let no = format!("new{n}");
            let idempotency = idempotency_row(&no, &no);
            let new = create_at("shop", &no, NOW_MS).with_idempotency(idempotency);
            let order: Order = new.order().unwrap().clone();
            if writing.commit(new).await.is_err() {
                return n;
            }
            let order = updated_or_closed(&*writing, &order, paid(&format!("45{n}"))).await;
            let Some(order) = order else { return n };
            let odd = Anomaly::PaidAfterClose { transaction_id: no };
            updated_or_closed(&*writing, &order, EventKind::Found { anomaly: odd }).await;
        }
        unreachable!()
    });
    for round in 0..5 {
        let backup = directory.path().join(format!("backup{round}"));
        let copy = directory.path().join(format!("copy{round}"));
        let counts = back_up(&store, Some("shop"), &backup).await;
        assert!(counts.orders >= 133);
        import(&backup, &copy, CACHE).await.unwrap();
        assert_eq!(patiently(|| SledStore::check(&copy, CACHE)).unwrap().problems, []);
    }
    store.close().await;
    assert!(writer.await.unwrap() > 0);
}

async fn updated_or_closed(store: &dyn Store, order: &Order, what: EventKind) -> Option<Order> {
    let change = Change::update(order, vec![what], NOW_MS + 1).tell(&told());
    let after = change.order().cloned();
    store.commit(change).await.ok().and(after)
}
