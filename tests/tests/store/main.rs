//! Every store keeps the contract; the embedded one also survives what disks and people do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod backup;
mod check;
mod contract;
mod damage;
mod durable;
mod opening;

use std::path::Path;

use wxpay_server::store::{OpenError, SledStore};
use wxpay_tests::patiently;

/// Opens the embedded store with a small cache.
fn open(path: &Path) -> SledStore {
    try_open(path).unwrap()
}

/// The same, or why not.
fn try_open(path: &Path) -> Result<SledStore, OpenError> {
    patiently(|| SledStore::open(path, 4 << 20))
}

/// The database itself, to look at or to spoil.
fn raw(directory: &Path) -> sled::Db {
    let open = || sled::open(directory.join("orders")).map_err(|_| OpenError::InUse);
    patiently(open).unwrap()
}
