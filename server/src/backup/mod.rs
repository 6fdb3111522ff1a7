//! Backups: the event log of every order, and the rows that do not follow from the logs, one JSON value a line.
//!
//! ```text
//! {"wxpay_backup":{"version":1,"at":"2026-01-01T12:00:00+08:00"}}
//! {"order":{"merchant":"shop","out_trade_no":"…","events":[…]}}      every order once
//! {"row":{"user":{…}}}                                               anomaly, idempotency, user, outbox, day
//! {"end":{"orders":1,"events":5,"rows":1,"sha256":"…"}}              of all bytes before this line
//! ```
//!
//! A server that runs can be backed up: each log is whole, and what came in after it was read is not in the backup.
//! Records and indexes are not part of it, they are built anew from the logs.

mod import;
mod read;
mod write;

use serde::{Deserialize, Serialize};

pub use self::import::import;
pub use self::read::{BackupError, Reader, verify};
pub use self::write::{Lines, Writer};
use crate::orders::{Event, OrderKey};
use crate::store::OwnRow;

/// The version this program writes, and the newest it reads.
pub const VERSION: u32 = 1;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The first.
    WxpayBackup(Header),
    /// An order.
    Order(Log),
    /// Something else.
    Row(OwnRow),
    /// The last.
    End(End),
}

/// What a backup begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the format.
    pub version: u32,
    /// When it was made, RFC 3339.
    pub at: String,
}

/// An order's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// The merchant's id in our configuration.
    pub merchant: String,
    /// The merchant's number of the order.
    pub out_trade_no: String,
    /// Everything that happened, oldest first.
    pub events: Vec<Event>,
}

/// What a backup ends with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// What is in it.
    #[serde(flatten)]
    pub counts: Counts,
    /// SHA-256 of every byte before this line, hex.
    pub sha256: String,
}

/// What is in a backup.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Orders.
    pub orders: u64,
    /// Their events.
    pub events: u64,
    /// Rows beside the orders.
    pub rows: u64,
}

impl Log {
    /// Which order.
    pub fn key(&self) -> OrderKey {
        OrderKey { merchant: self.merchant.clone(), out_trade_no: self.out_trade_no.clone() }
    }
}

impl Counts {
    fn add(&mut self, line: &Line) {
        match line {
            Line::Order(log) => {
                self.orders += 1;
                self.events += u64::try_from(log.events.len()).unwrap_or_default();
            }
            Line::Row(_) => self.rows += 1,
            Line::WxpayBackup(_) | Line::End(_) => {}
        }
    }
}
