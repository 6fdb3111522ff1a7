//! docs/performance.md.

use std::fmt::Write;

use super::{Aim, Row, Section};

/// The page. Only ratios: a time says more about the machine than about us.
pub fn markdown(sections: &[Section], machine: &str) -> String {
    let mut page = String::from(
        "# Performance\n\n\
         Written by `cargo xtask bench`; run it to get your own. Every figure is a ratio of two costs measured in the \
         same run on one machine, on the same order of 12 fields and the same notice of 21 elements \
         (`core/benches/fixture.json`). Below 1, we cost less than what we are compared with.\n\n\
         ![Ours for one of theirs](performance.svg)\n",
    );
    for section in sections {
        let _ = write!(page, "\n## {}\n\n{}\n\n", section.title, section.about);
        page.push_str(
            "| what | beside | ours for one of theirs | aim | |\n|---|---|---:|---|---|\n",
        );
        section.rows.iter().for_each(|row| line(&mut page, row));
    }
    let _ = write!(page, "\nMeasured on: {machine}.\n");
    page
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
pub fn shown(ratio: f64) -> String {
    if ratio < 0.2 { format!("1/{:.0}", 1.0 / ratio) } else { format!("{ratio:.2}") }
}
