//! The HTTP side: one hyper connection per client, so that a fault can reset it or cut a body short.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::http::HeaderValue;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::calls::Call;
use crate::simulator::Simulator;
use crate::tls::Caller;
use crate::{cashier, control, exchange, home};

/// The largest request body: a little above what core's reader takes, so that the reader gets to refuse it.
const MAX_BODY: usize = wxpay_core::xml::MAX_BYTES + 1024;

/// How long a client may take over the TLS handshake.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// How a client came in.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    /// The listener, such as `http://127.0.0.1:8087`.
    pub(crate) origin: Arc<str>,
    pub(crate) caller: Caller,
}

/// A request, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) origin: Arc<str>,
    pub(crate) caller: Caller,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) content_type: String,
    pub(crate) accept_language: String,
    pub(crate) body: Bytes,
}

/// A reply about to be sent.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
    /// Bytes that are promised in content-length and never sent.
    pub(crate) missing: u64,
    /// Further headers.
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// The connection is to be dropped without a reply.
#[derive(Debug)]
pub(crate) struct Dropped;

/// Serves one client of a plain port until it goes away.
pub(crate) async fn serve_plain(simulator: Simulator, origin: Arc<str>, stream: TcpStream) {
    let arrival = Arrival { origin, caller: Caller::Plain };
    serve(simulator, arrival, stream, |stream| stream).await;
}

/// Serves one client of the TLS port until it goes away.
pub(crate) async fn serve_tls(simulator: Simulator, origin: Arc<str>, stream: TcpStream) {
    let acceptor = TlsAcceptor::from(Arc::clone(&simulator.authority().server));
    let shaken = tokio::time::timeout(HANDSHAKE_DEADLINE, acceptor.accept(stream)).await;
    // A client that does not trust the authority ends the handshake, and knows why.
    let Ok(Ok(stream)) = shaken else { return };
    let caller = simulator.authority().caller(stream.get_ref().1.peer_certificates());
    let arrival = Arrival { origin, caller };
    serve(simulator, arrival, stream, |stream: &TlsStream<TcpStream>| stream.get_ref().0).await;
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    simulator: Simulator,
    arrival: Arrival,
    stream: S,
    tcp: fn(&S) -> &TcpStream,
) {
    let reset = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&reset);
    let service = service_fn(move |request| {
        let (simulator, flag) = (simulator.clone(), Arc::clone(&flag));
        let arrival = arrival.clone();
        Box::pin(async move {
            let reply = reply(&simulator, arrival, request).await;
            if reply.is_err() {
                flag.store(true, Ordering::Relaxed);
            }
            reply
        })
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new());
    let mut connection = builder.serve_connection(TokioIo::new(stream), service);
    // An error here is the client's, or a fault at work; neither is ours to report.
    let _ = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let mut stream = connection.into_parts().io.into_inner();
    if reset.load(Ordering::Relaxed) {
        // With no time to linger, closing sends a reset. If that cannot be set, the client sees a plain end.
        let _ = tcp(&stream).set_zero_linger();
    } else {
        // TLS says goodbye. Whoever is gone already does not hear it.
        let _ = stream.shutdown().await;
    }
}

async fn reply(
    simulator: &Simulator,
    arrival: Arrival,
    request: Request<Incoming>,
) -> Result<Response<ReplyBody>, Dropped> {
    match Received::read(arrival, request).await {
        Ok(received) => route(simulator, received).await.map(Sent::into_response),
        Err(status) => {
            Ok(Sent::text(status, "the request body is too large or broken\n").into_response())
        }
    }
}

async fn route(simulator: &Simulator, received: Received) -> Result<Sent, Dropped> {
    match Call::at(&received.path) {
        Some(call) => exchange::exchange(simulator, call, &received).await,
        None if received.path.starts_with("/sim/") => {
            Ok(control::answer(simulator, &received).await)
        }
        None if received.path.starts_with("/cashier/") => {
            Ok(cashier::answer(simulator, &received).await)
        }
        None if received.path == "/h5" => Ok(cashier::answer_mweb(simulator, &received)),
        None if received.path == "/" => Ok(home::answer(simulator, &received)),
        None => Ok(Sent::text(StatusCode::NOT_FOUND, "there is no such page\n")),
    }
}

impl Received {
    async fn read(arrival: Arrival, request: Request<Incoming>) -> Result<Self, StatusCode> {
        let (parts, body) = request.into_parts();
        let header = |name| {
            let value = parts.headers.get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let body = Limited::new(body, MAX_BODY).collect().await;
        Ok(Self {
            origin: arrival.origin,
            caller: arrival.caller,
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            content_type: header(header::CONTENT_TYPE),
            accept_language: header(header::ACCEPT_LANGUAGE),
            body: body.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?.to_bytes(),
        })
    }

    /// A parameter of the query, decoded; `None` when absent or empty.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        field(self.query.as_bytes(), name)
    }

    /// A field of a form, decoded.
    pub(crate) fn form(&self, name: &str) -> Option<String> {
        field(&self.body, name)
    }

    pub(crate) fn path_and_query(&self) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        [&self.path, mark, &self.query].concat()
    }
}

fn field(encoded: &[u8], name: &str) -> Option<String> {
    let mut fields = form_urlencoded::parse(encoded);
    fields
        .find(|(found, value)| found == name && !value.is_empty())
        .map(|(_, value)| value.into_owned())
}

impl Sent {
    pub(crate) fn new(
        status: StatusCode,
        content_type: &'static str,
        body: impl Into<Bytes>,
    ) -> Self {
        Self { status, content_type, body: body.into(), missing: 0, headers: Vec::new() }
    }

    pub(crate) fn text(status: StatusCode, body: &'static str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", body)
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Keeps the promise of the whole body and sends the first half.
    pub(crate) fn cut_in_half(&mut self) {
        let cut = self.body.split_off(self.body.len() / 2);
        self.missing = u64::try_from(cut.len()).unwrap_or(u64::MAX);
    }

    fn into_response(self) -> Response<ReplyBody> {
        let body = ReplyBody { data: Some(self.body), missing: self.missing, flushed: false };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// A body that may end before what its length promises.
struct ReplyBody {
    data: Option<Bytes>,
    missing: u64,
    flushed: bool,
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        if let Some(data) = self.data.take().filter(|data| !data.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if self.missing == 0 {
            return Poll::Ready(None);
        }
        if !self.flushed {
            // One more turn, so that hyper writes out what it has before the error ends the connection.
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(Dropped)))
    }

    fn size_hint(&self) -> SizeHint {
        let data = self.data.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(self.missing + u64::try_from(data).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is dropped on purpose")
    }
}

impl std::error::Error for Dropped {}
