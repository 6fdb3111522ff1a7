//! `POST /v1/query {orderId}`: the phone came back, so WeChat is asked.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use warp::Reply;
use warp::http::HeaderMap;
use wxpay_core::Fen;
use wxpay_core::messages::TradeState;

use super::success;
use crate::app::App;
use crate::http::body::{self, BodyError};
use crate::http::requests::Query;
use crate::http::{ApiError, auth};
use crate::orders::OrderKey;

#[derive(Serialize)]
struct Standing {
    #[serde(rename = "orderId")]
    order_id: String,
    trade_state: TradeState,
    paid: bool,
    total_fee: Fen,
}

pub(in crate::http) async fn query(
    app: Arc<App>,
    headers: HeaderMap,
    body: Result<Bytes, BodyError>,
) -> Result<impl Reply + use<>, ApiError> {
    let user = auth::phone(&app, &headers)?;
    let request: Query = body::json(&body?)?;
    let key = OrderKey { merchant: user.merchant, out_trade_no: request.order_id };
    let order = app.orders.get(&key).await?;
    if order.openid.as_deref() != Some(&user.openid) {
        return Err(ApiError::not_found());
    }
    let order = app.orders.query(&key).await?;
    Ok(success(Standing {
        order_id: key.out_trade_no,
        trade_state: order.trade_state,
        paid: order.trade_state.is_paid(),
        total_fee: order.terms.total_fee,
    }))
}
