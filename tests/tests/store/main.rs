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
use std::time::{Duration, Instant};

use wxpay_server::store::{OpenError, SledStore};

/// Opens the embedded store with a small cache.
fn open(path: &Path) -> SledStore {
    try_open(path).unwrap()
}

/// The same, or why not. sled lets go of a directory when its own threads have finished what a store before had left to
/// them.
fn try_open(path: &Path) -> Result<SledStore, OpenError> {
    patiently(|| SledStore::open(path, 4 << 20))
}

fn patiently<T>(open: impl Fn() -> Result<T, OpenError>) -> Result<T, OpenError> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match open() {
            Err(OpenError::InUse) if Instant::now() < deadline => std::thread::yield_now(),
            opened => return opened,
        }
    }
}
