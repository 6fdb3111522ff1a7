//! The npm packages of the repository: js-demo, tests/interop, tests/browser, wasm/npm and its tests.

use std::path::Path;
use std::process::Command;

use crate::error::TaskError;
use crate::paths;
use crate::process;
use crate::report::Step;
use crate::stamp::Stamp;

/// Installs what package-lock.json names, unless node_modules already holds exactly that.
pub fn install(step: &mut Step<'_>, package: &str) -> Result<(), TaskError> {
    install_in(step, &paths::root().join(package))
}

/// The same in any folder.
pub fn install_in(step: &mut Step<'_>, folder: &Path) -> Result<(), TaskError> {
    let stamp =
        Stamp::of(folder.join("node_modules/.installed-lock"), &folder.join("package-lock.json"))?;
    if stamp.is_current() {
        return Ok(());
    }
    let shown = folder.display();
    let to_do = format!("`npm ci` in {shown} needs the npm registry; try it there by hand.");
    step.run(npm(folder).args(["ci", "--no-audit", "--no-fund"]), &to_do)?;
    stamp.set()
}

/// Runs one of the scripts in package.json.
pub fn script(step: &mut Step<'_>, package: &str, script: &str) -> Result<(), TaskError> {
    let to_do = format!("To see it alone: cd {package} && npm run {script}");
    step.run(npm(&paths::root().join(package)).args(["run", script]), &to_do)
}

/// Whether package.json has a script of this name.
pub fn has_script(package: &str, script: &str) -> bool {
    let mut ask = npm(&paths::root().join(package));
    let answer = process::first_line(ask.args(["pkg", "get", &format!("scripts.{script}")]));
    answer.is_some_and(|text| text != "{}")
}

fn npm(folder: &Path) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(folder);
    command
}
