//! unifiedorder (统一下单), POST `/pay/unifiedorder`: creates a prepay order, or re-enters it.
//!
//! The same `out_trade_no` with identical parameters gives a prepay_id again; with other parameters WeChat refuses.

use alloc::string::{String, ToString};

use super::err_code::ErrCode;
use super::field::{Field, FieldError, Format};
use super::identity::Identity;
use super::reply::{self, ReplyError};
use super::request;
use super::trade::TradeType;
use crate::{ApiKey, Fen, Params, SignType};

/// The path at WeChat's host.
pub const PATH: &str = "/pay/unifiedorder";

/// The request's own fields.
///
/// `body` is limited to 127 bytes: the documents differ (127, 128; bytes or characters), this is safe under all.
pub const FIELDS: &[Field] = &[
    Field::optional("device_info", Format::Text(32)),
    Field::required("body", Format::Text(127)),
    Field::optional("detail", Format::Text(6000)),
    Field::optional("attach", Format::Text(127)),
    Field::required("out_trade_no", Format::OutTradeNo),
    Field::optional("fee_type", Format::OneOf(&["CNY"])),
    Field::required("total_fee", Format::TotalFee),
    Field::required("spbill_create_ip", Format::Ip),
    TIME_START,
    TIME_EXPIRE,
    Field::optional("goods_tag", Format::Text(32)),
    Field::required("notify_url", Format::NotifyUrl),
    Field::required("trade_type", Format::OneOf(&["JSAPI", "NATIVE", "APP", "MWEB"])),
    PRODUCT_ID,
    Field::optional("limit_pay", Format::OneOf(&["no_credit"])),
    OPENID,
    SUB_OPENID,
    Field::optional("receipt", Format::OneOf(&["Y"])),
    SCENE_INFO,
    Field::optional("profit_sharing", Format::OneOf(&["Y", "N"])),
    Field::optional("version", Format::Text(32)),
    Field::optional("user_type", Format::Text(32)),
    Field::optional("user_creid", Format::Text(32)),
    Field::optional("user_truename", Format::Text(64)),
];

const TIME_START: Field = Field::optional("time_start", Format::Time);
const TIME_EXPIRE: Field = Field::optional("time_expire", Format::Time);
const PRODUCT_ID: Field = Field::optional("product_id", Format::Text(32));
const OPENID: Field = Field::optional("openid", Format::Text(128));
const SUB_OPENID: Field = Field::optional("sub_openid", Format::SubOpenid);
const SCENE_INFO: Field = Field::optional("scene_info", Format::Text(256));

/// What is ordered. Optional fields that are `None` or empty are not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnifiedOrder {
    /// The merchant's number of the order, unique per mch_id.
    pub out_trade_no: String,
    /// What the user sees on the bill, at most 127 bytes.
    pub body: String,
    /// The amount.
    pub total_fee: Fen,
    /// How the user will pay: JSAPI, NATIVE, APP or MWEB.
    pub trade_type: TradeType,
    /// The user's address (JSAPI, APP, MWEB) or the server's (NATIVE).
    pub spbill_create_ip: String,
    /// Where WeChat sends the notice.
    pub notify_url: String,
    /// The payer under `appid`; JSAPI needs this or `sub_openid`.
    pub openid: Option<String>,
    /// The payer under `sub_appid`, which must then be there (service-provider mode).
    pub sub_openid: Option<String>,
    /// Seconds since 1970.
    pub time_start: Option<i64>,
    /// Seconds since 1970 after which nobody can pay.
    pub time_expire: Option<i64>,
    /// Comes back in query and notice, at most 127 bytes.
    pub attach: Option<String>,
    /// JSON text of the goods, signed and sent as it is.
    pub detail: Option<String>,
    /// Terminal.
    pub device_info: Option<String>,
    /// Promotion tag.
    pub goods_tag: Option<String>,
    /// NATIVE needs it.
    pub product_id: Option<String>,
    /// `no_credit` refuses credit cards.
    pub limit_pay: Option<String>,
    /// `Y` shows the e-invoice entry.
    pub receipt: Option<String>,
    /// JSON text; MWEB needs it.
    pub scene_info: Option<String>,
    /// `Y` allows profit sharing.
    pub profit_sharing: Option<String>,
}

impl UnifiedOrder {
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
        let time_start = TIME_START.beijing(self.time_start)?;
        let time_expire = TIME_EXPIRE.beijing(self.time_expire)?;
        let fields = [
            ("out_trade_no", Some(self.out_trade_no.as_str())),
            ("body", Some(&self.body)),
            ("total_fee", Some(&total_fee)),
            ("trade_type", Some(self.trade_type.as_str())),
            ("spbill_create_ip", Some(&self.spbill_create_ip)),
            ("notify_url", Some(&self.notify_url)),
            ("openid", self.openid.as_deref()),
            ("sub_openid", self.sub_openid.as_deref()),
            ("time_start", time_start.as_deref()),
            ("time_expire", time_expire.as_deref()),
            ("attach", self.attach.as_deref()),
            ("detail", self.detail.as_deref()),
            ("device_info", self.device_info.as_deref()),
            ("goods_tag", self.goods_tag.as_deref()),
            ("product_id", self.product_id.as_deref()),
            ("limit_pay", self.limit_pay.as_deref()),
            ("receipt", self.receipt.as_deref()),
            ("scene_info", self.scene_info.as_deref()),
            ("profit_sharing", self.profit_sharing.as_deref()),
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
    let has = |name| params.filled(name).is_some();
    if has("sub_openid") && !has("sub_appid") {
        return Err(SUB_OPENID.wrong());
    }
    match params.get("trade_type") {
        Some("JSAPI") if !has("openid") && !has("sub_openid") => Err(OPENID.missing()),
        Some("NATIVE") if !has("product_id") => Err(PRODUCT_ID.missing()),
        Some("MWEB") if !has("scene_info") => Err(SCENE_INFO.missing()),
        _ => Ok(()),
    }
}

/// WeChat's answer to a placed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepay {
    /// Valid for two hours.
    pub prepay_id: String,
    /// NATIVE: the text of the QR code, valid for two hours.
    pub code_url: Option<String>,
    /// MWEB: the address the browser opens, valid for five minutes.
    pub mweb_url: Option<String>,
}

/// Reads the reply.
///
/// # Errors
/// [`ReplyError`]; see [`refusal`] for what a refusal asks for.
pub fn read_reply(
    reply: Params,
    identity: &Identity,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<Prepay, ReplyError> {
    const PREPAY_ID: Field = Field::required("prepay_id", Format::Text(64));
    let verified = reply::open(reply, identity, sign_type, key)?;
    let params = verified.params();
    let text = |name| params.filled(name).map(ToString::to_string);
    Ok(Prepay {
        prepay_id: PREPAY_ID.of(params)?.into(),
        code_url: text("code_url"),
        mweb_url: text("mweb_url"),
    })
}

/// What a refusal of unifiedorder asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The outcome is unknown: send the same request again, or query.
    SendAgain,
    /// The order may be paid, or exist with other parameters: query before anything else.
    QueryFirst,
    /// The order is closed: only a new out_trade_no can be paid.
    NewNumber,
    /// The user must choose another way to pay.
    UserActs,
    /// Configuration or parameters are wrong: the same request will fail again.
    Fix,
}

/// Sorts a refusal's code (APIv2 unifiedorder, business errors).
pub fn refusal(code: &ErrCode) -> Refusal {
    match code {
        ErrCode::OrderPaid | ErrCode::OutTradeNoUsed | ErrCode::InvalidRequest => {
            Refusal::QueryFirst
        }
        ErrCode::OrderClosed => Refusal::NewNumber,
        ErrCode::NotEnough => Refusal::UserActs,
        code if !code.is_final() => Refusal::SendAgain,
        _ => Refusal::Fix,
    }
}
