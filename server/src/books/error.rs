//! Why a day was not compared.

use wxpay_core::bill::BillError;
use wxpay_core::messages::download_bill::DownloadError;

use crate::gateway::{FetchError, GatewayError};
use crate::orders::OrderError;
use crate::store::StoreError;

/// Why a day was not compared. It is not marked as done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReconcileError {
    /// The day is not over, or more than three months ago.
    OutOfRange,
    /// WeChat is still making the bill.
    NotReady,
    /// WeChat does not give this bill.
    Refused {
        /// WeChat's code.
        code: String,
        /// WeChat's words.
        message: String,
    },
    /// The bill did not come, or not to its end.
    Gateway(GatewayError),
    /// The bill is cut off, changed, or no bill.
    Bill(BillError),
    /// It is another day's bill.
    OtherDay,
    /// The rules failed while WeChat's answers were applied.
    Order(OrderError),
    /// The store failed.
    Store(StoreError),
    /// The server is about to end.
    Stopped,
}

impl From<FetchError> for ReconcileError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Gateway(error) => Self::Gateway(error),
            FetchError::NoBill(DownloadError::NoBill | DownloadError::NotReady) => Self::NotReady,
            FetchError::NoBill(DownloadError::Busy) => {
                Self::Refused { code: "SYSTEMERROR".into(), message: "WeChat is busy".into() }
            }
            FetchError::NoBill(DownloadError::Refused { code, message }) => {
                Self::Refused { code, message }
            }
        }
    }
}

impl From<GatewayError> for ReconcileError {
    fn from(error: GatewayError) -> Self {
        Self::Gateway(error)
    }
}

impl From<BillError> for ReconcileError {
    fn from(error: BillError) -> Self {
        Self::Bill(error)
    }
}

impl From<OrderError> for ReconcileError {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::Store(error) => Self::Store(error),
            error => Self::Order(error),
        }
    }
}

impl From<StoreError> for ReconcileError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl std::fmt::Display for ReconcileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OutOfRange => {
                f.write_str("WeChat has bills of days that are over, for three months")
            }
            Self::NotReady => f.write_str(
                "WeChat has not made this bill yet; it does after 10:00 Beijing time of the next day",
            ),
            Self::Refused { code, message } => write!(f, "WeChat gives no bill: {code} {message}"),
            Self::Gateway(error) => error.fmt(f),
            Self::Bill(error) => write!(f, "the bill cannot be used: {error}"),
            Self::OtherDay => f.write_str("the bill cannot be used: it is another day's"),
            Self::Order(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Stopped => f.write_str("the server is about to end"),
        }
    }
}

impl std::error::Error for ReconcileError {}
