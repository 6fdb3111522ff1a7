//! `/v1/orders`: create, list, show, events, query, close. The merchant's side, but for showing an order to its owner.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use warp::Reply;
use warp::http::{HeaderMap, StatusCode};
use wxpay_core::Fen;
use wxpay_core::messages::{TradeState, TradeType};

use super::anomalies::AnomalyView;
use super::{allow_only, limit, order_key, query_value, refunds};
use crate::app::App;
use crate::hex::hex;
use crate::http::ApiError;
use crate::http::auth::{self, Caller};
use crate::http::body::{self, BodyError};
use crate::http::requests::CreateOrder;
use crate::orders::{Event, Extra, Idempotency, NewOrder, Order, Refused, Reversal};
use crate::store::{Cursor, Filter};

pub(in crate::http) async fn create(
    app: Arc<App>,
    headers: HeaderMap,
    body: Result<Bytes, BodyError>,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let body = body?;
    let request: CreateOrder = body::json(&body)?;
    let idempotency = idempotency(&headers, "", &body)?;
    let openid = owner(&app, &merchant.id, &request)?;
    let new = new_order(request, openid)?;
    let created = app.orders.create(merchant, new, idempotency).await?;
    let status = if created.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(warp::reply::with_status(warp::reply::json(&View::new(&created.order)), status))
}

fn new_order(request: CreateOrder, openid: Option<String>) -> Result<NewOrder, ApiError> {
    let fee = Fen::new(request.total_fee).ok().filter(|fee| *fee > Fen::ZERO);
    let expected = "expected a whole number of fen, at least 1";
    Ok(NewOrder {
        out_trade_no: request.out_trade_no,
        body: request.body,
        total_fee: fee.ok_or_else(|| ApiError::field("total_fee", expected))?,
        trade_type: request.trade_type,
        openid,
        expire_s: request.expire_s,
        extra: Extra {
            attach: request.attach,
            detail: request.detail,
            device_info: request.device_info,
            goods_tag: request.goods_tag,
            limit_pay: request.limit_pay,
            product_id: request.product_id,
            profit_sharing: request.profit_sharing,
            receipt: request.receipt,
            scene_info: request.scene_info,
        },
    })
}

/// Who may pay: named by openid, or by the token the phone showed the merchant's backend.
fn owner(app: &App, merchant: &str, request: &CreateOrder) -> Result<Option<String>, ApiError> {
    match (&request.openid, &request.user_token) {
        (Some(_), Some(_)) => Err(ApiError::field("user_token", "expected without openid")),
        (openid, None) => Ok(openid.clone()),
        (None, Some(token)) => {
            let user = app.logins.user(token).filter(|user| user.merchant == merchant);
            let expected = "expected a token of this merchant's login that has not expired";
            user.map(|user| Some(user.openid))
                .ok_or_else(|| ApiError::field("user_token", expected))
        }
    }
}

/// The key, and what it stands for: the body, and where it was sent to.
pub(super) fn idempotency(
    headers: &HeaderMap,
    scope: &str,
    body: &[u8],
) -> Result<Option<Idempotency>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| {
        (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    });
    let expected = "expected 1 to 255 printable ASCII characters without spaces";
    let key = key.ok_or_else(|| ApiError::field("Idempotency-Key", expected))?.into();
    let hash = Sha256::new().chain_update(scope).chain_update(body).finalize();
    Ok(Some(Idempotency { key, body_hash: hex(&hash) }))
}

pub(in crate::http) async fn show(
    app: Arc<App>,
    out_trade_no: String,
    headers: HeaderMap,
) -> Result<impl Reply + use<>, ApiError> {
    let caller = auth::either(&app, &headers)?;
    let merchant = match &caller {
        Caller::Merchant(merchant) => &merchant.id,
        Caller::Phone(user) => &user.merchant,
    };
    let order = app.orders.get(&order_key(merchant, &out_trade_no)?).await?;
    match caller {
        Caller::Phone(user) if order.openid.as_deref() != Some(&user.openid) => {
            Err(ApiError::not_found())
        }
        Caller::Phone(_) => {
            let refunds = refunds::views_for_owner(&order);
            Ok(warp::reply::json(&View { refunds, ..View::new(&order) }))
        }
        Caller::Merchant(_) => Ok(warp::reply::json(&View::new(&order))),
    }
}

pub(in crate::http) async fn close(
    app: Arc<App>,
    out_trade_no: String,
    headers: HeaderMap,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let order = app.orders.close(&order_key(&merchant.id, &out_trade_no)?).await?;
    // Open still: WeChat closes no order younger than five minutes, so the sweep will do it.
    let status = if order.is_open() { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok(warp::reply::with_status(warp::reply::json(&View::new(&order)), status))
}

/// The merchant asks WeChat, whatever the state; the phone has `POST /v1/query`.
pub(in crate::http) async fn query(
    app: Arc<App>,
    out_trade_no: String,
    headers: HeaderMap,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let order = app.orders.ask_now(&order_key(&merchant.id, &out_trade_no)?).await?;
    Ok(warp::reply::json(&View::new(&order)))
}

#[derive(Serialize)]
struct Log<'a> {
    out_trade_no: &'a str,
    events: &'a [Event],
}

/// The audit trail.
pub(in crate::http) async fn events(
    app: Arc<App>,
    out_trade_no: String,
    headers: HeaderMap,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let key = order_key(&merchant.id, &out_trade_no)?;
    let events = app.orders.events(&key).await?;
    Ok(warp::reply::json(&Log { out_trade_no: &key.out_trade_no, events: &events }))
}

pub(in crate::http) async fn list(
    app: Arc<App>,
    headers: HeaderMap,
    raw_query: String,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let page = app.orders.list(&merchant.id, &filter(&raw_query)?).await?;
    let orders: Vec<_> = page.orders.iter().map(View::new).collect();
    let next_cursor = page.next.map(|next| format!("{}.{}", next.created_ms, next.out_trade_no));
    Ok(warp::reply::json(&List { orders, next_cursor }))
}

const FILTERS: [&str; 5] = ["state", "created_from", "created_to", "limit", "cursor"];

fn filter(raw_query: &str) -> Result<Filter, ApiError> {
    allow_only(raw_query, &FILTERS)?;
    let time = |name: &str| -> Result<Option<i64>, ApiError> {
        let Some(text) = query_value(raw_query, name)? else { return Ok(None) };
        let time = text.parse::<Timestamp>();
        let expected = "expected a time such as 2026-01-31T00:00:00+08:00";
        time.map(|time| Some(time.as_millisecond())).map_err(|_| ApiError::field(name, expected))
    };
    let state = query_value(raw_query, "state")?.map(|word| {
        let expected = format!("expected one of {}", TradeState::WORDS.join(", "));
        word.parse().map_err(|()| ApiError::field("state", expected))
    });
    let cursor = query_value(raw_query, "cursor")?.map(|text| {
        let cursor = text.split_once('.').and_then(|(created_ms, out_trade_no)| {
            let created_ms = created_ms.parse().ok()?;
            Some(Cursor { created_ms, out_trade_no: out_trade_no.into() })
        });
        cursor.ok_or_else(|| ApiError::field("cursor", "expected the next_cursor of a list"))
    });
    Ok(Filter {
        trade_state: state.transpose()?,
        from_ms: time("created_from")?,
        to_ms: time("created_to")?,
        cursor: cursor.transpose()?,
        limit: limit(raw_query)?,
    })
}

#[derive(Serialize)]
struct List<'a> {
    orders: Vec<View<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// An order as the merchant and its owner see it, and as webhooks tell of it.
#[derive(Serialize)]
pub(crate) struct View<'a> {
    out_trade_no: &'a str,
    merchant: &'a str,
    trade_state: TradeState,
    total_fee: Fen,
    fee_type: &'static str,
    body: &'a str,
    trade_type: TradeType,
    #[serde(skip_serializing_if = "Option::is_none")]
    attach: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    openid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_end: Option<String>,
    created_at: Option<String>,
    expires_at: Option<String>,
    /// The order shall be closed, and will be as soon as WeChat allows.
    close_asked: bool,
    /// The order shall be reversed (MICROPAY).
    #[serde(skip_serializing_if = "Option::is_none")]
    reversal: Option<&'a Reversal>,
    /// Why the payment code was not charged (MICROPAY).
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'a Refused>,
    refunds: Vec<refunds::View<'a>>,
    /// What can still be paid back.
    refundable_fee: Fen,
    anomalies: Vec<AnomalyView<'a>>,
    revision: u64,
}

impl<'a> View<'a> {
    pub(crate) fn new(order: &'a Order) -> Self {
        let payment = order.payment.as_ref();
        Self {
            out_trade_no: &order.key.out_trade_no,
            merchant: &order.key.merchant,
            trade_state: order.trade_state,
            total_fee: order.terms.total_fee,
            fee_type: "CNY",
            body: &order.terms.body,
            trade_type: order.terms.trade_type,
            attach: order.terms.extra.attach.as_deref(),
            openid: order.openid.as_deref(),
            transaction_id: payment.map(|payment| payment.transaction_id.as_str()),
            time_end: payment.and_then(|payment| rfc3339(payment.time_end * 1000)),
            created_at: rfc3339(order.created_ms),
            expires_at: rfc3339(order.terms.expires_ms),
            close_asked: order.close_asked_ms.is_some(),
            reversal: order.reversal.as_ref(),
            refused: order.refused.as_ref(),
            refunds: refunds::views(order),
            refundable_fee: order.refundable(),
            anomalies: order
                .anomalies
                .iter()
                .map(|found| AnomalyView::of_order(order, found))
                .collect(),
            revision: order.revision,
        }
    }
}

/// Beijing time with its offset.
pub(crate) fn rfc3339(ms: i64) -> Option<String> {
    let beijing = jiff::tz::Offset::constant(8);
    Timestamp::from_millisecond(ms).ok().map(|at| at.display_with_offset(beijing).to_string())
}
