//! Fetching bills: the answer is a bill, or XML that says why there is none; its first byte tells them apart.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use reqwest::{Client, Response};
use tokio::time::timeout;
use wxpay_core::Params;
use wxpay_core::messages::download_bill::DownloadError;
use wxpay_core::xml::{self, from_xml, to_xml};

use super::wechat::{doubt, not_sent};
use super::{Doubt, Download, FetchError, GatewayError};

/// How many times the patience for a message WeChat has until a bill begins, and for each part of it: it is made while
/// we wait.
const PATIENCE: u32 = 6;
/// A whole bill never takes longer, however slowly it drips.
const LONGEST: Duration = Duration::from_secs(2 * 60 * 60);

/// Sends a request for a bill. `read_error` reads the XML that comes instead of one.
pub(super) async fn fetch(
    client: &Client,
    url: reqwest::Url,
    params: &Params,
    message_timeout_ms: u64,
    read_error: fn(&Params) -> DownloadError,
) -> Result<Download, FetchError> {
    let body = to_xml(params).map_err(|error| not_sent(error.to_string()))?;
    let patience = Duration::from_millis(message_timeout_ms) * PATIENCE;
    let request = client.post(url).header("content-type", "text/xml; charset=utf-8");
    let response = in_time(patience, request.body(body).timeout(LONGEST).send()).await?;
    let status = response.status();
    if status != reqwest::StatusCode::OK {
        return Err(GatewayError::Unknown(Doubt::Status(status.as_u16())).into());
    }
    let total_bytes = response.content_length();
    let mut response = Some(response);
    // Two bytes at least: what a packed bill begins with.
    let mut first = Vec::new();
    while first.len() < 2 {
        let Some(bytes) = next(&mut response, patience).await? else { break };
        first.extend_from_slice(&bytes);
    }
    if first.is_empty() {
        let detail = "the reply is empty".into();
        return Err(GatewayError::Unknown(Doubt::Broken { detail }).into());
    }
    if first.starts_with(b"<") {
        let message = message(first, response, patience).await?;
        return Err(FetchError::NoBill(read_error(&message)));
    }
    let rest = stream::unfold(response, move |mut response| async move {
        let chunk = next(&mut response, patience).await.transpose()?;
        Some((chunk, response))
    });
    Ok(Download::new(first.into(), rest, total_bytes))
}

/// The rest of an XML message, which is as small as any.
async fn message(
    mut bytes: Vec<u8>,
    mut response: Option<Response>,
    patience: Duration,
) -> Result<Params, GatewayError> {
    while let Some(chunk) = next(&mut response, patience).await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > xml::MAX_BYTES {
            return Err(GatewayError::Unknown(Doubt::TooLarge));
        }
    }
    from_xml(&bytes).map_err(|error| GatewayError::Unknown(Doubt::Unreadable(error)))
}

/// The next chunk; after an error there is none.
async fn next(
    response: &mut Option<Response>,
    patience: Duration,
) -> Result<Option<Bytes>, GatewayError> {
    let Some(open) = response else { return Ok(None) };
    let chunk = in_time(patience, open.chunk()).await;
    if !matches!(chunk, Ok(Some(_))) {
        *response = None;
    }
    chunk
}

async fn in_time<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, reqwest::Error>>,
) -> Result<T, GatewayError> {
    match timeout(patience, work).await {
        Ok(done) => done.map_err(doubt),
        Err(_) => Err(GatewayError::Unknown(Doubt::Timeout)),
    }
}
