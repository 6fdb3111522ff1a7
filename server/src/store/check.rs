//! Whether everything in the store fits together: each log is whole, each record is its fold, each index says what the
//! logs say and nothing more, and every other row can be read and found.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::group::split_revision;
use super::{AnomalyRow, Change, IdempotencyRow, OutboxRow, User, keys};
use crate::books::DayRow;
use crate::orders::{Event, Order, OrderKey};

/// What was looked at, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Rows of each kind.
    pub counts: BTreeMap<&'static str, u64>,
    /// The first thousand problems.
    pub problems: Vec<CheckProblem>,
    /// How many there are.
    pub problem_count: u64,
}

/// One row that is missing, too many, or not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckProblem {
    /// The row's key, printable.
    pub row: String,
    /// What is wrong.
    pub what: &'static str,
}

const MAX_PROBLEMS: usize = 1_000;

impl CheckReport {
    pub(super) fn problem(&mut self, row: &[u8], what: &'static str) {
        self.problem_count += 1;
        if self.problems.len() < MAX_PROBLEMS {
            let row = row.escape_ascii().to_string();
            self.problems.push(CheckProblem { row, what });
        }
    }
}

/// # Errors
/// What sled says when it cannot read its own file.
pub(super) fn check(db: &sled::Db) -> Result<CheckReport, String> {
    let mut check = Check { db, report: CheckReport::default(), last: None };
    // sled panics on some damage.
    let checked = catch_unwind(AssertUnwindSafe(|| {
        check.logs()?;
        check.rows()
    }));
    checked.unwrap_or_else(|_| Err("sled cannot read its file".into()))?;
    Ok(check.report)
}

struct Check<'a> {
    db: &'a sled::Db,
    report: CheckReport,
    /// The rows of the order that was last asked for.
    last: Option<(OrderKey, Option<Expected>)>,
}

/// The rows that follow from a log; `None` for those that must not be there.
type Expected = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

impl Check<'_> {
    fn problem(&mut self, row: &[u8], what: &'static str) {
        self.report.problem(row, what);
    }

    fn count(&mut self, kind: &'static str) {
        *self.report.counts.entry(kind).or_default() += 1;
    }

    fn get(&self, key: &[u8]) -> Result<Option<sled::IVec>, String> {
        self.db.get(key).map_err(|error| error.to_string())
    }

    /// From the logs to everything that follows from them.
    fn logs(&mut self) -> Result<(), String> {
        let mut log: Option<(OrderKey, Vec<Event>, bool)> = None;
        for row in self.db.scan_prefix(keys::EVENTS) {
            let (key, json) = row.map_err(|error| error.to_string())?;
            self.count("events");
            let Some(order) = keys::order_of_event(&key) else {
                self.problem(&key, "is no event's key");
                continue;
            };
            if log.as_ref().is_some_and(|(last, ..)| *last != order) {
                self.log(log.take())?;
            }
            let (_, events, is_whole) =
                log.get_or_insert_with(|| (order.clone(), Vec::new(), true));
            match serde_json::from_slice::<Event>(&json) {
                Ok(event) if key == keys::event(&order, event.seq) => events.push(event),
                Ok(_) => {
                    *is_whole = false;
                    self.problem(&key, "is another event than its key says");
                }
                Err(_) => {
                    *is_whole = false;
                    self.problem(&key, "cannot be read");
                }
            }
        }
        self.log(log)
    }

    fn log(&mut self, log: Option<(OrderKey, Vec<Event>, bool)>) -> Result<(), String> {
        let Some((key, events, is_whole)) = log else { return Ok(()) };
        let record_key = keys::order(&key);
        let change = Change::import(key.clone(), &events).filter(|_| is_whole);
        let Some((order, rows)) = change.and_then(|change| Some((change.order()?.clone(), change)))
        else {
            if is_whole {
                self.problem(&keys::events(&key), "has a gap, or does not begin with created");
            }
            return Ok(());
        };
        match self.get(&record_key)? {
            None => self.problem(&record_key, "is missing; its events are there"),
            Some(record) if !is_record(&record, &order) => {
                self.problem(&record_key, "is not the fold of its events");
            }
            Some(_) => {}
        }
        for (key, value) in expected(&rows) {
            match (self.get(&key)?, value) {
                (None, Some(_)) => self.problem(&key, "is missing"),
                (Some(_), None) => self.problem(&key, "should not be there"),
                (Some(found), Some(value)) if !is_same(&found, &value) => {
                    self.problem(&key, "is not what the order's events say");
                }
                (Some(_), Some(_)) | (None, None) => {}
            }
        }
        Ok(())
    }

    /// From every row back to what it follows from.
    fn rows(&mut self) -> Result<(), String> {
        for row in self.db.iter() {
            let (key, value) = row.map_err(|error| error.to_string())?;
            match key.get(..2).unwrap_or_default() {
                b"e/" => {}
                keys::ORDERS => {
                    self.count("orders");
                    let order = keys::order_key(key.get(2..).unwrap_or_default());
                    let first = order.map(|order| keys::event(&order, 1));
                    if !self.is_there(first)? {
                        self.problem(&key, "has no events");
                    }
                }
                keys::CREATED => self.index("list entries", &key, keys::order_of_created(&key))?,
                keys::OPEN_PREFIX => self.index("watched", &key, keys::open_order(&key))?,
                keys::TRANSACTIONS => self.index("transactions", &key, read(&value))?,
                keys::REFUNDS => self.index("refunds", &key, read(&value))?,
                keys::MOVEMENTS => {
                    let movement = read::<super::Movement>(&value);
                    self.index("movements", &key, movement.map(|movement| movement.key))?;
                }
                keys::ANOMALIES => self.anomaly(&key, &value)?,
                keys::IDEMPOTENCY => self.idempotency(&key, &value)?,
                keys::USERS => {
                    self.count("users");
                    let user = read::<User>(&value);
                    if user.is_none_or(|user| key != keys::user(&user.merchant, &user.openid)) {
                        self.problem(&key, "is not the user that its key says");
                    }
                }
                keys::WAITING => self.outbox("waiting webhooks", &key, &value)?,
                keys::DEAD => self.outbox("dead webhooks", &key, &value)?,
                keys::DAYS => {
                    self.count("days");
                    let day = read::<DayRow>(&value);
                    if day.is_none_or(|day| key != keys::day(&day.merchant, day.date)) {
                        self.problem(&key, "is not the day that its key says");
                    }
                }
                b"m/" if key == keys::HEAD || key == keys::FORMAT => {}
                _ => self.problem(&key, "is of no known kind"),
            }
        }
        Ok(())
    }

    /// A row that follows from an order's log, or should.
    fn index(
        &mut self,
        kind: &'static str,
        key: &[u8],
        order: Option<OrderKey>,
    ) -> Result<(), String> {
        self.count(kind);
        let Some(order) = order else {
            self.problem(key, "cannot be read");
            return Ok(());
        };
        // Of a broken log nothing is known, and it is reported already.
        let follows = self.expected_of(&order)?.map(|rows| matches!(rows.get(key), Some(Some(_))));
        if follows == Some(false) {
            self.problem(key, "does not follow from the events of its order");
        }
        Ok(())
    }

    fn anomaly(&mut self, key: &[u8], value: &[u8]) -> Result<(), String> {
        self.count("anomalies");
        let Some(row) = read::<AnomalyRow>(value) else {
            self.problem(key, "cannot be read");
            return Ok(());
        };
        if key != keys::anomaly(&row.key.merchant, &row.id) {
            self.problem(key, "is another anomaly than its key says");
        }
        let belongs = row.id.strip_prefix(&row.key.out_trade_no);
        let belongs = belongs.is_some_and(|rest| rest.starts_with('.'));
        if belongs {
            let rows = self.expected_of(&row.key)?;
            if rows.is_some_and(|rows| !rows.contains_key(key)) {
                self.problem(key, "does not follow from the events of its order");
            }
        }
        Ok(())
    }

    fn idempotency(&mut self, key: &[u8], value: &[u8]) -> Result<(), String> {
        self.count("idempotency keys");
        let Some(row) = read::<IdempotencyRow>(value) else {
            self.problem(key, "cannot be read");
            return Ok(());
        };
        let IdempotencyRow { merchant, key: name, out_trade_no, .. } = row;
        if key != keys::idempotency(&merchant, &name) {
            self.problem(key, "is another Idempotency-Key than its key says");
        }
        if !self.is_there(Some(keys::order(&OrderKey { merchant, out_trade_no })))? {
            self.problem(key, "stands for an order that is not there");
        }
        Ok(())
    }

    fn outbox(&mut self, kind: &'static str, key: &[u8], value: &[u8]) -> Result<(), String> {
        self.count(kind);
        let Some(row) = read::<OutboxRow>(value) else {
            self.problem(key, "cannot be read");
            return Ok(());
        };
        if key != keys::outbox(&row) {
            self.problem(key, "is another webhook than its key says");
        }
        if self.get(&row.cause())?.is_none() {
            self.problem(key, "tells of something that is not there");
        }
        Ok(())
    }

    fn is_there(&self, key: Option<Vec<u8>>) -> Result<bool, String> {
        Ok(match key {
            Some(key) => self.get(&key)?.is_some(),
            None => false,
        })
    }

    /// The rows of an order; `None` when its log is broken, nothing when there is none.
    fn expected_of(&mut self, order: &OrderKey) -> Result<Option<&Expected>, String> {
        if self.last.as_ref().is_none_or(|(last, _)| last != order) {
            let mut events = Vec::new();
            for row in self.db.scan_prefix(keys::events(order)) {
                let (_, json) = row.map_err(|error| error.to_string())?;
                events.push(read::<Event>(&json));
            }
            let rows = if events.is_empty() {
                Some(Expected::new())
            } else {
                let events: Option<Vec<Event>> = events.into_iter().collect();
                let change = events.and_then(|events| Change::import(order.clone(), &events));
                change.map(|change| expected(&change))
            };
            self.last = Some((order.clone(), rows));
        }
        Ok(self.last.as_ref().and_then(|(_, rows)| rows.as_ref()))
    }
}

/// Later rows of one key stand for earlier ones.
fn expected(change: &Change) -> Expected {
    let bytes = |row: &super::rows::RowWrite| row.bytes().unwrap_or_default();
    change.rows.iter().map(|row| (row.key.clone(), bytes(row))).collect()
}

fn is_record(record: &[u8], order: &Order) -> bool {
    split_revision(record).is_some_and(|(revision, json)| {
        revision == order.revision && read::<Order>(json).as_ref() == Some(order)
    })
}

/// The same JSON, or the same bytes: another version may have written the fields in another order.
fn is_same(found: &[u8], expected: &[u8]) -> bool {
    found == expected
        || read::<Value>(found).is_some_and(|found| read::<Value>(expected) == Some(found))
}

fn read<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    serde_json::from_slice(json).ok()
}
