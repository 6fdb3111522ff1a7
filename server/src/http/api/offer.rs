//! `POST /v1/orders/{no}/pay`: what a user needs to pay a NATIVE, APP or MWEB order.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use warp::Reply;
use warp::http::HeaderMap;

use super::{native_page, order_key};
use crate::app::App;
use crate::http::body::{self, BodyError};
use crate::http::requests;
use crate::http::{ApiError, Peer, auth};
use crate::orders::{Asker, Offer};
use crate::qr;

#[derive(Serialize)]
#[serde(tag = "trade_type")]
enum View {
    #[serde(rename = "NATIVE")]
    Native {
        code_url: String,
        /// The QR code as an SVG element.
        qr_svg: String,
        /// A page that shows it, and says when it is paid.
        page_url: String,
    },
    /// The names that are signed; the OpenSDK has its own spelling of them.
    #[serde(rename = "APP")]
    App {
        appid: String,
        partnerid: String,
        prepayid: String,
        package: &'static str,
        noncestr: String,
        timestamp: String,
        sign: String,
    },
    #[serde(rename = "MWEB")]
    Mweb { mweb_url: String },
}

pub(in crate::http) async fn offer(
    app: Arc<App>,
    out_trade_no: String,
    headers: HeaderMap,
    peer: Peer,
    body: Result<Bytes, BodyError>,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let body = body?;
    // A NATIVE order needs no more than to be named.
    let requests::Offer { client_ip, redirect_url } =
        if body.is_empty() { requests::Offer::default() } else { body::json(&body)? };
    let own_ip = auth::client_ip(&app, peer, &headers);
    let asker = Asker { client_ip, own_ip, redirect_url };
    let key = order_key(&merchant.id, &out_trade_no)?;
    let offer = app.orders.offer(&key, &asker).await?;
    let page_url = native_page::url(app.orders.public_url(), merchant, &key.out_trade_no);
    Ok(warp::reply::json(&view(offer, page_url)?))
}

fn view(offer: Offer, page_url: String) -> Result<View, ApiError> {
    Ok(match offer {
        Offer::Native { code_url } => {
            let too_long = || ApiError::internal().because("code_url: too long for a QR code");
            let qr_svg = qr::svg(&code_url).ok_or_else(too_long)?;
            View::Native { code_url, qr_svg, page_url }
        }
        Offer::App(args) => View::App {
            appid: args.appid,
            partnerid: args.partnerid,
            prepayid: args.prepayid,
            package: args.package,
            noncestr: args.noncestr,
            timestamp: args.timestamp,
            sign: args.sign,
        },
        Offer::Mweb { mweb_url } => View::Mweb { mweb_url },
    })
}
