//! `cargo xtask signing`: random sets signed by core and by Python, more of them than within `cargo xtask test`.

use std::ffi::OsString;

use crate::error::TaskError;
use crate::paths;
use crate::report::{Report, Step};

/// How many sets when nothing else is said.
const SETS: u64 = 1_000_000;

/// `cargo xtask signing [--maps N] [--seed N]`
pub fn run(args: &[OsString]) -> Result<(), TaskError> {
    let (maps, seed) = parse(args)?;
    let mut report = Report::new(false)?;
    let mut said = String::new();
    report.step("signing", |step| {
        said = compare(step, maps, seed)?;
        Ok(format!("{maps} sets, both algorithms, against Python"))
    })?;
    println!("\n{said}");
    Ok(())
}

fn parse(args: &[OsString]) -> Result<(u64, u64), TaskError> {
    let (mut maps, mut seed) = (SETS, 1);
    let mut args = args.iter().map(|arg| arg.to_string_lossy().into_owned());
    while let Some(arg) = args.next() {
        let number = args.next().and_then(|number| number.replace('_', "").parse().ok());
        match (arg.as_str(), number) {
            ("--maps", Some(number)) if number > 0 => maps = number,
            ("--seed", Some(number)) => seed = number,
            _ => {
                let what = "signing takes how many sets, and a seed";
                return Err(TaskError::new(what, "cargo xtask signing [--maps N] [--seed N]"));
            }
        }
    }
    Ok((maps, seed))
}

/// The line that the test says at its end.
fn compare(step: &mut Step<'_>, maps: u64, seed: u64) -> Result<String, TaskError> {
    let mut command = paths::cargo();
    command.args(["test", "--package", "wxpay-tests", "--test", "interop", "s06_"]);
    command.args(["--", "--nocapture"]);
    command.env("WXPAY_SIGNING_MAPS", maps.to_string());
    command.env("WXPAY_SIGNING_SEED", seed.to_string());
    let to_do = format!("The same again: cargo xtask signing --maps {maps} --seed {seed}");
    let lines = step.lines(&mut command, &to_do)?;
    let said = lines.into_iter().find(|line| line.starts_with("signing: "));
    said.ok_or_else(|| TaskError::new("the test has said nothing", to_do))
}
