//! A merchant's own system was away for long, and much is to be told: it is, message by message, in bounded memory, and
//! who pays meanwhile does not notice.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::time::{interval, timeout};
use wxpay_server::orders::EventKind;
use wxpay_server::store::{Change, SledStore, Store};
use wxpay_simulator::{Outcome, Running};
use wxpay_tests::process::{Process, Site, http_client};
use wxpay_tests::store_contract::create;
use wxpay_tests::{ADMIN_KEY, APPID, ENDPOINT, Receiver, Rounds, START_MS};

use crate::simulator;

/// What telling may cost the server, in kilobytes, however much there is to tell.
const MORE_KB: u64 = 48_000;
/// How long a customer waits for the whole of a payment at most.
const PATIENCE: Duration = Duration::from_secs(5);

/// `WXPAY_BACKLOG_ROUNDS` says how many messages.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn w05_a_backlog_is_told_in_bounded_memory_while_others_pay() {
    let rounds = Rounds::new("BACKLOG", 1_500);
    let wechat = simulator().await;
    let receiver = Receiver::start().await;
    let site = Site::new(wechat.base_url());
    site.write_config(&site.config_with_webhook(wechat.base_url(), &receiver.url()));
    write_backlog(&site.data(), rounds.count).await;
    let server = Process::spawn(&mut site.command());
    // The more there is, the longer it is counted, before and after it is served. Its place in memory is taken by then.
    for said in ["\"listening\"", "every row of the store is in its place"] {
        for _ in 0..=rounds.count / 10_000 {
            if server.comes(|log| log.iter().any(|line| line.contains(said))).await {
                break;
            }
        }
    }
    let (started, memory_kb) = (Instant::now(), memory_kb(&server, "VmRSS"));
    let mut slowest = Duration::ZERO;
    for _ in 0..5 {
        let began = Instant::now();
        timeout(PATIENCE, pay(&site, &wechat)).await.expect("a payment that is not held up");
        slowest = slowest.max(began.elapsed());
    }
    assert!(waiting(&site).await > 0, "nothing waits any more: the payments met no backlog");
    let count = usize::try_from(rounds.count).unwrap() + 5;
    let told = async {
        let mut look = interval(Duration::from_millis(200));
        while waiting(&site).await > 0 {
            look.tick().await;
        }
    };
    timeout(Duration::from_secs(60 + rounds.count / 50), told).await.expect("all told by now");
    let seconds = started.elapsed().as_secs();
    let messages = receiver.wait_for(count).await;
    let ids: HashSet<_> = messages.iter().map(|message| message.id()).collect();
    assert_eq!((ids.len(), messages.len()), (count, count), "each once");
    for message in &messages {
        assert!(message.json()["data"]["sequence"].is_u64(), "{message:?}");
    }
    let more_kb = self::memory_kb(&server, "VmHWM").saturating_sub(memory_kb);
    assert!(more_kb < MORE_KB, "{more_kb} kB more");
    rounds.report(
        "0 lost, 0 doubled",
        &format!(
            "told in {seconds} s, {more_kb} kB more, slowest payment {} ms",
            slowest.as_millis()
        ),
    );
}

/// Orders that were closed, and nobody has been told.
async fn write_backlog(path: &Path, count: u64) {
    let store = Arc::new(SledStore::open(path, 4 << 20).unwrap());
    let writing = stream::iter(0..count).for_each_concurrent(512, |n| {
        let store = Arc::clone(&store);
        async move {
            let create = create(&format!("backlog{n}"));
            let order = create.order().unwrap().clone();
            store.commit(create).await.unwrap();
            let events = vec![EventKind::CloseAsked, EventKind::Withdrawn];
            let close = Change::update(&order, events, START_MS).tell(&[ENDPOINT.into()]);
            store.commit(close).await.unwrap();
        }
    });
    writing.await;
    store.close().await;
}

async fn pay(site: &Site, wechat: &Running) {
    let order = post(site, "/v1/orders", "", json!({ "total_fee": 88, "body": "tea" })).await;
    let no = order["out_trade_no"].as_str().unwrap();
    let code = wechat.login(APPID, "alice").unwrap().code;
    let login = post(site, "/v1/login", "", json!({ "code": code })).await;
    let token = login["token"].as_str().unwrap();
    let offer = post(site, "/v1/pay", token, json!({ "orderId": no })).await;
    assert!(offer["paySign"].is_string(), "{offer}");
    wechat.pay(no, Outcome::Pay).await.unwrap();
    let reply = post(site, "/v1/query", token, json!({ "orderId": no })).await;
    assert_eq!(reply["paid"], true, "{reply}");
}

async fn post(site: &Site, path: &str, token: &str, body: Value) -> Value {
    let request = http_client().post(format!("{}{path}", site.url()));
    let request = request.header("token", token).bearer_auth(ADMIN_KEY).body(body.to_string());
    serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
}

async fn waiting(site: &Site) -> u64 {
    let request = http_client().get(format!("{}/v1/webhooks", site.url())).bearer_auth(ADMIN_KEY);
    let text = request.send().await.unwrap().text().await.unwrap();
    let list: Value = serde_json::from_str(&text).unwrap();
    list["webhooks"][0]["waiting"].as_u64().unwrap()
}

/// What the server's process holds, or has held at most.
fn memory_kb(server: &Process, what: &str) -> u64 {
    let path = format!("/proc/{}/status", server.pid().as_raw_nonzero());
    let status = fs::read_to_string(path).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
}
