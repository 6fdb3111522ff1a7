//! Rust for a foreign target: microcontrollers (the proof that core needs no std) and wasm.
//!
//! In this order: the toolchain at hand has the target; rustup adds it; the toolchain has the sources of the library,
//! which is then built; Debian's rustc-web, which comes with them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::TaskError;
use crate::report::Step;
use crate::{debian, paths, process};

/// The Debian road: a compiler, its library sources, a linker for wasm.
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// A way to build for one target.
pub struct Toolchain {
    target: &'static str,
    road: Road,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Road {
    /// The library is there, compiled.
    Precompiled,
    /// Our own compiler builds the library from its sources.
    OwnSources,
    /// Debian's compiler builds the library from its sources.
    DebianSources,
}

impl Toolchain {
    /// Finds a way, installing what can be installed.
    pub fn find(step: &mut Step<'_>, target: &'static str) -> Result<Self, TaskError> {
        let found = |road| Ok(Self { target, road });
        if has_library(target) {
            return found(Road::Precompiled);
        }
        if paths::find_program(&["rustup"]).is_some()
            && step.try_run(Command::new("rustup").args(["target", "add", target]))?
            && has_library(target)
        {
            return found(Road::Precompiled);
        }
        if sysroot(Path::new("rustc")).is_some_and(|root| has_sources(&root)) {
            return found(Road::OwnSources);
        }
        if !has_debian_sources() && debian::can_install() {
            debian::install(step, &DEBIAN_PACKAGES)?;
        }
        if has_debian_sources() {
            return found(Road::DebianSources);
        }
        let to_do = format!(
            "Type one of these:\n  rustup target add {target}\n  {}",
            debian::to_type(&DEBIAN_PACKAGES)
        );
        Err(TaskError::new(format!("there is no Rust for {target} here"), to_do))
    }

    /// A cargo command such as `build` for the target.
    pub fn cargo(&self, subcommand: &str) -> Command {
        let mut command = match self.road {
            Road::Precompiled | Road::OwnSources => paths::cargo(),
            Road::DebianSources => debian_cargo(),
        };
        command.args([subcommand, "--target", self.target]);
        match self.road {
            Road::Precompiled => {}
            // -Zbuild-std is not stable yet; a stable compiler takes it only with this variable.
            Road::OwnSources | Road::DebianSources => {
                command.arg(format!("-Zbuild-std={}", self.library()));
                command.env("RUSTC_BOOTSTRAP", "1");
            }
        }
        command
    }

    /// What to build of the library: all there is for the target.
    fn library(&self) -> &'static str {
        if self.target.contains("-none-") { "core,alloc" } else { "std,panic_abort" }
    }

    /// Which road it is, in a few words.
    pub fn describe(&self) -> &'static str {
        match self.road {
            Road::Precompiled => "the toolchain's own library",
            Road::OwnSources => "library built from the toolchain's sources",
            Road::DebianSources => "Debian's compiler and sources",
        }
    }
}

/// Our cargo put rustup's toolchain into the environment; Debian's must not find it there.
fn debian_cargo() -> Command {
    let mut command = Command::new(DEBIAN_CARGO);
    command.current_dir(paths::root()).env("RUSTC", DEBIAN_RUSTC);
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-19");
    for name in ["CARGO", "LD_LIBRARY_PATH", "RUSTUP_TOOLCHAIN", "RUSTC_WRAPPER"] {
        command.env_remove(name);
    }
    command
}

fn has_library(target: &str) -> bool {
    let mut rustc = Command::new("rustc");
    let folder = process::first_line(rustc.args(["--print", "target-libdir", "--target", target]));
    let files = folder.and_then(|folder| Path::new(&folder).read_dir().ok());
    files.is_some_and(|files| {
        files
            .filter_map(Result::ok)
            .any(|f| f.file_name().to_string_lossy().starts_with("libcore-"))
    })
}

fn has_debian_sources() -> bool {
    Path::new(DEBIAN_CARGO).exists()
        && sysroot(Path::new(DEBIAN_RUSTC)).is_some_and(|root| has_sources(&root))
}

fn has_sources(sysroot: &Path) -> bool {
    sysroot.join("lib/rustlib/src/rust/library/core/src/lib.rs").exists()
}

fn sysroot(rustc: &Path) -> Option<PathBuf> {
    let mut ask = Command::new(rustc);
    ask.args(["--print", "sysroot"]).env_remove("LD_LIBRARY_PATH");
    process::first_line(&mut ask).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::{Road, Toolchain};

    fn typed(target: &'static str, road: Road) -> String {
        crate::process::shown(&Toolchain { target, road }.cargo("build"))
    }

    #[test]
    fn the_library_is_built_only_where_there_is_none() {
        let target = "thumbv7em-none-eabi";
        assert_eq!(typed(target, Road::Precompiled), "cargo build --target thumbv7em-none-eabi");
        for road in [Road::OwnSources, Road::DebianSources] {
            let line = typed(target, road);
            assert_eq!(line, "cargo build --target thumbv7em-none-eabi -Zbuild-std=core,alloc");
        }
        let wasm = typed("wasm32-unknown-unknown", Road::DebianSources);
        assert!(wasm.ends_with(" -Zbuild-std=std,panic_abort"), "{wasm}");
    }
}
