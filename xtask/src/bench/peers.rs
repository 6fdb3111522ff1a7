//! Foreign libraries, with pinned versions, in `target/bench-peers`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::error::TaskError;
use crate::report::Step;
use crate::{npm, paths, python, tools};

const SCRIPTS: &str = "tests/bench";

/// Copies the measuring scripts and installs the libraries beside them.
pub fn install(step: &mut Step<'_>) -> Result<String, TaskError> {
    tools::install_missing(step)?;
    let (from, to) = (paths::root().join(SCRIPTS), folder());
    fs::create_dir_all(&to).map_err(|error| TaskError::file(&to, &error))?;
    let scripts = fs::read_dir(&from).map_err(|error| TaskError::file(&from, &error))?;
    for script in scripts.filter_map(Result::ok).map(|entry| entry.path()).filter(|p| p.is_file()) {
        let name = script.file_name().unwrap_or_default();
        fs::copy(&script, to.join(name)).map_err(|error| TaskError::file(&script, &error))?;
    }
    npm::install_in(step, &to)?;
    python::install_in(step, &to.join("requirements.txt"), &to.join("venv"))?;
    Ok("npm and PyPI libraries, pinned".to_owned())
}

/// A measuring script, ready to run: its arguments are the fixture and the built npm package.
pub fn script(program: &str, name: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder()).arg(name);
    command.arg(paths::root().join("core/benches/fixture.json"));
    command.arg(paths::root().join("wasm/npm/dist"));
    command
}

pub fn folder() -> PathBuf {
    paths::target().join("bench-peers")
}
