//! Thousands of random schedules of the order rules: creates, pays, closes, queries, notices, refunds, sweeps, kills and
//! restarts, in every order and overlapping, with a WeChat and a disk that fail and a clock that jumps and is set. After
//! each step the invariants hold; in the end every order has ended and the books are WeChat's ledger.
//!
//! `cargo xtask schedules` is the long form; each round has a seed of its own, so that `--rounds 1 --seed N` is one again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod counts;
mod invariants;
mod outage;
mod schedule;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use wxpay_tests::Rounds;

use self::counts::Counts;
use self::schedule::Schedule;

#[test]
fn k02_invariants_hold_in_every_schedule() {
    let rounds = Rounds::new("SCHEDULES", 2_000);
    let mut counts = Counts::default();
    for round in 1..=rounds.count {
        let seed = rounds.seed + round - 1;
        rounds.begin(round);
        match catch_unwind(AssertUnwindSafe(|| run(seed))) {
            Ok(more) => counts.add(&more),
            Err(panic) => {
                eprintln!("once more: cargo xtask schedules --rounds 1 --seed {seed}");
                resume_unwind(panic);
            }
        }
    }
    rounds.report("0 lost, 0 doubled, 0 wrong", &counts.summary());
    if rounds.count >= 1_000 {
        counts.assert_that_everything_happened();
    }
}

fn run(seed: u64) -> Counts {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(Schedule::new(seed).run())
}
