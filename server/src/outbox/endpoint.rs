//! One endpoint, and how it has done since the server started.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::merchant::Webhook;

/// An endpoint that is delivered to.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) merchant: String,
    pub(super) webhook: Webhook,
    /// Held while its rows are sent: two turns never overlap, so whoever comes second finds the work of the first done.
    pub(super) turn: tokio::sync::Mutex<()>,
    standing: Mutex<Standing>,
}

/// Kept in memory: what was delivered and what is dead is in the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// It has answered 410: nothing is sent until somebody replays, tests with success, or restarts.
    pub is_gone: bool,
    /// When a message was last taken, milliseconds since 1970.
    pub last_success_ms: Option<i64>,
    /// When one was last not taken.
    pub last_failure_ms: Option<i64>,
    /// Why not.
    pub last_failure: Option<String>,
}

impl Endpoint {
    pub(super) fn new(merchant: &str, webhook: &Webhook) -> Self {
        Self {
            merchant: merchant.into(),
            webhook: webhook.clone(),
            turn: tokio::sync::Mutex::default(),
            standing: Mutex::default(),
        }
    }

    pub(super) fn standing(&self) -> Standing {
        self.lock().clone()
    }

    pub(super) fn is_gone(&self) -> bool {
        self.lock().is_gone
    }

    /// It may be sent to again.
    pub(super) fn is_back(&self) {
        self.lock().is_gone = false;
    }

    pub(super) fn succeeded(&self, now_ms: i64) {
        self.lock().last_success_ms = Some(now_ms);
    }

    pub(super) fn failed(&self, now_ms: i64, why: &str) {
        let mut standing = self.lock();
        standing.last_failure_ms = Some(now_ms);
        standing.last_failure = Some(why.into());
    }

    /// It wants nothing more. Says whether that is news.
    pub(super) fn gone(&self, now_ms: i64) -> bool {
        self.failed(now_ms, GONE);
        !std::mem::replace(&mut self.lock().is_gone, true)
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        // Nothing panics while the lock is held.
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why rows die at an endpoint that has answered 410.
pub(super) const GONE: &str = "HTTP status 410: the endpoint wants nothing more";
