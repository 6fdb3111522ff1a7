//! Disks of a test's own: ext4 in an image file, and what of it a power cut would leave.
//!
//! What programs write stays in the kernel's memory until the file system sends it to its device, and the device is a
//! loop over the image file: a copy of the image taken while a writer is frozen holds what had been sent, and no more.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::geteuid;
use tempfile::TempDir;

/// Memory as the place of the images: whole rounds take less time than one sync of a slow disk.
const SHARED_MEMORY: &str = "/dev/shm";

/// Why there can be no such disk here: the reason, in words.
pub fn why_not() -> Option<String> {
    if !geteuid().is_root() {
        return Some("mounting a disk image needs root".into());
    }
    let place = TempDir::new().unwrap();
    LoopDisk::new(place.path(), 8).err()
}

/// Says, where nobody can miss it, that a test cannot run. `cargo xtask test` shows these lines.
pub fn cannot_run(what: &str, why: &str) {
    let why = why.lines().next().unwrap_or_default();
    // Not `println!`: that is shown of tests that fail only.
    let _ = writeln!(std::io::stderr(), "cannot run here: {what}: {why}");
}

/// A disk of its own, mounted.
#[derive(Debug)]
pub struct LoopDisk {
    images: TempDir,
    copies: u32,
    mounted_at: PathBuf,
}

impl LoopDisk {
    /// Makes an empty disk and mounts it at a directory.
    ///
    /// # Errors
    /// Why it cannot be done here.
    pub fn new(at: &Path, megabytes: u32) -> Result<Self, String> {
        let memory = Path::new(SHARED_MEMORY);
        let images = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let images = images.map_err(|error| error.to_string())?;
        let disk = Self { images, copies: 0, mounted_at: at.into() };
        let image = disk.image();
        let length = u64::from(megabytes) << 20;
        fs::File::create(&image)
            .and_then(|file| file.set_len(length))
            .map_err(|error| format!("{}: {error}", image.display()))?;
        run(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&image))?;
        fs::create_dir_all(at).map_err(|error| error.to_string())?;
        disk.mount()?;
        Ok(disk)
    }

    /// What has reached the disk by now. Nobody may be writing.
    pub fn copy(&mut self) -> PathBuf {
        let copy = self.images.path().join(format!("copy{}", self.copies + 1));
        run(Command::new("cp").arg("--sparse=always").arg(self.image()).arg(&copy)).unwrap();
        copy
    }

    /// The power comes back: the copy is the disk from now on, repaired as a machine does it that starts.
    pub fn continue_on(&mut self, copy: &Path) {
        self.unmount().unwrap();
        fs::remove_file(self.image()).unwrap();
        self.copies += 1;
        assert_eq!(copy, self.image());
        // 1: it found something to repair, and did.
        let checked = Command::new("e2fsck").arg("-p").arg(copy).output().unwrap();
        assert!(matches!(checked.status.code(), Some(0 | 1)), "{checked:?}");
        self.mount().unwrap();
    }

    fn image(&self) -> PathBuf {
        self.images.path().join(format!("copy{}", self.copies))
    }

    fn mount(&self) -> Result<(), String> {
        run(Command::new("mount").args(["-o", "loop"]).arg(self.image()).arg(&self.mounted_at))
    }

    fn unmount(&self) -> Result<(), String> {
        run(Command::new("umount").arg(&self.mounted_at))
    }
}

impl Drop for LoopDisk {
    fn drop(&mut self) {
        // It may not have been mounted.
        let _ = self.unmount();
    }
}

/// Runs a system program to its end.
///
/// # Errors
/// What it said, or that it is missing.
pub fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

/// Copies a directory with everything in it.
pub fn copy_directory(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_directory(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
