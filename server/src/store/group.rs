//! Checking changes against the store and against each other, and laying them out as one sled batch.

use std::collections::BTreeMap;

use super::census::Counts;
use super::change::OrderChange;
use super::head::Head;
use super::rows::{Expect, json};
use super::tally::Tally;
use super::trouble::trouble;
use super::{Change, StoreError, keys};
use crate::orders::Order;

/// A key, and its value; `None` takes it away.
type Write = (Vec<u8>, Option<Vec<u8>>);

/// A group of changes that will be written together.
pub(super) struct Group<'a> {
    db: &'a sled::Db,
    /// What this group will write. Later members see it.
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl<'a> Group<'a> {
    pub(super) fn new(db: &'a sled::Db) -> Self {
        Self { db, writes: BTreeMap::new() }
    }

    /// Takes a change in, or says why not; then nothing of it is in the group.
    pub(super) fn add(&mut self, change: &Change) -> Result<(), StoreError> {
        let mut writes = Vec::new();
        if let Some(change) = &change.order {
            self.check_revision(change)?;
            order_writes(change, &mut writes)?;
        }
        for row in &change.rows {
            let bytes = row.bytes()?;
            if row.expect != Expect::Anything {
                let stored = self.get(&row.key)?;
                if !row.expect.allows(stored.as_deref(), bytes.as_deref()) {
                    return Err(StoreError::Stale);
                }
            }
            writes.push((row.key.clone(), bytes));
        }
        self.writes.extend(writes);
        Ok(())
    }

    /// The batch, and the head it leads to. The counts follow.
    pub(super) fn finish(
        self,
        head: Head,
        counts: &mut Counts,
    ) -> Result<(sled::Batch, Head), StoreError> {
        let Counts { tally, verifier } = counts;
        let content = self
            .writes
            .iter()
            .flat_map(|(key, value)| [&**key, value.as_deref().unwrap_or_default()]);
        let head = head.next(content);
        let mut batch = sled::Batch::default();
        for (key, value) in self.writes {
            let old = self.db.get(&key).map_err(|error| trouble("reading", error))?;
            tally.change(&key, old.as_deref(), value.as_deref());
            if let Some(verifier) = verifier {
                verifier.follow(&key, old.as_deref(), value.as_deref());
            }
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        batch.insert(keys::HEAD, head_row(head, *tally));
        Ok((batch, head))
    }

    fn check_revision(&self, change: &OrderChange) -> Result<(), StoreError> {
        let stored = self.get(&keys::order(&change.order.key))?;
        let revision = match stored {
            None => 0,
            Some(bytes) => split_revision(&bytes).ok_or(StoreError::Damaged { what: "order" })?.0,
        };
        if revision == change.expected { Ok(()) } else { Err(StoreError::Stale) }
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(value) = self.writes.get(key) {
            return Ok(value.clone());
        }
        let found = self.db.get(key).map_err(|error| trouble("reading", error))?;
        Ok(found.map(|value| value.to_vec()))
    }
}

/// What stands at `m/head`.
pub(super) fn head_row(head: Head, tally: Tally) -> Vec<u8> {
    let mut bytes = head.to_bytes().to_vec();
    bytes.extend(tally.to_bytes());
    bytes
}

fn order_writes(change: &OrderChange, writes: &mut Vec<Write>) -> Result<(), StoreError> {
    let OrderChange { order, events, .. } = change;
    writes.push((keys::order(&order.key), Some(with_revision(order)?)));
    for event in events {
        writes.push((keys::event(&order.key, event.seq), Some(json("event", event)?)));
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
