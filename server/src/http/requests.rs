//! What clients send as JSON. Amounts are whole fen.
//!
//! What phones send may have fields more: clients written for tutorials do. The merchant's backend is told of a field
//! that is not known, for it may be a misspelt one.

use std::net::IpAddr;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use wxpay_core::messages::TradeType;

/// `POST /v1/login`
#[derive(Deserialize)]
pub(super) struct Login {
    pub(super) code: String,
    pub(super) nickname: Option<String>,
    pub(super) photo: Option<String>,
    pub(super) merchant: Option<String>,
}

/// `POST /v1/pay`
#[derive(Deserialize)]
pub(super) struct Pay {
    #[serde(rename = "orderId", deserialize_with = "order_id")]
    pub(super) order_id: String,
    pub(super) code: Option<String>,
    pub(super) merchant: Option<String>,
}

/// `POST /v1/query`
#[derive(Deserialize)]
pub(super) struct Query {
    #[serde(rename = "orderId", deserialize_with = "order_id")]
    pub(super) order_id: String,
}

/// `POST /v1/orders`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateOrder {
    pub(super) out_trade_no: Option<String>,
    pub(super) body: String,
    pub(super) total_fee: u64,
    #[serde(default = "jsapi", deserialize_with = "trade_type")]
    pub(super) trade_type: TradeType,
    pub(super) openid: Option<String>,
    /// Instead of openid: the token the phone showed the merchant's backend.
    pub(super) user_token: Option<String>,
    pub(super) expire_s: Option<i64>,
    pub(super) attach: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) device_info: Option<String>,
    pub(super) goods_tag: Option<String>,
    pub(super) limit_pay: Option<String>,
    pub(super) product_id: Option<String>,
    pub(super) profit_sharing: Option<String>,
    pub(super) receipt: Option<String>,
    pub(super) scene_info: Option<String>,
}

/// `POST /v1/orders/{no}/pay`
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Offer {
    pub(super) client_ip: Option<String>,
    pub(super) redirect_url: Option<String>,
}

/// `POST /v1/orders/{no}/micropay`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Charge {
    /// What the scanner read from the user's phone.
    pub(super) auth_code: String,
    /// The terminal's address, if the request does not come from there.
    pub(super) client_ip: Option<IpAddr>,
}

/// `POST /v1/auth-code-to-openid`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuthCode {
    pub(super) auth_code: String,
}

/// `POST /v1/orders/{no}/refunds`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateRefund {
    pub(super) refund_fee: u64,
    pub(super) out_refund_no: Option<String>,
    #[serde(alias = "reason")]
    pub(super) refund_desc: Option<String>,
    pub(super) refund_account: Option<String>,
    /// To be checked: what was ordered, and CNY.
    pub(super) total_fee: Option<u64>,
    #[serde(alias = "currency")]
    pub(super) refund_fee_type: Option<String>,
}

/// `POST /v1/webhooks/{endpoint}/replay`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Replay {
    /// Without it, all.
    pub(super) id: Option<String>,
}

/// `POST /v1/anomalies/{id}/resolve`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Resolve {
    pub(super) note: String,
}

/// `POST /v1/reconcile`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reconcile {
    pub(super) date: String,
}

/// An order's number as phones send it: text, or a whole number where a shop counts its orders.
fn order_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected the order's number as text or as a whole number")]
    enum OrderId {
        Text(String),
        Number(u64),
    }
    Ok(match OrderId::deserialize(deserializer)? {
        OrderId::Text(text) => text,
        OrderId::Number(number) => number.to_string(),
    })
}

const fn jsapi() -> TradeType {
    TradeType::Jsapi
}

/// serde itself would also read `{"JSAPI": null}`.
fn trade_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TradeType, D::Error> {
    let word = String::deserialize(deserializer)?;
    word.parse().map_err(|()| D::Error::unknown_variant(&word, TradeType::WORDS))
}
