//! The whole answer to many messages, as it was once looked through: `readings.txt` has what the tolerant reader makes
//! of a text, `answers.txt` what the explanation says to the samples of the other tests.
//!
//! After a change that is meant: `WXPAY_WRITE=1 cargo test -p wxpay-core --test explain transcript`, and look through
//! the difference.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use wxpay_core::explain::{Format, KeyKind, NamedKey, Options, Report, explain, read};

use super::support::{KEY, gbk};
use super::{compare, lints, mistakes};

/// Every text of the file is read as it says there.
#[test]
fn every_text_is_read_as_it_was() {
    let path = place("readings.txt");
    let known = std::fs::read_to_string(&path).unwrap();
    let mut found = String::new();
    for line in known.lines() {
        let asked = line.split_once('>').filter(|(head, _)| !head.contains(' '));
        if line.starts_with('#') || line.is_empty() {
            found += &format!("{line}\n");
        } else if let Some((format, text)) = asked {
            found += &format!("{line}\n{}", reading(&unshown(text), format));
        }
    }
    same(&path, &known, &found);
}

/// Texts without more: which kind of message it is, what can be seen of its values and its signature.
#[test]
fn every_question_is_answered_as_it_was() {
    let path = place("questions.txt");
    let known = std::fs::read_to_string(&path).unwrap();
    let mut found = String::new();
    for line in known.lines() {
        // What stands before the first > is about the key, behind a / is the other text.
        let asked = line.split_once('>').filter(|(head, _)| !head.starts_with(' '));
        if line.starts_with('#') || line.is_empty() {
            found += &format!("{line}\n");
        } else if let Some((key, text)) = asked {
            let (text, other) = text.split_once(" // ").map_or((text, None), |(t, o)| (t, Some(o)));
            let (text, other, key) = (unshown(text), other.map(unshown), unshown(key));
            let (key, url) = key.split_once(" at ").unwrap_or((&key, ""));
            let (kind, key) = match key.strip_prefix("sandbox ") {
                Some(key) => (KeyKind::Sandbox, key),
                None => (KeyKind::Main, key),
            };
            let key = if key.is_empty() { KEY } else { key };
            let keys = [NamedKey { kind, label: "key", bytes: key.as_bytes() }];
            let options = Options {
                keys: if key == "-" { &[] } else { &keys },
                other: other.as_deref(),
                url: (!url.is_empty()).then_some(url),
                gbk: Some(&gbk),
                max_tries: 1000,
                ..Options::default()
            };
            found += &format!("{line}\n{}", answer(&explain(&text, &options), true));
        }
    }
    same(&path, &known, &found);
}

/// Samples for every row of the catalogue that is found by looking, by comparing and by recomputing.
#[test]
fn every_sample_is_answered_as_it_was() {
    let mut found = String::new();
    for (id, text, key, url, scene) in lints::samples() {
        let keys = [NamedKey::main(key)];
        let url = (!url.is_empty()).then_some(url);
        let report = explain(text, &Options { keys: &keys, url, scene, ..Options::default() });
        found += &format!("{id} {}\n{}", shown(text), answer(&report, true));
    }
    for (id, text, other) in compare::samples() {
        let keys = [NamedKey::main(KEY)];
        let options = Options { keys: &keys, other: Some(other), ..Options::default() };
        let report = explain(text, &options);
        found += &format!("{id} {} / {}\n{}", shown(text), shown(other), answer(&report, true));
    }
    for (what, report) in mistakes::reports() {
        found += &format!("{what}\n{}", answer(&report, false));
    }
    let path = place("answers.txt");
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    same(&path, &known, &found);
}

/// What a page or a program is given: the same, as JSON.
#[test]
#[cfg(feature = "serde")]
fn an_answer_as_json_has_its_places_and_its_fixes() {
    let keys = [NamedKey::main(KEY)];
    let text = "appid=wx1&body=a&total_fee=1.5";
    let options = Options { keys: &keys, other: Some("appid=wx1&body=b"), ..Options::default() };
    let answer = serde_json::to_value(explain(text, &options)).unwrap();
    assert_eq!(answer["fields"][2]["name"], "total_fee");
    assert_eq!(answer["fields"][2]["value_span"], serde_json::json!([27, 30]));
    assert_eq!(answer["lints"][0]["id"], "F2");
    assert_eq!(answer["lints"][0]["span"], serde_json::json!([27, 30]));
    assert_eq!(answer["causes"][0]["evidence"]["en"], "Compared: body");
    assert_eq!(answer["causes"][0]["evidence"]["zh"], "比较可知:body");
    let row = wxpay_core::explain::row("F2").unwrap();
    let fix = row.fix.unwrap();
    assert_eq!(answer["lints"][0]["code"], row.code);
    assert_eq!(answer["lints"][0]["fixes"]["rust"], fix.rust);
    assert_eq!(answer["lints"][0]["fixes"]["php"], fix.php);
    assert!(
        answer["causes"][0]["fixes"].is_null() || answer["causes"][0]["fixes"]["go"].is_string()
    );
}

fn reading(text: &str, format: &str) -> String {
    let format = match format {
        "" => None,
        "xml" => Some(Format::Xml),
        "json" => Some(Format::Json),
        "map" => Some(Format::Map),
        "lines" => Some(Format::Lines),
        "query" => Some(Format::Query),
        "form" => Some(Format::Form),
        "php" => Some(Format::Php),
        other => panic!("{other}"),
    };
    let reading = match read(text, format) {
        Ok(reading) => reading,
        Err(error) => return format!("    {error}\n"),
    };
    let mut out = format!("    {} {:?}", reading.format, reading.confidence);
    if let Some(other) = reading.other {
        write!(out, ", or {other}").unwrap();
    }
    if let Some(wrapping) = reading.wrapping {
        write!(out, ", in {wrapping:?}").unwrap();
    }
    out.push('\n');
    for field in &reading.fields {
        let (name, value) = (shown(&field.name), shown(&field.value));
        let (at, value_at) = (&field.name_span, &field.value_span);
        writeln!(out, "    {at:?} {value_at:?} {:?} {name} = {value}", field.kind).unwrap();
    }
    for note in &reading.notes {
        writeln!(out, "    {:?} {:?}", note.span, note.kind).unwrap();
    }
    out
}

/// `whole` has the fields too.
fn answer(report: &Report, whole: bool) -> String {
    let mut out = String::new();
    if let (Some(format), true) = (report.format, whole) {
        let sure = report.confidence;
        let (other, wrapping) = (report.other_format, report.wrapping);
        writeln!(out, "    {format} {sure:?} {other:?} {wrapping:?}, {}", report.has_trouble())
            .unwrap();
    }
    let Report { verdict, scene, sign_type, tried, .. } = report;
    write!(out, "    {verdict:?} {scene:?} {sign_type}").unwrap();
    writeln!(out, ", tried {} and {} pairs, {:?}", tried.singles, tried.pairs, tried.stopped)
        .unwrap();
    if whole {
        writeln!(out, "    signs {}", shown(&report.string_to_sign)).unwrap();
        for field in &report.fields {
            let signed_as = field.signed_as.map(|name| format!(" as {name}")).unwrap_or_default();
            let (why, name, value) = (field.why, &field.name, shown(&field.value));
            writeln!(out, "    {why:?}{signed_as} {name} = {value}").unwrap();
        }
    }
    for lint in &report.lints {
        let (id, detail) = (lint.row.id, shown(&lint.detail));
        let field = lint.field.as_deref().unwrap_or("-");
        writeln!(out, "    lint {id} {:?} {field} {:?} {detail}", lint.weight, lint.span).unwrap();
    }
    for cause in &report.causes {
        for part in &cause.parts {
            let also = part.also.map(|also| format!(" or {also}")).unwrap_or_default();
            let (id, detail) = (part.row.id, shown(&part.detail));
            writeln!(out, "    cause {id}{also} {detail}").unwrap();
        }
        if !cause.signed_text.is_empty() {
            let difference = difference(&report.string_to_sign, &cause.signed_text);
            writeln!(out, "        {}", shown(&difference)).unwrap();
        }
    }
    let advice: Vec<_> = report.advice.iter().map(|row| row.id).collect();
    writeln!(out, "    advice {}", advice.join(" ")).unwrap();
    out
}

/// What was signed, where it is not what is right.
fn difference(right: &str, signed: &str) -> String {
    let same = |(one, other): &(char, char)| one == other;
    let until = |one: &str, other: &str| -> usize {
        one.chars().zip(other.chars()).take_while(same).map(|(c, _)| c.len_utf8()).sum()
    };
    let start = until(right, signed);
    let (right, signed) = (&right[start..], &signed[start..]);
    let turned = |text: &str| text.chars().rev().collect::<String>();
    let end = until(&turned(right), &turned(signed));
    format!("{start}: {:?} not {:?}", &signed[..signed.len() - end], &right[..right.len() - end])
}

fn same(path: &Path, known: &str, found: &str) {
    if std::env::var_os("WXPAY_WRITE").is_some() {
        std::fs::write(path, found).unwrap();
        return;
    }
    for (at, (known, found)) in known.lines().zip(found.lines()).enumerate() {
        assert_eq!(known, found, "{}: line {}", path.display(), at + 1);
    }
    assert_eq!(known.len(), found.len(), "{}", path.display());
}

fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/explain").join(name)
}

/// What cannot be seen in a line, as what can.
const SIGNS: [(&str, &str); 5] =
    [("\n", "⏎"), ("\r", "␍"), ("\t", "⇥"), ("\u{feff}", "◊"), ("\u{200b}", "▯")];

fn shown(text: &str) -> String {
    SIGNS.iter().fold(text.to_owned(), |text, (hidden, sign)| text.replace(hidden, sign))
}

fn unshown(text: &str) -> String {
    SIGNS.iter().fold(text.to_owned(), |text, (hidden, sign)| text.replace(sign, hidden))
}
