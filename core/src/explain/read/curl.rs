//! Takes the body out of a curl command.

use super::layer::{Layer, escape};
use super::scan::Scan;
use crate::explain::seek::{contains, find};

/// The body that a curl command sends, or the query of its URL if it sends none.
pub(super) fn body(input: &str) -> Option<Layer> {
    let start = find(input, "curl")?;
    let mut scan = Scan::new(input, start);
    let mut body = Layer::default();
    let mut url = None;
    let mut is_data = false;
    for _ in 0..512 {
        scan.skip_while(|c| c.is_whitespace() || matches!(c, '\\' | '^'));
        if scan.done() {
            break;
        }
        let word = word(&mut scan);
        if is_data {
            is_data = false;
            append(&mut body, &word, 0);
            continue;
        }
        let text = word.text.as_str();
        let long =
            ["--data-raw", "--data-binary", "--data-ascii", "--data-urlencode", "--data", "--json"];
        if text == "-d" || long.contains(&text) {
            is_data = true;
        } else if let Some(option) = long
            .iter()
            .find(|option| text.strip_prefix(**option).is_some_and(|rest| rest.starts_with('=')))
        {
            append(&mut body, &word, option.len() + 1);
        } else if text.starts_with("-d") {
            append(&mut body, &word, 2);
        } else if contains(text, "://") {
            url = Some(word);
        }
    }
    if !body.text.is_empty() {
        return Some(body);
    }
    let url = url?;
    let query = find(&url.text, "?")? + 1;
    append(&mut body, &url, query);
    Some(body)
}

/// curl joins several data options by `&`.
fn append(body: &mut Layer, word: &Layer, from: usize) {
    let tail = word.text.get(from..).unwrap_or_default();
    if !body.text.is_empty() {
        let at = word.origin(&(from..from)).start;
        body.push('&', at, at);
    }
    for (at, c) in tail.char_indices() {
        let origin = word.origin(&(from + at..from + at + c.len_utf8()));
        body.push(c, origin.start, origin.end);
    }
}

/// One word of the command line, quotes taken off.
fn word(scan: &mut Scan<'_>) -> Layer {
    let mut word = Layer::default();
    while let Some(c) = scan.rest().chars().next() {
        let from = scan.at;
        match c {
            _ if c.is_whitespace() => return word,
            '\'' => {
                scan.bump();
                plain_until(scan, '\'', &mut word);
            }
            '$' if scan.rest().starts_with("$'") => {
                scan.at += 2;
                escaped_until(scan, '\'', false, &mut word);
            }
            '"' => {
                scan.bump();
                escaped_until(scan, '"', true, &mut word);
            }
            '\\' => {
                scan.bump();
                if let Some(next) = scan.rest().chars().next() {
                    scan.bump();
                    word.push(next, from, scan.at);
                }
            }
            _ => {
                scan.bump();
                word.push(c, from, scan.at);
            }
        }
    }
    word
}

fn plain_until(scan: &mut Scan<'_>, quote: char, word: &mut Layer) {
    while let Some(c) = scan.rest().chars().next() {
        let from = scan.at;
        scan.bump();
        if c == quote {
            return;
        }
        word.push(c, from, scan.at);
    }
}

/// In double quotes a backslash escapes only `"`, `\`, `$`, a back quote and a line end; in `$'…'` it escapes as in C.
fn escaped_until(scan: &mut Scan<'_>, quote: char, double: bool, word: &mut Layer) {
    while let Some(c) = scan.rest().chars().next() {
        let from = scan.at;
        if c == quote {
            scan.bump();
            return;
        }
        let next = scan.rest().chars().nth(1).unwrap_or_default();
        let wanted = c == '\\' && (!double || matches!(next, '"' | '\\' | '$' | '`'));
        let decoded = match wanted {
            true if double => {
                scan.bump();
                scan.bump();
                Some(next)
            }
            true => escape(scan),
            false => None,
        };
        let c = decoded.unwrap_or_else(|| {
            scan.bump();
            c
        });
        word.push(c, from, scan.at);
    }
}
