//! micropay (付款码支付), POST `/pay/micropay`: the merchant scans the user's payment code and is paid at once.
//!
//! There is no notice, and the call must not be repeated. When the outcome is unknown: orderquery until it is known, at
//! last [`reverse`](super::reverse). Never closeorder.

use alloc::boxed::Box;
use alloc::string::{String, ToString};

use super::err_code::ErrCode;
use super::field::{Field, FieldError, Format};
use super::identity::Identity;
use super::reply::{self, ReplyError};
use super::request;
use super::trade::Trade;
use crate::{ApiKey, Fen, Params, SignType};

/// The path at WeChat's host.
pub const PATH: &str = "/pay/micropay";
/// So many seconds lie between an unknown outcome and the first orderquery, and between two of them.
pub const QUERY_INTERVAL_S: i64 = 5;
/// A user who has not entered the password after so many seconds will not; WeChat's documents say 30 or 45.
pub const GIVE_UP_S: i64 = 45;
/// A payment code is good for so long, in seconds: the user's phone shows another one each minute.
pub const CODE_LIFE_S: i64 = 60;

/// The request's own fields.
pub const FIELDS: &[Field] = &[
    Field::optional("device_info", Format::Text(32)),
    Field::required("body", Format::Text(127)),
    Field::optional("detail", Format::Text(6000)),
    Field::optional("attach", Format::Text(127)),
    OUT_TRADE_NO,
    Field::required("total_fee", Format::TotalFee),
    Field::optional("fee_type", Format::OneOf(&["CNY"])),
    Field::required("spbill_create_ip", Format::Ip),
    Field::optional("goods_tag", Format::Text(32)),
    Field::optional("limit_pay", Format::OneOf(&["no_credit"])),
    Field::optional("time_start", Format::Time),
    TIME_EXPIRE,
    Field::optional("receipt", Format::OneOf(&["Y"])),
    Field::required("auth_code", Format::AuthCode),
    Field::optional("deposit", Format::OneOf(&["Y"])),
    Field::optional("scene_info", Format::Text(256)),
    Field::optional("profit_sharing", Format::OneOf(&["Y", "N"])),
    Field::optional("version", Format::Text(32)),
];

const OUT_TRADE_NO: Field = Field::required("out_trade_no", Format::OutTradeNo);
const TIME_EXPIRE: Field = Field::optional("time_expire", Format::Time);

/// What is charged. Optional fields that are `None` or empty are not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Micropay {
    /// The merchant's number of the order, unique per mch_id.
    pub out_trade_no: String,
    /// What the user sees on the bill, at most 127 bytes.
    pub body: String,
    /// The amount.
    pub total_fee: Fen,
    /// The 18 digits of the user's payment code. Each code works once and for about a minute.
    pub auth_code: String,
    /// The terminal's address.
    pub spbill_create_ip: String,
    /// Seconds since 1970 after which nobody can pay.
    pub time_expire: Option<i64>,
    /// Comes back in query and reply, at most 127 bytes.
    pub attach: Option<String>,
    /// JSON text of the goods, signed and sent as it is.
    pub detail: Option<String>,
    /// Terminal.
    pub device_info: Option<String>,
    /// Promotion tag.
    pub goods_tag: Option<String>,
    /// `no_credit` refuses credit cards.
    pub limit_pay: Option<String>,
    /// JSON text of the shop.
    pub scene_info: Option<String>,
}

impl Micropay {
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
        let time_expire = TIME_EXPIRE.beijing(self.time_expire)?;
        let fields = [
            ("out_trade_no", Some(self.out_trade_no.as_str())),
            ("body", Some(&self.body)),
            ("total_fee", Some(&total_fee)),
            ("auth_code", Some(&self.auth_code)),
            ("spbill_create_ip", Some(&self.spbill_create_ip)),
            ("time_expire", time_expire.as_deref()),
            ("attach", self.attach.as_deref()),
            ("detail", self.detail.as_deref()),
            ("device_info", self.device_info.as_deref()),
            ("goods_tag", self.goods_tag.as_deref()),
            ("limit_pay", self.limit_pay.as_deref()),
            ("scene_info", self.scene_info.as_deref()),
        ];
        request::signed(fields, identity, nonce_str, sign_type, key, check)
    }
}

/// Checks a request's fields.
///
/// # Errors
/// The first [`FieldError`].
pub fn check(params: &Params) -> Result<(), FieldError> {
    request::check_all(params, FIELDS)
}

/// What became of the charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The user has paid.
    Paid(Box<Trade>),
    /// The number was paid before: query, and do not charge again.
    PaidEarlier,
    /// Nothing was taken; see [`refusal`] for what to do.
    Failed {
        /// The code.
        code: ErrCode,
        /// WeChat's words (`err_code_des`), at most 128 characters.
        description: String,
    },
    /// It may be paid or become so: query, and at last reverse. So is a call that timed out.
    Unknown(ReplyError),
}

/// Sorts the reply (APIv2 micropay, outcome by err_code). What is not surely failed is unknown.
pub fn read_reply(
    reply: Params,
    out_trade_no: &str,
    identity: &Identity,
    sign_type: SignType,
    key: &ApiKey,
) -> Outcome {
    match read_trade(reply, out_trade_no, identity, sign_type, key) {
        Ok(trade) => Outcome::Paid(Box::new(trade)),
        Err(ReplyError::Refused { code: ErrCode::OrderPaid, .. }) => Outcome::PaidEarlier,
        Err(ReplyError::Refused { code, description }) if refusal(&code).is_some() => {
            Outcome::Failed { code, description }
        }
        Err(error) => Outcome::Unknown(error),
    }
}

fn read_trade(
    reply: Params,
    out_trade_no: &str,
    identity: &Identity,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<Trade, ReplyError> {
    let verified = reply::open(reply, identity, sign_type, key)?;
    let params = verified.params();
    if OUT_TRADE_NO.of(params)? != out_trade_no {
        return Err(ReplyError::Field(OUT_TRADE_NO.wrong()));
    }
    Ok(Trade::read(params)?)
}

/// What a failed charge asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The user shows a fresh payment code.
    NewCode,
    /// The user chooses another card.
    OtherCard,
    /// The user pays in another way; the description says why.
    OtherWay,
    /// Only a new out_trade_no can be paid.
    NewNumber,
    /// The number was used with other parameters, or the documents do not agree that this is final: query once, then
    /// take a new number.
    QueryFirst,
    /// Configuration or parameters are wrong: the same request will fail again.
    Fix,
}

/// Sorts a code; `None` when the outcome is unknown or the order was paid earlier.
pub fn refusal(code: &ErrCode) -> Option<Refusal> {
    Some(match code {
        ErrCode::AuthCodeExpire | ErrCode::AuthCodeError | ErrCode::AuthCodeInvalid => {
            Refusal::NewCode
        }
        ErrCode::NotEnough | ErrCode::NotSupportCard => Refusal::OtherCard,
        ErrCode::TradeError => Refusal::OtherWay,
        ErrCode::BuyerMismatch | ErrCode::OrderClosed | ErrCode::OrderReversed => {
            Refusal::NewNumber
        }
        ErrCode::OutTradeNoUsed | ErrCode::LackParams | ErrCode::NotUtf8 => Refusal::QueryFirst,
        ErrCode::ParamError
        | ErrCode::InvalidRequest
        | ErrCode::XmlFormatError
        | ErrCode::RequirePostMethod
        | ErrCode::SignError
        | ErrCode::NoAuth
        | ErrCode::AppidNotExist
        | ErrCode::MchidNotExist
        | ErrCode::AppidMchidNotMatch => Refusal::Fix,
        _ => return None,
    })
}
