//! A turn of one endpoint: everything that is due is sent, some at a time, an order's messages one after another.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;

use super::endpoint::{Endpoint, GONE};
use super::payload::{self, PayloadError};
use super::schedule::{retry_after_s, wait_ms};
use super::send::{Failure, Message, Outcome};
use super::{Outbox, OutboxRow};
use crate::store::{Change, StoreError};

/// Rows in memory at a time, for one endpoint, however many wait.
const PAGE: usize = 256;
/// A result is written down again and again while the store is busy: else the message would be sent again for nothing.
const WRITES: usize = 100;
const WRITE_PAUSE: Duration = Duration::from_millis(50);

/// What is in memory during a turn.
#[derive(Default)]
struct Turn {
    queue: VecDeque<OutboxRow>,
    /// Orders with a message under way, and which.
    busy: HashMap<String, String>,
    /// Rows that were sent and could not be moved: not again in this turn.
    held: HashSet<String>,
}

/// A row whose attempt is over.
struct Done {
    row: OutboxRow,
    is_moved: bool,
}

impl Outbox {
    /// Sends what is due, until nothing more is or `stopped`; says how many attempts that took.
    pub(super) async fn turn(&self, endpoint: &Endpoint, stopped: &watch::Receiver<bool>) -> usize {
        let _alone = endpoint.turn.lock().await;
        let Some(mut bell) = self.bells.listen(&endpoint.merchant) else { return 0 };
        let mut turn = Turn::default();
        let mut under_way = FuturesUnordered::new();
        let mut attempts = 0;
        loop {
            let mut is_fresh = false;
            while under_way.len() < self.sender.max_in_flight && !*stopped.borrow() {
                if let Some(row) = turn.take() {
                    under_way.push(self.attempt(endpoint, row));
                    attempts += 1;
                } else if is_fresh {
                    break;
                } else {
                    turn.fill(self.due(endpoint).await);
                    is_fresh = true;
                }
            }
            tokio::select! {
                done = under_way.next() => match done {
                    Some(done) => turn.finish(done),
                    None => return attempts,
                },
                // More to tell, while something else is under way. An error cannot be: the bells are ours.
                _ = bell.changed() => {}
            }
        }
    }

    async fn due(&self, endpoint: &Endpoint) -> Vec<OutboxRow> {
        let now_ms = self.clock.now_ms();
        let (merchant, id) = (&endpoint.merchant, &endpoint.webhook.id);
        match self.store.outbox(merchant, id, now_ms, PAGE).await {
            Ok(rows) => rows,
            Err(error) => {
                tracing::warn!(merchant, endpoint = id, %error, "could not read what waits");
                Vec::new()
            }
        }
    }

    async fn attempt(&self, endpoint: &Endpoint, row: OutboxRow) -> Done {
        let is_moved = match self.next(endpoint, &row).await {
            Ok(next) => self.write_down(&row, next).await,
            Err(error) => {
                let (endpoint, id) = (&row.endpoint, row.logged_id());
                tracing::warn!(endpoint, id, %error, "could not read an event");
                false
            }
        };
        Done { row, is_moved }
    }

    /// Sends a row; says what becomes of it: nothing more (`None`), later, or dead.
    async fn next(
        &self,
        endpoint: &Endpoint,
        row: &OutboxRow,
    ) -> Result<Option<OutboxRow>, StoreError> {
        if endpoint.is_gone() {
            return Ok(Some(dead(row, GONE.into())));
        }
        let body = match payload::of_row(&*self.store, row).await {
            Ok(body) => body,
            Err(PayloadError::Missing) => {
                return Ok(Some(dead(row, "its event is not on record".into())));
            }
            Err(PayloadError::Store(error)) => return Err(error),
        };
        let timestamp_s = self.clock.now_ms().div_euclid(1_000);
        let message = Message { id: &row.id, timestamp_s, body: &body };
        let outcome = self.sender.send(&endpoint.webhook, message).await;
        Ok(self.judge(endpoint, row, outcome))
    }

    fn judge(&self, endpoint: &Endpoint, row: &OutboxRow, outcome: Outcome) -> Option<OutboxRow> {
        let now_ms = self.clock.now_ms();
        let (merchant, name, id) = (&endpoint.merchant, &endpoint.webhook.id, row.logged_id());
        match outcome {
            Outcome::Delivered(status) => {
                endpoint.succeeded(now_ms);
                tracing::debug!(merchant, endpoint = name, id, status, "webhook delivered");
                None
            }
            Outcome::Gone => {
                if endpoint.gone(now_ms) {
                    tracing::error!(
                        merchant,
                        endpoint = name,
                        id,
                        "webhook endpoint disabled: {GONE}"
                    );
                }
                Some(dead(row, GONE.into()))
            }
            Outcome::Failed(failure) => {
                let reason = failure.to_string();
                endpoint.failed(now_ms, &reason);
                let row = self.later(row, &failure, &reason, now_ms);
                let attempts = row.attempts;
                if row.dead.is_some() {
                    tracing::error!(
                        merchant,
                        endpoint = name,
                        id,
                        attempts,
                        reason,
                        "webhook dead"
                    );
                } else {
                    let wait_s = (row.next_ms - now_ms) / 1_000;
                    tracing::warn!(
                        merchant,
                        endpoint = name,
                        id,
                        attempts,
                        reason,
                        wait_s,
                        "webhook not taken"
                    );
                }
                Some(row)
            }
        }
    }

    fn later(&self, row: &OutboxRow, failure: &Failure, reason: &str, now_ms: i64) -> OutboxRow {
        let attempts = row.attempts.saturating_add(1);
        let retry_after_s = match failure {
            Failure::Status { retry_after: Some(value), .. } => retry_after_s(value, now_ms),
            Failure::Status { retry_after: None, .. }
            | Failure::Timeout
            | Failure::OutOfReach(_)
            | Failure::Broken(_) => None,
        };
        match wait_ms(attempts, retry_after_s, &self.nonces.nonce()) {
            Some(wait_ms) => OutboxRow { attempts, next_ms: now_ms + wait_ms, ..row.clone() },
            None => OutboxRow { attempts, ..dead(row, reason.into()) },
        }
    }

    /// Says whether the row is not where it was.
    async fn write_down(&self, row: &OutboxRow, next: Option<OutboxRow>) -> bool {
        for _ in 0..WRITES {
            match self.store.commit(Change::move_outbox(row, next.clone())).await {
                Ok(()) | Err(StoreError::Stale) => return true,
                Err(StoreError::Busy) => tokio::time::sleep(WRITE_PAUSE).await,
                Err(error @ (StoreError::Failed { .. } | StoreError::Damaged { .. })) => {
                    tracing::warn!(id = row.logged_id(), %error, "could not write down an attempt");
                    return false;
                }
            }
        }
        tracing::warn!(id = row.logged_id(), "could not write down an attempt: the store is busy");
        false
    }
}

impl Turn {
    /// What is under way is still in the store, too.
    fn fill(&mut self, mut rows: Vec<OutboxRow>) {
        rows.retain(|row| self.busy.get(&row.key.out_trade_no) != Some(&row.id));
        self.queue = rows.into();
    }

    /// The first row whose order has nothing under way.
    fn take(&mut self) -> Option<OutboxRow> {
        let is_free = |row: &OutboxRow| {
            !self.busy.contains_key(&row.key.out_trade_no) && !self.held.contains(&row.id)
        };
        let row = self.queue.iter().position(is_free).and_then(|at| self.queue.remove(at))?;
        self.busy.insert(row.key.out_trade_no.clone(), row.id.clone());
        Some(row)
    }

    fn finish(&mut self, done: Done) {
        self.busy.remove(&done.row.key.out_trade_no);
        if !done.is_moved {
            self.held.insert(done.row.id);
        }
    }
}

fn dead(row: &OutboxRow, reason: String) -> OutboxRow {
    OutboxRow { dead: Some(reason), ..row.clone() }
}
