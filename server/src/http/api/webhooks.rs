//! `/v1/webhooks`: how the merchant's endpoints do, their dead letters, sending those again, a test.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use warp::Reply;
use warp::http::HeaderMap;

use super::orders::rfc3339;
use super::{allow_only, limit, query_value};
use crate::app::App;
use crate::http::body::{self, BodyError};
use crate::http::requests::Replay;
use crate::http::{ApiError, auth};
use crate::orders::OrderKey;
use crate::outbox::{EndpointStatus, LetterError};
use crate::store::{OutboxRow, Topic};

pub(in crate::http) async fn list(
    app: Arc<App>,
    headers: HeaderMap,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let status = app.outbox.status(&merchant.id).await?;
    let webhooks = status.into_iter().map(WebhookView::new).collect();
    Ok(warp::reply::json(&Webhooks { webhooks }))
}

pub(in crate::http) async fn dead(
    app: Arc<App>,
    endpoint: String,
    headers: HeaderMap,
    raw_query: String,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    allow_only(&raw_query, &["limit", "cursor"])?;
    let limit = limit(&raw_query)?;
    let after = query_value(&raw_query, "cursor")?.map(|text| {
        let expected = "expected the next_cursor of a list";
        cursor(&merchant.id, &endpoint, &text).ok_or_else(|| ApiError::field("cursor", expected))
    });
    let after = after.transpose()?;
    // One more than shown: only then is there a next page.
    let mut rows = app.outbox.dead(&merchant.id, &endpoint, after.as_ref(), limit + 1).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| has_more).map(cursor_at);
    let letters = rows.iter().map(Letter::new).collect();
    Ok(warp::reply::json(&Letters { letters, next_cursor }))
}

pub(in crate::http) async fn replay(
    app: Arc<App>,
    endpoint: String,
    headers: HeaderMap,
    body: Result<Bytes, BodyError>,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let request: Replay = body::json(&body?)?;
    let replayed = app.outbox.replay(&merchant.id, &endpoint, request.id.as_deref()).await?;
    tracing::info!(merchant = merchant.id, endpoint, replayed, "webhooks replayed");
    Ok(warp::reply::json(&Replayed { replayed }))
}

pub(in crate::http) async fn test(
    app: Arc<App>,
    endpoint: String,
    headers: HeaderMap,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let result = app.outbox.ping(&merchant.id, &endpoint).await?;
    let (delivered, status) = (result.is_delivered, result.status);
    Ok(warp::reply::json(&Tested { delivered, status, reason: result.reason }))
}

#[derive(Serialize)]
struct Webhooks<'a> {
    webhooks: Vec<WebhookView<'a>>,
}

/// An endpoint. Its times are those since the server started.
#[derive(Serialize)]
struct WebhookView<'a> {
    id: &'a str,
    url: String,
    waiting: u64,
    dead: u64,
    /// It has answered 410.
    disabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_success_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<String>,
}

impl<'a> WebhookView<'a> {
    fn new(status: EndpointStatus<'a>) -> Self {
        let EndpointStatus { webhook, waiting, dead, standing } = status;
        Self {
            id: &webhook.id,
            url: webhook.shown_url(),
            waiting,
            dead,
            disabled: standing.is_gone,
            last_success_at: standing.last_success_ms.and_then(rfc3339),
            last_failure_at: standing.last_failure_ms.and_then(rfc3339),
            last_failure: standing.last_failure,
        }
    }
}

#[derive(Serialize)]
struct Letters<'a> {
    letters: Vec<Letter<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct Letter<'a> {
    id: &'a str,
    r#type: &'static str,
    out_trade_no: &'a str,
    sequence: u64,
    happened_at: Option<String>,
    attempts: u32,
    reason: Option<&'a str>,
}

impl<'a> Letter<'a> {
    fn new(row: &'a OutboxRow) -> Self {
        Self {
            id: &row.id,
            r#type: row.topic.as_str(),
            out_trade_no: &row.key.out_trade_no,
            sequence: row.seq,
            happened_at: rfc3339(row.at_ms),
            attempts: row.attempts,
            reason: row.dead.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct Replayed {
    replayed: usize,
}

#[derive(Serialize)]
struct Tested {
    delivered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

fn cursor_at(row: &OutboxRow) -> String {
    let OutboxRow { id, key, seq, at_ms, .. } = row;
    format!("{at_ms}.{seq}.{id}.{}", key.out_trade_no)
}

/// The place in the list that a cursor names; the rest of the row does not matter there.
fn cursor(merchant: &str, endpoint: &str, text: &str) -> Option<OutboxRow> {
    // The number is last: a notice of an order that is not here may claim any.
    let mut parts = text.splitn(4, '.');
    let (at_ms, seq) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let (id, out_trade_no) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    Some(OutboxRow {
        id,
        topic: Topic::OrderPaid,
        key: OrderKey { merchant: merchant.into(), out_trade_no },
        seq,
        anomaly: None,
        at_ms,
        endpoint: endpoint.into(),
        attempts: 0,
        next_ms: 0,
        dead: Some(String::new()),
    })
}

impl From<LetterError> for ApiError {
    fn from(error: LetterError) -> Self {
        match error {
            LetterError::NoEndpoint | LetterError::NoLetter => Self::not_found(),
            LetterError::Store(error) => error.into(),
        }
    }
}
