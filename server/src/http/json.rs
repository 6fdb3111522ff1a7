//! Reading a JSON body: one object, and an error that names the field.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Deserializer;

/// Why a body was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum JsonError {
    /// It is not one JSON object.
    NotJson,
    /// A field is missing, unknown, there twice, or not what it should be. Says what was expected, never what was sent.
    Field { field: String, expected: String },
}

pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, JsonError> {
    let text = std::str::from_utf8(body).map_err(|_| JsonError::NotJson)?;
    // serde would also read an array of the fields in their order.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(JsonError::NotJson);
    }
    let mut reader = Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| wrong(text, &error.path().to_string(), error.inner()))?;
    reader.end().map_err(|_| JsonError::NotJson)?;
    Ok(value)
}

fn wrong(text: &str, path: &str, error: &serde_json::Error) -> JsonError {
    let named = |name: &str| if path == "." { name.to_owned() } else { path.to_owned() };
    if !error.is_data() {
        // A number such as 1e999 or half of a surrogate pair is JSON, and still nothing that a field can have.
        if serde_json::from_str::<IgnoredAny>(text).is_err() {
            return JsonError::NotJson;
        }
        let expected = "expected a number of usual size, or text of whole characters";
        return JsonError::Field { field: named("body"), expected: expected.into() };
    }
    let message = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&position).unwrap_or(&message);
    let field = named(unknown(message).or_else(|| quoted(message)).unwrap_or("body"));
    JsonError::Field { field, expected: in_words(message) }
}

/// serde's sentence without Rust's type names and without what was sent.
fn in_words(message: &str) -> String {
    if message.starts_with("missing field") {
        return "missing".into();
    }
    let Some((_, expected)) = message.rsplit_once("expected ") else { return message.into() };
    let expected = match expected {
        "u64" | "i64" => "a whole number",
        "a string" => "text",
        other => other,
    };
    let unknown = if unknown(message).is_some() { "unknown field, " } else { "" };
    format!("{unknown}expected {expected}")
}

/// The name in serde's "unknown field `x`, expected ...": whatever somebody has sent.
fn unknown(message: &str) -> Option<&str> {
    let (name, _) = message.strip_prefix("unknown field `")?.rsplit_once("`, expected ")?;
    Some(name)
}

/// The name in serde's "missing field `x`".
fn quoted(message: &str) -> Option<&str> {
    message.split('`').nth(1)
}
