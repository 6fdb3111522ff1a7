//! `cargo xtask deny` and `cargo xtask twice`: what is linked in, and whether the same sources make the same program.
//!
//! What needs no tool, no network and no minutes is a test: `tests/tests/supply`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::TaskError;
use crate::paths;
use crate::process;
use crate::report::{CANNOT_RUN, Report, Step};

const CARGO_DENY: &str = "0.20.2";
const WITH_NETWORK: &str = "where GitHub can be reached: cargo xtask deny, or cargo audit";

/// Licences, bans and sources as deny.toml has them, and the known advisories if their database can be fetched.
pub fn deny() -> Result<(), TaskError> {
    let mut report = Report::new(false)?;
    let program = paths::find_program(&["cargo-deny"]);
    let program = program.unwrap_or_else(|| home("deny").join("bin/cargo-deny"));
    report.step("cargo-deny", |step| install(step, &program))?;
    report.step("licences", |step| {
        check(step, &program, &["bans", "licenses", "sources"])?;
        Ok("licences, bans and sources are as deny.toml has them".to_owned())
    })?;
    report.step("advisories", |step| {
        if !step.try_run(cargo_deny(&program).args(["fetch", "db"]))? {
            return Ok(format!("{CANNOT_RUN}no advisory database; {WITH_NETWORK}"));
        }
        check(step, &program, &["--disable-fetch", "advisories"])?;
        Ok("no advisory but those that deny.toml names".to_owned())
    })
}

/// Two builds of the release program, each in a target folder of its own, must be equal byte by byte.
pub fn twice() -> Result<(), TaskError> {
    let mut report = Report::new(false)?;
    let mut built = Vec::new();
    for name in ["first", "second"] {
        report.step(name, |step| {
            let folder = home("twice").join(name);
            let mut command = paths::cargo();
            command.args(["build", "--release", "--locked", "--package", "wxpay-server"]);
            command.args(["--features", "demo"]).env("CARGO_TARGET_DIR", &folder);
            step.run(&mut command, "The compiler's message above says where.")?;
            let program = folder.join(format!("release/wxpay{}", std::env::consts::EXE_SUFFIX));
            let bytes = fs::read(&program).map_err(|error| TaskError::file(&program, &error))?;
            let said = format!("{} bytes", bytes.len());
            built.push(bytes);
            Ok(said)
        })?;
    }
    report.step("compare", |_| match built.as_slice() {
        [first, second] if first == second => Ok("the two are equal".to_owned()),
        _ => Err(TaskError::new("the two differ", "Compare them with diffoscope.")),
    })
}

fn install(step: &mut Step<'_>, program: &Path) -> Result<String, TaskError> {
    if !program.is_file() {
        let mut command = paths::cargo();
        command.args(["install", "cargo-deny", "--version", CARGO_DENY, "--locked", "--debug"]);
        command.arg("--root").arg(home("deny")).env("CARGO_TARGET_DIR", home("deny-build"));
        step.run(&mut command, "It is built from crates.io, which takes some minutes.")?;
    }
    let version = process::first_line(Command::new(program).arg("--version"));
    version.ok_or_else(|| TaskError::new("cargo-deny does not start", "cargo install cargo-deny"))
}

fn check(step: &mut Step<'_>, program: &Path, what: &[&str]) -> Result<(), TaskError> {
    step.run(cargo_deny(program).arg("check").args(what), "deny.toml says what may be linked in.")
}

fn cargo_deny(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("--locked").current_dir(paths::root());
    command
}

fn home(name: &str) -> PathBuf {
    paths::target().join(name)
}
