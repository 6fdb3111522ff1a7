//! The Idempotency-Key of a request: the same key for the same request finds what the first one made.

use super::order::OrderKey;
use super::{Conflict, OrderError, Orders};
use crate::merchant::Merchant;
use crate::store::IdempotencyRow;

/// The Idempotency-Key of a request, and what the request was.
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// The key.
    pub key: String,
    /// SHA-256 of the body, hex.
    pub body_hash: String,
}

impl Idempotency {
    /// What the key stands for from now on.
    pub(super) fn row(&self, order: &OrderKey, out_refund_no: Option<&str>) -> IdempotencyRow {
        IdempotencyRow {
            merchant: order.merchant.clone(),
            key: self.key.clone(),
            body_hash: self.body_hash.clone(),
            out_trade_no: order.out_trade_no.clone(),
            out_refund_no: out_refund_no.map(Into::into),
        }
    }
}

impl Orders {
    /// What the key stands for already.
    ///
    /// # Errors
    /// [`Conflict::KeyUsed`] when that was another request.
    pub(super) async fn made_by_key(
        &self,
        merchant: &Merchant,
        idempotency: Option<&Idempotency>,
    ) -> Result<Option<IdempotencyRow>, OrderError> {
        let Some(Idempotency { key, body_hash }) = idempotency else { return Ok(None) };
        match self.store.idempotency(&merchant.id, key).await? {
            Some(row) if row.body_hash != *body_hash => {
                Err(OrderError::Conflict(Conflict::KeyUsed))
            }
            row => Ok(row),
        }
    }
}
