//! Thousands of random schedules of the order rules: creates, pays, closes, queries, notices, sweeps and restarts, in
//! every order and overlapping, with a WeChat that fails and a clock that jumps. After each step the invariants hold; in
//! the end every order has ended and the books are WeChat's ledger.
//!
//! `WXPAY_SCHEDULES` says how many (2,000), `WXPAY_SCHEDULE_SEED` runs a single one again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod invariants;
mod schedule;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Instant;

use self::schedule::{Counts, Schedule};

#[test]
fn invariants_hold_in_every_schedule() {
    let started = Instant::now();
    let seeds = match setting("WXPAY_SCHEDULE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..setting("WXPAY_SCHEDULES").unwrap_or(2_000),
    };
    let mut counts = Counts::default();
    for seed in seeds.clone() {
        match catch_unwind(AssertUnwindSafe(|| run(seed))) {
            Ok(more) => counts.add(&more),
            Err(panic) => {
                eprintln!("this was WXPAY_SCHEDULE_SEED={seed}");
                resume_unwind(panic);
            }
        }
    }
    let took = started.elapsed().as_secs();
    println!("{} schedules, {counts:?}, {took} s", seeds.end - seeds.start);
    if seeds.end - seeds.start >= 1_000 {
        counts.assert_that_everything_happened();
    }
}

fn run(seed: u64) -> Counts {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(Schedule::new(seed).run())
}

#[allow(clippy::disallowed_methods, reason = "how long a test runs is set from outside")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect(name))
}
