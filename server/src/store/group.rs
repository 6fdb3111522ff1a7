//! Checking changes against the store and against each other, and laying them out as one sled batch.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use sled::IVec;

use super::census::Counts;
use super::change::OrderChange;
use super::head::Head;
use super::rows::{Expect, json};
use super::tally::{RowHash, Tally};
use super::trouble::trouble;
use super::{Change, StoreError, keys};
use crate::orders::Order;

/// A change as the rows it writes. Whoever commits lays it out, so that the committer, who works for all, has less to do.
pub(super) struct Layout {
    /// The revision that the order, the first of the rows, must have.
    expected: Option<u64>,
    rows: Vec<Row>,
}

struct Row {
    key: Vec<u8>,
    /// `None` takes it away.
    value: Option<Value>,
    expect: Expect,
    /// Nobody has to look whether it is there: it is an event, numbered above the revision that the order, the first
    /// row, was found to have.
    is_new: bool,
}

struct Value {
    bytes: Vec<u8>,
    hash: RowHash,
}

/// A group of changes that will be written together.
pub(super) struct Group<'a> {
    db: &'a sled::Db,
    /// What this group will write. Later members see it.
    rows: BTreeMap<Vec<u8>, Pending>,
}

/// A row that will be written, and what it is in the database until then.
struct Pending {
    old: Option<IVec>,
    new: Option<Value>,
}

impl Layout {
    /// # Errors
    /// When something cannot be written as JSON.
    pub(super) fn of(change: &Change) -> Result<Self, StoreError> {
        let mut rows = Vec::with_capacity(change.rows.len() + 2);
        if let Some(OrderChange { order, events, .. }) = &change.order {
            rows.push(Row::put(keys::order(&order.key), with_revision(order)?));
            for event in events {
                let row = Row::put(keys::event(&order.key, event.seq), json("event", event)?);
                rows.push(Row { is_new: true, ..row });
            }
        }
        for row in &change.rows {
            rows.push(Row::new(row.key.clone(), row.bytes()?, row.expect));
        }
        Ok(Self { expected: change.order.as_ref().map(|change| change.expected), rows })
    }
}

impl Row {
    fn new(key: Vec<u8>, bytes: Option<Vec<u8>>, expect: Expect) -> Self {
        let value = bytes.map(|bytes| Value { hash: RowHash::of(&key, &bytes), bytes });
        Self { key, value, expect, is_new: false }
    }

    fn put(key: Vec<u8>, bytes: Vec<u8>) -> Self {
        Self::new(key, Some(bytes), Expect::Anything)
    }
}

impl Value {
    fn bytes(value: &Option<Self>) -> Option<&[u8]> {
        value.as_ref().map(|value| &*value.bytes)
    }
}

impl<'a> Group<'a> {
    pub(super) fn new(db: &'a sled::Db) -> Self {
        Self { db, rows: BTreeMap::new() }
    }

    /// Takes a change in, or says why not; then nothing of it is in the group.
    pub(super) fn add(&mut self, change: Layout) -> Result<(), StoreError> {
        let mut expected = change.expected;
        let mut olds = Vec::with_capacity(change.rows.len());
        for row in &change.rows {
            let pending = self.rows.get(&row.key);
            let old = if row.is_new || pending.is_some() {
                None
            } else {
                self.db.get(&row.key).map_err(|error| trouble("reading", error))?
            };
            let stored = pending.map_or(old.as_deref(), |pending| Value::bytes(&pending.new));
            if let Some(expected) = expected.take() {
                check_revision(stored, expected)?;
            }
            if !row.expect.allows(stored, Value::bytes(&row.value)) {
                return Err(StoreError::Stale);
            }
            olds.push(old);
        }
        for (row, old) in change.rows.into_iter().zip(olds) {
            match self.rows.entry(row.key) {
                Entry::Vacant(place) => drop(place.insert(Pending { old, new: row.value })),
                Entry::Occupied(mut place) => place.get_mut().new = row.value,
            }
        }
        Ok(())
    }

    /// The batch, and the head it leads to. The counts follow.
    pub(super) fn finish(self, head: Head, counts: &mut Counts) -> (sled::Batch, Head) {
        let Counts { tally, verifier } = counts;
        let mut batch = sled::Batch::default();
        let mut chain = head.next();
        for (key, Pending { old, new }) in self.rows {
            let old = old.map(|old| RowHash::of(&key, &old));
            let hash = new.as_ref().map(|new| new.hash);
            chain.row(old, hash);
            tally.change(old, hash);
            if let Some(verifier) = verifier {
                verifier.follow(&key, old, hash);
            }
            match new {
                Some(new) => batch.insert(key, new.bytes),
                None => batch.remove(key),
            }
        }
        let head = chain.head();
        batch.insert(keys::HEAD, head_row(head, *tally));
        (batch, head)
    }
}

fn check_revision(stored: Option<&[u8]>, expected: u64) -> Result<(), StoreError> {
    let revision = match stored {
        None => 0,
        Some(bytes) => split_revision(bytes).ok_or(StoreError::Damaged { what: "order" })?.0,
    };
    if revision == expected { Ok(()) } else { Err(StoreError::Stale) }
}

/// What stands at `m/head`.
pub(super) fn head_row(head: Head, tally: Tally) -> Vec<u8> {
    let mut bytes = head.to_bytes().to_vec();
    bytes.extend(tally.to_bytes());
    bytes
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
