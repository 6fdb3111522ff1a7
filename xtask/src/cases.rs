//! The table of cases in docs/reliability.md: every case is in it, and every test it names exists.
//!
//! A row is `| id | what | tests |`. Tests are named as ``bin`, `bin`: `name_…`, `name_…`; `bin`: …`, where bin is a test
//! program of tests/tests, or the package of unit tests, and the name of a test has the case's id in it. Files and
//! `cargo xtask COMMAND` may stand beside or instead of them. What does not apply begins with "does not apply:". Rows
//! without an id name tests in the same way, and the rest of the page by names alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::TaskError;
use crate::paths;
use crate::report::Step;

/// How many cases each letter has.
const LETTERS: [(char, usize); 14] = [
    ('S', 10),
    ('X', 8),
    ('M', 6),
    ('T', 10),
    ('A', 8),
    ('H', 8),
    ('C', 9),
    ('U', 10),
    ('K', 5),
    ('G', 4),
    ('P', 4),
    ('Q', 4),
    ('W', 5),
    ('B', 3),
];
const NONE: &str = "does not apply: ";

/// One row: what its last cell says.
type Rows = BTreeMap<String, String>;
/// Test functions by program or package.
type Tests = BTreeMap<String, BTreeSet<String>>;

/// Compares the table with the tests.
pub fn check(_: &mut Step<'_>) -> Result<String, TaskError> {
    let page = paths::root().join("docs/reliability.md");
    let text = fs::read_to_string(&page).map_err(|error| TaskError::file(&page, &error))?;
    let (rows, mut wrong) = rows(&text);
    wrong.extend(missing(&rows));
    let tests = tests()?;
    for (id, cell) in &rows {
        wrong.extend(faults(id, cell, &tests).into_iter().map(|what| format!("{id}: {what}")));
    }
    for cell in more_rows(&text) {
        wrong.extend(faults("", cell, &tests).into_iter().map(|what| format!("{cell}: {what}")));
    }
    wrong.extend(strangers(&text, &tests));
    let known = |name: &&String| case_of(name).is_none_or(|id| is_case(&id));
    let strays = tests.values().flatten().filter(|name| !known(name));
    wrong.extend(strays.map(|name| format!("{name}: there is no such case")));
    if wrong.is_empty() {
        return Ok(format!("{} of 94 cases in docs/reliability.md", rows.len()));
    }
    Err(TaskError::new(wrong.join("\n"), "Mend the tables under \"Case by case\"."))
}

/// The command `cargo xtask cases`.
pub fn alone(verbose: bool) -> Result<(), TaskError> {
    crate::report::Report::new(verbose)?.step("cases", check)
}

/// The rows under "Case by case", and what is wrong with their form.
fn rows(text: &str) -> (Rows, Vec<String>) {
    let (mut rows, mut wrong) = (Rows::new(), Vec::new());
    let section = text.split_once("### Case by case").map_or("", |(_, rest)| rest);
    for line in section.lines().take_while(|line| !line.starts_with("## ")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, id, _, last, _] = cells.as_slice() else { continue };
        if is_case(id) {
            if rows.insert((*id).to_owned(), (*last).to_owned()).is_some() {
                wrong.push(format!("{id}: stands in the table twice"));
            }
        } else if id.chars().any(|c| c.is_ascii_digit()) {
            wrong.push(format!("{id}: there is no such case"));
        }
    }
    (rows, wrong)
}

/// The last cells of the rows that are no case of the list.
fn more_rows(text: &str) -> Vec<&str> {
    let cells = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, "", _, last, _] = cells.as_slice() else { return None };
        Some(*last)
    });
    cells.filter(|cell| cell.contains('`')).collect()
}

/// Words that can only be names of tests, and are not.
fn strangers(text: &str, tests: &Tests) -> Vec<String> {
    let is_name = |word: &&str| {
        let stem = word.trim_end_matches('…');
        stem.bytes().filter(|byte| *byte == b'_').count() > 4
            && stem.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let is_there = |word: &&str| tests.values().flatten().any(|test| fits(word, test));
    let words = quoted(text).into_iter().filter(is_name).filter(|word| !is_there(word));
    words.map(|word| format!("there is no test `{word}`")).collect()
}

/// Whether a name, or its beginning and `…`, is that of a test.
fn fits(name: &str, test: &str) -> bool {
    let stem = name.trim_end_matches('…');
    test == name || name != stem && test.starts_with(stem)
}

/// A letter's table is whole, or still to come.
fn missing(rows: &Rows) -> Vec<String> {
    let mut missing = Vec::new();
    for (letter, count) in LETTERS {
        let ids = (1..=count).map(|n| format!("{letter}{n:02}"));
        let absent = ids.filter(|id| !rows.contains_key(id));
        missing.extend(absent.map(|id| format!("{id}: is not in the table")));
    }
    missing
}

/// What is wrong with a row's last cell.
fn faults(id: &str, cell: &str, tests: &Tests) -> Vec<String> {
    if let Some(reason) = cell.strip_prefix(NONE) {
        let is_reason = reason.split_whitespace().count() > 2;
        return if is_reason { Vec::new() } else { vec!["no reason is given".to_owned()] };
    }
    let (mut wrong, mut shown) = (Vec::new(), 0);
    for group in cell.split(';') {
        let (before, names) = group.split_once(": ").unwrap_or(("", group));
        let programs = quoted(before);
        for name in quoted(names) {
            if is_file_or_command(name) {
                shown += 1;
                continue;
            }
            if !name.contains(&format!("{}_", id.to_lowercase())) {
                wrong.push(format!("`{name}` has not its name"));
            }
            for program in &programs {
                match tests.get(*program) {
                    Some(own) if own.iter().any(|test| fits(name, test)) => shown += 1,
                    Some(_) | None => {
                        wrong.push(format!("there is no test `{name}` in `{program}`"));
                    }
                }
            }
        }
    }
    if shown == 0 {
        wrong.push(format!("no test is named; what is left out begins with \"{NONE}\""));
    }
    wrong
}

/// What stands in backquotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).filter(|word| !word.is_empty()).collect()
}

fn is_file_or_command(name: &str) -> bool {
    match name.strip_prefix("cargo xtask ") {
        Some(command) => crate::HELP.lines().any(|line| {
            let first = command.split_whitespace().next();
            first.is_some() && line.split_whitespace().next() == first
        }),
        None => name.contains(['/', '.']) && paths::root().join(name).is_file(),
    }
}

fn is_case(id: &str) -> bool {
    let Some((letter, number)) = id.split_at_checked(1) else { return false };
    let count = LETTERS.iter().find(|(own, _)| letter == own.to_string()).map(|(_, count)| *count);
    let number = number.parse::<usize>().ok().filter(|_| number.len() == 2);
    number.is_some_and(|number| number >= 1 && count.is_some_and(|count| number <= count))
}

/// `S01` of `s01_what_it_shows`.
fn case_of(test: &str) -> Option<String> {
    let (id, _) = test.split_once('_')?;
    let mut chars = id.chars();
    let is_id = chars.next()?.is_ascii_lowercase() && chars.all(|c| c.is_ascii_digit());
    (is_id && id.len() == 3).then(|| id.to_uppercase())
}

/// Every test function of the workspace.
fn tests() -> Result<Tests, TaskError> {
    let mut tests = Tests::new();
    for package in ["core", "server", "simulator", "tests", "wasm", "xtask"] {
        let mut files = Vec::new();
        for folder in ["src", "tests"].map(|name| paths::root().join(package).join(name)) {
            if folder.is_dir() {
                source_files(&folder, &mut files)?;
            }
        }
        for file in files {
            let text = fs::read_to_string(&file).map_err(|e| TaskError::file(&file, &e))?;
            let below = file.strip_prefix(paths::root().join("tests/tests")).ok();
            let program = below.and_then(|path| path.iter().next()?.to_str());
            let own = tests.entry(program.unwrap_or(package).to_owned()).or_default();
            own.extend(functions(&text));
        }
    }
    Ok(tests)
}

/// The functions behind a `#[test]` of any kind.
fn functions(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in text.split("#[").filter(|part| {
        let attribute = part.split([']', '(']).next().unwrap_or_default();
        attribute == "test" || attribute.ends_with("::test")
    }) {
        let head = part.split_once("fn ").and_then(|(_, rest)| rest.split(['(', '<']).next());
        names.extend(head.map(str::to_owned));
    }
    names
}

fn source_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), TaskError> {
    let entries = fs::read_dir(folder).map_err(|error| TaskError::file(folder, &error))?;
    for entry in entries {
        let path = entry.map_err(|error| TaskError::file(folder, &error))?.path();
        if path.is_dir() {
            source_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_names_tests_that_are_there() {
        let own = BTreeSet::from(["c04_two_servers".to_owned(), "c05_s01_both".to_owned()]);
        let tests = Tests::from([("process".to_owned(), own)]);
        let faults = |id: &str, cell: &str| faults(id, cell, &tests).len();
        assert_eq!(faults("C04", "`process`: `c04_…`"), 0);
        assert_eq!(faults("C04", "`process`: `c04_two_servers`, `cargo xtask crash`"), 0);
        assert_eq!(faults("S01", "`process`: `c05_s01_…`"), 0);
        assert_eq!(faults("C04", "`cargo xtask crash`"), 0);
        assert_eq!(faults("C04", "does not apply: there is one process"), 0);
        for (id, cell) in [
            ("C04", "`store`: `c04_…`"),
            ("C04", "`process`: `c04_two`"),
            ("C05", "`process`: `c04_…`"),
            ("C04", "`process`: `c05_…`"),
            ("C04", "`cargo xtask nothing`"),
            ("C04", "does not apply: "),
            ("C04", ""),
        ] {
            assert_ne!(faults(id, cell), 0, "{id} {cell}");
        }
    }

    #[test]
    fn names_in_other_places_are_held_to_the_truth() {
        let tests = Tests::from([("whole".to_owned(), BTreeSet::from(["a_b_c_d_e_f".to_owned()]))]);
        let text = "see `a_b_c_d_e_f`, `a_b_c_…`, `a_b_c_d_e_g`, `out_trade_no`\n| | x | `whole`: `a_b_…` |";
        assert_eq!(strangers(text, &tests), ["there is no test `a_b_c_d_e_g`"]);
        assert_eq!(more_rows(text), ["`whole`: `a_b_…`"]);
    }

    #[test]
    fn every_letter_is_whole() {
        let text = "### Case by case\n| M01 | a | b |\n| M07 | a | b |\n| M01 | a | b |\n## Next\n| M02 | a | b |";
        let (rows, wrong) = rows(text);
        assert_eq!((rows.len(), wrong.len()), (1, 2), "{wrong:?}");
        let missing: Vec<_> = missing(&rows).into_iter().filter(|id| id.starts_with('M')).collect();
        assert_eq!(missing.len(), 5, "{missing:?}");
        assert_eq!(LETTERS.iter().map(|(_, count)| count).sum::<usize>(), 94);
    }

    #[test]
    fn tests_are_found_by_their_attribute() {
        let text = "#[tokio::test(flavor = \"x\")]\nasync fn a01_one() {}\nfn no() {}\n\
            proptest! {\n    #[test]\n    fn two(a in 1..2) {}\n}\n#[cfg(test)]\nmod tests {}";
        assert_eq!(functions(text), ["a01_one", "two"]);
        assert_eq!(case_of("a01_one"), Some("A01".into()));
        assert_eq!(case_of("an_other"), None);
    }
}
