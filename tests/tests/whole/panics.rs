//! H06: a handler breaks off. The routes are the server's own, and beside them some that only these tests have.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing_subscriber::filter::LevelFilter;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::{Reply, Response};
use wxpay_server::ambient::SystemNonces;
use wxpay_server::http::{Limits, routes, serve};
use wxpay_tests::{API_KEY, Logs, Wire, World};

use crate::http::request;

/// Serves them beside the server's own, with room for one connection at a time.
async fn serve_beside(world: &World, broken: BoxedFilter<(Response,)>) -> (String, JoinHandle<()>) {
    let limits = Limits {
        max_connections: 1,
        header_timeout_ms: 10_000,
        body_timeout_ms: 10_000,
        request_timeout_ms: 10_000,
        drain_timeout_ms: 10_000,
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = broken.or(routes(&world.server.app, &limits)).unify().boxed();
    let serving = serve(listener, routes, limits, Arc::new(SystemNonces), std::future::pending());
    (url, tokio::spawn(serving))
}

#[tokio::test]
async fn h06_a_handler_that_panics_is_a_500_and_the_next_request_is_served() {
    let world = World::start().await;
    let no = world.create(88).await;
    let before = world.order(&no).await;
    let broken = warp::path!("v1" / "broken").and(warp::post()).then(|| async {
        tokio::task::yield_now().await;
        if true {
            panic!("the key is {API_KEY}");
        }
        warp::reply().into_response()
    });
    let (url, serving) = serve_beside(&world, broken.boxed()).await;
    let logs = Logs::start(LevelFilter::TRACE);
    let mut wire = Wire::open(&url).await;
    for _ in 0..3 {
        logs.clear();
        wire.send(request("POST", "/v1/broken", "", "{}")).await;
        let reply = wire.read_reply().await;
        assert!(reply.starts_with("HTTP/1.1 500 "), "{reply}");
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["code"], "internal");
        let id = body["request_id"].as_str().unwrap();
        assert!(head.contains(&format!("x-request-id: {id}")), "{head}");
        assert!(!reply.contains(API_KEY) && !reply.contains("panic"), "{reply}");
        let lines = logs.lines_with("a request handler failed");
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains(id) && lines[0].contains("\"ERROR\""), "{}", lines[0]);
        let done: Value = serde_json::from_str(&logs.lines_with("\"took_ms\"")[0]).unwrap();
        assert_eq!((&done["status"], &done["request_id"]), (&500.into(), &id.into()));
        // The same connection goes on.
        wire.send(request("GET", "/readyz", "", "")).await;
        assert!(wire.read_reply().await.starts_with("HTTP/1.1 200 "));
    }
    assert_eq!(world.order(&no).await, before);
    assert_eq!(world.act(&no, "close", Value::Null).await.status, 200);
    serving.abort();
}

/// The reply is on its way already: it ends early, and its place is free again.
#[tokio::test]
async fn h06_a_reply_that_breaks_off_in_the_middle_ends_its_connection_alone() {
    let world = World::start().await;
    let broken = warp::path!("v1" / "broken").and(warp::get()).map(|| {
        let mut parts = 0;
        let body = stream::poll_fn(move |_| {
            parts += 1;
            assert!(parts < 3, "no more");
            std::task::Poll::Ready(Some(Ok::<_, std::convert::Infallible>("a part")))
        });
        warp::reply::stream(body).into_response()
    });
    let (url, serving) = serve_beside(&world, broken.boxed()).await;
    for _ in 0..3 {
        let mut wire = Wire::open(&url).await;
        wire.send(request("GET", "/v1/broken", "", "")).await;
        let reply = wire.read_to_end().await;
        assert!(!reply.contains("\r\n0\r\n"), "nobody takes it for whole: {reply}");
        let mut wire = Wire::open(&url).await;
        wire.send(request("GET", "/healthz", "connection: close\r\n", "")).await;
        let reply = timeout(Duration::from_secs(8), wire.read_to_end()).await.unwrap();
        assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
    }
    assert!(!serving.is_finished());
    serving.abort();
}
