//! Logs: one JSON line an event, without secrets. The request id of the request at hand is on every line.

use std::io::IsTerminal;
use std::panic;

use tracing::dispatcher;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{Directive, LevelFilter};
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
        None => plain(path, PATH_CHARS),
    }
}

/// What a stranger has sent, for a log: cut, and nothing in it that a terminal or a reader might obey.
pub fn plain(text: &str, max_chars: usize) -> String {
    let is_odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{206f}' | '\u{feff}')
    };
    text.chars().take(max_chars).map(|c| if is_odd(c) { '?' } else { c }).collect()
}

/// A number that says whose payment it is, for a log: enough to recognise it by.
pub fn masked(number: &str) -> String {
    let mut shown: Vec<char> = plain(number, MASKED_CHARS).chars().collect();
    let hidden = shown.len().saturating_sub(8);
    shown.iter_mut().skip(4).take(hidden).for_each(|c| *c = '*');
    shown.into_iter().collect()
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
    // At trace level warp shows each part of a path, one of which may be WeChat's number of a payment.
    let quiet = "warp::filters::path=debug".parse::<Directive>();
    let filter = filter.add_directive(quiet.map_err(|error| error.to_string())?);
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// On a terminal, too: fields of text are quoted, and what would be obeyed is escaped.
    #[test]
    fn p02_text_of_strangers_is_one_line_on_a_terminal() {
        let written = Written::default();
        let shared = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || shared.clone())
            .with_target(false)
            .with_ansi(false)
            .finish();
        let reason = "a\n2026-01-01 INFO notice taken\r\u{1b}[2J\u{9b}31m".to_owned();
        tracing::subscriber::with_default(subscriber, || {
            let (path, merchant) = (logged_path(&reason), plain(&reason, 64));
            tracing::warn!(reason, path, merchant, "notice refused");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        let controls: Vec<char> = text.trim_end().chars().filter(|c| c.is_control()).collect();
        assert!(controls.is_empty(), "{controls:?} in {text:?}");
    }

    #[test]
    fn p01_whose_payment_it_is_is_masked() {
        assert_eq!(masked("4200000001202601010000000001"), "4200********************0001");
        assert_eq!(masked("12345678"), "12345678");
        let path = logged_path("/v1/anomalies/4200000001202601010000000001/resolve");
        assert_eq!(path, "/v1/anomalies/4200********************0001/resolve");
        assert_eq!(logged_path("/v1/anomalies/tea-1.7/resolve"), "/v1/anomalies/tea-1.7/resolve");
        assert_eq!(logged_path("/v1/orders/tea\u{9b}1"), "/v1/orders/tea?1");
    }
}
