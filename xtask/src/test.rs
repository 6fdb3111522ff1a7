//! `cargo xtask test`: everything CI runs, in order, up to the first failure.

use std::time::Instant;

use crate::error::TaskError;
use crate::report::{Report, Step, seconds};
use crate::targets::Toolchain;
use crate::{bench, browser, cases, fuzz, npm, paths, run, tools, wasm};

/// A microcontroller without an operating system: whoever builds for it has no std to lean on.
const NO_STD_TARGET: &str = "thumbv7em-none-eabi";

/// Runs all steps; the last line is `N passed, M failed`.
pub fn everything(verbose: bool) -> Result<(), TaskError> {
    let started = Instant::now();
    let mut report = Report::new(verbose)?;
    let result = steps(&mut report);
    if let Err(error) = &result {
        println!("\n{error}");
    }
    println!("\n{} in all", seconds(started.elapsed()));
    let counts = report.counts();
    println!("{} passed, {} failed", counts.passed, counts.failed);
    // The reason stands above, so that the counts stay the last line.
    if result.is_err() { std::process::exit(1) } else { Ok(()) }
}

/// The npm package comes before the pages, which have it inside, and they before clippy: the server embeds them.
fn steps(report: &mut Report) -> Result<(), TaskError> {
    report.step("tools", tools::install)?;
    report.step("format", format)?;
    report.step("cases", cases::check)?;
    report.step("wasm", wasm::build)?;
    report.step("pages", run::pages)?;
    report.step("clippy", clippy)?;
    report.step("build", build)?;
    report.step("tests", tests)?;
    report.step("counts", bench::counts::check)?;
    report.step("load", bench::server::check)?;
    report.step("no_std", no_std)?;
    report.step("fuzz", fuzz::short)?;
    report.step("npm", wasm::test)?;
    report.step("node", node)?;
    report.step("browser", browser::test)
}

fn format(step: &mut Step<'_>) -> Result<String, TaskError> {
    step.run(paths::cargo().args(["fmt", "--check", "--", "--color=never"]), "Type `cargo fmt`.")?;
    let mut fuzz = paths::cargo();
    fuzz.args(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]);
    step.run(&mut fuzz, "Type `cargo fmt --manifest-path fuzz/Cargo.toml`.")?;
    Ok("cargo fmt --check".to_owned())
}

fn clippy(step: &mut Step<'_>) -> Result<String, TaskError> {
    let mut command = paths::cargo();
    command.args(["clippy", "--workspace", "--all-targets", "--all-features"]);
    step.run(command.args(["--", "--deny", "warnings"]), "Change what clippy names above.")?;
    Ok("all targets, all features".to_owned())
}

/// Tests included: they are built once, with the features that `cargo test` wants, and the programs beside them.
fn build(step: &mut Step<'_>) -> Result<String, TaskError> {
    let mut command = paths::cargo();
    command.args(["build", "--workspace", "--all-targets", "--all-features"]);
    step.run(&mut command, "The compiler's message above says where.")?;
    Ok("all targets, all features".to_owned())
}

fn tests(step: &mut Step<'_>) -> Result<String, TaskError> {
    let mut command = paths::cargo();
    command.args(["test", "--workspace", "--all-features", "--no-fail-fast"]);
    step.run(&mut command, "To see one alone: cargo test --package PACKAGE --all-features NAME")?;
    Ok(format!("cargo test: {} passed", step.counts().passed))
}

fn no_std(step: &mut Step<'_>) -> Result<String, TaskError> {
    let toolchain = Toolchain::find(step, NO_STD_TARGET)?;
    let mut command = toolchain.cargo("build");
    command.args(["--package", "wxpay-core", "--no-default-features"]);
    step.run(&mut command, "wxpay-core must build without std: see the compiler's message above.")?;
    Ok(format!("wxpay-core, {}", toolchain.describe()))
}

fn node(step: &mut Step<'_>) -> Result<String, TaskError> {
    if !npm::has_script("js-demo", "test") {
        return Ok("js-demo has no test script".to_owned());
    }
    npm::script(step, "js-demo", "test")?;
    Ok(format!("js-demo: {} passed", step.counts().passed))
}
