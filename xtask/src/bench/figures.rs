//! What the measuring programs print: lines of `subject<TAB>what<TAB>number`.

use std::process::Command;

use crate::error::TaskError;
use crate::report::Step;

/// The figures of a run.
#[derive(Default)]
pub struct Figures(Vec<(String, String, f64)>);

impl Figures {
    /// Runs a measuring program; lines of another shape are passed over.
    pub fn of(step: &mut Step<'_>, command: &mut Command) -> Result<Self, TaskError> {
        let lines = step.lines(command, "Run the command by hand to see why.")?;
        Ok(Self(lines.iter().filter_map(|line| figure(line)).collect()))
    }

    /// One figure; a missing one is an error, so that no line of the report goes missing unseen.
    pub fn get(&self, subject: &str, what: &str) -> Result<f64, TaskError> {
        let found = self.0.iter().find(|(s, w, _)| s == subject && w == what);
        found.map(|(_, _, number)| *number).ok_or_else(|| {
            let what = format!("nothing was measured for {subject}, {what}");
            TaskError::new(what, "The log of the run says what the program printed.")
        })
    }

    /// Adds those of another program.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

fn figure(line: &str) -> Option<(String, String, f64)> {
    let (subject, rest) = line.split_once('\t')?;
    let (what, number) = rest.split_once('\t')?;
    Some((subject.to_owned(), what.to_owned(), number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::figure;

    #[test]
    fn a_figure_has_three_parts() {
        let found = figure("tenpay\tsign_md5\t3331.1");
        assert_eq!(found, Some(("tenpay".to_owned(), "sign_md5".to_owned(), 3331.1)));
        assert_eq!(figure("sign_md5\tbaseline\t-"), None);
        assert_eq!(figure("Finished `bench` profile"), None);
    }
}
