//! The one request the simulator makes: POST of a notice, over plain HTTP and to loopback only.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, Uri, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

const MAX_REPLY: usize = 64 * 1024;

/// What came back.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
}

/// Why nothing came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendError {
    /// The URL is not `http://` toward loopback; the simulator reaches nothing else.
    NotLoopback,
    /// Nobody listens there.
    NoConnection,
    /// The reply did not come in time.
    TooLate,
    /// The connection broke, or the reply is no HTTP, or it is above 64 KiB.
    Broken,
}

/// Sends XML and waits for the reply.
pub(crate) async fn post_xml(
    url: &str,
    xml: String,
    deadline: Duration,
) -> Result<Response, SendError> {
    tokio::time::timeout(deadline, post(url, xml)).await.unwrap_or(Err(SendError::TooLate))
}

async fn post(url: &str, xml: String) -> Result<Response, SendError> {
    let uri: Uri = url.parse().map_err(|_| SendError::NotLoopback)?;
    let stream = TcpStream::connect(loopback(&uri).await?).await;
    let stream = stream.map_err(|_| SendError::NoConnection)?;
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::post(path)
        .header(header::HOST, authority)
        .header(header::CONTENT_TYPE, "text/xml; charset=utf-8")
        .body(Full::new(Bytes::from(xml)))
        .map_err(|_| SendError::NotLoopback)?;
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|_| SendError::Broken)?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(|_| SendError::Broken)?;
        let (parts, body) = response.into_parts();
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        let body = Limited::new(body, MAX_REPLY).collect().await.map_err(|_| SendError::Broken)?;
        Ok(Response { status: parts.status.as_u16(), content_type, body: body.to_bytes() })
    };
    tokio::pin!(exchange, connection);
    tokio::select! {
        reply = &mut exchange => reply,
        // The connection may end first although the whole reply is there.
        _ = &mut connection => exchange.await,
    }
}

async fn loopback(uri: &Uri) -> Result<SocketAddr, SendError> {
    let host =
        uri.host().filter(|_| uri.scheme_str() == Some("http")).ok_or(SendError::NotLoopback)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let found = tokio::net::lookup_host((host, uri.port_u16().unwrap_or(80))).await;
    let mut found = found.map_err(|_| SendError::NotLoopback)?;
    found.find(|address| address.ip().is_loopback()).ok_or(SendError::NotLoopback)
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotLoopback => "notify_url: the simulator reaches http:// on loopback only",
            Self::NoConnection => "nobody listens at notify_url",
            Self::TooLate => "no reply in time",
            Self::Broken => "the connection broke or the reply is not HTTP",
        })
    }
}

impl std::error::Error for SendError {}
