//! Time and randomness. They enter the server here and nowhere else.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// The time.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> i64;
}

/// Clocks are slewed by less than this.
const AHEAD_MS: i64 = 60 * 1000;

/// Whether a time that was taken from the clock lies so far ahead that the clock must have been set back since.
pub const fn is_ahead(at_ms: i64, now_ms: i64) -> bool {
    at_ms - now_ms > AHEAD_MS
}

/// When something happened, to count from. A time that is still to come says nothing after a clock was set back: then it
/// was long ago, so that nobody waits for it.
pub const fn happened_ms(at_ms: i64, now_ms: i64) -> i64 {
    if is_ahead(at_ms, now_ms) { 0 } else { at_ms }
}

/// Whether something happened less than so long ago. A time ahead of us was made by a clock that has been set back since.
pub fn is_lately(at_ms: i64, window_ms: i64, now_ms: i64) -> bool {
    (0..window_ms).contains(&(now_ms - at_ms))
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one place where time enters")]
    fn now_ms(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that moves when told to.
#[derive(Debug)]
pub struct SteppedClock(AtomicI64);

impl SteppedClock {
    /// Starts at `now_ms`.
    pub const fn new(now_ms: i64) -> Self {
        Self(AtomicI64::new(now_ms))
    }

    /// Moves on (or back) by so many milliseconds.
    pub fn step_ms(&self, by: i64) {
        self.0.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for SteppedClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Unguessable text.
pub trait NonceSource: Send + Sync {
    /// 32 characters of `0-9a-z`, about 165 bits.
    fn nonce(&self) -> String;
}

/// The operating system's random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNonces;

impl NonceSource for SystemNonces {
    /// When the operating system has no randomness to give, no payment can be made safely: the process ends.
    fn nonce(&self) -> String {
        let mut text = String::with_capacity(32);
        let mut bytes = [0; 48];
        while text.len() < 32 {
            if getrandom::fill(&mut bytes).is_err() {
                tracing::error!("the operating system gives no random numbers");
                std::process::abort();
            }
            // 252 = 7 * 36: bytes above would make some characters likelier than others.
            let fair = bytes.iter().filter(|byte| **byte < 252);
            text.extend(fair.take(32 - text.len()).map(|byte| alphanumeric(byte % 36)));
        }
        text
    }
}

/// A new number for an order or a refund: 9 characters for the time, 23 that nobody can guess (about 119 bits). What is
/// new has neighbours in the store that are new, too: the pages that are at work are few, and in memory.
pub fn new_number(now_ms: i64, nonces: &dyn NonceSource) -> String {
    let mut rest = now_ms.max(0).unsigned_abs();
    let mut time = [0; TIME_CHARACTERS];
    for digit in time.iter_mut().rev() {
        *digit = (rest % 36).to_le_bytes()[0];
        rest /= 36;
    }
    let nonce = nonces.nonce();
    time.into_iter().map(alphanumeric).chain(nonce.chars().skip(TIME_CHARACTERS)).collect()
}

/// Enough for milliseconds until the year 5188.
const TIME_CHARACTERS: usize = 9;

/// Counts; for tests that must repeat.
#[derive(Debug, Default)]
pub struct SequenceNonces(AtomicU64);

impl NonceSource for SequenceNonces {
    fn nonce(&self) -> String {
        format!("nonce{:027}", self.0.fetch_add(1, Ordering::SeqCst))
    }
}

fn alphanumeric(n: u8) -> char {
    char::from(if n < 10 { b'0' + n } else { b'a' + n - 10 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a03_new_numbers_follow_the_time_and_keep_their_random_part() {
        let now_ms = 1_795_000_000_123;
        let of = |now_ms| new_number(now_ms, &SequenceNonces::default());
        assert_eq!(of(now_ms), "0mwm0nkaj00000000000000000000000");
        assert!(of(0).starts_with("000000000") && of(-1).starts_with("000000000"));
        assert!(of(35).starts_with("00000000z") && of(36).starts_with("000000010"));
        assert!(of(now_ms) < of(now_ms + 1) && of(now_ms + 35) < of(now_ms + 36));
        let numbers: std::collections::HashSet<_> =
            (0..1000).map(|_| new_number(now_ms, &SystemNonces)).collect();
        assert!(numbers.len() == 1000 && numbers.iter().all(|number| number.len() == 32));
    }

    #[test]
    fn a03_nonces_are_32_alphanumerics_and_differ() {
        let nonces: std::collections::HashSet<_> =
            (0..1000).map(|_| SystemNonces.nonce()).collect();
        assert_eq!(nonces.len(), 1000);
        // 32 of 36 characters, each as likely as the others, are 165 bits. Of 32,000 each comes 889 times, give or take 29.
        for character in ('0'..='9').chain('a'..='z') {
            let count = nonces.iter().flat_map(|n| n.chars()).filter(|c| *c == character).count();
            assert!((700..1080).contains(&count), "{character}: {count}");
        }
        assert!(nonces.iter().all(|nonce| nonce.len() == 32
            && nonce.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())));
    }
}
