//! What a merchant asks of its endpoints: how they do, what is dead, send it again, try one now.

use std::time::Duration;

use tokio::time::timeout;

use super::endpoint::{Endpoint, Standing};
use super::payload;
use super::send::{Failure, Message, Outcome};
use super::{Outbox, OutboxRow};
use crate::merchant::Webhook;
use crate::store::{Change, StoreError};

/// Dead letters read at a time.
const PAGE: usize = 256;
/// Somebody waits for the answer to a test.
const PING: Duration = Duration::from_secs(10);

/// How an endpoint does.
#[derive(Debug)]
pub struct EndpointStatus<'a> {
    /// Its configuration.
    pub webhook: &'a Webhook,
    /// Messages that will be sent.
    pub waiting: u64,
    /// Messages that will not.
    pub dead: u64,
    /// How it has done since the server started.
    pub standing: Standing,
}

/// What became of a test message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PingResult {
    /// Whether it was taken.
    pub is_delivered: bool,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Why it was not taken.
    pub reason: Option<String>,
}

/// Why there is nothing to show or do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LetterError {
    /// The merchant has no such endpoint.
    NoEndpoint,
    /// No dead letter has this id.
    NoLetter,
    /// The store's.
    Store(StoreError),
}

impl Outbox {
    /// The merchant's endpoints. Counts every waiting row, so this takes a while when there are millions.
    ///
    /// # Errors
    /// The store's.
    pub async fn status(&self, merchant: &str) -> Result<Vec<EndpointStatus<'_>>, LetterError> {
        let mut all = Vec::new();
        for endpoint in self.endpoints.iter().filter(|endpoint| endpoint.merchant == merchant) {
            let webhook = &endpoint.webhook;
            let waiting = self.store.count_outbox(merchant, &webhook.id, false).await?;
            let dead = self.store.count_outbox(merchant, &webhook.id, true).await?;
            all.push(EndpointStatus { webhook, waiting, dead, standing: endpoint.standing() });
        }
        Ok(all)
    }

    /// What is not sent any more, oldest first, behind `after`.
    ///
    /// # Errors
    /// [`LetterError::NoEndpoint`], or the store's.
    pub async fn dead(
        &self,
        merchant: &str,
        endpoint: &str,
        after: Option<&OutboxRow>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, LetterError> {
        let endpoint = self.endpoint(merchant, endpoint)?;
        Ok(self.store.dead_letters(merchant, &endpoint.webhook.id, after, limit).await?)
    }

    /// Dead letters wait again, from the first attempt on: one, or all that there are now. Says how many.
    ///
    /// # Errors
    /// [`LetterError`].
    pub async fn replay(
        &self,
        merchant: &str,
        endpoint: &str,
        id: Option<&str>,
    ) -> Result<usize, LetterError> {
        let endpoint = self.endpoint(merchant, endpoint)?;
        endpoint.is_back();
        let mut count = 0;
        let mut after: Option<OutboxRow> = None;
        loop {
            let name = &endpoint.webhook.id;
            let page = self.store.dead_letters(merchant, name, after.as_ref(), PAGE).await?;
            for row in page.iter().filter(|row| id.is_none_or(|id| row.id == id)) {
                count += usize::from(self.revive(row).await?);
            }
            // One page after another, never back: what dies again meanwhile is not sent round and round.
            let is_last = page.len() < PAGE || (id.is_some() && count > 0);
            after = page.into_iter().next_back();
            if is_last {
                break;
            }
        }
        if id.is_some() && count == 0 {
            return Err(LetterError::NoLetter);
        }
        self.bells.ring(merchant);
        Ok(count)
    }

    /// Sends a signed message of type `ping` now.
    ///
    /// # Errors
    /// [`LetterError::NoEndpoint`].
    pub async fn ping(&self, merchant: &str, endpoint: &str) -> Result<PingResult, LetterError> {
        let endpoint = self.endpoint(merchant, endpoint)?;
        let now_ms = self.clock.now_ms();
        let id = format!("{merchant}:ping:{}", self.nonces.nonce());
        let body = payload::ping(&id, merchant, &endpoint.webhook.id, now_ms);
        let message = Message { id: &id, timestamp_s: now_ms.div_euclid(1_000), body: &body };
        let sent = timeout(PING, self.sender.send(&endpoint.webhook, message)).await;
        let outcome = sent.unwrap_or(Outcome::Failed(Failure::Timeout));
        Ok(match outcome {
            Outcome::Delivered(status) => {
                endpoint.succeeded(self.clock.now_ms());
                endpoint.is_back();
                PingResult { is_delivered: true, status: Some(status), reason: None }
            }
            Outcome::Gone => {
                let reason = Some("HTTP status 410".into());
                PingResult { is_delivered: false, status: Some(410), reason }
            }
            Outcome::Failed(failure) => {
                let status = match &failure {
                    Failure::Status { status, .. } => Some(*status),
                    Failure::Timeout | Failure::OutOfReach(_) | Failure::Broken(_) => None,
                };
                PingResult { is_delivered: false, status, reason: Some(failure.to_string()) }
            }
        })
    }

    fn endpoint(&self, merchant: &str, id: &str) -> Result<&Endpoint, LetterError> {
        let wanted =
            |endpoint: &&Endpoint| endpoint.merchant == merchant && endpoint.webhook.id == id;
        self.endpoints.iter().find(wanted).ok_or(LetterError::NoEndpoint)
    }

    /// Says whether it was still dead.
    async fn revive(&self, row: &OutboxRow) -> Result<bool, StoreError> {
        let next_ms = self.clock.now_ms();
        let again = OutboxRow { attempts: 0, next_ms, dead: None, ..row.clone() };
        match self.store.commit(Change::move_outbox(row, Some(again))).await {
            Ok(()) => Ok(true),
            Err(StoreError::Stale) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl From<StoreError> for LetterError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
