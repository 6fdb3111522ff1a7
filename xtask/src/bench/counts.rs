//! Instructions, counted by callgrind: the same number however busy the machine is.
//!
//! `core/benches/budget.txt` holds, for each call, how many instructions it may take for one of the bare digest of the
//! same bytes. As a ratio it holds on other machines and for other compilers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::TaskError;
use crate::report::{Report, Step};
use crate::{paths, tools};

const BUDGET: &str = "core/benches/budget.txt";
/// How far a call may be above its budget.
const SLACK: f64 = 1.1;
/// So many calls are counted together, unless one alone takes this many instructions.
const CALLS: u64 = 100;
const ENOUGH: f64 = 1e7;

/// One call, and how many instructions it takes for one of its baseline.
pub struct Count {
    pub call: String,
    pub baseline: String,
    pub ratio: f64,
}

/// Counts every call that has a baseline.
pub fn all(step: &mut Step<'_>) -> Result<Vec<Count>, TaskError> {
    let program = program(step)?;
    let calls = step.lines(Command::new(&program).arg("list"), "See the message above.")?;
    let mut counts = Vec::new();
    for line in calls {
        let Some((call, baseline)) = line.split_once("\tbaseline\t") else { continue };
        if baseline == "-" {
            continue;
        }
        let ratio = instructions(step, &program, call)? / instructions(step, &program, baseline)?;
        counts.push(Count { call: call.to_owned(), baseline: baseline.to_owned(), ratio });
    }
    Ok(counts)
}

/// `cargo xtask counts`: the check by itself.
pub fn alone(verbose: bool) -> Result<(), TaskError> {
    let mut report = Report::new(verbose)?;
    report.step("tools", |step| tools::install_missing(step).map(|()| "valgrind".to_owned()))?;
    report.step("counts", check)
}

/// Fails where a call takes more than its budget and the slack. Each call counts as a test.
pub fn check(step: &mut Step<'_>) -> Result<String, TaskError> {
    let path = paths::root().join(BUDGET);
    let text = fs::read_to_string(&path).map_err(|error| TaskError::file(&path, &error))?;
    let counts = all(step)?;
    let mut faults: Vec<String> = Vec::new();
    for count in &counts {
        match budget(&text, &count.call) {
            Some(budget) if count.ratio <= budget * SLACK => step.count_passed(),
            Some(budget) => faults.push(format!(
                "{}: {:.2} instructions for one of {}; its budget is {budget:.2}",
                count.call, count.ratio, count.baseline
            )),
            None => {
                faults.push(format!("{}: has no budget; it takes {:.2}", count.call, count.ratio))
            }
        }
    }
    if faults.is_empty() {
        return Ok(format!("instructions of {} calls within their budgets", counts.len()));
    }
    let to_do =
        format!("Find what costs (valgrind --tool=callgrind), or say in {BUDGET} why it may.");
    Err(TaskError::new(faults.join("\n"), to_do))
}

/// `call ratio` on a line of its own; `#` begins a comment.
fn budget(text: &str, call: &str) -> Option<f64> {
    let lines = text.lines().filter_map(|line| line.split('#').next()?.split_once(' '));
    lines.filter(|(name, _)| *name == call).find_map(|(_, ratio)| ratio.trim().parse().ok())
}

/// What one call adds to the program's instructions.
fn instructions(step: &mut Step<'_>, program: &Path, call: &str) -> Result<f64, TaskError> {
    let none = collected(step, program, call, 0)?;
    let one = collected(step, program, call, 1)? - none;
    if one > ENOUGH {
        return Ok(one);
    }
    Ok((collected(step, program, call, CALLS)? - none) / CALLS as f64)
}

fn collected(
    step: &mut Step<'_>,
    program: &Path,
    call: &str,
    times: u64,
) -> Result<f64, TaskError> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
    let lines =
        step.lines(valgrind.args(["count", call, &times.to_string()]), crate::process::DOCTOR)?;
    let collected = lines.iter().find_map(|line| line.split_once("Collected : "));
    let number = collected.and_then(|(_, number)| number.trim().parse().ok());
    number.ok_or_else(|| TaskError::new("callgrind counted nothing", "See the log."))
}

/// The measuring program, built as `cargo bench` builds it.
pub fn program(step: &mut Step<'_>) -> Result<PathBuf, TaskError> {
    let mut cargo = paths::cargo();
    cargo.args(["bench", "--package", "wxpay-core", "--bench", "core", "--no-run"]);
    let lines = step.lines(&mut cargo, "The compiler's message above says where.")?;
    let path =
        lines.iter().find_map(|line| line.trim().strip_prefix("Executable benches/core/main.rs ("));
    let path = path.and_then(|path| path.strip_suffix(')'));
    path.map(|path| paths::root().join(path)).ok_or_else(|| {
        TaskError::new("cargo does not say where the bench program is", "See the log.")
    })
}

#[cfg(test)]
mod tests {
    use super::budget;

    #[test]
    fn a_budget_is_found_by_its_call() {
        let text = "# ratios\nsign_md5 1.5\nsign_md5_long 2 # why\n";
        assert_eq!(budget(text, "sign_md5"), Some(1.5));
        assert_eq!(budget(text, "sign_md5_long"), Some(2.0));
        assert_eq!(budget(text, "sign"), None);
    }
}
