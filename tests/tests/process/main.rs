//! The real binary: how it starts, refuses to start, and ends; what its tools say.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failed unwrap is a failed test"
)]

mod backlog;
mod bills;
mod books;
mod canaries;
mod config;
mod connections;
mod crowd;
mod customer;
mod draining;
mod explaining;
mod lifecycle;
mod million;
mod mistakes;
mod paying;
mod refunding;
mod signing;
mod webhooks;

use std::process::Output;

use wxpay_core::ApiKey;
use wxpay_simulator::{Config, Merchant, Running, Simulator};
use wxpay_tests::{API_KEY, APP_SECRET, APPID, MCH_ID};

async fn simulator() -> Running {
    Simulator::start(simulated()).await.unwrap()
}

fn simulated() -> Config {
    let mut config = Config::new(vec![Merchant {
        appid: APPID.into(),
        mch_id: MCH_ID.into(),
        key: ApiKey::new(API_KEY).unwrap(),
        app_secret: APP_SECRET.into(),
        name: "Test shop".into(),
    }]);
    config.speedup = 1_000;
    config
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
