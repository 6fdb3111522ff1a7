//! Requests, replies, notices and logins, by the field tables and error codes of the protocol.
#![cfg(all(feature = "xml", feature = "json"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

mod downloads;
mod field_rules;
mod login;
mod micropay;
mod notices;
mod query_and_close;
#[cfg(feature = "refund-notice")]
mod refund_notices;
mod refund_queries;
mod refunds;
mod replies;
mod report;
mod requests;
mod reverse;
mod small_calls;
#[path = "../support/mod.rs"]
mod support;
mod words;
