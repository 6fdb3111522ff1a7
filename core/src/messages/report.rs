//! report (交易保障), POST `/payitil/report`: tells WeChat how its calls went. Nobody waits for it, nothing depends on it.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use super::field::{Field, FieldError, Format};
use super::identity::Identity;
use super::reply::{self, ReplyError};
use super::request;
use super::words::words;
use crate::{ApiKey, Params, SignType, time};

/// The path at WeChat's host.
pub const PATH: &str = "/payitil/report";

/// The own fields of the newer form, which reports several trades. This is the one that is built.
pub const FIELDS: &[Field] = &[INTERFACE_URL, Field::required("user_ip", Format::Ip), TRADES];

/// The own fields of the older form, which reports one call.
pub const OLDER_FIELDS: &[Field] = &[
    Field::optional("device_info", Format::Text(32)),
    INTERFACE_URL,
    // The underscore at the end is WeChat's. Milliseconds.
    Field::required("execute_time_", Format::Number),
    Field::required("return_code", Format::OneOf(&["SUCCESS", "FAIL"])),
    Field::optional("return_msg", Format::Text(128)),
    Field::required("result_code", Format::OneOf(&["SUCCESS", "FAIL"])),
    Field::optional("err_code", Format::Text(32)),
    Field::optional("err_code_des", Format::Text(128)),
    Field::optional("out_trade_no", Format::OutTradeNo),
    Field::required("user_ip", Format::Ip),
    Field::optional("time", Format::Time),
];

const INTERFACE_URL: Field = Field::required("interface_url", Format::Text(127));
const TRADES: Field = Field::required("trades", Format::Text(1024));

words! {
    /// How a trade went.
    State {
        /// It was paid.
        Ok = "OK",
        /// It failed.
        Fail = "FAIL",
        /// It was cancelled; WeChat spells it so.
        Cancel = "CANCLE",
    }
}

/// One trade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// The merchant's number of the order.
    pub out_trade_no: String,
    /// Seconds since 1970.
    pub begin_time: i64,
    /// Seconds since 1970.
    pub end_time: i64,
    /// How it went.
    pub state: State,
    /// What went wrong.
    pub err_msg: Option<String>,
}

#[derive(Serialize)]
struct Written<'a> {
    out_trade_no: &'a str,
    begin_time: String,
    end_time: String,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    err_msg: Option<&'a str>,
}

/// The signed request in the newer form. `interface_url` is the call that is reported on, `user_ip` the terminal's
/// address.
///
/// # Errors
/// [`FieldError`] for the first field that breaks its rule; a few trades fill `trades`.
pub fn request(
    interface_url: &str,
    user_ip: &str,
    trades: &[Reported],
    identity: &Identity,
    nonce_str: &str,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<Params, FieldError> {
    let written = trades.iter().map(written).collect::<Option<Vec<_>>>().ok_or(TRADES.wrong())?;
    let trades = serde_json::to_string(&written).map_err(|_| TRADES.wrong())?;
    let fields = [
        ("interface_url", Some(interface_url)),
        ("user_ip", Some(user_ip)),
        ("trades", Some(&trades)),
    ];
    request::signed(fields, identity, nonce_str, sign_type, key, check)
}

fn written(trade: &Reported) -> Option<Written<'_>> {
    Some(Written {
        out_trade_no: &trade.out_trade_no,
        begin_time: time::to_beijing(trade.begin_time)?,
        end_time: time::to_beijing(trade.end_time)?,
        state: trade.state,
        err_msg: trade.err_msg.as_deref(),
    })
}

/// Checks a request's fields, in the newer form if it has `trades`, else in the older.
///
/// # Errors
/// The first [`FieldError`].
pub fn check(params: &Params) -> Result<(), FieldError> {
    let own = if params.filled("trades").is_some() { FIELDS } else { OLDER_FIELDS };
    request::check_all(params, own)
}

/// Reads the reply, which is not signed.
///
/// # Errors
/// [`ReplyError::NotAccepted`]: the report was in vain.
pub fn read_reply(reply: &Params) -> Result<(), ReplyError> {
    let is = |name| reply.get(name) == Some("SUCCESS");
    if is("return_code") && is("result_code") {
        return Ok(());
    }
    Err(ReplyError::NotAccepted { return_msg: reply::clip(reply.get("return_msg")) })
}
