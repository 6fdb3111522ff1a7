//! Orders that were paid although they were closed: paid back by rule, where the merchant wants that.

use std::sync::atomic::{AtomicI64, Ordering};

use wxpay_core::messages::TradeState;

use super::order::{Anomaly, Order};
use super::refund::NewRefund;
use super::{OrderError, Orders};
use crate::ambient::is_lately;
use crate::store::AnomalyRow;

/// Between two looks at the list.
const EVERY_MS: i64 = 60 * 1000;
/// What is older when the rule is switched on, a person has seen and may have delivered.
const FRESH_MS: i64 = 24 * 60 * 60 * 1000;
const PAGE: usize = 100;

/// The rule, and when it was looked after last.
#[derive(Debug, Default)]
pub(super) struct LatePayments {
    is_on: bool,
    looked_ms: AtomicI64,
}

impl Orders {
    /// From now on, an order that was paid although it was closed is paid back in full.
    #[must_use]
    pub fn refunding_late_payments(mut self, is_on: bool) -> Self {
        self.late = LatePayments { is_on, looked_ms: AtomicI64::new(0) };
        self
    }

    /// Pays back what came too late. What follows from the list alone survives any restart.
    pub(super) async fn refund_late_payments(&self) {
        let now_ms = self.clock.now_ms();
        let looked_ms = self.late.looked_ms.load(Ordering::SeqCst);
        if !self.late.is_on || is_lately(looked_ms, EVERY_MS, now_ms) {
            return;
        }
        self.late.looked_ms.store(now_ms, Ordering::SeqCst);
        for merchant in self.merchants.iter() {
            let mut after: Option<String> = None;
            loop {
                let page = self.anomalies(&merchant.id, true, after.as_deref(), PAGE).await;
                let page = match page {
                    Ok(page) => page,
                    Err(error) => {
                        tracing::warn!(merchant = merchant.id, %error, "could not read anomalies");
                        break;
                    }
                };
                for row in page.anomalies.iter().filter(|row| now_ms - row.at_ms < FRESH_MS) {
                    if let Err(error) = self.refund_late_payment(row).await {
                        let (merchant, id) = (&merchant.id, &row.id);
                        tracing::warn!(merchant, id, %error, "could not refund by rule");
                    }
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
    }

    async fn refund_late_payment(&self, row: &AnomalyRow) -> Result<(), OrderError> {
        let Anomaly::PaidAfterClose { transaction_id } = &row.anomaly else { return Ok(()) };
        let order = self.get(&row.key).await?;
        // Always the same number: however often this is begun, it is one refund.
        let number = format!("late-{transaction_id}");
        let order = match order.refund(&number) {
            Some(_) => order,
            None if is_untouched(&order) => {
                let new = NewRefund {
                    out_refund_no: Some(number.clone()),
                    refund_fee: order.terms.total_fee,
                    total_fee: None,
                    refund_desc: Some("订单已关闭,自动退款".into()),
                    refund_account: None,
                };
                self.refund(&row.key, new, None).await?.order
            }
            // Somebody has begun to deal with it.
            None => return Ok(()),
        };
        // Until WeChat has taken it on, and when WeChat refuses, the anomaly stays where a person sees it.
        if order.refund(&number).is_some_and(|refund| refund.refund_id.is_some()) {
            let note = format!("refunded by rule: {number}");
            self.resolve(&row.key.merchant, &row.id, &note).await?;
        }
        Ok(())
    }
}

/// Nothing was paid back, and nothing is about to be.
fn is_untouched(order: &Order) -> bool {
    order.trade_state == TradeState::Success && order.refundable() == order.terms.total_fee
}
