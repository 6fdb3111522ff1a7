//! Who may send a refund of which order: one at a time, and two refunds of one order a minute apart.
//!
//! Kept in memory: after a restart the times in the order's record keep them apart.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;
use wxpay_core::messages::refund::MIN_SPACING_S;

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
    /// WeChat wants no refund of this order before then.
    quiet_until_ms: i64,
}

impl Turns {
    /// Waits for the order's turn.
    pub(super) async fn take(&self, key: &OrderKey, now_ms: i64) -> OwnedMutexGuard<Last> {
        let turn = {
            // Nothing panics while the lock is held.
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Who waits for a turn holds it, too.
            turns.retain(|_, turn| {
                let is_recent =
                    |last: &Last| now_ms < last.sent_ms.max(last.quiet_until_ms) + SPACING_MS;
                Arc::strong_count(turn) > 1 || turn.try_lock().is_ok_and(|last| is_recent(&last))
            });
            Arc::clone(turns.entry(key.clone()).or_default())
        };
        turn.lock_owned().await
    }
}

impl Last {
    /// Whether this refund may be sent now.
    pub(super) fn allows(&self, out_refund_no: &str, now_ms: i64) -> bool {
        let is_spaced = self.out_refund_no == out_refund_no || now_ms - self.sent_ms >= SPACING_MS;
        is_spaced && now_ms >= self.quiet_until_ms
    }

    /// It is being sent.
    pub(super) fn sends(&mut self, out_refund_no: &str, now_ms: i64) {
        self.out_refund_no = out_refund_no.into();
        self.sent_ms = now_ms;
    }

    /// WeChat wants to be left alone for a minute.
    pub(super) fn be_quiet(&mut self, now_ms: i64) {
        self.quiet_until_ms = now_ms + SPACING_MS;
    }
}
