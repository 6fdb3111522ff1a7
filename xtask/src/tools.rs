//! The tools that building and testing need: which are here, and how the others get here.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::error::TaskError;
use crate::report::{Report, Step};
use crate::{debian, npm, paths, process, python};

/// One tool.
struct Tool {
    name: &'static str,
    /// Its version, if it is here and new enough.
    found: fn() -> Option<String>,
    from: Source,
}

/// Where a tool comes from.
enum Source {
    /// A component of the Rust toolchain.
    Rustup(&'static str),
    /// Debian packages; the text says what to do elsewhere.
    Debian(&'static [&'static str], &'static str),
}

const TOOLS: &[Tool] = &[
    Tool { name: "cargo", found: cargo, from: Source::Rustup("cargo") },
    Tool { name: "rustfmt", found: rustfmt, from: Source::Rustup("rustfmt") },
    Tool { name: "clippy", found: clippy, from: Source::Rustup("clippy") },
    Tool {
        name: "node",
        found: node,
        from: Source::Debian(&["nodejs"], "Node.js 20 or newer; Debian has it from 13 on"),
    },
    Tool { name: "npm", found: npm_version, from: Source::Debian(&["npm"], "npm, with Node.js") },
    Tool {
        name: "python3",
        found: python3,
        from: Source::Debian(&["python3", "python3-venv"], "Python 3 with its venv module"),
    },
    Tool {
        name: "chromium",
        found: chromium_version,
        from: Source::Debian(&["chromium"], "Chromium or Chrome; CHROMIUM may hold its path"),
    },
    Tool {
        name: "valgrind",
        found: valgrind,
        from: Source::Debian(&["valgrind"], "valgrind, whose callgrind counts instructions"),
    },
    Tool {
        name: "zh font",
        found: chinese_font,
        from: Source::Debian(&["fontconfig", "fonts-noto-cjk"], "a font with Chinese characters"),
    },
    Tool {
        name: "emoji font",
        found: emoji_font,
        from: Source::Debian(&["fontconfig", "fonts-noto-color-emoji"], "an emoji font"),
    },
];

/// `cargo xtask doctor`: prints what is here; with `fix` also installs what is not.
pub fn doctor(fix: bool) -> Result<(), TaskError> {
    if fix {
        Report::new(false)?.step("tools", install)?;
    }
    for tool in TOOLS {
        let state = (tool.found)().unwrap_or_else(|| format!("missing: {}", tool.to_type()));
        println!("{:11} {state}", tool.name);
    }
    Ok(())
}

/// Sees to it that every tool and every foreign library is here. Answers with the versions that matter.
pub fn install(step: &mut Step<'_>) -> Result<String, TaskError> {
    install_missing(step)?;
    npm::install(step, "tests/interop")?;
    npm::install(step, "tests/browser")?;
    python::install(step)?;
    Ok("Rust, Node, Python, Chromium, libraries for the tests".to_owned())
}

/// The browser for the end-to-end tests.
pub fn chromium() -> Option<PathBuf> {
    const NAMES: [&str; 4] =
        ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    const MAC: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
    let named = env::var_os("CHROMIUM").map(PathBuf::from);
    named
        .or_else(|| paths::find_program(&NAMES))
        .or_else(|| Some(PathBuf::from(MAC)).filter(|p| p.is_file()))
}

/// Sees to it that every tool is here.
pub fn install_missing(step: &mut Step<'_>) -> Result<(), TaskError> {
    let (mut components, mut packages) = (Vec::new(), Vec::new());
    for tool in missing() {
        match tool.from {
            Source::Rustup(component) => components.push(component),
            Source::Debian(names, _) => packages.extend(names),
        }
    }
    if !components.is_empty() && paths::find_program(&["rustup"]).is_some() {
        step.try_run(Command::new("rustup").args(["component", "add"]).args(&components))?;
    }
    if !packages.is_empty() && debian::can_install() {
        debian::install(step, &packages)?;
    }
    let still: Vec<String> =
        missing().map(|tool| format!("  {:11} {}", tool.name, tool.to_type())).collect();
    if still.is_empty() {
        return Ok(());
    }
    let to_do = format!("Install these, then run the command again:\n{}", still.join("\n"));
    Err(TaskError::new("tools are missing", to_do))
}

fn missing() -> impl Iterator<Item = &'static Tool> {
    TOOLS.iter().filter(|tool| (tool.found)().is_none())
}

impl Tool {
    fn to_type(&self) -> String {
        match self.from {
            Source::Rustup(component) => format!("rustup component add {component}"),
            Source::Debian(packages, elsewhere) => {
                format!("{} (or {elsewhere})", debian::to_type(packages))
            }
        }
    }
}

fn cargo() -> Option<String> {
    process::first_line(paths::cargo().arg("--version"))
}

fn rustfmt() -> Option<String> {
    process::first_line(paths::cargo().args(["fmt", "--version"]))
}

fn clippy() -> Option<String> {
    process::first_line(paths::cargo().args(["clippy", "--version"]))
}

fn node() -> Option<String> {
    process::first_line(Command::new("node").arg("--version"))
        .filter(|version| is_new_node(version))
}

/// `v20.1.0` and above.
fn is_new_node(version: &str) -> bool {
    let major = version.strip_prefix('v').and_then(|rest| rest.split('.').next());
    major.and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major >= 20)
}

fn npm_version() -> Option<String> {
    process::first_line(Command::new("npm").arg("--version"))
}

fn python3() -> Option<String> {
    let code = "import ensurepip, venv, platform; print(platform.python_version())";
    process::first_line(Command::new("python3").args(["-c", code]))
}

fn chromium_version() -> Option<String> {
    process::first_line(Command::new(chromium()?).arg("--version"))
}

/// It exists for few systems besides Linux; elsewhere instructions are not counted.
fn valgrind() -> Option<String> {
    process::first_line(Command::new("valgrind").arg("--version"))
}

fn chinese_font() -> Option<String> {
    font(":lang=zh-cn")
}

fn emoji_font() -> Option<String> {
    font(":lang=und-zsye")
}

/// Asks fontconfig; other systems bring such fonts along.
fn font(pattern: &str) -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some("the system's".to_owned());
    }
    process::first_line(Command::new("fc-list").args([pattern, "family"]))
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::is_new_node;

    #[test]
    fn node_20_is_the_oldest() {
        assert!(is_new_node("v20.0.0") && is_new_node("v24.1.3"));
        assert!(!is_new_node("v18.19.0") && !is_new_node("") && !is_new_node("20"));
    }
}
