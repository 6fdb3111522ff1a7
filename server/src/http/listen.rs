//! The accept loop: warp sets no limits of its own, so they are set here.
//!
//! Every request runs in a task of its own. A client that hangs up does not cancel it half-way, a panic becomes a
//! 500, and a request that takes too long is answered 504 while its task goes on.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower_service::Service;
use warp::filters::BoxedFilter;
use warp::reply::Response;
use warp::{Reply, http::Request};

use super::ApiError;
use super::stall::Unstalled;
use crate::ambient::NonceSource;
use crate::telemetry;

/// How much a client may ask of us.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at a time; further ones wait in the kernel's queue.
    pub max_connections: usize,
    /// Milliseconds for a request's head, and for an idle connection.
    pub header_timeout_ms: u64,
    /// Milliseconds for a request's body, and for a client that takes nothing of its reply.
    pub body_timeout_ms: u64,
    /// Milliseconds until a request is answered 504.
    pub request_timeout_ms: u64,
    /// Milliseconds that open connections get at shutdown.
    pub drain_timeout_ms: u64,
}

/// The address at the other end of the connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// A request's head may not be larger than this, in bytes.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// After a failed accept (no descriptors left, say) the loop waits, so that it does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown` resolves, then lets open requests finish, up to the drain limit.
pub async fn serve(
    listener: TcpListener,
    routes: BoxedFilter<(Response,)>,
    limits: Limits,
    nonces: Arc<dyn NonceSource>,
    shutdown: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(limits.max_connections));
    let graceful = GracefulShutdown::new();
    let connections = Connections { routes, limits: limits.clone(), nonces };
    tokio::pin!(shutdown);
    loop {
        // Waiting for a place and for a connection both end at shutdown.
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connections.serve_one(stream, peer, &graceful);
                tokio::spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let drain = Duration::from_millis(limits.drain_timeout_ms);
    if timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}

struct Connections {
    routes: BoxedFilter<(Response,)>,
    limits: Limits,
    nonces: Arc<dyn NonceSource>,
}

impl Connections {
    fn serve_one(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        graceful: &GracefulShutdown,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (routes, nonces) = (self.routes.clone(), Arc::clone(&self.nonces));
        let request_timeout = Duration::from_millis(self.limits.request_timeout_ms);
        let service = service_fn(move |request: Request<Incoming>| {
            answer(routes.clone(), request, peer, nonces.nonce(), request_timeout)
        });
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_millis(self.limits.header_timeout_ms))
            .max_buf_size(MAX_HEAD_BYTES);
        let stall = Duration::from_millis(self.limits.body_timeout_ms);
        let stream = Unstalled::new(TokioIo::new(stream), stall);
        let connection = graceful.watch(builder.serve_connection(stream, service));
        async move {
            if let Err(error) = connection.await {
                let cause = error.source().map(ToString::to_string).unwrap_or_default();
                tracing::debug!(%error, cause, "connection ended");
            }
        }
    }
}

async fn answer(
    routes: BoxedFilter<(Response,)>,
    mut request: Request<Incoming>,
    peer: SocketAddr,
    id: String,
    limit: Duration,
) -> Result<Response, Infallible> {
    let mut line = Line::of(&id, &request);
    request.extensions_mut().insert(Peer(peer));
    let work = telemetry::with_request_id(id.clone(), async move {
        let Ok(response) = warp::service(routes).call(request).await;
        response
    });
    let outcome = timeout(limit, tokio::spawn(work)).await;
    let mut response = telemetry::with_request_id(id.clone(), async {
        match outcome {
            Ok(Ok(response)) => response,
            Ok(Err(panic)) => {
                tracing::error!(request_id = id, %panic, "a request handler failed");
                ApiError::internal().into_response()
            }
            Err(_) => ApiError::too_slow().into_response(),
        }
    })
    .await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    line.status = Some(response.status().as_u16());
    Ok(response)
}

/// A request's line in the log: written when it is answered, or when the client hangs up before that.
struct Line {
    request_id: String,
    method: String,
    path: String,
    started: Instant,
    status: Option<u16>,
}

impl Line {
    fn of(request_id: &str, request: &Request<Incoming>) -> Self {
        Self {
            request_id: request_id.into(),
            method: request.method().as_str().chars().take(20).collect(),
            path: telemetry::logged_path(request.uri().path()),
            started: Instant::now(),
            status: None,
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let Self { request_id, method, path, started, status } = self;
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match status {
            Some(status) => tracing::info!(request_id, method, path, status, took_ms, "request"),
            None => tracing::info!(
                request_id,
                method,
                path,
                took_ms,
                "the client hung up; the request goes on"
            ),
        }
    }
}
