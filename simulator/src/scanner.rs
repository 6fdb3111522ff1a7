//! The merchant's scanner: payment codes, and what becomes of the orders they pay (reference: micropay, reverse).

use serde::{Deserialize, Serialize};
use wxpay_core::messages::TradeState;

use crate::payment::{PayError, Payer};
use crate::simulator::Simulator;
use crate::world::{OrderKey, World};

/// The phone shows a new code every minute.
const CODE_LIFE_MS: i64 = 60_000;

/// What happens when a payment code is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// The money moves at once.
    #[default]
    Pays,
    /// USERPAYING: the user is asked for the password.
    Password {
        /// How it ends.
        ends: Ending,
        /// When, in seconds of the simulator's clock; `None` waits for [`Simulator::end_password`].
        after_s: Option<u32>,
    },
    /// NOTENOUGH.
    NotEnough,
    /// NOTSUPORTCARD.
    CardNotSupported,
    /// TRADE_ERROR, as for an account under risk control.
    TradeError,
    /// AUTHCODEEXPIRE, however young it is.
    Expired,
    /// AUTH_CODE_INVALID: not a code of WeChat's.
    Invalid,
    /// AUTH_CODE_ERROR: charged before.
    Used,
    /// BANKERROR, and the money has moved or has not.
    BankError {
        /// Whether it has.
        paid: bool,
    },
    /// SYSTEMERROR, and the money has moved or has not.
    SystemError {
        /// Whether it has.
        paid: bool,
    },
}

/// How a user's password ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Right: SUCCESS.
    Pays,
    /// The user goes away: NOTPAY.
    Cancels,
    /// The bank refuses: PAYERROR.
    Fails,
}

/// A payment code on a user's phone.
#[derive(Debug, Clone)]
pub(crate) struct AuthCode {
    pub(crate) user: String,
    pub(crate) behaviour: Behaviour,
    made_ms: i64,
    used: bool,
    /// After authcodetoopenid nobody else may charge it.
    reserved_for: Option<String>,
}

/// Why a code cannot be charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeError {
    Unknown,
    Expired,
    Used,
    Reserved,
}

/// One payment code charged for one order.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) user: String,
    pub(crate) state: AttemptState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AttemptState {
    Password,
    Cancelled,
    Failed,
}

/// An order that was taken back.
#[derive(Debug, Clone)]
pub(crate) struct Reversal {
    pub(crate) at_ms: i64,
    /// WeChat's number of the money's way back; a paid order alone has one.
    pub(crate) refund_id: Option<String>,
}

/// A password that ends by itself.
#[derive(Debug)]
pub(crate) struct Due {
    at_ms: i64,
    key: OrderKey,
    ending: Ending,
}

impl Simulator {
    /// A fresh payment code on a user's phone: 18 digits, for one minute.
    pub fn auth_code(&self, user: &str, behaviour: Behaviour) -> String {
        self.with(|world| {
            let digits = world.ids.auth_code();
            let code = AuthCode {
                user: user.into(),
                behaviour,
                made_ms: world.now_ms,
                used: behaviour == Behaviour::Used,
                reserved_for: None,
            };
            world.auth_codes.insert(digits.clone(), code);
            digits
        })
    }

    /// The user who was asked for the password answers now.
    ///
    /// # Errors
    /// [`PayError::UnknownOrder`], or another that says why nobody is asked for a password.
    pub fn end_password(&self, out_trade_no: &str, ending: Ending) -> Result<TradeState, PayError> {
        self.with(|world| {
            let key = world.key_of(out_trade_no).ok_or(PayError::UnknownOrder)?;
            let order = world.find(&key).ok_or(PayError::UnknownOrder)?;
            match order.trade_state() {
                TradeState::UserPaying => {}
                TradeState::Success | TradeState::Refund => return Err(PayError::Paid),
                TradeState::Closed
                | TradeState::Revoked
                | TradeState::NotPay
                | TradeState::PayError => return Err(PayError::Closed),
            }
            let now_ms = world.now_ms;
            world.end_password(&key, ending, now_ms);
            world.find(&key).map(|order| order.trade_state()).ok_or(PayError::UnknownOrder)
        })
    }
}

impl World {
    /// A code that this merchant may still charge.
    pub(crate) fn auth_code(
        &mut self,
        digits: &str,
        mch_id: &str,
    ) -> Result<&mut AuthCode, CodeError> {
        let now_ms = self.now_ms;
        let code = self.auth_codes.get_mut(digits).ok_or(CodeError::Unknown)?;
        if code.behaviour == Behaviour::Invalid {
            return Err(CodeError::Unknown);
        }
        if code.used {
            return Err(CodeError::Used);
        }
        if code.behaviour == Behaviour::Expired || now_ms - code.made_ms >= CODE_LIFE_MS {
            return Err(CodeError::Expired);
        }
        if code.reserved_for.as_deref().is_some_and(|reserved| reserved != mch_id) {
            return Err(CodeError::Reserved);
        }
        Ok(code)
    }

    /// Lets the user of an order's code be asked for the password.
    pub(crate) fn ask_password(&mut self, key: &OrderKey, ending: Ending, after_s: Option<u32>) {
        if let Some(after_s) = after_s {
            let at_ms = self.now_ms + i64::from(after_s) * 1000;
            self.dues.push(Due { at_ms, key: key.clone(), ending });
        }
    }

    /// Ends the passwords whose time has come, the oldest first.
    pub(crate) fn end_due_passwords(&mut self) {
        let now_ms = self.now_ms;
        let (mut due, waiting) =
            std::mem::take(&mut self.dues).into_iter().partition(|due: &Due| due.at_ms <= now_ms);
        self.dues = waiting;
        due.sort_by_key(|due: &Due| due.at_ms);
        for Due { at_ms, key, ending } in due {
            self.end_password(&key, ending, at_ms);
        }
    }

    fn end_password(&mut self, key: &OrderKey, ending: Ending, at_ms: i64) {
        let Some(order) = self.orders.get_mut(key) else { return };
        // Reversed, closed or ended by hand in the meantime.
        if order.trade_state() != TradeState::UserPaying {
            return;
        }
        let Some(attempt) = &mut order.attempt else { return };
        match ending {
            Ending::Cancels => attempt.state = AttemptState::Cancelled,
            Ending::Fails => attempt.state = AttemptState::Failed,
            Ending::Pays => {
                let user = attempt.user.clone();
                let payer = Payer::new(order, &user);
                self.take_money(key, payer, None, at_ms);
            }
        }
    }

    /// Takes an order back: nobody can pay it, and money that was taken goes back whole.
    pub(crate) fn reverse(&mut self, key: &OrderKey) {
        let at_ms = self.now_ms;
        let Some(order) = self.orders.get_mut(key) else { return };
        let refund_id = order.payment.is_some().then(|| self.ids.refund_id(at_ms));
        order.reversal = Some(Reversal { at_ms, refund_id });
        if let Some(payment) = &order.payment {
            let transaction_id = payment.transaction_id.clone();
            let total_fee = order.total_fee;
            self.enter("reverse", key, transaction_id, total_fee, at_ms);
        }
    }
}

impl AuthCode {
    pub(crate) fn charge(&mut self) {
        self.used = true;
    }

    pub(crate) fn reserve(&mut self, mch_id: &str) {
        self.reserved_for = Some(mch_id.into());
    }
}

impl Attempt {
    pub(crate) fn trade_state(&self) -> TradeState {
        match self.state {
            AttemptState::Password => TradeState::UserPaying,
            AttemptState::Cancelled => TradeState::NotPay,
            AttemptState::Failed => TradeState::PayError,
        }
    }
}
