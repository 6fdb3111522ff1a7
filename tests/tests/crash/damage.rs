//! A byte flips, a file is cut, a file is gone: either everything acknowledged is there, or the server refuses, says
//! what is wrong and names the way back. Never a missing order that nobody notices, never a bare panic.
//!
//! `WXPAY_DAMAGE_ROUNDS` says how many directories are damaged, `WXPAY_DAMAGE_SEED` as for kill -9.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use fastrand::Rng;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::timeout;
use wxpay_tests::SHOP;
use wxpay_tests::disk::copy_directory;
use wxpay_tests::process::{Process, SOON, Site, http_client};

use crate::acks::Acks;
use crate::run::Run;
use crate::scene::Scene;

/// Enough for several of sled's segments of 512 KiB, before and after its snapshot.
const ACKS_A_SESSION: usize = 1_000;
const WHOLE: &str = "whole";
/// What every refusal must name.
const WAY_BACK: &str = "wxpay import";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_files_are_noticed_or_harmless() {
    let mut run = Run::new("DAMAGE", 12);
    let mut scene = Scene::new(run.rounds.seed).await;
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
    // Each trial is a restart of the same past: WeChat must not hear of the one and tell the next.
    let past = std::mem::replace(&mut scene.site, Site::new("http://127.0.0.1:1"));
    let mut outcomes: BTreeMap<&str, u32> = BTreeMap::new();
    let mut broken = Vec::new();
    for round in 1..=run.rounds.count {
        let _ = fs::remove_dir_all(scene.site.data());
        copy_directory(original.path(), &scene.site.data());
        let what = spoil(&scene.site.data(), round, &mut scene.random);
        let context = format!("{}: {what}", run.rounds.begin(round));
        let mut outcome = serve(&scene, &context).await;
        if outcome.as_ref().is_ok_and(|outcome| *outcome != WHOLE) {
            // Whoever starts it once more must not get through to a store that has been repaired by forgetting.
            outcome = serve(&scene, &context).await;
        }
        match outcome {
            Ok(outcome) => *outcomes.entry(outcome).or_default() += 1,
            Err(how) => broken.push(format!("{context}: {how}")),
        }
    }
    assert!(broken.is_empty(), "{} of them:\n{}\n{outcomes:?}", broken.len(), broken.join("\n"));
    run.report(&format!("{outcomes:?}"));
    drop(past);
    scene.wechat.shutdown().await;
}

/// What came of it: served whole, or refused. An error is what must not be.
async fn serve(scene: &Scene, context: &str) -> Result<&'static str, String> {
    let server = Process::spawn(&mut scene.site.command());
    let is_up = |lines: &[String]| lines.iter().any(|line| line.contains("\"listening\""));
    if !server.comes(is_up).await {
        return as_refused(server.wait().await, "refused at the start");
    }
    if !read_all(&scene.site, &scene.acks).await? {
        return as_refused(server.wait().await, "refused at a read");
    }
    server.terminate();
    let (status, log) = server.wait().await;
    if status.code() != Some(0) {
        return as_refused((status, log), "refused before its end");
    }
    scene.check_store(context).await;
    Ok(WHOLE)
}

fn as_refused(
    (status, log): (ExitStatus, Vec<String>),
    how: &'static str,
) -> Result<&'static str, String> {
    let text = log.join("\n");
    let is_clear = text.contains(WAY_BACK) && !text.contains("panicked at");
    let is_refused = status.code() == Some(65) && is_clear;
    if is_refused { Ok(how) } else { Err(format!("{how}, {status}:\n{text}")) }
}

/// Reads every order that was acknowledged. `false`: the server said that it cannot.
async fn read_all(site: &Site, acks: &Acks) -> Result<bool, String> {
    let http = http_client();
    for (no, acked) in acks.all().orders {
        let request =
            http.get(format!("{}/v1/orders/{no}", site.url())).bearer_auth(SHOP.admin_key);
        let Ok(reply) = request.send().await else { return Ok(false) };
        let status = reply.status().as_u16();
        let Ok(text) = reply.text().await else { return Ok(false) };
        let view: Value = serde_json::from_str(&text).unwrap_or_default();
        let revision = view["revision"].as_u64().unwrap_or_default();
        match status {
            503 => return Ok(false),
            200 if revision >= acked.revision => {}
            _ => return Err(format!("SILENT LOSS: {no} was acknowledged: {acked:?}: {text}")),
        }
    }
    Ok(true)
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
