//! Runs a program and hands over its output line by line.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use crate::error::TaskError;

/// A program that prints nothing for this long hangs.
const SILENCE: Duration = Duration::from_secs(15 * 60);

/// Runs `command` without standard input; `each` gets every line of both outputs as it comes.
pub fn stream(command: &mut Command, mut each: impl FnMut(&str)) -> Result<ExitStatus, TaskError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("CARGO_TERM_COLOR", "never").env("NO_COLOR", "1").env_remove("FORCE_COLOR");
    let mut child = command.spawn().map_err(|error| {
        TaskError::new(format!("`{}` does not start: {error}", shown(command)), DOCTOR)
    })?;
    let lines = lines_of(&mut child);
    loop {
        match lines.recv_timeout(SILENCE) {
            Ok(line) => each(&line),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                // It may have ended by itself just now; there is nothing else to do about it.
                let _ = child.kill();
                return Err(TaskError::new(
                    format!("`{}` printed nothing for {} s", shown(command), SILENCE.as_secs()),
                    "It hangs: run it by hand to see where.",
                ));
            }
        }
    }
    child.wait().map_err(|error| {
        TaskError::new(format!("`{}`: {error}", shown(command)), "Run the command again.")
    })
}

/// The first line that `command` prints, if it runs and ends well: `node --version` and the like.
pub fn first_line(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok().filter(|out| out.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next().map(|line| line.trim().to_owned())
}

/// The command as one would type it.
pub fn shown(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    command.get_args().fold(name, |line, arg| line + " " + &arg.to_string_lossy())
}

pub const DOCTOR: &str = "Type `cargo xtask doctor` to see which tools are missing.";

fn lines_of(child: &mut Child) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        forward(stdout, sender.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        forward(stderr, sender);
    }
    lines
}

fn forward(pipe: impl Read + Send + 'static, sender: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
            if sender.send(line).is_err() {
                return;
            }
        }
    });
}
