//! `GET /healthz` and `GET /readyz`.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;
use warp::Reply;
use warp::http::StatusCode;
use warp::reply::Response;

use crate::app::App;

/// The process runs.
pub(in crate::http) fn alive() -> Response {
    warp::reply::json(&json!({ "status": "ok" })).into_response()
}

/// Requests can be served: the store takes changes, and nobody has asked us to end.
pub(in crate::http) fn ready(app: Arc<App>) -> Response {
    let store = app.store.healthy();
    let draining = app.draining.load(Ordering::SeqCst);
    let is_ready = store && !draining;
    let status = if is_ready { "ok" } else { "unavailable" };
    let store = if store { "ok" } else { "failed" };
    let body =
        warp::reply::json(&json!({ "status": status, "store": store, "draining": draining }));
    let code = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    warp::reply::with_status(body, code).into_response()
}
