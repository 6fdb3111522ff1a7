//! The refunds of an order.

use serde::{Deserialize, Serialize};
use wxpay_core::Fen;
use wxpay_core::messages::refund::RefundStatus;

use super::Order;

/// What shall be paid back. Frozen before the first send: whoever sends it again sends the same refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundTerms {
    /// The merchant's number of the refund, unique within the merchant.
    pub out_refund_no: String,
    /// How much.
    pub refund_fee: Fen,
    /// Shown to the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_desc: Option<String>,
    /// Which of the merchant's accounts pays, in WeChat's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_account: Option<String>,
    /// Where the notice goes.
    pub notify_url: String,
}

/// A refund as the order's events left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// What was asked for.
    #[serde(flatten)]
    pub terms: RefundTerms,
    /// Milliseconds since 1970.
    pub asked_ms: i64,
    /// WeChat's number of it, since WeChat accepted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<String>,
    /// What WeChat last said became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_status: Option<RefundStatus>,
    /// WeChat refused it for good: nothing was and nothing will be paid back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
    /// Where the money goes, in WeChat's words and spelling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_recv_accout: Option<String>,
    /// Seconds since 1970 when it was paid back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_time: Option<i64>,
}

/// WeChat's final no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The err_code.
    pub code: String,
    /// WeChat's words.
    pub description: String,
}

/// What WeChat says of a refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundFact {
    /// Which refund.
    pub out_refund_no: String,
    /// WeChat's number of it.
    pub refund_id: String,
    /// What became of it.
    pub refund_status: RefundStatus,
    /// Where the money goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_recv_accout: Option<String>,
    /// Seconds since 1970 when it was paid back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_time: Option<i64>,
}

impl Refund {
    pub(super) fn asked(terms: RefundTerms, asked_ms: i64) -> Self {
        Self {
            terms,
            asked_ms,
            refund_id: None,
            refund_status: None,
            refused: None,
            refund_recv_accout: None,
            success_time: None,
        }
    }

    pub(super) fn learn(&mut self, fact: &RefundFact) {
        self.refund_id = Some(fact.refund_id.clone());
        self.refund_status = Some(fact.refund_status);
        self.refund_recv_accout.clone_from(&fact.refund_recv_accout);
        self.success_time = fact.success_time;
    }

    /// Whether its amount may not be promised to another refund: it is paid back, or may still be.
    pub fn holds_amount(&self) -> bool {
        self.refused.is_none() && self.refund_status != Some(RefundStatus::RefundClose)
    }

    /// Whether WeChat may still have news of it.
    pub fn is_pending(&self) -> bool {
        self.refused.is_none()
            && matches!(self.refund_status, None | Some(RefundStatus::Processing))
    }
}

impl Order {
    /// A refund by its number.
    pub fn refund(&self, out_refund_no: &str) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.terms.out_refund_no == out_refund_no)
    }

    /// What is paid back, or may still be.
    pub fn refund_total(&self) -> Fen {
        let held = self.refunds.iter().filter(|refund| refund.holds_amount());
        held.fold(Fen::ZERO, |sum, refund| {
            sum.checked_add(refund.terms.refund_fee).unwrap_or(Fen::MAX)
        })
    }
}
