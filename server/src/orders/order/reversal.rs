//! Taking an order back whole (micropay), and when it is time for it.

use serde::{Deserialize, Serialize};
use wxpay_core::messages::micropay::{CODE_LIFE_S, GIVE_UP_S};
use wxpay_core::messages::reverse::MIN_AGE_S;
use wxpay_core::messages::{TradeState, TradeType};

use super::{Order, Refused};

/// The wish to reverse an order, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversal {
    /// Milliseconds since 1970.
    pub asked_ms: i64,
    /// WeChat will not do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
}

impl Reversal {
    pub(super) const fn asked(asked_ms: i64) -> Self {
        Self { asked_ms, refused: None }
    }
}

impl Order {
    /// Whether the user pays by showing a payment code: such an order is reversed, never closed.
    pub const fn is_micropay(&self) -> bool {
        matches!(self.terms.trade_type, TradeType::Micropay)
    }

    /// Whether a payment code was charged, and nobody knows yet what came of it.
    pub fn is_charging(&self) -> bool {
        self.is_micropay() && self.is_open() && self.asked.is_some() && self.refused.is_none()
    }

    /// Whether WeChat has yet to take the order back. Until then no money may go back in another way.
    pub fn is_reversing(&self) -> bool {
        let wanted = self.reversal.as_ref().is_some_and(|reversal| reversal.refused.is_none());
        // A refused charge took nothing, and a payment under its number may be somebody else's.
        let is_charged = self.is_open() && self.refused.is_none();
        wanted && (is_charged || self.trade_state == TradeState::Success)
    }

    /// When WeChat accepts reverse; `None` when nobody was charged.
    pub fn reversible_ms(&self, now_ms: i64) -> Option<i64> {
        self.asked_ms(now_ms).map(|at| at + MIN_AGE_S * 1000)
    }

    /// From when on a charge that WeChat does not know will not come any more: its code has changed by then, and as long
    /// again for what is slow on the way.
    pub fn charge_over_ms(&self) -> Option<i64> {
        // The wish to reverse it came after the charge: should the clock have been set back between them, it counts.
        let (asked, reversal) = (self.asked.as_ref()?, self.reversal.as_ref()?);
        Some(asked.at_ms.min(reversal.asked_ms) + 2 * CODE_LIFE_S * 1000)
    }

    /// When an unknown charge is given up and reversed. One that failed is not waited for.
    pub fn give_up_ms(&self, now_ms: i64) -> Option<i64> {
        let wait_s = match self.trade_state {
            TradeState::PayError => MIN_AGE_S,
            TradeState::NotPay
            | TradeState::UserPaying
            | TradeState::Success
            | TradeState::Refund
            | TradeState::Closed
            | TradeState::Revoked => GIVE_UP_S,
        };
        self.asked_ms(now_ms).map(|at| at + wait_s * 1000)
    }
}
