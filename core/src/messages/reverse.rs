//! reverse (撤销订单), POST `/secapi/pay/reverse` with the merchant certificate: undoes a micropay order, paid or not.
//!
//! Unpaid it is closed, paid it is refunded whole. Safe to repeat.

use super::err_code::ErrCode;
use super::field::{Field, FieldError, Format};
use super::identity::Identity;
use super::reply::{self, ReplyError};
use super::request;
use crate::{ApiKey, Params, SignType};

/// The path at WeChat's host.
pub const PATH: &str = "/secapi/pay/reverse";
/// WeChat wants a charge to be at least this old, in seconds.
pub const MIN_AGE_S: i64 = 15;
/// An order can be reversed for seven days, in seconds.
pub const MAX_AGE_S: i64 = 7 * 24 * 60 * 60;

/// The request's own fields; one of them is required, the first wins.
pub const FIELDS: &[Field] = &[Field::optional("transaction_id", Format::Text(32)), OUT_TRADE_NO];

const OUT_TRADE_NO: Field = Field::optional("out_trade_no", Format::OutTradeNo);
const RECALL: Field = Field::required("recall", Format::OneOf(&["Y", "N"]));

/// The signed request, by the merchant's number: an unknown outcome has no other.
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
    request::check_all(params, FIELDS)?;
    request::check_any(params, &["transaction_id", "out_trade_no"], &OUT_TRADE_NO)
}

/// What became of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reversal {
    /// It is reversed, now or from before.
    Reversed,
    /// Not yet, or unknown: send the same request again.
    CallAgain,
    /// It is more than seven days old: refund instead.
    TooLate,
}

/// Reads the reply. `recall` counts in refusals too; `SYSTEMERROR` and its like ask for another call whatever it says.
///
/// # Errors
/// [`ReplyError`] for everything else.
pub fn read_reply(
    reply: Params,
    identity: &Identity,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<Reversal, ReplyError> {
    let verified = reply::genuine(reply, identity, sign_type, key)?;
    let answer = reply::answer(&verified);
    let again = verified.params().filled("recall") == Some("Y");
    match answer {
        Ok(()) if RECALL.of(verified.params())? == "N" => Ok(Reversal::Reversed),
        Ok(()) => Ok(Reversal::CallAgain),
        Err(ReplyError::Refused { code: ErrCode::ReverseExpire, .. }) => Ok(Reversal::TooLate),
        Err(ReplyError::Refused { code, .. }) if again || !code.is_final() => {
            Ok(Reversal::CallAgain)
        }
        Err(error) => Err(error),
    }
}
