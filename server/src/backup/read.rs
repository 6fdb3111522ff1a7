//! Reading a backup: nothing of it is believed until its last line was right.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Counts, Line, VERSION};
use crate::hex::hex;
use crate::orders::Order;

/// The longest line, in bytes. An order has some dozens of events.
const MAX_LINE_BYTES: usize = 64 * 1024 * 1024;

/// Why a backup is not usable, or could not be brought back.
#[derive(Debug)]
pub enum BackupError {
    /// It cannot be read, or not be written.
    Io(io::Error),
    /// The new directory cannot be made or put in its place.
    Directory(io::Error),
    /// It does not begin as a backup does.
    NotABackup,
    /// A newer version made it.
    NewerVersion {
        /// Its number.
        found: u32,
    },
    /// A line is not what it should be.
    Line {
        /// Its number, from 1.
        number: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// The events of an order do not join.
    Gap {
        /// The order's number.
        out_trade_no: String,
    },
    /// It ends early: the last line is missing.
    CutOff,
    /// Counts or hash in the last line are not those of what came before.
    Changed,
    /// An order, a payment, a refund or a row is in it twice.
    Twice {
        /// What.
        what: String,
    },
    /// The directory to build is there already.
    NotEmpty,
    /// The directory that an import works in is there: another is at work, or one was cut off.
    AtWork {
        /// Its name.
        directory: String,
    },
    /// The new directory cannot be used.
    Store(String),
}

impl From<io::Error> for BackupError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Checks lines as they come.
#[derive(Debug, Default)]
pub struct Reader {
    hash: Sha256,
    counts: Counts,
    number: u64,
    is_at_end: bool,
}

impl Reader {
    /// Takes the next line, without its line break. Header and end are checked here; all others are the caller's.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn line(&mut self, bytes: &[u8]) -> Result<Option<Line>, BackupError> {
        self.number += 1;
        let wrong = |what| BackupError::Line { number: self.number, what };
        if self.is_at_end {
            return Err(wrong("is behind the end"));
        }
        let line = match serde_json::from_slice(bytes) {
            Ok(line) => line,
            Err(_) if self.number == 1 => {
                return Err(newer(bytes).unwrap_or(BackupError::NotABackup));
            }
            Err(_) => return Err(wrong("cannot be read")),
        };
        match (&line, self.number) {
            (Line::WxpayBackup(header), 1) if header.version > VERSION => {
                return Err(BackupError::NewerVersion { found: header.version });
            }
            (Line::WxpayBackup(_), 1) => {}
            (_, 1) => return Err(BackupError::NotABackup),
            (Line::WxpayBackup(_), _) => return Err(wrong("is a second header")),
            (Line::Order(log), _) => {
                if Order::from_events(log.key(), &log.events).is_none() {
                    return Err(BackupError::Gap { out_trade_no: log.out_trade_no.clone() });
                }
            }
            (Line::Row(_), _) => {}
            (Line::End(end), _) => {
                let sha256 = hex(&self.hash.clone().finalize());
                if (end.counts, &end.sha256) != (self.counts, &sha256) {
                    return Err(BackupError::Changed);
                }
                self.is_at_end = true;
                return Ok(None);
            }
        }
        self.hash.update(bytes);
        self.hash.update(b"\n");
        self.counts.add(&line);
        Ok(Some(line).filter(|line| !matches!(line, Line::WxpayBackup(_))))
    }

    /// What was in it, if it came to its end.
    ///
    /// # Errors
    /// [`BackupError::CutOff`].
    pub fn finish(self) -> Result<Counts, BackupError> {
        if self.is_at_end { Ok(self.counts) } else { Err(BackupError::CutOff) }
    }
}

/// A newer version may have lines that this one cannot read; the header tells.
fn newer(bytes: &[u8]) -> Option<BackupError> {
    let header: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let version = header.pointer("/wxpay_backup/version")?.as_u64()?;
    let found = u32::try_from(version).ok().filter(|found| *found > VERSION)?;
    Some(BackupError::NewerVersion { found })
}

/// Reads a whole backup and says what is in it.
///
/// # Errors
/// [`BackupError`].
pub fn verify(path: &Path) -> Result<Counts, BackupError> {
    each_line(path, |_| Ok(()))
}

/// Hands over every order and row; they are only to be believed when this has returned.
pub(super) fn each_line(
    path: &Path,
    mut take: impl FnMut(Line) -> Result<(), BackupError>,
) -> Result<Counts, BackupError> {
    let mut file = BufReader::new(File::open(path)?);
    let mut reader = Reader::default();
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let limit = u64::try_from(MAX_LINE_BYTES).unwrap_or(u64::MAX);
        if file.by_ref().take(limit).read_until(b'\n', &mut bytes)? == 0 {
            return reader.finish();
        }
        if bytes.pop_if(|byte| *byte == b'\n').is_none() {
            return Err(BackupError::CutOff);
        }
        if let Some(line) = reader.line(&bytes)? {
            take(line)?;
        }
    }
}

impl std::fmt::Display for BackupError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) | Self::Directory(error) => error.fmt(f),
            Self::NotABackup => {
                f.write_str("this is no backup: expected what `wxpay export` wrote")
            }
            Self::NewerVersion { found } => {
                write!(f, "a newer version of wxpay made this backup (format {found})")
            }
            Self::Line { number, what } => write!(f, "line {number} {what}"),
            Self::Gap { out_trade_no } => {
                write!(f, "the events of order {out_trade_no} do not join")
            }
            Self::CutOff => f.write_str("the backup is cut off: its last line is missing"),
            Self::Changed => {
                f.write_str("the backup was changed: its content is not what its last line says")
            }
            Self::Twice { what } => write!(f, "{what} is in the backup twice"),
            Self::NotEmpty => f.write_str("the directory is not empty: name a new one"),
            Self::AtWork { directory } => write!(
                f,
                "{directory} is there: another import is at work, or one was cut off; \
                 if none is at work, delete it"
            ),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BackupError {}
