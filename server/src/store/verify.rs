//! Counting the rows anew, some at a time and from both ends, while changes go on.

use std::sync::{Mutex, PoisonError};
use std::thread;

use super::keys;
use super::tally::{RowHash, Tally};

/// How far the counting has come.
#[derive(Debug, Default)]
pub(super) struct Verifier {
    /// Everything before this key has been counted,
    low: Vec<u8>,
    /// and everything from this key on.
    high: Option<Vec<u8>>,
    seen: Tally,
}

/// From where some more rows are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Low,
    High,
}

/// Rows at one end of what has not been counted.
struct Part {
    seen: Tally,
    /// The key of the innermost row; `None` when there was no other row up to `beyond`.
    last: Option<sled::IVec>,
    /// What had not been counted ended here.
    beyond: Option<Vec<u8>>,
}

impl Verifier {
    /// Counts some more rows. `true`: those were the last ones.
    ///
    /// # Errors
    /// sled's.
    pub(super) fn step(&mut self, db: &sled::Db, rows: usize) -> sled::Result<bool> {
        let part = Part::read(db, (self.low.clone(), self.high.clone()), End::Low, rows)?;
        self.take(part, End::Low);
        Ok(self.is_done())
    }

    /// Counts from both ends, in two threads, until that was all or `is_late`; nobody may be writing.
    ///
    /// # Errors
    /// sled's.
    pub(super) fn run(
        &mut self,
        db: &sled::Db,
        rows: usize,
        is_late: impl Fn() -> bool + Sync,
    ) -> sled::Result<bool> {
        let verifier = Mutex::new(&mut *self);
        // Nothing panics while the lock is held.
        let locked = || verifier.lock().unwrap_or_else(PoisonError::into_inner);
        let work = |end| -> sled::Result<()> {
            loop {
                let rest = {
                    let verifier = locked();
                    (verifier.low.clone(), verifier.high.clone())
                };
                let part = Part::read(db, rest, end, rows)?;
                let mut verifier = locked();
                verifier.take(part, end);
                if verifier.is_done() || is_late() {
                    return Ok(());
                }
            }
        };
        thread::scope(|scope| {
            let other = scope.spawn(|| work(End::High));
            let own = work(End::Low);
            own.and(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })?;
        Ok(self.is_done())
    }

    /// Adds a part, unless it goes beyond where the other end has come to meanwhile: then it has to be read again.
    fn take(&mut self, part: Part, end: End) {
        let Part { seen, last, beyond } = part;
        let is_free = match (&last, end) {
            (Some(last), End::Low) => self.high.as_deref().is_none_or(|high| **last < *high),
            (Some(last), End::High) => **last >= *self.low,
            (None, End::Low) => beyond == self.high,
            (None, End::High) => beyond.is_some_and(|low| low == self.low),
        };
        if self.is_done() || !is_free {
            return;
        }
        self.seen.join(seen);
        match (last, end) {
            (Some(last), End::Low) => self.low = keys::right_behind(&last),
            (Some(last), End::High) => self.high = Some(last.to_vec()),
            (None, End::Low | End::High) => self.high = Some(self.low.clone()),
        }
    }

    /// A row is written: if it lies in what has been counted, the count follows.
    pub(super) fn follow(&mut self, key: &[u8], old: Option<RowHash>, new: Option<RowHash>) {
        let high = self.high.as_deref();
        if key < self.low.as_slice() || high.is_some_and(|high| key >= high) {
            self.seen.change(old, new);
        }
    }

    /// Nothing is left between the two ends.
    fn is_done(&self) -> bool {
        self.high.as_ref() == Some(&self.low)
    }

    /// What was counted.
    pub(super) const fn seen(&self) -> Tally {
        self.seen
    }
}

impl Part {
    /// So many rows, or all that there are, of what lies between two keys.
    fn read(
        db: &sled::Db,
        (low, high): (Vec<u8>, Option<Vec<u8>>),
        end: End,
        rows: usize,
    ) -> sled::Result<Self> {
        let rest = match &high {
            Some(high) => db.range(low.as_slice()..high.as_slice()),
            None => db.range(low.as_slice()..),
        };
        match end {
            End::Low => Self::of(rest, rows, high),
            End::High => Self::of(rest.rev(), rows, Some(low)),
        }
    }

    fn of(
        rest: impl Iterator<Item = sled::Result<(sled::IVec, sled::IVec)>>,
        rows: usize,
        beyond: Option<Vec<u8>>,
    ) -> sled::Result<Self> {
        let (mut seen, mut last, mut count) = (Tally::default(), None, 0);
        for row in rest.take(rows) {
            let (key, value) = row?;
            if Tally::counts(&key) {
                seen.add(RowHash::of(&key, &value));
            }
            last = Some(key);
            count += 1;
        }
        Ok(Self { seen, last: last.filter(|_| count == rows), beyond })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use std::sync::atomic::{AtomicUsize, Ordering};

    use tempfile::TempDir;

    use super::*;

    /// Changes on both sides of the count, at its edge, and rows that come and go.
    #[test]
    fn a_count_among_changes_ends_at_the_tally() {
        let directory = TempDir::new().unwrap();
        let db = sled::open(directory.path()).unwrap();
        let (mut tally, mut verifier) = (Tally::default(), Verifier::default());
        let write = |key: u8, value: Option<&[u8]>, tally: &mut Tally, verifier: &mut Verifier| {
            let old = match value {
                Some(value) => db.insert([key], value).unwrap(),
                None => db.remove([key]).unwrap(),
            };
            let hash = |value| RowHash::of(&[key], value);
            let (old, new) = (old.as_deref().map(hash), value.map(hash));
            tally.change(old, new);
            verifier.follow(&[key], old, new);
        };
        db.insert(keys::HEAD, b"not counted").unwrap();
        for key in (0..200).step_by(2) {
            write(key, Some(b"first"), &mut tally, &mut verifier);
        }
        let mut random = numbers(1);
        verifier.run(&db, 7, || true).unwrap();
        while !verifier.step(&db, 7).unwrap() {
            for _ in 0..5 {
                let (key, choice) = (random() % 200, random() % 3);
                let value = [b"second".as_slice(), b"third"].get(usize::from(choice)).copied();
                write(key, value, &mut tally, &mut verifier);
            }
        }
        assert_eq!(verifier.seen(), tally);
        assert_ne!(verifier.seen(), Tally::default());
    }

    /// In one go or in many, wherever the two ends meet.
    #[test]
    fn both_ends_count_each_row_once() {
        for rows in [0, 1, 2, 13, 14, 200, 1_000] {
            let directory = TempDir::new().unwrap();
            let db = sled::open(directory.path()).unwrap();
            let mut tally = Tally::default();
            for n in 0..rows {
                let key = u16::to_be_bytes(n * 7);
                db.insert(key, &[1]).unwrap();
                tally.add(RowHash::of(&key, &[1]));
            }
            for parts in 1..20 {
                let (mut verifier, looks) = (Verifier::default(), AtomicUsize::new(0));
                let is_late = || looks.fetch_add(1, Ordering::SeqCst) % parts == parts - 1;
                while !verifier.run(&db, 7, is_late).unwrap() {}
                assert_eq!(verifier.seen(), tally, "{rows} rows");
                assert!(verifier.run(&db, 7, || false).unwrap(), "it stays done");
                assert_eq!(verifier.seen(), tally, "{rows} rows");
            }
        }
    }

    /// A small generator: the crate's dependencies have none.
    fn numbers(seed: u32) -> impl FnMut() -> u8 {
        let mut state = seed;
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        }
    }
}
