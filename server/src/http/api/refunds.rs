//! `/v1/orders/{no}/refunds` and `/v1/refunds/{no}`: paying back. The merchant's side alone.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use warp::Reply;
use warp::http::{HeaderMap, StatusCode};
use wxpay_core::Fen;
use wxpay_core::messages::refund::RefundStatus;

use super::orders::{idempotency, rfc3339};
use super::{decoded, order_key};
use crate::app::App;
use crate::http::ApiError;
use crate::http::auth;
use crate::http::body::{self, BodyError};
use crate::http::requests::CreateRefund;
use crate::orders::{NewRefund, Order, Refund, Refunded, Refused};

pub(in crate::http) async fn create(
    app: Arc<App>,
    out_trade_no: String,
    headers: HeaderMap,
    body: Result<Bytes, BodyError>,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let key = order_key(&merchant.id, &out_trade_no)?;
    let body = body?;
    let request: CreateRefund = body::json(&body)?;
    let scope = format!("refund {}", key.out_trade_no);
    let idempotency = idempotency(&headers, &scope, &body)?;
    let refunded = app.orders.refund(&key, new_refund(request)?, idempotency).await?;
    let Some(refund) = refunded.refund() else { return Err(ApiError::internal()) };
    let status = match &refund.refused {
        Some(refused) => return Err(ApiError::refund_refused(refused)),
        None if refund.refund_id.is_none() => StatusCode::ACCEPTED,
        None if refunded.is_new => StatusCode::CREATED,
        None => StatusCode::OK,
    };
    Ok(warp::reply::with_status(warp::reply::json(&View::new(&refunded.order, refund)), status))
}

fn new_refund(request: CreateRefund) -> Result<NewRefund, ApiError> {
    let fen = |field: &'static str, fee: u64| {
        let expected = "expected a whole number of fen";
        Fen::new(fee).map_err(|_| ApiError::field(field, expected))
    };
    if request.refund_fee_type.is_some_and(|fee_type| fee_type != "CNY") {
        return Err(ApiError::field("refund_fee_type", "expected CNY"));
    }
    Ok(NewRefund {
        out_refund_no: request.out_refund_no,
        refund_fee: fen("refund_fee", request.refund_fee)?,
        total_fee: request.total_fee.map(|fee| fen("total_fee", fee)).transpose()?,
        refund_desc: request.refund_desc,
        refund_account: request.refund_account,
    })
}

pub(in crate::http) async fn list(
    app: Arc<App>,
    out_trade_no: String,
    headers: HeaderMap,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let order = app.orders.get(&order_key(&merchant.id, &out_trade_no)?).await?;
    Ok(warp::reply::json(&List { refunds: views(&order), refundable_fee: order.refundable() }))
}

pub(in crate::http) async fn show(
    app: Arc<App>,
    out_refund_no: String,
    headers: HeaderMap,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let out_refund_no = decoded(&out_refund_no).ok_or_else(ApiError::not_found)?;
    let refunded: Refunded = app.orders.get_refund(&merchant.id, &out_refund_no).await?;
    let refund = refunded.refund().ok_or_else(ApiError::not_found)?;
    Ok(warp::reply::json(&View::new(&refunded.order, refund)))
}

#[derive(Serialize)]
struct List<'a> {
    refunds: Vec<View<'a>>,
    refundable_fee: Fen,
}

/// A refund as the merchant sees it, and as webhooks tell of it. `refund_status` is WeChat's last word about it.
#[derive(Serialize)]
pub(crate) struct View<'a> {
    out_refund_no: &'a str,
    out_trade_no: &'a str,
    merchant: &'a str,
    refund_fee: Fen,
    total_fee: Fen,
    refund_fee_type: &'static str,
    /// WeChat has not had its last word yet.
    pending: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_status: Option<RefundStatus>,
    /// Why WeChat has not accepted it yet; it is asked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    delayed: Option<&'a Refused>,
    /// Why WeChat never will.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'a Refused>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_desc: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund_recv_accout: Option<&'a str>,
    asked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    success_time: Option<String>,
}

/// An order's refunds, oldest first.
pub(super) fn views(order: &Order) -> Vec<View<'_>> {
    order.refunds.iter().map(|refund| View::new(order, refund)).collect()
}

/// The same for the user's phone: WeChat's reasons, such as an empty balance, are the merchant's business.
pub(super) fn views_for_owner(order: &Order) -> Vec<View<'_>> {
    let views = views(order).into_iter();
    views.map(|view| View { delayed: None, refused: None, ..view }).collect()
}

impl<'a> View<'a> {
    pub(crate) fn new(order: &'a Order, refund: &'a Refund) -> Self {
        Self {
            out_refund_no: &refund.terms.out_refund_no,
            out_trade_no: &order.key.out_trade_no,
            merchant: &order.key.merchant,
            refund_fee: refund.terms.refund_fee,
            total_fee: order.terms.total_fee,
            refund_fee_type: "CNY",
            pending: refund.is_pending(),
            refund_id: refund.refund_id.as_deref(),
            refund_status: refund.refund_status,
            delayed: refund.delayed.as_ref(),
            refused: refund.refused.as_ref(),
            refund_desc: refund.terms.refund_desc.as_deref(),
            refund_account: refund.terms.refund_account.as_deref(),
            refund_recv_accout: refund.refund_recv_accout.as_deref(),
            asked_at: rfc3339(refund.asked_ms),
            success_time: refund.success_time.and_then(|at_s| rfc3339(at_s * 1000)),
        }
    }
}
