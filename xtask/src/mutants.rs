//! `cargo xtask mutants`: changes core in thousands of small ways, one after the other, and looks whether a test fails.
//!
//! cargo-mutants does it, by `.cargo/mutants.toml`. A mutant is tried with the tests of its own part first, which are
//! quickly built; what these miss is tried with all of core's. The whole list takes hours: `--shard K/N` takes every
//! Nth mutant, beginning with the Kth, from 0.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::error::TaskError;
use crate::paths;
use crate::report::{Report, Step};

/// A part of core and the tests beside it.
struct Part {
    name: &'static str,
    files: &'static [&'static str],
    except: &'static [&'static str],
    /// What cargo test is given; the unit tests only where there are some.
    tests: &'static [&'static str],
}

const PARTS: [Part; 5] = [
    Part { name: "bill", files: &["core/src/bill/**"], except: &[], tests: &["--test=bill"] },
    Part {
        name: "messages",
        files: &["core/src/messages/**"],
        except: &[],
        tests: &["--lib", "--test=messages"],
    },
    Part {
        name: "read",
        files: &["core/src/explain/read/**"],
        except: &[],
        tests: &["--test=explain_read", "--test=explain"],
    },
    Part {
        name: "explain",
        files: &["core/src/explain/**"],
        except: &["core/src/explain/read/**"],
        tests: &["--lib", "--test=explain"],
    },
    Part {
        name: "rest",
        files: &["core/src/**"],
        except: &["core/src/bill/**", "core/src/messages/**", "core/src/explain/**"],
        tests: &[
            "--lib",
            "--test=properties",
            "--test=vectors",
            "--test=invoke",
            "--test=xml_corpus",
            "--test=refund_notice",
            "--test=probes",
            "--test=messages",
        ],
    },
];

/// So many of a hundred mutants have to be noticed.
const AIM: usize = 90;
const BASELINE: &str =
    "The tests must pass without a mutant: cargo test -p wxpay-core --profile mutants";
const INSTALL: &str = "It needs cargo-mutants: cargo install cargo-mutants --locked";

/// Names of mutants, by what became of them.
#[derive(Default)]
struct Outcome {
    caught: Vec<String>,
    /// The test ran into its time limit: noticed as well, and counted apart.
    timeouts: Vec<String>,
    /// It does not compile.
    unviable: Vec<String>,
    missed: Vec<String>,
}

/// `cargo xtask mutants [--shard K/N]`
pub fn run(args: &[OsString]) -> Result<(), TaskError> {
    let shard = parse(args)?;
    let mut report = Report::new(false)?;
    let mut all = Outcome::default();
    for part in &PARTS {
        report.step(part.name, |step| {
            let outcome = part.run(step, &shard)?;
            let said = outcome.said();
            all.add(outcome);
            Ok(said)
        })?;
    }
    for name in &all.missed {
        println!("missed {name}");
    }
    println!("\nshard {shard}: {}", all.said());
    let noticed = all.caught.len() + all.timeouts.len();
    if noticed * 100 < (noticed + all.missed.len()) * AIM {
        return Err(TaskError::new(format!("less than {AIM} % are noticed"), "Write tests."));
    }
    Ok(())
}

fn parse(args: &[OsString]) -> Result<String, TaskError> {
    let args: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).collect();
    match args.iter().map(AsRef::as_ref).collect::<Vec<_>>().as_slice() {
        [] => Ok("0/1".into()),
        ["--shard", shard] if shard.contains('/') => Ok((*shard).into()),
        _ => {
            let what = "mutants takes which part of the list";
            Err(TaskError::new(what, "cargo xtask mutants [--shard K/N]"))
        }
    }
}

impl Part {
    fn run(&self, step: &mut Step<'_>, shard: &str) -> Result<Outcome, TaskError> {
        let mut command = mutants(&format!("{}-{}", shard.replace('/', "-"), self.name));
        command.args(["--shard", shard, "--sharding", "round-robin"]);
        command.args(self.files.iter().flat_map(|glob| ["--file", glob]));
        command.args(self.except.iter().flat_map(|glob| ["--exclude", glob]));
        command.arg("--").args(self.tests);
        let mut outcome = tried(step, &mut command)?;
        let missed = std::mem::take(&mut outcome.missed);
        if missed.is_empty() {
            return Ok(outcome);
        }
        let mut again = mutants(&format!("{}-{}-again", shard.replace('/', "-"), self.name));
        again.args(missed.iter().flat_map(|name| ["--re".to_owned(), exactly(name)]));
        again.args(["--", "--lib", "--tests"]);
        // Deleted fields come along unasked.
        let second = tried(step, &mut again)?.only(&missed);
        if second.count() != missed.len() {
            return Err(TaskError::new("some mutants were not tried again", BASELINE));
        }
        outcome.add(second);
        Ok(outcome)
    }
}

impl Outcome {
    fn add(&mut self, more: Self) {
        self.caught.extend(more.caught);
        self.timeouts.extend(more.timeouts);
        self.unviable.extend(more.unviable);
        self.missed.extend(more.missed);
    }

    fn only(mut self, names: &[String]) -> Self {
        for list in [&mut self.caught, &mut self.timeouts, &mut self.unviable, &mut self.missed] {
            list.retain(|name| names.contains(name));
        }
        self
    }

    fn count(&self) -> usize {
        self.counts().iter().sum()
    }

    fn counts(&self) -> [usize; 4] {
        [&self.caught, &self.missed, &self.timeouts, &self.unviable].map(Vec::len)
    }

    fn said(&self) -> String {
        let [caught, missed, timeouts, unviable] = self.counts();
        format!("{caught} caught, {missed} missed, {timeouts} timeouts, {unviable} unviable")
    }
}

/// cargo-mutants, its results in a folder of this name. What it builds stays for the next one.
fn mutants(name: &str) -> Command {
    let folder = paths::target().join("mutants");
    let mut command = paths::cargo();
    command.args(["mutants", "--package", "wxpay-core", "--colors", "never", "--output"]);
    command.arg(folder.join(name)).env("CARGO_TARGET_DIR", folder.join("build"));
    command
}

fn tried(step: &mut Step<'_>, command: &mut Command) -> Result<Outcome, TaskError> {
    let output = command.get_args().skip_while(|arg| *arg != "--output").nth(1);
    let folder = Path::new(output.unwrap_or_default()).join("mutants.out");
    // It ends with an error when it has missed something; that there are results is what counts.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.parent().unwrap_or(&folder))
        .map_err(|error| TaskError::file(&folder, &error))?;
    let is_all_well = step.try_run(command)?;
    let lines = |name: &str| -> Result<Vec<String>, TaskError> {
        let path = folder.join(name);
        let text = fs::read_to_string(&path)
            .map_err(|_| TaskError::new("cargo mutants has not run", INSTALL))?;
        Ok(text.lines().map(str::to_owned).collect())
    };
    let outcome = Outcome {
        caught: lines("caught.txt")?,
        timeouts: lines("timeout.txt")?,
        unviable: lines("unviable.txt")?,
        missed: lines("missed.txt")?,
    };
    if !is_all_well && outcome.count() == 0 {
        return Err(TaskError::new("no mutant was tried", BASELINE));
    }
    Ok(outcome)
}

/// A regular expression for this name alone.
fn exactly(name: &str) -> String {
    let mut expression = String::from("^");
    for c in name.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            expression.push('\\');
        }
        expression.push(c);
    }
    expression + "$"
}
