//! WeChat's two addresses: the backup is for calls that may be repeated, when the first was not reached at all.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Url;

/// So long the backup comes first, once the first address was not reached (reference: common, hosts).
const AWAY: Duration = Duration::from_secs(3 * 60);

/// The first address and its backup.
#[derive(Debug)]
pub(super) struct Hosts {
    first: Url,
    backup: Option<Url>,
    /// When the first address was last not reached.
    away_since: Mutex<Option<Instant>>,
}

impl Hosts {
    pub(super) fn new(first: Url, backup: Option<Url>) -> Self {
        Self { first, backup, away_since: Mutex::default() }
    }

    /// Where calls go that must not be made twice.
    pub(super) fn first(&self) -> &Url {
        &self.first
    }

    /// Where calls go that may be made twice: the address to try, and the one to try if that is not reached.
    pub(super) fn in_order(&self, now: Instant) -> (&Url, Option<&Url>) {
        match &self.backup {
            Some(backup) if self.is_away(now) => (backup, Some(&self.first)),
            backup => (&self.first, backup.as_ref()),
        }
    }

    /// This address was not reached: the other one comes first for a while.
    pub(super) fn not_reached(&self, host: &Url, now: Instant) {
        let is_first = *host == self.first;
        // Nothing panics while the lock is held.
        let mut away_since = self.away_since.lock().unwrap_or_else(PoisonError::into_inner);
        *away_since = is_first.then_some(now);
    }

    fn is_away(&self, now: Instant) -> bool {
        let away_since = self.away_since.lock().unwrap_or_else(PoisonError::into_inner);
        away_since.is_some_and(|since| now.duration_since(since) < AWAY)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    fn hosts(backup: Option<&str>) -> Hosts {
        let url = |text: &str| text.parse().unwrap();
        Hosts::new(url("https://api.example.com"), backup.map(url))
    }

    fn order(hosts: &Hosts, now: Instant) -> (&str, Option<&str>) {
        let (one, other) = hosts.in_order(now);
        (one.host_str().unwrap(), other.map(|other| other.host_str().unwrap()))
    }

    #[test]
    fn the_backup_comes_first_for_three_minutes() {
        let (hosts, now) = (hosts(Some("https://api2.example.com")), Instant::now());
        let (first, backup) = ("api.example.com", "api2.example.com");
        assert_eq!(order(&hosts, now), (first, Some(backup)));
        hosts.not_reached(&hosts.first, now);
        assert_eq!(order(&hosts, now), (backup, Some(first)));
        assert_eq!(order(&hosts, now + AWAY - Duration::from_secs(1)), (backup, Some(first)));
        assert_eq!(order(&hosts, now + AWAY), (first, Some(backup)));
    }

    #[test]
    fn a_backup_that_is_away_too_does_not_stay_first() {
        let (hosts, now) = (hosts(Some("https://api2.example.com")), Instant::now());
        hosts.not_reached(&hosts.first, now);
        hosts.not_reached(hosts.backup.as_ref().unwrap(), now);
        assert_eq!(order(&hosts, now).0, "api.example.com");
        assert_eq!(hosts.first().host_str(), Some("api.example.com"));
    }

    #[test]
    fn without_a_backup_there_is_one_address() {
        let (hosts, now) = (hosts(None), Instant::now());
        hosts.not_reached(&hosts.first, now);
        assert_eq!(order(&hosts, now), ("api.example.com", None));
    }
}
