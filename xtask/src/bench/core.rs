//! The core beside the bare digest of the same bytes.

use std::process::Command;

use super::figures::Figures;
use super::{Aim, Row, Section, counts};
use crate::error::TaskError;
use crate::report::Step;

pub fn section(step: &mut Step<'_>, run: &mut Figures) -> Result<Section, TaskError> {
    let program = counts::program(step)?;
    let figures = Figures::of(step, &mut Command::new(&program))?;
    let counted = counts::all(step)?;
    let row = |call: &str, what: &str, against: &str, aim| -> Result<Row, TaskError> {
        let mut note = format!("{} allocations", figures.get(call, "allocations")?);
        if let Some(count) = counted.iter().find(|count| count.call == call) {
            note = format!("{:.2} instructions for one; {note}", count.ratio);
        }
        let ratio = figures.get(call, "ratio")?;
        Ok(Row { what: what.to_owned(), against: against.to_owned(), ratio, aim, note })
    };
    let rows = vec![
        row("sign_md5", "sign, MD5", "bare MD5", Some(Aim::AtMost(1.35)))?,
        row("sign_hmac", "sign, HMAC-SHA256", "bare HMAC-SHA256", Some(Aim::AtMost(1.35)))?,
        row("verify_md5", "read and verify a notice, MD5", "bare MD5", Some(Aim::AtMost(2.5)))?,
        row(
            "verify_hmac",
            "read and verify a notice, HMAC-SHA256",
            "bare HMAC-SHA256",
            Some(Aim::AtMost(2.5)),
        )?,
        row("signed_xml_md5", "sign and write as XML, MD5", "bare MD5", None)?,
    ];
    let about = "The digest alone, of the same bytes, by the crates md-5, and hmac with sha2, is the least that a \
        signature can cost. CPU time of one thread; medians of 21 windows in which all calls take turns. `sign` gets 12 \
        unsorted pairs; a notice has 21 elements and is read strictly, verified, and compared in constant time.";
    run.extend(figures);
    Ok(Section { title: "Core, beside the bare digest", about: about.to_owned(), rows })
}
