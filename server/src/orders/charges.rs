//! The charges whose answer this process is waiting for. Nobody reverses them meanwhile: the charge could arrive after that.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::order::OrderKey;

/// The orders with a charge under way. A restart ends every call, so memory is enough.
#[derive(Debug, Default)]
pub(super) struct Charges(Mutex<HashSet<OrderKey>>);

/// A charge under way, until this is dropped.
#[derive(Debug)]
pub(super) struct UnderWay<'a> {
    charges: &'a Charges,
    key: OrderKey,
}

impl Charges {
    /// Begins a charge; `None` while another one of this order is under way.
    pub(super) fn begin(&self, key: &OrderKey) -> Option<UnderWay<'_>> {
        let is_alone = self.keys().insert(key.clone());
        is_alone.then(|| UnderWay { charges: self, key: key.clone() })
    }

    /// Whether an order's charge is under way.
    pub(super) fn is_under_way(&self, key: &OrderKey) -> bool {
        self.keys().contains(key)
    }

    fn keys(&self) -> MutexGuard<'_, HashSet<OrderKey>> {
        // Nothing panics while the lock is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.charges.keys().remove(&self.key);
    }
}
