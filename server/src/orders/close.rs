//! Closing an order: nobody may pay it any more. WeChat wants orders to be five minutes old.

use wxpay_core::messages::close_order::{Closing, MIN_AGE_S};
use wxpay_core::messages::{ErrCode, TradeState};

use super::apply::Fact;
use super::order::{EventKind, Order, OrderKey, Source};
use super::query::LookedUp;
use super::{Conflict, OrderError, Orders};
use crate::ambient::happened_ms;
use crate::gateway::GatewayError;

impl Orders {
    /// Closes an order, or schedules it when WeChat would refuse yet (the order then has `close_asked_ms` and is
    /// still open). Closing a closed order is fine.
    ///
    /// # Errors
    /// [`Conflict::Reversible`] for a payment code that was charged. [`Conflict::Paid`], also when the payment came first and WeChat is who says so; [`OrderError::Gateway`] when
    /// WeChat gave no answer, in which case the sweep goes on trying.
    pub async fn close(&self, key: &OrderKey) -> Result<Order, OrderError> {
        let order = self.settle_unsure(self.newest(key).await?).await?;
        let order = self
            .change_from(order, |order| match order.trade_state {
                state if state.is_paid() => Err(OrderError::Conflict(Conflict::Paid)),
                _ if !order.is_open() => Ok(Vec::new()),
                _ if order.is_charging() => Err(OrderError::Conflict(Conflict::Reversible)),
                _ => Ok(closing_events(order)),
            })
            .await?;
        if !order.is_open() || !self.may_close_now(&order) {
            return Ok(order);
        }
        match self.close_at_wechat(&order).await {
            Ok(order) if order.trade_state.is_paid() => Err(OrderError::Conflict(Conflict::Paid)),
            // WeChat heard of the order later than we first asked: the sweep closes it when it is old enough.
            Err(OrderError::Gateway(GatewayError::Refused {
                code: ErrCode::TradeStateError,
                ..
            })) => Ok(order),
            outcome => outcome,
        }
    }

    pub(super) fn may_close_now(&self, order: &Order) -> bool {
        let now_ms = self.clock.now_ms();
        close_time_ms(order, now_ms).is_some_and(|at| now_ms >= at)
    }

    /// Sends closeorder, applies the answer, and asks once more: a payment may have come first.
    pub(super) async fn close_at_wechat(&self, order: &Order) -> Result<Order, OrderError> {
        let key = &order.key;
        let merchant = self.merchant(order)?;
        // Looked at before WeChat is asked: the wish to close is on record, and stops whatever begins later.
        let is_under_way = self.placing.is_under_way(key);
        match self.gateway.close_order(merchant, order.sign_type, &key.out_trade_no).await? {
            Closing::Closed => {}
            Closing::Paid => {
                let order = self.ask_wechat(key).await?;
                // With another amount, which is an anomaly by now: nobody can pay this order any more.
                let is_odd = order.is_open() && order.has_odd_payment();
                return if is_odd { self.withdraw(key).await } else { Ok(order) };
            }
            // The call may reach WeChat after this answer left it: the sweep closes the order once it has ended.
            Closing::NotExist if is_under_way => return self.get(key).await,
            Closing::NotExist => return self.give_up(key).await,
        }
        let fact = Fact { source: Source::Close, trade_state: TradeState::Closed, payment: None };
        let order = self.apply(key, fact).await?;
        match self.ask_wechat(key).await {
            Ok(order) => Ok(order),
            // The close stands.
            Err(OrderError::Gateway(_)) if !order.is_open() => Ok(order),
            Err(error) => Err(error),
        }
    }

    /// Asks about an order for payment codes of which nobody here knows whether one was charged, because it was refused or
    /// comes out of a backup, and ends it if WeChat says no.
    pub(super) async fn settle_unsure(&self, order: Order) -> Result<Order, OrderError> {
        if !order.is_micropay()
            || !order.is_open()
            || order.is_charging()
            || !order.may_be_at_wechat()
        {
            return Ok(order);
        }
        let (order, is_known) = match self.look_up(&order.key).await? {
            LookedUp::Known(order) => (order, true),
            LookedUp::NotExist(order) => (order, false),
            LookedUp::Unclear(order) => return Ok(order),
        };
        self.change_from(order, |order| Ok(ending_events(order, is_known))).await
    }

    /// Ends an order that closeorder has not found, if orderquery does not know it either.
    async fn give_up(&self, key: &OrderKey) -> Result<Order, OrderError> {
        let order = match self.look_up(key).await? {
            LookedUp::NotExist(order) => order,
            LookedUp::Known(order) | LookedUp::Unclear(order) => return Ok(order),
        };
        if order.prepay.is_some() {
            let OrderKey { merchant, out_trade_no } = key;
            tracing::warn!(
                merchant,
                out_trade_no,
                "WeChat no longer knows it; same mch_id as before?"
            );
        }
        self.withdraw(key).await
    }

    /// Ends an order of which WeChat has just said that nobody can pay it, or that it does not know it.
    pub(super) async fn withdraw(&self, key: &OrderKey) -> Result<Order, OrderError> {
        self.change(key, |order| {
            Ok(if order.is_open() { vec![EventKind::Withdrawn] } else { Vec::new() })
        })
        .await
    }
}

/// When WeChat accepts closeorder; `None` when it cannot know the order, or takes it back only (micropay).
pub(super) fn close_time_ms(order: &Order, now_ms: i64) -> Option<i64> {
    if order.is_micropay() {
        return None;
    }
    // Nobody knows when a restored order was sent; should it have been just now, WeChat says so.
    let restored_ms = order.is_restored.then_some(happened_ms(order.created_ms, now_ms));
    order.asked_ms(now_ms).or(restored_ms).map(|at| at + MIN_AGE_S * 1000)
}

/// What the wish to close adds to an open order. One that WeChat cannot know is closed by us alone.
pub(super) fn closing_events(order: &Order) -> Vec<EventKind> {
    let mut events = Vec::new();
    if order.close_asked_ms.is_none() {
        events.push(EventKind::CloseAsked);
    }
    if !order.may_be_at_wechat() {
        events.push(EventKind::Withdrawn);
    }
    events
}

/// What ends an open order of which WeChat has just said whether it knows it, and that it is not paid. One that is paid in
/// another way than by a payment code is closed at WeChat after that.
pub(super) fn ending_events(order: &Order, is_known: bool) -> Vec<EventKind> {
    if !order.is_open() || order.is_charging() {
        return Vec::new();
    }
    let mut events = closing_events(order);
    let may_pay = is_known && order.trade_state == TradeState::UserPaying;
    if order.is_micropay() && order.may_be_at_wechat() && !may_pay {
        events.push(EventKind::Withdrawn);
    }
    events
}
