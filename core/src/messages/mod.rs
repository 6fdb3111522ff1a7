//! What WeChat and a merchant say to each other: one file per message, with its fields, limits and error codes.
//!
//! Requests become [`Params`](crate::Params) through `to_params`, which checks every field rule and signs. Replies
//! are judged by [`reply::open`], and only what it has verified reaches a reader. Unknown fields stay in the
//! signature and are kept.

pub mod auth_code_to_openid;
pub mod close_order;
#[cfg(feature = "json")]
pub mod code2session;
mod coupon;
pub mod download_bill;
pub mod download_fundflow;
mod err_code;
mod field;
mod identity;
pub mod micropay;
pub mod order_query;
pub mod pay_notice;
pub mod refund;
#[cfg(all(feature = "refund-notice", feature = "xml"))]
pub mod refund_notice;
pub mod refund_query;
pub mod reply;
#[cfg(feature = "json")]
pub mod report;
mod request;
pub mod reverse;
pub mod short_url;
mod trade;
pub mod unified_order;
mod words;

pub use coupon::Coupon;
pub use err_code::ErrCode;
pub use field::{Field, FieldError, Format, check};
pub use identity::{Identity, OtherMerchantError};
pub use trade::{Trade, TradeState, TradeType};
