//! `wxpay`: the server, the simulator and the tools, in one binary.

use std::process::ExitCode;

use clap::Parser;
use wxpay_server::cli::Cli;

fn main() -> ExitCode {
    Cli::parse().run()
}
