//! Reversing a payment-code order: unpaid it is closed, paid it is given back whole. The wish is durable before it is sent.

use wxpay_core::Fen;
use wxpay_core::messages::reverse::Reversal;
use wxpay_core::messages::{ErrCode, TradeState};

use super::apply::Fact;
use super::micropay::require_certificate;
use super::order::{EventKind, Order, OrderKey, Refused, Source};
use super::query::LookedUp;
use super::{Conflict, OrderError, Orders};
use crate::gateway::GatewayError;

impl Orders {
    /// Reverses a payment-code order, or schedules it: WeChat wants a charge to be fifteen seconds old, and may ask for
    /// another call. Reversing what is reversed or closed is fine.
    ///
    /// # Errors
    /// [`Conflict::OtherTradeType`], [`Conflict::Refunding`] when money went back in another way;
    /// [`OrderError::Gateway`] when WeChat refused for good, or gave no answer, in which case the sweep goes on trying.
    pub async fn reverse(&self, key: &OrderKey) -> Result<Order, OrderError> {
        let order = self.settle_unsure(self.newest(key).await?).await?;
        let order = self
            .change_from(order, |order| {
                let events = reversing_events(order)?;
                if events.contains(&EventKind::ReverseAsked) {
                    require_certificate(self.merchant(order)?)?;
                }
                Ok(events)
            })
            .await?;
        if !order.is_reversing() || !self.may_reverse_now(&order) {
            return Ok(order);
        }
        self.reverse_at_wechat(&order).await
    }

    fn may_reverse_now(&self, order: &Order) -> bool {
        let now_ms = self.clock.now_ms();
        order.reversible_ms(now_ms).is_none_or(|at| now_ms >= at)
    }

    /// Sends reverse, once, and not while the charge itself is under way. The sweep repeats it, ever less often, until WeChat has said yes or no.
    pub(super) async fn reverse_at_wechat(&self, order: &Order) -> Result<Order, OrderError> {
        let (key, merchant) = (&order.key, self.merchant(order)?);
        if self.charging.is_under_way(key) {
            return self.get(key).await;
        }
        let (code, description) =
            match self.gateway.reverse(merchant, order.sign_type, &key.out_trade_no).await {
                Ok(Reversal::Reversed) => return self.reversed(key).await,
                Ok(Reversal::CallAgain) => return self.get(key).await,
                Ok(Reversal::TooLate) => (ErrCode::ReverseExpire, String::new()),
                Err(GatewayError::Refused { code, description }) => (code, description),
                Err(error) => return Err(error.into()),
            };
        let order = match self.look_up(key).await? {
            LookedUp::NotExist(order) if order.is_open() => {
                // Until then the charge could still arrive; the wish to reverse it stands.
                let is_over = order.charge_over_ms().is_some_and(|at| self.clock.now_ms() >= at);
                return if is_over { self.withdraw(key).await } else { Ok(order) };
            }
            LookedUp::NotExist(order) | LookedUp::Known(order) | LookedUp::Unclear(order) => order,
        };
        if code == ErrCode::ReverseExpire && order.is_open() {
            // Seven days old and not paid: nobody waits for a payment any more.
            return self.withdraw(key).await;
        }
        // What is open must not stay so: whoever puts the merchant's rights in order will see it reversed.
        if order.is_reversing() && !order.is_open() {
            let refused = Refused { code: code.as_str().into(), description: description.clone() };
            let event = EventKind::ReverseRefused { refused };
            let decide = |order: &Order| {
                Ok(if order.is_reversing() { vec![event.clone()] } else { Vec::new() })
            };
            self.change(key, decide).await?;
        }
        if order.is_open() || order.trade_state == TradeState::Success {
            return Err(GatewayError::Refused { code, description }.into());
        }
        Ok(order)
    }

    /// WeChat has taken the order back. It is asked once more: the payment, if there was one, belongs into the books.
    async fn reversed(&self, key: &OrderKey) -> Result<Order, OrderError> {
        match self.ask_wechat(key).await {
            Ok(order) if !order.is_reversing() => return Ok(order),
            Ok(_) => {}
            Err(error) => {
                let out_trade_no = &key.out_trade_no;
                tracing::warn!(out_trade_no, %error, "reversed, but not asked about");
            }
        }
        let trade_state = TradeState::Revoked;
        self.apply(key, Fact { source: Source::Reverse, trade_state, payment: None }).await
    }
}

/// What the wish to reverse adds to an order. One without a charge is closed.
fn reversing_events(order: &Order) -> Result<Vec<EventKind>, OrderError> {
    if !order.is_micropay() {
        let conflict = Conflict::OtherTradeType(order.terms.trade_type);
        return Err(OrderError::Conflict(conflict));
    }
    if order.trade_state == TradeState::Refund || order.refund_total() > Fen::ZERO {
        return Err(OrderError::Conflict(Conflict::Refunding));
    }
    let is_paid = order.trade_state == TradeState::Success;
    Ok(if order.is_reversing() || !(order.is_open() || is_paid) {
        Vec::new()
    } else if order.is_charging() || is_paid {
        vec![EventKind::ReverseAsked]
    } else {
        super::close::closing_events(order)
    })
}
