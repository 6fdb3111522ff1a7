//! Whole-server tests: HTTP in, WeChat simulated, clock stepped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod api;
mod faults;
mod lifecycle;
mod login;
mod notices;
mod payment;
mod storm;
