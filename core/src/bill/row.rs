//! One row: values beside the names of the header.

use alloc::string::{String, ToString};

use super::{BillError, ExactYuan};
use crate::{Fen, time};

/// The names one column goes by, the first being the one we say.
pub(super) type Names = &'static [&'static str];

/// Where a column is.
pub(super) fn position(columns: &[String], names: Names) -> Option<usize> {
    columns.iter().position(|column| names.contains(&column.as_str()))
}

/// A row as it stands on the bill.
pub(super) struct Row<'a> {
    pub line: u64,
    pub columns: &'a [String],
    pub values: &'a [&'a str],
}

/// One value of a row.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    line: u64,
    pub column: &'a str,
    pub text: &'a str,
}

impl<'a> Row<'a> {
    pub(super) fn iter(&self) -> impl Iterator<Item = Value<'a>> {
        let line = self.line;
        let pairs = self.columns.iter().zip(self.values);
        pairs.map(move |(column, text)| Value { line, column, text })
    }

    pub(super) fn at(&self, position: usize) -> Option<Value<'a>> {
        let (column, text) = (self.columns.get(position)?, self.values.get(position)?);
        Some(Value { line: self.line, column, text })
    }
}

impl Value<'_> {
    pub(super) fn own(&self) -> String {
        self.text.to_string()
    }

    /// `None` when empty.
    pub(super) fn filled(&self) -> Option<String> {
        (!self.text.is_empty()).then(|| self.own())
    }

    /// A number, for which bills write `0` when there is none.
    pub(super) fn number(&self) -> Option<String> {
        self.filled().filter(|number| number != "0")
    }

    /// Beijing time as seconds since 1970.
    pub(super) fn time(&self) -> Result<i64, BillError> {
        time::from_beijing_dashed(self.text).ok_or_else(|| self.wrong("yyyy-MM-dd HH:mm:ss"))
    }

    /// Yuan that are whole fen.
    pub(super) fn fen(&self) -> Result<Fen, BillError> {
        Fen::from_yuan(self.text).map_err(|_| self.wrong("yuan with at most two decimals"))
    }

    /// Yuan with five decimals, perhaps negative.
    pub(super) fn exact(&self) -> Result<ExactYuan, BillError> {
        self.text.parse().map_err(|_| self.wrong("yuan with at most five decimals"))
    }

    /// What `read` gives, or `None` when empty.
    pub(super) fn maybe<T>(
        &self,
        read: fn(&Self) -> Result<T, BillError>,
    ) -> Result<Option<T>, BillError> {
        if self.text.is_empty() { Ok(None) } else { read(self).map(Some) }
    }

    pub(super) fn wrong(&self, expected: &'static str) -> BillError {
        BillError::Value { line: self.line, column: self.column.to_string(), expected }
    }
}
