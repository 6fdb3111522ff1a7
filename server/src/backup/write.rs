//! Writing a backup: what the store holds, line by line.

use std::io::{self, Write};
use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{Counts, End, Header, Line, Log, VERSION};
use crate::hex::hex;
use crate::orders::{Order, OrderKey};
use crate::store::{RowKind, Store, StoreError};

/// Orders or rows read at a time.
const PAGE: usize = 100;

/// Rows in their order. What waits to be told is looked at between two looks at what is not told any more: a row that
/// moves from one to the other meanwhile is in the backup at least once, and the later line counts.
const KINDS: [RowKind; 7] = [
    RowKind::Anomaly,
    RowKind::Idempotency,
    RowKind::User,
    RowKind::Day,
    RowKind::Dead,
    RowKind::Waiting,
    RowKind::Dead,
];

/// Adds header, hash and counts to lines.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    hash: Sha256,
    counts: Counts,
}

impl<W: Write> Writer<W> {
    /// Writes the header; `now_ms` is the time, milliseconds since 1970.
    ///
    /// # Errors
    /// The output's.
    pub fn new(out: W, now_ms: i64) -> io::Result<Self> {
        let beijing = jiff::tz::Offset::constant(8);
        let at = Timestamp::from_millisecond(now_ms).unwrap_or_default();
        let at = at.display_with_offset(beijing).to_string();
        let mut writer = Self { out, hash: Sha256::new(), counts: Counts::default() };
        writer.line(&Line::WxpayBackup(Header { version: VERSION, at }))?;
        Ok(writer)
    }

    /// Writes an order or a row.
    ///
    /// # Errors
    /// The output's.
    pub fn line(&mut self, line: &Line) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.hash.update(&bytes);
        self.counts.add(line);
        self.out.write_all(&bytes)
    }

    /// Writes the last line; gives back the output.
    ///
    /// # Errors
    /// The output's.
    pub fn finish(mut self) -> io::Result<(W, Counts)> {
        let sha256 = hex(&self.hash.clone().finalize());
        let counts = self.counts;
        self.line(&Line::End(End { counts, sha256 }))?;
        self.out.flush()?;
        Ok((self.out, counts))
    }

    /// The output, so that what is in it so far can be taken out.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }
}

/// The content of a store, of one merchant or of all, a page at a time.
pub struct Lines {
    store: Arc<dyn Store>,
    merchant: Option<String>,
    place: Place,
}

enum Place {
    Orders(Option<OrderKey>),
    Rows(usize, Option<Vec<u8>>),
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("merchant", &self.merchant).finish_non_exhaustive()
    }
}

impl Lines {
    /// From the beginning. The orders come first: whatever is told of them later is in the rows behind them.
    pub fn of(store: Arc<dyn Store>, merchant: Option<String>) -> Self {
        Self { store, merchant, place: Place::Orders(None) }
    }

    /// The next lines, perhaps none; `None` at the end.
    ///
    /// # Errors
    /// The store's; [`StoreError::Damaged`] when a log is not whole.
    pub async fn next(&mut self) -> Result<Option<Vec<Line>>, StoreError> {
        match &self.place {
            Place::Orders(after) => {
                let merchant = self.merchant.as_deref();
                let logs = self.store.logs(merchant, after.as_ref(), PAGE).await?;
                let last = logs.last().filter(|_| logs.len() == PAGE).map(|(key, _)| key.clone());
                let mut lines = Vec::with_capacity(logs.len());
                for (key, events) in logs {
                    let log =
                        Log { merchant: key.merchant, out_trade_no: key.out_trade_no, events };
                    lines.push(Line::Order(self.whole(log).await?));
                }
                self.place = match last {
                    Some(key) => Place::Orders(Some(key)),
                    None => Place::Rows(0, None),
                };
                Ok(Some(lines))
            }
            Place::Rows(kind, after) => {
                let Some(name) = KINDS.get(*kind).copied() else { return Ok(None) };
                let (kind, after, merchant) = (*kind, after.clone(), self.merchant.as_deref());
                let rows = self.store.own_rows(name, merchant, after, PAGE).await?;
                self.place = match rows.next {
                    Some(next) => Place::Rows(kind, Some(next)),
                    None => Place::Rows(kind + 1, None),
                };
                Ok(Some(rows.rows.into_iter().map(Line::Row).collect()))
            }
        }
    }

    /// A log that was appended to while it was read is read once more.
    async fn whole(&self, log: Log) -> Result<Log, StoreError> {
        if Order::from_events(log.key(), &log.events).is_some() {
            return Ok(log);
        }
        let events = self.store.events(&log.key()).await?;
        match Order::from_events(log.key(), &events) {
            Some(_) => Ok(Log { events, ..log }),
            None => Err(StoreError::Damaged { what: "event log" }),
        }
    }
}
