//! kill -9 under load: whatever was acknowledged, to a phone, to the merchant's backend or to WeChat, is there
//! afterwards, every end of an order was told to the merchant's own system or waits for it, and in the end our books are
//! WeChat's ledger.
//!
//! `WXPAY_CRASH_ROUNDS` says how often the server is killed (30), `WXPAY_CRASH_SEED` repeats a run's random choices.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod acks;
mod check;
mod load;

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;
use tokio::time::timeout;
use wxpay_core::ApiKey;
use wxpay_simulator::{Config, Merchant, Running, Simulator};
use wxpay_tests::process::{SOON, Site};
use wxpay_tests::{Receiver, SHOP};

use self::acks::Acks;
use self::load::Client;

/// Phones and backends at work at the same time.
const CLIENTS: u64 = 8;
/// The server is killed after so many more acknowledgements, at random.
const ACKS_A_ROUND: std::ops::Range<usize> = 1..120;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_under_load_loses_no_acknowledged_change() {
    let (rounds, seed) = (setting("WXPAY_CRASH_ROUNDS", 30), setting("WXPAY_CRASH_SEED", 1));
    let started = Instant::now();
    let mut random = fastrand::Rng::with_seed(seed);
    let wechat = simulator(seed).await;
    let site = Site::new(wechat.base_url());
    let receiver = Receiver::start().await;
    site.write_config(&site.config_with_webhook(wechat.base_url(), &receiver.url()));
    let acks = Arc::new(Acks::default());
    let mut slowest_start_ms = 0;
    for round in 1..=rounds {
        let context = format!("round {round} of {rounds}, WXPAY_CRASH_SEED={seed}");
        let start = Instant::now();
        let server = site.serve().await;
        slowest_start_ms = slowest_start_ms.max(start.elapsed().as_millis());
        let target = acks.count() + random.usize(ACKS_A_ROUND);
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let rng = fastrand::Rng::with_seed(random.u64(..));
            clients.spawn(Client::new(&site, &wechat, &acks, rng).work_until_the_server_is_gone());
        }
        let loaded = timeout(SOON, acks.wait_for(target)).await;
        let log = server.kill().await;
        timeout(SOON, clients.join_all()).await.unwrap();
        assert!(loaded.is_ok(), "{context}: too slow\n{}", log.join("\n"));
        check::log(&log, &context);
        check::store(&site, &acks, &wechat, &receiver, &context).await;
    }
    let server = site.serve().await;
    check::books_agree_in_the_end(&site, &wechat).await;
    check::all_is_told_in_the_end(&site).await;
    server.terminate();
    let (status, log) = server.wait().await;
    assert_eq!(status.code(), Some(0), "{}", log.join("\n"));
    check::log(&log, "the last server");
    let orders = check::store(&site, &acks, &wechat, &receiver, "at the end").await;
    check::books(&orders, &wechat);
    // Not `println!`: these numbers are for those whose tests pass, too.
    let _ = writeln!(
        std::io::stderr(),
        "kill -9: {rounds} rounds, seed {seed}: {}, 0 lost; {} orders, {} payments in ledger and books, {} webhooks; \
         slowest start {slowest_start_ms} ms; {} s in all",
        acks.summary(),
        orders.len(),
        wechat.ledger().len(),
        receiver.count(),
        started.elapsed().as_secs(),
    );
    wechat.shutdown().await;
}

async fn simulator(seed: u64) -> Running {
    let mut config = Config::new(vec![Merchant {
        appid: SHOP.appid.into(),
        mch_id: SHOP.mch_id.into(),
        key: ApiKey::new(SHOP.api_key).unwrap(),
        app_secret: SHOP.app_secret.into(),
        name: "Test shop".into(),
    }]);
    config.speedup = 1_000;
    config.seed = seed;
    Simulator::start(config).await.unwrap()
}

#[allow(clippy::disallowed_methods, reason = "how long a test runs is set from outside")]
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect(name))
}
