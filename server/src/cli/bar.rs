//! A progress bar on standard error, when a person is watching. It shows what has come, never a guess.

use std::io::{IsTerminal, Write};

/// Cells of the bar.
const WIDTH: u64 = 28;

/// One line that is written over and over.
pub(super) struct Bar {
    is_watched: bool,
    is_shown: bool,
}

impl Bar {
    pub(super) fn new() -> Self {
        Self { is_watched: std::io::stderr().is_terminal(), is_shown: false }
    }

    /// So many bytes of so many, if that is known, and what else there is to say.
    pub(super) fn show(&mut self, bytes: u64, total_bytes: Option<u64>, text: &str) {
        if self.is_watched {
            self.is_shown = true;
            let line = line(bytes, total_bytes, text);
            // Whoever has closed the terminal sees nothing.
            let _ = write!(std::io::stderr(), "\r\x1b[2K{line}");
        }
    }

    /// Takes the line away.
    pub(super) fn clear(&mut self) {
        if self.is_shown {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
            self.is_shown = false;
        }
    }
}

fn line(bytes: u64, total_bytes: Option<u64>, text: &str) -> String {
    let Some(total) = total_bytes.filter(|total| *total > 0) else {
        return format!("{}  {text}", size(bytes));
    };
    let bytes = bytes.min(total);
    let full = usize::try_from(bytes * WIDTH / total).unwrap_or_default();
    let rest = usize::try_from(WIDTH).unwrap_or_default() - full;
    let percent = bytes * 100 / total;
    format!("{}{} {percent:3}%  {}  {text}", "█".repeat(full), "░".repeat(rest), size(total))
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_full_only_at_the_end() {
        assert_eq!(line(0, Some(200), "0 rows").matches('█').count(), 0);
        assert_eq!(line(199, Some(200), "").matches('█').count(), 27);
        assert_eq!(line(200, Some(200), "").matches('█').count(), 28);
        assert_eq!(line(200, Some(200), "").matches('░').count(), 0);
    }

    #[test]
    fn without_a_length_there_is_no_percentage() {
        assert_eq!(line(12_345, None, "7 rows"), "12 kB  7 rows");
    }
}
