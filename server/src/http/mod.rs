//! HTTP: the accept loop with its limits, the routes, and the words of request and reply.

mod api;
mod auth;
mod body;
mod error;
mod listen;
#[cfg(feature = "pages")]
mod pages;
mod routes;

pub use error::ApiError;
pub use listen::{Limits, Peer, serve};
pub use routes::routes;
