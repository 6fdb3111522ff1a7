//! Logs: one JSON line an event, without secrets. The request id of the request at hand is on every line.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

tokio::task_local! {
    static REQUEST_ID: String;
}

/// Runs a request with its id.
pub async fn with_request_id<F: Future>(id: String, request: F) -> F::Output {
    REQUEST_ID.scope(id, request).await
}

/// The id of the request at hand; empty outside of requests.
pub fn request_id() -> String {
    REQUEST_ID.try_with(Clone::clone).unwrap_or_default()
}

/// Starts logging to standard error: text on a terminal, JSON elsewhere. `level` is a tracing filter such as `info`.
///
/// # Errors
/// When the filter is malformed, or logging has been started before.
pub fn start(level: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(level).map_err(|error| error.to_string())?;
    let terminal = std::io::stderr().is_terminal();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::NONE)
        .with_target(false)
        .with_ansi(terminal);
    let started = if terminal {
        subscriber.try_init()
    } else {
        subscriber.json().flatten_event(true).try_init()
    };
    started.map_err(|error| error.to_string())
}
