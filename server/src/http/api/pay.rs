//! `POST /v1/pay {orderId}` with a token, or `{code, orderId}` without -> the arguments of `wx.requestPayment`.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use warp::Reply;
use warp::http::HeaderMap;

use super::{merchant_of, success};
use crate::app::App;
use crate::http::body::{self, BodyError};
use crate::http::requests::Pay;
use crate::http::{ApiError, Peer, auth};
use crate::login::{PhoneUser, Profile};
use crate::orders::OrderKey;

/// All five are strings, as `wx.requestPayment` wants them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestPayment {
    time_stamp: String,
    nonce_str: String,
    package: String,
    sign_type: &'static str,
    pay_sign: String,
}

pub(in crate::http) async fn pay(
    app: Arc<App>,
    raw_query: String,
    headers: HeaderMap,
    peer: Peer,
    body: Result<Bytes, BodyError>,
) -> Result<impl Reply + use<>, ApiError> {
    let request: Pay = body::json(&body?)?;
    let user = who(&app, &raw_query, &headers, &request).await?;
    let key = OrderKey { merchant: user.merchant, out_trade_no: request.order_id };
    let client_ip = auth::client_ip(&app, peer, &headers);
    let arguments = app.orders.pay(&key, &user.openid, &client_ip).await?;
    Ok(success(RequestPayment {
        time_stamp: arguments.time_stamp,
        nonce_str: arguments.nonce_str,
        package: arguments.package,
        sign_type: arguments.sign_type.as_str(),
        pay_sign: arguments.pay_sign,
    }))
}

async fn who(
    app: &App,
    raw_query: &str,
    headers: &HeaderMap,
    request: &Pay,
) -> Result<PhoneUser, ApiError> {
    match &request.code {
        Some(code) if !auth::has_token(headers) => {
            let merchant = merchant_of(app, request.merchant.as_deref(), raw_query)?;
            Ok(app.logins.log_in(merchant, code, Profile::default()).await?.session)
        }
        Some(_) | None => auth::phone(app, headers),
    }
}
