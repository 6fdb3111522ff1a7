//! The phone wants to pay: intent durable -> unifiedorder -> prepay durable -> second signature.

use wxpay_core::ParamsError;
use wxpay_core::invoke::{self, MiniProgram};
use wxpay_core::messages::TradeType;
use wxpay_core::messages::unified_order::{Prepay, Refusal, refusal};

use super::order::{EventKind, LivePrepay, Order, OrderKey};
use super::{Conflict, OrderError, Orders};
use crate::gateway::GatewayError;
use crate::merchant::{Merchant, notify_url};

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
        let payable = |order: &Order| {
            if order.openid.as_deref().is_some_and(|owner| owner != openid) {
                return Err(OrderError::NotFound);
            }
            self.check_open(order)?;
            match order.terms.trade_type {
                TradeType::Jsapi => Ok(()),
                other => Err(OrderError::Conflict(Conflict::OtherTradeType(other))),
            }
        };
        let (order, prepay) = self.place(key, Some(openid), client_ip, payable).await?;
        let merchant = self.merchant(&order)?;
        let (now_s, nonce) = self.fresh();
        let (appid, prepay_id) = (merchant.program_appid(), &prepay.prepay_id);
        let Merchant { api_key, .. } = merchant;
        invoke::mini_program(appid, prepay_id, now_s, &nonce, order.sign_type, api_key)
            .map_err(unsigned)
    }

    /// Checks that the order can be paid, records who wants to and the intent, and places it at WeChat, unless it still
    /// can be paid from the last time. `payable` is asked again afterwards: WeChat takes its time.
    pub(super) async fn place(
        &self,
        key: &OrderKey,
        payer: Option<&str>,
        client_ip: &str,
        payable: impl Fn(&Order) -> Result<(), OrderError> + Send + Sync,
    ) -> Result<(Order, LivePrepay), OrderError> {
        let _under_way = self.placing.begin(key);
        let notify_url = notify_url(&self.public_url, &key.merchant);
        let order = self
            .change(key, |order| {
                payable(order)?;
                let mut events = Vec::new();
                if let (None, Some(openid)) = (&order.openid, payer) {
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
            .await?;
        self.agenda.restart(&order, self.clock.now_ms());
        if let Some(prepay) = order.live_prepay(self.clock.now_ms()) {
            let prepay = prepay.clone();
            return Ok((order, prepay));
        }
        let (order, prepay) = self.prepay(&order).await?;
        payable(&order)?;
        Ok((order, prepay))
    }

    /// Whether anybody may pay now.
    pub(super) fn check_open(&self, order: &Order) -> Result<(), OrderError> {
        let conflict = if order.trade_state.is_paid() {
            Conflict::Paid
        } else if !order.is_open() || order.close_asked_ms.is_some() || order.reversal.is_some() {
            Conflict::Closed
        } else if order.terms.expires_ms - self.clock.now_ms() < MIN_LEFT_MS {
            Conflict::Expired
        } else {
            return Ok(());
        };
        Err(OrderError::Conflict(conflict))
    }

    /// Places the order at WeChat, always with the same parameters, and records what came back.
    async fn prepay(&self, order: &Order) -> Result<(Order, LivePrepay), OrderError> {
        let merchant = self.merchant(order)?;
        let request = order.unified_order(&merchant.identity).ok_or(OrderError::NotFound)?;
        self.quiet.check(&order.key, self.clock.now_ms())?;
        let prepay = match self.gateway.unified_order(merchant, order.sign_type, &request).await {
            Ok(prepay) => prepay,
            Err(error) => {
                self.quiet.heed(&order.key, &error, self.clock.now_ms());
                return Err(self.after_refusal(order, error).await);
            }
        };
        let Prepay { prepay_id, code_url, mweb_url } = prepay;
        let at_ms = self.clock.now_ms();
        let live = LivePrepay { at_ms, prepay_id, code_url, mweb_url };
        let LivePrepay { prepay_id, code_url, mweb_url, .. } = live.clone();
        let got = EventKind::PrepayGot { prepay_id, code_url, mweb_url };
        let order = self.change(&order.key, |_| Ok(vec![got.clone()])).await?;
        Ok((order, live))
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

    /// The time in seconds and a nonce, for a second signature.
    pub(super) fn fresh(&self) -> (u64, String) {
        let now_s = u64::try_from(self.clock.now_ms() / 1000).unwrap_or_default();
        (now_s, self.nonces.nonce())
    }
}

/// WeChat's prepay_id is absurdly long.
pub(super) fn unsigned(error: ParamsError) -> OrderError {
    OrderError::Field { field: "prepay_id", expected: error.to_string() }
}
