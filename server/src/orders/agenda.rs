//! When to ask WeChat about which order, and when to reverse it. Kept in memory: it follows from the orders, so a restart rebuilds it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use wxpay_core::messages::micropay::QUERY_INTERVAL_S;

use super::close::close_time_ms;
use super::order::{Order, OrderKey};
use crate::ambient::{happened_ms, is_ahead};

/// Seconds after the phone wanted to pay; then every half hour until the order expires.
const LADDER_S: [i64; 7] = [5, 30, 60, 180, 300, 600, 1800];
/// Seconds after a refund may be sent; then every hour for a day, then every six.
const REFUND_LADDER_S: [i64; 6] = [30, 60, 180, 300, 600, 1800];
const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Between the first attempts to close an order whose time is over; then as long as it has been over, up to half an hour.
const CLOSING_STEP_MS: i64 = 60 * 1000;
/// Between two looks at a payment code's charge, and between the first attempts to reverse it.
const CHARGE_STEP_MS: i64 = QUERY_INTERVAL_S * 1000;
/// The longest time between two looks at an order that WeChat may still have news of.
const LONGEST_STEP_MS: i64 = 30 * 60 * 1000;

/// The orders that are open, or have a refund that is, and their next checks.
#[derive(Debug, Default)]
pub(super) struct Agenda(Mutex<Checks>);

#[derive(Debug, Default)]
struct Checks {
    /// The latest that the clock has shown.
    last_ms: i64,
    by_time: BTreeSet<(i64, OrderKey)>,
    by_order: HashMap<OrderKey, Check>,
}

#[derive(Debug, Clone, Copy)]
struct Check {
    /// Where the ladder begins.
    from_ms: i64,
    due_ms: i64,
}

impl Agenda {
    /// Plans the next check of an order after `now_ms`, or forgets an order that needs none.
    pub(super) fn watch(&self, order: &Order, now_ms: i64) {
        let mut checks = self.checks(now_ms);
        let from_ms = checks.by_order.get(&order.key).map(|check| check.from_ms);
        checks.plan(order, from_ms.max(order.asked_ms(now_ms)), now_ms);
    }

    /// The phone has just been given what it needs to pay: the ladder begins again.
    pub(super) fn restart(&self, order: &Order, now_ms: i64) {
        self.checks(now_ms).plan(order, Some(now_ms), now_ms);
    }

    /// Takes out the orders whose time has come, oldest first; each must be watched again.
    pub(super) fn take_due(&self, now_ms: i64, limit: usize) -> Vec<OrderKey> {
        let mut checks = self.checks(now_ms);
        let mut due = Vec::new();
        while due.len() < limit && checks.by_time.first().is_some_and(|(at, _)| *at <= now_ms) {
            due.extend(checks.by_time.pop_first().map(|(_, key)| key));
        }
        due
    }

    fn checks(&self, now_ms: i64) -> MutexGuard<'_, Checks> {
        // Nothing panics while the lock is held.
        let mut checks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        checks.heed(now_ms);
        checks
    }
}

impl Checks {
    /// When the clock was set back, everything planned is planned as much earlier.
    fn heed(&mut self, now_ms: i64) {
        if !is_ahead(self.last_ms, now_ms) {
            self.last_ms = self.last_ms.max(now_ms);
            return;
        }
        let back_ms = self.last_ms - now_ms;
        self.last_ms = now_ms;
        let planned = std::mem::take(&mut self.by_time).into_iter();
        self.by_time = planned.map(|(due_ms, key)| (due_ms - back_ms, key)).collect();
        for check in self.by_order.values_mut() {
            check.from_ms -= back_ms;
            check.due_ms -= back_ms;
        }
    }

    fn plan(&mut self, order: &Order, from_ms: Option<i64>, now_ms: i64) {
        if let Some(old) = self.by_order.remove(&order.key) {
            self.by_time.remove(&(old.due_ms, order.key.clone()));
        }
        let from_ms = from_ms.unwrap_or_else(|| happened_ms(order.created_ms, now_ms));
        let is_open = order.is_open() || order.is_reversing();
        let of_order = is_open.then(|| next_check_ms(order, from_ms, now_ms));
        let of_refunds = next_refund_check_ms(order, from_ms, now_ms);
        let Some(due_ms) = of_order.into_iter().chain(of_refunds).min() else { return };
        self.by_order.insert(order.key.clone(), Check { from_ms, due_ms });
        self.by_time.insert((due_ms, order.key.clone()));
    }
}

/// When to look at an open order next, strictly after `now_ms`.
fn next_check_ms(order: &Order, from_ms: i64, now_ms: i64) -> i64 {
    let asked_ms = order.asked_ms(now_ms).or_else(|| order.is_reversing().then_some(from_ms));
    match asked_ms {
        Some(asked_ms) if order.is_micropay() => charge_check_ms(order, asked_ms, from_ms, now_ms),
        Some(_) | None => ladder_ms(order, from_ms, now_ms),
    }
}

/// A charge is asked about every five seconds until it is given up; then it is reversed, ever less often. A restart
/// (`from_ms`) begins with seconds again.
fn charge_check_ms(order: &Order, asked_ms: i64, from_ms: i64, now_ms: i64) -> i64 {
    let ever_less = |since_ms: i64| {
        let since_ms = since_ms.max(from_ms);
        now_ms + (now_ms - since_ms).clamp(CHARGE_STEP_MS, LONGEST_STEP_MS)
    };
    match &order.reversal {
        Some(reversal) if order.is_reversing() => match order.reversible_ms(now_ms) {
            Some(allowed_ms) if allowed_ms > now_ms => allowed_ms,
            Some(_) | None => ever_less(happened_ms(reversal.asked_ms, now_ms)),
        },
        None if order.is_charging() && order.give_up_ms(now_ms).is_some_and(|at| at > now_ms) => {
            let steps = (now_ms - asked_ms).max(0) / CHARGE_STEP_MS + 1;
            asked_ms + steps * CHARGE_STEP_MS
        }
        Some(_) | None => ever_less(order.give_up_ms(now_ms).unwrap_or(asked_ms)),
    }
}

fn ladder_ms(order: &Order, from_ms: i64, now_ms: i64) -> i64 {
    let end_ms = end_ms(order, now_ms);
    let step = LADDER_S.iter().map(|s| from_ms + s * 1000).find(|at| *at > now_ms);
    let step = step.unwrap_or(now_ms + LONGEST_STEP_MS);
    if now_ms >= end_ms {
        // Not later than the ladder wants: after a restart that is seconds from now.
        step.min(now_ms + (now_ms - end_ms).max(CLOSING_STEP_MS))
    } else if !order.may_be_at_wechat() {
        end_ms
    } else {
        step.min(end_ms)
    }
}

/// When to look next at the refunds of an order that are pending, strictly after `now_ms`. One that has to wait for the
/// one before it is due when its minute is over.
fn next_refund_check_ms(order: &Order, from_ms: i64, now_ms: i64) -> Option<i64> {
    let pending = order.refund_times(now_ms).filter(|(_, refund)| refund.is_pending());
    let next = pending.map(|(at_ms, _)| {
        let from_ms = from_ms.max(at_ms);
        let mut ladder =
            std::iter::once(at_ms).chain(REFUND_LADDER_S.iter().map(|s| from_ms + s * 1000));
        ladder.find(|at| *at > now_ms).unwrap_or_else(|| {
            let is_fresh = now_ms - from_ms < DAY_MS;
            now_ms + if is_fresh { HOUR_MS } else { 6 * HOUR_MS }
        })
    });
    next.min()
}

/// When an open order is to be closed: at its expiry, or as soon as WeChat allows after someone asked for it.
pub(super) fn end_ms(order: &Order, now_ms: i64) -> i64 {
    let wanted = order
        .close_asked_ms
        .map_or(order.terms.expires_ms, |at| happened_ms(at, now_ms).min(order.terms.expires_ms));
    close_time_ms(order, now_ms).map_or(wanted, |allowed| allowed.max(wanted))
}

#[cfg(test)]
mod tests;
