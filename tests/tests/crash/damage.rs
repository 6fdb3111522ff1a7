//! A byte flips, a file is cut, a file is gone: either everything acknowledged is there, or the server refuses, says
//! what is wrong and names the way back. Never a missing order that nobody notices, never a bare panic.
//!
//! `WXPAY_DAMAGE_ROUNDS` says how many directories are damaged, `WXPAY_DAMAGE_SEED` as for kill -9.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::timeout;
use wxpay_tests::SHOP;
use wxpay_tests::process::{Process, SOON, Site, http_client};

use crate::acks::Acks;
use crate::check;
use crate::run::Run;
use crate::scene::Scene;

/// Enough for several of sled's segments of 512 KiB, before and after its snapshot.
const ACKS_A_SESSION: usize = 1_000;
/// What is left of a log line that says nothing of itself.
const WAY_BACK: &str = "wxpay import";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_files_are_noticed_or_harmless() {
    let mut run = Run::new("DAMAGE", 12);
    let mut scene = Scene::new(run.seed).await;
    for _ in 0..2 {
        let server = scene.site.serve().await;
        let customers = scene.customers();
        let target = scene.acks.count() + ACKS_A_SESSION;
        timeout(3 * SOON, scene.acks.wait_for(target)).await.unwrap();
        server.kill().await;
        timeout(SOON, customers.join_all()).await.unwrap();
    }
    run.acks = scene.acks.count();
    // Opening is writing: the copies are made of what the kill has left, not of what a check has repaired.
    let original = TempDir::new().unwrap();
    copy_directory(&scene.site.data(), original.path());
    scene.check_store("before any damage").await;
    let mut outcomes: BTreeMap<&str, u32> = BTreeMap::new();
    for round in 1..=run.rounds {
        let _ = fs::remove_dir_all(scene.site.data());
        copy_directory(original.path(), &scene.site.data());
        let what = spoil(&scene.site.data(), round, &mut scene.random);
        let context = format!("{}: {what}", run.context(round));
        let outcome = serve(&scene, &context).await;
        *outcomes.entry(outcome).or_default() += 1;
        println!("{context}: {outcome}");
    }
    run.report(&format!("{outcomes:?}"));
    scene.wechat.shutdown().await;
}

/// What came of it: served whole, or refused.
async fn serve(scene: &Scene, context: &str) -> &'static str {
    let server = Process::spawn(&mut scene.site.command());
    let is_up = |lines: &[String]| lines.iter().any(|line| line.contains("\"listening\""));
    let started = server.comes(is_up).await;
    if !started {
        let (status, log) = server.wait().await;
        assert_refused(status.code(), &log, context);
        return "refused at the start";
    }
    let is_whole = read_all(&scene.site, &scene.acks, context).await;
    if !is_whole {
        let (status, log) = server.wait().await;
        assert_refused(status.code(), &log, context);
        return "refused at a read";
    }
    server.terminate();
    let (status, log) = server.wait().await;
    assert_eq!(status.code(), Some(0), "{context}: {}", log.join("\n"));
    scene.check_store(context).await;
    "whole"
}

fn assert_refused(code: Option<i32>, log: &[String], context: &str) {
    let text = log.join("\n");
    assert!(matches!(code, Some(65 | 78)), "{context}: {code:?}\n{text}");
    assert!(text.contains(WAY_BACK), "{context}: no way back\n{text}");
    assert!(!text.contains("panicked at") && !text.contains("RUST_BACKTRACE"), "{context}:\n{text}");
}

/// Reads every order that was acknowledged. `false`: the server said that it cannot.
async fn read_all(site: &Site, acks: &Acks, context: &str) -> bool {
    let http = http_client();
    for (no, acked) in acks.all().orders {
        let request = http.get(format!("{}/v1/orders/{no}", site.url())).bearer_auth(SHOP.admin_key);
        let Ok(reply) = request.send().await else { return false };
        let status = reply.status().as_u16();
        let Ok(text) = reply.text().await else { return false };
        let view: Value = serde_json::from_str(&text).unwrap();
        if status == 503 {
            return false;
        }
        assert_eq!(status, 200, "{context}: SILENT LOSS of {no}: {view}");
        let revision = view["revision"].as_u64().unwrap();
        assert!(revision >= acked.revision, "{context}: SILENT LOSS of changes of {no}: {view}");
    }
    true
}

/// Three kinds of damage in turn; which file and where is left to chance, the database more often than others.
fn spoil(data: &Path, round: u64, random: &mut Rng) -> String {
    let mut files = files(data);
    files.sort();
    let database = data.join("orders").join("db");
    let file = if round % 3 == 1 && random.u32(..10) < 8 {
        database
    } else {
        files[random.usize(..files.len())].clone()
    };
    let name = file.strip_prefix(data).unwrap().display().to_string();
    let length = fs::metadata(&file).unwrap().len();
    let at = random.u64(..length.max(1));
    match round % 3 {
        _ if length == 0 => {
            fs::remove_file(&file).unwrap();
            format!("{name} deleted, which was empty")
        }
        1 => {
            let bit = 1 << random.u32(..8);
            let open = File::options().read(true).write(true).open(&file).unwrap();
            let mut byte = [0];
            open.read_exact_at(&mut byte, at).unwrap();
            open.write_all_at(&[byte[0] ^ bit], at).unwrap();
            format!("{name} of {length} bytes, byte {at} flipped by {bit:#04x}")
        }
        2 => {
            File::options().write(true).open(&file).unwrap().set_len(at).unwrap();
            format!("{name} of {length} bytes, cut to {at}")
        }
        _ => {
            fs::remove_file(&file).unwrap();
            format!("{name} deleted")
        }
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

fn copy_directory(from: &Path, to: &Path) {
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
