//! refund (申请退款), POST `/secapi/pay/refund` with the merchant certificate: pays back, whole or in parts.
//!
//! The same `out_refund_no` with the same amounts pays back once, however often it is sent. Yes means accepted, not
//! paid back: refundquery and the refund notice tell what became of it.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::coupon::{Coupon, CouponFields};
use super::err_code::ErrCode;
use super::field::{Field, FieldError, Format};
use super::identity::Identity;
use super::reply::{self, ReplyError};
use super::request;
use super::words::words;
use crate::{ApiKey, Fen, Params, SignType};

/// The path at WeChat's host.
pub const PATH: &str = "/secapi/pay/refund";
/// A payment can be refunded for one year, in seconds.
pub const MAX_AGE_S: i64 = 365 * 24 * 60 * 60;
/// One order can be refunded in so many parts.
pub const MAX_PARTS: usize = 50;
/// WeChat wants so many seconds between two refunds of one order.
pub const MIN_SPACING_S: i64 = 60;

/// The request's own fields. One of `transaction_id` and `out_trade_no` is required; the first wins.
pub const FIELDS: &[Field] = &[
    Field::optional("transaction_id", Format::Text(32)),
    OUT_TRADE_NO,
    OUT_REFUND_NO,
    TOTAL_FEE,
    REFUND_FEE,
    Field::optional("refund_fee_type", Format::OneOf(&["CNY"])),
    Field::optional("refund_desc", Format::Text(80)),
    Field::optional(
        "refund_account",
        Format::OneOf(&["REFUND_SOURCE_UNSETTLED_FUNDS", "REFUND_SOURCE_RECHARGE_FUNDS"]),
    ),
    Field::optional("notify_url", Format::NotifyUrl),
];

const OUT_TRADE_NO: Field = Field::optional("out_trade_no", Format::OutTradeNo);
const OUT_REFUND_NO: Field = Field::required("out_refund_no", Format::OutRefundNo);
const TOTAL_FEE: Field = Field::required("total_fee", Format::TotalFee);
const REFUND_FEE: Field = Field::required("refund_fee", Format::RefundFee);

words! {
    /// What became of a refund (`refund_status`; APIv2 refund states).
    RefundStatus {
        /// 退款成功: paid back.
        Success = "SUCCESS",
        /// 退款关闭: closed without paying back; the merchant must refund anew.
        RefundClose = "REFUNDCLOSE",
        /// 退款处理中: on its way.
        Processing = "PROCESSING",
        /// 退款异常: the user's card cannot take it; handled by hand on the merchant platform.
        Change = "CHANGE",
    }
}

/// What is paid back. Optional fields that are `None` or empty are not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// The merchant's number of the order.
    pub out_trade_no: String,
    /// The merchant's number of the refund, unique per mch_id: whoever sends it again sends the same refund.
    pub out_refund_no: String,
    /// What was ordered.
    pub total_fee: Fen,
    /// What is paid back of it.
    pub refund_fee: Fen,
    /// Shown to the user, at most 80 bytes.
    pub refund_desc: Option<String>,
    /// `REFUND_SOURCE_UNSETTLED_FUNDS` (WeChat's default) or `REFUND_SOURCE_RECHARGE_FUNDS`.
    pub refund_account: Option<String>,
    /// Where WeChat sends the notice, if not to the address set on the merchant platform.
    pub notify_url: Option<String>,
}

impl Refund {
    /// The signed request.
    ///
    /// # Errors
    /// [`FieldError`] for the first field that breaks its rule.
    pub fn to_params(
        &self,
        identity: &Identity,
        nonce_str: &str,
        sign_type: SignType,
        key: &ApiKey,
    ) -> Result<Params, FieldError> {
        let total_fee = self.total_fee.to_string();
        let refund_fee = self.refund_fee.to_string();
        let fields = [
            ("out_trade_no", Some(self.out_trade_no.as_str())),
            ("out_refund_no", Some(&self.out_refund_no)),
            ("total_fee", Some(&total_fee)),
            ("refund_fee", Some(&refund_fee)),
            ("refund_desc", self.refund_desc.as_deref()),
            ("refund_account", self.refund_account.as_deref()),
            ("notify_url", self.notify_url.as_deref()),
        ];
        request::signed(fields, identity, nonce_str, sign_type, key, check)
    }
}

/// Checks a request's fields, those that depend on another included.
///
/// # Errors
/// The first [`FieldError`].
pub fn check(params: &Params) -> Result<(), FieldError> {
    request::check_all(params, FIELDS)?;
    request::check_any(params, &["transaction_id", "out_trade_no"], &OUT_TRADE_NO)?;
    let total_fee: Fen = TOTAL_FEE.parse(params)?;
    let refund_fee: Fen = REFUND_FEE.parse(params)?;
    if refund_fee > total_fee { Err(REFUND_FEE.wrong()) } else { Ok(()) }
}

/// WeChat has taken the refund on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Accepted {
    /// WeChat's number of the refund.
    pub refund_id: String,
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// What the merchant pays of it, when non-recharge coupons were used.
    pub settlement_refund_fee: Option<Fen>,
    /// The part paid back in cash.
    pub cash_refund_fee: Option<Fen>,
    /// The coupons to which a part goes back.
    pub coupons: Vec<Coupon>,
}

const REFUND_ID: Field = Field::required("refund_id", Format::Text(32));
const TRANSACTION_ID: Field = Field::required("transaction_id", Format::Text(32));
const SETTLEMENT_REFUND_FEE: Field = Field::optional("settlement_refund_fee", Format::Number);
const CASH_REFUND_FEE: Field = Field::optional("cash_refund_fee", Format::Number);
const COUPONS: CouponFields = CouponFields {
    id: "coupon_refund_id",
    fee: "coupon_refund_fee",
    rule: Field::optional("coupon_refund_fee_$n", Format::Number),
};

/// Reads the reply.
///
/// # Errors
/// [`ReplyError`]; see [`refusal`] for what a refusal asks for. A reply about another refund, or about other amounts,
/// is a field error.
pub fn read_reply(
    reply: Params,
    refund: &Refund,
    identity: &Identity,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<Accepted, ReplyError> {
    let verified = reply::open(reply, identity, sign_type, key)?;
    let params = verified.params();
    check_same(params, refund)?;
    Ok(Accepted {
        refund_id: REFUND_ID.of(params)?.into(),
        transaction_id: TRANSACTION_ID.of(params)?.into(),
        settlement_refund_fee: SETTLEMENT_REFUND_FEE.find(params)?,
        cash_refund_fee: CASH_REFUND_FEE.find(params)?,
        coupons: Coupon::read(params, &COUPONS, "")?,
    })
}

fn check_same(params: &Params, refund: &Refund) -> Result<(), FieldError> {
    if OUT_TRADE_NO.of(params)? != refund.out_trade_no {
        return Err(OUT_TRADE_NO.wrong());
    }
    if OUT_REFUND_NO.of(params)? != refund.out_refund_no {
        return Err(OUT_REFUND_NO.wrong());
    }
    if TOTAL_FEE.parse::<Fen>(params)? != refund.total_fee {
        return Err(TOTAL_FEE.wrong());
    }
    if REFUND_FEE.parse::<Fen>(params)? != refund.refund_fee {
        return Err(REFUND_FEE.wrong());
    }
    Ok(())
}

/// What a refusal of refund asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The outcome is unknown, or it is too early: query, then send the same request again. Never a new number.
    SendAgain,
    /// Too many bad requests: wait a minute, look at what is sent, and send the same request again.
    WaitAMinute,
    /// The merchant's balance is too low: after topping up, send the same request again.
    TopUp,
    /// The order or the number is not what we think it is: query before anything else.
    QueryFirst,
    /// It cannot be paid back this way any more: pay the user in another way.
    OtherWay,
    /// Configuration or parameters are wrong, or the description says what is: the same request will fail again.
    Fix,
}

/// Sorts a refusal's code (APIv2 refund, business errors).
pub fn refusal(code: &ErrCode) -> Refusal {
    match code {
        ErrCode::InvalidReqTooMuch => Refusal::WaitAMinute,
        ErrCode::NotEnough => Refusal::TopUp,
        ErrCode::OrderNotReady => Refusal::SendAgain,
        ErrCode::RefundFeeMismatch | ErrCode::RefundFeeInvalid | ErrCode::TradeStateError => {
            Refusal::QueryFirst
        }
        ErrCode::TradeOverdue | ErrCode::UserAccountAbnormal => Refusal::OtherWay,
        code if !code.is_final() => Refusal::SendAgain,
        _ => Refusal::Fix,
    }
}
