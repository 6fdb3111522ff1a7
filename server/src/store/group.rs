//! Checking changes against the store and against each other, and laying them out as one sled batch.

use std::collections::HashMap;

use serde::Serialize;

use super::change::OrderChange;
use super::head::Head;
use super::{Change, StoreError, keys};
use crate::orders::Order;

/// A group of changes that will be written together.
pub(super) struct Group<'a> {
    db: &'a sled::Db,
    /// What this group has written so far, in order. Later members see it.
    writes: Vec<(Vec<u8>, Vec<u8>)>,
    index: HashMap<Vec<u8>, usize>,
    removals: Vec<Vec<u8>>,
}

impl<'a> Group<'a> {
    pub(super) fn new(db: &'a sled::Db) -> Self {
        Self { db, writes: Vec::new(), index: HashMap::new(), removals: Vec::new() }
    }

    /// Takes a change in, or says why not; then nothing of it is in the group.
    pub(super) fn add(&mut self, change: &Change) -> Result<(), StoreError> {
        let mut writes = Vec::new();
        if let Some(row) = &change.idempotency {
            let key = keys::idempotency(&row.merchant, &row.key);
            self.expect_free(&key)?;
            writes.push((key, json("idempotency row", row)?));
        }
        if let Some(user) = &change.user {
            writes.push((keys::user(&user.merchant, &user.openid), json("user", user)?));
        }
        if let Some(change) = &change.order {
            self.check_order(change)?;
            order_writes(change, &mut writes)?;
            let open = keys::open(&change.order.key);
            if change.order.is_open() {
                writes.push((open, Vec::new()));
            } else {
                self.removals.push(open);
            }
        }
        for (key, value) in writes {
            self.put(key, value);
        }
        Ok(())
    }

    /// The batch, and the head it leads to.
    pub(super) fn finish(self, head: Head) -> Result<(sled::Batch, Head), StoreError> {
        let content = self.writes.iter().flat_map(|(key, value)| [&**key, &**value]);
        let head = head.next(content);
        let mut batch = sled::Batch::default();
        for (key, value) in self.writes {
            batch.insert(key, value);
        }
        for key in self.removals {
            batch.remove(key);
        }
        batch.insert(keys::HEAD, head.to_bytes().as_slice());
        Ok((batch, head))
    }

    fn check_order(&self, change: &OrderChange) -> Result<(), StoreError> {
        let stored = self.get(&keys::order(&change.order.key))?;
        let revision = match stored {
            None => 0,
            Some(bytes) => split_revision(&bytes).ok_or(StoreError::Damaged { what: "order" })?.0,
        };
        if revision != change.expected {
            return Err(StoreError::Stale);
        }
        if let Some(payment) = &change.order.payment {
            let owner = json("order key", &change.order.key)?;
            let claimed = self.get(&keys::transaction(&payment.transaction_id))?;
            if claimed.is_some_and(|claimed| claimed != owner) {
                return Err(StoreError::Stale);
            }
        }
        Ok(())
    }

    fn expect_free(&self, key: &[u8]) -> Result<(), StoreError> {
        if self.get(key)?.is_some() { Err(StoreError::Stale) } else { Ok(()) }
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some((_, value)) = self.index.get(key).and_then(|at| self.writes.get(*at)) {
            return Ok(Some(value.clone()));
        }
        let found = self
            .db
            .get(key)
            .map_err(|error| StoreError::Failed { what: "reading", detail: error.to_string() })?;
        Ok(found.map(|value| value.to_vec()))
    }

    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.removals.retain(|removed| *removed != key);
        self.index.insert(key.clone(), self.writes.len());
        self.writes.push((key, value));
    }
}

fn order_writes(
    change: &OrderChange,
    writes: &mut Vec<(Vec<u8>, Vec<u8>)>,
) -> Result<(), StoreError> {
    let OrderChange { order, events, outbox, expected } = change;
    let key = &order.key;
    writes.push((keys::order(key), with_revision(order)?));
    for event in events {
        writes.push((keys::event(key, event.seq), json("event", event)?));
    }
    for row in outbox {
        writes.push((keys::outbox(row), json("outbox row", row)?));
    }
    if *expected == 0 {
        let created = keys::created(&key.merchant, order.created_ms, &key.out_trade_no);
        writes.push((created, Vec::new()));
    }
    if let Some(payment) = &order.payment {
        let transaction = keys::transaction(&payment.transaction_id);
        writes.push((transaction, json("order key", key)?));
    }
    Ok(())
}

fn with_revision(order: &Order) -> Result<Vec<u8>, StoreError> {
    let mut bytes = order.revision.to_be_bytes().to_vec();
    bytes.extend(json("order", order)?);
    Ok(bytes)
}

/// The revision and the JSON behind it.
pub(super) fn split_revision(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (revision, json) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*revision), json))
}

fn json<T: Serialize>(what: &'static str, value: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value)
        .map_err(|error| StoreError::Failed { what, detail: error.to_string() })
}
