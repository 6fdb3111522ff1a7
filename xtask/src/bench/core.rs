//! The core beside the bare digest of the same bytes.

use std::process::Command;

use super::figures::Figures;
use super::{Aim, Row, Section, counts, words};
use crate::error::TaskError;
use crate::report::Step;

/// Call, digest, and how many times its cost is the most we want.
const ROWS: [(&str, &str, Option<f64>); 6] = [
    ("sign_md5", "bare MD5", Some(1.35)),
    ("sign_hmac", "bare HMAC-SHA256", Some(1.35)),
    ("sign_hmac_once", "bare HMAC-SHA256", None),
    ("verify_md5", "bare MD5", Some(2.5)),
    ("verify_hmac", "bare HMAC-SHA256", Some(2.5)),
    ("signed_xml_md5", "bare MD5", None),
];

/// Runs the core's own measuring program, unless it has run.
pub fn measure(step: &mut Step<'_>, run: &mut Figures) -> Result<(), TaskError> {
    if run.get("sign_md5", "ns").is_err() {
        let program = counts::program(step)?;
        run.extend(Figures::of(step, &mut Command::new(&program))?);
    }
    Ok(())
}

const BOUNDS: &str = "What bounds it: of the time for verifying an HMAC-SHA256 notice 27 % is the digest, 38 % reading \
    the XML and 25 % keeping its fields in order, each copied once (perf, `count verify_hmac`).";

pub fn section(step: &mut Step<'_>, run: &mut Figures) -> Result<Section, TaskError> {
    measure(step, run)?;
    let counted = counts::all(step)?;
    let row = |(call, against, most): (&str, &str, Option<f64>)| -> Result<Row, TaskError> {
        let counted = counted.iter().find(|count| count.call == call);
        let instructions =
            counted.map(|count| format!("{:.2} instructions for one; ", count.ratio));
        let allocations = match run.get(call, "allocations")? {
            1.0 => "1 allocation".to_owned(),
            many => format!("{many} allocations"),
        };
        Ok(Row {
            what: words(call).to_owned(),
            against: against.to_owned(),
            ratio: run.get(call, "ratio")?,
            aim: most.map(Aim::AtMost),
            note: instructions.unwrap_or_default() + &allocations,
        })
    };
    let rows = ROWS.into_iter().map(row).collect::<Result<_, _>>()?;
    let about = "Beside the digest alone, of the same bytes, by the crates md-5, and hmac with sha2. CPU time of one \
        thread; medians of 21 windows in which all calls take turns. `sign` gets 12 unsorted pairs; a notice has 21 \
        elements and is read strictly, verified, and compared in constant time. Our key is prepared, as the server's is: \
        HMAC has taken it in once, the bare HMAC does so each time. Where the processor has SHA instructions the bare \
        HMAC takes half the time of MD5: the same sorting, copying and reading weighs twice as much beside it.";
    Ok(Section {
        title: "Core, beside the bare digest",
        about: about.to_owned(),
        rows,
        bounds: BOUNDS,
    })
}
