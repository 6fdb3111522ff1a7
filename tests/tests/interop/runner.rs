//! A foreign library in a process of its own, asked by JSON lines (the runners are in `tests/interop/`).

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::Value;

const INSTALL: &str = "run cargo xtask test (or only: cargo xtask doctor --fix)";
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A process that answers JSON lines; it ends with this value.
pub struct Process {
    library: &'static str,
    child: Child,
    requests: ChildStdin,
    answers: Receiver<String>,
}

impl Process {
    pub fn start(library: &'static str, mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}; {INSTALL}"));
        let requests = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, answers) = mpsc::channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { library, child, requests, answers }
    }

    pub fn ask(&self, mut request: Value) -> Value {
        request["lib"] = self.library.into();
        writeln!(&self.requests, "{request}").unwrap();
        let line = self.answers.recv_timeout(ANSWER_TIMEOUT).unwrap_or_else(|error| {
            panic!("{} gave no answer ({error}) to {request}", self.library)
        });
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert!(answer.get("error").is_none(), "{}: {answer} to {request}", self.library);
        answer
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a package of npm.
pub fn node(package: &str) -> Command {
    require(&runners().join("node_modules").join(package));
    let mut command = Command::new("node");
    command.arg(runners().join("node_runner.mjs"));
    command
}

/// Runs a package of PyPI.
pub fn python(runner: &str) -> Command {
    // Cargo's `<target>/tmp`; the environment lies beside it.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let python = target.join("interop/venv/bin/python");
    require(&python);
    let mut command = Command::new(python);
    command.arg(runners().join(runner));
    command
}

fn runners() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop")
}

fn require(path: &Path) {
    assert!(path.exists(), "{} is not there: {INSTALL}", path.display());
}
