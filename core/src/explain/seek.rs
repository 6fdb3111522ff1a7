//! Looks for short texts in a text. The library's search is made for long ones, and comes with several kilobytes of code.

use alloc::string::String;

/// Where `what` begins; an empty `what` is nowhere.
pub(super) fn find(text: &str, what: &str) -> Option<usize> {
    let (text, what) = (text.as_bytes(), what.as_bytes());
    let first = what.first()?;
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        let found = rest.get(at..).unwrap_or_default();
        if found.starts_with(what) {
            return Some(text.len() - found.len());
        }
        rest = found.get(1..).unwrap_or_default();
    }
    None
}

pub(super) fn contains(text: &str, what: &str) -> bool {
    find(text, what).is_some()
}

pub(super) fn contains_any(text: &str, list: &[&str]) -> bool {
    list.iter().any(|what| contains(text, what))
}

/// What lies before and behind `what`.
pub(super) fn split_once<'a>(text: &'a str, what: &str) -> Option<(&'a str, &'a str)> {
    let at = find(text, what)?;
    Some((text.get(..at)?, text.get(at + what.len()..)?))
}

pub(super) fn replace(text: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = split_once(rest, from) {
        out.push_str(before);
        out.push_str(to);
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Whether two names differ by case and `_` only.
pub(super) fn same_name(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

/// A name without `_` and in lower case: all the spellings of one name are the same.
pub(super) fn plain(name: &str) -> String {
    replace(name, "_", "").to_ascii_lowercase()
}
