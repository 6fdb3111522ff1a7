//! Bills (账单): the text of downloadbill and downloadfundflow, read as it arrives.
//!
//! A reader is fed with the bytes as they come, in chunks of any size, and gives the rows that are complete. It holds
//! one row, so a bill of any size fits. Columns are found by the names in the header, in any order; those it does not
//! know are kept. At the end the summary must be there and agree with the rows, else the bill was cut or changed on
//! its way: bills are not signed.
//!
//! Amounts are yuan on a bill and fen everywhere else; fees have more decimals than fen and can be negative, so they are
//! [`ExactYuan`]. A bill that was asked for with GZIP must be unpacked first. Source: reference "downloadbill",
//! "downloadfundflow".
//!
//! ```
//! use wxpay_core::bill::TradeBill;
//! let text = "\u{feff}交易时间,微信订单号,商户订单号,交易状态,订单金额\r\n\
//!     `2026-03-02 09:30:15,`4200000000202603020000000017,`T1,`SUCCESS,`3.50\r\n\
//!     总交易单数,订单总金额\r\n`1,`3.50";
//! let (mut bill, mut rows) = (TradeBill::new(), Vec::new());
//! for chunk in text.as_bytes().chunks(7) {
//!     bill.push(chunk, &mut rows)?;
//! }
//! assert_eq!(bill.finish()?.rows, 1);
//! assert_eq!((rows[0].out_trade_no.as_str(), rows[0].total_fee.get()), ("T1", 350));
//! # Ok::<(), wxpay_core::bill::BillError>(())
//! ```

mod amount;
mod fund_flow;
mod row;
mod table;
mod totals;
mod trade;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

pub use amount::{ExactYuan, ExactYuanError};
pub use fund_flow::{FundFlow, FundRow};
pub use table::MAX_ROW_BYTES;
pub use trade::{RefundPart, TradeBill, TradeRow};

/// The end of a bill, found to agree with its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How many rows there were.
    pub rows: u64,
    /// The summary's columns and values as WeChat wrote them.
    pub columns: Vec<(String, String)>,
}

/// Why a text is not a whole bill. Carries names and lines (counted from 1), never values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BillError {
    /// There is nothing.
    Empty,
    /// It is an XML message: WeChat tells why there is no bill.
    Xml,
    /// Not UTF-8.
    NotUtf8 {
        /// The line.
        line: u64,
    },
    /// A line or row above [`MAX_ROW_BYTES`].
    TooLong {
        /// The line where it began.
        line: u64,
    },
    /// The header has no column of this name, so it is not this kind of bill.
    MissingColumn {
        /// The name.
        name: &'static str,
    },
    /// The header has two columns of one name.
    DuplicateColumn {
        /// The name.
        name: String,
    },
    /// A row has more or fewer values than the header has names.
    FieldCount {
        /// The line where the row begins.
        line: u64,
        /// How many names there are.
        expected: usize,
        /// How many values.
        found: usize,
    },
    /// A value is not what its column holds.
    Value {
        /// The line where the row begins.
        line: u64,
        /// The column.
        column: String,
        /// What was expected.
        expected: &'static str,
    },
    /// A line that is neither row nor summary, or comes behind the summary.
    Unexpected {
        /// The line.
        line: u64,
    },
    /// The bill ends before its summary does.
    Truncated,
    /// The summary says otherwise than the rows: some are missing, or were changed.
    Totals {
        /// The summary's column.
        name: &'static str,
    },
}

impl fmt::Display for BillError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("expected a bill, found nothing"),
            Self::Xml => f.write_str("expected a bill, found an XML message"),
            Self::NotUtf8 { line } => write!(f, "line {line}: not UTF-8"),
            Self::TooLong { line } => write!(f, "line {line}: above {MAX_ROW_BYTES} bytes"),
            Self::MissingColumn { name } => write!(f, "the header has no column {name}"),
            Self::DuplicateColumn { name } => write!(f, "the header has two columns {name}"),
            Self::FieldCount { line, expected, found } => {
                write!(f, "line {line}: expected {expected} values, found {found}")
            }
            Self::Value { line, column, expected } => {
                write!(f, "line {line}, {column}: expected {expected}")
            }
            Self::Unexpected { line } => {
                write!(f, "line {line}: expected a row or the summary")
            }
            Self::Truncated => f.write_str("the bill ends before its summary: it was cut off"),
            Self::Totals { name } => {
                write!(f, "{name}: the summary does not agree with the rows")
            }
        }
    }
}

impl core::error::Error for BillError {}
