//! kill -9 under load.
//!
//! `WXPAY_CRASH_ROUNDS` says how often the server is killed, `WXPAY_CRASH_SEED` repeats a run's random choices.

use std::time::Instant;

use tokio::time::timeout;
use wxpay_tests::process::SOON;

use crate::check;
use crate::run::Run;
use crate::scene::Scene;

/// The server is killed after so many more acknowledgements at most.
const ACKS_A_ROUND: usize = 120;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c01_kill_9_under_load_loses_no_acknowledged_change() {
    let mut run = Run::new("CRASH", 30);
    let (mut slowest_start_ms, mut last) = (0, String::new());
    for shop in run.shops() {
        let mut scene = Scene::new(shop.seed).await;
        for round in shop.rounds {
            let context = run.rounds.begin(round);
            let start = Instant::now();
            let server = scene.site.serve().await;
            slowest_start_ms = slowest_start_ms.max(start.elapsed().as_millis());
            let customers = scene.customers();
            scene.some_acks(&server, ACKS_A_ROUND, &context).await;
            let log = server.kill().await;
            timeout(SOON, customers.join_all()).await.unwrap();
            check::log(&log, &context);
            scene.check_store(&context).await;
        }
        run.acks += scene.acks.count();
        last = scene.end().await;
    }
    assert!(slowest_start_ms < 5_000, "a start took {slowest_start_ms} ms");
    run.report(&format!("slowest start {slowest_start_ms} ms; last shop: {last}"));
}
