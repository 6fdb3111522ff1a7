//! downloadfundflow (下载资金账单), POST `/pay/downloadfundflow` with the merchant certificate: what went in and out of an
//! account of the merchant on one day. Signed with HMAC-SHA256 only. Safe to repeat.
//!
//! The answer is text as that of downloadbill; errors have other names.

use super::download_bill::DownloadError;
use super::err_code::ErrCode;
use super::field::{Field, FieldError, Format};
use super::identity::Identity;
use super::words::words;
use super::{reply, request};
use crate::{ApiKey, Params, SignType};

/// The path at WeChat's host.
pub const PATH: &str = "/pay/downloadfundflow";

/// The request's own fields.
pub const FIELDS: &[Field] = &[
    Field::required("sign_type", Format::OneOf(&["HMAC-SHA256"])),
    Field::required("bill_date", Format::Date),
    Field::required("account_type", Format::OneOf(AccountType::WORDS)),
    Field::optional("tar_type", Format::OneOf(&["GZIP"])),
];

words! {
    /// Which account (`account_type`).
    AccountType {
        /// 基本账户: what was taken and paid back.
        Basic = "Basic",
        /// 运营账户: what is paid out of.
        Operation = "Operation",
        /// 手续费账户: WeChat's fees.
        Fees = "Fees",
    }
}

/// The signed request. `bill_date` is a day of Beijing time as `yyyyMMdd`; with `gzip` the bill comes compressed.
///
/// # Errors
/// [`FieldError`] for the first field that breaks its rule.
pub fn request(
    bill_date: &str,
    account_type: AccountType,
    gzip: bool,
    identity: &Identity,
    nonce_str: &str,
    key: &ApiKey,
) -> Result<Params, FieldError> {
    let fields = [
        ("bill_date", Some(bill_date)),
        ("account_type", Some(account_type.as_str())),
        ("tar_type", gzip.then_some("GZIP")),
    ];
    request::signed(fields, identity, nonce_str, SignType::HmacSha256, key, check)
}

/// Checks a request's fields.
///
/// # Errors
/// The first [`FieldError`].
pub fn check(params: &Params) -> Result<(), FieldError> {
    request::check_all(params, FIELDS)
}

/// Reads the XML that comes instead of a bill.
pub fn read_error(reply: &Params) -> DownloadError {
    let code = reply.get("err_code").unwrap_or_default();
    let message = reply.filled("err_code_des").or_else(|| reply.get("return_msg"));
    match ErrCode::from(code) {
        ErrCode::NoBillExist => DownloadError::NoBill,
        ErrCode::BillCreating => DownloadError::NotReady,
        ErrCode::SystemError => DownloadError::Busy,
        _ => {
            DownloadError::Refused { code: reply::clip(Some(code)), message: reply::clip(message) }
        }
    }
}
