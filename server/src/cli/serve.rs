//! `wxpay serve`.

use std::path::PathBuf;
use std::process::ExitCode;

use super::check_config;
use super::exit;
use crate::config::Config;
use crate::run::{RunError, Server, termination};
use crate::telemetry;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file · 配置文件
    #[arg(long, default_value = "wxpay.toml")]
    config: PathBuf,
}

pub(super) fn run(args: &Args) -> ExitCode {
    let config = match Config::load(&args.config) {
        Ok(config) => config,
        Err(problems) => return check_config::report(&problems),
    };
    if let Err(error) = telemetry::start(&config.log_level) {
        eprintln!("log.level: {error}");
        return ExitCode::from(exit::CONFIG);
    }
    for warning in &config.warnings {
        tracing::warn!(key = warning.key, "{}", warning.what);
    }
    finish(block_on(serve(config)))
}

async fn serve(config: Config) -> Result<(), RunError> {
    let shutdown = termination().map_err(|error| RunError::Start(error.to_string()))?;
    let server = Server::start(config).await?;
    if let Ok(address) = server.address() {
        tracing::info!(%address, "listening");
    }
    server.run(None, shutdown).await
}

/// Runs a command's future on a fresh runtime.
pub(super) fn block_on<T>(
    future: impl Future<Output = Result<T, RunError>>,
) -> Result<T, RunError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| RunError::Start(error.to_string()))?.block_on(future)
}

/// Says how it ended, on the log and to the supervisor.
pub(super) fn finish(result: Result<(), RunError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let code = error.exit_code();
            tracing::error!(%error, exit_code = code, "ended");
            eprintln!("wxpay: {error}");
            ExitCode::from(code)
        }
    }
}
