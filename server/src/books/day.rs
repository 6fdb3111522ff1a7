//! A day of Beijing time, which is what bills are made for.

use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// A day of Beijing time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

/// The text is no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayError;

/// WeChat keeps bills for three months.
const MONTHS_KEPT: i32 = 3;

const fn beijing() -> Offset {
    Offset::constant(8)
}

impl Day {
    /// The day in which this moment lies, milliseconds since 1970.
    pub fn of_ms(ms: i64) -> Self {
        let at = Timestamp::from_millisecond(ms).unwrap_or_default();
        Self(beijing().to_datetime(at).date())
    }

    /// Its first millisecond, since 1970.
    pub fn from_ms(self) -> i64 {
        self.at_ms(0)
    }

    /// The first millisecond behind it.
    pub fn to_ms(self) -> i64 {
        self.from_ms() + 24 * 60 * 60 * 1000
    }

    /// So many minutes after its midnight, milliseconds since 1970.
    pub fn at_ms(self, minutes: i64) -> i64 {
        let midnight = beijing().to_timestamp(self.0.to_datetime(Time::midnight()));
        midnight.unwrap_or_default().as_millisecond() + minutes * 60 * 1000
    }

    /// So many days before (or, below zero, after).
    pub fn back(self, days: i64) -> Self {
        Self(self.0.saturating_sub(days.days()))
    }

    /// As WeChat writes it: `yyyyMMdd`.
    pub fn bill_date(self) -> String {
        self.0.strftime("%Y%m%d").to_string()
    }

    /// Whether WeChat can have a bill of it at this moment: it is over, and not older than three months.
    pub fn has_bill_at(self, now_ms: i64) -> bool {
        let today = Self::of_ms(now_ms);
        self < today && self.0 >= today.0.saturating_sub(MONTHS_KEPT.months())
    }
}

/// `2026-01-31`, or `20260131` as WeChat writes it.
impl std::str::FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let is_plain = text.len() == 8 && digits == 8;
        let is_dashed = text.len() == 10 && digits == 8 && text.matches('-').count() == 2;
        if !is_plain && !is_dashed {
            return Err(DayError);
        }
        text.parse().map(Self).map_err(|_| DayError)
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

impl TryFrom<String> for Day {
    type Error = DayError;

    fn try_from(text: String) -> Result<Self, DayError> {
        text.parse()
    }
}

impl std::fmt::Display for DayError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("expected a day such as 2026-01-31")
    }
}

impl std::error::Error for DayError {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test ends with a panic")]

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_beijings() {
        // 2026-01-01 00:00 in Beijing is 16:00 of the day before in Greenwich.
        let new_year = day("2026-01-01");
        assert_eq!(new_year.from_ms(), 1_767_196_800_000);
        assert_eq!(Day::of_ms(new_year.from_ms()), new_year);
        assert_eq!(Day::of_ms(new_year.to_ms()), day("20260102"));
        assert_eq!(Day::of_ms(new_year.from_ms() - 1).to_string(), "2025-12-31");
        assert_eq!(new_year.back(1).bill_date(), "20251231");
        assert_eq!(new_year.at_ms(630), new_year.from_ms() + 37_800_000);
    }

    #[test]
    fn only_dates_are_days() {
        for text in [
            "",
            "2026-1-1",
            "2026-02-30",
            "20260230",
            "+2026-01-01",
            "2026/01/01",
            "２０２６０１０１",
        ] {
            assert_eq!(text.parse::<Day>(), Err(DayError), "{text}");
        }
    }

    #[test]
    fn bills_are_of_days_that_are_over_for_three_months() {
        let noon = day("2026-05-31").at_ms(720);
        assert!(!day("2026-05-31").has_bill_at(noon));
        assert!(!day("2026-06-01").has_bill_at(noon));
        assert!(day("2026-05-30").has_bill_at(noon));
        assert!(day("2026-02-28").has_bill_at(noon));
        assert!(!day("2026-02-27").has_bill_at(noon));
    }
}
