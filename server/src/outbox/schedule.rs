//! When to try again: the schedule of Standard Webhooks. Pure.

use jiff::fmt::rfc2822::DateTimeParser;

/// Seconds between two attempts, from the first failure on; one attempt more than there are waits, over three days.
const WAITS_S: [i64; 9] =
    [5, 5 * 60, 30 * 60, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
const HOUR: i64 = 3_600;
/// A receiver may ask for patience, not for oblivion.
const MAX_RETRY_AFTER_S: i64 = 24 * HOUR;

/// Milliseconds until the next attempt after so many failures; `None` when that was the last one. `nonce` spreads
/// receivers' work: up to a tenth longer. Never sooner than the receiver's `Retry-After`.
pub(super) fn wait_ms(failures: u32, retry_after_s: Option<i64>, nonce: &str) -> Option<i64> {
    let index = usize::try_from(failures).ok()?.checked_sub(1)?;
    let planned_ms = WAITS_S.get(index)? * 1_000;
    let asked_ms = retry_after_s.unwrap_or_default().clamp(0, MAX_RETRY_AFTER_S) * 1_000;
    Some(planned_ms.max(asked_ms) + planned_ms * share(nonce) / 1_000 / 10)
}

/// 0 to 999, from the first four characters of a nonce.
fn share(nonce: &str) -> i64 {
    let digits = nonce.get(..4).and_then(|start| i64::from_str_radix(start, 36).ok());
    digits.unwrap_or_default() % 1_000
}

/// Seconds that a `Retry-After` means at `now_ms`: a number of them, or a date.
pub(super) fn retry_after_s(value: &str, now_ms: i64) -> Option<i64> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(seconds.into());
    }
    let date = DateTimeParser::new().parse_timestamp(value).ok()?;
    Some((date.as_millisecond() - now_ms).max(0).div_euclid(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_attempts_in_three_days_and_a_bit() {
        let waits: Vec<_> = (1..).map_while(|failures| wait_ms(failures, None, "0000")).collect();
        assert_eq!(waits.len(), 9);
        assert_eq!(waits.first(), Some(&5_000));
        assert_eq!(waits.iter().sum::<i64>(), ((75 * 60 + 35) * 60 + 5) * 1_000);
        assert_eq!(wait_ms(0, None, "0000"), None, "nothing has failed");
        assert_eq!(wait_ms(u32::MAX, None, "0000"), None);
    }

    #[test]
    fn the_jitter_is_at_most_a_tenth() {
        assert_eq!(wait_ms(2, None, "00rr"), Some(329_970));
        for nonce in ["", "zzzz", "0123456789", "你好", "----"] {
            let wait = wait_ms(2, None, nonce);
            assert!(wait.is_some_and(|ms| (300_000..=330_000).contains(&ms)), "{nonce}: {wait:?}");
        }
    }

    #[test]
    fn patience_that_is_asked_for_is_given_within_reason() {
        assert_eq!(wait_ms(1, Some(60), "0000"), Some(60_000));
        assert_eq!(wait_ms(2, Some(60), "0000"), Some(300_000), "not sooner than planned");
        assert_eq!(wait_ms(1, Some(1_000_000), "0000"), Some(86_400_000));
        assert_eq!(wait_ms(1, Some(i64::MIN), "0000"), Some(5_000));
        assert_eq!(wait_ms(10, Some(60), "0000"), None, "the last attempt stays the last");
    }

    #[test]
    fn both_forms_of_retry_after() {
        // Wed, 31 Dec 2025 16:00:00 GMT
        let now_ms = 1_767_196_800_000;
        assert_eq!(retry_after_s("120", now_ms), Some(120));
        assert_eq!(retry_after_s(" 0 ", now_ms), Some(0));
        assert_eq!(retry_after_s("Wed, 31 Dec 2025 16:02:00 GMT", now_ms), Some(120));
        assert_eq!(retry_after_s("Wed, 31 Dec 2025 15:00:00 GMT", now_ms), Some(0));
        for nonsense in ["", "-1", "soon", "1.5", "99999999999999999999"] {
            assert_eq!(retry_after_s(nonsense, now_ms), None, "{nonsense}");
        }
    }
}
