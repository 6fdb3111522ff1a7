//! Paying back. Pure checks, then the intent with its number and terms durable, then the first send.
//!
//! What WeChat makes of it is settled in `settle`: an unknown outcome is asked about, and only what WeChat does not know
//! is sent again, always the same. The amount stays reserved until WeChat has said no and refundquery has confirmed it.

mod apply;
mod look;
mod notice;
mod settle;
mod turns;

use wxpay_core::Fen;
use wxpay_core::messages::refund::{FIELDS, MAX_AGE_S, MAX_PARTS, RefundStatus};

pub use self::apply::{RefundDiffersError, RefundReport, apply_refund};
pub use self::notice::Noticed;
pub(super) use self::turns::Turns;

use super::create::check_characters;
use super::order::{EventKind, Order, OrderKey, Refund, RefundTerms};
use super::{ATTEMPTS, Conflict, Idempotency, OrderError, Orders};
use crate::ambient::new_number;
use crate::merchant::{Merchant, refund_notify_url};
use crate::store::{Change, StoreError};

/// What the merchant wants to pay back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRefund {
    /// The merchant's number of it, or ours if it has none.
    pub out_refund_no: Option<String>,
    /// How much.
    pub refund_fee: Fen,
    /// What the merchant believes was ordered, to be checked.
    pub total_fee: Option<Fen>,
    /// Shown to the user.
    pub refund_desc: Option<String>,
    /// Which of the merchant's accounts pays, in WeChat's words.
    pub refund_account: Option<String>,
}

/// The order after the request, and which of its refunds is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refunded {
    /// The order.
    pub order: Order,
    /// The refund's number.
    pub out_refund_no: String,
    /// False when an earlier call had made it.
    pub is_new: bool,
}

/// Why a refund is not begun. Nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundError {
    /// The merchant has no certificate here.
    NotConfigured,
    /// The order is not paid.
    NotPaid,
    /// More than can still be paid back.
    TooMuch {
        /// What can still be paid back.
        refundable: Fen,
    },
    /// The payment is more than a year old.
    TooOld,
    /// The order was paid back in as many parts as WeChat allows.
    TooManyParts,
    /// The out_refund_no stands for another refund.
    NumberUsed,
}

impl Refunded {
    /// The refund.
    pub fn refund(&self) -> Option<&Refund> {
        self.order.refund(&self.out_refund_no)
    }
}

impl Orders {
    /// Pays back a part of an order, or all of it. The same request again finds the same refund, and has WeChat asked
    /// about it if it is still pending.
    ///
    /// The refund may be pending afterwards: its outcome is unknown, WeChat wants patience, or less than a minute has
    /// passed since the order's last one. It is recorded then, and the sweep goes on with it.
    ///
    /// # Errors
    /// [`RefundError`] and [`OrderError::Field`] before anything is recorded or sent; the store's.
    pub async fn refund(
        &self,
        key: &OrderKey,
        new: NewRefund,
        idempotency: Option<Idempotency>,
    ) -> Result<Refunded, OrderError> {
        let merchant = self.merchants.get(&key.merchant).ok_or(OrderError::NotFound)?;
        let begun = self.begin_refund(merchant, key, &new, idempotency.as_ref()).await?;
        let Refunded { order, out_refund_no, is_new } = begun;
        let refund = order.refund(&out_refund_no);
        let settled = if refund.is_some_and(Refund::is_pending) {
            self.settle_refund(&order.key, &out_refund_no, !is_new).await
        } else if refund.is_some_and(|it| it.refund_status == Some(RefundStatus::Change)) {
            // A person may have dealt with it.
            self.check_refund(&order.key, &out_refund_no).await
        } else {
            Ok(order)
        };
        let order = match settled {
            Ok(order) => order,
            Err(OrderError::Store(error)) => return Err(error.into()),
            Err(error) => {
                let OrderKey { merchant, out_trade_no } = key;
                tracing::warn!(merchant, out_trade_no, out_refund_no, %error, "refund is pending");
                self.get(key).await?
            }
        };
        Ok(Refunded { order, out_refund_no, is_new })
    }

    /// A refund by its number, with its order.
    ///
    /// # Errors
    /// [`OrderError::NotFound`], or the store's.
    pub async fn get_refund(
        &self,
        merchant: &str,
        out_refund_no: &str,
    ) -> Result<Refunded, OrderError> {
        let key = self.store.order_of_refund(merchant, out_refund_no).await?;
        let order = self.get(&key.ok_or(OrderError::NotFound)?).await?;
        Ok(Refunded { order, out_refund_no: out_refund_no.into(), is_new: false })
    }

    /// Finds the refund, or records that it is wanted.
    async fn begin_refund(
        &self,
        merchant: &Merchant,
        key: &OrderKey,
        new: &NewRefund,
        idempotency: Option<&Idempotency>,
    ) -> Result<Refunded, OrderError> {
        for _ in 0..ATTEMPTS {
            let made = self.made_by_key(merchant, idempotency).await?;
            if let Some(out_refund_no) = made.and_then(|row| row.out_refund_no) {
                return self.get_refund(&merchant.id, &out_refund_no).await;
            }
            let (order, now_ms) = (self.get(key).await?, self.clock.now_ms());
            let own = new.out_refund_no.clone();
            let number = own.unwrap_or_else(|| new_number(now_ms, &*self.nonces));
            let known = order.refund(&number);
            let change = match known {
                Some(known) if !is_same(&order, known, new) => {
                    return Err(RefundError::NumberUsed.into());
                }
                // From now on the key stands for this refund, too.
                Some(_) => Change::default(),
                None if order.is_foreign(&number) => return Err(RefundError::NumberUsed.into()),
                None => {
                    match self.store.order_of_refund(&merchant.id, &number).await? {
                        // Begun by another call since the order was read.
                        Some(owner) if owner == *key => continue,
                        Some(_) => return Err(RefundError::NumberUsed.into()),
                        None => {}
                    }
                    let terms = self.checked_terms(merchant, &order, &number, new, now_ms)?;
                    let asked = EventKind::RefundAsked { terms: Box::new(terms) };
                    Change::update(&order, vec![asked], now_ms).tell(&merchant.endpoints())
                }
            };
            let change = match idempotency {
                Some(idempotency) => change.with_idempotency(idempotency.row(key, Some(&number))),
                None if known.is_some() => {
                    return Ok(Refunded { order, out_refund_no: number, is_new: false });
                }
                None => change,
            };
            let is_new = known.is_none();
            let after = change.order().cloned().unwrap_or(order);
            match self.store.commit(change).await {
                Ok(()) => {
                    self.agenda.watch(&after, now_ms);
                    return Ok(Refunded { order: after, out_refund_no: number, is_new });
                }
                Err(StoreError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Stale.into())
    }

    /// The terms of a refund that may be made, checked as WeChat will.
    fn checked_terms(
        &self,
        merchant: &Merchant,
        order: &Order,
        out_refund_no: &str,
        new: &NewRefund,
        now_ms: i64,
    ) -> Result<RefundTerms, OrderError> {
        if merchant.certificate.is_none() {
            return Err(RefundError::NotConfigured.into());
        }
        let terms = RefundTerms {
            out_refund_no: out_refund_no.into(),
            refund_fee: new.refund_fee,
            refund_desc: new.refund_desc.clone(),
            refund_account: new.refund_account.clone(),
            notify_url: refund_notify_url(&self.public_url, &merchant.id),
        };
        check(order, new, now_ms)?;
        let request = order.refund_request(&terms);
        let nonce = self.nonces.nonce();
        let params =
            request.to_params(&merchant.identity, &nonce, order.sign_type, &merchant.api_key);
        let params = params.map_err(|error| OrderError::Field {
            field: error.field,
            expected: error.expected.to_string(),
        })?;
        check_characters(&params, FIELDS)?;
        Ok(terms)
    }
}

/// Whether the order can be paid back so much (APIv2 refund, rules).
fn check(order: &Order, new: &NewRefund, now_ms: i64) -> Result<(), OrderError> {
    let total_fee = order.terms.total_fee;
    if new.refund_fee == Fen::ZERO {
        let expected = "a whole number of fen, at least 1".into();
        return Err(OrderError::Field { field: "refund_fee", expected });
    }
    if new.total_fee.is_some_and(|believed| believed != total_fee) {
        let expected = format!("{total_fee}, which is what was ordered");
        return Err(OrderError::Field { field: "total_fee", expected });
    }
    if order.is_reversing() {
        return Err(OrderError::Conflict(Conflict::Reversing));
    }
    let payment = order.payment.as_ref().filter(|_| order.trade_state.is_paid());
    let payment = payment.ok_or(RefundError::NotPaid)?;
    let refundable = order.refundable();
    if now_ms - payment.time_end * 1000 > MAX_AGE_S * 1000 {
        Err(RefundError::TooOld.into())
    } else if order.refund_parts() >= MAX_PARTS {
        Err(RefundError::TooManyParts.into())
    } else if new.refund_fee > refundable {
        Err(RefundError::TooMuch { refundable }.into())
    } else {
        Ok(())
    }
}

fn is_same(order: &Order, known: &Refund, new: &NewRefund) -> bool {
    let RefundTerms { refund_fee, refund_desc, refund_account, .. } = &known.terms;
    *refund_fee == new.refund_fee
        && *refund_desc == new.refund_desc
        && *refund_account == new.refund_account
        && new.total_fee.is_none_or(|believed| believed == order.terms.total_fee)
}

impl From<RefundError> for OrderError {
    fn from(error: RefundError) -> Self {
        Self::Refund(error)
    }
}

impl std::fmt::Display for RefundError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotConfigured => f.write_str(
                "refunds need the merchant certificate: set cert_file and key_file of the merchant",
            ),
            Self::NotPaid => f.write_str("the order is not paid"),
            Self::TooMuch { refundable } => {
                write!(f, "refund_fee: at most {refundable} fen can still be paid back")
            }
            Self::TooOld => f.write_str("the payment is more than a year old"),
            Self::TooManyParts => {
                write!(f, "the order was paid back in {MAX_PARTS} parts, which is the most")
            }
            Self::NumberUsed => f.write_str("out_refund_no: exists with other terms"),
        }
    }
}

impl std::error::Error for RefundError {}

#[cfg(test)]
mod tests;
