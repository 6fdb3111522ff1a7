//! The one funnel: every fact WeChat signed, from notice, query or close, passes `apply`. Pure.

use wxpay_core::Fen;
use wxpay_core::messages::{Trade, TradeState};

use super::order::{Anomaly, EventKind, Order, Source};

/// What WeChat said, verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Where it was said.
    pub source: Source,
    /// The state.
    pub trade_state: TradeState,
    /// The payment, in states that have one.
    pub payment: Option<Box<Trade>>,
}

/// What a fact does to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is news: these events happened.
    News(Vec<EventKind>),
    /// A duplicate, or older than what we know: nothing changes, and that is fine.
    NoNews,
}

/// Why a genuine fact cannot be about this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactError {
    /// Another amount than ordered.
    AmountDiffers {
        /// What was ordered.
        ordered: Fen,
        /// What WeChat says was paid for.
        reported: Fen,
    },
    /// Another currency than CNY.
    CurrencyDiffers {
        /// What WeChat says.
        reported: String,
    },
    /// A refund that is not the one on record.
    RefundDiffers {
        /// In which field.
        field: &'static str,
    },
}

impl std::fmt::Display for FactError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AmountDiffers { ordered, reported } => {
                write!(f, "total_fee: the order is {ordered} fen, the message says {reported}")
            }
            Self::CurrencyDiffers { reported } => {
                write!(f, "fee_type: the order is in CNY, the message says {reported}")
            }
            Self::RefundDiffers { field } => {
                write!(f, "{field}: WeChat's record of the refund is not ours")
            }
        }
    }
}

impl std::error::Error for FactError {}

/// Applies a fact to an order.
///
/// # Errors
/// [`FactError`] when amount or currency are not the order's; nothing may change then.
pub fn apply(order: &Order, fact: Fact) -> Result<Verdict, FactError> {
    if let Some(payment) = &fact.payment {
        check_money(order, payment)?;
    }
    if let Some(second) = second_payment(order, &fact) {
        return Ok(if order.has_anomaly(&second) {
            Verdict::NoNews
        } else {
            Verdict::News(vec![EventKind::Found { anomaly: second }])
        });
    }
    if !may_follow(order.trade_state, fact.trade_state) {
        return Ok(Verdict::NoNews);
    }
    let paid_late = late_payment(order, &fact);
    let Fact { source, trade_state, payment } = fact;
    let mut events = vec![EventKind::Fact { source, trade_state, payment }];
    events.extend(paid_late.map(|anomaly| EventKind::Found { anomaly }));
    Ok(Verdict::News(events))
}

/// The whitelist (APIv2 order states, transitions). Same to same is no news.
const fn may_follow(from: TradeState, to: TradeState) -> bool {
    use TradeState::{Closed, NotPay, PayError, Refund, Revoked, Success, UserPaying};
    match from {
        NotPay => !matches!(to, NotPay),
        UserPaying => !matches!(to, UserPaying),
        PayError => !matches!(to, PayError),
        Success => matches!(to, Refund | Revoked),
        // Paid while it was being closed: taken, and reported as an anomaly.
        Closed => matches!(to, Success | Refund),
        Refund | Revoked => false,
    }
}

fn check_money(order: &Order, payment: &Trade) -> Result<(), FactError> {
    let ordered = order.terms.total_fee;
    if payment.total_fee != ordered {
        return Err(FactError::AmountDiffers { ordered, reported: payment.total_fee });
    }
    if payment.fee_type != "CNY" {
        let reported = payment.fee_type.chars().take(16).collect();
        return Err(FactError::CurrencyDiffers { reported });
    }
    Ok(())
}

fn second_payment(order: &Order, fact: &Fact) -> Option<Anomaly> {
    let (first, second) = (order.payment.as_ref()?, fact.payment.as_ref()?);
    (first.transaction_id != second.transaction_id).then(|| Anomaly::SecondPayment {
        transaction_id: second.transaction_id.clone(),
        total_fee: second.total_fee,
    })
}

fn late_payment(order: &Order, fact: &Fact) -> Option<Anomaly> {
    let payment = fact.payment.as_ref().filter(|_| fact.trade_state.is_paid())?;
    (order.trade_state == TradeState::Closed)
        .then(|| Anomaly::PaidAfterClose { transaction_id: payment.transaction_id.clone() })
}

#[cfg(test)]
mod tests;
