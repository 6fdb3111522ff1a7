//! HTTP itself (H03, H04): limits, broken clients, clients that hang up, and shutting down.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::time::timeout;
use tracing_subscriber::filter::LevelFilter;
use wxpay_core::messages::TradeState;
use wxpay_server::http::Limits;
use wxpay_server::orders::EventKind;
use wxpay_simulator::{Call, Fault, FaultKind, Outcome};
use wxpay_tests::{Logs, SHOP, Setup, Wire, World};

use crate::api::assert_error;

/// What must end, ends within this; generous, because the machine may be busy.
pub(crate) const SOON: Duration = Duration::from_secs(8);

pub(crate) async fn with_limits(change: impl FnOnce(&mut Limits)) -> World {
    let mut setup = Setup::default();
    change(&mut setup.limits);
    World::with(setup).await
}

pub(crate) fn request(method: &str, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
}

/// The reply to bytes that are sent as they are; the server closes the connection.
pub(crate) async fn answer_to(world: &World, bytes: impl AsRef<[u8]>) -> String {
    let mut wire = Wire::open(&world.server.url).await;
    wire.send(bytes).await;
    wire.read_to_end().await
}

/// A pay request of a fresh user for a fresh order, as bytes, and the order's number.
async fn pay_request(world: &World) -> (String, String) {
    let token = world.log_in("alice").await;
    let no = world.create(88).await;
    let body = json!({ "orderId": no }).to_string();
    (request("POST", "/v1/pay", &format!("token: {token}\r\n"), &body), no)
}

#[tokio::test]
async fn h03_a_json_body_above_16_kib_is_refused() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let bearer = format!("Bearer {}", SHOP.admin_key);
    let fill = |bytes: usize| format!("{{\"orderId\":\"1\"}}{}", " ".repeat(bytes - 15));
    for path in ["/v1/pay", "/v1/query", "/v1/login", "/v1/orders"] {
        let header =
            if path == "/v1/orders" { ("authorization", &bearer) } else { ("token", &token) };
        let headers = [(header.0, header.1.as_str())];
        let reply = world.call(Method::POST, path, &headers, fill(16 * 1024 + 1)).await;
        assert_error(&reply, 413, "body_too_large", None);
        let reply = world.call(Method::POST, path, &headers, fill(16 * 1024)).await;
        assert_ne!(reply.status, 413, "{}", reply.text);
    }
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000)).repeat(5);
    // Whoever is still sending hears why it is refused.
    for bytes in [100_000, 900_000] {
        let reply = world.call(Method::POST, "/v1/login", &[], fill(bytes)).await;
        assert_error(&reply, 413, "body_too_large", None);
    }
    let head = "POST /v1/login HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\
        connection: close\r\n\r\n";
    let reply = answer_to(&world, format!("{head}{chunk}0\r\n\r\n")).await;
    assert!(reply.starts_with("HTTP/1.1 413 ") && reply.contains("body_too_large"), "{reply}");
}

#[tokio::test]
async fn h04_wrong_methods_and_paths_have_json_answers() {
    let world = World::start().await;
    let bearer = format!("Bearer {}", SHOP.admin_key);
    let headers = [("authorization", bearer.as_str())];
    for (method, path) in [
        (Method::GET, "/v1/login"),
        (Method::GET, "/v1/pay"),
        (Method::PUT, "/v1/query"),
        (Method::DELETE, "/v1/orders"),
        (Method::PATCH, "/v1/orders/1"),
        (Method::DELETE, "/v1/orders/1"),
        (Method::GET, "/v1/orders/1/close"),
        (Method::GET, "/v1/notify/shop/pay"),
        (Method::POST, "/healthz"),
        (Method::DELETE, "/readyz"),
        (Method::OPTIONS, "/v1/pay"),
    ] {
        let reply = world.call(method.clone(), path, &headers, "").await;
        println!("{method} {path}");
        assert_error(&reply, 405, "method_not_allowed", None);
    }
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v1/login/x",
        "/v2/login",
        "/V1/login",
        "/v1//login",
        "/v1/orders/1/close/x",
        "/v1/orders/1/refund",
        "/v1/notify/shop",
        "/v1/notify/shop/pay/x",
        "/demo/config",
        "/sim/ledger",
        "/favicon.ico",
    ] {
        for method in [Method::GET, Method::POST] {
            let reply = world.call(method, path, &headers, "").await;
            assert_error(&reply, 404, "not_found", None);
        }
    }
    // As they are: a client library would tidy them up first.
    for path in [
        "/../etc/passwd",
        "/v1/../healthz",
        "/v1/orders/..",
        "/v1/orders/../../healthz",
        "/%2e%2e/etc/passwd",
        "/v1/orders/%2e%2e",
        "/v1/orders/%2e%2e%2fhealthz",
        "/v1/orders/%00",
        "/v1/orders/%",
        "/v1/orders/%zz",
        "/v1/orders/%C0%AE",
        "/./healthz",
        "//healthz",
        &format!("/v1/orders/{}", "x".repeat(8_000)),
    ] {
        let headers = format!("authorization: {bearer}\r\nconnection: close\r\n");
        let reply = answer_to(&world, request("GET", path, &headers, "")).await;
        assert!(reply.starts_with("HTTP/1.1 404 "), "{path}: {reply}");
        assert!(reply.contains("\"code\":\"not_found\""), "{path}: {reply}");
    }
    let health = world.call(Method::GET, "/healthz", &[], "").await;
    assert_eq!((health.status, &health.json["status"]), (200, &json!("ok")));
    let ready = world.call(Method::GET, "/readyz", &[], "").await;
    assert_eq!(ready.json, json!({ "status": "ok", "store": "ok", "draining": false }));
}

#[tokio::test]
async fn h04_a_request_that_is_no_http_is_refused_and_the_next_client_is_served() {
    let world = World::start().await;
    let big = "x".repeat(17 * 1024);
    let (long, logs) = ("X".repeat(9_000), Logs::start(LevelFilter::INFO));
    let many: String = (0..200).map(|n| format!("x{n}: 1\r\n")).collect();
    for (bytes, status) in [
        (format!("GET /{big} HTTP/1.1\r\nhost: x\r\n\r\n"), "431 "),
        (format!("GET / HTTP/1.1\r\nhost: x\r\nx: {big}\r\n\r\n"), "431 "),
        (format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n"), "431 "),
        (
            "GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".into(),
            "400 ",
        ),
        ("POST /v1/login HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n".into(), "400 "),
        ("POST /v1/login HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n".into(), "400 "),
        ("hello\r\n\r\n".into(), "400 "),
        ("GET /a b HTTP/1.1\r\n\r\n".into(), "400 "),
        ("\u{16}\u{3}\u{1}\0\u{5}\0\0\r\n\r\n".into(), "400 "),
        (format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", big.repeat(4)), "431 "),
        (format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", big.repeat(4)), "431 "),
        ("GET / HTTP/1.1\r\nhost: x\r\na\0b: 1\r\n\r\n".into(), "400 "),
        ("GET / HTTP/2.0\r\nhost: x\r\n\r\n".into(), "400 "),
        ("GET / HTTP/1.1\nhost: x\nconnection: close\n\n".into(), "404 "),
        ("CONNECT x:443 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".into(), "404 "),
        ("OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".into(), "404 "),
        ("GET http://y/healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".into(), "200 "),
        (format!("{long} /v1/pay HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"), "405 "),
    ] {
        let reply = answer_to(&world, &bytes).await;
        let what: String = bytes.chars().take(60).collect();
        assert!(reply.starts_with(&format!("HTTP/1.1 {status}")), "{what:?}: {reply:?}");
    }
    assert_eq!(world.call(Method::GET, "/healthz", &[], "").await.status, 200);
    assert!(logs.lines_with("\"method\":\"XXXX").len() == 1, "{}", logs.text());
    let too_much = |line: &&str| line.len() > 1_000 || line.contains("\"ERROR\"");
    assert_eq!(logs.text().lines().find(too_much), None);
}

#[tokio::test]
async fn a_client_that_hangs_up_in_the_middle_of_pay_leaves_a_whole_order() {
    let world = World::with(Setup { durable: true, ..Setup::default() }).await;
    let (request, no) = pay_request(&world).await;
    let slow = Fault::new(Call::UnifiedOrder, FaultKind::Delay).delay_ms(300);
    world.wechat.set_fault(slow).unwrap();
    let mut wire = Wire::open(&world.server.url).await;
    wire.send(request).await;
    let asked = |wechat: &wxpay_simulator::World| wechat.calls(Call::UnifiedOrder, None) == 1;
    world.wechat.wait_until(asked).await.unwrap();
    assert_eq!(world.order(&no).await.prepay, None, "WeChat has not answered yet");
    let asked = world.events(&no).await.pop().unwrap();
    assert!(matches!(asked.what, EventKind::PrepayAsked { .. }), "durable before it is sent");
    let logs = Logs::start(LevelFilter::INFO);
    drop(wire);
    world.until(async || world.order(&no).await.prepay.is_some()).await;
    let gone = logs.lines_with("the client hung up; the request goes on");
    assert!(gone.len() == 1 && gone[0].contains("/v1/pay"), "{}", logs.text());
    let world = world.restart().await;
    let prepay_id = format!("prepay_id={}", world.wechat.order(&no).unwrap().prepay_id());
    let token = world.log_in("alice").await;
    let again = world.pay(&token, &no).await;
    assert_eq!((again.status, &again.json["package"]), (200, &json!(prepay_id)), "{}", again.text);
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    // WeChat knows the former address only, so the phone asks.
    let reply = world.phone("/v1/query", &token, json!({ "orderId": no })).await;
    assert_eq!(reply.json["paid"], true, "{}", reply.text);
    assert_eq!(world.wechat.calls(Call::UnifiedOrder, None), 1);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_a_504_and_its_work_goes_on() {
    let world = with_limits(|limits| limits.request_timeout_ms = 150).await;
    let token = world.log_in("alice").await;
    let no = world.create(88).await;
    let slow = Fault::new(Call::UnifiedOrder, FaultKind::Delay).delay_ms(600);
    world.wechat.set_fault(slow).unwrap();
    assert_error(&world.pay(&token, &no).await, 504, "request_timeout", None);
    world.until(async || world.order(&no).await.prepay.is_some()).await;
    assert_eq!(world.pay(&token, &no).await.status, 200);
    assert_eq!(world.wechat.calls(Call::UnifiedOrder, None), 1);
}

#[tokio::test]
async fn a_request_in_flight_is_finished_at_shutdown() {
    let world = World::with(Setup { durable: true, ..Setup::default() }).await;
    let (request, no) = pay_request(&world).await;
    let slow = Fault::new(Call::UnifiedOrder, FaultKind::Delay).delay_ms(300);
    world.wechat.set_fault(slow).unwrap();
    let mut wire = Wire::open(&world.server.url).await;
    wire.send(request).await;
    let asked = |wechat: &wxpay_simulator::World| wechat.calls(Call::UnifiedOrder, None) == 1;
    world.wechat.wait_until(asked).await.unwrap();
    let (world, reply) = tokio::join!(world.restart(), wire.read_to_end());
    assert!(reply.starts_with("HTTP/1.1 200 ") && reply.contains("paySign"), "{reply}");
    assert!(world.order(&no).await.prepay.is_some());
    assert_eq!(world.order(&no).await.trade_state, TradeState::NotPay);
}

#[tokio::test]
async fn idle_and_half_open_connections_do_not_keep_the_server() {
    for max_connections in [512, 3] {
        let world = with_limits(|limits| {
            limits.max_connections = max_connections;
            limits.drain_timeout_ms = 300;
            limits.header_timeout_ms = 60_000;
            limits.body_timeout_ms = 60_000;
        })
        .await;
        let url = world.server.url.clone();
        let mut idle = Wire::open(&url).await;
        idle.send(request("GET", "/healthz", "", "")).await;
        assert!(idle.read_reply().await.starts_with("HTTP/1.1 200 "));
        let silent = Wire::open(&url).await;
        let mut half = Wire::open(&url).await;
        half.send("POST /v1/login HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{").await;
        // With three places this one waits in the kernel's queue.
        let waiting = Wire::open(&url).await;
        timeout(SOON, world.stop()).await.unwrap();
        drop((idle, silent, half, waiting));
    }
}
