//! Load for a server of our own on this machine, and for what it is compared with, in turns.
//!
//! `load notices|pay [--short] [EXPRESS]` prints figures that `cargo xtask bench server` makes ratios of. With
//! `--short` only a few, to see that all of it still works. EXPRESS is the folder of the Express server, with its
//! packages installed. It starts `wxpay`, which must have been built beside it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::float_arithmetic,
    missing_docs,
    missing_debug_implementations,
    reason = "a tool of one's own: a failed unwrap is a failed run"
)]

mod client;
mod drive;
mod figures;
mod journal;
mod notices;
mod orders;
mod pay;
mod servers;
mod wechat;

use std::path::PathBuf;

use tokio::task::LocalSet;

/// How much is measured.
pub struct Plan {
    /// Windows of each kind, but for the first one, which warms up.
    rounds: usize,
    /// Notices in a window.
    notices: usize,
    /// Payments in a window.
    pays: usize,
    /// The Express server's folder.
    express: Option<PathBuf>,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let short = args.iter().any(|arg| arg == "--short");
    let rest = |arg: &&String| !arg.starts_with("--");
    let express = args.iter().skip(1).find(rest).map(PathBuf::from);
    let plan = if short {
        Plan { rounds: 1, notices: 64, pays: 64, express }
    } else {
        Plan { rounds: 9, notices: 8_000, pays: 6_000, express }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let what = args.first().map_or("", String::as_str);
    LocalSet::new().block_on(&runtime, async {
        match what {
            "notices" => notices::measure(&plan).await,
            "pay" => pay::measure(&plan).await,
            "idle" => servers::serve_idle().await,
            other => panic!("what to measure: notices or pay, not {other:?}"),
        }
    });
}
