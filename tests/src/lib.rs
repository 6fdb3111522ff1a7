//! The harness: a server and a simulated WeChat in one process, on ports of their own, with one clock that is stepped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_debug_implementations,
    reason = "a failed unwrap is a failed test"
)]

pub mod process;
mod server;
pub mod store_contract;
mod world;

pub use server::{RunningServer, StoreKind};
pub use world::{ADMIN_KEY, API_KEY, APP_SECRET, APPID, MCH_ID, Reply, START_MS, Setup, World};
