//! Asking what has become of refunds, and applying the answer.

use wxpay_core::messages::TradeState;
use wxpay_core::messages::refund_query::{By, Found};

use super::apply::{RefundDiffersError, RefundReport, apply_refund};
use crate::orders::apply::Verdict;
use crate::orders::order::{EventKind, Order, OrderKey};
use crate::orders::{OrderError, Orders};

/// Pages of an order's refunds: more than WeChat allows refunds.
const MAX_PAGES: usize = 8;

/// What refundquery said, after it was applied.
pub(super) enum Look {
    /// WeChat knows the refund, and so do we.
    Known(Box<Order>),
    /// WeChat does not know it.
    Missing,
    /// WeChat knows another refund by this number.
    Differs(Box<RefundReport>, RefundDiffersError),
}

impl Orders {
    /// Asks WeChat what has become of a refund, whoever made it, and applies the answer.
    ///
    /// # Errors
    /// [`OrderError::NotFound`] when WeChat does not know it; [`OrderError::RefundDiffers`] when what WeChat knows by
    /// this number is another refund; [`OrderError::Gateway`] when WeChat gives no answer. The order is unchanged then.
    pub async fn check_refund(
        &self,
        key: &OrderKey,
        out_refund_no: &str,
    ) -> Result<Order, OrderError> {
        let order = self.get(key).await?;
        match self.look(&order, out_refund_no).await? {
            Look::Known(order) => Ok(*order),
            Look::Missing => Err(OrderError::NotFound),
            Look::Differs(_, error) => Err(OrderError::RefundDiffers(error)),
        }
    }

    /// Sends refundquery and applies the answer. The order's own state is asked for first, so that it cannot stay
    /// behind when the refund has come to its end and nobody looks any more.
    pub(super) async fn look(
        &self,
        order: &Order,
        out_refund_no: &str,
    ) -> Result<Look, OrderError> {
        let merchant = self.merchant(order)?;
        let by = By::OutRefundNo(out_refund_no);
        let found = self.gateway.refund_query(merchant, order.sign_type, by, 0).await?;
        let Found::Page(mut page) = found else { return Ok(Look::Missing) };
        let Some(record) = page.refunds.pop() else {
            // Neither a record nor REFUNDNOTEXIST: no answer to go by.
            tracing::warn!(out_refund_no, "refundquery shows no refund");
            return Ok(Look::Known(Box::new(order.clone())));
        };
        if let Err(word) = &record.status {
            tracing::warn!(out_refund_no, word, "unknown refund_status");
            return Ok(Look::Known(Box::new(order.clone())));
        }
        let report = RefundReport::of(&page, record);
        if report.out_trade_no == order.key.out_trade_no {
            self.follow(order).await?;
        }
        match self.apply_report(&order.key, &report).await {
            Ok(order) => Ok(Look::Known(Box::new(order))),
            Err(OrderError::RefundDiffers(error)) => {
                let OrderKey { merchant, out_trade_no } = &order.key;
                tracing::error!(merchant, out_trade_no, out_refund_no, %error, "refund differs");
                Ok(Look::Differs(Box::new(report), error))
            }
            Err(error) => Err(error),
        }
    }

    async fn apply_report(
        &self,
        key: &OrderKey,
        report: &RefundReport,
    ) -> Result<Order, OrderError> {
        self.change(key, |order| events(apply_refund(order, report.clone()))).await
    }

    /// The order cannot be paid back as we think: perhaps others did. Lists all its refunds and applies them.
    pub(super) async fn find_foreign(&self, order: &Order) -> Result<(), OrderError> {
        let merchant = self.merchant(order)?;
        let (key, mut offset) = (&order.key, 0);
        self.follow(order).await?;
        for _ in 0..MAX_PAGES {
            let by = By::OutTradeNo(&key.out_trade_no);
            let found = self.gateway.refund_query(merchant, order.sign_type, by, offset).await?;
            let Found::Page(page) = found else { return Ok(()) };
            for record in page.refunds.iter().cloned() {
                let report = RefundReport::of(&page, record);
                match self.apply_report(key, &report).await {
                    Ok(_) => {}
                    Err(OrderError::RefundDiffers(error)) => {
                        tracing::warn!(out_trade_no = key.out_trade_no, %error, "a refund differs");
                    }
                    Err(error) => return Err(error),
                }
            }
            match page.next_offset(offset) {
                Some(next) => offset = next,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    /// An order with a refund is in state REFUND as soon as WeChat says so; until then it is asked.
    pub(super) async fn follow(&self, order: &Order) -> Result<Order, OrderError> {
        match order.trade_state {
            TradeState::Refund | TradeState::Revoked => Ok(order.clone()),
            TradeState::Success
            | TradeState::NotPay
            | TradeState::Closed
            | TradeState::UserPaying
            | TradeState::PayError => self.ask_wechat(&order.key).await,
        }
    }
}

pub(super) fn events(
    verdict: Result<Verdict, RefundDiffersError>,
) -> Result<Vec<EventKind>, OrderError> {
    match verdict.map_err(OrderError::RefundDiffers)? {
        Verdict::News(events) => Ok(events),
        Verdict::NoNews => Ok(Vec::new()),
    }
}
