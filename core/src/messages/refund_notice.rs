//! The refund notice (退款结果通知): WeChat tells the merchant what became of a refund.
//!
//! Its content is encrypted, not signed: see [`crate::refund_notice`]. It is a hint. It may come late, twice, never, or
//! before the payment's notice was handled; refundquery decides before a step that cannot be undone.

use alloc::string::{String, ToString};
use core::fmt;

use super::field::{Field, FieldError, Format};
use super::identity::{Identity, OtherMerchantError};
use super::refund::RefundStatus;
use super::reply;
use crate::refund_notice::{self, RefundNoticeError};
use crate::{ApiKey, Fen, Params, time};

/// What a refund notice says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundNotice {
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// The merchant's number of the order.
    pub out_trade_no: String,
    /// WeChat's number of the refund.
    pub refund_id: String,
    /// The merchant's number of it.
    pub out_refund_no: String,
    /// What was ordered.
    pub total_fee: Fen,
    /// What the merchant got for it, when non-recharge coupons were used.
    pub settlement_total_fee: Option<Fen>,
    /// What is paid back.
    pub refund_fee: Fen,
    /// What the merchant pays of it.
    pub settlement_refund_fee: Option<Fen>,
    /// The part paid back in cash.
    pub cash_refund_fee: Option<Fen>,
    /// What became of it; `Err` holds a word we do not know: ask, conclude nothing.
    pub status: Result<RefundStatus, String>,
    /// Seconds since 1970 of `success_time`.
    pub success_time: Option<i64>,
    /// Where the money goes, in WeChat's words (`refund_recv_accout`, spelled so).
    pub refund_recv_accout: Option<String>,
    /// Which of the merchant's accounts pays.
    pub refund_account: Option<String>,
    /// `API`, or `VENDOR_PLATFORM` when someone refunded on the merchant platform.
    pub refund_request_source: Option<String>,
}

/// Why a message is not a refund notice for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeError {
    /// `return_code` is not SUCCESS: there is no content.
    NotAccepted {
        /// WeChat's words, at most 128 characters.
        return_msg: String,
    },
    /// It names another merchant.
    OtherMerchant(OtherMerchantError),
    /// Its content cannot be decrypted.
    Encrypted(RefundNoticeError),
    /// A field is missing or malformed.
    Field(FieldError),
}

const REQ_INFO: Field = Field::required("req_info", Format::Text(Params::MAX_BYTES));

/// Decrypts and reads a notice.
///
/// # Errors
/// [`NoticeError`] when it is not this merchant's, cannot be decrypted, or is incomplete.
pub fn read(
    params: &Params,
    identity: &Identity,
    key: &ApiKey,
) -> Result<RefundNotice, NoticeError> {
    if params.get("return_code") != Some("SUCCESS") {
        let return_msg = reply::clip(params.get("return_msg"));
        return Err(NoticeError::NotAccepted { return_msg });
    }
    identity.check(params).map_err(NoticeError::OtherMerchant)?;
    let content = refund_notice::read(REQ_INFO.of(params)?, key).map_err(NoticeError::Encrypted)?;
    Ok(read_content(&content)?)
}

const TRANSACTION_ID: Field = Field::required("transaction_id", Format::Text(32));
const OUT_TRADE_NO: Field = Field::required("out_trade_no", Format::OutTradeNo);
const REFUND_ID: Field = Field::required("refund_id", Format::Text(32));
const OUT_REFUND_NO: Field = Field::required("out_refund_no", Format::OutRefundNo);
const TOTAL_FEE: Field = Field::required("total_fee", Format::TotalFee);
const SETTLEMENT_TOTAL_FEE: Field = Field::optional("settlement_total_fee", Format::Number);
const REFUND_FEE: Field = Field::required("refund_fee", Format::TotalFee);
const SETTLEMENT_REFUND_FEE: Field = Field::optional("settlement_refund_fee", Format::Number);
const CASH_REFUND_FEE: Field = Field::optional("cash_refund_fee", Format::Number);
const REFUND_STATUS: Field = Field::required("refund_status", Format::Text(32));
const SUCCESS_TIME: Field = Field::optional("success_time", Format::DateTime);

fn read_content(params: &Params) -> Result<RefundNotice, FieldError> {
    let text = |name: &str| params.filled(name).map(ToString::to_string);
    let status = REFUND_STATUS.of(params)?;
    let success_time = params.filled(SUCCESS_TIME.name);
    Ok(RefundNotice {
        transaction_id: TRANSACTION_ID.of(params)?.into(),
        out_trade_no: OUT_TRADE_NO.of(params)?.into(),
        refund_id: REFUND_ID.of(params)?.into(),
        out_refund_no: OUT_REFUND_NO.of(params)?.into(),
        total_fee: TOTAL_FEE.parse(params)?,
        settlement_total_fee: SETTLEMENT_TOTAL_FEE.find(params)?,
        refund_fee: REFUND_FEE.parse(params)?,
        settlement_refund_fee: SETTLEMENT_REFUND_FEE.find(params)?,
        cash_refund_fee: CASH_REFUND_FEE.find(params)?,
        status: status.parse().map_err(|()| status.to_string()),
        success_time: success_time
            .map(|text| time::from_beijing_dashed(text).ok_or(SUCCESS_TIME.wrong()))
            .transpose()?,
        refund_recv_accout: text("refund_recv_accout"),
        refund_account: text("refund_account"),
        refund_request_source: text("refund_request_source"),
    })
}

impl From<FieldError> for NoticeError {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

impl fmt::Display for NoticeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAccepted { return_msg } => {
                write!(f, "the notice has no content: {return_msg}")
            }
            Self::OtherMerchant(error) => error.fmt(f),
            Self::Encrypted(error) => error.fmt(f),
            Self::Field(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for NoticeError {}
