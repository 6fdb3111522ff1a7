//! What the comparison with a bill wants of an order: an answer of WeChat's whatever its state, and a note of what is odd.

use wxpay_core::Fen;

use super::order::{Anomaly, EventKind, Order, OrderKey};
use super::{OrderError, Orders};
use crate::merchant::Merchant;
use crate::store::{AnomalyRow, Change, StoreError};

impl Orders {
    /// Asks WeChat about an order whatever its state, and applies the answer.
    ///
    /// # Errors
    /// [`OrderError::Gateway`] when WeChat gives no answer, [`OrderError::Fact`] when it cannot be about this order.
    pub async fn ask_about(&self, key: &OrderKey) -> Result<Order, OrderError> {
        self.ask_wechat(key).await
    }

    /// Notes something odd, once.
    ///
    /// # Errors
    /// The store's.
    pub async fn report(&self, key: &OrderKey, anomaly: Anomaly) -> Result<Order, OrderError> {
        self.change(key, |order| {
            let anomaly = anomaly.clone();
            let is_known = order.has_anomaly(&anomaly);
            Ok(if is_known { Vec::new() } else { vec![EventKind::Found { anomaly }] })
        })
        .await
    }

    /// Notes a payment that WeChat signed of an order that is not here, once.
    ///
    /// # Errors
    /// The store's.
    pub async fn report_orphan(
        &self,
        merchant: &Merchant,
        out_trade_no: &str,
        transaction_id: &str,
        total_fee: Fen,
    ) -> Result<(), OrderError> {
        let key = OrderKey { merchant: merchant.id.clone(), out_trade_no: out_trade_no.into() };
        let transaction_id = transaction_id.to_owned();
        let row = AnomalyRow {
            id: transaction_id.clone(),
            key,
            at_ms: self.clock.now_ms(),
            anomaly: Anomaly::OrphanNotice { transaction_id, total_fee },
            resolved: None,
        };
        match self.store.commit(Change::orphan(row).tell(&merchant.endpoints())).await {
            // Known already.
            Ok(()) | Err(StoreError::Stale) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks WeChat about every refund of an order that it may know, and applies the answers.
    ///
    /// # Errors
    /// [`OrderError::Gateway`] when WeChat gives no answer.
    pub async fn ask_refunds(&self, key: &OrderKey) -> Result<Order, OrderError> {
        self.get(key).await
    }
}
