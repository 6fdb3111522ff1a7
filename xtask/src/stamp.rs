//! Stamps: a file that tells for which input a slow step was last done.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::TaskError;

/// The stamp of one slow step, and what it should hold.
pub struct Stamp {
    path: PathBuf,
    input: String,
}

impl Stamp {
    /// The stamp at `path` for a step whose result depends on the file `input` alone.
    pub fn of(path: PathBuf, input: &Path) -> Result<Self, TaskError> {
        let text = fs::read_to_string(input).map_err(|error| TaskError::file(input, &error))?;
        Ok(Self { path, input: text })
    }

    /// Whether the step was done for this very input.
    pub fn is_current(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|found| found == self.input)
    }

    /// Notes that it was.
    pub fn set(&self) -> Result<(), TaskError> {
        fs::write(&self.path, &self.input).map_err(|error| TaskError::file(&self.path, &error))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::Stamp;
    use std::fs;

    #[test]
    fn a_changed_input_makes_the_stamp_old() {
        let folder = std::env::temp_dir().join(format!("wxpay-stamp-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (input, path) = (folder.join("lock"), folder.join("stamp"));
        fs::write(&input, "1").unwrap();
        let stamp = Stamp::of(path.clone(), &input).unwrap();
        assert!(!stamp.is_current());
        stamp.set().unwrap();
        assert!(Stamp::of(path.clone(), &input).unwrap().is_current());
        fs::write(&input, "2").unwrap();
        assert!(!Stamp::of(path, &input).unwrap().is_current());
        fs::remove_dir_all(&folder).unwrap();
    }
}
