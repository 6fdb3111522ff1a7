//! Counts tests from what the test runners print.

/// Tests seen so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
}

impl Counts {
    /// Adds what the line says, if it is the closing line of a runner:
    /// cargo test, node's runner (both reporters), vitest, or a plain `3 passed, 0 failed`.
    pub fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("test result: ") {
            self.add(rest.split(['.', ';']));
        } else if let Some(rest) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) {
            self.add_node(rest);
        } else if let Some(rest) = line.strip_prefix("Tests ") {
            self.add(rest.split(['|', '(']));
        } else if line.starts_with(|c: char| c.is_ascii_digit()) {
            self.add(line.split(','));
        }
    }

    /// Parts like ` 12 passed`; all others are passed over.
    fn add<'a>(&mut self, parts: impl Iterator<Item = &'a str>) {
        for part in parts {
            match count_and_word(part) {
                Some((count, "passed")) => self.passed += count,
                Some((count, "failed")) => self.failed += count,
                Some(_) | None => {}
            }
        }
    }

    /// `pass 12`, `fail 0`; a cancelled test is one that timed out or never ended.
    fn add_node(&mut self, rest: &str) {
        let Some((word, count)) = rest.split_once(' ') else { return };
        let Ok(count) = count.trim().parse::<u64>() else { return };
        match word {
            "pass" => self.passed += count,
            "fail" | "cancelled" => self.failed += count,
            _ => {}
        }
    }
}

fn count_and_word(part: &str) -> Option<(u64, &str)> {
    let (count, word) = part.trim().split_once(' ')?;
    Some((count.parse().ok()?, word))
}

#[cfg(test)]
mod tests {
    use super::Counts;

    fn counted(output: &str) -> (u64, u64) {
        let mut counts = Counts::default();
        output.lines().for_each(|line| counts.read(line));
        (counts.passed, counts.failed)
    }

    #[test]
    fn cargo() {
        let output = "running 3 tests\ntest a ... ok\n\
            test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            test result: FAILED. 11 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s";
        assert_eq!(counted(output), (14, 2));
    }

    #[test]
    fn node_in_both_reporters() {
        assert_eq!(counted("# tests 4\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 0"), (2, 2));
        assert_eq!(counted("ℹ tests 4\nℹ pass 4\nℹ fail 0\nℹ duration_ms 12.5"), (4, 0));
    }

    #[test]
    fn vitest() {
        assert_eq!(
            counted(" Test Files  1 passed (1)\n      Tests  1 failed | 2 passed (3)"),
            (2, 1)
        );
    }

    #[test]
    fn plain_closing_line() {
        assert_eq!(counted("7 passed, 1 failed"), (7, 1));
    }

    #[test]
    fn other_lines_count_nothing() {
        let output = "5 passengers\n12 things passed by\n# a comment\n# pass the salt\ntest result";
        assert_eq!(counted(output), (0, 0));
    }
}
