//! What the core costs, each call beside the bare digest of the same bytes.
//!
//! - `cargo bench -p wxpay-core --bench core` prints CPU time, the ratio to the digest, and allocations
//! - `... -- count CALL N` makes one call N times and nothing else: for counting instructions
//!
//! Everything is printed as `call<TAB>what<TAB>number`, which is what `cargo xtask bench` reads.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::print_stdout,
    missing_docs,
    reason = "a measurement prints, divides, and stops at the first thing that is wrong"
)]

mod calls;
mod fixture;
mod measure;

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use crate::fixture::Fixture;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let fixture = Fixture::read();
    let calls = calls::all(&fixture);
    // cargo adds `--bench`.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        [] => {
            measure::allocations(&calls, ALLOCATOR);
            measure::time(&calls);
        }
        ["list"] => {
            for call in &calls {
                println!("{}\tbaseline\t{}", call.name, call.baseline.unwrap_or("-"));
            }
        }
        ["count", name, times] => {
            let call = calls.iter().find(|call| call.name == *name).expect("a call's name");
            (0..times.parse::<u64>().expect("how often")).for_each(|_| (call.make)());
        }
        other => println!("expected nothing, `list` or `count CALL N`, found {other:?}"),
    }
}
