//! The end-to-end tests in a real browser: every `tests/browser/*.mjs`, run with node.
//!
//! A script gets `WXPAY_BIN` (the built `wxpay`) and `CHROMIUM` (the browser). It may use node's test runner or be a
//! plain program that exits 0 when all is well; one without a runner's closing line counts as one test.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::error::TaskError;
use crate::report::Step;
use crate::{paths, tools};

/// Runs all scripts, one after the other.
pub fn test(step: &mut Step<'_>) -> Result<String, TaskError> {
    let chromium = tools::chromium()
        .ok_or_else(|| TaskError::new("there is no Chromium", crate::process::DOCTOR))?;
    let binary =
        paths::target().join("debug").join(format!("wxpay{}", std::env::consts::EXE_SUFFIX));
    for script in scripts()? {
        let before = step.counts();
        let name = script.strip_prefix(paths::root()).unwrap_or(&script);
        let mut node = Command::new("node");
        node.arg(name).current_dir(paths::root());
        node.env("WXPAY_BIN", &binary).env("CHROMIUM", &chromium);
        let to_do = format!(
            "To see it alone: WXPAY_BIN={} CHROMIUM={} node {}",
            binary.display(),
            chromium.display(),
            name.display()
        );
        step.run(&mut node, &to_do)?;
        if step.counts() == before {
            step.count_passed();
        }
    }
    Ok(format!("{} passed", step.counts().passed))
}

fn scripts() -> Result<Vec<PathBuf>, TaskError> {
    let folder = paths::root().join("tests/browser");
    let entries = fs::read_dir(&folder).map_err(|error| TaskError::file(&folder, &error))?;
    let mut scripts: Vec<PathBuf> =
        entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    scripts.retain(|path| path.extension().is_some_and(|extension| extension == "mjs"));
    scripts.sort();
    if scripts.is_empty() {
        let what = format!("{} holds no *.mjs", folder.display());
        return Err(TaskError::new(
            what,
            "The end-to-end tests belong there; none may be left out.",
        ));
    }
    Ok(scripts)
}
