//! Where it was measured, as far as that matters for reading ratios.

use std::process::Command;

use crate::process;

/// Processor, system, compiler, Node, Python; what cannot be found out is left out.
pub fn describe() -> String {
    let compiler = process::first_line(Command::new("rustc").arg("--version"));
    let node =
        process::first_line(Command::new("node").arg("--version")).map(|v| format!("Node {v}"));
    let python = process::first_line(Command::new("python3").arg("--version"));
    let parts = [processor(), Some(std::env::consts::OS.to_owned()), compiler, node, python];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("model name"))?;
    let name = line.trim_start_matches([' ', '\t', ':']);
    let extensions = if text.contains(" sha_ni") { "with" } else { "without" };
    Some(format!("{name} ({extensions} SHA instructions)"))
}
