//! H03: bodies that are longer or shorter than declared, lengths that contradict each other, chunks that are none. What
//! stands behind them never passes for a request of its own: here it would place an order, with the right key.

use serde_json::Value;
use tracing_subscriber::filter::LevelFilter;
use wxpay_simulator::Call;
use wxpay_tests::{Logs, SHOP, Wire, World};

use crate::http::{request, with_limits};

/// What an attacker wants the server to find.
fn smuggled() -> String {
    let body = "{\"total_fee\":1,\"body\":\"smuggled\"}";
    let headers = format!("authorization: Bearer {}\r\n", SHOP.admin_key);
    request("POST", "/v1/orders", &headers, body)
}

/// The statuses of the replies to bytes sent at once; the connection must end.
async fn statuses(world: &World, bytes: &str) -> Vec<u16> {
    let mut wire = Wire::open(&world.server.url).await;
    wire.send(bytes).await;
    let replies = wire.read_to_end().await;
    assert!(!replies.contains("smuggled"), "{bytes:?}: {replies}");
    let heads = replies.split("HTTP/1.1 ").skip(1);
    heads.map(|head| head[..3].parse().unwrap()).filter(|status| *status != 100).collect()
}

struct Scene {
    world: World,
    logs: Logs,
    /// How many requests were answered by a handler.
    answered: usize,
}

impl Scene {
    async fn start() -> Self {
        let world = with_limits(|limits| {
            limits.header_timeout_ms = 300;
            limits.body_timeout_ms = 300;
        })
        .await;
        Self { world, logs: Logs::start(LevelFilter::INFO), answered: 0 }
    }

    /// Sends them, and finds each reply in the log, but for what hyper refuses by itself.
    async fn assert_answers(&mut self, bytes: &str, expected: &[&[u16]]) {
        let got = statuses(&self.world, bytes).await;
        assert!(expected.contains(&&*got), "{bytes:?}: {got:?}");
        self.assert_untouched(bytes).await;
        let lines = self.logs.lines_with("\"message\":\"request\"");
        let new = &lines[self.answered..];
        self.answered = lines.len();
        for line in new {
            let line: Value = serde_json::from_str(line).unwrap();
            let status = u16::try_from(line["status"].as_u64().unwrap()).unwrap();
            assert!(got.contains(&status), "{bytes:?}: {line}");
            assert_ne!(line["path"], "/v1/orders", "{bytes:?}");
        }
    }

    async fn assert_untouched(&self, bytes: &str) {
        assert_eq!(self.world.all_orders().await, [], "{bytes:?} has placed an order");
        assert_eq!(self.world.wechat.calls(Call::Code2Session, None), 0, "{bytes:?}");
    }
}

/// A login that declares its body by `lengths`.
fn login(lengths: &str, rest: &str) -> String {
    format!("POST /v1/login HTTP/1.1\r\nhost: x\r\n{lengths}\r\n{rest}")
}

#[tokio::test]
async fn h03_a_body_that_is_not_as_long_as_declared() {
    let mut scene = Scene::start().await;
    // Longer: what is too much is no request, so the connection ends.
    let long = login("content-length: 2\r\n", "{}{\"code\":\"x\"}\r\n\r\n");
    scene.assert_answers(&long, &[&[422, 400]]).await;
    // Shorter: the next request is taken for the rest, and the rest of that for none.
    let next = smuggled();
    let body = format!("{{\"code\":\"x\"}}{next}");
    let short = login(&format!("content-length: {}\r\n", body.len()), &body);
    scene.assert_answers(&short, &[&[400]]).await;
    // Shorter, and nothing follows: 408. Shorter, and the client has gone: nobody to tell.
    scene.assert_answers(&login("content-length: 90\r\n", "{\"code\":\"x\"}"), &[&[408]]).await;
    let mut wire = Wire::open(&scene.world.server.url).await;
    wire.send(login("content-length: 90\r\n", "{\"code\":\"x\"}")).await;
    wire.finish().await;
    let reply = wire.read_to_end().await;
    assert!(reply.is_empty() || reply.starts_with("HTTP/1.1 400 "), "{reply}");
    scene.assert_untouched("a client that has gone").await;
}

#[tokio::test]
async fn h03_two_lengths_that_contradict_each_other() {
    let mut scene = Scene::start().await;
    let next = smuggled();
    for lengths in [
        "content-length: 2\r\ncontent-length: 3\r\n",
        "content-length: 3\r\ncontent-length: 2\r\n",
        "content-length: 2, 3\r\n",
        "content-length: -2\r\n",
        "content-length: +2\r\n",
        "content-length: 2x\r\n",
        "content-length: 0x2\r\n",
        "content-length:\r\n",
        "content-length: 18446744073709551618\r\n",
        "content-length : 2\r\n",
        "transfer-encoding: gzip\r\n",
        "transfer-encoding: chunked, gzip\r\n",
        "transfer-encoding: xchunked\r\n",
        "transfer-encoding: identity\r\n",
        "transfer-encoding : chunked\r\n",
        "transfer-encoding: chun\r\n ked\r\n",
    ] {
        scene.assert_answers(&login(lengths, &format!("{{}}{next}")), &[&[400]]).await;
    }
    let http_1_0 = login("transfer-encoding: chunked\r\n", &format!("0\r\n\r\n{next}"));
    let http_1_0 = http_1_0.replacen("HTTP/1.1", "HTTP/1.0", 1);
    scene.assert_answers(&http_1_0, &[&[400]]).await;
    // Both kinds at once: whichever is meant, there is one reply, and the connection ends.
    for lengths in [
        "content-length: 2\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 2\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 2\r\ncontent-length: 3\r\n",
    ] {
        let both = login(lengths, &format!("2\r\n{{}}\r\n0\r\n\r\n{next}"));
        scene.assert_answers(&both, &[&[422], &[400]]).await;
    }
    // The same length twice is one length.
    let same = "connection: close\r\ncontent-length: 2\r\ncontent-length: 2\r\n";
    scene.assert_answers(&login(same, "{}"), &[&[422], &[400]]).await;
}

#[tokio::test]
async fn h03_chunks_that_are_none() {
    let mut scene = Scene::start().await;
    let next = smuggled();
    for chunks in [
        "x\r\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        "2{}\r\n0\r\n\r\n",
        "2\r\n{}0\r\n\r\n",
        "\r\n{}\r\n0\r\n\r\n",
        "fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    ] {
        let bytes = login("transfer-encoding: chunked\r\n", &format!("{chunks}{next}"));
        scene.assert_answers(&bytes, &[&[400], &[]]).await;
    }
    // A chunk that ends early takes the next request for its rest.
    let short = format!("{:x}\r\n{{}}{next}\r\n0\r\n\r\n", next.len() + 2);
    let close = "connection: close\r\ntransfer-encoding: chunked\r\n";
    scene.assert_answers(&login(close, &short), &[&[400], &[422]]).await;
    // Good chunks, with an extension and a trailer.
    let good = "1;a=b\r\n{\r\n1\r\n}\r\n0\r\nx: y\r\n\r\n";
    scene.assert_answers(&login(close, good), &[&[422]]).await;
}

/// Nobody reads these bodies; their bytes are bodies all the same.
#[tokio::test]
async fn h03_bodies_that_no_route_reads() {
    let mut scene = Scene::start().await;
    let next = smuggled();
    let last = request("GET", "/readyz", "connection: close\r\n", "");
    for (method, path, status) in
        [("GET", "/healthz", 200), ("POST", "/v1/nowhere", 404), ("DELETE", "/v1/login", 405)]
    {
        for expect in ["", "expect: 100-continue\r\n"] {
            let bytes = request(method, path, expect, &next) + &last;
            scene.assert_answers(&bytes, &[&[status, 200], &[status]]).await;
        }
        // Larger than what is read at once.
        let large = request(method, path, "", &next.repeat(200)) + &last;
        scene.assert_answers(&large, &[&[status, 200], &[status]]).await;
    }
}
