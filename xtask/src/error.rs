//! Why a command stopped.

use std::fmt;
use std::io;
use std::path::Path;

/// What went wrong, and what the reader can type or change next.
#[derive(Debug)]
pub struct TaskError {
    what: String,
    to_do: String,
}

impl TaskError {
    pub fn new(what: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self { what: what.into(), to_do: to_do.into() }
    }

    /// A file or folder that could not be read or written.
    pub fn file(path: &Path, error: &io::Error) -> Self {
        Self::new(format!("{}: {error}", path.display()), "Check that the path is there and yours.")
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "stopped: {}", self.what)?;
        f.write_str(self.to_do.trim_end())
    }
}
