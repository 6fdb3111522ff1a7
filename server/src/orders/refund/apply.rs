//! The funnel of refunds: whatever WeChat signed about one passes here. Pure.

use wxpay_core::Fen;
use wxpay_core::messages::refund::{Accepted, RefundStatus};
use wxpay_core::messages::refund_query::{Page, RefundRecord};

use crate::orders::apply::Verdict;
use crate::orders::order::{Anomaly, EventKind, Order, Refund, RefundFact, Refused, Source};

/// What refundquery said of one refund, verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundReport {
    /// Where it was said.
    pub source: Source,
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// The merchant's number of the order.
    pub out_trade_no: String,
    /// What was ordered.
    pub total_fee: Fen,
    /// The refund.
    pub record: RefundRecord,
}

/// A refund that WeChat knows and that is not the one on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundDiffersError {
    /// The field that differs.
    pub field: &'static str,
}

impl RefundReport {
    /// One refund of a page.
    pub fn of(page: &Page, record: RefundRecord) -> Self {
        Self {
            source: Source::Query,
            transaction_id: page.transaction_id.clone(),
            out_trade_no: page.out_trade_no.clone(),
            total_fee: page.total_fee,
            record,
        }
    }
}

/// Applies what WeChat reports of a refund to its order.
///
/// A refund that was not asked for here, or one that had ended without paying back, is an anomaly and takes its part of
/// what can be paid back.
///
/// # Errors
/// [`RefundDiffersError`] when a number or an amount is not the one on record; nothing may change then.
pub fn apply_refund(order: &Order, report: RefundReport) -> Result<Verdict, RefundDiffersError> {
    check_order(order, &report)?;
    let RefundReport { source, record, .. } = report;
    let Ok(refund_status) = record.status else { return Ok(Verdict::NoNews) };
    let Some(refund) = order.refund(&record.out_refund_no) else {
        return Ok(foreign(order, &record, refund_status));
    };
    check_same(refund, record.refund_fee, &record.refund_id)?;
    if comes_back(refund, refund_status) {
        return Ok(foreign(order, &record, refund_status));
    }
    if !may_follow(refund.refund_status, refund_status) {
        return Ok(Verdict::NoNews);
    }
    let out_refund_no = record.out_refund_no;
    let fact = RefundFact {
        out_refund_no: out_refund_no.clone(),
        refund_id: record.refund_id,
        refund_status,
        refund_recv_accout: record.refund_recv_accout,
        success_time: record.refund_success_time,
    };
    let mut events = vec![EventKind::RefundFact { source, fact: Box::new(fact) }];
    let abnormal = Anomaly::RefundAbnormal { out_refund_no, refund_status };
    if is_abnormal(refund_status) && !order.has_anomaly(&abnormal) {
        events.push(EventKind::Found { anomaly: abnormal });
    }
    Ok(Verdict::News(events))
}

/// Applies WeChat's yes to a refund.
///
/// # Errors
/// As [`apply_refund`].
pub(super) fn accept(
    order: &Order,
    no: &str,
    accepted: &Accepted,
) -> Result<Verdict, RefundDiffersError> {
    let differs = |field| RefundDiffersError { field };
    let refund = order.refund(no).ok_or(differs("out_refund_no"))?;
    check_payment(order, &accepted.transaction_id)?;
    check_same(refund, refund.terms.refund_fee, &accepted.refund_id)?;
    let refund_id = accepted.refund_id.clone();
    let out_refund_no = no.to_owned();
    if refund.refused.is_some() {
        let refund_fee = refund.terms.refund_fee;
        return Ok(found_once(
            order,
            Anomaly::ForeignRefund { out_refund_no, refund_id, refund_fee },
        ));
    }
    if refund.refund_id.is_some() {
        return Ok(Verdict::NoNews);
    }
    Ok(Verdict::News(vec![EventKind::RefundAccepted { out_refund_no, refund_id }]))
}

/// WeChat has not taken it on, and says why: news when the reason is another than before.
pub(super) fn delay(order: &Order, no: &str, reason: Refused) -> Vec<EventKind> {
    let open = order.refund(no).filter(|refund| refund.is_pending() && refund.refund_id.is_none());
    let code = |refused: &Refused| refused.code.clone();
    if open.is_none_or(|open| open.delayed.as_ref().map(code) == Some(code(&reason))) {
        return Vec::new();
    }
    vec![EventKind::RefundDelayed { out_refund_no: no.into(), reason }]
}

/// WeChat has refused it and does not know it: it is over, and its amount is free again.
pub(super) fn refuse(order: &Order, no: &str, refused: Refused) -> Vec<EventKind> {
    let open = order.refund(no).filter(|refund| refund.is_pending() && refund.refund_id.is_none());
    if open.is_none() {
        return Vec::new();
    }
    vec![EventKind::RefundRefused { out_refund_no: no.into(), refused }]
}

/// A refund that WeChat knows and we have not asked for. One that pays nothing back is nobody's business.
pub(super) fn foreign(order: &Order, record: &RefundRecord, status: RefundStatus) -> Verdict {
    match status {
        RefundStatus::RefundClose => Verdict::NoNews,
        RefundStatus::Success | RefundStatus::Processing | RefundStatus::Change => {
            found_once(order, foreign_anomaly(record))
        }
    }
}

pub(super) fn foreign_anomaly(record: &RefundRecord) -> Anomaly {
    Anomaly::ForeignRefund {
        out_refund_no: record.out_refund_no.clone(),
        refund_id: record.refund_id.clone(),
        refund_fee: record.refund_fee,
    }
}

fn found_once(order: &Order, anomaly: Anomaly) -> Verdict {
    if order.has_anomaly(&anomaly) {
        Verdict::NoNews
    } else {
        Verdict::News(vec![EventKind::Found { anomaly }])
    }
}

/// The whitelist (APIv2 refund states). CHANGE ends when a person has dealt with it; SUCCESS and REFUNDCLOSE are final.
const fn may_follow(from: Option<RefundStatus>, to: RefundStatus) -> bool {
    use RefundStatus::{Change, Processing, RefundClose, Success};
    match from {
        None => true,
        Some(Processing) => !matches!(to, Processing),
        Some(Change) => matches!(to, Success | RefundClose),
        Some(Success | RefundClose) => false,
    }
}

const fn is_abnormal(status: RefundStatus) -> bool {
    match status {
        RefundStatus::RefundClose | RefundStatus::Change => true,
        RefundStatus::Success | RefundStatus::Processing => false,
    }
}

/// Whether it pays back after it was over: its amount may have been promised to another refund since.
fn comes_back(refund: &Refund, status: RefundStatus) -> bool {
    let was_closed = refund.refund_status == Some(RefundStatus::RefundClose);
    refund.refused.is_some() || (was_closed && status == RefundStatus::Success)
}

fn check_order(order: &Order, report: &RefundReport) -> Result<(), RefundDiffersError> {
    let differs = |field| RefundDiffersError { field };
    if report.out_trade_no != order.key.out_trade_no {
        return Err(differs("out_trade_no"));
    }
    check_payment(order, &report.transaction_id)?;
    if report.total_fee != order.terms.total_fee {
        return Err(differs("total_fee"));
    }
    Ok(())
}

fn check_payment(order: &Order, transaction_id: &str) -> Result<(), RefundDiffersError> {
    match &order.payment {
        Some(payment) if payment.transaction_id == transaction_id => Ok(()),
        Some(_) | None => Err(RefundDiffersError { field: "transaction_id" }),
    }
}

fn check_same(refund: &Refund, refund_fee: Fen, refund_id: &str) -> Result<(), RefundDiffersError> {
    let differs = |field| RefundDiffersError { field };
    if refund.terms.refund_fee != refund_fee {
        return Err(differs("refund_fee"));
    }
    match &refund.refund_id {
        Some(known) if known != refund_id => Err(differs("refund_id")),
        Some(_) | None => Ok(()),
    }
}

impl std::fmt::Display for RefundDiffersError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: WeChat's record of the refund is not ours", self.field)
    }
}

impl std::error::Error for RefundDiffersError {}

#[cfg(test)]
mod tests;
