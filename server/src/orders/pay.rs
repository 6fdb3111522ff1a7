//! The phone wants to pay: intent durable -> unifiedorder -> prepay durable -> second signature.

use wxpay_core::invoke::{self, MiniProgram};
use wxpay_core::messages::TradeType;
use wxpay_core::messages::unified_order::{Prepay, Refusal, refusal};

use super::order::{EventKind, Order, OrderKey};
use super::{Conflict, OrderError, Orders};
use crate::gateway::GatewayError;
use crate::merchant::notify_url;

/// WeChat refuses orders that expire within a minute.
const MIN_LEFT_MS: i64 = 60 * 1000;

impl Orders {
    /// Gives the phone its five signed arguments. A repeated call uses a live prepay_id again, freshly signed.
    ///
    /// # Errors
    /// [`OrderError::NotFound`] for another user's order; [`Conflict`] when it cannot be paid (any more);
    /// [`OrderError::Gateway`] when WeChat did not place it, after which the same order can be tried again.
    pub async fn pay(
        &self,
        key: &OrderKey,
        openid: &str,
        client_ip: &str,
    ) -> Result<MiniProgram, OrderError> {
        let order = self.ask(key, openid, client_ip).await?;
        self.agenda.restart(&order, self.clock.now_ms());
        if let Some(prepay) = order.live_prepay(self.clock.now_ms()) {
            return self.invoke(&order, &prepay.prepay_id);
        }
        let (order, prepay) = self.prepay(&order).await?;
        // WeChat took its time: by now the order may be paid, or somebody may want it closed.
        self.check_payable(&order, openid)?;
        self.invoke(&order, &prepay.prepay_id)
    }

    /// Checks that this user may pay now, and records the intent before anything is sent.
    async fn ask(
        &self,
        key: &OrderKey,
        openid: &str,
        client_ip: &str,
    ) -> Result<Order, OrderError> {
        let notify_url = notify_url(&self.public_url, &key.merchant);
        self.change(key, |order| {
            self.check_payable(order, openid)?;
            let mut events = Vec::new();
            if order.openid.is_none() {
                events.push(EventKind::Claimed { openid: openid.into() });
            }
            if order.asked.is_none() {
                events.push(EventKind::PrepayAsked {
                    spbill_create_ip: client_ip.into(),
                    notify_url: notify_url.clone(),
                });
            }
            Ok(events)
        })
        .await
    }

    fn check_payable(&self, order: &Order, openid: &str) -> Result<(), OrderError> {
        if order.openid.as_deref().is_some_and(|owner| owner != openid) {
            return Err(OrderError::NotFound);
        }
        let conflict = if order.trade_state.is_paid() {
            Conflict::Paid
        } else if !order.is_open() || order.close_asked_ms.is_some() {
            Conflict::Closed
        } else if order.terms.expires_ms - self.clock.now_ms() < MIN_LEFT_MS {
            Conflict::Expired
        } else if order.terms.trade_type != TradeType::Jsapi {
            Conflict::OtherTradeType
        } else {
            return Ok(());
        };
        Err(OrderError::Conflict(conflict))
    }

    /// Places the order at WeChat, always with the same parameters, and records what came back.
    async fn prepay(&self, order: &Order) -> Result<(Order, Prepay), OrderError> {
        let merchant = self.merchant(order)?;
        let request = order.unified_order().ok_or(OrderError::NotFound)?;
        let prepay = match self.gateway.unified_order(merchant, order.sign_type, &request).await {
            Ok(prepay) => prepay,
            Err(error) => return Err(self.after_refusal(order, error).await),
        };
        let Prepay { prepay_id, code_url, mweb_url } = prepay.clone();
        let got = EventKind::PrepayGot { prepay_id, code_url, mweb_url };
        let order = self.change(&order.key, |_| Ok(vec![got.clone()])).await?;
        Ok((order, prepay))
    }

    /// A refusal may mean that the order is paid or closed already: WeChat is asked, and the caller told.
    async fn after_refusal(&self, order: &Order, error: GatewayError) -> OrderError {
        let GatewayError::Refused { code, .. } = &error else { return error.into() };
        match refusal(code) {
            Refusal::QueryFirst | Refusal::NewNumber => {}
            Refusal::SendAgain | Refusal::UserActs | Refusal::Fix => return error.into(),
        }
        match self.ask_wechat(&order.key).await {
            Ok(order) if order.trade_state.is_paid() => OrderError::Conflict(Conflict::Paid),
            Ok(order) if !order.is_open() => OrderError::Conflict(Conflict::Closed),
            Ok(_) | Err(_) => error.into(),
        }
    }

    fn invoke(&self, order: &Order, prepay_id: &str) -> Result<MiniProgram, OrderError> {
        let merchant = self.merchant(order)?;
        let now_s = u64::try_from(self.clock.now_ms() / 1000).unwrap_or_default();
        let nonce = self.nonces.nonce();
        let appid = &merchant.identity.appid;
        invoke::mini_program(appid, prepay_id, now_s, &nonce, order.sign_type, &merchant.api_key)
            .map_err(|error| OrderError::Field { field: "prepay_id", expected: error.to_string() })
    }
}
