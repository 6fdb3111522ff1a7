//! The payment notice (支付结果通知): WeChat tells the merchant that an order was paid.
//!
//! It may come late, twice, in parallel, or never. It carries no `trade_state`; both codes SUCCESS mean paid.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::fmt;

use super::err_code::ErrCode;
use super::field::{Field, FieldError, Format};
use super::identity::{Identity, OtherMerchantError};
use super::reply::RESULT_CODE;
use super::trade::Trade;
use crate::{Params, Verified};

/// The reply that ends WeChat's retries. Sent only when the payment is durable.
pub const SUCCESS: &str = "<xml><return_code><![CDATA[SUCCESS]]></return_code>\
    <return_msg><![CDATA[OK]]></return_msg></xml>";
/// The reply that makes WeChat try again. One text for every reason: it tells a forger nothing.
pub const FAIL: &str = "<xml><return_code><![CDATA[FAIL]]></return_code>\
    <return_msg><![CDATA[FAIL]]></return_msg></xml>";

const RETURN_CODE: Field = Field::required("return_code", Format::OneOf(&["SUCCESS", "FAIL"]));
const OUT_TRADE_NO: Field = Field::required("out_trade_no", Format::OutTradeNo);

/// A genuine notice for this merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayNotice {
    /// Which order.
    pub out_trade_no: String,
    /// What happened.
    pub outcome: Outcome,
}

/// What a notice says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The order was paid.
    Paid(Box<Trade>),
    /// WeChat's schema allows a notice of failure; orderquery must decide what it means.
    Failed {
        /// The code.
        code: ErrCode,
    },
}

/// Why a genuine message is not a notice for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeError {
    /// It names another merchant.
    OtherMerchant(OtherMerchantError),
    /// A field is missing or malformed.
    Field(FieldError),
}

/// The order a notice claims to be about. Not verified: good for finding the order's key, for nothing else.
///
/// # Errors
/// [`FieldError`] when the message is no payment notice.
pub fn claimed_out_trade_no(params: &Params) -> Result<&str, FieldError> {
    RETURN_CODE.of(params)?;
    OUT_TRADE_NO.of(params)
}

/// Reads a verified notice.
///
/// # Errors
/// [`NoticeError`] when it is not this merchant's, or incomplete.
pub fn read(verified: &Verified, identity: &Identity) -> Result<PayNotice, NoticeError> {
    let params = verified.params();
    identity.check(params).map_err(NoticeError::OtherMerchant)?;
    let out_trade_no = OUT_TRADE_NO.of(params)?.to_string();
    let outcome = match (RETURN_CODE.of(params)?, RESULT_CODE.of(params)?) {
        ("SUCCESS", "SUCCESS") => Outcome::Paid(Box::new(Trade::read(params)?)),
        _ => Outcome::Failed { code: params.get("err_code").unwrap_or_default().into() },
    };
    Ok(PayNotice { out_trade_no, outcome })
}

impl From<FieldError> for NoticeError {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

impl fmt::Display for NoticeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherMerchant(error) => error.fmt(f),
            Self::Field(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for NoticeError {}
