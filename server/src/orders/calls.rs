//! Calls whose answer this process is waiting for. Whoever ends an order by what WeChat does not know about it looks here
//! first: the call could arrive after that. What a process that was killed had sent is beyond this.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::order::OrderKey;

/// Calls of one kind: how many are under way, by order.
#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<HashMap<OrderKey, usize>>);

/// A call under way, until this is dropped.
#[derive(Debug)]
pub(super) struct UnderWay<'a> {
    calls: &'a Calls,
    key: OrderKey,
}

impl Calls {
    /// Begins a call. To be done before the order is read: whoever ends the order afterwards sees the call.
    pub(super) fn begin(&self, key: &OrderKey) -> UnderWay<'_> {
        *self.counts().entry(key.clone()).or_default() += 1;
        UnderWay { calls: self, key: key.clone() }
    }

    /// The same; `None` while another one of this order is under way.
    pub(super) fn begin_alone(&self, key: &OrderKey) -> Option<UnderWay<'_>> {
        let mut counts = self.counts();
        if counts.contains_key(key) {
            return None;
        }
        counts.insert(key.clone(), 1);
        Some(UnderWay { calls: self, key: key.clone() })
    }

    /// Whether a call for an order is under way.
    pub(super) fn is_under_way(&self, key: &OrderKey) -> bool {
        self.counts().contains_key(key)
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<OrderKey, usize>> {
        // Nothing panics while the lock is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut counts = self.calls.counts();
        match counts.get_mut(&self.key) {
            Some(others @ 2..) => *others -= 1,
            Some(_) | None => drop(counts.remove(&self.key)),
        }
    }
}
