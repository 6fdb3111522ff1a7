//! Reading bodies: capped while they are read (chunked ones too), within a time limit.

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use serde::de::DeserializeOwned;
use warp::http::StatusCode;
use warp::{Filter, Rejection};

use super::ApiError;
use super::json::{self, JsonError};

/// The largest JSON body, in bytes.
pub(super) const JSON_MAX_BYTES: usize = 16 * 1024;
/// The largest notice, in bytes.
pub(super) const NOTICE_MAX_BYTES: usize = wxpay_core::xml::MAX_BYTES;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyError {
    TooLarge { max_bytes: usize },
    TooSlow,
    Broken,
}

/// Extracts the raw body, or why there is none. A body that trickles in keeps nobody longer than `time_limit`.
pub(super) fn raw(
    max_bytes: usize,
    time_limit: Duration,
) -> impl Filter<Extract = (Result<Bytes, BodyError>,), Error = Rejection> + Clone + Send {
    warp::body::stream().then(move |stream| async move {
        match tokio::time::timeout(time_limit, collect(stream, max_bytes)).await {
            Ok(read) => read,
            Err(_) => Err(BodyError::TooSlow),
        }
    })
}

async fn collect<B: Buf>(
    stream: impl Stream<Item = Result<B, warp::Error>>,
    max_bytes: usize,
) -> Result<Bytes, BodyError> {
    let mut stream = std::pin::pin!(stream);
    let mut body = BytesMut::new();
    while let Some(part) = stream.next().await {
        let mut part = part.map_err(|_| BodyError::Broken)?;
        if body.len() + part.remaining() > max_bytes {
            return Err(BodyError::TooLarge { max_bytes });
        }
        body.extend_from_slice(&part.copy_to_bytes(part.remaining()));
    }
    Ok(body.freeze())
}

/// Reads a JSON object; the error names the field.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    Ok(json::read(body)?)
}

impl From<JsonError> for ApiError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::NotJson => {
                Self::new(StatusCode::BAD_REQUEST, "not_json", "the body is not one JSON object")
            }
            JsonError::Field { field, expected } => Self::field(field, expected),
        }
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge { max_bytes } => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                format!("the body may have at most {max_bytes} bytes"),
            ),
            BodyError::TooSlow => {
                Self::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", "the body did not arrive")
            }
            BodyError::Broken => {
                Self::new(StatusCode::BAD_REQUEST, "body_broken", "the body could not be read")
            }
        }
    }
}

impl std::fmt::Display for BodyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge { max_bytes } => write!(f, "the body exceeds {max_bytes} bytes"),
            Self::TooSlow => f.write_str("the body did not arrive in time"),
            Self::Broken => f.write_str("the body could not be read"),
        }
    }
}
