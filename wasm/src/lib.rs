//! The core for JavaScript: what the npm package `wxpay-wasm` is made of.
//!
//! Calls take and give one flat string, `part\0part\0…`: three times faster than passing objects. Only the report of
//! [`explain`] goes over as an object. The package's JavaScript checks types and makes these strings; see
//! `wasm/npm/src`. An error is thrown as the string `code\0field\0message`.

#[cfg(feature = "calls")]
mod calls;
mod error;
#[cfg(feature = "explain")]
mod explain;
mod flat;
#[cfg(feature = "calls")]
mod invoke;

#[cfg(feature = "calls")]
pub use calls::{
    build_xml, decrypt_refund_notice, invoke, parse_xml, sign, string_to_sign, verify,
};
pub use error::CallError;
#[cfg(feature = "explain")]
pub use explain::{explain, report};
