//! Payment codes: `POST /v1/orders/{no}/micropay`, `POST /v1/orders/{no}/reverse`, `POST /v1/auth-code-to-openid`.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use warp::Reply;
use warp::http::{HeaderMap, StatusCode};
use wxpay_core::messages::micropay::{Refusal, refusal};

use super::order_key;
use super::orders::View;
use crate::app::App;
use crate::gateway::GatewayError;
use crate::http::body::{self, BodyError};
use crate::http::requests::{AuthCode, Charge};
use crate::http::{ApiError, Peer, auth};
use crate::orders::{Order, OrderError};
use crate::secret::Secret;

#[derive(Serialize)]
struct Payer {
    openid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_openid: Option<String>,
}

/// 200 when it is paid; 202 while nobody knows: look at the order again until it is paid or reversed.
pub(in crate::http) async fn charge(
    app: Arc<App>,
    out_trade_no: String,
    headers: HeaderMap,
    peer: Peer,
    body: Result<Bytes, BodyError>,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let Charge { auth_code, client_ip } = body::json(&body?)?;
    let auth_code = Secret::new(auth_code);
    let client_ip =
        client_ip.map_or_else(|| auth::client_ip(&app, peer, &headers), |ip| ip.to_string());
    let key = order_key(&merchant.id, &out_trade_no)?;
    let order = app.orders.micropay(&key, &auth_code, &client_ip).await.map_err(not_charged)?;
    Ok(standing(&order, order.is_charging()))
}

/// 200 when it is done; 202 when WeChat wants to be asked again, which the sweep does.
pub(in crate::http) async fn reverse(
    app: Arc<App>,
    out_trade_no: String,
    headers: HeaderMap,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let order = app.orders.reverse(&order_key(&merchant.id, &out_trade_no)?).await?;
    Ok(standing(&order, order.is_open() || order.is_reversing()))
}

pub(in crate::http) async fn auth_code_to_openid(
    app: Arc<App>,
    headers: HeaderMap,
    body: Result<Bytes, BodyError>,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let AuthCode { auth_code } = body::json(&body?)?;
    let payer = app.orders.payer(merchant, &Secret::new(auth_code)).await.map_err(not_charged)?;
    let wxpay_core::messages::auth_code_to_openid::Payer { openid, sub_openid } = payer;
    Ok(warp::reply::json(&Payer { openid, sub_openid }))
}

fn standing(order: &Order, is_pending: bool) -> warp::reply::WithStatus<warp::reply::Json> {
    let status = if is_pending { StatusCode::ACCEPTED } else { StatusCode::OK };
    warp::reply::with_status(warp::reply::json(&View::new(order)), status)
}

/// What the cashier can do about a refusal is said in one word; what only an administrator can is an upstream error.
fn not_charged(error: OrderError) -> ApiError {
    let OrderError::Gateway(GatewayError::Refused { code, description }) = &error else {
        return error.into();
    };
    let advice = match refusal(code) {
        Some(Refusal::NewCode) => "new_code",
        Some(Refusal::OtherCard) => "other_card",
        Some(Refusal::OtherWay) => "other_way",
        Some(Refusal::NewNumber | Refusal::QueryFirst) => "new_order",
        Some(Refusal::Fix) | None => return error.into(),
    };
    ApiError::not_charged(code, description, advice)
}
