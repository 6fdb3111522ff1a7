//! The embedded store: sled for keeping, the committer for durability, the head record against silent loss.

use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use async_trait::async_trait;

use super::check::{CheckReport, check};
use super::committer::{Committer, Disk};
use super::group::split_revision;
use super::head::{Head, HeadFile};
use super::rows::decode;
use super::{Change, Cursor, Filter, OpenError, Page, Rows, Store, StoreError, keys};
use crate::orders::{Event, Order, OrderKey};

/// How many orders one list call looks at, at most; a rare state then comes with an early `next`.
const SCAN: usize = 10_000;
/// The format this version writes.
const FORMAT: u64 = 1;

/// Orders in sled 0.34.
#[derive(Debug)]
pub struct SledStore {
    db: sled::Db,
    committer: Committer,
}

impl SledStore {
    /// Opens (or makes) the store in a directory. `cache_bytes` bounds sled's cache.
    ///
    /// # Errors
    /// [`OpenError`]; nothing is served from a database that has lost acknowledged changes.
    pub fn open(directory: &Path, cache_bytes: u64) -> Result<Self, OpenError> {
        let disk = open_disk(directory, cache_bytes)?;
        Self::on(disk).map_err(OpenError::Io)
    }

    /// Looks at everything in the directory of a server that is stopped, row by row.
    ///
    /// # Errors
    /// [`OpenError`], also when there is no store in the directory.
    pub fn check(directory: &Path, cache_bytes: u64) -> Result<CheckReport, OpenError> {
        if !directory.join("orders").is_dir() {
            return Err(OpenError::Io(io::Error::from(io::ErrorKind::NotFound)));
        }
        let disk = open_disk(directory, cache_bytes)?;
        check(&disk.db).map_err(|detail| OpenError::Damaged { detail })
    }

    fn on(disk: Disk) -> io::Result<Self> {
        let db = disk.db.clone();
        Ok(Self { db, committer: Committer::start(disk)? })
    }

    /// What was just read, as soon as a power cut could not undo it.
    async fn durable<T>(&self, read: Result<T, StoreError>) -> Result<T, StoreError> {
        self.committer.settled().await?;
        read
    }
}

type Found<T> = Result<Option<T>, StoreError>;

#[async_trait]
impl Store for SledStore {
    async fn order(&self, key: &OrderKey) -> Result<Option<Order>, StoreError> {
        self.durable(read_order(&self.db, key)).await
    }

    async fn events(&self, key: &OrderKey) -> Result<Vec<Event>, StoreError> {
        let mut events = Vec::new();
        for row in self.db.scan_prefix(keys::events(key)) {
            let (_, json) = row.map_err(unreadable)?;
            let event = serde_json::from_slice(&json);
            events.push(event.map_err(|_| StoreError::Damaged { what: "event" })?);
        }
        self.durable(Ok(events)).await
    }

    async fn orders(&self, merchant: &str, filter: &Filter) -> Result<Page, StoreError> {
        // Thousands of records may be looked at, from disk: not on a thread that others wait for.
        let (db, merchant, filter) = (self.db.clone(), merchant.to_owned(), filter.clone());
        let page = blocking(move || list(&db, &merchant, &filter)).await;
        self.durable(page).await
    }

    async fn watched(&self) -> Result<Vec<Order>, StoreError> {
        let mut watched = Vec::new();
        for row in self.db.scan_prefix(keys::OPEN_PREFIX) {
            let (key, _) = row.map_err(unreadable)?;
            let key = keys::open_order(&key).ok_or(StoreError::Damaged { what: "watch entry" })?;
            watched.push(read_order(&self.db, &key)?.ok_or(StoreError::Damaged { what: "order" })?);
        }
        self.durable(Ok(watched)).await
    }

    async fn logs(
        &self,
        merchant: Option<&str>,
        after: Option<&OrderKey>,
        limit: usize,
    ) -> Result<Vec<(OrderKey, Vec<Event>)>, StoreError> {
        let prefix = keys::of_merchant(keys::EVENTS, merchant);
        let (db, after) = (self.db.clone(), after.cloned());
        let logs = blocking(move || read_logs(&db, &prefix, after.as_ref(), limit)).await;
        self.durable(logs).await
    }

    async fn row(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.db.get(key).map_err(unreadable);
        self.durable(found.map(|found| found.map(|bytes| bytes.to_vec()))).await
    }

    async fn rows(&self, from: Vec<u8>, end: Vec<u8>, limit: usize) -> Result<Rows, StoreError> {
        if from >= end {
            return Ok(Vec::new());
        }
        let db = self.db.clone();
        let rows = blocking(move || {
            let rows = db.range(from..end).take(limit);
            rows.map(|row| row.map(|(key, value)| (key.to_vec(), value.to_vec())))
                .collect::<Result<_, _>>()
                .map_err(unreadable)
        });
        let rows = rows.await;
        self.durable(rows).await
    }

    async fn commit(&self, change: Change) -> Result<(), StoreError> {
        self.committer.commit(change).await
    }

    fn healthy(&self) -> bool {
        self.committer.healthy()
    }

    async fn failed(&self) {
        self.committer.failed().await;
    }

    async fn close(&self) {
        self.committer.close().await;
    }
}

async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(read).await.unwrap_or_else(|error| {
        Err(StoreError::Failed { what: "reading", detail: error.to_string() })
    })
}

fn read_logs(
    db: &sled::Db,
    prefix: &[u8],
    after: Option<&OrderKey>,
    limit: usize,
) -> Result<Vec<(OrderKey, Vec<Event>)>, StoreError> {
    let from = after.map_or_else(|| prefix.to_vec(), |key| keys::behind(&keys::events(key)));
    let mut logs: Vec<(OrderKey, Vec<Event>)> = Vec::new();
    for row in db.range(from..keys::behind(prefix)) {
        let (key, json) = row.map_err(unreadable)?;
        let key = keys::order_of_event(&key).ok_or(StoreError::Damaged { what: "event" })?;
        let event = decode("event", &json)?;
        if let Some((_, events)) = logs.last_mut().filter(|(last, _)| *last == key) {
            events.push(event);
        } else if logs.len() == limit {
            break;
        } else {
            logs.push((key, vec![event]));
        }
    }
    Ok(logs)
}

fn list(db: &sled::Db, merchant: &str, filter: &Filter) -> Result<Page, StoreError> {
    let from = keys::created(merchant, filter.from_ms.unwrap_or(0), "");
    let mut end = keys::created(merchant, filter.to_ms.unwrap_or(i64::MAX), "");
    if let Some(Cursor { created_ms, out_trade_no }) = &filter.cursor {
        end = end.min(keys::created(merchant, *created_ms, out_trade_no));
    }
    let mut page = Page { orders: Vec::new(), next: None };
    if from >= end {
        return Ok(page);
    }
    let mut last_seen = None;
    for (seen, row) in db.range(from..end).rev().enumerate() {
        let (key, _) = row.map_err(unreadable)?;
        if page.orders.len() == filter.limit || seen == SCAN {
            page.next = last_seen;
            break;
        }
        let out_trade_no = keys::created_out_trade_no(merchant, &key)
            .ok_or(StoreError::Damaged { what: "list entry" })?;
        let key = OrderKey { merchant: merchant.into(), out_trade_no };
        let order = read_order(db, &key)?.ok_or(StoreError::Damaged { what: "order" })?;
        last_seen = Some(cursor_at(&order));
        if filter.trade_state.is_none_or(|state| state == order.trade_state) {
            page.orders.push(order);
        }
    }
    Ok(page)
}

fn read_order(db: &sled::Db, key: &OrderKey) -> Found<Order> {
    let Some(bytes) = db.get(keys::order(key)).map_err(unreadable)? else {
        return Ok(None);
    };
    let json = split_revision(&bytes).map(|(_, json)| json);
    json.and_then(|json| serde_json::from_slice(json).ok())
        .map(Some)
        .ok_or(StoreError::Damaged { what: "order" })
}

pub(super) fn cursor_at(order: &Order) -> Cursor {
    Cursor { created_ms: order.created_ms, out_trade_no: order.key.out_trade_no.clone() }
}

fn unreadable(error: sled::Error) -> StoreError {
    StoreError::Failed { what: "reading", detail: error.to_string() }
}

fn open_disk(directory: &Path, cache_bytes: u64) -> Result<Disk, OpenError> {
    fs::create_dir_all(directory).map_err(OpenError::Io)?;
    let database = directory.join("orders");
    let db = open_sled(&database, cache_bytes)?;
    check_format(&db)?;
    let head_file = HeadFile::open(&directory.join("head")).map_err(OpenError::Io)?;
    let head = check_head(&db, head_file.read().map_err(OpenError::Io)?)?;
    let file = File::options().write(true).open(database.join("db")).map_err(OpenError::Io)?;
    let disk = Disk { db, file, head_file, head };
    make_durable(directory, &database, &disk).map_err(OpenError::Io)?;
    Ok(disk)
}

/// sled panics on some damaged files; here that becomes an error like any other.
fn open_sled(path: &Path, cache_bytes: u64) -> Result<sled::Db, OpenError> {
    // The committer flushes; sled's own timer would only do it without fdatasync.
    let config = sled::Config::new().path(path).cache_capacity(cache_bytes).flush_every_ms(None);
    match catch_unwind(AssertUnwindSafe(|| config.open())) {
        Ok(Ok(db)) => Ok(db),
        Ok(Err(sled::Error::Io(error))) if error.kind() == io::ErrorKind::WouldBlock => {
            Err(OpenError::InUse)
        }
        // sled wraps the failed lock in an error of another kind.
        Ok(Err(sled::Error::Io(error))) if error.to_string().contains("could not acquire lock") => {
            Err(OpenError::InUse)
        }
        Ok(Err(sled::Error::Io(error))) => Err(OpenError::Io(error)),
        Ok(Err(error)) => Err(OpenError::Damaged { detail: error.to_string() }),
        Err(_) => Err(OpenError::Damaged { detail: "sled cannot read its file".into() }),
    }
}

fn check_format(db: &sled::Db) -> Result<(), OpenError> {
    let damaged = |detail: String| OpenError::Damaged { detail };
    let stored = db.get(keys::FORMAT).map_err(|error| damaged(error.to_string()))?;
    match stored.as_deref().map(<[u8; 8]>::try_from) {
        None => {
            let written = db.insert(keys::FORMAT, &FORMAT.to_be_bytes());
            written.map(|_| ()).map_err(|error| damaged(error.to_string()))
        }
        Some(Ok(bytes)) => match u64::from_be_bytes(bytes) {
            found if found > FORMAT => Err(OpenError::NewerFormat { found }),
            _ => Ok(()),
        },
        Some(Err(_)) => Err(damaged("the format number is unreadable".into())),
    }
}

/// The database may be ahead of the head record, never behind it.
fn check_head(db: &sled::Db, recorded: Option<Head>) -> Result<Head, OpenError> {
    let damaged = |detail: String| OpenError::Damaged { detail };
    let stored = db.get(keys::HEAD).map_err(|error| damaged(error.to_string()))?;
    let stored = match stored {
        None => Head::default(),
        Some(bytes) => {
            Head::from_bytes(&bytes).ok_or_else(|| damaged("its head is unreadable".into()))?
        }
    };
    match recorded {
        None if stored.seq > 0 => Err(damaged("the head record is missing".into())),
        Some(head) if head.seq > stored.seq => Err(damaged(format!(
            "{} groups of changes were acknowledged, the database has {}",
            head.seq, stored.seq
        ))),
        Some(head) if head.seq == stored.seq && head.chain != stored.chain => {
            Err(damaged(format!("group {} is not the one that was acknowledged", head.seq)))
        }
        None | Some(_) => Ok(stored),
    }
}

/// A file whose name is not on disk is lost with all it holds: sync the directories once, at the start. The head record
/// is written here, after the database it speaks of: without one on disk, a power cut soon after the first start would
/// look like a lost record.
fn make_durable(directory: &Path, database: &Path, disk: &Disk) -> io::Result<()> {
    disk.db.flush().map_err(io::Error::other)?;
    disk.file.sync_all()?;
    disk.head_file.write(disk.head)?;
    disk.head_file.sync()?;
    for path in [Some(database), Some(directory), directory.parent()].into_iter().flatten() {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        File::open(path)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
