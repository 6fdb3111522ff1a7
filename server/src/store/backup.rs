//! The rows that do not follow from the orders' events: beside the event logs, they are what a backup is made of.

use serde::{Deserialize, Serialize};

use super::read::after_or;
use super::rows::decode;
use super::{AnomalyRow, IdempotencyRow, OutboxRow, Store, StoreError, User, keys};
use crate::books::DayRow;

/// A row that only a backup can bring back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnRow {
    /// An anomaly of no order of ours.
    Anomaly(AnomalyRow),
    /// What an Idempotency-Key stands for.
    Idempotency(IdempotencyRow),
    /// A user.
    User(User),
    /// Something to tell the merchant's own system, waiting or given up.
    Outbox(OutboxRow),
    /// How a day's bill compared.
    Day(Box<DayRow>),
}

/// Kinds of such rows, by where they are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowKind {
    /// Anomalies.
    Anomaly,
    /// Idempotency-Keys.
    Idempotency,
    /// Users.
    User,
    /// What waits to be told.
    Waiting,
    /// What is not told any more.
    Dead,
    /// Days that were compared.
    Day,
}

/// Some rows, and where they end.
#[derive(Debug, Clone)]
pub struct OwnRows {
    /// The rows.
    pub rows: Vec<OwnRow>,
    /// Behind what to go on; `None` at the end.
    pub next: Option<Vec<u8>>,
}

impl RowKind {
    const fn prefix(self) -> &'static [u8] {
        match self {
            Self::Anomaly => keys::ANOMALIES,
            Self::Idempotency => keys::IDEMPOTENCY,
            Self::User => keys::USERS,
            Self::Waiting => keys::WAITING,
            Self::Dead => keys::DEAD,
            Self::Day => keys::DAYS,
        }
    }

    fn decode(self, bytes: &[u8]) -> Result<OwnRow, StoreError> {
        Ok(match self {
            Self::Anomaly => OwnRow::Anomaly(decode("anomaly", bytes)?),
            Self::Idempotency => OwnRow::Idempotency(decode("idempotency row", bytes)?),
            Self::User => OwnRow::User(decode("user", bytes)?),
            Self::Waiting | Self::Dead => OwnRow::Outbox(decode("outbox row", bytes)?),
            Self::Day => OwnRow::Day(decode("day", bytes)?),
        })
    }
}

impl dyn Store + '_ {
    /// Rows of one kind, of a merchant or of all, behind `after`.
    ///
    /// # Errors
    /// The store's.
    pub async fn own_rows(
        &self,
        kind: RowKind,
        merchant: Option<&str>,
        after: Option<Vec<u8>>,
        limit: usize,
    ) -> Result<OwnRows, StoreError> {
        let prefix = keys::of_merchant(kind.prefix(), merchant);
        let end = keys::behind(&prefix);
        let stored = self.rows(after_or(prefix, after), end, limit).await?;
        let next = stored.last().filter(|_| stored.len() == limit).map(|(key, _)| key.clone());
        let mut rows = Vec::with_capacity(stored.len());
        for (_, bytes) in &stored {
            let row = kind.decode(bytes)?;
            if !self.follows_from_an_order(&row).await? {
                rows.push(row);
            }
        }
        Ok(OwnRows { rows, next })
    }

    /// The anomalies of an order are in its events.
    async fn follows_from_an_order(&self, row: &OwnRow) -> Result<bool, StoreError> {
        let OwnRow::Anomaly(row) = row else { return Ok(false) };
        let order = self.order(&row.key).await?;
        Ok(order.is_some_and(|order| order.anomaly_by_id(&row.id).is_some()))
    }
}
