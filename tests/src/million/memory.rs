//! What a process takes of memory, as the kernel counts it.

use std::fs;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::process::Pid;
use tokio::process::Command;

/// Resident now, in bytes.
pub fn resident(pid: Pid) -> u64 {
    field(pid, "VmRSS:").unwrap()
}

/// The most that was resident since the start, or since `forget_peak`, in bytes.
pub fn peak(pid: Pid) -> u64 {
    field(pid, "VmHWM:").unwrap()
}

/// What was resident at other times counts no more.
pub fn forget_peak(pid: Pid) {
    fs::write(format!("/proc/{}/clear_refs", pid.as_raw_nonzero()), "5").unwrap();
}

/// None once it has ended.
fn field(pid: Pid, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse().ok().map(|kilobytes: u64| kilobytes * 1024)
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub status: ExitStatus,
    /// What it said.
    pub stdout: String,
    /// How long it took.
    pub time: Duration,
    /// The most memory it was seen with, in bytes.
    pub peak: u64,
}

/// Runs a command to its end and watches its memory.
pub async fn watched(command: &mut Command) -> Ended {
    let started = Instant::now();
    let child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    let output = child.wait_with_output();
    tokio::pin!(output);
    let mut look = tokio::time::interval(Duration::from_millis(10));
    let mut seen = 0;
    loop {
        tokio::select! {
            output = &mut output => {
                let output = output.unwrap();
                let stdout = String::from_utf8(output.stdout).unwrap();
                let (status, time) = (output.status, started.elapsed());
                return Ended { status, stdout, time, peak: seen };
            }
            _ = look.tick() => seen = seen.max(field(pid, "VmHWM:").unwrap_or(0)),
        }
    }
}
