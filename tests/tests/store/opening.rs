//! What a data directory can look like, and what the embedded store says to it. Nothing is served from one that has
//! lost acknowledged changes.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use wxpay_server::store::{OpenError, SledStore, Store};
use wxpay_tests::disk::copy_directory;
use wxpay_tests::store_contract::{created, key};

use super::{open, raw, try_open};

/// Bytes of one of the two slots of the head record.
const SLOT: u64 = 64;

#[tokio::test]
async fn c04_a_directory_has_one_owner() {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path());
    assert!(matches!(SledStore::open(directory.path(), 4 << 20), Err(OpenError::InUse)));
    created(&store, "still works").await;
    store.close().await;
    drop(store);
    let store = open(directory.path());
    assert!(store.order(&key("shop", "still works")).await.unwrap().is_some());
}

#[tokio::test]
async fn an_older_copy_of_the_database_is_refused() {
    let directory = TempDir::new().unwrap();
    let (database, copy) = (directory.path().join("orders"), directory.path().join("copy"));
    fill(directory.path(), 0..3).await;
    copy_directory(&database, &copy);
    fill(directory.path(), 3..5).await;
    fs::remove_dir_all(&database).unwrap();
    copy_directory(&copy, &database);
    let detail = damage(directory.path());
    assert!(detail.contains("5 groups") && detail.contains("has 3"), "{detail}");
}

#[tokio::test]
async fn an_empty_database_beside_a_head_record_is_refused() {
    let directory = TempDir::new().unwrap();
    fill(directory.path(), 0..1).await;
    fs::remove_dir_all(directory.path().join("orders")).unwrap();
    damage(directory.path());
}

#[tokio::test]
async fn another_database_of_the_same_age_is_refused() {
    let (one, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fill(one.path(), 0..3).await;
    fill(other.path(), 3..6).await;
    fs::copy(one.path().join("head"), other.path().join("head")).unwrap();
    let detail = damage(other.path());
    assert!(detail.contains("not the one that was acknowledged"), "{detail}");
}

/// The record is written after the database is durable, so a crash between the two leaves it one behind.
#[tokio::test]
async fn a_database_ahead_of_its_head_record_is_fine() {
    let directory = TempDir::new().unwrap();
    fill(directory.path(), 0..3).await;
    let head = fs::read(directory.path().join("head")).unwrap();
    fill(directory.path(), 3..6).await;
    fs::write(directory.path().join("head"), head).unwrap();
    assert_has(directory.path(), 0..6).await;
}

#[tokio::test]
async fn a_missing_or_empty_head_record_is_refused() {
    for (what, spoil) in HEAD_LOSSES {
        let directory = TempDir::new().unwrap();
        fill(directory.path(), 0..1).await;
        spoil(&directory.path().join("head"));
        let detail = damage(directory.path());
        assert!(detail.contains("head record is missing"), "{what}: {detail}");
    }
}

/// A way to lose a file, or a part of it.
type Loss = (&'static str, fn(&Path));

const HEAD_LOSSES: [Loss; 4] = [
    ("deleted", |head| fs::remove_file(head).unwrap()),
    ("emptied", |head| truncate(head, 0)),
    ("cut within the first slot", |head| truncate(head, SLOT - 24)),
    ("both slots torn", |head| {
        tear(head, 0);
        tear(head, 1);
    }),
];

/// A torn write spoils one slot; the other one still says how far the store had come.
#[tokio::test]
async fn one_torn_slot_is_survived() {
    for groups in [4, 5] {
        for slot in [0, 1] {
            let directory = TempDir::new().unwrap();
            fill(directory.path(), 0..groups).await;
            tear(&directory.path().join("head"), slot);
            assert_has(directory.path(), 0..groups).await;
            fill(directory.path(), groups..groups + 1).await;
            assert_has(directory.path(), 0..groups + 1).await;
        }
    }
}

/// Cut between the slots: the first one is whole.
#[tokio::test]
async fn a_head_record_cut_to_one_slot_is_survived() {
    let directory = TempDir::new().unwrap();
    fill(directory.path(), 0..4).await;
    truncate(&directory.path().join("head"), SLOT);
    assert_has(directory.path(), 0..4).await;
}

/// An older copy is also seen through when the newer slot is torn, as long as the other one is newer than the copy.
#[tokio::test]
async fn a_torn_slot_does_not_hide_an_older_database() {
    for slot in [0, 1] {
        let directory = TempDir::new().unwrap();
        let (database, copy) = (directory.path().join("orders"), directory.path().join("copy"));
        fill(directory.path(), 0..2).await;
        copy_directory(&database, &copy);
        fill(directory.path(), 2..6).await;
        fs::remove_dir_all(&database).unwrap();
        copy_directory(&copy, &database);
        tear(&directory.path().join("head"), slot);
        damage(directory.path());
    }
}

/// The power goes off while the last group is being written: nobody was told of it, so it may be missing, but whole.
#[tokio::test]
async fn c06_a_torn_last_group_is_cut_off() {
    let directory = TempDir::new().unwrap();
    fill(directory.path(), 0..3).await;
    // Opening writes as well; the group alone shall be the difference.
    let before = TempDir::new().unwrap();
    copy_directory(directory.path(), before.path());
    fill(before.path(), 0..0).await;
    fill(directory.path(), 3..4).await;
    let (old, new) = (database(before.path()), database(directory.path()));
    let written: Vec<usize> =
        (0..new.len()).filter(|at| old.get(*at).unwrap_or(&0) != &new[*at]).collect();
    let (first, last) = (written[0], written[written.len() - 1]);
    for cut in [first, first + (last - first) / 3, first + (last - first) * 2 / 3, last] {
        let torn = TempDir::new().unwrap();
        copy_directory(before.path(), torn.path());
        let mut bytes = new.clone();
        bytes[cut..].copy_from_slice(&resized(&old, new.len())[cut..]);
        fs::write(torn.path().join("orders/db"), bytes).unwrap();
        assert_has(torn.path(), 0..3).await;
        fill(torn.path(), 4..6).await;
        assert_has(torn.path(), 4..6).await;
    }
}

fn database(directory: &Path) -> Vec<u8> {
    fs::read(directory.join("orders/db")).unwrap()
}

fn resized(bytes: &[u8], length: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.resize(length, 0);
    bytes
}

#[tokio::test]
async fn a_spoiled_head_inside_the_database_is_refused() {
    let directory = TempDir::new().unwrap();
    fill(directory.path(), 0..2).await;
    write_raw(directory.path(), b"m/head", b"short");
    damage(directory.path());
}

#[tokio::test]
async fn c08_a_newer_format_is_refused_by_its_number() {
    let directory = TempDir::new().unwrap();
    fill(directory.path(), 0..1).await;
    write_raw(directory.path(), b"m/format", &7_u64.to_be_bytes());
    let error = try_open(directory.path()).unwrap_err();
    assert!(matches!(error, OpenError::NewerFormat { found: 7 }), "{error:?}");
    assert!(error.to_string().contains("newer version (format 7)"), "{error}");
    write_raw(directory.path(), b"m/format", b"one");
    damage(directory.path());
}

#[tokio::test]
async fn a_cut_or_scrambled_database_file_is_refused() {
    let directory = TempDir::new().unwrap();
    fill(directory.path(), 0..40).await;
    let spoils: [Loss; 3] = [
        ("cut in half", |db| truncate(db, fs::metadata(db).unwrap().len() / 2)),
        ("emptied", |db| truncate(db, 0)),
        ("scrambled", |db| {
            let length = fs::metadata(db).unwrap().len();
            let noise: Vec<u8> = (0..length).map(|n| (n * 31 % 251) as u8).collect();
            File::options().write(true).open(db).unwrap().write_all_at(&noise, 0).unwrap();
        }),
    ];
    for (what, spoil) in spoils {
        let copy = TempDir::new().unwrap();
        let data = copy.path().join("data");
        copy_directory(directory.path(), &data);
        spoil(&data.join("orders").join("db"));
        let error = try_open(&data).err();
        assert!(matches!(error, Some(OpenError::Damaged { .. })), "{what}: {error:?}");
    }
}

#[test]
fn c05_a_path_that_cannot_be_a_directory_is_an_io_error() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "not a directory").unwrap();
    let occupied = directory.path().join("occupied");
    fs::create_dir(&occupied).unwrap();
    fs::write(occupied.join("orders"), "not a database").unwrap();
    let head = directory.path().join("head-is-a-directory");
    fs::create_dir_all(head.join("head")).unwrap();
    for path in [&file, &file.join("below"), &occupied, &head, &read_only(directory.path())] {
        let error = try_open(path).unwrap_err();
        assert!(matches!(error, OpenError::Io(_)), "{}: {error:?}", path.display());
    }
}

/// A place nobody may write to. Permissions do not stop root, the kernel's own file system does.
fn read_only(directory: &Path) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = directory.join("read-only");
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o555)).unwrap();
    let stops_us = File::create(path.join("probe")).is_err();
    if stops_us { path } else { "/proc/wxpay-data".into() }
}

/// The damage that is found.
fn damage(path: &Path) -> String {
    match try_open(path) {
        Err(OpenError::Damaged { detail }) => detail,
        Err(error) => panic!("expected damage, not: {error}"),
        Ok(_) => panic!("a damaged database was opened"),
    }
}

/// One group of changes for each number.
async fn fill(path: &Path, numbers: std::ops::Range<u32>) {
    let store = open(path);
    for number in numbers {
        created(&store, &number.to_string()).await;
    }
    store.close().await;
}

async fn assert_has(path: &Path, numbers: std::ops::Range<u32>) {
    let store = open(path);
    for number in numbers {
        let order = store.order(&key("shop", &number.to_string())).await.unwrap();
        assert!(order.is_some(), "order {number}");
    }
    store.close().await;
}

fn truncate(path: &Path, length: u64) {
    File::options().write(true).open(path).unwrap().set_len(length).unwrap();
}

/// What a write that was cut short leaves: the slot's second half is another write's.
fn tear(head: &Path, slot: u64) {
    let file = File::options().write(true).open(head).unwrap();
    file.write_all_at(&[0x5a; 24], slot * SLOT + 24).unwrap();
}

fn write_raw(path: &Path, key: &[u8], value: &[u8]) {
    let db = raw(path);
    db.insert(key, value).unwrap();
    db.flush().unwrap();
}
