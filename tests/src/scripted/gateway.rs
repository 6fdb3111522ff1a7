//! The calls: what the scripted WeChat answers.

use async_trait::async_trait;
use wxpay_core::SignType;
use wxpay_core::messages::auth_code_to_openid::Payer;
use wxpay_core::messages::close_order::{Closing, MIN_AGE_S};
use wxpay_core::messages::code2session::Session;
use wxpay_core::messages::download_bill::{BillType, DownloadError};
use wxpay_core::messages::download_fundflow::AccountType;
use wxpay_core::messages::micropay::Micropay;
use wxpay_core::messages::order_query::Found;
use wxpay_core::messages::refund::{Accepted, Refund, RefundStatus};
use wxpay_core::messages::refund_query::{self, By};
use wxpay_core::messages::reverse::Reversal;
use wxpay_core::messages::unified_order::{Prepay, UnifiedOrder};
use wxpay_core::messages::{ErrCode, Trade, TradeState};
use wxpay_server::gateway::{
    Code2SessionError, Doubt, Download, FetchError, Gateway, GatewayError,
};
use wxpay_server::merchant::Merchant;
use wxpay_server::secret::Secret;

use super::{Arrival, PREPAY_LIFE_MS, Placed, ScriptedWeChat, refused};

#[async_trait]
impl Gateway for ScriptedWeChat {
    async fn code2session(&self, _: &Merchant, code: &str) -> Result<Session, Code2SessionError> {
        let code = code.to_owned();
        let answer = self.call(move |_, _| Ok(code)).await.map_err(Code2SessionError::Gateway)?;
        Ok(Session { openid: answer, session_key: String::from("unused").into(), unionid: None })
    }

    async fn unified_order(
        &self,
        _: &Merchant,
        _: SignType,
        order: &UnifiedOrder,
    ) -> Result<Prepay, GatewayError> {
        let order = order.clone();
        self.call(move |state, Arrival { now_ms, is_late }| {
            state.count += 1;
            let prepay_id = format!("wx{}", state.count);
            let new = || Placed {
                request: order.clone(),
                prepay_id: prepay_id.clone(),
                prepay_ms: now_ms,
                placed_ms: now_ms,
                is_closed: false,
                payment: None,
                is_refunded: false,
                refunds: Vec::new(),
            };
            let number = order.out_trade_no.clone();
            if !is_late {
                state.unheard.remove(&number);
            } else if !state.orders.contains_key(&number) {
                state.unheard.insert(number.clone());
            }
            let placed = state.orders.entry(number).or_insert_with(new);
            assert_eq!(placed.request, order, "the same number with other parameters");
            if placed.payment.is_some() {
                return Err(refused(ErrCode::OrderPaid));
            }
            if placed.is_closed {
                return Err(refused(ErrCode::OrderClosed));
            }
            if now_ms - placed.prepay_ms >= PREPAY_LIFE_MS {
                (placed.prepay_id, placed.prepay_ms) = (prepay_id, now_ms);
            }
            let prepay_id = placed.prepay_id.clone();
            Ok(Prepay { prepay_id, code_url: None, mweb_url: None })
        })
        .await
    }

    async fn order_query(
        &self,
        _: &Merchant,
        _: SignType,
        out_trade_no: &str,
    ) -> Result<Found, GatewayError> {
        let number = out_trade_no.to_owned();
        self.call(move |state, Arrival { now_ms, .. }| {
            if let Some(charge) = state.charges.get_mut(&number) {
                return Ok(charge.found(now_ms));
            }
            let placed = state.orders.get(&number);
            let placed = placed.ok_or_else(|| refused(ErrCode::OrderNotExist))?;
            Ok(match &placed.payment {
                Some(payment) if placed.is_refunded || !placed.refunds.is_empty() => {
                    Found::Paid(TradeState::Refund, Box::new(payment.clone()))
                }
                Some(payment) => Found::Paid(TradeState::Success, Box::new(payment.clone())),
                None if placed.is_closed => Found::Unpaid(TradeState::Closed),
                None => Found::Unpaid(TradeState::NotPay),
            })
        })
        .await
    }

    async fn close_order(
        &self,
        _: &Merchant,
        _: SignType,
        out_trade_no: &str,
    ) -> Result<Closing, GatewayError> {
        let number = out_trade_no.to_owned();
        self.call(move |state, Arrival { now_ms, .. }| {
            let Some(placed) = state.orders.get_mut(&number) else {
                return Ok(Closing::NotExist);
            };
            if placed.payment.is_some() {
                return Ok(Closing::Paid);
            }
            let age_ms = now_ms - placed.placed_ms;
            // What WeChat counts from is later than what we count from, by the time the call took.
            let is_old = age_ms >= MIN_AGE_S * 1000;
            if !is_old {
                return Err(GatewayError::Unknown(Doubt::Status(500)));
            }
            placed.is_closed = true;
            Ok(Closing::Closed)
        })
        .await
    }

    async fn micropay(
        &self,
        _: &Merchant,
        _: SignType,
        charge: &Micropay,
    ) -> Result<Box<Trade>, GatewayError> {
        self.charge(charge).await
    }

    async fn reverse(
        &self,
        _: &Merchant,
        _: SignType,
        out_trade_no: &str,
    ) -> Result<Reversal, GatewayError> {
        self.take_back(out_trade_no).await
    }

    async fn auth_code_to_openid(&self, _: &Merchant, _: &Secret) -> Result<Payer, GatewayError> {
        Err(refused(ErrCode::AuthCodeInvalid))
    }

    async fn download_bill(
        &self,
        merchant: &Merchant,
        bill_date: &str,
        _: BillType,
        _: bool,
    ) -> Result<Download, FetchError> {
        self.bill(merchant, bill_date)
    }

    async fn download_fundflow(
        &self,
        _: &Merchant,
        _: &str,
        _: AccountType,
        _: bool,
    ) -> Result<Download, FetchError> {
        Err(FetchError::NoBill(DownloadError::NoBill))
    }

    async fn refund(
        &self,
        _: &Merchant,
        _: SignType,
        refund: &Refund,
    ) -> Result<Accepted, GatewayError> {
        use RefundStatus::{Change, RefundClose, Success};
        let end = [Success, Success, Success, RefundClose, Change][self.dice.below(5) as usize];
        let excuse = match self.dice.below(10) {
            0 => Some(ErrCode::NotEnough),
            1..=4 => Some(ErrCode::UserAccountAbnormal),
            _ => None,
        };
        let refund = refund.clone();
        self.call(move |state, Arrival { now_ms, is_late }| {
            if is_late {
                // It could come after the same was refused for good, for a reason that this one knows nothing of.
                return Err(refused(ErrCode::SystemError));
            }
            state.count += 1;
            let id = state.count;
            let fails = state.fails_one_in > 0;
            let placed = state.orders.get_mut(&refund.out_trade_no);
            let placed = placed.ok_or_else(|| refused(ErrCode::OrderNotExist))?;
            let is_known =
                placed.refunds.iter().any(|one| one.request.out_refund_no == refund.out_refund_no);
            match excuse.filter(|_| fails && !is_known) {
                Some(code) => Err(refused(code)),
                None => placed.take_on(&refund, id, end, now_ms),
            }
        })
        .await
    }

    async fn refund_query(
        &self,
        _: &Merchant,
        _: SignType,
        by: By<'_>,
        _: u64,
    ) -> Result<refund_query::Found, GatewayError> {
        let By::OutRefundNo(no) = by else { return Ok(refund_query::Found::NotExist) };
        let no = no.to_owned();
        self.call(move |state, Arrival { now_ms, .. }| {
            let found = state.orders.values().find_map(|placed| {
                let taken = placed.refunds.iter().find(|one| one.request.out_refund_no == no)?;
                Some(refund_query::Page {
                    transaction_id: placed.payment.as_ref()?.transaction_id.clone(),
                    out_trade_no: placed.request.out_trade_no.clone(),
                    total_fee: placed.request.total_fee,
                    total_refund_count: None,
                    refunds: vec![taken.record(now_ms)],
                })
            });
            Ok(found.map_or(refund_query::Found::NotExist, refund_query::Found::Page))
        })
        .await
    }
}
