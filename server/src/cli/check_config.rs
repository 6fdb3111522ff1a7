//! `wxpay check-config`.

use std::path::PathBuf;
use std::process::ExitCode;

use super::exit;
use super::lang::say;
use super::put;
use crate::config::{Config, Problem};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file · 配置文件
    #[arg(long, default_value = "wxpay.toml")]
    config: PathBuf,
    /// Print the default configuration with its comments instead · 打印带注释的默认配置
    #[arg(long)]
    defaults: bool,
}

pub(super) fn run(args: &Args) -> ExitCode {
    if args.defaults {
        put(crate::config::DEFAULT);
        return ExitCode::SUCCESS;
    }
    match Config::load(&args.config) {
        Ok(config) => {
            put(&config.shown());
            for warning in &config.warnings {
                eprintln!("{} {warning}", say("warning:", "警告:"));
            }
            ExitCode::SUCCESS
        }
        Err(problems) => report(&problems),
    }
}

/// Prints every problem, one a line.
pub(super) fn report(problems: &[Problem]) -> ExitCode {
    eprintln!("{}", say("The configuration cannot be used:", "配置无法使用:"));
    for problem in problems {
        eprintln!("  {problem}");
    }
    let hint = say(
        "Every key is explained by `wxpay check-config --defaults`.",
        "所有配置项的说明见 `wxpay check-config --defaults`。",
    );
    eprintln!("{hint}");
    ExitCode::from(exit::CONFIG)
}
