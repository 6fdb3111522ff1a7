//! docs/performance.md.

use std::fmt::Write;

use super::{Aim, Row, Section};

/// The page. Only ratios: a time says more about the machine than about us. Sections of the page before that are not
/// among the new ones stay in their places.
pub fn markdown(measured: &[Section], before: &str, machine: &str) -> String {
    let mut sections: Vec<_> = sections(before).map(|(title, text)| (title, text.into())).collect();
    for section in measured {
        let new = (section.title, text(section));
        match sections.iter_mut().find(|(title, _)| *title == section.title) {
            Some(old) => *old = new,
            None => sections.push(new),
        }
    }
    let mut page = String::from(HEAD);
    for (title, text) in &sections {
        let _ = write!(page, "{HEADING}{title}\n\n{text}");
    }
    let _ = writeln!(page, "{FOOT}{machine}.");
    page
}

/// Title and text of each section of a page.
pub fn sections(page: &str) -> impl Iterator<Item = (&str, &str)> {
    let body = page.split_once(FOOT).map_or(page, |(body, _)| body);
    body.split(HEADING).skip(1).filter_map(|section| section.split_once("\n\n"))
}

/// The lines of a section's table: what, beside what, and the ratio as it stands there.
pub fn rows(section: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let lines = section.lines().skip_while(|line| !line.starts_with(RULE)).skip(1);
    lines.filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        Some((cells.next()?, cells.next()?, cells.next()?))
    })
}

const HEAD: &str = "# Performance\n\n\
    Written by `cargo xtask bench`; run it to get your own. Every figure is a ratio of two costs measured in the \
    same run on one machine. Core and npm package work on the same order of 12 fields and the same notice of 21 elements \
    (`core/benches/fixture.json`). Below 1, we cost less than what we are compared with. What bounds a figure is said by hand, after profiles on the machine \
    that is named below.\n\n\
    ![Ours for one of theirs](performance.svg)\n";
const HEADING: &str = "\n## ";
const RULE: &str = "|---";
const FOOT: &str = "\nMeasured on: ";

fn text(section: &Section) -> String {
    let mut text = format!("{}\n\n", section.about);
    let _ = writeln!(text, "| what | beside | ours for one of theirs | aim | |");
    let _ = writeln!(text, "{RULE}|---|---:|---|---|");
    section.rows.iter().for_each(|row| line(&mut text, row));
    if !section.bounds.is_empty() {
        let _ = writeln!(text, "\n{}", section.bounds);
    }
    text
}

fn line(page: &mut String, row: &Row) {
    let aim = match row.aim {
        None => String::new(),
        Some(aim) => {
            let words = match aim {
                Aim::AtMost(most) => format!("at most {most}"),
                Aim::TimesFaster(1.0) => "at most 1".to_owned(),
                Aim::TimesFaster(times) => format!("at most 1/{times}"),
            };
            if aim.reached(row.ratio) { words } else { format!("{words}: not reached") }
        }
    };
    let Row { what, against, note, .. } = row;
    let _ = writeln!(page, "| {what} | {against} | {} | {aim} | {note} |", shown(row.ratio));
}

/// `1.23`; where that would be a small number, `1/12`.
fn shown(ratio: f64) -> String {
    if ratio < 0.2 { format!("1/{:.0}", 1.0 / ratio) } else { format!("{ratio:.2}") }
}

/// The number behind what is shown.
pub fn ratio(shown: &str) -> Option<f64> {
    match shown.split_once('/') {
        Some((one, part)) => Some(one.parse::<f64>().ok()? / part.parse::<f64>().ok()?),
        None => shown.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Aim, Row, Section};
    use super::{markdown, ratio, rows, sections};

    fn section(title: &'static str, ratio: f64) -> Section {
        let row = Row {
            what: "sign".to_owned(),
            against: "a | peer".replace(" | ", " or "),
            ratio,
            aim: Some(Aim::AtMost(1.0)),
            note: String::new(),
        };
        Section { title, about: "How.".to_owned(), rows: vec![row], bounds: "Why." }
    }

    #[test]
    fn a_part_measured_again_takes_its_old_place() {
        let before = markdown(&[section("A", 1.0), section("B", 2.0)], "", "machine 1");
        let after = markdown(&[section("A", 0.1), section("C", 3.0)], &before, "machine 2");
        let found: Vec<_> = sections(&after)
            .flat_map(|(title, text)| rows(text).map(move |row| (title, row)))
            .collect();
        let expected = [("A", "1/10"), ("B", "2.00"), ("C", "3.00")];
        let expected = expected.map(|(title, shown)| (title, ("sign", "a or peer", shown)));
        assert_eq!(found, expected);
        assert!(after.ends_with("\nMeasured on: machine 2.\n") && !after.contains("machine 1"));
    }

    #[test]
    fn what_is_shown_is_a_number_again() {
        assert_eq!(ratio("1/10"), Some(0.1));
        assert_eq!(ratio("1.25"), Some(1.25));
        assert_eq!(ratio("-"), None);
    }
}
