//! Bills beside the books, with a WeChat whose bills are made as each test wants them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod bad_bills;
mod daily;
mod desk;
mod differences;
mod large;
