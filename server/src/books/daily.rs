//! Comparing by itself: every day at a set time the day before, and what was missed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::{Books, Day, Progress, ReconcileError};
use crate::merchant::Merchant;
use crate::store::StoreError;

/// When days are compared unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Minutes after midnight, Beijing time.
    pub at_minutes: i64,
}

/// Days looked back for one that was missed.
const DAYS_BACK: i64 = 7;
/// Minutes until a failed day is tried again; then the last of them, every time.
const RETRY_MINUTES: [i64; 5] = [1, 5, 15, 30, 60];
/// Minutes until a bill that WeChat is still making is asked for again.
const NOT_READY_MINUTES: i64 = 15;
/// From this failure on the log says error: somebody shall look.
const ALARM: u32 = 3;
/// Failures after which a day is left alone until the next start.
const GIVE_UP: u32 = 30;

/// What is known of the days; in memory, for it follows from the records.
pub(super) struct Daily {
    schedule: Option<Schedule>,
    days: Mutex<HashMap<(String, Day), State>>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Done,
    Failed { times: u32, next_ms: i64 },
}

impl Daily {
    pub(super) fn new(schedule: Option<Schedule>) -> Self {
        Self { schedule, days: Mutex::default() }
    }

    fn days(&self) -> MutexGuard<'_, HashMap<(String, Day), State>> {
        // Nothing panics while the lock is held.
        self.days.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failures(&self, merchant: &str, date: Day) -> u32 {
        match self.days().get(&(merchant.to_owned(), date)) {
            Some(State::Failed { times, .. }) => *times,
            Some(State::Done) | None => 0,
        }
    }

    fn note(&self, merchant: &str, date: Day, state: State) {
        self.days().insert((merchant.to_owned(), date), state);
    }
}

impl Books {
    /// Compares the days whose time has come, oldest first; says how many it tried. To be called again and again.
    pub async fn run_due(&self) -> usize {
        let Some(schedule) = self.daily.schedule else { return 0 };
        let now_ms = self.clock.now_ms();
        let oldest = Day::of_ms(now_ms).back(DAYS_BACK + 1);
        self.daily.days().retain(|(_, date), _| *date >= oldest);
        let mut tried = 0;
        for merchant in self.merchants.iter() {
            match self.due(merchant, schedule, now_ms).await {
                Ok(due) => {
                    for date in due {
                        self.try_day(merchant, date).await;
                        tried += 1;
                    }
                }
                Err(error) => tracing::warn!(merchant = merchant.id, %error, "no daily comparison"),
            }
        }
        tried
    }

    /// The days that are over, not done, and not waiting for another try. Days before the first order are no business
    /// of this server's: whatever was paid then is not on record here.
    async fn due(
        &self,
        merchant: &Merchant,
        schedule: Schedule,
        now_ms: i64,
    ) -> Result<Vec<Day>, StoreError> {
        let Some(first_ms) = self.store.first_order_ms(&merchant.id).await? else {
            return Ok(Vec::new());
        };
        let (today, first) = (Day::of_ms(now_ms), Day::of_ms(first_ms));
        let mut due = Vec::new();
        for date in (1..=DAYS_BACK).rev().map(|days| today.back(days)) {
            let is_time = now_ms >= date.back(-1).at_ms(schedule.at_minutes);
            if date >= first && is_time && self.is_open(merchant, date, now_ms).await? {
                due.push(date);
            }
        }
        Ok(due)
    }

    async fn is_open(
        &self,
        merchant: &Merchant,
        date: Day,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let state = self.daily.days().get(&(merchant.id.clone(), date)).copied();
        match state {
            Some(State::Done) => return Ok(false),
            Some(State::Failed { times, next_ms }) => {
                return Ok(times < GIVE_UP && now_ms >= next_ms);
            }
            None => {}
        }
        let is_done =
            self.store.day(&merchant.id, date).await?.is_some_and(|row| row.is_complete());
        if is_done {
            self.daily.note(&merchant.id, date, State::Done);
        }
        Ok(!is_done)
    }

    async fn try_day(&self, merchant: &Merchant, date: Day) {
        let progress = watch::Sender::new(Progress::default());
        let outcome = self.reconcile(merchant, date, &progress).await;
        let state = match outcome {
            Ok(report) if report.day.is_complete() => State::Done,
            Ok(_) => self.failed(merchant, date, "WeChat did not answer all questions"),
            Err(ReconcileError::NotReady) => {
                let times = self.daily.failures(&merchant.id, date);
                self.again(times, NOT_READY_MINUTES)
            }
            Err(ReconcileError::Stopped) => return,
            Err(error) => self.failed(merchant, date, &error.to_string()),
        };
        self.daily.note(&merchant.id, date, state);
    }

    fn failed(&self, merchant: &Merchant, date: Day, error: &str) -> State {
        let times = self.daily.failures(&merchant.id, date) + 1;
        let merchant = &merchant.id;
        if times >= ALARM {
            tracing::error!(merchant, %date, times, error, "bill and books could not be compared");
        } else {
            tracing::warn!(merchant, %date, times, error, "bill and books could not be compared");
        }
        let wait = RETRY_MINUTES.get(times as usize - 1).or(RETRY_MINUTES.last());
        self.again(times, wait.copied().unwrap_or(NOT_READY_MINUTES))
    }

    fn again(&self, times: u32, minutes: i64) -> State {
        State::Failed { times, next_ms: self.clock.now_ms() + minutes * 60 * 1000 }
    }
}
