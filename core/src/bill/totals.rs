//! The summary's totals, added up from the rows to be compared.

use alloc::string::{String, ToString};

use super::row::{Names, Row, position};
use super::{BillError, ExactYuan};

/// One column of the summary.
pub(super) struct Total {
    /// Its name.
    pub name: &'static str,
    /// The rows' column that is added up; `None` counts rows.
    pub column: Option<Names>,
    /// Only the rows that have this value in this column.
    pub only: Option<(Names, &'static str)>,
}

/// A total as far as the rows have come.
pub(super) struct Sum {
    name: &'static str,
    column: Option<usize>,
    only: Option<(usize, &'static str)>,
    sum: ExactYuan,
}

impl Sum {
    /// `None` when the bill does not have the columns it takes.
    pub(super) fn new(total: &Total, columns: &[String]) -> Option<Self> {
        let column = match total.column {
            Some(names) => Some(position(columns, names)?),
            None => None,
        };
        let only = match total.only {
            Some((names, value)) => Some((position(columns, names)?, value)),
            None => None,
        };
        Some(Self { name: total.name, column, only, sum: ExactYuan::default() })
    }

    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn add(&mut self, row: &Row<'_>) -> Result<(), BillError> {
        if let Some((position, only)) = self.only
            && row.at(position).is_none_or(|value| value.text != only)
        {
            return Ok(());
        }
        let Some(position) = self.column else {
            // Rows are counted in whole yuan: a summary's values then read alike.
            return self.grow(ExactYuan::ONE);
        };
        match row.at(position) {
            Some(value) => self.grow(value.maybe(|value| value.exact())?.unwrap_or_default()),
            None => Ok(()),
        }
    }

    pub(super) fn compare(&self, line: u64, value: &str) -> Result<(), BillError> {
        let found = value.parse::<ExactYuan>().map_err(|_| BillError::Value {
            line,
            column: self.name.to_string(),
            expected: "a number",
        })?;
        if found == self.sum { Ok(()) } else { Err(BillError::Totals { name: self.name }) }
    }

    fn grow(&mut self, more: ExactYuan) -> Result<(), BillError> {
        self.sum = self.sum.checked_add(more).ok_or(BillError::Totals { name: self.name })?;
        Ok(())
    }
}
