//! What a store of a million orders costs, beside one of a thousand: `cargo xtask bench million` runs it.
//!
//! `cargo build --release -p wxpay-server && cargo run --release -p wxpay-tests --example million -- 1000000`
#![allow(clippy::unwrap_used, reason = "a tool of one's own")]

use std::path::Path;

use tempfile::TempDir;
use wxpay_tests::million::{Scale, measure};

fn main() {
    let mut args = std::env::args().skip(1);
    let orders = args.next().map_or(1_000_000, |orders| orders.parse().unwrap());
    let program = std::env::current_exe().unwrap();
    let target = program.parent().and_then(Path::parent).unwrap();
    let own = TempDir::new_in(target).unwrap();
    let say = |of: &str, what: &str, figure: u64| println!("{of}\t{what}\t{figure}");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let scale = Scale { orders, turns: 25, calls: 160 };
    runtime.block_on(measure(scale, own.path(), &mut { say }));
}
