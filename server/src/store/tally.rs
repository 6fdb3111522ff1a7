//! The tally: everything the store holds, as one number that follows each write.
//!
//! sled repairs its log by passing over what it cannot read, also in the middle, and rows can be missing afterwards while
//! everything newer is there. The tally is kept with the head, in the same batch as the rows: when the rows at hand do
//! not add up to it, some of them are not what was acknowledged.

use sha2::{Digest, Sha256};

use super::keys;

/// Half of the SHA-256 of a row, key and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RowHash(u128);

/// How many rows, and the sum of their hashes. A sum does not depend on an order, and a row can be taken out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    pub(super) rows: u64,
    sum: u128,
}

impl Tally {
    /// What there is about the store itself is not in it.
    pub(super) fn counts(key: &[u8]) -> bool {
        !key.starts_with(keys::META)
    }

    pub(super) fn add(&mut self, row: RowHash) {
        self.rows = self.rows.wrapping_add(1);
        self.sum = self.sum.wrapping_add(row.0);
    }

    fn remove(&mut self, row: RowHash) {
        self.rows = self.rows.wrapping_sub(1);
        self.sum = self.sum.wrapping_sub(row.0);
    }

    /// Adds the rows of another part of the store.
    pub(super) fn join(&mut self, other: Self) {
        self.rows = self.rows.wrapping_add(other.rows);
        self.sum = self.sum.wrapping_add(other.sum);
    }

    /// A row takes the place of another one, which there may not have been, or goes.
    pub(super) fn change(&mut self, old: Option<RowHash>, new: Option<RowHash>) {
        if let Some(old) = old {
            self.remove(old);
        }
        if let Some(new) = new {
            self.add(new);
        }
    }

    pub(super) fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        let both = self.rows.to_be_bytes().into_iter().chain(self.sum.to_be_bytes());
        for (to, from) in bytes.iter_mut().zip(both) {
            *to = from;
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (rows, sum) = bytes.split_first_chunk::<8>()?;
        let sum = u128::from_be_bytes(sum.try_into().ok()?);
        Some(Self { rows: u64::from_be_bytes(*rows), sum })
    }
}

impl RowHash {
    pub(super) fn of(key: &[u8], value: &[u8]) -> Self {
        let length = (key.len() as u64).to_be_bytes();
        let hash = Sha256::new().chain_update(length).chain_update(key).chain_update(value);
        let digest: [u8; 32] = hash.finalize().into();
        Self(digest.first_chunk().map_or(0, |first| u128::from_be_bytes(*first)))
    }

    pub(super) const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::{RowHash, Tally};

    fn row(key: &str, value: &str) -> RowHash {
        RowHash::of(key.as_bytes(), value.as_bytes())
    }

    fn of(rows: &[(&str, &str)]) -> Tally {
        let mut tally = Tally::default();
        for (key, value) in rows {
            tally.add(row(key, value));
        }
        tally
    }

    #[test]
    fn rows_make_it_whatever_their_order_and_past() {
        let rows = of(&[("a", "1"), ("b", "2")]);
        assert_eq!(rows, of(&[("b", "2"), ("a", "1")]));
        let mut changed = of(&[("a", "0"), ("c", "3")]);
        changed.change(Some(row("a", "0")), Some(row("a", "1")));
        changed.change(None, Some(row("b", "2")));
        changed.change(Some(row("c", "3")), None);
        assert_eq!(rows, changed);
    }

    #[test]
    fn every_difference_shows() {
        let rows = of(&[("a", "1"), ("b", "2")]);
        let others: [&[(&str, &str)]; 6] = [
            &[("a", "1")],
            &[("a", "1"), ("b", "3")],
            &[("a", "1"), ("c", "2")],
            &[("a", "2"), ("b", "1")],
            &[("a1", ""), ("b", "2")],
            &[("a", "1"), ("b", "2"), ("b", "2")],
        ];
        for other in others {
            assert_ne!(rows, of(other), "{other:?}");
        }
    }

    #[test]
    fn bytes_and_back() {
        let rows = of(&[("a", "1"), ("b", "2")]);
        assert_eq!(Tally::from_bytes(&rows.to_bytes()).unwrap(), rows);
        assert_eq!(Tally::from_bytes(&rows.to_bytes()[1..]), None);
    }
}
