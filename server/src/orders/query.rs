//! Asking WeChat: what the phone says is only a reason to ask.

use wxpay_core::messages::ErrCode;
use wxpay_core::messages::order_query::Found;

use super::apply::Fact;
use super::order::{Order, OrderKey, Source};
use super::{OrderError, Orders};
use crate::gateway::GatewayError;

/// An order as it stands after orderquery.
pub(super) enum LookedUp {
    /// WeChat knows it.
    Known(Order),
    /// WeChat does not know it.
    NotExist(Order),
    /// WeChat says a word that nobody knows.
    Unclear(Order),
}

impl Orders {
    /// The order as it stands, after asking WeChat if it could have changed.
    ///
    /// # Errors
    /// [`OrderError::Gateway`] when WeChat gives no answer; the order is unchanged then.
    pub async fn query(&self, key: &OrderKey) -> Result<Order, OrderError> {
        let order = self.get(key).await?;
        if order.is_open() { self.ask_unless_quiet(order).await } else { Ok(order) }
    }

    /// The order as it stands, after asking WeChat in any state: the merchant wants to know.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub async fn ask_now(&self, key: &OrderKey) -> Result<Order, OrderError> {
        self.ask_unless_quiet(self.get(key).await?).await
    }

    /// The order after asking WeChat, if WeChat can have heard of it and has not asked for silence.
    pub(super) async fn ask_unless_quiet(&self, order: Order) -> Result<Order, OrderError> {
        if !order.may_be_at_wechat() {
            return Ok(order);
        }
        self.quiet.check(&order.key, self.clock.now_ms())?;
        self.ask_wechat(&order.key).await
    }

    /// Sends orderquery and applies the answer. An order WeChat does not know stays as it is.
    ///
    /// # Errors
    /// [`OrderError::Gateway`] when WeChat gives no answer.
    pub async fn ask_wechat(&self, key: &OrderKey) -> Result<Order, OrderError> {
        match self.look_up(key).await? {
            LookedUp::Known(order) | LookedUp::NotExist(order) | LookedUp::Unclear(order) => {
                Ok(order)
            }
        }
    }

    /// Sends orderquery also when WeChat has been asked too often: whoever has closed an order, or is about to take back a
    /// charge, must know. Applies the answer, and says whether WeChat knows the order at all.
    pub(super) async fn look_up(&self, key: &OrderKey) -> Result<LookedUp, OrderError> {
        let order = self.get(key).await?;
        let merchant = self.merchant(&order)?;
        let answer = self.gateway.order_query(merchant, order.sign_type, &key.out_trade_no).await;
        let (trade_state, payment) = match answer {
            Ok(Found::Unpaid(state)) => (state, None),
            Ok(Found::Paid(state, payment)) => (state, Some(payment)),
            Ok(Found::UnknownState(word)) => {
                tracing::warn!(out_trade_no = key.out_trade_no, word, "unknown trade_state");
                return Ok(LookedUp::Unclear(order));
            }
            Err(GatewayError::Refused { code: ErrCode::OrderNotExist, .. }) => {
                return Ok(LookedUp::NotExist(order));
            }
            Err(error) => {
                self.quiet.heed(key, &error, self.clock.now_ms());
                return Err(error.into());
            }
        };
        let fact = Fact { source: Source::Query, trade_state, payment };
        self.apply(key, fact).await.map(LookedUp::Known)
    }
}
