//! The refunds of an order.

use serde::{Deserialize, Serialize};
use wxpay_core::Fen;
use wxpay_core::messages::refund::{self, MIN_SPACING_S, RefundStatus};

use super::{Anomaly, Order};
use crate::ambient::happened_ms;

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
    /// Why WeChat has not accepted it yet, in its own words; it is asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delayed: Option<Refused>,
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

/// WeChat's no.
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
    pub(in crate::orders) fn asked(terms: RefundTerms, asked_ms: i64) -> Self {
        Self {
            terms,
            asked_ms,
            refund_id: None,
            refund_status: None,
            delayed: None,
            refused: None,
            refund_recv_accout: None,
            success_time: None,
        }
    }

    pub(super) fn learn(&mut self, fact: &RefundFact) {
        self.delayed = None;
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

    /// What is paid back, or may still be; what others than us paid back, too.
    pub fn refund_total(&self) -> Fen {
        let held = self.refunds.iter().filter(|refund| refund.holds_amount());
        let held = held.map(|refund| refund.terms.refund_fee);
        held.chain(self.foreign_refunds())
            .fold(Fen::ZERO, |sum, fee| sum.checked_add(fee).unwrap_or(Fen::MAX))
    }

    /// What can still be paid back.
    pub fn refundable(&self) -> Fen {
        let paid = self.payment.as_ref().filter(|_| self.trade_state.is_paid());
        let paid = paid.map_or(Fen::ZERO, |payment| payment.total_fee);
        paid.checked_sub(self.refund_total()).unwrap_or(Fen::ZERO)
    }

    /// In how many parts it was paid back, or may be.
    pub fn refund_parts(&self) -> usize {
        let own = self.refunds.iter().filter(|refund| refund.refused.is_none());
        own.count() + self.foreign_refunds().count()
    }

    /// When each refund may be sent, milliseconds since 1970: WeChat wants a minute between two of one order.
    pub fn refund_times(&self, now_ms: i64) -> impl Iterator<Item = (i64, &Refund)> {
        self.refunds.iter().scan(i64::MIN, move |last_ms, refund| {
            let asked_ms = happened_ms(refund.asked_ms, now_ms);
            *last_ms = asked_ms.max(last_ms.saturating_add(MIN_SPACING_S * 1000));
            Some((*last_ms, refund))
        })
    }

    /// The request of a refund, the same every time.
    pub fn refund_request(&self, terms: &RefundTerms) -> refund::Refund {
        refund::Refund {
            out_trade_no: self.key.out_trade_no.clone(),
            out_refund_no: terms.out_refund_no.clone(),
            total_fee: self.terms.total_fee,
            refund_fee: terms.refund_fee,
            refund_desc: terms.refund_desc.clone(),
            refund_account: terms.refund_account.clone(),
            notify_url: Some(terms.notify_url.clone()),
        }
    }

    /// Whether others than us paid back under this number.
    pub fn is_foreign(&self, number: &str) -> bool {
        self.foreign().any(|(out_refund_no, _)| out_refund_no == number)
    }

    fn foreign_refunds(&self) -> impl Iterator<Item = Fen> {
        self.foreign().map(|(_, refund_fee)| refund_fee)
    }

    fn foreign(&self) -> impl Iterator<Item = (&str, Fen)> {
        self.anomalies.iter().filter_map(|found| match &found.anomaly {
            Anomaly::ForeignRefund { out_refund_no, refund_fee, .. } => {
                Some((out_refund_no.as_str(), *refund_fee))
            }
            Anomaly::AmountMismatch { .. }
            | Anomaly::PaidAfterClose { .. }
            | Anomaly::SecondPayment { .. }
            | Anomaly::OrphanNotice { .. }
            | Anomaly::RefundAbnormal { .. } => None,
        })
    }
}
