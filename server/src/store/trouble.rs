//! What sled's errors, and its panics, mean to us: a disk in trouble, or a database that is not whole.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::StoreError;

/// What cannot be read when sled cannot read its own file. Nothing can be trusted after that.
const PAGE: &str = "page of the database";

/// The database file is damaged.
pub(super) const DAMAGED: StoreError = StoreError::Damaged { what: PAGE };

/// Whether the database as a whole cannot be trusted, and not only one record or one request.
pub(super) fn is_for_good(error: &StoreError) -> bool {
    match error {
        StoreError::Failed { .. } => true,
        StoreError::Damaged { .. } => *error == DAMAGED,
        StoreError::Stale | StoreError::Busy => false,
    }
}

pub(super) fn trouble(what: &'static str, error: sled::Error) -> StoreError {
    match error {
        // The file ends before its contents do.
        sled::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => DAMAGED,
        sled::Error::Io(error) => StoreError::Failed { what, detail: error.to_string() },
        sled::Error::Corruption { .. }
        | sled::Error::CollectionNotFound(_)
        | sled::Error::ReportableBug(_)
        | sled::Error::Unsupported(_) => DAMAGED,
    }
}

/// sled panics where a file is not as it left it.
pub(super) fn catching<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(DAMAGED))
}
