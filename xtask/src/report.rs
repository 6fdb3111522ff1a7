//! What a run shows: one line for each step. All output goes to a log file, and to the screen when a step fails.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::counts::Counts;
use crate::error::TaskError;
use crate::{paths, process};

/// How much of a failed command's output is shown; the log has it all.
const SHOWN_LINES: usize = 500;
/// How a test says that it cannot run on this machine, and why. No screen is without such a line.
pub const CANNOT_RUN: &str = "cannot run here: ";
const NAME_WIDTH: usize = 9;
const DETAIL_WIDTH: usize = 56;

/// The steps of one run, one after the other.
pub struct Report {
    log: File,
    log_path: PathBuf,
    verbose: bool,
    tty: bool,
    counts: Counts,
}

/// One step at work.
pub struct Step<'a> {
    report: &'a mut Report,
    name: &'static str,
    counts: Counts,
    /// What could not run, and why.
    not_run: Vec<String>,
}

impl Report {
    /// Starts a run; `verbose` shows all output as it comes.
    pub fn new(verbose: bool) -> Result<Self, TaskError> {
        let log_path = paths::target().join("xtask.log");
        let log = File::create(&log_path).map_err(|error| TaskError::file(&log_path, &error))?;
        let tty = io::stdout().is_terminal();
        Ok(Self { log, log_path, verbose, tty, counts: Counts::default() })
    }

    /// Runs one step and prints its line: the name, what `work` says of it, the time.
    pub fn step(
        &mut self,
        name: &'static str,
        work: impl FnOnce(&mut Step<'_>) -> Result<String, TaskError>,
    ) -> Result<(), TaskError> {
        let started = Instant::now();
        let mut step = Step { report: self, name, counts: Counts::default(), not_run: Vec::new() };
        let result = work(&mut step);
        let Step { counts, not_run, .. } = step;
        self.counts.passed += counts.passed;
        self.counts.failed += counts.failed;
        let detail = match &result {
            Ok(detail) => detail,
            Err(_) => {
                // A step can fail without a test that fails: it counts as one.
                self.counts.failed += u64::from(counts.failed == 0);
                "failed"
            }
        };
        self.print_line(name, detail, started.elapsed(), result.is_ok());
        for why in not_run {
            println!("! {:NAME_WIDTH$} {CANNOT_RUN}{why}", "");
        }
        result.map(drop)
    }

    /// Tests counted in all steps.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn print_line(&self, name: &str, detail: &str, time: Duration, good: bool) {
        let mark = if good { "✓" } else { "✗" };
        let (colour, plain) = match (self.tty, good) {
            (true, true) => ("\r\x1b[2K\x1b[32m", "\x1b[0m"),
            (true, false) => ("\r\x1b[2K\x1b[31m", "\x1b[0m"),
            (false, _) => ("", ""),
        };
        let time = seconds(time);
        println!("{colour}{mark}{plain} {name:NAME_WIDTH$} {detail:DETAIL_WIDTH$} {time:>9}");
    }
}

impl Step<'_> {
    /// Runs a command to its end. If it fails, its output is shown, and `to_do` says what to type or change.
    pub fn run(&mut self, command: &mut Command, to_do: &str) -> Result<(), TaskError> {
        self.lines(command, to_do).map(drop)
    }

    /// As [`Step::run`]; answers with what the command printed.
    pub fn lines(&mut self, command: &mut Command, to_do: &str) -> Result<Vec<String>, TaskError> {
        let shown = process::shown(command);
        self.say(&format!("$ {shown}"));
        let mut output = Vec::new();
        let status = process::stream(command, |line| {
            self.say(line);
            self.counts.read(line);
            if let Some((_, why)) = line.split_once(CANNOT_RUN) {
                self.not_run.push(why.to_owned());
            }
            output.push(line.to_owned());
        })?;
        if status.success() {
            return Ok(output);
        }
        if !self.report.verbose {
            self.show(&output);
        }
        Err(TaskError::new(format!("`{shown}`: {status}"), to_do))
    }

    /// As [`Step::run`], but a failure is an answer: whether the command ended well.
    pub fn try_run(&mut self, command: &mut Command) -> Result<bool, TaskError> {
        self.say(&format!("$ {}", process::shown(command)));
        Ok(process::stream(command, |line| self.say(line))?.success())
    }

    /// Tests counted in this step.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Adds a test that no runner's closing line tells of.
    pub fn count_passed(&mut self) {
        self.counts.passed += 1;
    }

    /// A line for the log, and for the screen as far as it is wanted there.
    fn say(&mut self, line: &str) {
        // A full disk must not hide the result of the run.
        let _ = writeln!(self.report.log, "{line}");
        if self.report.verbose {
            println!("{line}");
        } else if self.report.tty {
            let line: String =
                line.chars().filter(|c| !c.is_control()).take(DETAIL_WIDTH).collect();
            print!("\r\x1b[2K\x1b[2m… {:NAME_WIDTH$} {line}\x1b[0m", self.name);
            let _ = io::stdout().flush();
        }
    }

    fn show(&self, output: &[String]) {
        if self.report.tty {
            print!("\r\x1b[2K");
        }
        // Hundreds of good tests would bury the one that is not.
        let told: Vec<_> = output.iter().filter(|line| !line.ends_with(" ... ok")).collect();
        let left_out = told.len().saturating_sub(SHOWN_LINES);
        told.iter().skip(left_out).for_each(|line| println!("{line}"));
        println!("(all of it: {})\n", self.report.log_path.display());
    }
}

/// `3.4 s`, `2 min 05 s`.
pub fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{}.{} s", time.as_secs(), time.subsec_millis() / 100),
        whole => format!("{} min {:02} s", whole / 60, whole % 60),
    }
}
