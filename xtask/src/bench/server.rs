//! The server under load, beside what limits it and what one would write instead.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::figures::Figures;
use super::{Aim, Row, Section};
use crate::error::TaskError;
use crate::report::Step;
use crate::{npm, paths};

const EXPRESS: &str = "tests/bench/express";

/// Subject and name of a figure, what it is of and beside what, and what it should be.
type Line = (&'static str, &'static str, &'static str, &'static str, Option<Aim>);

const NOTICES: [Line; 6] = [
    ("notices", "beside_slower", NOTICE, "the slower of the next two", Some(Aim::AtMost(1.67))),
    ("notices", "beside_store", NOTICE, "the store alone, 64 writers", None),
    ("notices", "beside_idle", NOTICE, "a handler that does nothing", None),
    ("notices", "p99_beside_p50", "p99 of that", "its p50", Some(Aim::AtMost(3.0))),
    (
        "store",
        "beside_journal",
        "store alone, 64 writers",
        "journal of its bytes",
        Some(Aim::AtMost(4.0)),
    ),
    (
        "notices",
        "beside_express",
        NOTICE,
        "Express, tenpay and SQLite",
        Some(Aim::TimesFaster(3.0)),
    ),
];
const NOTICE: &str = "durable notice, 64 connections";
const PAY: Line = (
    "pay",
    "p99_beside_sync",
    "pay, beyond WeChat's 80 ms, p99 at half load",
    "one fdatasync, p50",
    Some(Aim::AtMost(5.0)),
);

const BOUNDS: &str = "What bounds it (perf of `target/release/examples/load`): the thread that writes. Of its time with the store \
    alone, two thirds go into sled's pages (28 % into splitting full ones), a tenth into reading the rows that \
    change, a twentieth into the sync, some 4 % into hashes and counts. A journal has no pages. For a pay the time \
    is waiting: each of its two changes waits for the disk twice (sled writes and waits with sync_file_range, then \
    comes the fdatasync), and goes from thread to thread on two processors, which load, WeChat and server share. The \
    intent must be on disk before WeChat is asked, and the prepay_id before the phone is told.";

pub fn section(step: &mut Step<'_>, _: &mut Figures) -> Result<Section, TaskError> {
    let mut figures = Figures::of(step, load("release", "notices")?.arg(folder()))?;
    figures.extend(Figures::of(step, &mut load("release", "pay")?)?);
    let rows = NOTICES.into_iter().chain([PAY]).map(|(subject, name, what, against, aim)| {
        let ratio = figures.get(subject, name)?;
        let note = note(&figures, name)?;
        Ok(Row { what: what.to_owned(), against: against.to_owned(), ratio, aim, note })
    });
    let about = "The release build on sled, each notice for another order, with numbers as the server makes them (they \
        begin with the time; with scattered ones a store does half as many changes), and answered when a power \
        cut cannot undo it; wall time, medians of windows in which all take turns, load and server on the same \
        processors and disk. The store makes the same changes durable. The handler that does nothing is behind \
        the same accept loop. The journal is one file, one thread, and one fdatasync for all that waits. The \
        Express server is one process that keeps each notice in one transaction of better-sqlite3 (WAL, \
        synchronous=FULL).";
    let rows = rows.collect::<Result<_, TaskError>>()?;
    Ok(Section { title: "Server", about: about.to_owned(), rows, bounds: BOUNDS })
}

fn note(figures: &Figures, name: &str) -> Result<String, TaskError> {
    Ok(match name {
        "beside_express" => {
            let times = 1.0 / figures.get("notices", "cpu_beside_express")?;
            format!("CPU time of the server process 1/{times:.1}")
        }
        "beside_idle" => {
            let times = figures.get("notices", "cpu_us")? / figures.get("idle", "cpu_us")?;
            format!("CPU time of the server process {times:.1} for one")
        }
        "p99_beside_sync" => {
            let sync = figures.get("sync", "p50_us")?;
            let times = figures.get("pay", "added_p50_us")? / sync;
            let change = figures.get("change", "p50_us")? / sync;
            format!("p50 {times:.1}; two changes become durable, one alone takes {change:.1}")
        }
        _ => String::new(),
    })
}

/// The release build of server and load.
pub fn build(step: &mut Step<'_>) -> Result<String, TaskError> {
    super::build_with(step, "load")
}

/// The Express server and its libraries.
pub fn install(step: &mut Step<'_>) -> Result<String, TaskError> {
    let (from, to) = (paths::root().join(EXPRESS), folder());
    fs::create_dir_all(&to).map_err(|error| TaskError::file(&to, &error))?;
    for name in ["package.json", "package-lock.json", "server.mjs"] {
        let file = from.join(name);
        fs::copy(&file, to.join(name)).map_err(|error| TaskError::file(&file, &error))?;
    }
    npm::install_in(step, &to)?;
    Ok("express, tenpay, better-sqlite3, pinned".to_owned())
}

/// A step of `cargo xtask test`: a little of the load, so that it still runs when somebody wants to measure.
pub fn check(step: &mut Step<'_>) -> Result<String, TaskError> {
    for what in ["notices", "pay"] {
        step.run(load("debug", what)?.arg("--short"), "Run it by hand to see why.")?;
        step.count_passed();
    }
    Ok("64 notices and 128 payments, as the bench makes them".to_owned())
}

/// The load program. Its data are on the disk that the repository is on.
fn load(profile: &str, what: &str) -> Result<Command, TaskError> {
    let data = paths::target().join("bench-data");
    fs::create_dir_all(&data).map_err(|error| TaskError::file(&data, &error))?;
    let mut command = super::example(profile, "load");
    command.env("TMPDIR", data).arg(what);
    Ok(command)
}

fn folder() -> PathBuf {
    paths::target().join("bench-express")
}
