//! Charging the payment code a user shows: intent durable -> micropay, once -> the outcome, or the sweep that finds it.
//!
//! There is no notice. Whatever is not surely paid or surely failed is asked about every five seconds and at last
//! reversed, by the sweep, so that neither a client that hangs up nor a restart ends it (reference: micropay, procedure).

use wxpay_core::messages::auth_code_to_openid::Payer;
use wxpay_core::messages::micropay::{Refusal, refusal};
use wxpay_core::messages::reply::ReplyError;
use wxpay_core::messages::{ErrCode, Format, Trade, TradeState};

use super::apply::Fact;
use super::order::{EventKind, Order, OrderKey, Refused, Source};
use super::query::LookedUp;
use super::{Conflict, OrderError, Orders};
use crate::gateway::{Doubt, GatewayError};
use crate::merchant::Merchant;
use crate::secret::Secret;

impl Orders {
    /// Charges a payment code for an order. An order that is still open afterwards is being found out about: look at it
    /// again. Each order takes one code: WeChat may charge twice otherwise.
    ///
    /// # Errors
    /// [`OrderError::Field`] for a malformed code; [`Conflict`] when it is paid, closed, expired, or a code was charged
    /// before; [`OrderError::Gateway`] when WeChat refused, which ends the order, or was not reached, which does not.
    pub async fn micropay(
        &self,
        key: &OrderKey,
        auth_code: &Secret,
        client_ip: &str,
    ) -> Result<Order, OrderError> {
        check_code(auth_code)?;
        let conflict = OrderError::Conflict(Conflict::Charging);
        let _under_way = self.charging.begin_alone(key).ok_or(conflict)?;
        let order = self.newest(key).await?;
        if order.is_restored
            && let Some(paid) = self.check_restored(key).await?
        {
            return Ok(paid);
        }
        let asked = EventKind::MicropayAsked { spbill_create_ip: client_ip.into() };
        let order = self
            .change_from(order, |order| {
                self.check_chargeable(order)?;
                Ok(vec![asked.clone()])
            })
            .await?;
        let request = order.micropay(auth_code.expose()).ok_or(OrderError::NotFound)?;
        let merchant = self.merchant(&order)?;
        let trade_state = TradeState::UserPaying;
        match self.gateway.micropay(merchant, order.sign_type, &request).await {
            Ok(payment) => self.learn(key, TradeState::Success, Some(payment)).await,
            Err(GatewayError::Unknown(Doubt::Reply(ReplyError::Refused {
                code: ErrCode::UserPaying,
                ..
            }))) => self.learn(key, trade_state, None).await,
            Err(GatewayError::Unknown(doubt)) => {
                let out_trade_no = &key.out_trade_no;
                tracing::warn!(out_trade_no, %doubt, "charged or not? WeChat will be asked");
                self.get(key).await
            }
            Err(
                error @ (GatewayError::NotSent { .. }
                | GatewayError::Invalid(_)
                | GatewayError::NoCertificate),
            ) => {
                self.take_back(key).await?;
                Err(error.into())
            }
            Err(GatewayError::Refused { code, description }) => {
                self.after_charge_refused(key, code, description).await
            }
        }
    }

    /// Whose payment code it is. From then on only this merchant may charge it.
    ///
    /// # Errors
    /// [`OrderError::Field`] for a malformed code; [`OrderError::Gateway`].
    pub async fn payer(
        &self,
        merchant: &Merchant,
        auth_code: &Secret,
    ) -> Result<Payer, OrderError> {
        check_code(auth_code)?;
        Ok(self.gateway.auth_code_to_openid(merchant, auth_code).await?)
    }

    /// An order out of a backup may have been charged since: it takes another code only when WeChat does not know it.
    /// Answers with an order that is paid.
    async fn check_restored(&self, key: &OrderKey) -> Result<Option<Order>, OrderError> {
        let order = self.get(key).await?;
        self.check_chargeable(&order)?;
        match self.look_up(key).await? {
            LookedUp::NotExist(_) => Ok(None),
            LookedUp::Known(order) if order.trade_state.is_paid() => Ok(Some(order)),
            LookedUp::Known(_) | LookedUp::Unclear(_) => {
                Err(OrderError::Conflict(Conflict::Charging))
            }
        }
    }

    fn check_chargeable(&self, order: &Order) -> Result<(), OrderError> {
        if !order.is_micropay() {
            let conflict = Conflict::OtherTradeType(order.terms.trade_type);
            return Err(OrderError::Conflict(conflict));
        }
        self.check_open(order)?;
        require_certificate(self.merchant(order)?)?;
        if order.asked.is_some() {
            return Err(OrderError::Conflict(Conflict::Charging));
        }
        Ok(())
    }

    async fn learn(
        &self,
        key: &OrderKey,
        trade_state: TradeState,
        payment: Option<Box<Trade>>,
    ) -> Result<Order, OrderError> {
        self.apply(key, Fact { source: Source::Micropay, trade_state, payment }).await
    }

    /// Nothing left this machine, so nothing is unknown: the order waits for a code as before.
    async fn take_back(&self, key: &OrderKey) -> Result<Order, OrderError> {
        self.change(key, |order| {
            let is_as_before = order.is_charging()
                && order.trade_state == TradeState::NotPay
                && order.reversal.is_none();
            Ok(if is_as_before { vec![EventKind::MicropayNotSent] } else { Vec::new() })
        })
        .await
    }

    /// A refusal ends the order: WeChat does not promise what a second charge of the same number would do. Where it may
    /// be paid all the same, WeChat is asked first, and the order stays open, to be asked about, until it has said no. It
    /// is never reversed: the payment may be somebody else's.
    async fn after_charge_refused(
        &self,
        key: &OrderKey,
        code: ErrCode,
        description: String,
    ) -> Result<Order, OrderError> {
        let mut may_be_paid = false;
        if code == ErrCode::OrderPaid || refusal(&code) == Some(Refusal::QueryFirst) {
            may_be_paid = match self.look_up(key).await {
                Ok(LookedUp::Known(order)) if order.trade_state.is_paid() => return Ok(order),
                // Not paid, or another amount: then it is not this order that was paid.
                Ok(LookedUp::Known(order)) => order.trade_state == TradeState::UserPaying,
                Ok(LookedUp::NotExist(_)) => false,
                Ok(LookedUp::Unclear(_)) | Err(OrderError::Gateway(_)) => true,
                Err(error) => return Err(error),
            };
        }
        let refused = Refused { code: code.as_str().into(), description: description.clone() };
        let refused = EventKind::MicropayRefused { refused };
        self.change(key, |order| {
            if !order.is_charging() {
                return Ok(Vec::new());
            }
            let mut events = vec![refused.clone()];
            if !may_be_paid {
                events.push(EventKind::Withdrawn);
            }
            Ok(events)
        })
        .await?;
        Err(GatewayError::Refused { code, description }.into())
    }

    /// What the sweep does with a charge whose outcome is unknown.
    pub(super) async fn follow_charge(&self, order: &Order) -> Result<(), OrderError> {
        if self.charging.is_under_way(&order.key) {
            return Ok(());
        }
        let now_ms = self.clock.now_ms();
        let is_due = |order: &Order| {
            order.is_charging()
                && !order.has_odd_payment()
                && order.give_up_ms(now_ms).is_some_and(|at| now_ms >= at)
        };
        let order = match self.ask_wechat(&order.key).await {
            Ok(order) => order,
            // Whoever cannot be asked can still be told: an unknown charge may not stay.
            Err(OrderError::Gateway(_)) if is_due(order) => order.clone(),
            Err(error) => return Err(error),
        };
        if !is_due(&order) {
            return Ok(());
        }
        let order = self
            .change(&order.key, |order| {
                let is_wanted = is_due(order) && order.reversal.is_none();
                Ok(if is_wanted { vec![EventKind::ReverseAsked] } else { Vec::new() })
            })
            .await?;
        if order.is_reversing() {
            self.reverse_at_wechat(&order).await?;
        }
        Ok(())
    }
}

fn check_code(auth_code: &Secret) -> Result<(), OrderError> {
    if Format::AuthCode.allows(auth_code.expose()) {
        return Ok(());
    }
    let expected = Format::AuthCode.to_string();
    Err(OrderError::Field { field: "auth_code", expected })
}

/// Whoever charges a payment code must be able to reverse it: an unknown outcome has no other end.
pub(super) fn require_certificate(merchant: &Merchant) -> Result<(), OrderError> {
    match merchant.certificate {
        Some(_) => Ok(()),
        None => Err(GatewayError::NoCertificate.into()),
    }
}
