//! Refunds as WeChat keeps them: each order has its own (reference: refund, refund states).

use wxpay_core::Fen;
use wxpay_core::messages::refund::{MAX_AGE_S, MAX_PARTS, MIN_SPACING_S, RefundStatus};
use wxpay_core::messages::{ErrCode, TradeState};

use crate::calls::Refusal;
use crate::order::Order;
use crate::payment::Payment;

/// A refund WeChat has taken on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Who pays it.
    pub mch_id: String,
    /// The merchant's number of the order.
    pub out_trade_no: String,
    /// The merchant's number of the refund.
    pub out_refund_no: String,
    /// WeChat's number of it.
    pub refund_id: String,
    /// What is paid back, in fen.
    pub refund_fee: Fen,
    /// The number and the amount of what goes back to the coupon that paid a part.
    pub coupon: Option<(String, Fen)>,
    /// What has become of it.
    pub status: RefundStatus,
    /// When it was asked for, in milliseconds since 1970.
    pub asked_ms: i64,
    /// When the money was back, in milliseconds since 1970.
    pub success_ms: Option<i64>,
    /// How many notices were sent, repeats included.
    pub notices_sent: u32,
    /// Whether the merchant's server has answered a genuine notice with SUCCESS.
    pub notice_acknowledged: bool,
    /// Where notices go.
    pub(crate) notify_url: Option<String>,
    pub(crate) refund_account: String,
    /// Its time has come; it ends as soon as it is said how.
    pub(crate) is_due: bool,
}

/// An order's refunds, oldest first, and what is to become of them.
#[derive(Debug, Clone)]
pub(crate) struct Refunds {
    pub(crate) list: Vec<Refund>,
    /// PROCESSING: they wait for another word.
    pub(crate) outcome: RefundStatus,
}

/// The amounts a request for a refund names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Amounts {
    pub(crate) total_fee: Fen,
    pub(crate) refund_fee: Fen,
}

impl Refund {
    /// What the user gets in cash.
    pub fn cash_refund_fee(&self) -> Fen {
        let coupon_fee = self.coupon.as_ref().map_or(Fen::ZERO, |(_, fee)| *fee);
        self.refund_fee.checked_sub(coupon_fee).unwrap_or(Fen::ZERO)
    }

    /// Whether it takes, or will take, from what the order can still pay back.
    pub(crate) fn counts(&self) -> bool {
        match self.status {
            RefundStatus::Processing | RefundStatus::Success | RefundStatus::Change => true,
            RefundStatus::RefundClose => false,
        }
    }
}

impl Default for Refunds {
    fn default() -> Self {
        Self { list: Vec::new(), outcome: RefundStatus::Success }
    }
}

impl Order {
    /// The refunds asked for, oldest first.
    pub fn refunds(&self) -> &[Refund] {
        &self.refunds.list
    }

    pub(crate) fn refund(&self, out_refund_no: &str) -> Option<&Refund> {
        self.refunds.list.iter().find(|refund| refund.out_refund_no == out_refund_no)
    }

    pub(crate) fn refund_mut(&mut self, out_refund_no: &str) -> Option<&mut Refund> {
        self.refunds.list.iter_mut().find(|refund| refund.out_refund_no == out_refund_no)
    }

    /// What was paid back or is about to be; refunds that were closed give their part free again.
    pub(crate) fn refunded(&self) -> Fen {
        sum(self.counted().map(|refund| refund.refund_fee))
    }

    /// The rules for a refund with a number not seen before.
    pub(crate) fn check_refund(
        &self,
        amounts: Amounts,
        with_spacing: bool,
        now_ms: i64,
    ) -> Result<(), Refusal> {
        let payment = match (&self.payment, self.trade_state()) {
            (Some(payment), TradeState::Success | TradeState::Refund) => payment,
            (Some(_) | None, _) => {
                return refuse(ErrCode::TradeStateError, "订单状态错误，不可退款");
            }
        };
        if now_ms - payment.at_ms > MAX_AGE_S * 1000 {
            return refuse(ErrCode::TradeOverdue, "订单已经超过退款期限");
        }
        if amounts.total_fee != self.total_fee {
            return refuse(ErrCode::ParamError, "total_fee与订单金额不一致");
        }
        let rest = self.total_fee.checked_sub(self.refunded()).unwrap_or(Fen::ZERO);
        if rest == Fen::ZERO {
            return refuse(ErrCode::TradeStateError, "订单已全额退款");
        }
        if amounts.refund_fee > rest {
            return refuse(ErrCode::RefundFeeInvalid, "累计退款金额大于支付金额");
        }
        if self.refunds.list.len() >= MAX_PARTS {
            return refuse(ErrCode::Error, "单笔订单最多退款50次");
        }
        let last_ms = self.refunds.list.last().map(|refund| refund.asked_ms);
        if with_spacing && last_ms.is_some_and(|at| now_ms - at < MIN_SPACING_S * 1000) {
            return refuse(ErrCode::FrequencyLimited, "同一订单两次退款须间隔1分钟");
        }
        Ok(())
    }

    /// The coupon's part of the next refund: after every refund the coupon has back what is its share of the whole,
    /// rounded down, so that in the end it has all.
    pub(crate) fn coupon_part(&self, refund_fee: Fen) -> Fen {
        let Some((_, coupon_fee)) = self.payment.as_ref().and_then(|paid| paid.coupon.as_ref())
        else {
            return Fen::ZERO;
        };
        let back = self.counted().filter_map(|refund| refund.coupon.as_ref()).map(|(_, fee)| *fee);
        let after = u128::from(self.refunded().get()) + u128::from(refund_fee.get());
        let share = after * u128::from(coupon_fee.get()) / u128::from(self.total_fee.get().max(1));
        let share =
            u64::try_from(share).ok().and_then(|fen| Fen::new(fen).ok()).unwrap_or(*coupon_fee);
        share.checked_sub(sum(back)).unwrap_or(Fen::ZERO).min(refund_fee)
    }

    fn counted(&self) -> impl Iterator<Item = &Refund> {
        self.refunds.list.iter().filter(|refund| refund.counts())
    }
}

impl Payment {
    /// The part paid in cash, which is what the merchant receives.
    pub(crate) fn cash_fee(&self, total_fee: Fen) -> Fen {
        let coupon_fee = self.coupon.as_ref().map_or(Fen::ZERO, |(_, fee)| *fee);
        total_fee.checked_sub(coupon_fee).unwrap_or(Fen::ZERO)
    }
}

pub(crate) fn sum(fees: impl Iterator<Item = Fen>) -> Fen {
    fees.fold(Fen::ZERO, |sum, fee| sum.checked_add(fee).unwrap_or(Fen::MAX))
}

fn refuse<T>(code: ErrCode, description: &str) -> Result<T, Refusal> {
    Err(Refusal::new(code, description))
}
