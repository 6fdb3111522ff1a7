//! Who may send a refund of which order: one at a time, and two refunds of one order a minute apart.
//!
//! Kept in memory: after a restart the times in the order's record keep them apart.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;
use wxpay_core::messages::refund::MIN_SPACING_S;

use crate::ambient::is_lately;
use crate::orders::order::OrderKey;

const SPACING_MS: i64 = MIN_SPACING_S * 1000;

/// The orders whose refunds were sent lately.
#[derive(Debug, Default)]
pub(in crate::orders) struct Turns(Mutex<HashMap<OrderKey, Arc<tokio::sync::Mutex<Last>>>>);

/// What was sent last.
#[derive(Debug, Default)]
pub(super) struct Last {
    out_refund_no: String,
    sent_ms: i64,
    /// When WeChat said that it wants no refund of this order for a minute.
    quiet_ms: i64,
}

impl Turns {
    /// Waits for the order's turn.
    pub(super) async fn take(&self, key: &OrderKey, now_ms: i64) -> OwnedMutexGuard<Last> {
        let turn = {
            // Nothing panics while the lock is held.
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Who waits for a turn holds it, too.
            turns.retain(|_, turn| {
                Arc::strong_count(turn) > 1
                    || turn.try_lock().is_ok_and(|last| last.is_of_use(now_ms))
            });
            Arc::clone(turns.entry(key.clone()).or_default())
        };
        turn.lock_owned().await
    }
}

impl Last {
    /// Whether this refund may be sent now.
    pub(super) fn allows(&self, out_refund_no: &str, now_ms: i64) -> bool {
        let is_spaced =
            self.out_refund_no == out_refund_no || !is_lately(self.sent_ms, SPACING_MS, now_ms);
        is_spaced && !is_lately(self.quiet_ms, SPACING_MS, now_ms)
    }

    fn is_of_use(&self, now_ms: i64) -> bool {
        is_lately(self.sent_ms, SPACING_MS, now_ms) || is_lately(self.quiet_ms, SPACING_MS, now_ms)
    }

    /// It is being sent.
    pub(super) fn sends(&mut self, out_refund_no: &str, now_ms: i64) {
        self.out_refund_no = out_refund_no.into();
        self.sent_ms = now_ms;
    }

    /// WeChat wants to be left alone for a minute.
    pub(super) fn be_quiet(&mut self, now_ms: i64) {
        self.quiet_ms = now_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_refund_waits_a_minute_but_not_for_a_clock_that_was_set_back() {
        let now_ms = 1_000_000;
        let mut last = Last::default();
        last.sends("a", now_ms);
        assert!(last.allows("a", now_ms), "the same may be repeated");
        assert!(!last.allows("b", now_ms + SPACING_MS - 1));
        assert!(last.allows("b", now_ms + SPACING_MS));
        assert!(last.allows("b", now_ms - 1));
        last.be_quiet(now_ms);
        assert!(!last.allows("a", now_ms + SPACING_MS - 1));
        assert!(last.allows("a", now_ms + SPACING_MS) && last.allows("a", now_ms - 1));
    }
}
