//! The core for JavaScript: what the npm package `wxpay-wasm` is made of.
//!
//! Texts cross in one place of the module's memory, the room (`room.rs`): what a call takes is written there, and its
//! answer read. Nothing but numbers is passed, so the modules import nothing and need no glue: half of what an object
//! passed the usual way costs. The package's JavaScript checks types and makes the texts; see `wasm/npm/src`.

#[cfg(feature = "calls")]
pub mod calls;
mod error;
#[cfg(feature = "explain")]
pub mod explain;
mod exports;
mod flat;
#[cfg(feature = "calls")]
mod invoke;
#[cfg(feature = "calls")]
mod json;
mod room;

pub use error::CallError;
pub use room::room;
