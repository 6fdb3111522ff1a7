//! What a bill says of one payment or refund, beside what we have on record. Pure.

use serde::{Deserialize, Serialize};
use wxpay_core::Fen;
use wxpay_core::bill::{RefundPart, TradeRow};
use wxpay_core::messages::refund::RefundStatus;
use wxpay_core::messages::{Identity, TradeState};

use super::Day;
use crate::orders::{Order, Refund};
use crate::store::Movement;

/// What can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// WeChat took a payment that is not on record here.
    OnlyAtWechat,
    /// A payment on record here is not on the bill.
    OnlyHere,
    /// A payment has another amount or currency.
    AmountDiffers,
    /// A refund is missing on one side, or has another amount or state.
    RefundDiffers,
}

/// What became of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// WeChat was asked, and now the books agree.
    Healed,
    /// WeChat was asked, and it is still there.
    Remains,
    /// WeChat could not be asked; the next comparison asks.
    Unanswered,
}

/// One side of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The payment's or refund's amount.
    pub fee: Fen,
    /// Its currency, where it is another than CNY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_type: Option<String>,
    /// Its state in WeChat's words.
    pub state: String,
    /// WeChat's number of the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
}

/// A payment or refund on which bill and books do not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// How they differ.
    pub kind: DifferenceKind,
    /// What became of it.
    pub outcome: Outcome,
    /// The merchant's number of the order.
    pub out_trade_no: String,
    /// The merchant's number of the refund, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_refund_no: Option<String>,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// What the bill says; nothing when it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_wechat: Option<Side>,
    /// What is on record here; nothing when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub here: Option<Side>,
}

/// One row of a bill, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) at_ms: i64,
    pub(super) transaction_id: String,
    pub(super) out_trade_no: String,
    pub(super) fee: Fen,
    /// `None` is CNY.
    pub(super) fee_type: Option<String>,
    pub(super) trade_state: String,
    pub(super) refund: Option<RefundClaim>,
}

/// The refund of a row that is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RefundClaim {
    pub(super) refund_id: String,
    pub(super) out_refund_no: String,
    pub(super) fee: Fen,
    pub(super) status: String,
}

const REVOKED: &str = "REVOKED";

impl Claim {
    pub(super) fn of(row: &TradeRow) -> Self {
        Self {
            at_ms: row.time * 1000,
            transaction_id: clip(&row.transaction_id),
            out_trade_no: clip(&row.out_trade_no),
            fee: row.total_fee,
            fee_type: (!matches!(row.fee_type.as_str(), "" | "CNY")).then(|| clip(&row.fee_type)),
            trade_state: clip(&row.trade_state),
            refund: row.refund.as_deref().map(RefundClaim::of),
        }
    }

    /// Whether it gives money back although it is not a refund of the merchant's: a reversal.
    pub(super) fn is_reversal(&self) -> bool {
        self.trade_state == REVOKED
    }

    /// Where it does not agree with the order of its number.
    pub(super) fn compare(&self, order: Option<&Order>) -> Option<Difference> {
        match &self.refund {
            _ if self.is_reversal() => self.compare_reversal(order),
            Some(refund) => self.compare_refund(refund, order),
            None => self.compare_payment(order),
        }
    }

    fn compare_payment(&self, order: Option<&Order>) -> Option<Difference> {
        let payment = order.and_then(|order| order.payment.as_ref());
        let is_same_money = |fee: Fen| -> bool { fee == self.fee && self.fee_type.is_none() };
        let kind = match (order, payment) {
            (_, Some(payment)) if payment.transaction_id != self.transaction_id => {
                DifferenceKind::OnlyAtWechat
            }
            (_, Some(payment)) if is_same_money(payment.total_fee) => return None,
            // A payment of another amount than ordered does not count as the order's.
            (Some(order), None) if is_same_money(order.terms.total_fee) => {
                DifferenceKind::OnlyAtWechat
            }
            (None, _) => DifferenceKind::OnlyAtWechat,
            (Some(_), _) => DifferenceKind::AmountDiffers,
        };
        Some(self.difference(kind, order.map(order_side)))
    }

    /// The whole payment was taken back at the counter.
    fn compare_reversal(&self, order: Option<&Order>) -> Option<Difference> {
        let agrees = order.is_some_and(|order| order.trade_state == TradeState::Revoked);
        (!agrees).then(|| self.difference(DifferenceKind::RefundDiffers, order.map(order_side)))
    }

    fn compare_refund(&self, claim: &RefundClaim, order: Option<&Order>) -> Option<Difference> {
        let ours = order.and_then(|order| order.refund(&claim.out_refund_no));
        let agrees = ours.is_some_and(|refund| {
            refund.terms.refund_fee == claim.fee && status_agrees(&claim.status, refund)
        });
        (!agrees).then(|| self.difference(DifferenceKind::RefundDiffers, ours.map(refund_side)))
    }

    fn difference(&self, kind: DifferenceKind, here: Option<Side>) -> Difference {
        let refund = self.refund.as_ref();
        let state = refund.map_or(&self.trade_state, |refund| &refund.status);
        Difference {
            kind,
            outcome: Outcome::Remains,
            out_trade_no: self.out_trade_no.clone(),
            out_refund_no: refund.map(|refund| refund.out_refund_no.clone()),
            at_ms: self.at_ms,
            at_wechat: Some(Side {
                fee: refund.map_or(self.fee, |refund| refund.fee),
                fee_type: self.fee_type.clone(),
                state: if self.is_reversal() { &self.trade_state } else { state }.clone(),
                transaction_id: Some(self.transaction_id.clone()),
            }),
            here,
        }
    }
}

impl RefundClaim {
    fn of(part: &RefundPart) -> Self {
        Self {
            refund_id: clip(&part.refund_id),
            out_refund_no: clip(&part.out_refund_no),
            fee: part.refund_fee,
            status: clip(&part.refund_status),
        }
    }

    /// Whether the money goes, or went, back.
    pub(super) fn pays_back(&self) -> bool {
        !matches!(self.status.as_str(), "FAIL" | "REFUNDCLOSE")
    }
}

/// Whether a row is about this merchant: one bill has the orders of all mini programs and sub merchants of a number.
pub(super) fn is_ours(identity: &Identity, row: &TradeRow) -> bool {
    let appid = row.appid == identity.appid;
    appid && row.mch_id == identity.mch_id && row.sub_mch_id == identity.sub_mch_id
}

/// The bill is older than our record: it may still call unfinished what we know to be finished.
fn status_agrees(status: &str, refund: &Refund) -> bool {
    use RefundStatus::{Change, Processing, RefundClose, Success};
    match (status, refund.refund_status) {
        ("SUCCESS", known) => known == Some(Success),
        ("FAIL" | "REFUNDCLOSE", known) => matches!(known, Some(RefundClose | Change)),
        ("CHANGE", known) => matches!(known, Some(Change | Success | RefundClose)),
        // PROCESSING, or a word we do not know: WeChat has it, and so have we.
        (_, Some(Success | RefundClose | Change | Processing)) => true,
        (_, None) => refund.refund_id.is_some(),
    }
}

/// A payment or refund of ours that is not on the bill: whether it should be.
pub(super) fn only_here(movement: &Movement, order: &Order) -> Option<Difference> {
    let difference = |kind, here| Difference {
        kind,
        outcome: Outcome::Remains,
        out_trade_no: movement.key.out_trade_no.clone(),
        out_refund_no: movement.out_refund_no.clone(),
        at_ms: movement.at_ms,
        at_wechat: None,
        here: Some(here),
    };
    match &movement.out_refund_no {
        None => {
            order.payment.is_some().then(|| difference(DifferenceKind::OnlyHere, order_side(order)))
        }
        Some(number) => {
            // One that was closed has moved no money.
            let refund = order.refund(number).filter(|refund| refund.holds_amount())?;
            Some(difference(DifferenceKind::RefundDiffers, refund_side(refund)))
        }
    }
}

/// Around midnight WeChat may have put it on the neighbouring day's bill. Payments carry WeChat's own time. Of a refund
/// we only know that WeChat accepted it between the moment we asked and the moment we heard of it.
pub(super) fn is_near_midnight(movement: &Movement, order: &Order, day: Day) -> bool {
    let refund = movement.out_refund_no.as_ref().and_then(|number| order.refund(number));
    let (earliest_ms, slack_ms) = match refund {
        Some(refund) => (refund.asked_ms, 60_000),
        None => (movement.at_ms, 5_000),
    };
    earliest_ms < day.from_ms() + slack_ms || movement.at_ms >= day.to_ms() - slack_ms
}

fn order_side(order: &Order) -> Side {
    let payment = order.payment.as_ref();
    Side {
        fee: payment.map_or(order.terms.total_fee, |payment| payment.total_fee),
        fee_type: None,
        state: order.trade_state.as_str().into(),
        transaction_id: payment.map(|payment| payment.transaction_id.clone()),
    }
}

fn refund_side(refund: &Refund) -> Side {
    let state = match (&refund.refused, refund.refund_status) {
        (Some(refused), _) => refused.code.as_str(),
        (None, Some(status)) => status.as_str(),
        (None, None) => "",
    };
    Side { fee: refund.terms.refund_fee, fee_type: None, state: state.into(), transaction_id: None }
}

/// Real values are shorter; a bill is not signed, so nothing longer is kept.
fn clip(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests;
