//! `cargo xtask fuzz`: random input for everything that reads what strangers send.
//!
//! The targets are libFuzzer programs in the workspace `fuzz`, built with coverage by plain stable Rust: no further tool
//! is needed but a C++ compiler. What a target has found worth keeping stays under `target/fuzz`.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::TaskError;
use crate::paths;
use crate::report::{Report, Step};

/// Every target, and how many inputs each is given within `cargo xtask test`: some seconds a target.
const TARGETS: [(&str, u64); 7] = [
    ("xml", 200_000),
    ("sign", 100_000),
    ("explain", 40_000),
    ("refund_notice", 100_000),
    ("bill", 200_000),
    ("webhook", 100_000),
    ("api", 200_000),
];
/// How many inputs each target is given by `cargo xtask fuzz` when nothing else is said.
const LONG: u64 = 10_000_000;
/// After so many a target ends and goes on with what it has found: it says nothing while it runs, and who says nothing
/// for long is taken for dead.
const PIECE: u64 = 500_000;
/// The largest input, in bytes: what is longer than a message finds nothing that a shorter one does not.
const MAX_LEN: u32 = 4096;
/// LLVM's coverage instrumentation, as libFuzzer wants it.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// `cargo xtask fuzz [--runs N] [TARGET …]`
pub fn long(args: &[OsString]) -> Result<(), TaskError> {
    let (runs, names) = parse(args)?;
    let mut report = Report::new(false)?;
    report.step("fuzz build", build)?;
    for (name, _) in TARGETS {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            report.step(name, |step| run(step, name, runs, Start::Anew))?;
        }
    }
    Ok(())
}

/// The short form, from the same beginning every time.
pub fn short(step: &mut Step<'_>) -> Result<String, TaskError> {
    build(step)?;
    let mut total = 0;
    for (name, runs) in TARGETS {
        run(step, name, runs, Start::Seeded)?;
        total += runs;
    }
    Ok(format!("{} targets, {total} inputs, 0 crashes", TARGETS.len()))
}

/// Where the random numbers come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// Other inputs each time.
    Anew,
    /// The same inputs each time.
    Seeded,
}

fn parse(args: &[OsString]) -> Result<(u64, Vec<String>), TaskError> {
    let usage = || {
        let names: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
        let to_do = format!("cargo xtask fuzz [--runs N] [{}]", names.join(" | "));
        TaskError::new("fuzz takes a number of inputs and names of targets", to_do)
    };
    let (mut runs, mut names) = (LONG, Vec::new());
    let mut args = args.iter().map(|arg| arg.to_string_lossy().into_owned());
    while let Some(arg) = args.next() {
        if arg == "--runs" {
            let number = args.next().and_then(|number| number.replace('_', "").parse().ok());
            runs = number.ok_or_else(usage)?;
        } else if TARGETS.iter().any(|(name, _)| *name == arg) {
            names.push(arg);
        } else {
            return Err(usage());
        }
    }
    Ok((runs, names))
}

fn build(step: &mut Step<'_>) -> Result<String, TaskError> {
    let mut command = paths::cargo();
    command.current_dir(paths::root().join("fuzz")).env("RUSTFLAGS", COVERAGE);
    command.env("CARGO_TARGET_DIR", home());
    // A target named explicitly keeps the flags away from build scripts.
    command.args(["build", "--release", "--locked", "--target", &host()?]);
    step.run(&mut command, "libFuzzer is C++: it needs a C++ compiler (Debian: apt install g++).")?;
    Ok("libFuzzer, coverage-guided".to_owned())
}

fn run(step: &mut Step<'_>, name: &str, runs: u64, start: Start) -> Result<String, TaskError> {
    let kept = home().join(if start == Start::Seeded { "short" } else { "corpus" }).join(name);
    if start == Start::Seeded && kept.exists() {
        fs::remove_dir_all(&kept).map_err(|error| unusable(&kept, &error))?;
    }
    fs::create_dir_all(&kept).map_err(|error| unusable(&kept, &error))?;
    let to_do = format!("The input lies in {}; run the target with it alone.", home().display());
    let mut left = runs;
    while left > 0 {
        let piece = left.min(PIECE);
        let mut command = Command::new(home().join(host()?).join("release").join(name));
        command.arg(format!("-runs={piece}")).arg(format!("-max_len={MAX_LEN}"));
        command.arg(format!("-artifact_prefix={}/{name}-", home().display()));
        command.args(["-timeout=10", "-rss_limit_mb=1024", "-verbosity=0", "-print_final_stats=1"]);
        if start == Start::Seeded {
            command.arg("-seed=1");
        }
        command.arg(&kept).arg(paths::root().join("fuzz/seeds").join(name));
        step.run(&mut command, &to_do)?;
        left -= piece;
    }
    step.count_passed();
    Ok(format!("{runs} inputs, 0 crashes"))
}

fn unusable(path: &Path, error: &std::io::Error) -> TaskError {
    TaskError::new(format!("{}: {error}", path.display()), "Make the directory writable.")
}

fn home() -> PathBuf {
    paths::target().join("fuzz")
}

fn host() -> Result<String, TaskError> {
    let host = crate::process::first_line(Command::new("rustc").args(["--print", "host-tuple"]));
    host.ok_or_else(|| TaskError::new("rustc does not say its host", crate::process::DOCTOR))
}
