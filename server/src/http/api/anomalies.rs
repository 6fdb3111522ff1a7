//! `/v1/anomalies`: what is odd, and settling it. The merchant's side.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use warp::Reply;
use warp::http::HeaderMap;

use super::orders::rfc3339;
use super::{allow_only, decoded, limit, query_value};
use crate::app::App;
use crate::http::body::{self, BodyError};
use crate::http::requests::Resolve;
use crate::http::{ApiError, auth};
use crate::orders::{Anomaly, FoundAnomaly, Order, Resolution};
use crate::store::AnomalyRow;

pub(in crate::http) async fn list(
    app: Arc<App>,
    headers: HeaderMap,
    raw_query: String,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    allow_only(&raw_query, &["state", "limit", "cursor"])?;
    let only_open = match query_value(&raw_query, "state")?.as_deref() {
        None | Some("open") => true,
        Some("all") => false,
        Some(_) => return Err(ApiError::field("state", "expected open or all")),
    };
    let cursor = query_value(&raw_query, "cursor")?;
    let limit = limit(&raw_query)?;
    let page = app.orders.anomalies(&merchant.id, only_open, cursor.as_deref(), limit).await?;
    let anomalies = page.anomalies.iter().map(AnomalyView::of_row).collect();
    Ok(warp::reply::json(&List { anomalies, next_cursor: page.next }))
}

/// A note says in a line or two what was done.
const MAX_NOTE_BYTES: usize = 1024;

pub(in crate::http) async fn resolve(
    app: Arc<App>,
    raw_id: String,
    headers: HeaderMap,
    body: Result<Bytes, BodyError>,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let Resolve { note } = body::json(&body?)?;
    let note = note.trim();
    if !(1..=MAX_NOTE_BYTES).contains(&note.len()) || note.chars().any(char::is_control) {
        let expected = format!("expected 1 to {MAX_NOTE_BYTES} bytes in one line: what was done");
        return Err(ApiError::field("note", expected));
    }
    let id = decoded(&raw_id).ok_or_else(ApiError::not_found)?;
    let row = app.orders.resolve(&merchant.id, &id, note).await?;
    Ok(warp::reply::json(&AnomalyView::of_row(&row)))
}

#[derive(Serialize)]
struct List<'a> {
    anomalies: Vec<AnomalyView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// An anomaly as the merchant sees it, alone or in its order, and as webhooks tell of it.
#[derive(Serialize)]
pub(crate) struct AnomalyView<'a> {
    id: String,
    out_trade_no: &'a str,
    at: Option<String>,
    #[serde(flatten)]
    anomaly: &'a Anomaly,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved: Option<ResolvedView<'a>>,
}

#[derive(Serialize)]
struct ResolvedView<'a> {
    at: Option<String>,
    note: &'a str,
}

impl<'a> AnomalyView<'a> {
    pub(crate) fn of_order(order: &'a Order, found: &'a FoundAnomaly) -> Self {
        let FoundAnomaly { at_ms, anomaly, resolved, .. } = found;
        Self {
            id: order.anomaly_id(found),
            out_trade_no: &order.key.out_trade_no,
            at: rfc3339(*at_ms),
            anomaly,
            resolved: resolved.as_ref().map(ResolvedView::new),
        }
    }

    pub(crate) fn of_row(row: &'a AnomalyRow) -> Self {
        Self {
            id: row.id.clone(),
            out_trade_no: &row.key.out_trade_no,
            at: rfc3339(row.at_ms),
            anomaly: &row.anomaly,
            resolved: row.resolved.as_ref().map(ResolvedView::new),
        }
    }
}

impl<'a> ResolvedView<'a> {
    fn new(resolved: &'a Resolution) -> Self {
        Self { at: rfc3339(resolved.at_ms), note: &resolved.note }
    }
}
