//! downloadbill (下载交易账单), POST `/pay/downloadbill`: the paid and refunded orders of one day. Safe to repeat.
//!
//! The bill itself is text, not XML, and not signed: see [`crate::bill`]. When there is none, the answer is XML, even if
//! GZIP was asked for; its first byte is `<`.

use alloc::string::String;
use core::fmt;

use super::err_code::ErrCode;
use super::field::{Field, FieldError, Format};
use super::identity::Identity;
use super::words::words;
use super::{reply, request};
use crate::{ApiKey, Params, SignType};

/// The path at WeChat's host.
pub const PATH: &str = "/pay/downloadbill";

/// The request's own fields.
pub const FIELDS: &[Field] = &[
    Field::required("bill_date", Format::Date),
    Field::optional("bill_type", Format::OneOf(BillType::WORDS)),
    Field::optional("tar_type", Format::OneOf(&["GZIP"])),
];

words! {
    /// What is on a bill (`bill_type`).
    BillType {
        /// Payments and refunds. WeChat's default.
        All = "ALL",
        /// Payments.
        Success = "SUCCESS",
        /// Refunds.
        Refund = "REFUND",
        /// Refunds of recharge coupons.
        RechargeRefund = "RECHARGE_REFUND",
    }
}

/// The signed request. `bill_date` is a day of Beijing time as `yyyyMMdd`; with `gzip` the bill comes compressed.
///
/// # Errors
/// [`FieldError`] for the first field that breaks its rule.
pub fn request(
    bill_date: &str,
    bill_type: BillType,
    gzip: bool,
    identity: &Identity,
    nonce_str: &str,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<Params, FieldError> {
    let fields = [
        ("bill_date", Some(bill_date)),
        ("bill_type", Some(bill_type.as_str())),
        ("tar_type", gzip.then_some("GZIP")),
    ];
    request::signed(fields, identity, nonce_str, sign_type, key, check)
}

/// Checks a request's fields.
///
/// # Errors
/// The first [`FieldError`].
pub fn check(params: &Params) -> Result<(), FieldError> {
    request::check_all(params, FIELDS)
}

/// Why there is no bill. Not signed, as little as the bill is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DownloadError {
    /// There is none for this day: nobody paid, or the day is out of range.
    NoBill,
    /// It is not ready: ask again after ten o'clock, Beijing time, of the next day.
    NotReady,
    /// WeChat is busy: ask again.
    Busy,
    /// The same request will fail again.
    Refused {
        /// `error_code` or `err_code`, at most 128 characters.
        code: String,
        /// WeChat's words, at most 128 characters.
        message: String,
    },
}

/// Reads the XML that comes instead of a bill. `return_msg` is compared without regard to case: WeChat's documents and
/// its replies differ in it.
pub fn read_error(reply: &Params) -> DownloadError {
    let message = reply.get("return_msg").unwrap_or_default();
    let is = |words: &str| message.trim().eq_ignore_ascii_case(words);
    let code = reply.get("error_code").unwrap_or_default();
    if is("No Bill Exist") || code == "20002" {
        DownloadError::NoBill
    } else if is("Bill Creating") {
        DownloadError::NotReady
    } else if is(ErrCode::SystemError.as_str()) {
        DownloadError::Busy
    } else {
        let (code, message) = (reply::clip(Some(code)), reply::clip(Some(message)));
        DownloadError::Refused { code, message }
    }
}

impl fmt::Display for DownloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBill => f.write_str("WeChat has no bill for this day"),
            Self::NotReady => {
                f.write_str("the bill is not ready; it is after 10:00 Beijing time of the next day")
            }
            Self::Busy => f.write_str("WeChat is busy"),
            Self::Refused { code, message } => write!(f, "WeChat refused: {code} {message}"),
        }
    }
}

impl core::error::Error for DownloadError {}
