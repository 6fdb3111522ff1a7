//! `/v1/reconcile` and `/v1/days`: a day's bill beside our books. The merchant's side.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use warp::Reply;
use warp::http::HeaderMap;
use warp::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use warp::reply::with_header;

use super::query_value;
use crate::app::App;
use crate::books::{Day, DayRow, Progress, ReconcileError, Report};
use crate::http::ApiError;
use crate::http::auth;
use crate::http::body::{self, BodyError};
use crate::http::requests::Reconcile;

/// Whoever waits hears something at least this often: another comparison may have to end first.
const SILENCE: Duration = Duration::from_secs(10);
/// The longest list of days.
const MAX_DAYS: i64 = 400;

#[derive(Serialize)]
struct Days {
    days: Vec<DayRow>,
}

/// Answers with a stream of lines, each one JSON object: `progress` again and again, then `difference` for each, then
/// `summary`; or `error` where it ends. The comparison runs in a task of its own: hanging up does not stop it.
pub(in crate::http) async fn reconcile(
    app: Arc<App>,
    headers: HeaderMap,
    body: Result<Bytes, BodyError>,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?.clone();
    let request: Reconcile = body::json(&body?)?;
    let date = day("date", &request.date)?;
    app.books.check(date)?;
    let (sender, progress) = watch::channel(Progress::default());
    let run = tokio::spawn(async move { app.books.reconcile(&merchant, date, &sender).await });
    let lines = lines(progress, run).map(Ok::<_, std::convert::Infallible>);
    let reply = with_header(warp::reply::stream(lines), CONTENT_TYPE, "application/x-ndjson");
    // nginx would keep the lines until there are many.
    let reply = with_header(reply, "x-accel-buffering", "no");
    Ok(with_header(reply, CACHE_CONTROL, "no-store"))
}

fn lines(
    progress: watch::Receiver<Progress>,
    run: JoinHandle<Result<Report, ReconcileError>>,
) -> impl Stream<Item = Bytes> + Send + Sync {
    // The sender is gone when the comparison has ended.
    let steps = stream::unfold(progress, |mut progress| async move {
        if let Ok(changed) = timeout(SILENCE, progress.changed()).await {
            changed.ok()?;
        }
        let step = *progress.borrow_and_update();
        Some((line(&json!({ "progress": step })), progress))
    });
    steps.chain(stream::once(async move { stream::iter(ending(run.await)) }).flatten())
}

/// What is said at the end; made line by line, for there may be many.
fn ending(
    outcome: Result<Result<Report, ReconcileError>, tokio::task::JoinError>,
) -> Box<dyn Iterator<Item = Bytes> + Send + Sync> {
    match outcome {
        Ok(Ok(Report { day, differences })) => {
            let differences = differences.into_iter();
            let lines = differences.map(|difference| line(&json!({ "difference": difference })));
            Box::new(lines.chain(std::iter::once(line(&json!({ "summary": day })))))
        }
        Ok(Err(error)) => Box::new(std::iter::once(failure(error.into()))),
        Err(broken) => {
            tracing::error!(%broken, "comparing a bill broke off");
            Box::new(std::iter::once(failure(ApiError::internal())))
        }
    }
}

fn failure(error: ApiError) -> Bytes {
    line(&json!({ "error": error.body() }))
}

fn line(value: &Value) -> Bytes {
    format!("{value}\n").into()
}

/// One day, if it was compared.
pub(in crate::http) async fn show(
    app: Arc<App>,
    date: String,
    headers: HeaderMap,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let date = day("date", &date)?;
    let found = app.books.day(&merchant.id, date).await?;
    found.map(|day| warp::reply::json(&day)).ok_or_else(ApiError::not_found)
}

/// The days from `from` until `to`, both included, that were compared.
pub(in crate::http) async fn list(
    app: Arc<App>,
    headers: HeaderMap,
    raw_query: String,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let given = |name: &str| {
        let value = query_value(&raw_query, name)?;
        let missing = || ApiError::field(name, "missing, expected a day such as 2026-01-31");
        day(name, &value.ok_or_else(missing)?)
    };
    let (from, to) = (given("from")?, given("to")?);
    if to.back(MAX_DAYS) > from {
        return Err(ApiError::field("from", format!("expected at most {MAX_DAYS} days before to")));
    }
    let days = app.books.days(&merchant.id, from, to).await?;
    Ok(warp::reply::json(&Days { days }))
}

fn day(name: &str, text: &str) -> Result<Day, ApiError> {
    text.parse().map_err(|error| ApiError::field(name, error))
}
