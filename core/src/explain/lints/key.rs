//! Group A: what can be seen of a key without showing it.

use super::Look;
use crate::explain::KeyKind;
use crate::explain::report::Weight;
use crate::explain::seek::contains;

pub(super) fn look(look: &mut Look<'_>) {
    let Some(key) = look.check.options.keys.first() else { return };
    let add: &mut dyn FnMut(&'static str, Weight, &str) =
        &mut |id, weight, detail| look.add(id, weight, None, detail, None);
    let bytes = key.bytes;
    if [&b""[..], b"undefined", b"null", b"None", b"nil"].contains(&bytes) {
        return add("A5", Weight::Error, "no key");
    }
    let Ok(text) = core::str::from_utf8(bytes) else {
        return add("A7", Weight::Error, "not text");
    };
    let quoted = matches!(bytes, [b'"' | b'\'', ..] | [.., b'"' | b'\'']);
    if text.trim().len() != text.len() || quoted {
        add("A6", Weight::Error, "white space or quotes around the key");
    }
    if text.chars().any(|c| !c.is_ascii_graphic() && !c.is_whitespace()) {
        add("A7", Weight::Error, "a character outside printable ASCII");
    }
    if bytes.len() != 32 {
        add(
            "A9",
            Weight::Error,
            if bytes.len() < 32 { "shorter than 32" } else { "longer than 32" },
        );
    }
    if bytes.len() != 32 && bytes.iter().all(u8::is_ascii_digit) || bytes.len() < 20 {
        add("A4", Weight::Warning, "looks like a number or a password");
    }
    let lower_hex = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    if bytes.len() == 32 && bytes.iter().all(lower_hex) {
        add("A2", Weight::Info, "32 lower-case hex characters, as an AppSecret has");
    }
    let url = look.check.options.url.unwrap_or_default();
    let sandbox = contains(url, "sandbox");
    if !url.is_empty() && sandbox != (key.kind == KeyKind::Sandbox) {
        let detail = if sandbox {
            "a sandbox URL takes the sandbox key"
        } else {
            "a sandbox key at a production URL"
        };
        look.add("A12", Weight::Warning, None, detail, None);
    }
}
