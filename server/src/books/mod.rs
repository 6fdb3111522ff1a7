//! A day's bill beside our books: what WeChat took and paid back, and what we have on record.
//!
//! A bill is not signed, so it changes nothing by itself. Where it differs, WeChat is asked and its signed answer goes
//! the way of every fact, through `orders::apply`; what then agrees is healed, what does not is reported.

mod compare;
mod daily;
mod day;
mod day_row;
mod error;
mod heal;
mod read;
mod seen;

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, watch};

pub use self::compare::{Difference, DifferenceKind, Outcome, Side};
pub use self::daily::Schedule;
pub use self::day::{Day, DayError};
pub use self::day_row::{Counts, DayRow, Sum};
pub use self::error::ReconcileError;

use self::daily::Daily;
use self::heal::Candidate;
use self::seen::Seen;
use crate::ambient::Clock;
use crate::gateway::Gateway;
use crate::merchant::{Merchant, Merchants};
use crate::orders::Orders;
use crate::store::{Change, Store};

/// How many differences one comparison asks WeChat about, and lists; further ones are counted.
pub const MAX_LISTED: usize = 10_000;
/// Questions to WeChat at a time.
const AT_A_TIME: usize = 8;

/// Everything the comparison needs.
pub struct Books {
    store: Arc<dyn Store>,
    gateway: Arc<dyn Gateway>,
    clock: Arc<dyn Clock>,
    merchants: Arc<Merchants>,
    orders: Arc<Orders>,
    /// Held during a comparison: one at a time keeps memory bounded.
    alone: Mutex<()>,
    daily: Daily,
    stopped: watch::Sender<bool>,
}

/// How far a comparison has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Rows of the bill.
    pub rows: u64,
    /// Bytes of the bill, as they were sent.
    pub bytes: u64,
    /// Bytes that will be sent, when WeChat said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_bytes: Option<u64>,
    /// Differences found.
    pub differences: u64,
    /// Of which WeChat was asked about.
    pub asked: u64,
}

/// A finished comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// As it was recorded.
    pub day: DayRow,
    /// All differences up to [`MAX_LISTED`], healed ones too.
    pub differences: Vec<Difference>,
}

/// A comparison under way.
struct Run<'a> {
    merchant: &'a Merchant,
    date: Day,
    row: DayRow,
    seen: Seen,
    candidates: Vec<(Candidate, Difference)>,
    progress: &'a watch::Sender<Progress>,
}

impl std::fmt::Debug for Books {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Books").finish_non_exhaustive()
    }
}

impl Books {
    /// Puts the parts together. `schedule`: when days are compared unasked, if they are.
    pub fn new(
        store: Arc<dyn Store>,
        gateway: Arc<dyn Gateway>,
        clock: Arc<dyn Clock>,
        merchants: Arc<Merchants>,
        orders: Arc<Orders>,
        schedule: Option<Schedule>,
    ) -> Self {
        let (alone, daily) = (Mutex::default(), Daily::new(schedule));
        let stopped = watch::Sender::new(false);
        Self { store, gateway, clock, merchants, orders, alone, daily, stopped }
    }

    /// Whether WeChat can have a bill of this day now.
    ///
    /// # Errors
    /// [`ReconcileError::OutOfRange`].
    pub fn check(&self, date: Day) -> Result<(), ReconcileError> {
        if date.has_bill_at(self.clock.now_ms()) { Ok(()) } else { Err(ReconcileError::OutOfRange) }
    }

    /// Compares a day, heals what can be healed, and records the outcome. Waits for a comparison that is running.
    ///
    /// # Errors
    /// [`ReconcileError`]; the day counts as not compared then, and what was healed stays healed.
    pub async fn reconcile(
        &self,
        merchant: &Merchant,
        date: Day,
        progress: &watch::Sender<Progress>,
    ) -> Result<Report, ReconcileError> {
        self.check(date)?;
        let mut stopped = self.stopped.subscribe();
        tokio::select! {
            report = self.compare(merchant, date, progress) => report,
            // The sender lives as long as we do.
            _ = stopped.wait_for(|stopped| *stopped) => Err(ReconcileError::Stopped),
        }
    }

    /// Breaks off what is running, and whatever is asked for later: the process is about to end.
    pub fn stop(&self) {
        self.stopped.send_replace(true);
    }

    async fn compare(
        &self,
        merchant: &Merchant,
        date: Day,
        progress: &watch::Sender<Progress>,
    ) -> Result<Report, ReconcileError> {
        let _alone = self.alone.lock().await;
        let mut run = Run {
            merchant,
            date,
            row: DayRow::new(&merchant.id, date),
            seen: Seen::default(),
            candidates: Vec::new(),
            progress,
        };
        self.read_bill(&mut run).await?;
        self.find_only_here(&mut run).await?;
        let Run { mut row, candidates, .. } = run;
        let mut differences = Vec::with_capacity(candidates.len());
        let mut settled = stream::iter(candidates)
            .map(|(candidate, difference)| self.settle(merchant, candidate, difference))
            .buffered(AT_A_TIME);
        while let Some(difference) = settled.next().await {
            let difference = difference?;
            row.count(&difference);
            differences.push(difference);
            progress.send_modify(|progress| progress.asked += 1);
        }
        drop(settled);
        row.finish(&differences, self.clock.now_ms());
        self.store.commit(Change::day(row.clone())).await?;
        log(&row);
        Ok(Report { day: row, differences })
    }

    /// How a day's bill compared, if it was.
    ///
    /// # Errors
    /// The store's.
    pub async fn day(&self, merchant: &str, date: Day) -> Result<Option<DayRow>, ReconcileError> {
        Ok(self.store.day(merchant, date).await?)
    }

    /// The days from `from` until `to`, both included, that were compared.
    ///
    /// # Errors
    /// The store's.
    pub async fn days(
        &self,
        merchant: &str,
        from: Day,
        to: Day,
    ) -> Result<Vec<DayRow>, ReconcileError> {
        Ok(self.store.days(merchant, from, to).await?)
    }
}

impl Run<'_> {
    /// Notes a difference. Beyond the limit it is only counted, and looked at by the next comparison.
    fn differs(&mut self, candidate: Candidate, difference: Difference) {
        self.progress.send_modify(|progress| progress.differences += 1);
        if self.candidates.len() < MAX_LISTED {
            self.candidates.push((candidate, difference));
        } else {
            self.row.count(&Difference { outcome: Outcome::Unanswered, ..difference });
        }
    }
}

fn log(row: &DayRow) {
    let DayRow { merchant, date, rows, healed, unanswered, .. } = row;
    let differences = row.differences.total();
    if differences == 0 {
        tracing::info!(merchant, %date, rows, healed, "bill and books agree");
    } else {
        tracing::warn!(merchant, %date, rows, healed, unanswered, differences, "bill and books differ");
    }
}
