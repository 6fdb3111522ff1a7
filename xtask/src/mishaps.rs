//! `cargo xtask crash`, `powercut`, `syncfail`, `damage`, `connections`, `requests`, `gateway`, `schedules`: what may
//! happen to a server, its disk, its clients and its calls, for longer than within `cargo xtask test`.

use std::ffi::OsString;

use crate::error::TaskError;
use crate::paths;
use crate::report::{CANNOT_RUN, Report, Step};

/// One kind of mishap.
pub struct Mishap {
    name: &'static str,
    /// How many rounds when nothing else is said.
    rounds: u64,
    /// What a round is called.
    counted: &'static str,
    /// Where the test is, and which.
    file: &'static str,
    test: &'static str,
}

pub const CRASH: Mishap = Mishap::new("crash", 200, "crash", "kill::");
pub const POWERCUT: Mishap = Mishap::new("powercut", 100, "crash", "power::");
pub const SYNCFAIL: Mishap = Mishap::new("syncfail", 200, "crash", "sync::");
pub const DAMAGE: Mishap = Mishap::new("damage", 60, "crash", "damage::");
pub const CONNECTIONS: Mishap =
    Mishap::new("connections", 1_000, "process", "connections::h01").counting("sockets");
pub const REQUESTS: Mishap =
    Mishap::new("requests", 100_000, "whole", "generated::h07").counting("requests");
/// Every fault of every call three times.
pub const GATEWAY: Mishap = Mishap::new("gateway", 504, "whole", "u05_every_fault");
pub const SCHEDULES: Mishap = Mishap::new("schedules", 10_000, "schedules", "k02_");

impl Mishap {
    const fn new(name: &'static str, rounds: u64, file: &'static str, test: &'static str) -> Self {
        Self { name, rounds, counted: "rounds", file, test }
    }

    const fn counting(self, counted: &'static str) -> Self {
        Self { counted, ..self }
    }

    /// `cargo xtask crash [--rounds N] [--seed N]`
    pub fn run(&self, args: &[OsString]) -> Result<(), TaskError> {
        let (rounds, seed) = self.parse(args)?;
        let mut report = Report::new(false)?;
        report.step("build", build)?;
        let mut row = Vec::new();
        report.step(self.name, |step| {
            let line = self.rounds(step, rounds, seed)?;
            let (counts, more) = line.split_once("; ").unwrap_or((&line, ""));
            row = counts.split(", ").map(str::to_owned).collect();
            Ok(more.to_owned())
        })?;
        println!("\n{}", row.join(" | "));
        Ok(())
    }

    fn parse(&self, args: &[OsString]) -> Result<(u64, u64), TaskError> {
        let (mut rounds, mut seed) = (self.rounds, 1);
        let usage = || {
            let Self { name, counted, .. } = self;
            let what = format!("{name} takes how many {counted}, and a seed");
            TaskError::new(what, format!("cargo xtask {name} [--{counted} N] [--seed N]"))
        };
        let mut args = args.iter().map(|arg| arg.to_string_lossy().into_owned());
        while let Some(arg) = args.next() {
            let number = args.next().and_then(|number| number.replace('_', "").parse().ok());
            match (arg.strip_prefix("--"), number) {
                (Some(what), Some(number)) if what == self.counted && number > 0 => rounds = number,
                (Some("seed"), Some(number)) => seed = number,
                _ => return Err(usage()),
            }
        }
        Ok((rounds, seed))
    }

    /// The line that the test says at its end, without its name.
    fn rounds(&self, step: &mut Step<'_>, rounds: u64, seed: u64) -> Result<String, TaskError> {
        let mut command = paths::cargo();
        command.args(["test", "--package", "wxpay-tests", "--test", self.file, self.test]);
        command.args(["--", "--nocapture", "--test-threads", "1"]);
        let setting = |what: &str| format!("WXPAY_{}_{what}", self.name.to_uppercase());
        command.env(setting(&self.counted.to_uppercase()), rounds.to_string());
        command.env(setting("SEED"), seed.to_string());
        let Self { name, counted, .. } = self;
        let to_do =
            format!("The same again: cargo xtask {name} --{counted} {rounds} --seed {seed}");
        let (marks, mut said, mut why) = (format!("{name}: {rounds} {counted}"), None, None);
        for line in step.lines(&mut command, &to_do)? {
            if let Some((_, rest)) = line.split_once(CANNOT_RUN) {
                why = Some(rest.to_owned());
            } else if let Some(at) = line.find(&marks) {
                said = line.get(at + self.name.len() + 2..).map(str::to_owned);
            }
        }
        match (said, why) {
            (Some(said), _) => Ok(said),
            (None, Some(why)) => Err(TaskError::new(format!("{CANNOT_RUN}{why}"), NEEDS)),
            (None, None) => Err(TaskError::new("the test has said nothing", to_do)),
        }
    }
}

const NEEDS: &str =
    "powercut needs root, loop devices and e2fsprogs; syncfail needs strace and ptrace.";

fn build(step: &mut Step<'_>) -> Result<String, TaskError> {
    let mut command = paths::cargo();
    command.args(["build", "--package", "wxpay-server", "--features", "demo"]);
    step.run(&mut command, "The compiler's message above says where.")?;
    Ok("wxpay-server".to_owned())
}
