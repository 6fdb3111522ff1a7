//! Logs: one JSON line an event, without secrets. The request id of the request at hand is on every line.

use std::io::IsTerminal;
use std::panic;

use tracing::dispatcher;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;

const PATH_CHARS: usize = 200;
/// WeChat's numbers have at most 32 characters.
const MASKED_CHARS: usize = 32;

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

/// Whether this is a level, or a tracing filter such as `info,hyper=debug`.
///
/// # Errors
/// What was expected.
pub fn check(level: &str) -> Result<(), String> {
    // A single word that is no level would be taken for the name of a module.
    let is_level = level.contains(['=', ',']) || level.parse::<LevelFilter>().is_ok();
    match EnvFilter::try_new(level) {
        Ok(_) if is_level => Ok(()),
        Ok(_) | Err(_) => {
            Err("expected error, warn, info, debug, trace or a tracing filter".into())
        }
    }
}

/// A request's path for the log: cut, and without WeChat's number of a payment that is no order's.
pub fn logged_path(path: &str) -> String {
    let number = path.strip_prefix("/v1/anomalies/").and_then(|rest| rest.strip_suffix("/resolve"));
    match number.filter(|number| !number.contains('.')) {
        Some(number) => format!("/v1/anomalies/{}/resolve", masked(number)),
        None => path.chars().take(PATH_CHARS).collect(),
    }
}

/// A number that says whose payment it is, for a log: enough to recognise it by.
pub fn masked(number: &str) -> String {
    let mut shown: Vec<char> = number.chars().collect();
    let length = shown.len();
    for hidden in shown.iter_mut().skip(4).take(length.saturating_sub(8)) {
        *hidden = '*';
    }
    shown.into_iter().take(MASKED_CHARS).collect()
}

/// From now on a panic is a line of the log like any other. Commands without a log show it as Rust does, unless it is
/// the database's: then they say themselves what it means.
pub fn log_panics() {
    let show = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let payload = info.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        if dispatcher::has_been_set() {
            let panic = text.unwrap_or_default();
            tracing::error!(panic, place, "a part of the program has broken off");
        } else if !place.contains("/sled-") {
            show(info);
        }
    }));
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
