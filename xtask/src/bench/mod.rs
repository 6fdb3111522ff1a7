//! `cargo xtask bench`: measures, and writes docs/performance.md and docs/performance.svg.
//!
//! One file for each section. A section measures and answers with a [`Section`]: lines for the table, each a ratio of
//! two figures of this very run, which the chart shows as a bar. `cargo xtask bench PART…` measures only those parts; the
//! other sections of the page stay as they are.
#![allow(clippy::float_arithmetic, reason = "these are ratios of measured times, not money")]

mod chart;
mod chromium;
mod core;
pub mod counts;
mod figures;
mod libraries;
mod machine;
mod million;
mod node;
mod page;
mod peers;
pub mod server;

use std::ffi::OsString;
use std::fs;
use std::process::Command;

use figures::Figures;

use crate::error::TaskError;
use crate::paths;
use crate::report::{Report, Step};

const PAGE: &str = "docs/performance.md";

/// What one section found.
pub struct Section {
    pub title: &'static str,
    /// What was measured and how, in a sentence or two.
    pub about: String,
    pub rows: Vec<Row>,
    /// What keeps it from being faster, as a profile has shown.
    pub bounds: &'static str,
}

/// One line: ours against something else.
pub struct Row {
    pub what: String,
    pub against: String,
    /// Our cost for one of theirs; below 1 is faster.
    pub ratio: f64,
    pub aim: Option<Aim>,
    /// What else was counted, such as allocations.
    pub note: String,
}

/// What a ratio should be.
#[derive(Clone, Copy)]
pub enum Aim {
    /// Our cost is at most this many times the other's.
    AtMost(f64),
    /// We are at least this many times as fast.
    TimesFaster(f64),
}

/// A line of a comparison with a foreign library.
fn faster_than(call: &str, ours: f64, library: &str, theirs: f64, times: Option<f64>) -> Row {
    let aim = times.map(Aim::TimesFaster);
    let (what, against) = (words(call).to_owned(), library.to_owned());
    Row { what, against, ratio: ours / theirs, aim, note: String::new() }
}

/// Measures one section; the figures are those of the sections before it, and it may add its own.
type Measure = fn(&mut Step<'_>, &mut Figures) -> Result<Section, TaskError>;

/// Makes something ready, and says what.
type Prepare = fn(&mut Step<'_>) -> Result<String, TaskError>;

/// What can be measured by itself.
struct Part {
    name: &'static str,
    prepare: &'static [(&'static str, Prepare)],
    /// In the order of the report, each with the name of its step.
    sections: &'static [(&'static str, Measure)],
}

const PARTS: [Part; 4] = [
    Part { name: "core", prepare: &[], sections: &[("core", core::section)] },
    Part {
        name: "npm",
        prepare: &[("wasm", crate::wasm::build), ("peers", peers::install)],
        sections: &[
            ("node", node::section),
            ("libraries", libraries::section),
            ("chromium", chromium::section),
        ],
    },
    Part {
        name: "server",
        prepare: &[("build", server::build), ("express", server::install)],
        sections: &[("server", server::section)],
    },
    Part {
        name: "million",
        prepare: &[("build", million::build)],
        sections: &[("million", million::section)],
    },
];

/// Builds the server as it is shipped, and the program that measures it.
fn build_with(step: &mut Step<'_>, example: &str) -> Result<String, TaskError> {
    let mut cargo = paths::cargo();
    cargo.args(["build", "--release", "--package", "wxpay-server", "--package", "wxpay-tests"]);
    cargo.args(["--bin", "wxpay", "--example", example]);
    step.run(&mut cargo, "The compiler's message above says where.")?;
    Ok(format!("wxpay and the example {example}, release build"))
}

/// A program that measures, once it is built.
fn example(profile: &str, name: &str) -> Command {
    let file = format!("{profile}/examples/{name}{}", std::env::consts::EXE_SUFFIX);
    Command::new(paths::target().join(file))
}

/// Measures the parts that are named, or all, and writes their sections of the report.
pub fn run(args: &[OsString]) -> Result<(), TaskError> {
    let Asked { parts, verbose } = asked(args)?;
    let mut report = Report::new(verbose)?;
    let (mut sections, mut figures) = (Vec::new(), Figures::default());
    for part in &parts {
        for (name, prepare) in part.prepare {
            report.step(name, prepare)?;
        }
        for (name, measure) in part.sections {
            report.step(name, |step| {
                let section = measure(step, &mut figures)?;
                let detail = format!("{} ratios", section.rows.len());
                sections.push(section);
                Ok(detail)
            })?;
        }
    }
    let kept = if parts.len() == PARTS.len() { String::new() } else { read(PAGE)? };
    let page = page::markdown(&sections, &kept, &machine::describe());
    write("docs/performance.svg", &chart::svg(&page))?;
    write(PAGE, &page)
}

struct Asked {
    parts: Vec<&'static Part>,
    verbose: bool,
}

/// Names of parts, and whether all output is to be shown.
fn asked(args: &[OsString]) -> Result<Asked, TaskError> {
    let (mut parts, mut verbose) = (Vec::new(), false);
    for arg in args {
        let part = PARTS.iter().find(|part| arg == part.name);
        match part {
            Some(part) => parts.push(part),
            None if arg == "-v" || arg == "--verbose" => verbose = true,
            None => {
                let what = format!("bench does not know {:?}", arg.to_string_lossy());
                let names: Vec<_> = PARTS.iter().map(|part| part.name).collect();
                let to_do = format!("It takes -v and names of parts: {}.", names.join(", "));
                return Err(TaskError::new(what, to_do));
            }
        }
    }
    if parts.is_empty() {
        parts.extend(&PARTS);
    }
    Ok(Asked { parts, verbose })
}

fn read(name: &str) -> Result<String, TaskError> {
    let path = paths::root().join(name);
    fs::read_to_string(&path).map_err(|error| TaskError::file(&path, &error))
}

fn write(name: &str, text: &str) -> Result<(), TaskError> {
    let path = paths::root().join(name);
    let written =
        path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
    written.map_err(|error| TaskError::file(&path, &error))?;
    println!("{name}");
    Ok(())
}

/// What a call is called in the report.
fn words(call: &str) -> &str {
    match call {
        "sign_md5" => "sign, MD5",
        "sign_hmac" => "sign, HMAC-SHA256",
        "sign_hmac_once" => "sign, HMAC-SHA256, the key not prepared",
        "verify_md5" => "read and verify a notice, MD5",
        "verify_hmac" => "read and verify a notice, HMAC-SHA256",
        "signed_xml_md5" => "sign and write as XML, MD5",
        "explain_md5" => "explain, full search, MD5",
        "explain_hmac" => "explain, full search, HMAC-SHA256",
        other => other,
    }
}

impl Aim {
    pub fn reached(self, ratio: f64) -> bool {
        match self {
            Self::AtMost(most) => ratio <= most,
            Self::TimesFaster(times) => 1.0 / ratio >= times,
        }
    }
}
