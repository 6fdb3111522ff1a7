//! `SledStore::check` finds every kind of planted damage, and nothing in a store that is whole.

use std::path::Path;

use tempfile::TempDir;
use wxpay_server::store::{CheckReport, OpenError, SledStore, Store};
use wxpay_tests::patiently;

use super::backup::{fill, rows};
use super::{open, raw};

const CACHE: u64 = 4 << 20;

fn check(directory: &Path) -> CheckReport {
    patiently(|| SledStore::check(directory, CACHE)).unwrap()
}

/// Changes the database the way no store of ours would.
fn spoil(directory: &Path, change: impl FnOnce(&sled::Db)) {
    let db = raw(directory);
    change(&db);
    db.flush().unwrap();
}

/// The first key with these beginnings.
fn first(directory: &Path, prefix: &str) -> Vec<u8> {
    let rows = rows(directory);
    let found = rows.into_keys().find(|key| key.starts_with(prefix.as_bytes()));
    found.unwrap_or_else(|| panic!("nothing begins with {prefix}"))
}

async fn filled() -> TempDir {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path());
    fill(&store).await;
    store.close().await;
    directory
}

#[tokio::test]
async fn a_whole_store_has_no_problem() {
    let directory = filled().await;
    let report = check(directory.path());
    assert_eq!(report.problems, []);
    for (kind, count) in [
        ("orders", 134),
        ("list entries", 134),
        ("transactions", 132),
        ("refunds", 2),
        ("movements", 133),
        ("watched", 3),
        ("anomalies", 4),
        ("idempotency keys", 1),
        ("users", 2),
        ("waiting webhooks", 136),
        ("dead webhooks", 1),
    ] {
        assert_eq!(report.counts.get(kind), Some(&count), "{kind} in {:?}", report.counts);
    }
}

#[tokio::test]
async fn a_missing_row_of_each_kind_is_found() {
    let directory = filled().await;
    for (prefix, what) in [
        ("o/shop/bulk1", "is missing; its events are there"),
        ("e/shop/bulk2/", "has a gap"),
        ("c/shop/", "is missing"),
        ("t/4100", "is missing"),
        ("r/shop/r1", "is missing"),
        ("v/shop/", "is missing"),
        ("w/shop/open", "is missing"),
        ("a/shop/one|a.3", "is missing"),
        ("a/shop/4200", "tells of something that is not there"),
    ] {
        let key = first(directory.path(), prefix);
        let value = rows(directory.path())[&key].clone();
        spoil(directory.path(), |db| drop(db.remove(&key).unwrap()));
        let report = check(directory.path());
        let found = report.problems.iter().any(|problem| problem.what.contains(what));
        assert!(found, "{prefix}: {:?}", report.problems);
        spoil(directory.path(), |db| drop(db.insert(&key, value).unwrap()));
        assert_eq!(check(directory.path()).problems, [], "{prefix} is back");
    }
}

#[tokio::test]
async fn a_row_that_is_too_many_is_found() {
    let directory = filled().await;
    let owner = rows(directory.path())[&first(directory.path(), "t/4100")].clone();
    let movement = rows(directory.path())[&first(directory.path(), "v/shop/")].clone();
    let anomaly = rows(directory.path())[&first(directory.path(), "a/shop/one|a.3")].clone();
    let user = rows(directory.path())[&first(directory.path(), "u/shop/")].clone();
    let webhook = rows(directory.path())[&first(directory.path(), "x/shop/")].clone();
    let idempotency = String::from_utf8(rows(directory.path())[&b"i/shop/k/1".to_vec()].clone());
    let nowhere = idempotency.unwrap().replace("\"open\"", "\"nowhere\"").into_bytes();
    for (key, value, what) in [
        (&b"o/shop/nobody"[..], vec![0; 8], "has no events"),
        (b"t/9999", owner.clone(), "does not follow"),
        (b"r/shop/r9", owner, "does not follow"),
        (b"v/shop/12345678/bulk0/", movement, "does not follow"),
        (b"c/shop/12345678/bulk0", Vec::new(), "does not follow"),
        (b"w/shop/bulk0", Vec::new(), "should not be there"),
        (b"w/shop/nobody", Vec::new(), "does not follow"),
        (b"a/shop/one|a.9", anomaly, "is another anomaly"),
        (b"u/shop/eve", user, "is not the user"),
        (b"x/shop/else", webhook, "is another webhook"),
        (b"i/shop/k/1", nowhere, "an order that is not there"),
        (b"q/what", Vec::new(), "is of no known kind"),
        (b"m/what", Vec::new(), "is of no known kind"),
    ] {
        let before = rows(directory.path()).get(key).cloned();
        spoil(directory.path(), |db| drop(db.insert(key, value).unwrap()));
        let report = check(directory.path());
        let found = report.problems.iter().any(|problem| problem.what.contains(what));
        assert!(found, "{}: {:?}", key.escape_ascii(), report.problems);
        spoil(directory.path(), |db| match before {
            Some(before) => drop(db.insert(key, before).unwrap()),
            None => drop(db.remove(key).unwrap()),
        });
    }
    assert_eq!(check(directory.path()).problems, []);
}

#[tokio::test]
async fn a_changed_row_of_each_kind_is_found() {
    let directory = filled().await;
    let replace = |from: &'static str, to: &'static str| {
        move |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).replace(from, to);
            assert_ne!(text.as_bytes(), bytes, "{from}");
            text.into_bytes()
        }
    };
    type Edit = Box<dyn Fn(&[u8]) -> Vec<u8>>;
    let edits: [(&str, &str, Edit); 9] = [
        ("o/shop/bulk1", "is not the fold", Box::new(replace("1990", "1991"))),
        ("o/shop/bulk1", "is not the fold", Box::new(|bytes| bytes[..20].to_vec())),
        ("e/shop/bulk1/", "is not the fold", Box::new(replace("1990", "1991"))),
        ("e/shop/bulk1/", "cannot be read", Box::new(|_| b"{".to_vec())),
        ("e/shop/bulk1/", "is another event", Box::new(replace("\"seq\":1", "\"seq\":7"))),
        ("t/4100", "is not what the order", Box::new(replace("bulk", "hulk"))),
        ("a/shop/one|a.3", "is not what the order", Box::new(replace("done", "open"))),
        ("u/shop/", "is not the user", Box::new(|_| b"{}".to_vec())),
        ("x/shop/", "cannot be read", Box::new(|_| Vec::new())),
    ];
    for (prefix, what, edit) in edits {
        let key = first(directory.path(), prefix);
        let value = rows(directory.path())[&key].clone();
        spoil(directory.path(), |db| drop(db.insert(&key, edit(&value)).unwrap()));
        let report = check(directory.path());
        let found = report.problems.iter().any(|problem| problem.what.contains(what));
        assert!(found, "{prefix}, {what}: {:?}", report.problems);
        spoil(directory.path(), |db| drop(db.insert(&key, value).unwrap()));
    }
    assert_eq!(check(directory.path()).problems, []);
}

#[tokio::test]
async fn a_directory_that_cannot_be_checked_says_why() {
    let directory = filled().await;
    let store = open(directory.path());
    assert!(matches!(SledStore::check(directory.path(), CACHE), Err(OpenError::InUse)));
    store.close().await;
    drop(store);
    let nothing = directory.path().join("nothing");
    assert!(matches!(SledStore::check(&nothing, CACHE), Err(OpenError::Io(_))));
    assert!(!nothing.exists(), "looking makes nothing");
    std::fs::remove_file(directory.path().join("head")).unwrap();
    let error = patiently(|| SledStore::check(directory.path(), CACHE)).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }));
    assert!(error.to_string().contains("wxpay import"), "{error}");
}
