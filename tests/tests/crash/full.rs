//! The disk is full: requests are refused clearly, nothing acknowledged is lost, and with room again a new start serves
//! everything.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use tokio::time::timeout;
use wxpay_tests::disk::{self, cannot_run};
use wxpay_tests::process::{Process, SOON, binary, output};

use crate::check;
use crate::scene::Scene;

/// A file system in memory of a size that can be changed, mounted on the data directory.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn new(at: &'a Path, size: &str) -> Result<Self, String> {
        fs::create_dir_all(at).unwrap();
        let size = format!("size={size}");
        disk::run(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "wxpay-test"]).arg(at))?;
        Ok(Self(at))
    }

    fn resize(&self, size: &str) {
        let size = format!("remount,size={size}");
        disk::run(Command::new("mount").args(["-o", &size]).arg(self.0)).unwrap();
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        disk::run(Command::new("umount").arg(self.0)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_refused_clearly_and_loses_nothing() {
    let probe = TempDir::new().unwrap();
    if let Err(why) = SmallDisk::new(probe.path(), "1m") {
        return cannot_run("full disk", &why);
    }
    let mut scene = Scene::new(1).await;
    let data = scene.site.data();
    let disk = SmallDisk::new(&data, "3m").unwrap();
    let server = scene.site.serve().await;
    ends_with_75(&mut scene, server, "No space left on device").await;
    // As long as there is no room, a start says so, and spoils nothing.
    fs::write(data.join("filler"), vec![0; free(&data)]).unwrap();
    let refused = output(&mut scene.site.command()).await;
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(75), "{said}");
    assert!(said.contains("wxpay: the data directory cannot be used: "), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    fs::remove_file(data.join("filler")).unwrap();
    disk.resize("64m");
    scene.check_store("with room again").await;
    go_on(&mut scene).await;
    scene.end().await;
}

/// The same without root: a file may not grow any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_may_not_grow_is_refused_clearly_and_loses_nothing() {
    let mut scene = Scene::new(2).await;
    let serve = scene.site.command();
    let mut limited = tokio::process::Command::new("sh");
    // In units of 512 bytes. Without the signal, writing answers with an error instead.
    limited.arg("-c").arg("trap '' XFSZ; ulimit -f 3072; exec \"$0\" \"$@\"").arg(binary());
    limited.args(serve.as_std().get_args()).stdin(Stdio::null()).kill_on_drop(true);
    let server = scene.site.serve_by(&mut limited).await;
    ends_with_75(&mut scene, server, "File too large").await;
    scene.check_store("with room again").await;
    go_on(&mut scene).await;
    scene.end().await;
}

async fn ends_with_75(scene: &mut Scene, server: Process, reason: &str) {
    let customers = scene.customers();
    let (status, log) = server.wait().await;
    timeout(SOON, customers.join_all()).await.unwrap();
    let text = log.join("\n");
    assert_eq!(status.code(), Some(75), "{text}");
    assert!(text.contains(reason), "{text}");
    assert!(text.contains("wxpay: the store failed; start again once the disk is in order"));
    assert!(!text.contains("panicked at"), "{text}");
    assert!(scene.acks.count() > 0);
    check::no_secrets(&log, reason);
}

/// Customers buy as before.
async fn go_on(scene: &mut Scene) {
    scene.acks.forget_failure();
    let server = scene.site.serve().await;
    let customers = scene.customers();
    scene.some_acks(&server, 60, "with room again").await;
    server.kill().await;
    timeout(SOON, customers.join_all()).await.unwrap();
    scene.check_store("after more orders").await;
}

/// How many bytes a file can still take.
fn free(at: &Path) -> usize {
    let df = Command::new("df").args(["--output=avail", "-B1"]).arg(at).output().unwrap();
    let text = String::from_utf8(df.stdout).unwrap();
    text.lines().nth(1).unwrap().trim().parse().unwrap()
}
