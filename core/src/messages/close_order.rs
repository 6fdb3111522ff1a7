//! closeorder (关闭订单), POST `/pay/closeorder`: nobody can pay the order any more. Safe to repeat.

use super::err_code::ErrCode;
use super::field::{Field, FieldError, Format};
use super::identity::Identity;
use super::reply::{self, ReplyError};
use super::request;
use crate::{ApiKey, Params, SignType};

/// The path at WeChat's host.
pub const PATH: &str = "/pay/closeorder";
/// WeChat wants an order to be at least this old, in seconds.
pub const MIN_AGE_S: i64 = 5 * 60;

/// The request's own fields.
pub const FIELDS: &[Field] = &[Field::required("out_trade_no", Format::OutTradeNo)];

/// The signed request.
///
/// # Errors
/// [`FieldError`] for the first field that breaks its rule.
pub fn request(
    out_trade_no: &str,
    identity: &Identity,
    nonce_str: &str,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<Params, FieldError> {
    let fields = [("out_trade_no", Some(out_trade_no))];
    request::signed(fields, identity, nonce_str, sign_type, key, check)
}

/// Checks a request's fields.
///
/// # Errors
/// The first [`FieldError`].
pub fn check(params: &Params) -> Result<(), FieldError> {
    request::check_all(params, FIELDS)
}

/// What became of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// It is closed, now or from before.
    Closed,
    /// It was paid first: query, and take the payment.
    Paid,
    /// WeChat never heard of it.
    NotExist,
}

/// Reads the reply. `ORDERCLOSED`, `ORDERPAID` and `ORDERNOTEXIST` are answers, not errors.
///
/// # Errors
/// [`ReplyError`] for everything else.
pub fn read_reply(
    reply: Params,
    identity: &Identity,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<Closing, ReplyError> {
    match reply::open(reply, identity, sign_type, key) {
        Ok(_) => Ok(Closing::Closed),
        Err(ReplyError::Refused { code: ErrCode::OrderClosed, .. }) => Ok(Closing::Closed),
        Err(ReplyError::Refused { code: ErrCode::OrderPaid, .. }) => Ok(Closing::Paid),
        Err(ReplyError::Refused { code: ErrCode::OrderNotExist, .. }) => Ok(Closing::NotExist),
        Err(error) => Err(error),
    }
}
