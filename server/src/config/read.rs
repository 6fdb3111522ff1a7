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
            set(&mut table, &path.to_lowercase(), value).map_err(|what| problem(&name, what))?;
        }
    }
    serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| {
        let path = error.path().to_string();
        // A value in the wrong place may be a secret, so it is not quoted.
        let what = match error.inner().message() {
            // It names keys, no values.
            message if message.starts_with("unknown field") => message,
            _ if path.ends_with("_file") || path.ends_with("_env") => "expected text in quotes",
            _ if path == "merchants" => "expected [[merchants]], with two brackets on either side",
            message => message,
        };
        problem(if path == "." { "configuration" } else { &path }, what)
    })
}

fn parse(text: &str) -> Result<Table, Problem> {
    // The message alone: the full text quotes the line, which may hold what a person mistook for a place for secrets.
    text.parse::<Table>().map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        problem(&format!("line {}", before.matches('\n').count() + 1), error.message())
    })
}

fn problem(key: &str, what: impl Into<String>) -> Problem {
    Problem { key: key.into(), what: what.into() }
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

/// `http__listen` = value. Where the default is text, so is the value; else it is read as TOML.
fn set(table: &mut Table, path: &str, value: String) -> Result<(), &'static str> {
    let known = "expected WXPAY__SECTION__KEY, as in WXPAY__HTTP__LISTEN, outside of [[merchants]]";
    let (section, rest) = path.split_once("__").map_or((path, None), |(s, rest)| (s, Some(rest)));
    match (table.get_mut(section), rest) {
        (Some(Value::Table(inner)), Some(rest)) => set(inner, rest, value),
        (Some(text @ Value::String(_)), None) => {
            *text = Value::String(value);
            Ok(())
        }
        (Some(Value::Table(_) | Value::String(_)) | None, _) | (Some(_), Some(_)) => Err(known),
        (Some(other), None) => {
            let parsed = format!("v = {value}").parse::<Table>().ok();
            let parsed = parsed.and_then(|mut table| table.remove("v"));
            *other = parsed.unwrap_or(Value::String(value));
            Ok(())
        }
    }
}
