//! Where orders live.
//!
//! # The contract
//! - [`Store::commit`] is all or nothing, and returns `Ok` only when the change will survive a power cut.
//! - An order changes only from the revision its change names; otherwise the answer is [`StoreError::Stale`] and
//!   nothing has happened. Of two changes based on one revision, exactly one succeeds.
//! - A transaction_id and an out_refund_no belong to one order, an idempotency key to one creation: a second claim is
//!   `Stale` too.
//! - A read sees every change that was answered before the read began, and never one that a power cut could undo, but for
//!   [`Store::newest`], which does not wait for the disk.
//! - After [`StoreError::Failed`] every further commit fails: the process must end and start again.
//!
//! `tests/` runs this contract against every implementation.

mod backup;
mod census;
mod change;
mod check;
mod committer;
mod group;
mod head;
mod index;
mod keys;
mod memory;
mod read;
mod rows;
mod sled;
mod tally;
mod trouble;
mod verify;

use async_trait::async_trait;

pub use self::backup::{OwnRow, OwnRows, RowKind};
pub use self::change::Change;
pub use self::check::{CheckProblem, CheckReport};
pub use self::memory::MemoryStore;
pub use self::rows::{AnomalyRow, IdempotencyRow, Movement, OutboxRow, Topic, User};
pub use self::sled::SledStore;
use crate::orders::{Event, Order, OrderKey};
use wxpay_core::messages::TradeState;

/// Keys and values.
pub type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// A place that keeps orders, users and what is to be told to others.
#[async_trait]
pub trait Store: Send + Sync {
    /// An order by its key.
    async fn order(&self, key: &OrderKey) -> Result<Option<Order>, StoreError>;

    /// An order as a change would find it, durable or not: to decide on the next change, which becomes durable after it.
    /// Nobody is told of it before [`Store::settled`].
    async fn newest(&self, key: &OrderKey) -> Result<Option<Order>, StoreError>;

    /// Returns when no power cut can undo what was read before; an error when that will never be so.
    async fn settled(&self) -> Result<(), StoreError>;

    /// The order's event log, oldest first.
    async fn events(&self, key: &OrderKey) -> Result<Vec<Event>, StoreError>;

    /// A merchant's orders, newest first.
    async fn orders(&self, merchant: &str, filter: &Filter) -> Result<Page, StoreError>;

    /// Every order that is open, or has a refund that is: for the reconcile sweep's start.
    async fn watched(&self) -> Result<Vec<Order>, StoreError>;

    /// The event logs of a merchant's orders, or of all, behind `after`, each order once: what a backup is made of.
    async fn logs(
        &self,
        merchant: Option<&str>,
        after: Option<&OrderKey>,
        limit: usize,
    ) -> Result<Vec<(OrderKey, Vec<Event>)>, StoreError>;

    /// A row beside the orders. Its typed forms are methods of `dyn Store`.
    async fn row(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Rows beside the orders from `from` until before `end`, in the order of their keys.
    async fn rows(&self, from: Vec<u8>, end: Vec<u8>, limit: usize) -> Result<Rows, StoreError>;

    /// Makes a change durable, whole or not at all.
    async fn commit(&self, change: Change) -> Result<(), StoreError>;

    /// Whether changes can be made durable right now.
    fn healthy(&self) -> bool;

    /// Returns when writing has ended for good, and why: a disk in trouble, or [`StoreError::Damaged`] when the store
    /// has been found not to be what was acknowledged. Never, while all is well.
    async fn failed(&self) -> StoreError;

    /// Ends writing: everything answered is durable, nothing more is taken.
    async fn close(&self);
}

/// Which orders a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this state.
    pub trade_state: Option<TradeState>,
    /// Only orders created at or after this time, milliseconds since 1970.
    pub from_ms: Option<i64>,
    /// Only orders created before this time, milliseconds since 1970.
    pub to_ms: Option<i64>,
    /// Where the page before ended.
    pub cursor: Option<Cursor>,
    /// How many, at most.
    pub limit: usize,
}

/// The last order of a page: the next page begins behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Its creation time, milliseconds since 1970.
    pub created_ms: i64,
    /// Its number.
    pub out_trade_no: String,
}

/// A part of a list.
#[derive(Debug, Clone)]
pub struct Page {
    /// The orders.
    pub orders: Vec<Order>,
    /// Where to go on, if there is more to look at.
    pub next: Option<Cursor>,
}

/// Why the store did not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// Somebody changed it first: read again, decide again.
    Stale,
    /// Too many changes are waiting: try later.
    Busy,
    /// The disk failed. Nothing may be acknowledged until the process has started anew.
    Failed {
        /// What was attempted.
        what: &'static str,
        /// The system's words.
        detail: String,
    },
    /// A record cannot be read.
    Damaged {
        /// Which kind of record.
        what: &'static str,
    },
}

/// Why a store cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another process uses the directory.
    InUse,
    /// The directory cannot be made, read or written.
    Io(std::io::Error),
    /// The database was written by a newer version.
    NewerFormat {
        /// Its format number.
        found: u64,
    },
    /// The database cannot be read, or lacks changes that were acknowledged.
    Damaged {
        /// What was found.
        detail: String,
    },
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stale => f.write_str("the record was changed by someone else"),
            Self::Busy => f.write_str("too many changes are waiting"),
            Self::Failed { what, detail } => write!(f, "{what} failed: {detail}"),
            Self::Damaged { what } => write!(f, "a stored {what} cannot be read"),
        }
    }
}

impl std::error::Error for StoreError {}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InUse => f.write_str("another process uses this data directory"),
            Self::Io(error) => write!(f, "the data directory cannot be used: {error}"),
            Self::NewerFormat { found } => {
                write!(f, "the data was written by a newer version (format {found})")
            }
            Self::Damaged { detail } => write!(
                f,
                "the database is damaged or older than what was acknowledged: {detail}; \
                 build a new data directory from a backup: wxpay import BACKUP --into NEW-DIRECTORY"
            ),
        }
    }
}

impl OpenError {
    /// The process's exit code (BSD `sysexits`). After 75 the same works once the disk is in order.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::InUse => 73,
            Self::Damaged { .. } => 65,
            Self::Io(error) if is_of_disk(error) => 75,
            Self::Io(_) | Self::NewerFormat { .. } => 78,
        }
    }
}

/// Whether an error is the disk's. Some are about the path, and need a person; all others are.
pub fn is_of_disk(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{
        AlreadyExists, InvalidFilename, InvalidInput, IsADirectory, NotADirectory, NotFound,
        PermissionDenied, ReadOnlyFilesystem,
    };
    !matches!(
        error.kind(),
        AlreadyExists
            | InvalidFilename
            | InvalidInput
            | IsADirectory
            | NotADirectory
            | NotFound
            | PermissionDenied
            | ReadOnlyFilesystem
    )
}

impl std::error::Error for OpenError {}
