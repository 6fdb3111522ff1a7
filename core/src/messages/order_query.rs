//! orderquery (查询订单), POST `/pay/orderquery`: the truth about an order. Safe to repeat.

use alloc::boxed::Box;
use alloc::string::{String, ToString};

use super::field::{Field, FieldError, Format};
use super::identity::Identity;
use super::reply::{self, ReplyError};
use super::request;
use super::trade::{Trade, TradeState};
use crate::{ApiKey, Params, SignType};

/// The path at WeChat's host.
pub const PATH: &str = "/pay/orderquery";

/// The request's own fields; one of them is required.
pub const FIELDS: &[Field] = &[Field::optional("transaction_id", Format::Text(32)), OUT_TRADE_NO];

const OUT_TRADE_NO: Field = Field::optional("out_trade_no", Format::OutTradeNo);

/// The signed request, by the merchant's number: before payment it is the only one there is.
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

/// What WeChat says of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A state without a payment: NOTPAY, CLOSED, USERPAYING, PAYERROR.
    Unpaid(TradeState),
    /// SUCCESS, REFUND or REVOKED with the payment's fields.
    Paid(TradeState, Box<Trade>),
    /// A state we do not know: keep asking, conclude nothing.
    UnknownState(String),
}

/// Reads the reply. That the order does not exist is a refusal with `ORDERNOTEXIST`.
///
/// # Errors
/// [`ReplyError`]; a reply about another order is a field error at `out_trade_no`.
pub fn read_reply(
    reply: Params,
    out_trade_no: &str,
    identity: &Identity,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<Found, ReplyError> {
    const TRADE_STATE: Field = Field::required("trade_state", Format::Text(32));
    let verified = reply::open(reply, identity, sign_type, key)?;
    let params = verified.params();
    if params.filled("out_trade_no") != Some(out_trade_no) {
        return Err(ReplyError::Field(OUT_TRADE_NO.wrong()));
    }
    let word = TRADE_STATE.of(params)?;
    let Ok(state) = word.parse::<TradeState>() else {
        return Ok(Found::UnknownState(word.to_string()));
    };
    match state {
        TradeState::Success | TradeState::Refund => {
            Ok(Found::Paid(state, Box::new(Trade::read(params)?)))
        }
        TradeState::Revoked if params.filled("transaction_id").is_some() => {
            Ok(Found::Paid(state, Box::new(Trade::read(params)?)))
        }
        TradeState::NotPay
        | TradeState::UserPaying
        | TradeState::PayError
        | TradeState::Closed
        | TradeState::Revoked => Ok(Found::Unpaid(state)),
    }
}
