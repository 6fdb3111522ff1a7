//! Whole-server tests: HTTP in, WeChat simulated, clock stepped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failed unwrap is a failed test"
)]

mod anomalies;
mod api;
mod backup;
mod bills;
mod closing;
mod create;
mod faults;
mod forged;
mod full;
mod gateway;
mod generated;
mod http;
mod keys;
mod late;
mod lengths;
mod letters;
mod lifecycle;
mod log_lines;
mod login;
mod micropay;
mod micropay_codes;
mod notices;
mod offers;
mod panics;
mod payment;
mod phone;
mod provider;
mod receivers;
mod refund_codes;
mod refund_faults;
mod refund_notices;
mod refund_rules;
mod refunds;
mod restored;
mod reverse;
mod scene;
mod secrets;
mod slow;
mod states;
mod storm;
mod tokens;
mod upstream;
mod webhooks;
