//! The calls that place an order at WeChat, unifiedorder and micropay, whose answer this process is waiting for. Nobody
//! ends such an order by what WeChat does not know about it yet: the call could arrive after that.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::order::OrderKey;

/// The orders with such calls under way, and how many. A restart ends every call, so memory is enough.
#[derive(Debug, Default)]
pub(super) struct Placing(Mutex<HashMap<OrderKey, usize>>);

/// A call under way, until this is dropped.
#[derive(Debug)]
pub(super) struct UnderWay<'a> {
    placing: &'a Placing,
    key: OrderKey,
}

impl Placing {
    /// Begins a unifiedorder. To be called before the order is checked: whoever closes it afterwards sees this call.
    pub(super) fn begin(&self, key: &OrderKey) -> UnderWay<'_> {
        *self.calls().entry(key.clone()).or_default() += 1;
        UnderWay { placing: self, key: key.clone() }
    }

    /// Begins a charge; `None` while another one of this order is under way.
    pub(super) fn begin_alone(&self, key: &OrderKey) -> Option<UnderWay<'_>> {
        let mut calls = self.calls();
        if calls.contains_key(key) {
            return None;
        }
        calls.insert(key.clone(), 1);
        Some(UnderWay { placing: self, key: key.clone() })
    }

    /// Whether an order is being placed.
    pub(super) fn is_under_way(&self, key: &OrderKey) -> bool {
        self.calls().contains_key(key)
    }

    fn calls(&self) -> MutexGuard<'_, HashMap<OrderKey, usize>> {
        // Nothing panics while the lock is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut calls = self.placing.calls();
        match calls.get_mut(&self.key) {
            Some(others @ 2..) => *others -= 1,
            Some(_) | None => drop(calls.remove(&self.key)),
        }
    }
}
