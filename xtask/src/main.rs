//! Every command a person or CI types: `cargo xtask COMMAND`.

mod bench;
mod browser;
mod cases;
mod counts;
mod debian;
mod error;
mod fuzz;
mod mishaps;
mod mutants;
mod npm;
mod paths;
mod process;
mod python;
mod report;
mod run;
mod signing;
mod stamp;
mod supply;
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
  bench            measures, and writes docs/performance.md and its chart; names of parts: only these (core, npm,
                    server, million)
  counts           the instructions of core's calls against their budgets; a part of test
  cases            whether docs/reliability.md has every case, and every test it names is there; a part of test
  fuzz             random input for every reader: --runs N (10,000,000 each), names of targets
  signing          random sets signed by core and by Python: --maps N (1,000,000), --seed N
  mutants          changes core in small ways, to see whether a test notices: --shard K/N
  crash            kill -9 under load: --rounds N (200), --seed N to repeat a run
  powercut         the power goes off under load: --rounds N (100), --seed N; needs root
  syncfail         the Nth sync fails, N from 1 to --rounds N (200), --seed N; needs strace
  damage           flipped bytes, cut and lost files: --rounds N (60), --seed N
  connections      customers beside half-open and idle connections: --sockets N of each (1,000), --seed N
  requests         made-up requests, answered as docs/api.md says: --requests N (100,000), --seed N
  gateway          every fault of every call to WeChat: --rounds N (504), --seed N
  schedules        random schedules of the order rules: --rounds N (10,000), --seed N
  deny             licences, sources and advisories of all crates, by cargo-deny
  twice            builds the release program twice: both must be equal
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
        "cases" => cases::alone(switch(args, "cases", &["-v", "--verbose"])?),
        "fuzz" => fuzz::long(args),
        "signing" => signing::run(args),
        "mutants" => mutants::run(args),
        "crash" => mishaps::CRASH.run(args),
        "powercut" => mishaps::POWERCUT.run(args),
        "syncfail" => mishaps::SYNCFAIL.run(args),
        "damage" => mishaps::DAMAGE.run(args),
        "connections" => mishaps::CONNECTIONS.run(args),
        "requests" => mishaps::REQUESTS.run(args),
        "gateway" => mishaps::GATEWAY.run(args),
        "schedules" => mishaps::SCHEDULES.run(args),
        "deny" => nothing_more(args, "deny").and_then(|()| supply::deny()),
        "twice" => nothing_more(args, "twice").and_then(|()| supply::twice()),
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

/// For commands that take nothing.
fn nothing_more(args: &[OsString], command: &str) -> Result<(), TaskError> {
    if args.is_empty() {
        return Ok(());
    }
    Err(TaskError::new(format!("{command} takes nothing"), format!("cargo xtask {command}")))
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
