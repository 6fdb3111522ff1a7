//! The typed reading of the rows beside the orders: methods of every store.

use serde::de::DeserializeOwned;

use super::rows::{AnomalyRow, IdempotencyRow, Movement, OutboxRow, User, decode};
use super::{Store, StoreError, keys};
use crate::books::{Day, DayRow};
use crate::orders::OrderKey;

impl dyn Store + '_ {
    /// What an Idempotency-Key of this merchant created.
    ///
    /// # Errors
    /// The store's.
    pub async fn idempotency(&self, merchant: &str, key: &str) -> Found<IdempotencyRow> {
        self.typed("idempotency row", keys::idempotency(merchant, key)).await
    }

    /// A user of a merchant's mini program.
    ///
    /// # Errors
    /// The store's.
    pub async fn user(&self, merchant: &str, openid: &str) -> Found<User> {
        self.typed("user", keys::user(merchant, openid)).await
    }

    /// The order that a payment belongs to.
    ///
    /// # Errors
    /// The store's.
    pub async fn order_of_payment(&self, transaction_id: &str) -> Found<OrderKey> {
        self.typed("order key", keys::transaction(transaction_id)).await
    }

    /// The order that a refund belongs to.
    ///
    /// # Errors
    /// The store's.
    pub async fn order_of_refund(&self, merchant: &str, out_refund_no: &str) -> Found<OrderKey> {
        self.typed("order key", keys::refund(merchant, out_refund_no)).await
    }

    /// An anomaly by its id.
    ///
    /// # Errors
    /// The store's.
    pub async fn anomaly(&self, merchant: &str, id: &str) -> Found<AnomalyRow> {
        self.typed("anomaly", keys::anomaly(merchant, id)).await
    }

    /// A merchant's anomalies, by id, behind `after`.
    ///
    /// # Errors
    /// The store's.
    pub async fn anomalies(
        &self,
        merchant: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<AnomalyRow>, StoreError> {
        let after = after.map(|id| keys::anomaly(merchant, id));
        self.list("anomaly", keys::anomaly(merchant, ""), after, None, limit).await
    }

    /// What waits for one endpoint and was due before `until_ms`, the longest due first.
    ///
    /// # Errors
    /// The store's.
    pub async fn outbox(
        &self,
        merchant: &str,
        endpoint: &str,
        until_ms: i64,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let prefix = keys::outbox_prefix(merchant, endpoint, false);
        let end = keys::outbox_until(merchant, endpoint, until_ms);
        self.list("outbox row", prefix, None, Some(end), limit).await
    }

    /// What will not be sent to an endpoint any more, oldest first, behind `after`.
    ///
    /// # Errors
    /// The store's.
    pub async fn dead_letters(
        &self,
        merchant: &str,
        endpoint: &str,
        after: Option<&OutboxRow>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let prefix = keys::outbox_prefix(merchant, endpoint, true);
        self.list("outbox row", prefix, after.map(keys::outbox), None, limit).await
    }

    /// How many rows wait for an endpoint, or are not sent to it any more.
    ///
    /// # Errors
    /// The store's.
    pub async fn count_outbox(
        &self,
        merchant: &str,
        endpoint: &str,
        dead: bool,
    ) -> Result<u64, StoreError> {
        const PAGE: usize = 1_000;
        let prefix = keys::outbox_prefix(merchant, endpoint, dead);
        let (end, mut from) = (keys::behind(&prefix), prefix);
        let mut count = 0;
        loop {
            let page = self.rows(from, end.clone(), PAGE).await?;
            count += page.len() as u64;
            match page.last() {
                Some((last, _)) if page.len() == PAGE => from = keys::right_behind(last),
                Some(_) | None => return Ok(count),
            }
        }
    }

    /// Payments and refunds of a merchant from `from_ms` until before `to_ms`, by time, behind `after`.
    ///
    /// # Errors
    /// The store's.
    pub async fn movements(
        &self,
        merchant: &str,
        from_ms: i64,
        to_ms: i64,
        after: Option<&Movement>,
        limit: usize,
    ) -> Result<Vec<Movement>, StoreError> {
        let from = keys::movements_from(merchant, from_ms);
        let end = keys::movements_from(merchant, to_ms);
        let after = after.map(keys::movement);
        self.list("movement", from, after, Some(end), limit).await
    }

    /// How a day's bill compared.
    ///
    /// # Errors
    /// The store's.
    pub async fn day(&self, merchant: &str, date: Day) -> Found<DayRow> {
        self.typed("day", keys::day(merchant, date)).await
    }

    /// The days from `from` until `to`, both included, that were compared.
    ///
    /// # Errors
    /// The store's.
    pub async fn days(
        &self,
        merchant: &str,
        from: Day,
        to: Day,
    ) -> Result<Vec<DayRow>, StoreError> {
        let (from, end) = (keys::day(merchant, from), keys::day(merchant, to.back(-1)));
        self.list("day", from, None, Some(end), usize::MAX).await
    }

    /// When the merchant's first order was created, milliseconds since 1970.
    ///
    /// # Errors
    /// The store's.
    pub async fn first_order_ms(&self, merchant: &str) -> Found<i64> {
        let prefix = keys::created_prefix(merchant);
        let end = keys::behind(&prefix);
        let rows = self.rows(prefix, end, 1).await?;
        Ok(rows.first().and_then(|(key, _)| keys::created_ms(merchant, key)))
    }

    async fn typed<T: DeserializeOwned>(&self, what: &'static str, key: Vec<u8>) -> Found<T> {
        let bytes = self.row(&key).await?;
        bytes.map(|bytes| decode(what, &bytes)).transpose()
    }

    async fn list<T: DeserializeOwned>(
        &self,
        what: &'static str,
        from: Vec<u8>,
        after: Option<Vec<u8>>,
        end: Option<Vec<u8>>,
        limit: usize,
    ) -> Result<Vec<T>, StoreError> {
        let end = end.unwrap_or_else(|| keys::behind(&from));
        let rows = self.rows(after_or(from, after), end, limit).await?;
        rows.iter().map(|(_, bytes)| decode(what, bytes)).collect()
    }
}

type Found<T> = Result<Option<T>, StoreError>;

/// Where a scan begins: at its beginning, or right behind the last row of the page before.
pub(super) fn after_or(beginning: Vec<u8>, after: Option<Vec<u8>>) -> Vec<u8> {
    after.map_or(beginning, |key| keys::right_behind(&key))
}
