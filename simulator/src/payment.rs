//! A payment: who makes it and how, and why an order cannot be paid.

use std::fmt;

use wxpay_core::Fen;

use crate::ids::{Ids, openid};
use crate::order::Order;

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
    /// The payer under the order's sub_appid (service-provider mode).
    pub sub_openid: Option<String>,
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
    /// The merchant scans the user's code (micropay); there is no cashier.
    NoCashier,
}

/// A user under the appids of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payer {
    pub(crate) openid: String,
    pub(crate) sub_openid: Option<String>,
}

impl Payer {
    /// The user as this order's merchant sees it.
    pub(crate) fn new(order: &Order, user: &str) -> Self {
        let under = |appid: &str| openid(appid, user);
        let named = |name: &str| order.request.filled(name).map(str::to_owned);
        Self {
            openid: named("openid").unwrap_or_else(|| under(order.appid())),
            sub_openid: named("sub_openid")
                .or_else(|| order.request.filled("sub_appid").map(under)),
        }
    }
}

impl Payment {
    /// The payment a user makes at a moment.
    pub(crate) fn new(payer: Payer, coupon_fee: Option<Fen>, at_ms: i64, ids: &mut Ids) -> Self {
        Self {
            transaction_id: ids.transaction_id(at_ms),
            at_ms,
            bank_type: ids.bank_type(),
            openid: payer.openid,
            sub_openid: payer.sub_openid,
            coupon: coupon_fee.map(|fee| (ids.coupon_id(), fee)),
        }
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
            Self::NoCashier => "付款码订单",
        }
    }
}

impl fmt::Display for PayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownOrder => "there is no such order or prepay_id",
            Self::Closed => "the order is closed",
            Self::Paid => "the order is paid already",
            Self::PrepayExpired => "the prepay_id is older than two hours or was replaced",
            Self::OrderExpired => "time_expire has passed",
            Self::BadCoupon => "coupon_fee: expected at least 1 and less than total_fee",
            Self::NoCashier => "the merchant scans the user's code; there is no cashier",
        })
    }
}

impl std::error::Error for PayError {}
