//! Debian packages: installed here as root, otherwise only named.

use std::path::Path;
use std::process::Command;

use crate::error::TaskError;
use crate::process;
use crate::report::Step;

/// Whether `apt-get install` would work without asking anyone.
pub fn can_install() -> bool {
    let is_debian =
        Path::new("/etc/debian_version").exists() && Path::new("/usr/bin/apt-get").exists();
    is_debian && process::first_line(Command::new("id").arg("-u")).as_deref() == Some("0")
}

/// Installs packages by name, with fresh package lists.
pub fn install(step: &mut Step<'_>, packages: &[&str]) -> Result<(), TaskError> {
    let to_do = format!("Try it by hand: apt-get update && {}", to_type(packages));
    step.run(apt_get().arg("update"), &to_do)?;
    let mut install = apt_get();
    install.args(["install", "--yes", "--no-install-recommends"]).args(packages);
    step.run(&mut install, &to_do)
}

/// What a person types to install `packages`.
pub fn to_type(packages: &[&str]) -> String {
    format!("sudo apt-get install {}", packages.join(" "))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
