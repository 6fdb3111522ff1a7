//! An order as WeChat keeps it (reference: order states).

use wxpay_core::messages::TradeState;
use wxpay_core::{Fen, Params, SignType};

use crate::ids::{Ids, beijing, openid};
use crate::refund::Refunds;

/// A prepay_id lives two hours.
const PREPAY_LIFE_MS: i64 = 2 * 3_600_000;
/// An order nobody pays closes by itself after seven days.
const ORDER_LIFE_MS: i64 = 7 * 24 * 3_600_000;

/// An order, paid or not.
#[derive(Debug, Clone)]
pub struct Order {
    /// The request's fields but nonce_str and sign: what a repeated request must equal.
    pub(crate) request: Params,
    pub(crate) sign_type: SignType,
    pub(crate) total_fee: Fen,
    pub(crate) created_ms: i64,
    /// `time_expire` in milliseconds since 1970.
    pub(crate) expires_ms: Option<i64>,
    pub(crate) prepay_id: String,
    pub(crate) prepay_ms: i64,
    pub(crate) code_url: Option<String>,
    pub(crate) closed: bool,
    pub(crate) payment: Option<Payment>,
    pub(crate) refunds: Refunds,
    pub(crate) notices_sent: u32,
    pub(crate) notice_acknowledged: bool,
}

/// The money that moved for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// WeChat's number, 28 digits.
    pub transaction_id: String,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The bank's word.
    pub bank_type: &'static str,
    /// The payer under the order's appid.
    pub openid: String,
    /// `coupon_id_0` and `coupon_fee_0`, when a coupon paid a part. It is not a recharge coupon, so the merchant
    /// receives that much less (`settlement_total_fee`).
    pub coupon: Option<(String, Fen)>,
}

/// What a person does at the cashier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Pays in cash.
    Pay,
    /// Pays with a coupon over a part of the amount.
    PayWithCoupon {
        /// The coupon's part, at least 1 fen and less than the whole.
        coupon_fee: Fen,
    },
    /// Tries to pay and has too little.
    Fail,
    /// Goes away.
    Cancel,
}

/// Why an order cannot be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayError {
    /// There is no such order or prepay_id.
    UnknownOrder,
    /// It is closed.
    Closed,
    /// It is paid already.
    Paid,
    /// The prepay_id is more than two hours old, or a newer one has replaced it.
    PrepayExpired,
    /// `time_expire` has passed.
    OrderExpired,
    /// The coupon is worth nothing, or all of the order and more.
    BadCoupon,
}

impl Order {
    /// The appid the order was made under.
    pub fn appid(&self) -> &str {
        self.field("appid")
    }

    /// The merchant number.
    pub fn mch_id(&self) -> &str {
        self.field("mch_id")
    }

    /// The merchant's number of the order.
    pub fn out_trade_no(&self) -> &str {
        self.field("out_trade_no")
    }

    /// The amount.
    pub fn total_fee(&self) -> Fen {
        self.total_fee
    }

    /// The newest prepay_id.
    pub fn prepay_id(&self) -> &str {
        &self.prepay_id
    }

    /// The state in WeChat's words.
    pub fn trade_state(&self) -> TradeState {
        match (&self.payment, self.closed) {
            (Some(_), _) if self.refunds.list.is_empty() => TradeState::Success,
            (Some(_), _) => TradeState::Refund,
            (None, true) => TradeState::Closed,
            (None, false) => TradeState::NotPay,
        }
    }

    /// The payment, once there is one.
    pub fn payment(&self) -> Option<&Payment> {
        self.payment.as_ref()
    }

    /// How many notices were sent, repeats included.
    pub fn notices_sent(&self) -> u32 {
        self.notices_sent
    }

    /// Whether the merchant's server has answered a genuine notice with SUCCESS.
    pub fn notice_acknowledged(&self) -> bool {
        self.notice_acknowledged
    }

    /// A field of the request; empty when it was not sent.
    pub fn field(&self, name: &str) -> &str {
        self.request.get(name).unwrap_or_default()
    }

    /// Whether a request names the order's own shop, or the order has none (service-provider mode).
    pub(crate) fn is_of(&self, request: &Params) -> bool {
        let same_shop = request.filled("sub_mch_id") == self.request.filled("sub_mch_id");
        let sub_appid = request.filled("sub_appid");
        same_shop && (sub_appid.is_none() || sub_appid == self.request.filled("sub_appid"))
    }

    /// Lets the order grow older: unpaid after seven days, it closes.
    pub(crate) fn pass_time(&mut self, now_ms: i64) {
        if self.payment.is_none() && now_ms - self.created_ms >= ORDER_LIFE_MS {
            self.closed = true;
        }
    }

    pub(crate) fn prepay_is_live(&self, now_ms: i64) -> bool {
        now_ms - self.prepay_ms < PREPAY_LIFE_MS
    }

    /// Whether a person could pay now with this prepay_id.
    pub(crate) fn check_payable(&self, prepay_id: &str, now_ms: i64) -> Result<(), PayError> {
        match self.trade_state() {
            TradeState::Success | TradeState::Refund => return Err(PayError::Paid),
            TradeState::Closed | TradeState::Revoked => return Err(PayError::Closed),
            TradeState::NotPay | TradeState::UserPaying | TradeState::PayError => {}
        }
        if self.expires_ms.is_some_and(|expires_ms| now_ms >= expires_ms) {
            return Err(PayError::OrderExpired);
        }
        if self.prepay_id != prepay_id || !self.prepay_is_live(now_ms) {
            return Err(PayError::PrepayExpired);
        }
        Ok(())
    }

    /// The payment a person would make now.
    pub(crate) fn new_payment(
        &self,
        coupon_fee: Option<Fen>,
        now_ms: i64,
        ids: &mut Ids,
    ) -> Payment {
        let openid = match self.field("openid") {
            // NATIVE, APP and MWEB orders name nobody; sub_openid orders name the user elsewhere.
            "" => openid(self.appid(), "alice"),
            known => known.into(),
        };
        Payment {
            transaction_id: ids.transaction_id(now_ms),
            at_ms: now_ms,
            bank_type: ids.bank_type(),
            openid,
            coupon: coupon_fee.map(|fee| (ids.coupon_id(), fee)),
        }
    }

    /// What both the reply to orderquery and the notice say of a payment (reference: orderquery, payment notification).
    pub(crate) fn payment_fields(
        &self,
        payment: &Payment,
        total_fee: Fen,
    ) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("openid", payment.openid.clone()),
            ("is_subscribe", "N".into()),
            ("trade_type", self.field("trade_type").into()),
            ("bank_type", payment.bank_type.into()),
            ("total_fee", total_fee.to_string()),
            ("fee_type", "CNY".into()),
            ("transaction_id", payment.transaction_id.clone()),
            ("out_trade_no", self.out_trade_no().into()),
            ("time_end", beijing(payment.at_ms)),
        ];
        for name in ["device_info", "sub_openid"] {
            if let Some(value) = self.request.filled(name) {
                fields.push((name, value.into()));
            }
        }
        match &payment.coupon {
            None => fields.push(("cash_fee", total_fee.to_string())),
            Some((id, fee)) => {
                let rest = total_fee.checked_sub(*fee).unwrap_or(Fen::ZERO).to_string();
                fields.extend([
                    ("cash_fee", rest.clone()),
                    ("settlement_total_fee", rest),
                    ("coupon_fee", fee.to_string()),
                    ("coupon_count", "1".into()),
                    ("coupon_id_0", id.clone()),
                    ("coupon_fee_0", fee.to_string()),
                ]);
            }
        }
        fields
    }
}

impl PayError {
    /// What the phone is told.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::UnknownOrder => "订单不存在",
            Self::Closed => "该订单已关闭",
            Self::Paid => "该订单已支付",
            Self::PrepayExpired => "prepay_id已过期",
            Self::OrderExpired => "订单已过期",
            Self::BadCoupon => "代金券金额错误",
        }
    }
}

impl std::fmt::Display for PayError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::UnknownOrder => "there is no such order or prepay_id",
            Self::Closed => "the order is closed",
            Self::Paid => "the order is paid already",
            Self::PrepayExpired => "the prepay_id is older than two hours or was replaced",
            Self::OrderExpired => "time_expire has passed",
            Self::BadCoupon => "coupon_fee: expected at least 1 and less than total_fee",
        })
    }
}

impl std::error::Error for PayError {}
