//! What all bills share: a header, rows whose values begin with a backtick, a summary.
//!
//! Values are split at `` ,` ``, so they may hold commas and line breaks. A row goes on over a line break until it has all
//! its values, and then until the next line begins a row or is the summary's header.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::row::{Names, Row, position};
use super::totals::{Sum, Total};
use super::{BillError, Summary};

/// The longest row, in bytes. Real ones have a few hundred.
pub const MAX_ROW_BYTES: usize = 64 * 1024;

const BOM: &str = "\u{feff}";
const BETWEEN: &str = ",`";

/// A kind of bill.
pub(super) struct Kind {
    /// Columns without which it is not this kind.
    pub required: &'static [Names],
    /// What the summary adds up. The first one's name begins the summary.
    pub totals: &'static [Total],
}

/// Reads any bill.
pub(super) struct Table {
    kind: &'static Kind,
    stage: Stage,
    /// The line that has not ended yet.
    partial: Vec<u8>,
    /// Its number.
    line: u64,
    columns: Vec<String>,
    /// The row that may still go on.
    open: Option<Open>,
    rows: u64,
    sums: Vec<Sum>,
    summary: Vec<(String, String)>,
    failed: Option<BillError>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Header,
    Rows,
    Summary,
    End,
}

struct Open {
    line: u64,
    text: String,
    values: usize,
}

impl Table {
    pub(super) const fn new(kind: &'static Kind) -> Self {
        Self {
            kind,
            stage: Stage::Header,
            partial: Vec::new(),
            line: 1,
            columns: Vec::new(),
            open: None,
            rows: 0,
            sums: Vec::new(),
            summary: Vec::new(),
            failed: None,
        }
    }

    /// Takes the next bytes. After an error it gives the same error for ever.
    pub(super) fn push(
        &mut self,
        chunk: &[u8],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), BillError>,
    ) -> Result<(), BillError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let taken = self.take(chunk, each);
        self.failed = taken.clone().err();
        taken
    }

    /// Nothing comes any more. No row is completed by this: behind the last there must be a summary.
    pub(super) fn finish(mut self) -> Result<Summary, BillError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let last = self.take_line()?;
        match self.stage {
            Stage::Header if last.is_empty() => return Err(BillError::Empty),
            Stage::Header => self.read_header(&last)?,
            Stage::Summary => self.read_summary(&last)?,
            Stage::End if last.trim().is_empty() => {}
            Stage::End => return Err(BillError::Unexpected { line: self.line }),
            Stage::Rows => {}
        }
        match self.stage {
            Stage::End => Ok(Summary { rows: self.rows, columns: self.summary }),
            Stage::Header | Stage::Rows | Stage::Summary => Err(BillError::Truncated),
        }
    }

    fn take(
        &mut self,
        chunk: &[u8],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), BillError>,
    ) -> Result<(), BillError> {
        for (index, part) in chunk.split(|byte| *byte == b'\n').enumerate() {
            if index > 0 {
                self.end_line(each)?;
            }
            let open = self.open.as_ref();
            if self.partial.len() + part.len() + open.map_or(0, |row| row.text.len())
                > MAX_ROW_BYTES
            {
                return Err(BillError::TooLong { line: open.map_or(self.line, |row| row.line) });
            }
            self.partial.extend_from_slice(part);
            if self.stage == Stage::Header {
                let start = self.partial.strip_prefix(BOM.as_bytes()).unwrap_or(&self.partial);
                if start.starts_with(b"<") {
                    return Err(BillError::Xml);
                }
            }
        }
        Ok(())
    }

    fn take_line(&mut self) -> Result<String, BillError> {
        let bytes = core::mem::take(&mut self.partial);
        String::from_utf8(bytes).map_err(|_| BillError::NotUtf8 { line: self.line })
    }

    fn end_line(
        &mut self,
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), BillError>,
    ) -> Result<(), BillError> {
        let line = self.take_line()?;
        match self.stage {
            Stage::Header => self.read_header(&line)?,
            Stage::Rows => self.read_line(line, each)?,
            Stage::Summary => {
                self.read_summary(&line)?;
                if self.stage == Stage::Summary {
                    let (expected, found) = (self.summary.len(), line.split(BETWEEN).count());
                    return Err(BillError::FieldCount { line: self.line, expected, found });
                }
            }
            Stage::End if line.trim().is_empty() => {}
            Stage::End => return Err(BillError::Unexpected { line: self.line }),
        }
        self.line += 1;
        Ok(())
    }

    fn read_header(&mut self, line: &str) -> Result<(), BillError> {
        self.columns = names(line.strip_prefix(BOM).unwrap_or(line));
        for (at, name) in self.columns.iter().enumerate() {
            if self.columns.iter().take(at).any(|before| before == name) {
                return Err(BillError::DuplicateColumn { name: name.clone() });
            }
        }
        for names in self.kind.required {
            if let (None, Some(name)) = (position(&self.columns, names), names.first()) {
                return Err(BillError::MissingColumn { name });
            }
        }
        let totals = self.kind.totals.iter();
        self.sums = totals.filter_map(|total| Sum::new(total, &self.columns)).collect();
        self.stage = Stage::Rows;
        Ok(())
    }

    fn read_line(
        &mut self,
        line: String,
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), BillError>,
    ) -> Result<(), BillError> {
        let begins_row = line.starts_with('`');
        let mark = self.kind.totals.first().map(|total| total.name);
        let begins_summary = line.trim_end().split(',').next() == mark;
        let more = line.matches(BETWEEN).count();
        if let Some(open) = &mut self.open
            && (open.values < self.columns.len() || !(begins_row || begins_summary))
        {
            open.text.push('\n');
            open.text.push_str(&line);
            open.values += more;
            return Ok(());
        }
        if let Some(open) = self.open.take() {
            self.read_row(&open, each)?;
        }
        if begins_row {
            self.open = Some(Open { line: self.line, text: line, values: 1 + more });
        } else if begins_summary {
            self.summary = names(&line).into_iter().map(|name| (name, String::new())).collect();
            self.stage = Stage::Summary;
        } else {
            return Err(BillError::Unexpected { line: self.line });
        }
        Ok(())
    }

    fn read_row(
        &mut self,
        open: &Open,
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), BillError>,
    ) -> Result<(), BillError> {
        let values = values(&open.text);
        let (expected, found) = (self.columns.len(), values.len());
        if expected != found {
            return Err(BillError::FieldCount { line: open.line, expected, found });
        }
        let row = Row { line: open.line, columns: &self.columns, values: &values };
        for sum in &mut self.sums {
            sum.add(&row)?;
        }
        self.rows += 1;
        each(&row)
    }

    /// Stays in the stage when the line has fewer values than names: more may have been meant to come.
    fn read_summary(&mut self, line: &str) -> Result<(), BillError> {
        let line_number = self.line;
        if line.is_empty() {
            return Ok(());
        }
        if !line.starts_with('`') {
            return Err(BillError::Unexpected { line: line_number });
        }
        let values = values(line);
        let (expected, found) = (self.summary.len(), values.len());
        if found > expected {
            return Err(BillError::FieldCount { line: line_number, expected, found });
        }
        if found < expected {
            return Ok(());
        }
        for ((name, to), value) in self.summary.iter_mut().zip(values) {
            *to = value.to_string();
            let Some(sum) = self.sums.iter().find(|sum| sum.name() == name) else { continue };
            sum.compare(line_number, value)?;
        }
        self.stage = Stage::End;
        Ok(())
    }
}

/// The comma-separated names of a header.
fn names(line: &str) -> Vec<String> {
    line.strip_suffix('\r').unwrap_or(line).split(',').map(ToString::to_string).collect()
}

/// The values of a row, each behind its backtick.
fn values(text: &str) -> Vec<&str> {
    let text = text.strip_suffix('\r').unwrap_or(text);
    text.strip_prefix('`').unwrap_or(text).split(BETWEEN).collect()
}
