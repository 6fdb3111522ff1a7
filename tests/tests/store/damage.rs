//! A byte that flips in the newer part of the database: at the next start sled passes over what it cannot read and goes
//! on behind it. Whatever stood there is as if it had never been written; the tally misses it.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use tokio::task::JoinSet;
use wxpay_server::store::{Change, OpenError, SledStore, Store, StoreError, User};
use wxpay_tests::disk::copy_directory;
use wxpay_tests::patiently;
use wxpay_tests::store_contract::NOW_MS;

use super::{open, try_open};

const USERS: u32 = 3_000;
const TRIALS: u32 = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_sled_has_passed_over_is_missed() {
    let directory = TempDir::new().unwrap();
    let database = directory.path().join("orders/db");
    login(directory.path(), "first").await;
    // From here on, sled's snapshot does not help it.
    let begin = fs::metadata(&database).unwrap().len();
    login(directory.path(), "second").await;
    let end = fs::metadata(&database).unwrap().len();
    let mut random = fastrand::Rng::with_seed(1);
    let mut missed = 0;
    for _ in 0..TRIALS {
        let copy = TempDir::new().unwrap();
        copy_directory(directory.path(), copy.path());
        let at = random.u64(begin..end);
        flip(&copy.path().join("orders/db"), at);
        match try_open(copy.path()) {
            Ok(store) => assert_all_new(&store, at).await,
            Err(OpenError::Damaged { detail }) => {
                let is_missed = detail.contains("a row is not what was acknowledged");
                if is_missed {
                    assert_can_be_salvaged(copy.path());
                }
                missed += u32::from(is_missed);
            }
            Err(error) => panic!("byte {at}: {error}"),
        }
    }
    assert!(missed > 0, "sled passed over nothing: this test shows nothing any more");
}

/// All users log in; the rows have the same size each time, so that no page is added.
async fn login(path: &Path, nickname: &'static str) {
    let store = Arc::new(open(path));
    let mut logins: JoinSet<Result<(), StoreError>> = JoinSet::new();
    for n in 0..USERS {
        if logins.len() == 500 {
            logins.join_next().await.unwrap().unwrap().unwrap();
        }
        let store = Arc::clone(&store);
        let user = User {
            merchant: "shop".into(),
            openid: openid(n),
            nickname: Some(format!("{nickname:x<400}")),
            photo: None,
            login_ms: NOW_MS,
        };
        logins.spawn(async move { store.commit(Change::login(user)).await });
    }
    for answer in logins.join_all().await {
        answer.unwrap();
    }
    store.close().await;
}

async fn assert_all_new(store: &dyn Store, at: u64) {
    for n in 0..USERS {
        let user = store.user("shop", &openid(n)).await.unwrap().unwrap();
        let is_new = user.nickname.unwrap().starts_with("second");
        assert!(is_new, "byte {at}: the login of user {n} is lost, and nobody has noticed");
    }
}

/// Whoever has no backup can still have what is left, and is told that it is not all.
fn assert_can_be_salvaged(directory: &Path) {
    let report = patiently(|| SledStore::check(directory, 4 << 20)).unwrap();
    let what = "says that the rows are not those that were acknowledged";
    assert!(report.problems.iter().any(|problem| problem.what == what), "{report:?}");
    drop(patiently(|| SledStore::salvage(directory, 4 << 20)).unwrap());
}

fn openid(n: u32) -> String {
    format!("o-{n:05}")
}

fn flip(file: &Path, at: u64) {
    let open = File::options().read(true).write(true).open(file).unwrap();
    let mut byte = [0];
    open.read_exact_at(&mut byte, at).unwrap();
    open.write_all_at(&[byte[0] ^ 0x10], at).unwrap();
}
