//! The count of the rows that every write keeps, beside the count anew that follows each start.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::StoreError;
use super::tally::Tally;
use super::trouble::{DAMAGED, trouble};
use super::verify::Verifier;

/// How many rows are counted while a writer may have to wait: about a millisecond's worth.
const ROWS: usize = 500;

/// Both counts, for the thread that writes and the one that counts. They take turns.
#[derive(Debug)]
pub(super) struct Census {
    /// Held by whoever comes next, so that the one who counts cannot go on while the other waits.
    turn: Mutex<()>,
    counts: Mutex<Counts>,
}

/// What there should be, and what was found so far.
#[derive(Debug)]
pub(super) struct Counts {
    pub(super) tally: Tally,
    /// None once all was counted, and when it does not matter any more.
    pub(super) verifier: Option<Verifier>,
}

impl Census {
    pub(super) fn new(counts: Counts) -> Self {
        Self { turn: Mutex::default(), counts: Mutex::new(counts) }
    }

    /// The counts, until the guard is dropped: the rows must be as they say by then.
    pub(super) fn counts(&self) -> MutexGuard<'_, Counts> {
        // A write or a count that has panicked has ended all writing.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the counting: the rows do not matter any more.
    pub(super) fn give_up(&self) {
        self.counts().verifier = None;
    }

    /// Counts rows until all are counted or nobody wants to know.
    ///
    /// # Errors
    /// [`DAMAGED`] when they are not those of the tally, or sled's.
    pub(super) fn count(&self, db: &sled::Db) -> Result<(), StoreError> {
        loop {
            let mut counts = self.counts();
            let Counts { tally, verifier } = &mut *counts;
            let Some(at_work) = verifier else { return Ok(()) };
            if at_work.step(db, ROWS).map_err(|error| trouble("reading", error))? {
                if at_work.seen() != *tally {
                    return Err(DAMAGED);
                }
                tracing::info!(rows = tally.rows, "every row of the store is in its place");
                *verifier = None;
            }
        }
    }
}
