//! SIGTERM while connections of every kind are open.

use std::time::{Duration, Instant};

use serde_json::json;
use wxpay_server::store::{SledStore, Store};
use wxpay_simulator::{Call, Fault, FaultKind};
use wxpay_tests::Wire;
use wxpay_tests::process::Site;
use wxpay_tests::store_contract::key;

use crate::crowd::{Crowd, HALF_OPEN, IDLE, SILENT, connections, until};
use crate::customer::Customer;
use crate::simulator;

/// What `drain_timeout_ms` is here, and what the rest of an end may take.
const DRAIN: Duration = Duration::from_millis(2_000);
const REST: Duration = Duration::from_secs(3);
/// A body that never ends.
const SLOW_BODY: &str = "POST /v1/login HTTP/1.1\r\nhost: x\r\ncontent-length: 90\r\n\r\n{\"co";
const EACH: usize = 25;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_with_connections_of_every_kind_open_drains_and_exits_0() {
    let wechat = simulator().await;
    let site = Site::new(wechat.base_url());
    let patient = "[http]\nheader_timeout_ms = 60000\nbody_timeout_ms = 60000\n";
    site.write_config(&site.config(wechat.base_url()).replace("[http]\n", patient));
    let server = site.serve().await;
    let mut customer = Customer::new(&site, &wechat, "alice").await;
    let paid = customer.buy().await;
    let (no, token) = (customer.order().await, customer.token().to_owned());

    let mut crowds = Vec::new();
    for words in [HALF_OPEN, IDLE, SILENT, SLOW_BODY] {
        crowds.push(Crowd::gather(&site.url(), EACH, words).await);
    }
    until(|| connections(&site) == EACH * 4).await;
    let slow = Fault::new(Call::UnifiedOrder, FaultKind::Delay).delay_ms(500);
    wechat.set_fault(slow).unwrap();
    let body = json!({ "orderId": no }).to_string();
    let mut wire = Wire::open(&site.url()).await;
    let length = body.len();
    wire.send(format!(
        "POST /v1/pay HTTP/1.1\r\nhost: x\r\ntoken: {token}\r\ncontent-length: {length}\r\n\r\n{body}"
    ))
    .await;
    wechat.wait_until(|world| world.calls(Call::UnifiedOrder, Some(&no)) == 1).await.unwrap();

    server.terminate();
    let asked = Instant::now();
    let reply = wire.read_to_end().await;
    assert!(reply.starts_with("HTTP/1.1 200 ") && reply.contains("paySign"), "{reply}");
    let (status, log) = server.wait().await;
    assert_eq!(status.code(), Some(0), "{}", log.join("\n"));
    assert!(asked.elapsed() < DRAIN + REST, "took {:?}", asked.elapsed());
    let says = |what: &str| log.iter().filter(|line| line.contains(what)).count();
    assert_eq!((says("shutting down"), says("\"ERROR\"")), (1, 0), "{}", log.join("\n"));
    assert_eq!(says("some connections did not end in time"), 1, "those that never would have");

    let store = SledStore::open(&site.data(), 4 << 20).unwrap();
    let prepaid = store.order(&key("shop", &no)).await.unwrap().unwrap();
    let prepay_id = wechat.order(&no).unwrap().prepay_id().to_owned();
    assert!(prepaid.prepay.is_some() && reply.contains(&prepay_id), "{prepaid:?}");
    assert!(!prepaid.trade_state.is_paid());
    assert!(store.order(&key("shop", &paid)).await.unwrap().unwrap().trade_state.is_paid());
    drop(crowds);
}
