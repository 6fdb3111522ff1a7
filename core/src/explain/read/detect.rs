//! Guesses the form of a pasted text.

use super::layer::{Layer, unescape_backslashes, unescape_html};
use super::scan::{Scan, is_name_byte, is_name_char, tail};
use super::{Confidence, Format, Wrapping, curl, pairs};
use crate::explain::seek::{contains, contains_any, find};

/// How many opening braces are looked at when a log line holds several.
const MAX_BRACES: usize = 16;

pub(super) struct Guess {
    pub(super) format: Format,
    pub(super) start: usize,
    pub(super) confidence: Confidence,
    pub(super) other: Option<Format>,
    pub(super) wrapping: Option<Wrapping>,
    pub(super) layer: Option<Layer>,
}

/// The form, or the given one; `None` if nothing fits.
pub(super) fn detect(input: &str, format: Option<Format>) -> Option<Guess> {
    let mut scan = Scan::new(input, 0);
    scan.skip_while(|c| c.is_whitespace() || matches!(c, '$' | '\u{feff}'));
    if scan.eat("curl ") {
        let layer = curl::body(input)?;
        let inner = inner(&layer.text, format)?;
        return Some(Guess { wrapping: Some(Wrapping::Curl), layer: Some(layer), ..inner });
    }
    let wrapping = wrapping(input);
    let layer = match wrapping {
        None | Some(Wrapping::Curl) => return inner(input, format),
        Some(Wrapping::Html) => unescape_html(input),
        Some(Wrapping::Backslashes) => unescape_backslashes(input),
    };
    let unwrapped = inner(&layer.text, format)?;
    // A value may hold escapes of its own; only a message that reads better without them is unwrapped.
    if wrapping == Some(Wrapping::Backslashes)
        && let Some(plain) = inner(input, format)
        && score(input, plain.format, plain.start)
            >= score(&layer.text, unwrapped.format, unwrapped.start)
    {
        return Some(plain);
    }
    Some(Guess { wrapping, layer: Some(layer), ..unwrapped })
}

fn wrapping(input: &str) -> Option<Wrapping> {
    let starts = ["<xml", "<root", "<appid", "<return_code", "{\"", "{'"];
    // Only what comes before the message itself can be a wrapping.
    let plain = starts.iter().filter_map(|start| find(input, start)).min().unwrap_or(input.len());
    let before = |what: &str| find(input, what).is_some_and(|at| at < plain);
    if ["&lt;xml", "&lt;root", "&lt;appid", "&lt;return_code"].iter().any(|what| before(what)) {
        return Some(Wrapping::Html);
    }
    let angle = ["\\u003cxml", "\\u003Cxml", "\\x3cxml", "\\x3Cxml"];
    (contains_any(input, &angle) || before("{\\\"")).then_some(Wrapping::Backslashes)
}

fn inner(text: &str, format: Option<Format>) -> Option<Guess> {
    let guess = |format, start, confidence| Guess {
        format,
        start,
        confidence,
        other: None,
        wrapping: None,
        layer: None,
    };
    match format {
        Some(Format::Json | Format::Object) => {
            let start = match best_brace(text) {
                Some((_, start, _)) => start,
                None => find(text, "{").unwrap_or(text.len()),
            };
            return Some(guess(format?, start, Confidence::Sure));
        }
        Some(Format::Map) => {
            return Some(guess(Format::Map, find(text, "{").unwrap_or(0), Confidence::Sure));
        }
        Some(Format::Query | Format::Form) => {
            return Some(guess(format?, query_start(text), Confidence::Sure));
        }
        Some(format) => return Some(guess(format, 0, Confidence::Sure)),
        None => {}
    }
    let xml = is_xml(text);
    if xml && starts_with_tag(text) {
        return Some(guess(Format::Xml, 0, Confidence::Sure));
    }
    let pairs = pairs_guess(text);
    let pairs_score = pairs.as_ref().map_or(0, |pairs| score(text, pairs.format, pairs.start));
    let brace = best_brace(text);
    let brace_score = brace.map_or(0, |(score, ..)| score);
    // XML and PHP inside a value of something else lose against that.
    if xml && score(text, Format::Xml, 0) >= pairs_score.max(brace_score + 1) {
        return Some(guess(Format::Xml, 0, Confidence::Sure));
    }
    if is_php(text) && score(text, Format::Php, 0) >= pairs_score.max(brace_score + 1) {
        return Some(guess(Format::Php, 0, Confidence::Sure));
    }
    if let Some((best, start, format)) = brace
        && (best > pairs_score
            || best == pairs_score && !contains_any(text.get(..start)?, &["=", ":"]))
    {
        return Some(guess(format, start, Confidence::Sure));
    }
    pairs
}

fn is_xml(text: &str) -> bool {
    let Some(at) = find(text, "<") else { return false };
    let tail = text.get(at..).unwrap_or_default();
    let named = ["<xml", "<XML", "<root", "<?xml"].iter().any(|start| tail.starts_with(start));
    let brace = contains_any(text.get(..at).unwrap_or_default(), &["{", "&"]);
    named
        || starts_with_tag(text) && contains(tail, "</")
        || !brace && contains_any(text, &["<xml>", "<root>"])
}

fn starts_with_tag(text: &str) -> bool {
    let mut scan = Scan::new(text, 0);
    scan.skip_while(|c| c.is_whitespace() || c == '\u{feff}');
    scan.peek() == Some(b'<')
}

fn is_php(text: &str) -> bool {
    let Some(arrow) = find(text, "=>") else { return false };
    let head = text.get(..arrow).unwrap_or_default().trim_end();
    matches!(head.as_bytes(), [.., b']' | b'\'' | b'"'])
        && contains_any(head, &["array", "Array", "["])
}

/// The brace whose object or map has the most names that WeChat knows.
fn best_brace(text: &str) -> Option<(usize, usize, Format)> {
    let mut best: Option<(usize, usize, Format)> = None;
    for (start, _) in text.match_indices('{').take(MAX_BRACES) {
        if let Some(format) = brace_format(text, start) {
            let score = score(text, format, start);
            if best.is_none_or(|(most, ..)| score > most) {
                best = Some((score, start, format));
            }
        }
    }
    best
}

/// How well a text reads as a form: known names count, and that there is a field at all.
fn score(text: &str, format: Format, start: usize) -> usize {
    let mut out = super::Collect::default();
    super::read_as(text, format, start, &mut out);
    let known = out.fields.iter().filter(|field| KNOWN.contains(&field.name.as_str())).count();
    known * 4 + usize::from(!out.fields.is_empty())
}

/// Names that tell a WeChat message from another object in the same text.
const KNOWN: [&str; 16] = [
    "appid",
    "appId",
    "mch_id",
    "nonce_str",
    "nonceStr",
    "noncestr",
    "timeStamp",
    "timestamp",
    "package",
    "paySign",
    "sign",
    "out_trade_no",
    "return_code",
    "prepay_id",
    "prepayid",
    "req_info",
];

fn brace_format(text: &str, start: usize) -> Option<Format> {
    let mut scan = Scan::new(text, start + 1);
    scan.white_and_comments();
    match scan.peek()? {
        b'"' => Some(Format::Json),
        b'\'' | b'`' => Some(Format::Object),
        _ => {
            let name = scan.skip_while(|c| is_name_char(c) || c == '$');
            scan.white_and_comments();
            match scan.peek()? {
                _ if name.is_empty() => None,
                b'=' => Some(Format::Map),
                b':' => Some(Format::Object),
                b',' | b'(' => Some(Format::Object),
                _ => None,
            }
        }
    }
}

/// Where joined pairs begin: behind the `?` of a URL that holds them, else at the first name before `=`.
fn query_start(text: &str) -> usize {
    let first = find(text, "=").unwrap_or(0);
    let head = text.get(..first).unwrap_or_default();
    if let Some(question) = head.bytes().rposition(|byte| byte == b'?') {
        return question;
    }
    let mut start = tail(head, is_name_byte);
    while let Some(lead) = head.get(..start)
        && let Some(c) = ["&", "\u{feff}"].iter().find(|c| lead.ends_with(**c))
    {
        start -= c.len();
    }
    start
}

fn pairs_guess(text: &str) -> Option<Guess> {
    let first = text.bytes().position(|byte| matches!(byte, b'=' | b':' | b'\t'))?;
    let is_line = |line: &&str| {
        let mut scan = Scan::new(line.trim_start(), 0);
        let name = scan.name();
        scan.skip_while(|c| c == ' ');
        !name.is_empty() && matches!(scan.peek(), Some(b'=' | b':' | b'\t'))
    };
    let lines = text.lines().filter(is_line).count();
    let joined = text.bytes().filter(|byte| *byte == b'&').count();
    let commas = contains(text, ", ");
    let confidence = |sure: bool| if sure { Confidence::Sure } else { Confidence::Likely };
    let guess = |format, start, confidence, other| Guess {
        format,
        start,
        confidence,
        other,
        wrapping: None,
        layer: None,
    };
    let one_line = lines <= 1;
    if joined > 0 && contains(text, "=") && (one_line || joined + 1 >= lines) {
        let start = query_start(text);
        let encoded = pairs::looks_encoded(text);
        let url = text.get(start..).is_some_and(|tail| tail.starts_with('?'))
            && text.get(..start).is_some_and(|head| contains(head, "://"));
        return Some(match (encoded, url) {
            (true, true) => guess(Format::Form, start, Confidence::Likely, Some(Format::Query)),
            (true, false) => guess(Format::Query, start, Confidence::Likely, Some(Format::Form)),
            (false, _) => guess(Format::Query, start, confidence(one_line), None),
        });
    }
    if one_line && commas && contains(text, "=") {
        let start = query_start(text);
        return Some(guess(Format::Map, start, Confidence::Guess, Some(Format::Lines)));
    }
    if lines > 0 && !text.get(first..).is_some_and(|tail| tail.starts_with("://")) {
        return Some(guess(Format::Lines, 0, confidence(lines > 1), None));
    }
    None
}
