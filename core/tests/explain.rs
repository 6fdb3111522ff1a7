//! The explanation of wrong signatures: every mistake is named with the right number, and nothing is named without proof.
#![cfg(feature = "explain")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

#[path = "explain/mod.rs"]
mod cases;
