//! What most commands do: ask the server one thing, and show the answer.

use std::process::ExitCode;

use serde_json::Value;

use super::remote::{Remote, RemoteArgs};
use super::remote_error::RemoteError;
use super::{put, put_json};

/// Asks, and shows the answer: as it is with `--json`, else as `text` words it.
pub(super) fn show(
    args: &RemoteArgs,
    ask: impl FnOnce(&Remote) -> Result<Value, RemoteError>,
    text: impl FnOnce(&Value) -> String,
) -> ExitCode {
    let remote = match Remote::open(args) {
        Ok(remote) => remote,
        Err(code) => return code,
    };
    match ask(&remote) {
        Ok(answer) if args.json => put_json(&answer),
        Ok(answer) => put(&text(&answer)),
        Err(error) => return error.report(),
    }
    ExitCode::SUCCESS
}

/// The rows of an answer.
pub(super) fn items<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    answer.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
