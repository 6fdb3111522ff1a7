//! docs/api.md as a table: each call, and every status and code it may be answered with.

use std::collections::{BTreeMap, BTreeSet};

const TEXT: &str = include_str!("../../../../docs/api.md");

/// What the document promises.
pub(crate) struct Document {
    /// By `METHOD /path`.
    calls: BTreeMap<String, Promise>,
    /// Each code that any call may be answered with, and its status.
    common: BTreeSet<(u16, String)>,
    /// The statuses of a notice that is not taken.
    notice_refused: BTreeSet<u16>,
    /// The statuses that come without a body.
    bare: BTreeSet<u16>,
}

/// What it promises of one call.
#[derive(Debug, Default)]
struct Promise {
    success: BTreeSet<u16>,
    errors: BTreeSet<(u16, String)>,
}

impl Document {
    pub(crate) fn read() -> Self {
        let errors = errors();
        let (mut calls, mut special) = (BTreeMap::<String, Promise>::new(), BTreeSet::new());
        for section in TEXT.split("\n## ") {
            let mut above = BTreeSet::new();
            for row in section.lines().filter(|line| line.starts_with("| `")) {
                let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
                let Some(name) = name(cells[0]) else { continue };
                let last = *cells.last().unwrap();
                let below = if last == "below" { section.split("Errors: ").nth(1) } else { None };
                let mut named = codes_in(&format!("{row}{}", below.unwrap_or_default()), &errors);
                if last.contains("those above") {
                    named.extend(above.iter().cloned());
                }
                above.extend(named.iter().cloned());
                special.extend(named.iter().cloned());
                let promise = calls.entry(name).or_default();
                promise.errors.extend(named);
                promise.success.extend(successes(&cells));
            }
        }
        let common = errors.into_iter().filter(|error| !special.contains(error)).collect();
        let notice_refused = numbers(paragraph("A notice that is not taken")).collect();
        let bare = numbers(paragraph("What is no HTTP")).collect();
        Self { calls, common, notice_refused, bare }
    }

    pub(crate) fn calls(&self) -> BTreeSet<&str> {
        self.calls.keys().map(String::as_str).collect()
    }

    /// Whether a success may have this status.
    pub(crate) fn is_success(&self, call: &str, status: u16) -> bool {
        self.calls[call].success.contains(&status)
    }

    /// Whether an error may be this one.
    pub(crate) fn is_error(&self, call: &str, status: u16, code: &str) -> bool {
        let error = (status, code.to_owned());
        self.common.contains(&error) || self.calls[call].errors.contains(&error)
    }

    pub(crate) fn is_notice_refused(&self, status: u16) -> bool {
        self.notice_refused.contains(&status)
    }

    pub(crate) fn is_bare(&self, status: u16) -> bool {
        self.bare.contains(&status)
    }
}

/// `POST /v1/pay`, without a query.
fn name(cell: &str) -> Option<String> {
    let name = cell.strip_prefix('`')?.split('`').next()?.split('?').next()?;
    (name.starts_with("GET /") || name.starts_with("POST /")).then(|| name.to_owned())
}

/// 200, if the row names no other.
fn successes(cells: &[&str]) -> BTreeSet<u16> {
    let named = cells.iter().flat_map(|cell| numbers(cell));
    let named: BTreeSet<u16> = named.filter(|status| (200..300).contains(status)).collect();
    if named.is_empty() { BTreeSet::from([200]) } else { named }
}

/// The table under "Errors".
fn errors() -> BTreeSet<(u16, String)> {
    let (_, table) = TEXT.split_once("\n## Errors").unwrap();
    let mut errors = BTreeSet::new();
    for row in table.lines() {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, statuses, codes, ..] = cells[..] else { continue };
        let statuses: Vec<u16> = numbers(statuses).collect();
        let codes: Vec<&str> = words(codes).collect();
        // A row with several statuses names one code for each.
        assert!(statuses.len() < 2 || statuses.len() == codes.len(), "{row}");
        for (n, code) in codes.iter().enumerate().take_while(|_| !statuses.is_empty()) {
            let status = statuses.get(n).unwrap_or(&statuses[0]);
            errors.insert((*status, (*code).to_owned()));
        }
    }
    assert!(errors.len() > 30, "{errors:?}");
    errors
}

fn codes_in(text: &str, errors: &BTreeSet<(u16, String)>) -> BTreeSet<(u16, String)> {
    let named: BTreeSet<&str> = words(text).collect();
    errors.iter().filter(|(_, code)| named.contains(code.as_str())).cloned().collect()
}

/// What stands between backticks.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The three-digit numbers outside of backticks.
fn numbers(text: &str) -> impl Iterator<Item = u16> {
    let plain = text.split('`').step_by(2);
    let words = plain.flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    words.filter(|word| word.len() == 3).filter_map(|word| word.parse().ok())
}

fn paragraph(beginning: &str) -> &'static str {
    let found = TEXT.split("\n\n").find(|paragraph| paragraph.starts_with(beginning));
    found.unwrap_or_else(|| panic!("docs/api.md has no paragraph that begins with {beginning:?}"))
}
