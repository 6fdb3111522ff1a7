//! `GET /v1/export`: a backup of everything that is the merchant's, one JSON value a line, while the server runs.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use serde_json::json;
use tokio::sync::mpsc::{Sender, channel};
use warp::Reply;
use warp::http::{HeaderMap, header};

use crate::app::App;
use crate::backup::{Lines, Writer};
use crate::http::{ApiError, auth};
use crate::store::StoreError;

/// Pages that are read ahead of a slow client.
const AHEAD: usize = 2;

pub(in crate::http) async fn export(
    app: Arc<App>,
    headers: HeaderMap,
) -> Result<impl Reply + use<>, ApiError> {
    let merchant = auth::merchant(&app, &headers)?;
    let lines = Lines::of(Arc::clone(&app.store), Some(merchant.id.clone()));
    let (parts, mut sent) = channel(AHEAD);
    tokio::spawn(send(lines, parts, app.clock.now_ms()));
    let body = stream::poll_fn(move |context| sent.poll_recv(context));
    let reply = warp::reply::stream(body);
    Ok(warp::reply::with_header(reply, header::CONTENT_TYPE, "application/x-ndjson"))
}

type Parts = Sender<Result<Bytes, Infallible>>;

/// An error is the last line: without an end, nobody takes it for a whole backup.
async fn send(lines: Lines, parts: Parts, now_ms: i64) {
    if let Err(error) = send_all(lines, &parts, now_ms).await {
        tracing::error!(%error, "a backup could not be finished");
        let message = "the store cannot be read; the log says why";
        let error = json!({ "error": { "code": "store_failed", "message": message } });
        // Nobody listens any more: nothing is left to say.
        let _ = parts.send(Ok(format!("{error}\n").into())).await;
    }
}

async fn send_all(mut lines: Lines, parts: &Parts, now_ms: i64) -> Result<(), StoreError> {
    let mut writer = Writer::new(Vec::new(), now_ms).map_err(|error| unwritten(&error))?;
    while let Some(page) = lines.next().await? {
        for line in &page {
            writer.line(line).map_err(|error| unwritten(&error))?;
        }
        let part = std::mem::take(writer.get_mut());
        if parts.send(Ok(part.into())).await.is_err() {
            // The client has gone.
            return Ok(());
        }
    }
    let (rest, _) = writer.finish().map_err(|error| unwritten(&error))?;
    let _ = parts.send(Ok(rest.into())).await;
    Ok(())
}

fn unwritten(error: &io::Error) -> StoreError {
    StoreError::Failed { what: "writing a backup", detail: error.to_string() }
}
