//! What becomes of a refund that is recorded: send, ask, apply; whatever stays open is taken up by the sweep.

use wxpay_core::messages::ErrCode;
use wxpay_core::messages::refund::{Accepted, Refusal, refusal};
use wxpay_core::messages::reply::ReplyError;

use super::apply::{RefundReport, accept, delay, foreign_anomaly, refuse};
use super::look::{Look, events};
use super::turns::Last;
use crate::gateway::{Doubt, GatewayError};
use crate::orders::order::{EventKind, Order, OrderKey, Refund, Refused};
use crate::orders::{OrderError, Orders};

impl Orders {
    /// Goes on with every refund of an order that is still pending. When WeChat cannot be reached the others wait, too.
    pub(in crate::orders) async fn settle_refunds(&self, order: &Order) -> Result<(), OrderError> {
        let mut outcome = Ok(());
        for refund in order.refunds.iter().filter(|refund| refund.is_pending()) {
            let number = &refund.terms.out_refund_no;
            if let Err(error) = self.settle_refund(&order.key, number, true).await {
                let is_away = is_away(&error);
                outcome = Err(error);
                if is_away {
                    break;
                }
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
        let order = self.get(key).await?;
        if !is_due(&order, out_refund_no, self.clock.now_ms()) {
            // Not sent yet, so there is nothing to ask about either.
            return Ok(order);
        }
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
        if !turn.allows(no, now_ms) {
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
        if code.is_too_often() {
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
        match self.look_again(order, no, code, &refused).await? {
            Look::Known(order) => Ok(*order),
            // WeChat contradicts itself.
            Look::Missing if *code == ErrCode::RefundFeeMismatch => {
                self.delayed(order, no, &refused).await
            }
            Look::Missing => {
                self.change(&order.key, |order| Ok(refuse(order, no, refused.clone()))).await
            }
            Look::Differs(report, _) if is_another(order, no, &report) => {
                self.number_taken(order, no, &report, &refused).await
            }
            Look::Differs(_, error) => Err(OrderError::RefundDiffers(error)),
        }
    }

    /// Whether there is a refund after all. Should WeChat not answer now, its refusal is why the refund waits.
    async fn look_again(
        &self,
        order: &Order,
        no: &str,
        code: &ErrCode,
        refused: &Refused,
    ) -> Result<Look, OrderError> {
        let mut looked = self.look(order, no).await;
        if matches!(looked, Ok(Look::Missing)) && refusal(code) == Refusal::QueryFirst {
            looked = self.find_foreign(order).await.map(|()| Look::Missing);
        }
        if looked.is_err() {
            self.delayed(order, no, refused).await?;
        }
        looked
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
}

/// Whether WeChat's record is surely another refund, and not ours with an odd field.
fn is_another(order: &Order, no: &str, report: &RefundReport) -> bool {
    let is_of_order = report.out_trade_no == order.key.out_trade_no;
    let asked = order.refund(no).map(|refund| refund.terms.refund_fee);
    !is_of_order || asked != Some(report.record.refund_fee)
}

/// Whether its minute has come: two refunds of one order are kept apart.
fn is_due(order: &Order, no: &str, now_ms: i64) -> bool {
    let mut times = order.refund_times(now_ms);
    times.any(|(at_ms, refund)| refund.terms.out_refund_no == no && at_ms <= now_ms)
}

/// Whether the next question would be in vain as well.
const fn is_away(error: &OrderError) -> bool {
    matches!(
        error,
        OrderError::Gateway(
            GatewayError::NotSent { .. }
                | GatewayError::Unknown(Doubt::Timeout | Doubt::Broken { .. } | Doubt::Status(_))
        )
    )
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
