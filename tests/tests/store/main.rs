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
mod durable;
mod opening;

use std::path::Path;

use wxpay_server::store::SledStore;

/// Opens the embedded store with a small cache.
fn open(path: &Path) -> SledStore {
    SledStore::open(path, 4 << 20).unwrap()
}
