//! What WeChat Pay APIv2 defines: bytes in, bytes out. No clock, no I/O, no randomness.
//!
//! - [`Params`]: the flat parameter set in WeChat's byte order
//! - [`sign`](fn@sign), [`verify`], [`Verified`]: signatures; nothing unverified reaches a message reader
//! - [`xml`]: the strict `<xml>` reader and writer (feature `xml`, on by default)
//! - [`messages`]: requests, replies and notices with their field rules and error codes
//! - [`bill`]: bills, read as they arrive
//! - [`invoke`]: the second signature, which starts the payment on the phone
//! - [`refund_notice`]: the encrypted part of a refund notification (feature `refund-notice`, on by default)
//! - [`explain`]: why a signature is wrong (feature `explain`; its texts: `explain-texts`; both on by default)
//! - [`Fen`][]: money
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod bill;
mod codes;
#[cfg(feature = "explain")]
pub mod explain;
pub mod invoke;
pub mod messages;
mod money;
mod params;
#[cfg(feature = "refund-notice")]
pub mod refund_notice;
mod sign;
pub mod time;
#[cfg(feature = "xml")]
pub mod xml;

pub use money::{Fen, FenError};
pub use params::{Params, ParamsError};
pub use sign::{
    ApiKey, ApiKeyError, SignType, Signature, UnknownSignTypeError, Verified, VerifyError,
    add_sign, sign, sign_pairs, string_to_sign, verify,
};
