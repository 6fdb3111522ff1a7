//! The Nth `fdatasync` fails, once: from then on nothing is acknowledged, readiness is red, and the process ends with
//! 75. What the disk holds after a failed sync nobody knows, so nobody asks a second time.
//!
//! `WXPAY_SYNCFAIL_ROUNDS` is the greatest N, `WXPAY_SYNCFAIL_SEED` as for kill -9. strace makes the call fail.

use std::process::Stdio;
use std::sync::Arc;

use tokio::process::Command;
use tokio::time::timeout;
use wxpay_tests::disk::cannot_run;
use wxpay_tests::process::{SOON, binary, http_client};

use crate::check;
use crate::run::Run;
use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_nth_failed_sync_ends_all_acknowledging() {
    if let Some(why) = why_not().await {
        return cannot_run("failing sync", &why);
    }
    let mut run = Run::new("SYNCFAIL", 10);
    for shop in run.shops() {
        let mut scene = Scene::new(shop.seed).await;
        for round in shop.rounds {
            fail(&mut scene, round, &run.rounds.begin(round)).await;
        }
        run.acks += scene.acks.count();
        scene.end().await;
    }
    run.report("exit 75 each time");
}

async fn fail(scene: &mut Scene, n: u64, context: &str) {
    scene.acks.forget_failure();
    let server = scene.site.serve_by(&mut failing(scene, n)).await;
    let customers = scene.customers();
    let looked_at = tokio::spawn(look_at_readiness(scene.site.url(), Arc::clone(&scene.acks)));
    let (status, log) = server.wait().await;
    timeout(SOON, customers.join_all()).await.unwrap();
    timeout(SOON, looked_at).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(75), "{context}: {}", log.join("\n"));
    let says = |what: &str| log.iter().any(|line| line.contains(what));
    assert!(says("syncing failed: Input/output error"), "{context}: {}", log.join("\n"));
    assert!(says("wxpay: the store failed; start again once the disk is in order"), "{context}");
    check::no_secrets(&log, context);
    scene.check_store(context).await;
}

/// Once somebody was told of the failure, nobody is told any more that all is well.
async fn look_at_readiness(url: String, acks: Arc<crate::acks::Acks>) {
    let http = http_client();
    loop {
        let is_late = acks.is_failure_told();
        let reply = http.get(format!("{url}/readyz")).send().await;
        let Ok(status) = reply.map(|reply| reply.status().as_u16()) else {
            return;
        };
        assert!(status == 503 || !is_late, "ready after the store had failed: {status}");
    }
}

/// The server under strace, which stays in the background: signals and the exit code are the server's own.
fn failing(scene: &Scene, n: u64) -> Command {
    let serve = scene.site.command();
    let mut command = Command::new("strace");
    command.args(["-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync"]);
    command.args(["-e", &format!("inject=fdatasync:error=EIO:when={n}")]);
    command.arg(binary()).args(serve.as_std().get_args());
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

async fn why_not() -> Option<String> {
    let mut probe = Command::new("strace");
    probe.args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=fdatasync:error=EIO:when=1", "true"]);
    match probe.output().await {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Some(format!("strace: {error} (Debian: apt install strace)")),
    }
}
