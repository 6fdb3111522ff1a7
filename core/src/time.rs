//! Beijing time as WeChat writes it: `yyyyMMddHHmmss`, UTC+8, no zone marker.

use alloc::string::{String, ToString};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

const FORMAT: &str = "%Y%m%d%H%M%S";
/// China has had no other offset since 1991; WeChat's times are UTC+8 always.
const BEIJING: Offset = Offset::constant(8);

/// Writes seconds since 1970 as 14 digits of Beijing time; `None` outside the years 1 to 9999.
///
/// ```
/// assert_eq!(wxpay_core::time::to_beijing(1_490_840_662).as_deref(), Some("20170330102422"));
/// ```
pub fn to_beijing(unix_s: i64) -> Option<String> {
    let civil = BEIJING.to_datetime(Timestamp::from_second(unix_s).ok()?);
    (civil.year() > 0).then(|| civil.strftime(FORMAT).to_string())
}

/// Reads 14 digits of Beijing time as seconds since 1970; `None` when it is not such a time.
pub fn from_beijing(text: &str) -> Option<i64> {
    if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let civil = DateTime::strptime(FORMAT, text).ok()?;
    let unix_s = BEIJING.to_timestamp(civil).ok()?.as_second();
    // jiff also takes the year 0, and a 60th second as the 59th; we read only what we would write.
    (to_beijing(unix_s).as_deref() == Some(text)).then_some(unix_s)
}

/// Reads Beijing time as bills and refunds write it, `yyyy-MM-dd HH:mm:ss`, as seconds since 1970.
pub fn from_beijing_dashed(text: &str) -> Option<i64> {
    let mut digits = String::with_capacity(14);
    for (at, c) in text.chars().enumerate() {
        match at {
            4 | 7 if c == '-' => {}
            10 if c == ' ' => {}
            13 | 16 if c == ':' => {}
            4 | 7 | 10 | 13 | 16 | 19.. => return None,
            _ => digits.push(c),
        }
    }
    from_beijing(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_beijing_time() {
        assert_eq!(from_beijing("20260101120000"), Some(1_767_240_000));
        assert_eq!(to_beijing(1_767_240_000).as_deref(), Some("20260101120000"));
        for text in [
            "",
            "2026010112000",
            "20261301120000",
            "20260230120000",
            "20260101235960",
            "00000101000000",
            "2026-01-01 1200",
        ] {
            assert_eq!(from_beijing(text), None, "{text}");
        }
        assert_eq!(to_beijing(i64::MAX), None);
    }

    #[test]
    fn reads_dashed_beijing_time() {
        assert_eq!(from_beijing_dashed("2026-01-01 12:00:00"), Some(1_767_240_000));
        for text in [
            "",
            "20260101120000",
            "2026-01-01",
            "2026-01-01 12:00",
            "2026-01-01T12:00:00",
            "2026-01-01 12:00:00 ",
            "2026-01-01 12-00-00",
            "2026-02-30 12:00:00",
            "-026-01-01 12:00:00",
            "２026-01-01 12:00:00",
        ] {
            assert_eq!(from_beijing_dashed(text), None, "{text}");
        }
    }
}
