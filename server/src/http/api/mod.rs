//! The handlers: read the request, call the rules, word the reply.

pub(super) mod anomalies;
pub(super) mod export;
pub(super) mod health;
pub(super) mod login;
pub(super) mod micropay;
pub(super) mod native_page;
pub(super) mod notify;
pub(super) mod notify_refund;
pub(super) mod offer;
pub(super) mod orders;
pub(super) mod pay;
pub(super) mod query;
pub(super) mod reconcile;
pub(super) mod refunds;
pub(super) mod webhooks;

use serde::Serialize;

use super::ApiError;
use crate::app::App;
use crate::merchant::Merchant;
use crate::orders::OrderKey;

/// What clients written for tutorials look for beside the fields.
#[derive(Serialize)]
struct Success<T> {
    code: u8,
    msg: &'static str,
    #[serde(flatten)]
    fields: T,
}

fn success<T: Serialize>(fields: T) -> warp::reply::Json {
    warp::reply::json(&Success { code: 0, msg: "success", fields })
}

/// Which merchant a phone without a token means: the body's or the query's `merchant`, or the only one there is.
fn merchant_of<'a>(
    app: &'a App,
    body: Option<&str>,
    raw_query: &str,
) -> Result<&'a Merchant, ApiError> {
    let from_query = query_value(raw_query, "merchant")?;
    let found = match body.or(from_query.as_deref()) {
        Some(id) => app.merchants.get(id),
        None => app.merchants.only(),
    };
    found.ok_or_else(|| ApiError::field("merchant", "expected the id of a configured merchant"))
}

/// A decoded value of a query string; one that cannot be decoded is an error, not an absence.
fn query_value(raw_query: &str, name: &str) -> Result<Option<String>, ApiError> {
    let mut pairs = raw_query.split('&').filter_map(|pair| pair.split_once('='));
    let Some((_, value)) = pairs.find(|(key, _)| *key == name) else { return Ok(None) };
    let expected = "expected percent-encoded UTF-8";
    decoded(value).map(Some).ok_or_else(|| ApiError::field(name, expected))
}

/// A misspelt filter is refused: a list of everything would pass for its answer.
fn allow_only(raw_query: &str, names: &[&str]) -> Result<(), ApiError> {
    for pair in raw_query.split('&').filter(|pair| !pair.is_empty()) {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        if !names.contains(&name) {
            let expected = format!("unknown, expected one of {}", names.join(", "));
            return Err(ApiError::field(name, expected));
        }
    }
    Ok(())
}

/// How many a list shows: 50, or what `limit` says.
fn limit(raw_query: &str) -> Result<usize, ApiError> {
    query_value(raw_query, "limit")?.map_or(Ok(50), |text| {
        let limit = text.parse().ok().filter(|limit| (1..=100).contains(limit));
        limit.ok_or_else(|| ApiError::field("limit", "expected 1 to 100"))
    })
}

/// A path segment or query value without its percent-encoding; `None` when that is not UTF-8.
fn decoded(text: &str) -> Option<String> {
    percent_encoding::percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

fn order_key(merchant: &str, raw_out_trade_no: &str) -> Result<OrderKey, ApiError> {
    let out_trade_no = decoded(raw_out_trade_no).ok_or_else(ApiError::not_found)?;
    Ok(OrderKey { merchant: merchant.into(), out_trade_no })
}
