//! Every command a person or CI types: `cargo xtask COMMAND`.

mod bench;
mod browser;
mod counts;
mod debian;
mod error;
mod fuzz;
mod mishaps;
mod npm;
mod paths;
mod process;
mod python;
mod report;
mod run;
mod stamp;
mod targets;
mod test;
mod tools;
mod wasm;

use std::ffi::OsString;
use std::process::ExitCode;

use error::TaskError;

const HELP: &str = "\
cargo xtask COMMAND

  demo [-- ARGS]   build the pages, then run the shop and the simulated WeChat on this machine
  test             everything CI runs; -v shows all output as it comes
  web              build the pages only
  wasm             build the npm package wxpay-wasm and say what it weighs
  build            the release binary, pages inside
  bench            measures, and writes docs/performance.md and its chart; names of parts: only these (core, npm, server)
  counts           the instructions of core's calls against their budgets; a part of test
  fuzz             random input for every reader: --runs N (10,000,000 each), names of targets
  crash            kill -9 under load: --rounds N (200), --seed N to repeat a run
  powercut         the power goes off under load: --rounds N (100), --seed N; needs root
  syncfail         the Nth sync fails, N from 1 to --rounds N (200), --seed N; needs strace
  damage           flipped bytes, cut and lost files: --rounds N (60), --seed N
  doctor           which tools are here; --fix installs what is missing, or says what to type
";

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let command = args.next().unwrap_or_default();
    let rest: Vec<OsString> = args.collect();
    match run(&command.to_string_lossy(), &rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, args: &[OsString]) -> Result<(), TaskError> {
    match command {
        "demo" => run::demo(after_dashes(args)),
        "test" => test::everything(switch(args, "test", &["-v", "--verbose"])?),
        "web" => run::web(switch(args, "web", &["-v", "--verbose"])?),
        "wasm" => wasm::package(switch(args, "wasm", &["-v", "--verbose"])?),
        "bench" => bench::run(args),
        "counts" => bench::counts::alone(switch(args, "counts", &["-v", "--verbose"])?),
        "build" => run::build(switch(args, "build", &["-v", "--verbose"])?),
        "fuzz" => fuzz::long(args),
        "crash" => mishaps::CRASH.run(args),
        "powercut" => mishaps::POWERCUT.run(args),
        "syncfail" => mishaps::SYNCFAIL.run(args),
        "damage" => mishaps::DAMAGE.run(args),
        "doctor" => tools::doctor(switch(args, "doctor", &["--fix"])?),
        "" | "help" | "-h" | "--help" => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(TaskError::new(format!("there is no command {other:?}"), HELP)),
    }
}

/// `cargo xtask demo -- --port 1` and `cargo xtask demo --port 1` mean the same.
fn after_dashes(args: &[OsString]) -> &[OsString] {
    match args.split_first() {
        Some((first, rest)) if first == "--" => rest,
        Some(_) | None => args,
    }
}

/// Whether the command's one switch was given; anything else is refused.
fn switch(args: &[OsString], command: &str, spellings: &[&str]) -> Result<bool, TaskError> {
    for arg in args {
        if !spellings.iter().any(|spelling| arg == spelling) {
            let what = format!("{command} does not know {:?}", arg.to_string_lossy());
            let to_do = format!("It takes only {}.", spellings.join(" or "));
            return Err(TaskError::new(what, to_do));
        }
    }
    Ok(!args.is_empty())
}
