//! Load for a server of our own on this machine, and for what it is compared with, in turns.
//!
//! `load notices|pay [--short] [--rounds=N] [--notices=N] [--pays=N] [EXPRESS]` prints figures that
//! `cargo xtask bench server` makes ratios of. With `--short` only a few, to see that all of it still works. EXPRESS is
//! the folder of the Express server, with its packages installed. It starts `wxpay`, which must have been built beside it.
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

impl Plan {
    /// The arguments after the first.
    fn read(args: &[String]) -> Self {
        let mut plan = Self { rounds: 9, notices: 8_000, pays: 6_000, express: None };
        for arg in args {
            match arg.strip_prefix("--").map(|arg| arg.split_once('=').unwrap_or((arg, ""))) {
                Some(("short", "")) => plan = Self { rounds: 1, notices: 64, pays: 64, ..plan },
                Some(("rounds", number)) => plan.rounds = number.parse().unwrap(),
                Some(("notices", number)) => plan.notices = number.parse().unwrap(),
                Some(("pays", number)) => plan.pays = number.parse().unwrap(),
                Some((other, _)) => panic!("what is --{other}?"),
                None => plan.express = Some(arg.into()),
            }
        }
        plan
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let plan = Plan::read(args.get(1..).unwrap_or_default());
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
