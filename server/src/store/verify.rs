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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

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
            tally.change(&[key], old.as_deref(), value);
            verifier.follow(&[key], old.as_deref(), value);
        };
        db.insert(keys::HEAD, b"not counted").unwrap();
        for key in (0..200).step_by(2) {
            write(key, Some(b"first"), &mut tally, &mut verifier);
        }
        let mut random = numbers(1);
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

    /// A small generator: the crate's dependencies have none.
    fn numbers(seed: u32) -> impl FnMut() -> u8 {
        let mut state = seed;
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        }
    }
}
