//! Findings that need no computing: the L rows of the catalogue.

use alloc::string::String;
use core::ops::Range;

use super::catalogue::known;
use super::evaluate::Check;
use super::read::Reading;
use super::report::{Lint, Report, Weight};

mod exchange;
mod key;
mod pasted;
mod values;

/// Everything a lint may look at.
pub(super) struct Look<'a> {
    pub(super) check: &'a Check<'a>,
    pub(super) reading: &'a Reading,
    pub(super) given: Option<&'a str>,
    found: alloc::vec::Vec<Lint>,
}

pub(super) fn collect(
    check: &Check<'_>,
    reading: &Reading,
    given: Option<&str>,
    report: &mut Report,
) {
    let mut look = Look { check, reading, given, found: alloc::vec::Vec::new() };
    key::look(&mut look);
    exchange::look(&mut look);
    pasted::look(&mut look);
    for field in &reading.fields {
        values::look(&mut look, field);
    }
    report.lints = look.found;
}

impl Look<'_> {
    fn add(
        &mut self,
        id: &'static str,
        weight: Weight,
        field: Option<&str>,
        detail: &str,
        span: Option<&Range<usize>>,
    ) {
        let row = known(id);
        let same = |lint: &Lint| lint.row.id == id && lint.field.as_deref() == field;
        if self.found.len() < 64 && !self.found.iter().any(same) {
            let at = self.found.iter().take_while(|lint| lint.weight >= weight).count();
            self.found.insert(
                at,
                Lint {
                    row,
                    weight,
                    field: field.map(String::from),
                    detail: detail.into(),
                    span: span.cloned(),
                },
            );
        }
    }
}
