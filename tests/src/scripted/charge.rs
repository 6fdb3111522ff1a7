//! Payment codes at the scripted WeChat: charged at once, after a password, or not at all; and taken back.

use wxpay_core::messages::micropay::Micropay;
use wxpay_core::messages::order_query::Found;
use wxpay_core::messages::reply::ReplyError;
use wxpay_core::messages::reverse::{MIN_AGE_S, Reversal};
use wxpay_core::messages::{ErrCode, Trade, TradeState};
use wxpay_server::gateway::{Doubt, GatewayError};

use super::{Arrival, ScriptedWeChat, refused};

/// What became of the only charge of a number.
pub(super) struct Charge {
    at_ms: i64,
    state: TradeState,
    /// When the user enters the password, and how that ends.
    password: Option<(i64, TradeState)>,
    trade: Trade,
}

impl Charge {
    /// The state, after the user has had time.
    fn settle(&mut self, now_ms: i64) -> TradeState {
        if let Some((at_ms, ends)) = self.password
            && self.state == TradeState::UserPaying
            && now_ms >= at_ms
        {
            self.state = ends;
        }
        self.state
    }

    pub(super) fn found(&mut self, now_ms: i64) -> Found {
        match self.settle(now_ms) {
            TradeState::Success => Found::Paid(TradeState::Success, Box::new(self.trade.clone())),
            state => Found::Unpaid(state),
        }
    }

    /// The payment, if the money is still with the merchant.
    pub(super) fn payment(&self) -> Option<Trade> {
        (self.state == TradeState::Success).then(|| self.trade.clone())
    }
}

impl ScriptedWeChat {
    pub(super) async fn charge(&self, charge: &Micropay) -> Result<Box<Trade>, GatewayError> {
        let charge = charge.clone();
        let (chance, wait_s) = (self.dice.below(6), self.dice.below(90));
        let ends = [TradeState::Success, TradeState::NotPay, TradeState::PayError];
        let ends = ends[self.dice.below(3) as usize];
        self.call(move |state, Arrival { now_ms, .. }| {
            let number = charge.out_trade_no.clone();
            assert!(!state.charges.contains_key(&number), "{number} is charged twice");
            state.count += 1;
            let trade = Trade {
                transaction_id: format!("45{:026}", state.count),
                total_fee: charge.total_fee,
                fee_type: "CNY".into(),
                cash_fee: None,
                settlement_total_fee: None,
                coupons: Vec::new(),
                time_end: now_ms / 1000,
                openid: None,
                sub_openid: None,
                trade_type: Some("MICROPAY".into()),
                bank_type: None,
                attach: None,
            };
            let (trade_state, answer) = match chance {
                0 => (TradeState::PayError, Err(refused(ErrCode::NotEnough))),
                1 | 2 => (TradeState::UserPaying, Err(unknown(ErrCode::UserPaying))),
                3 => (TradeState::Success, Err(unknown(ErrCode::SystemError))),
                4 => (TradeState::NotPay, Err(unknown(ErrCode::BankError))),
                _ => (TradeState::Success, Ok(Box::new(trade.clone()))),
            };
            let at_ms = now_ms + i64::try_from(wait_s).unwrap() * 1000;
            let password = Some((at_ms, ends));
            let made = Charge { at_ms: now_ms, state: trade_state, password, trade };
            state.charges.insert(number, made);
            answer
        })
        .await
    }

    pub(super) async fn take_back(&self, out_trade_no: &str) -> Result<Reversal, GatewayError> {
        let number = out_trade_no.to_owned();
        let again = self.dice.one_in(3);
        self.call(move |state, Arrival { now_ms, .. }| {
            let charge = state.charges.get_mut(&number);
            let charge = charge.ok_or_else(|| refused(ErrCode::TradeError))?;
            charge.settle(now_ms);
            // What WeChat counts from is later than what we count from, by the time the call took.
            if again || now_ms - charge.at_ms < MIN_AGE_S * 1000 {
                return Ok(Reversal::CallAgain);
            }
            charge.state = TradeState::Revoked;
            Ok(Reversal::Reversed)
        })
        .await
    }
}

fn unknown(code: ErrCode) -> GatewayError {
    let description = String::new();
    GatewayError::Unknown(Doubt::Reply(ReplyError::Refused { code, description }))
}
