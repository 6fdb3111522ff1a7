//! The embedded store: sled for keeping, the committer for durability, the head record against silent loss.

mod open;

use std::io;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;

use super::check::{CheckReport, check};
use super::committer::{Committer, Disk};
use super::group::split_revision;
use super::rows::decode;
use super::trouble::{catching, is_for_good, trouble};
use super::{Change, Cursor, Filter, OpenError, Page, Rows, Store, StoreError, keys};
use crate::orders::{Event, Order, OrderKey};

use open::{VERIFYING, open_disk, verify};

/// How many orders one list call looks at, at most; a rare state then comes with an early `next`.
const SCAN: usize = 10_000;

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
        verify(&disk, VERIFYING)?;
        Self::on(disk).map_err(OpenError::Io)
    }

    /// Opens a store whose rows may not be what was acknowledged, to save what is left of them.
    ///
    /// # Errors
    /// [`OpenError`], when not even that is possible.
    pub fn salvage(directory: &Path, cache_bytes: u64) -> Result<Self, OpenError> {
        let disk = open_disk(directory, cache_bytes)?;
        disk.census.give_up();
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
        let mut report = check(&disk.db).map_err(|detail| OpenError::Damaged { detail })?;
        if verify(&disk, Duration::MAX).is_err() {
            report.problem(keys::HEAD, "says that the rows are not those that were acknowledged");
        }
        Ok(report)
    }

    fn on(disk: Disk) -> io::Result<Self> {
        let db = disk.db.clone();
        Ok(Self { db, committer: Committer::start(disk)? })
    }

    /// What the database says, as soon as a power cut could not undo it.
    async fn read<T>(
        &self,
        read: impl FnOnce(&sled::Db) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let read = catching(|| read(&self.db));
        self.durable(read).await
    }

    /// The same for thousands of rows, perhaps from disk: not on a thread that others wait for.
    async fn read_much<T: Send + 'static>(
        &self,
        read: impl FnOnce(&sled::Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let db = self.db.clone();
        match tokio::task::spawn_blocking(move || catching(|| read(&db))).await {
            Ok(read) => self.durable(read).await,
            // The runtime is ending.
            Err(error) => Err(StoreError::Failed { what: "reading", detail: error.to_string() }),
        }
    }

    async fn durable<T>(&self, read: Result<T, StoreError>) -> Result<T, StoreError> {
        let read = self.whole(read);
        self.committer.settled().await?;
        read
    }

    /// Whoever meets damage, or a disk that cannot be read, ends all writing.
    fn whole<T>(&self, read: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &read
            && is_for_good(error)
        {
            self.committer.give_up(error);
        }
        read
    }
}

type Found<T> = Result<Option<T>, StoreError>;

#[async_trait]
impl Store for SledStore {
    async fn order(&self, key: &OrderKey) -> Result<Option<Order>, StoreError> {
        self.read(|db| read_order(db, key)).await
    }

    async fn newest(&self, key: &OrderKey) -> Result<Option<Order>, StoreError> {
        self.whole(catching(|| read_order(&self.db, key)))
    }

    async fn settled(&self) -> Result<(), StoreError> {
        self.committer.settled().await
    }

    async fn events(&self, key: &OrderKey) -> Result<Vec<Event>, StoreError> {
        self.read(|db| {
            let events = db.scan_prefix(keys::events(key));
            events.map(|row| decode("event", &row.map_err(unreadable)?.1)).collect()
        })
        .await
    }

    async fn orders(&self, merchant: &str, filter: &Filter) -> Result<Page, StoreError> {
        let (merchant, filter) = (merchant.to_owned(), filter.clone());
        self.read_much(move |db| list(db, &merchant, &filter)).await
    }

    async fn watched(&self) -> Result<Vec<Order>, StoreError> {
        self.read_much(read_watched).await
    }

    async fn logs(
        &self,
        merchant: Option<&str>,
        after: Option<&OrderKey>,
        limit: usize,
    ) -> Result<Vec<(OrderKey, Vec<Event>)>, StoreError> {
        let prefix = keys::of_merchant(keys::EVENTS, merchant);
        let after = after.cloned();
        self.read_much(move |db| read_logs(db, &prefix, after.as_ref(), limit)).await
    }

    async fn row(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|db| Ok(db.get(key).map_err(unreadable)?.map(|bytes| bytes.to_vec()))).await
    }

    async fn rows(&self, from: Vec<u8>, end: Vec<u8>, limit: usize) -> Result<Rows, StoreError> {
        if from >= end {
            return Ok(Vec::new());
        }
        self.read_much(move |db| {
            let rows = db.range(from..end).take(limit);
            rows.map(|row| row.map(|(key, value)| (key.to_vec(), value.to_vec())))
                .collect::<Result<_, _>>()
                .map_err(unreadable)
        })
        .await
    }

    async fn commit(&self, change: Change) -> Result<(), StoreError> {
        self.committer.commit(change).await
    }

    fn healthy(&self) -> bool {
        self.committer.healthy()
    }

    async fn failed(&self) -> StoreError {
        self.committer.failed().await
    }

    async fn close(&self) {
        self.committer.close().await;
    }
}

fn read_watched(db: &sled::Db) -> Result<Vec<Order>, StoreError> {
    let watched = db.scan_prefix(keys::OPEN_PREFIX).map(|row| {
        let (key, _) = row.map_err(unreadable)?;
        let key = keys::open_order(&key).ok_or(StoreError::Damaged { what: "watch entry" })?;
        read_order(db, &key)?.ok_or(StoreError::Damaged { what: "order" })
    });
    watched.collect()
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
    trouble("reading", error)
}

#[cfg(test)]
mod tests;
