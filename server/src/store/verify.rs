//! Counting the rows anew, a few at a time, while changes go on.

use super::keys;
use super::tally::Tally;

/// How far the counting has come.
#[derive(Debug, Default)]
pub(super) struct Verifier {
    /// Everything before this key has been counted.
    next: Vec<u8>,
    seen: Tally,
}

impl Verifier {
    /// Counts some more rows. `true`: that was the last one.
    ///
    /// # Errors
    /// sled's.
    pub(super) fn step(&mut self, db: &sled::Db, rows: usize) -> sled::Result<bool> {
        let mut last = None;
        let mut count = 0;
        for row in db.range(self.next.as_slice()..).take(rows) {
            let (key, value) = row?;
            if Tally::counts(&key) {
                self.seen.add(&key, &value);
            }
            last = Some(key);
            count += 1;
        }
        if let Some(last) = last {
            self.next = keys::right_behind(&last);
        }
        Ok(count < rows)
    }

    /// A row is written: if it lies in what has been counted, the count follows.
    pub(super) fn follow(&mut self, key: &[u8], old: Option<&[u8]>, new: Option<&[u8]>) {
        if key < self.next.as_slice() {
            self.seen.change(key, old, new);
        }
    }

    /// What was counted.
    pub(super) const fn seen(&self) -> Tally {
        self.seen
    }
}
