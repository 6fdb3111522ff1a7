//! The commands that build and run the product: demo, web, build.

use std::ffi::OsString;
use std::process::Command;

use crate::error::TaskError;
use crate::report::{Report, Step};
use crate::{npm, paths, wasm};

/// Builds the pages, then becomes `wxpay demo`.
pub fn demo(args: &[OsString]) -> Result<(), TaskError> {
    package_and_pages(&mut Report::new(false)?)?;
    let mut command = paths::cargo();
    command.args(["run", "--package", "wxpay-server", "--features", "demo", "--", "demo"]);
    become_command(command.args(args))
}

/// Builds the pages.
pub fn web(verbose: bool) -> Result<(), TaskError> {
    package_and_pages(&mut Report::new(verbose)?)
}

/// Builds the release binary and says where it is.
pub fn build(verbose: bool) -> Result<(), TaskError> {
    let mut report = Report::new(verbose)?;
    package_and_pages(&mut report)?;
    report.step("release", |step| {
        let mut command = paths::cargo();
        command.args(["build", "--release", "--package", "wxpay-server", "--features", "demo"]);
        step.run(&mut command, "The compiler's message above says where.")?;
        Ok("wxpay-server".to_owned())
    })?;
    let binary =
        paths::target().join("release").join(format!("wxpay{}", std::env::consts::EXE_SUFFIX));
    println!("\n{}", binary.display());
    Ok(())
}

/// The npm package comes first: the debugger has it inside.
fn package_and_pages(report: &mut Report) -> Result<(), TaskError> {
    report.step("wasm", wasm::build)?;
    report.step("pages", pages)
}

/// The pages of js-demo: types checked, then bundled into `js-demo/dist`.
pub fn pages(step: &mut Step<'_>) -> Result<String, TaskError> {
    npm::install(step, "js-demo")?;
    npm::script(step, "js-demo", "check")?;
    npm::script(step, "js-demo", "build")?;
    Ok("js-demo: check, build".to_owned())
}

/// Hands this very process over, so that ctrl-c reaches the server alone and it can finish its work.
#[cfg(unix)]
fn become_command(command: &mut Command) -> Result<(), TaskError> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(TaskError::new(format!("cargo does not start: {error}"), crate::process::DOCTOR))
}

#[cfg(not(unix))]
fn become_command(command: &mut Command) -> Result<(), TaskError> {
    let status = command.status();
    let status = status.map_err(|error| {
        TaskError::new(format!("cargo does not start: {error}"), crate::process::DOCTOR)
    })?;
    if status.success() { Ok(()) } else { Err(TaskError::new(status.to_string(), "See above.")) }
}
