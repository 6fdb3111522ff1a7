//! Building a data directory from a backup: whole, or not at all.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use futures_util::future::join_all;

use super::read::{BackupError, each_line, verify};
use super::{Counts, Line};
use crate::ambient::{Clock, SystemClock};
use crate::orders::EventKind;
use crate::store::{Change, OutboxRow, OwnRow, SledStore, Store, StoreError};

/// Changes that share a sync.
const GROUP: usize = 256;

/// Builds `directory` from the backup at `path`. It is built beside its place and put there last, so that whatever
/// happens meanwhile leaves nothing that a server would serve.
///
/// # Errors
/// [`BackupError`]; the directory is then as it was.
pub async fn import(
    path: &Path,
    directory: &Path,
    cache_bytes: u64,
) -> Result<Counts, BackupError> {
    if !is_free(directory)? {
        return Err(BackupError::NotEmpty);
    }
    let counts = verify(path)?;
    let workshop = workshop(directory)?;
    let built = build(path, &workshop, cache_bytes).await;
    // The file may have been changed since it was verified.
    let built = match built {
        Ok(again) if again == counts => put_in_place(&workshop, directory),
        Ok(_) => Err(BackupError::Changed),
        Err(error) => Err(error),
    };
    if built.is_err() {
        // Nothing serves it; what cannot be removed says so at the next attempt.
        let _ = fs::remove_dir_all(&workshop);
    }
    built.map(|()| counts)
}

fn is_free(directory: &Path) -> Result<bool, BackupError> {
    match fs::read_dir(directory) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(BackupError::Directory(error)),
    }
}

/// A new directory beside the one that shall be.
fn workshop(directory: &Path) -> Result<PathBuf, BackupError> {
    let name = directory.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let workshop = directory.with_file_name(format!("{name}.importing"));
    if let Some(parent) = workshop.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(BackupError::Directory)?;
    }
    match fs::create_dir(&workshop) {
        Ok(()) => Ok(workshop),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(BackupError::AtWork { directory: workshop.display().to_string() })
        }
        Err(error) => Err(BackupError::Directory(error)),
    }
}

async fn build(path: &Path, workshop: &Path, cache_bytes: u64) -> Result<Counts, BackupError> {
    let store = SledStore::open(workshop, cache_bytes);
    let store = store.map_err(|error| BackupError::Store(error.to_string()))?;
    let built = fill(path, &store).await;
    store.close().await;
    built
}

async fn fill(path: &Path, store: &SledStore) -> Result<Counts, BackupError> {
    // Reading goes on while changes are made durable, but never far ahead.
    let (lines, mut waiting) = tokio::sync::mpsc::channel::<Line>(GROUP);
    let path = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        each_line(&path, |line| {
            // Nobody takes it any more: writing has failed, and says why.
            lines.blocking_send(line).map_err(|_| BackupError::CutOff)
        })
    });
    let mut outbox = BTreeMap::new();
    let written = write_all(store, &mut waiting, &mut outbox).await;
    drop(waiting);
    let read = reading.await.map_err(|error| BackupError::Store(error.to_string()))?;
    written?;
    let counts = read?;
    tell_again(store, outbox).await?;
    mark_unpaid(store).await?;
    Ok(counts)
}

/// Nobody had tried to pay these when the backup was made: from here on WeChat is asked before such an order is ended.
async fn mark_unpaid(store: &SledStore) -> Result<(), BackupError> {
    let now_ms = SystemClock.now_ms();
    let watched = store.watched().await.map_err(failed)?;
    let unsent = watched.iter().filter(|order| order.is_open() && !order.may_be_at_wechat());
    let changes = unsent.map(|order| {
        let change = Change::update(order, vec![EventKind::Restored], now_ms);
        (format!("order {}", order.key.out_trade_no), change)
    });
    commit(store, changes.collect()).await
}

/// What waits to be told, by endpoint and id.
type Outbox = BTreeMap<(String, String, String), OutboxRow>;

async fn write_all(
    store: &SledStore,
    waiting: &mut tokio::sync::mpsc::Receiver<Line>,
    outbox: &mut Outbox,
) -> Result<(), BackupError> {
    let mut lines = Vec::new();
    while waiting.recv_many(&mut lines, GROUP).await > 0 {
        let mut changes = Vec::new();
        let mut has_orders = false;
        for line in lines.drain(..) {
            match line {
                Line::Order(log) => {
                    has_orders = true;
                    let out_trade_no = log.out_trade_no.clone();
                    let change = Change::import(log.key(), &log.events);
                    let gap = || BackupError::Gap { out_trade_no: out_trade_no.clone() };
                    changes.push((format!("order {out_trade_no}"), change.ok_or_else(gap)?));
                }
                Line::Row(OwnRow::Outbox(row)) => {
                    let place = (row.key.merchant.clone(), row.endpoint.clone(), row.id.clone());
                    outbox.insert(place, row);
                }
                Line::Row(row) => {
                    // What a row stands for must be there to be found.
                    if std::mem::take(&mut has_orders) {
                        commit(store, std::mem::take(&mut changes)).await?;
                    }
                    if is_of_here(store, &row).await? {
                        changes.push((name(&row), Change::restore(row)));
                    }
                }
                Line::WxpayBackup(_) | Line::End(_) => {}
            }
        }
        commit(store, changes).await?;
    }
    Ok(())
}

/// Orders come first in a backup. One that was made while it was written may be missing, and what stands for it is left
/// out with it.
async fn is_of_here(store: &SledStore, row: &OwnRow) -> Result<bool, BackupError> {
    match row {
        OwnRow::Idempotency(row) => {
            let out_trade_no = row.out_trade_no.clone();
            let key = crate::orders::OrderKey { merchant: row.merchant.clone(), out_trade_no };
            Ok(store.order(&key).await.map_err(failed)?.is_some())
        }
        OwnRow::Anomaly(_) | OwnRow::User(_) | OwnRow::Outbox(_) | OwnRow::Day(_) => Ok(true),
    }
}

/// Rows whose cause is in the backup: a restored server still tells the merchant.
async fn tell_again(store: &SledStore, outbox: Outbox) -> Result<(), BackupError> {
    let mut changes = Vec::new();
    for (_, row) in outbox {
        if store.row(&row.cause()).await.map_err(failed)?.is_some() {
            let name = format!("webhook {} to {}", row.id, row.endpoint);
            changes.push((name, Change::restore(OwnRow::Outbox(row))));
        }
    }
    commit(store, changes).await
}

async fn commit(store: &SledStore, mut changes: Vec<(String, Change)>) -> Result<(), BackupError> {
    while !changes.is_empty() {
        let group: Vec<_> = changes.drain(..changes.len().min(GROUP)).collect();
        let commits = group.into_iter().map(async |(name, change)| {
            store.commit(change).await.map_err(|error| match error {
                StoreError::Stale => BackupError::Twice { what: name },
                error => failed(error),
            })
        });
        join_all(commits).await.into_iter().collect::<Result<(), _>>()?;
    }
    Ok(())
}

fn failed(error: StoreError) -> BackupError {
    BackupError::Store(error.to_string())
}

fn name(row: &OwnRow) -> String {
    match row {
        OwnRow::Anomaly(row) => format!("anomaly {}", row.id),
        OwnRow::Idempotency(row) => format!("Idempotency-Key {}", row.key),
        OwnRow::User(row) => format!("user {}", row.openid),
        OwnRow::Outbox(row) => format!("webhook {}", row.id),
        OwnRow::Day(row) => format!("day {} of {}", row.date, row.merchant),
    }
}

/// An empty directory gives way to the new one.
fn put_in_place(workshop: &Path, directory: &Path) -> Result<(), BackupError> {
    let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty());
    let put = || {
        fs::rename(workshop, directory)?;
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
    };
    put().map_err(BackupError::Directory)
}
