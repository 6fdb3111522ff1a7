//! `POST /v1/notify/{merchant}/refund`: raw bytes -> xml -> decrypt -> ask WeChat -> durable -> SUCCESS.
//!
//! The notice is encrypted and not signed. It is taken when refundquery confirms it, else answered FAIL, so that WeChat
//! tries again.

use std::sync::Arc;

use bytes::Bytes;
use warp::reply::Response;
use wxpay_core::messages::refund_notice;

use super::notify::{Rejected, answer, open};
use crate::app::App;
use crate::http::body::BodyError;
use crate::orders::{Noticed, OrderError};

pub(in crate::http) async fn refund_notice(
    app: Arc<App>,
    merchant: String,
    body: Result<Bytes, BodyError>,
) -> Response {
    let mut claimed = String::new();
    let taken = take(&app, &merchant, body, &mut claimed).await;
    answer(&merchant, &claimed, taken)
}

async fn take(
    app: &App,
    merchant: &str,
    body: Result<Bytes, BodyError>,
    claimed: &mut String,
) -> Result<(), Rejected> {
    let (merchant, params) = open(app, merchant, body)?;
    let read = |key| refund_notice::read(&params, &merchant.identity, key);
    let notice = match (read(&merchant.api_key), merchant.old_key_at(app.clock.now_ms())) {
        (Err(error), Some(old)) => read(old).map_err(|_| error),
        (notice, _) => notice,
    };
    let notice = notice.map_err(Rejected::RefundNotice)?;
    notice.out_trade_no.clone_into(claimed);
    match app.orders.refund_noticed(&merchant.id, &notice).await {
        Ok(Noticed::Confirmed) => Ok(()),
        Ok(Noticed::Unconfirmed) => Err(Rejected::Unconfirmed),
        // Whoever encrypted it has the key.
        Err(OrderError::NotFound) => Err(Rejected::UnknownOrder { genuine: true }),
        Err(error) => Err(Rejected::Order(error)),
    }
}
