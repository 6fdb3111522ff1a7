//! HTTP: the accept loop with its limits, the routes, and the words of request and reply.

mod api;
mod auth;
mod body;
mod error;
mod json;
mod listen;
#[cfg(feature = "pages")]
mod pages;
mod requests;
mod routes;
mod stall;

pub(crate) use api::anomalies::AnomalyView;
pub(crate) use api::orders::{View as OrderView, rfc3339};
pub(crate) use api::refunds::View as RefundView;
pub use error::ApiError;
pub use listen::{Limits, Peer, serve};
pub use routes::routes;
