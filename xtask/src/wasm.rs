//! The npm package `wxpay-wasm`: modules built, bound, packed into `wasm/npm/dist`, weighed, tested.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::TaskError;
use crate::report::{Report, Step};
use crate::targets::Toolchain;
use crate::{npm, paths};

const TARGET: &str = "wasm32-unknown-unknown";
const PACKAGE: &str = "wasm/npm";
const TESTS: &str = "wasm/npm/tests";
/// The package's modules, by the feature of wxpay-wasm that each is built with, and their opt-levels, as measured:
/// at `2` a message is read in half the time that `s` takes, for 1 KB of gzip; the debugger would grow by a sixth. The
/// digests have a level of their own, see Cargo.toml.
const MODULES: [(&str, &str); 2] = [("calls", "2"), ("explain", "s")];
const SEE_ABOVE: &str = "See the message above.";

/// Builds the package and says what it weighs.
pub fn package(verbose: bool) -> Result<(), TaskError> {
    Report::new(verbose)?.step("wasm", build)?;
    let sizes = Command::new("node").arg(paths::root().join(PACKAGE).join("sizes.mjs")).status();
    match sizes {
        Ok(_) => Ok(()),
        Err(error) => Err(TaskError::new(format!("node: {error}"), crate::process::DOCTOR)),
    }
}

/// Builds `wasm/npm/dist`; fails if an entry is larger than it may be.
pub fn build(step: &mut Step<'_>) -> Result<String, TaskError> {
    npm::install(step, PACKAGE)?;
    let toolchain = Toolchain::find(step, TARGET)?;
    let mut command = paths::cargo();
    command.args(["build", "--package", "xtask-wasm-bindgen"]);
    step.run(&mut command, "The compiler's message above says where.")?;
    let folder = paths::target().join("npm");
    fs::create_dir_all(&folder).map_err(|error| TaskError::file(&folder, &error))?;
    for (module, opt_level) in MODULES {
        compile(step, &toolchain, module, opt_level)?;
        bind(step, module, &folder)?;
    }
    let mut node = node(PACKAGE);
    step.run(node.arg("build.mjs").arg(&folder), SEE_ABOVE)?;
    step.run(
        self::node(PACKAGE).arg("sizes.mjs"),
        "Make it smaller, or say why it may be larger.",
    )?;
    Ok(format!("{PACKAGE}/dist, {}", toolchain.describe()))
}

/// The package as its users get it: packed, installed, imported, bundled, compiled against.
pub fn test(step: &mut Step<'_>) -> Result<String, TaskError> {
    npm::install(step, TESTS)?;
    npm::script(step, TESTS, "test")?;
    Ok(format!("{} passed", step.counts().passed))
}

fn compile(
    step: &mut Step<'_>,
    toolchain: &Toolchain,
    module: &str,
    opt_level: &str,
) -> Result<(), TaskError> {
    let mut command = toolchain.cargo("build");
    command.args(["--package", "wxpay-wasm", "--profile", "wasm", "--no-default-features"]);
    command.args(["--features", module]);
    command.env("CARGO_PROFILE_WASM_OPT_LEVEL", opt_level).env("CARGO_ENCODED_RUSTFLAGS", flags());
    step.run(&mut command, "The compiler's message above says where.")
}

fn bind(step: &mut Step<'_>, module: &str, folder: &Path) -> Result<(), TaskError> {
    let target = paths::target();
    let program = format!("xtask-wasm-bindgen{}", env::consts::EXE_SUFFIX);
    let mut command = Command::new(target.join("debug").join(program));
    command.arg(target.join(TARGET).join("wasm/wxpay_wasm.wasm")).arg(folder).arg(module);
    step.run(&mut command, SEE_ABOVE)
}

/// Flags for the module alone.
fn flags() -> String {
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| {
        let home = env::var_os("HOME").or_else(|| env::var_os("USERPROFILE"))?;
        Some(PathBuf::from(home).join(".cargo"))
    });
    let mut flags = vec![
        // Node 16 and older phones have neither.
        "-Ctarget-feature=-reference-types,-multivalue".to_owned(),
        // Only refund notices are decrypted.
        "--cfg=aes_backend_soft=\"compact\"".to_owned(),
    ];
    // Panic messages name source files; where those lie on this machine is nobody's business.
    for folder in [cargo_home.map(|home| home.join("registry/src")), Some(paths::root().into())] {
        flags.extend(folder.map(|folder| format!("--remap-path-prefix={}=", folder.display())));
    }
    flags.join("\x1f")
}

fn node(folder: &str) -> Command {
    let mut command = Command::new("node");
    command.current_dir(paths::root().join(folder));
    command
}
