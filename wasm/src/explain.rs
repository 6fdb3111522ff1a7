//! The explanation, with its options as a flat string: `name\0value\0…`.
//!
//! `key`, `sign_type`, `scene`, `sign`, `appid`, `format`, `other`, `url`; `candidate:KIND:LABEL`, any number of times;
//! `gbk`: for every character that has them, the character and its two GBK bytes in hex (`中D6D0文CEC4`).

use wxpay_core::SignType;
use wxpay_core::explain::{Format, KeyKind, NamedKey, Options, ReadError, Report, Scene};

use crate::CallError;
use crate::flat::Parts;

/// `text` or `text\0options` to the report that `wxpay explain --json` prints, with spans in UTF-16 units.
///
/// # Errors
/// [`CallError`]: an option.
pub fn explain(input: &str) -> Result<String, CallError> {
    let (text, options) = input.split_once('\0').unwrap_or((input, ""));
    let report = serde_json::to_string(&report(text, options)?);
    report.map_err(|_| CallError::of("internal", "", "the report could not be written"))
}

/// The report on a text, with spans in UTF-16 units, as JavaScript counts.
///
/// # Errors
/// [`CallError`]: an option.
pub fn report(text: &str, options: &str) -> Result<Report, CallError> {
    let mut keys = Vec::new();
    let mut known = Options::default();
    let mut gbk = Vec::new();
    let mut parts = Parts::new(options);
    while let Some(name) = parts.more().filter(|_| !options.is_empty()) {
        let value = parts.next();
        match name {
            "key" => keys.insert(0, NamedKey::main(value)),
            "sign_type" => known.sign_type = Some(value.parse::<SignType>()?),
            "scene" => known.scene = Some(word("scene", Scene::from_word(value))?),
            "sign" => known.sign = Some(value),
            "appid" => known.appid = Some(value),
            "format" => known.format = Some(word("format", Format::from_word(value))?),
            "other" => known.other = Some(value),
            "url" => known.url = Some(value),
            "gbk" => gbk = table(value),
            name => keys.push(candidate(name, value)?),
        }
    }
    let bytes = |c: char| gbk.iter().find(|(known, _)| *known == c).map(|(_, bytes)| *bytes);
    if !gbk.is_empty() {
        known.gbk = Some(&bytes);
    }
    let mut report = wxpay_core::explain::explain(text, &Options { keys: &keys, ..known });
    count_utf16(text, &mut report);
    Ok(report)
}

fn word<T>(option: &str, word: Option<T>) -> Result<T, CallError> {
    word.ok_or_else(|| {
        CallError::of("bad_option", option, &format!("{option}: not one of the words it can be"))
    })
}

/// The first key is the one that should fit, so candidates never come first.
fn candidate<'a>(name: &'a str, key: &'a str) -> Result<NamedKey<'a>, CallError> {
    let mut words = name.splitn(3, ':');
    let (tag, kind, label) = (words.next(), words.next(), words.next());
    let (Some("candidate"), Some(kind), Some(label)) = (tag, kind, label) else {
        return Err(CallError::of("bad_option", name, &format!("{name}: there is no such option")));
    };
    Ok(NamedKey {
        kind: word("candidates", KeyKind::from_word(kind))?,
        label,
        bytes: key.as_bytes(),
    })
}

fn table(text: &str) -> Vec<(char, [u8; 2])> {
    let mut table = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let digits = chars.by_ref().take(4).filter_map(|digit| digit.to_digit(16));
        let number = digits.fold(0, |number, digit| number * 16 + digit);
        if let Ok(number) = u16::try_from(number) {
            table.push((c, number.to_be_bytes()));
        }
    }
    table
}

/// Rewrites byte offsets into offsets of a JavaScript string.
fn count_utf16(text: &str, report: &mut Report) {
    if text.is_ascii() {
        return;
    }
    let mut units = Vec::with_capacity(text.len() + 1);
    let mut so_far = 0;
    for c in text.chars() {
        units.resize(units.len() + c.len_utf8(), so_far);
        so_far += c.len_utf16();
    }
    units.push(so_far);
    let unit = |byte: usize| units.get(byte).copied().unwrap_or(so_far);
    if let Some(ReadError::NoFields { at, .. }) = &mut report.error {
        *at = unit(*at);
    }
    let fields = report.fields.iter_mut();
    let spans = fields.flat_map(|field| [&mut field.name_span, &mut field.value_span]);
    for span in spans.chain(report.lints.iter_mut().map(|lint| &mut lint.span)).flatten() {
        for end in [&mut span.start, &mut span.end] {
            *end = unit(*end);
        }
    }
}
