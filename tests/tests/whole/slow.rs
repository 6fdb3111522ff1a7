//! H01, H02: clients that take their time, with the head, with the body, or with the reply.

use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;
use tracing_subscriber::filter::LevelFilter;
use wxpay_simulator::Call;
use wxpay_tests::{Logs, SHOP, Wire};

use crate::http::{SOON, answer_to, request, with_limits};

#[tokio::test]
async fn h01_a_head_that_does_not_come_is_not_waited_for() {
    let world = with_limits(|limits| limits.header_timeout_ms = 200).await;
    let half = "POST /v1/login HTTP/1.1\r\nhost: x\r\ncontent-le";
    let waiting = async {
        tokio::join!(
            answer_to(&world, half),
            answer_to(&world, ""),
            answer_to(&world, request("GET", "/healthz", "", "")),
        )
    };
    let (half, silent, idle) = timeout(SOON, waiting).await.unwrap();
    assert!(!half.contains("200 OK"), "{half}");
    assert_eq!(silent, "");
    assert!(idle.starts_with("HTTP/1.1 200 "), "an idle connection ends after its reply: {idle}");
    assert_eq!(idle.matches("HTTP/1.1 ").count(), 1);
}

#[tokio::test]
async fn h02_a_body_that_does_not_come_is_a_408() {
    let world = with_limits(|limits| limits.body_timeout_ms = 200).await;
    let notice = "/v1/notify/shop/pay";
    for path in ["/v1/login", "/v1/pay", notice] {
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{{\"co");
        let reply = timeout(SOON, answer_to(&world, head)).await.unwrap();
        assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
        let words = if path == notice { "<![CDATA[FAIL]]>" } else { "\"code\":\"body_too_slow\"" };
        assert!(reply.contains(words), "{reply}");
    }
    assert_eq!(world.wechat.calls(Call::Code2Session, None), 0);
}

/// One byte after the other never makes a body, however long it goes on.
#[tokio::test]
async fn h02_a_body_that_drips_is_a_408() {
    let world = with_limits(|limits| {
        limits.body_timeout_ms = 200;
        limits.header_timeout_ms = 200;
    })
    .await;
    let pause = Duration::from_millis(20);
    let dripped = async |head: &str, drop: &str| {
        let mut wire = Wire::open(&world.server.url).await;
        wire.send(head).await;
        timeout(SOON, wire.drip(drop, pause)).await.unwrap()
    };
    for (header, drop) in
        [("content-length: 9000", " "), ("transfer-encoding: chunked", "1\r\n \r\n")]
    {
        let head = format!("POST /v1/login HTTP/1.1\r\nhost: x\r\n{header}\r\n\r\n");
        let reply = dripped(&head, drop).await;
        assert!(reply.starts_with("HTTP/1.1 408 ") && reply.contains("body_too_slow"), "{reply}");
    }
    let reply = dripped("POST /v1/login HTTP/1.1\r\n", "x: 1\r\n").await;
    assert!(!reply.contains("200 OK"), "{reply}");
    assert_eq!(world.wechat.calls(Call::Code2Session, None), 0);
}

/// There is one place, and somebody asks for much and takes nothing of it. Whoever takes it, little by little, gets all.
#[tokio::test]
async fn h02_a_client_that_takes_nothing_of_its_reply_loses_its_place() {
    let world = with_limits(|limits| {
        limits.max_connections = 1;
        limits.body_timeout_ms = 300;
    })
    .await;
    let detail = "x".repeat(5_900);
    for _ in 0..100 {
        let order = json!({ "total_fee": 1, "body": "tea", "detail": detail }).to_string();
        let headers = format!("authorization: Bearer {}\r\nconnection: close\r\n", SHOP.admin_key);
        let reply = answer_to(&world, request("POST", "/v1/orders", &headers, &order)).await;
        assert!(reply.starts_with("HTTP/1.1 201 "), "{reply}");
    }
    let logs = Logs::start(LevelFilter::DEBUG);
    let headers = format!("authorization: Bearer {}\r\nconnection: close\r\n", SHOP.admin_key);
    let mut lazy = Wire::narrow(&world.server.url).await;
    // Much more than what the system takes in the place of a client.
    let bearer = format!("authorization: Bearer {}\r\n", SHOP.admin_key);
    lazy.send(request("GET", "/v1/export", &bearer, "").repeat(20)).await;
    let health = request("GET", "/healthz", "connection: close\r\n", "");
    let reply = timeout(SOON, answer_to(&world, health)).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
    let lines = logs.lines_with("connection ended");
    assert!(lines.len() == 1 && lines[0].contains("timed out"), "{lines:?}");
    let cut_off = lazy.read_to_end().await;
    assert!(cut_off.matches("HTTP/1.1 200 OK").count() < 20, "not all was sent");
    assert!(!cut_off.ends_with("\r\n0\r\n\r\n"), "nobody takes the last for whole");
    let mut narrow = Wire::narrow(&world.server.url).await;
    narrow.send(request("GET", "/v1/export", &headers, "")).await;
    let whole = narrow.read_to_end().await;
    assert!(whole.ends_with("\r\n0\r\n\r\n") && whole.matches(&detail).count() >= 100);
    assert_eq!(world.all_orders().await.len(), 100);
}
