//! Layers: the defaults, the file over them, `WXPAY__SECTION__KEY` over both.

use toml::{Table, Value};

use super::file::File;
use super::{DEFAULT, Problem};

const PREFIX: &str = "WXPAY__";

pub(super) fn layered(text: &str, environment: Vec<(String, String)>) -> Result<File, Problem> {
    let mut table = parse(DEFAULT)?;
    merge(&mut table, parse(text)?);
    for (name, value) in environment {
        if let Some(path) = name.strip_prefix(PREFIX) {
            set(&mut table, &path.to_lowercase(), value);
        }
    }
    Value::Table(table).try_into().map_err(problem)
}

fn parse(text: &str) -> Result<Table, Problem> {
    text.parse().map_err(problem)
}

fn problem(error: toml::de::Error) -> Problem {
    // The message alone: the full text quotes the line, which may hold what a person mistook for a place for secrets.
    Problem { key: "configuration".into(), what: error.message().into() }
}

fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(over)) => merge(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// `http__listen` = value; numbers and lists are read as TOML, anything else is text.
fn set(table: &mut Table, path: &str, value: String) {
    match path.split_once("__") {
        Some((section, rest)) => {
            let inner = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                set(inner, rest, value);
            }
        }
        None => {
            let parsed = format!("v = {value}").parse::<Table>().ok();
            let parsed = parsed.and_then(|mut table| table.remove("v"));
            table.insert(path.into(), parsed.unwrap_or(Value::String(value)));
        }
    }
}
