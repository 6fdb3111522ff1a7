//! Asking WeChat about a difference: its signed answer is applied like every other, and then the two are compared again.

use wxpay_core::Fen;
use wxpay_core::messages::order_query::Found;

use super::compare::{self, Claim};
use super::{Books, Difference, Outcome, ReconcileError};
use crate::gateway::GatewayError;
use crate::merchant::Merchant;
use crate::orders::{Anomaly, Order, OrderError, OrderKey};
use crate::store::Movement;

/// Where a difference was seen.
#[derive(Debug, Clone)]
pub(super) enum Candidate {
    /// On the bill.
    AtWeChat(Claim),
    /// In the store.
    Here(Movement),
}

impl Candidate {
    fn compare(&self, order: Option<&Order>) -> Option<Difference> {
        match self {
            Self::AtWeChat(claim) => claim.compare(order),
            Self::Here(movement) => order.and_then(|order| compare::only_here(movement, order)),
        }
    }

    /// The number of the refund it is about; a reversal is no refund.
    fn out_refund_no(&self) -> Option<&str> {
        match self {
            Self::AtWeChat(claim) => {
                let refund = claim.refund.as_ref().filter(|_| !claim.is_reversal());
                refund.map(|refund| refund.out_refund_no.as_str())
            }
            Self::Here(movement) => movement.out_refund_no.as_deref(),
        }
    }
}

impl Books {
    /// Asks WeChat, compares again, and reports what a person must look at.
    pub(super) async fn settle(
        &self,
        merchant: &Merchant,
        candidate: Candidate,
        before: Difference,
    ) -> Result<Difference, ReconcileError> {
        let Some(key) = self.order_of(merchant, &candidate).await? else {
            let outcome = self.report_orphan(merchant, &candidate).await?;
            return Ok(Difference { outcome, ..before });
        };
        match self.ask(&key, &candidate).await {
            Ok(()) => {}
            Err(error) if is_silence(&error) => {
                let OrderKey { merchant, out_trade_no } = &key;
                tracing::warn!(merchant, out_trade_no, %error, "could not ask about a difference");
                return Ok(Difference { outcome: Outcome::Unanswered, ..before });
            }
            Err(error) => return Err(error.into()),
        }
        let order = self.orders.get(&key).await?;
        let Some(after) = candidate.compare(Some(&order)) else {
            return Ok(Difference { outcome: Outcome::Healed, ..before });
        };
        if let Some(anomaly) = anomaly(&candidate, &order) {
            self.orders.report(&key, anomaly).await?;
        }
        Ok(after)
    }

    async fn order_of(
        &self,
        merchant: &Merchant,
        candidate: &Candidate,
    ) -> Result<Option<OrderKey>, ReconcileError> {
        let claim = match candidate {
            Candidate::AtWeChat(claim) => claim,
            Candidate::Here(movement) => return Ok(Some(movement.key.clone())),
        };
        if let Some(key) = self.store.order_of_payment(&claim.transaction_id).await? {
            return Ok(Some(key));
        }
        let out_trade_no = claim.out_trade_no.clone();
        let key = OrderKey { merchant: merchant.id.clone(), out_trade_no };
        Ok(self.store.order(&key).await?.map(|order| order.key))
    }

    async fn ask(&self, key: &OrderKey, candidate: &Candidate) -> Result<(), OrderError> {
        let asked = match candidate.out_refund_no() {
            // This asks about the order, too.
            Some(number) => self.orders.check_refund(key, number).await,
            None => self.orders.ask_wechat(key).await,
        };
        match asked {
            // WeChat does not know the refund, or knows another by its number: the difference remains.
            Ok(_) | Err(OrderError::NotFound | OrderError::RefundDiffers(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A payment of an order that is not here. The bill is not signed, so WeChat is asked before anybody is alarmed.
    async fn report_orphan(
        &self,
        merchant: &Merchant,
        candidate: &Candidate,
    ) -> Result<Outcome, ReconcileError> {
        let Candidate::AtWeChat(claim) = candidate else { return Ok(Outcome::Remains) };
        let number = &claim.out_trade_no;
        let payment = match self.gateway.order_query(merchant, merchant.sign_type, number).await {
            Ok(Found::Paid(_, payment)) if payment.transaction_id == claim.transaction_id => {
                payment
            }
            Ok(Found::Paid(..) | Found::Unpaid(_) | Found::UnknownState(_))
            | Err(
                GatewayError::Refused { .. }
                | GatewayError::Invalid(_)
                | GatewayError::NoCertificate,
            ) => {
                return Ok(Outcome::Remains);
            }
            Err(GatewayError::NotSent { .. } | GatewayError::Unknown(_)) => {
                return Ok(Outcome::Unanswered);
            }
        };
        self.orders.keep_orphan(merchant, number, &payment).await?;
        Ok(Outcome::Remains)
    }
}

/// Nothing is known to be wrong but that WeChat did not answer.
fn is_silence(error: &OrderError) -> bool {
    match error {
        OrderError::Gateway(error) => match error {
            GatewayError::NotSent { .. } | GatewayError::Unknown(_) => true,
            // It will say so again, and the difference remains.
            GatewayError::Invalid(_)
            | GatewayError::NoCertificate
            | GatewayError::Refused { .. } => false,
        },
        OrderError::NotFound
        | OrderError::Field { .. }
        | OrderError::Conflict(_)
        | OrderError::Refund(_)
        | OrderError::RefundDiffers(_)
        | OrderError::Store(_) => false,
    }
}

/// What a person must look at, in the words there are for it.
fn anomaly(candidate: &Candidate, order: &Order) -> Option<Anomaly> {
    let Candidate::AtWeChat(claim) = candidate else { return None };
    // Refunds that were made elsewhere are reported where refundquery's signed answer is applied.
    if claim.refund.is_some() {
        return None;
    }
    let payment = order.payment.as_ref()?;
    let (transaction_id, total_fee): (String, Fen) = (claim.transaction_id.clone(), claim.fee);
    Some(if payment.transaction_id == transaction_id {
        let fee_type = claim.fee_type.clone().unwrap_or_else(|| "CNY".into());
        Anomaly::AmountMismatch { transaction_id, total_fee, fee_type }
    } else {
        Anomaly::SecondPayment { transaction_id, total_fee }
    })
}
