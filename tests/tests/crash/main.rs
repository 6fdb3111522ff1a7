//! Mishaps under load, to the real binary: whatever was acknowledged, to a phone, to the merchant's backend or to WeChat,
//! is there afterwards, every end of an order was told to the merchant's own system or waits for it, and in the end our
//! books are WeChat's ledger.
//!
//! The short forms run here; `cargo xtask crash`, `powercut`, `syncfail` and `damage` are the long ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod acks;
mod cases;
mod check;
mod damage;
mod ending;
mod full;
mod kill;
mod load;
mod power;
mod run;
mod scene;
mod sync;
