//! What becomes of a refund that is recorded: send, ask, apply; whatever stays open is taken up by the sweep.

use wxpay_core::messages::ErrCode;
use wxpay_core::messages::TradeState;
use wxpay_core::messages::refund::{Accepted, Refusal, refusal};
use wxpay_core::messages::refund_query::{By, Found};
use wxpay_core::messages::reply::ReplyError;

use super::apply::{
    RefundDiffersError, RefundReport, accept, apply_refund, delay, foreign_anomaly, refuse,
};
use super::turns::Last;
use crate::gateway::{Doubt, GatewayError};
use crate::orders::apply::Verdict;
use crate::orders::order::{EventKind, Order, OrderKey, Refund, Refused};
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
    /// [`OrderError::NotFound`] when WeChat does not know it; [`OrderError::RefundDiffers`] when what WeChat knows by this number
    /// is another refund; [`OrderError::Gateway`] when WeChat gives no answer. The order is unchanged then.
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

    /// Goes on with every refund of an order that is still pending.
    pub(in crate::orders) async fn settle_refunds(&self, order: &Order) -> Result<(), OrderError> {
        let mut outcome = Ok(());
        for refund in order.refunds.iter().filter(|refund| refund.is_pending()) {
            let settled = self.settle_refund(&order.key, &refund.terms.out_refund_no, true).await;
            if let Err(error) = settled {
                outcome = Err(error);
            }
        }
        outcome
    }

    /// Goes on with one refund: asks about it when something may have been sent, and sends it (again, the same) when
    /// WeChat does not know it.
    pub(super) async fn settle_refund(
        &self,
        key: &OrderKey,
        out_refund_no: &str,
        ask_first: bool,
    ) -> Result<Order, OrderError> {
        let mut turn = self.turns.take(key, self.clock.now_ms()).await;
        let order = self.get(key).await?;
        let Some(refund) = order.refund(out_refund_no).filter(|refund| refund.is_pending()) else {
            return Ok(order);
        };
        let is_accepted = refund.refund_id.is_some();
        if ask_first || is_accepted {
            match self.look(&order, out_refund_no).await? {
                Look::Known(order) => return Ok(*order),
                Look::Missing if is_accepted => {
                    tracing::error!(
                        out_refund_no,
                        "WeChat accepted this refund and does not know it"
                    );
                    return Ok(order);
                }
                Look::Differs(_, error) if is_accepted => {
                    return Err(OrderError::RefundDiffers(error));
                }
                // The same once more does no harm, and WeChat says what is wrong with it.
                Look::Missing | Look::Differs(..) => {}
            }
        }
        self.send_refund(&order, refund, &mut turn).await
    }

    async fn send_refund(
        &self,
        order: &Order,
        refund: &Refund,
        turn: &mut Last,
    ) -> Result<Order, OrderError> {
        let (no, now_ms) = (&refund.terms.out_refund_no, self.clock.now_ms());
        let is_due = order
            .refund_times()
            .any(|(at_ms, other)| other.terms.out_refund_no == *no && at_ms <= now_ms);
        if !is_due || !turn.allows(no, now_ms) {
            return Ok(order.clone());
        }
        turn.sends(no, now_ms);
        let merchant = self.merchant(order)?;
        let request = order.refund_request(&refund.terms);
        match self.gateway.refund(merchant, order.sign_type, &request).await {
            Ok(accepted) => self.accepted(order, no, &accepted).await,
            Err(error) => match said(&error) {
                Some((code, refused)) => self.refused(order, no, code, refused, turn).await,
                None => Err(error.into()),
            },
        }
    }

    async fn accepted(
        &self,
        order: &Order,
        no: &str,
        accepted: &Accepted,
    ) -> Result<Order, OrderError> {
        let key = &order.key;
        let order = self.change(key, |order| events(accept(order, no, accepted))).await?;
        let OrderKey { merchant, out_trade_no } = key;
        let refund_id = &accepted.refund_id;
        tracing::info!(merchant, out_trade_no, out_refund_no = no, refund_id, "refund accepted");
        match self.follow(&order).await {
            Ok(order) => Ok(order),
            // The refund stands; the sweep asks again.
            Err(OrderError::Gateway(error)) => {
                tracing::debug!(out_trade_no, %error, "the order's state is asked for later");
                Ok(order)
            }
            Err(error) => Err(error),
        }
    }

    /// What each code asks for (APIv2 refund, errors). No code frees the amount before refundquery has confirmed that
    /// there is no refund.
    async fn refused(
        &self,
        order: &Order,
        no: &str,
        code: &ErrCode,
        refused: Refused,
        turn: &mut Last,
    ) -> Result<Order, OrderError> {
        let OrderKey { merchant, out_trade_no } = &order.key;
        let wechat_code = code.as_str();
        tracing::warn!(
            merchant,
            out_trade_no,
            out_refund_no = no,
            wechat_code,
            "refund not accepted"
        );
        if matches!(code, ErrCode::FrequencyLimited | ErrCode::FreqLimit) {
            turn.be_quiet(self.clock.now_ms());
        }
        let may_be_final = match refusal(code) {
            Refusal::SendAgain | Refusal::TopUp => false,
            Refusal::WaitAMinute => {
                turn.be_quiet(self.clock.now_ms());
                false
            }
            Refusal::QueryFirst | Refusal::OtherWay | Refusal::Fix => true,
        };
        if !may_be_final {
            return self.delayed(order, no, &refused).await;
        }
        let looked = match self.look(order, no).await {
            Ok(looked) => looked,
            Err(error) => {
                self.delayed(order, no, &refused).await?;
                return Err(error);
            }
        };
        match looked {
            Look::Known(order) => Ok(*order),
            // WeChat contradicts itself.
            Look::Missing if *code == ErrCode::RefundFeeMismatch => {
                self.delayed(order, no, &refused).await
            }
            Look::Missing => {
                if refusal(code) == Refusal::QueryFirst {
                    self.find_foreign(order).await?;
                }
                self.change(&order.key, |order| Ok(refuse(order, no, refused.clone()))).await
            }
            Look::Differs(report, _) if is_another(order, no, &report) => {
                self.number_taken(order, no, &report, &refused).await
            }
            Look::Differs(_, error) => Err(OrderError::RefundDiffers(error)),
        }
    }

    async fn delayed(
        &self,
        order: &Order,
        no: &str,
        refused: &Refused,
    ) -> Result<Order, OrderError> {
        self.change(&order.key, |order| Ok(delay(order, no, refused.clone()))).await
    }

    /// WeChat knows another refund by our number, and says so twice: ours will never be.
    async fn number_taken(
        &self,
        order: &Order,
        no: &str,
        report: &RefundReport,
        refused: &Refused,
    ) -> Result<Order, OrderError> {
        let is_of_order = report.out_trade_no == order.key.out_trade_no;
        self.change(&order.key, |order| {
            let mut events = refuse(order, no, refused.clone());
            let anomaly = foreign_anomaly(&report.record);
            if is_of_order && !order.has_anomaly(&anomaly) {
                events.push(EventKind::Found { anomaly });
            }
            Ok(events)
        })
        .await
    }

    /// The order cannot be paid back as we think: perhaps others did. Lists all its refunds and applies them.
    async fn find_foreign(&self, order: &Order) -> Result<(), OrderError> {
        let merchant = self.merchant(order)?;
        let (key, mut offset) = (&order.key, 0);
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

    /// An order with a refund is in state REFUND as soon as WeChat says so; until then it is asked.
    async fn follow(&self, order: &Order) -> Result<Order, OrderError> {
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

/// Whether WeChat's record is surely another refund, and not ours with an odd field.
fn is_another(order: &Order, no: &str, report: &RefundReport) -> bool {
    let is_of_order = report.out_trade_no == order.key.out_trade_no;
    let asked = order.refund(no).map(|refund| refund.terms.refund_fee);
    !is_of_order || asked != Some(report.record.refund_fee)
}

fn events(verdict: Result<Verdict, RefundDiffersError>) -> Result<Vec<EventKind>, OrderError> {
    match verdict.map_err(OrderError::RefundDiffers)? {
        Verdict::News(events) => Ok(events),
        Verdict::NoNews => Ok(Vec::new()),
    }
}

/// What WeChat said, signed; `None` when it said nothing.
fn said(error: &GatewayError) -> Option<(&ErrCode, Refused)> {
    match error {
        GatewayError::Refused { code, description }
        | GatewayError::Unknown(Doubt::Reply(ReplyError::Refused { code, description })) => {
            Some((code, Refused { code: code.as_str().into(), description: description.clone() }))
        }
        GatewayError::Invalid(_)
        | GatewayError::NoCertificate
        | GatewayError::NotSent { .. }
        | GatewayError::Unknown(_) => None,
    }
}
