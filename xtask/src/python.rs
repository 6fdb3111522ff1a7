//! The Python side of the interop tests: a virtual environment of its own in `target/interop/venv`.

use std::path::Path;
use std::process::Command;

use crate::error::TaskError;
use crate::paths;
use crate::report::Step;
use crate::stamp::Stamp;

/// Makes the environment with the packages of `tests/interop/requirements.txt`, unless it is there already.
pub fn install(step: &mut Step<'_>) -> Result<(), TaskError> {
    let requirements = paths::root().join("tests/interop/requirements.txt");
    install_in(step, &requirements, &paths::target().join("interop/venv"))
}

/// The same for other packages and another place.
pub fn install_in(step: &mut Step<'_>, requirements: &Path, venv: &Path) -> Result<(), TaskError> {
    let stamp = Stamp::of(venv.join(".installed-requirements"), requirements)?;
    if stamp.is_current() {
        return Ok(());
    }
    let to_do = "It needs Python 3 with its venv module; on Debian: apt-get install python3-venv";
    step.run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(venv), to_do)?;
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--requirement"]);
    step.run(pip.arg(requirements), "pip needs the Python package index; try the line by hand.")?;
    stamp.set()
}
