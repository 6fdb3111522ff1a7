//! CPU time and allocations. Windows of all calls take turns, so that a busy moment hits a call and its baseline alike.

use std::alloc::System;
use std::time::Duration;

use cpu_time::ThreadTime;
use stats_alloc::{Region, StatsAlloc};

use crate::calls::Call;

const WINDOWS: usize = 21;
const WINDOW: Duration = Duration::from_millis(10);

/// Prints how often each call allocates.
pub fn allocations(calls: &[Call<'_>], allocator: &'static StatsAlloc<System>) {
    for call in calls {
        let region = Region::new(allocator);
        (call.make)();
        let change = region.change();
        println!("{}\tallocations\t{}", call.name, change.allocations + change.reallocations);
    }
}

/// Prints nanoseconds of CPU time, and for calls with a baseline the median of the windows' ratios.
pub fn time(calls: &[Call<'_>]) {
    let batches: Vec<u32> = calls.iter().map(batch).collect();
    let mut windows: Vec<Vec<f64>> = vec![Vec::new(); calls.len()];
    for _ in 0..WINDOWS {
        for ((call, batch), times) in calls.iter().zip(&batches).zip(&mut windows) {
            times.push(window(call, *batch));
        }
    }
    for (call, times) in calls.iter().zip(&windows) {
        println!("{}\tns\t{:.1}", call.name, median(times.clone()));
        let baseline = calls.iter().position(|other| Some(other.name) == call.baseline);
        if let Some(raw) = baseline.and_then(|at| windows.get(at)) {
            let ratios = times.iter().zip(raw).map(|(ours, raw)| ours / raw).collect();
            println!("{}\tratio\t{:.3}", call.name, median(ratios));
        }
    }
}

/// How many calls fill one window; finding out also warms up.
fn batch(call: &Call<'_>) -> u32 {
    let mut times = 1;
    loop {
        let start = ThreadTime::now();
        (0..times).for_each(|_| (call.make)());
        if start.elapsed() >= WINDOW {
            return times;
        }
        times *= 2;
    }
}

fn window(call: &Call<'_>, batch: u32) -> f64 {
    let start = ThreadTime::now();
    (0..batch).for_each(|_| (call.make)());
    start.elapsed().as_secs_f64() * 1e9 / f64::from(batch)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
