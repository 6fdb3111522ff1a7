//! A refund notice is encrypted, not signed: a hint. It makes us ask, and is taken when what WeChat has confirmed, and
//! we have recorded, is what it says.

use wxpay_core::messages::refund::RefundStatus;
use wxpay_core::messages::refund_notice::RefundNotice;

use super::look::Look;
use crate::orders::order::{Anomaly, Order, OrderKey};
use crate::orders::{OrderError, Orders};

/// What came of a refund notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noticed {
    /// What it says is on record.
    Confirmed,
    /// WeChat does not confirm it (yet): let it be sent again.
    Unconfirmed,
}

impl Orders {
    /// Handles what a refund notice says. Waits for nobody who is sending: WeChat may send the notice before it has
    /// answered the refund.
    ///
    /// # Errors
    /// [`OrderError::NotFound`] for an order that is not here; [`OrderError::Gateway`] when WeChat gives no answer.
    pub async fn refund_noticed(
        &self,
        merchant: &str,
        notice: &RefundNotice,
    ) -> Result<Noticed, OrderError> {
        let out_trade_no = notice.out_trade_no.clone();
        let key = OrderKey { merchant: merchant.into(), out_trade_no };
        let order = self.get(&key).await?;
        if is_on_record(&order, notice) {
            return Ok(Noticed::Confirmed);
        }
        let order = match self.look(&order, &notice.out_refund_no).await {
            Ok(Look::Known(order)) => *order,
            Ok(Look::Missing | Look::Differs(..)) => return Ok(Noticed::Unconfirmed),
            Err(error) => {
                self.ask_soon(&order);
                return Err(error);
            }
        };
        if is_on_record(&order, notice) || is_foreign_on_record(&order, notice) {
            Ok(Noticed::Confirmed)
        } else {
            self.ask_soon(&order);
            Ok(Noticed::Unconfirmed)
        }
    }
}

/// Every number and amount is that of our refund, and the refund has come to an end. A notice that says less than we
/// know is late.
fn is_on_record(order: &Order, notice: &RefundNotice) -> bool {
    let Some(refund) = order.refund(&notice.out_refund_no) else { return false };
    let has_ended = match refund.refund_status {
        Some(RefundStatus::Success | RefundStatus::RefundClose) => true,
        Some(RefundStatus::Change) => notice.status == Ok(RefundStatus::Change),
        Some(RefundStatus::Processing) | None => false,
    };
    has_ended
        && is_of_order(order, notice)
        && refund.refund_id.as_ref() == Some(&notice.refund_id)
        && refund.terms.refund_fee == notice.refund_fee
}

/// It was made by others and is known as such, or it pays nothing back.
fn is_foreign_on_record(order: &Order, notice: &RefundNotice) -> bool {
    let anomaly = Anomaly::ForeignRefund {
        out_refund_no: notice.out_refund_no.clone(),
        refund_id: notice.refund_id.clone(),
        refund_fee: notice.refund_fee,
    };
    let pays_nothing = order.refund(&notice.out_refund_no).is_none()
        && notice.status == Ok(RefundStatus::RefundClose);
    is_of_order(order, notice) && (order.has_anomaly(&anomaly) || pays_nothing)
}

fn is_of_order(order: &Order, notice: &RefundNotice) -> bool {
    let payment = order.payment.as_ref();
    payment.is_some_and(|payment| payment.transaction_id == notice.transaction_id)
        && order.key.out_trade_no == notice.out_trade_no
        && order.terms.total_fee == notice.total_fee
}
