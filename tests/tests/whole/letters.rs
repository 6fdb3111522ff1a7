//! What a merchant can see and do about its webhooks: states, dead letters, replay, test; and what a restart or another
//! configuration leaves of them.

use reqwest::Method;
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;
use wxpay_server::http::Limits;
use wxpay_server::outbox::WebhookLimits;
use wxpay_tests::{
    Answer, BAKERY, ENDPOINT, Logs, Receiver, Reply, SHOP, Setup, WEBHOOK_SECRET, World,
};

use crate::webhooks::{told, world_with};

async fn get(world: &World, path: &str) -> Value {
    let reply = world.backend(Method::GET, path, json!(null)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json
}

async fn post(world: &World, path: &str, body: Value) -> Reply {
    world.backend(Method::POST, path, body).await
}

async fn webhook(world: &World) -> Value {
    get(world, "/v1/webhooks").await["webhooks"][0].clone()
}

/// Orders whose messages are dead: the receiver says 410 to the first, and is not asked about the others.
async fn dead(world: &World, receiver: &Receiver, count: usize) -> Vec<String> {
    receiver.answer(Answer::Status(410));
    let mut orders = Vec::new();
    for _ in 0..count {
        orders.push(world.paid(88).await);
        world.clock.step_ms(1_000);
    }
    world.until(async || webhook(world).await["dead"] == count).await;
    orders
}

#[tokio::test]
async fn w04_an_endpoint_that_is_gone_is_left_alone_until_somebody_replays() {
    let receiver = Receiver::start().await;
    let world = world_with(&receiver).await;
    let logs = Logs::start(LevelFilter::INFO);
    let orders = dead(&world, &receiver, 3).await;
    assert_eq!(receiver.count(), 1, "410 is believed");
    assert_eq!(logs.lines_with("webhook endpoint disabled").len(), 1);
    let shown = webhook(&world).await;
    assert_eq!((&shown["disabled"], &shown["waiting"]), (&json!(true), &json!(0)), "{shown}");
    assert_eq!(shown["last_failure"], "HTTP status 410: the endpoint wants nothing more");
    let letters = get(&world, "/v1/webhooks/books/dead").await;
    let letters = letters["letters"].as_array().unwrap();
    let numbers: Vec<_> = letters.iter().map(|letter| letter["out_trade_no"].clone()).collect();
    assert_eq!(numbers, orders, "oldest first");
    assert_eq!(letters[0]["type"], "order.paid");
    assert_eq!(letters[0]["reason"], "HTTP status 410: the endpoint wants nothing more");

    receiver.answer(Answer::Status(200));
    let id = letters[1]["id"].as_str().unwrap();
    let reply = post(&world, "/v1/webhooks/books/replay", json!({ "id": id })).await;
    assert_eq!((reply.status, &reply.json), (200, &json!({ "replayed": 1 })), "{}", reply.text);
    let told = receiver.wait_for(2).await;
    assert_eq!(told[1].id(), id);
    let reply = post(&world, "/v1/webhooks/books/replay", json!({})).await;
    assert_eq!(reply.json, json!({ "replayed": 2 }));
    receiver.wait_for(4).await;
    world.until(async || webhook(&world).await["waiting"] == 0).await;
    let shown = webhook(&world).await;
    assert_eq!((&shown["disabled"], &shown["dead"]), (&json!(false), &json!(0)), "{shown}");
    let first = told[0].clone();
    let again = receiver.all().into_iter().skip(1).find(|message| message.id() == first.id());
    assert_eq!(again.unwrap().body, first.body);
    let reply = post(&world, "/v1/webhooks/books/replay", json!({})).await;
    assert_eq!(reply.json, json!({ "replayed": 0 }));
}

#[tokio::test]
async fn dead_letters_come_page_by_page() {
    let receiver = Receiver::start().await;
    let world = world_with(&receiver).await;
    let orders = dead(&world, &receiver, 5).await;
    let mut seen = Vec::new();
    let mut path = "/v1/webhooks/books/dead?limit=2".to_owned();
    for size in [2, 2, 1] {
        let page = get(&world, &path).await;
        let letters = page["letters"].as_array().unwrap();
        assert_eq!(letters.len(), size);
        seen.extend(letters.iter().map(|letter| letter["out_trade_no"].clone()));
        let cursor = page["next_cursor"].as_str().unwrap_or("none");
        path = format!("/v1/webhooks/books/dead?limit=2&cursor={cursor}");
    }
    assert!(path.ends_with("cursor=none"), "{path}");
    assert_eq!(seen, orders);
}

#[tokio::test]
async fn a_test_says_what_the_endpoint_says() {
    let receiver = Receiver::start().await;
    let world = world_with(&receiver).await;
    let test = async || post(&world, "/v1/webhooks/books/test", json!({})).await;
    let reply = test().await;
    assert_eq!(reply.json, json!({ "delivered": true, "status": 204 }), "{}", reply.text);
    let message = receiver.wait_for(1).await.remove(0);
    assert_eq!(message.json()["type"], "ping");
    assert_eq!(message.json()["data"]["endpoint"], "books");
    assert!(message.is_signed_by(WEBHOOK_SECRET) && !message.id().contains('.'));
    receiver.answer_next([Answer::Status(500), Answer::Status(410), Answer::Close]);
    let reply = test().await;
    let expected = json!({ "delivered": false, "status": 500, "reason": "HTTP status 500" });
    assert_eq!(reply.json, expected);
    assert_eq!(test().await.json["status"], 410);
    assert_eq!(webhook(&world).await["disabled"], false, "a test disables nothing");
    let reply = test().await;
    assert_eq!((reply.status, &reply.json["delivered"]), (200, &json!(false)));
    let reason = reply.json["reason"].as_str().unwrap();
    assert!(!reason.is_empty() && !reason.contains("127.0.0.1"), "{reason}");
    dead(&world, &receiver, 1).await;
    receiver.answer(Answer::Status(204));
    assert_eq!(test().await.json["delivered"], true);
    assert_eq!(webhook(&world).await["disabled"], false, "a test that succeeds brings it back");
}

#[tokio::test]
async fn only_its_own_merchant_gets_at_an_endpoint() {
    let receiver = Receiver::start().await;
    let shops = vec![SHOP, BAKERY];
    let world = World::with(Setup { shops, ..told(&receiver) }).await;
    dead(&world, &receiver, 1).await;
    for (method, path) in [
        (Method::GET, "/v1/webhooks/none/dead"),
        (Method::POST, "/v1/webhooks/none/replay"),
        (Method::POST, "/v1/webhooks/none/test"),
    ] {
        let reply = world.backend(method.clone(), path, json!({})).await;
        assert_eq!((reply.status, &reply.json["code"]), (404, &json!("not_found")), "{path}");
        let path = path.replace("none", ENDPOINT);
        let reply = world.call(method.clone(), &path, &[], "{}").await;
        assert_eq!(reply.status, 401, "{path}");
        let reply = world.backend_of(&BAKERY, method, &path, json!({})).await;
        assert!(reply.json["letters"][0]["out_trade_no"].is_null(), "{path}: {}", reply.text);
    }
    assert_eq!(webhook(&world).await["dead"], 1, "the bakery has an endpoint of that name, too");
    let theirs = world.backend_of(&BAKERY, Method::GET, "/v1/webhooks", json!(null)).await;
    assert_eq!(theirs.json["webhooks"][0]["dead"], 0, "{}", theirs.text);
    for (path, body, field) in [
        ("/v1/webhooks/books/replay", json!({ "ids": [] }), "ids"),
        ("/v1/webhooks/books/replay", json!({ "id": 1 }), "id"),
    ] {
        let reply = post(&world, path, body).await;
        assert_eq!((reply.status, &reply.json["field"]), (422, &json!(field)), "{}", reply.text);
    }
    let reply = post(&world, "/v1/webhooks/books/replay", json!({ "id": "shop:x:1" })).await;
    assert_eq!(reply.status, 404);
    for query in ["limit=0", "limit=x", "cursor=x", "cursor=1.2.x", "page=1"] {
        let path = format!("/v1/webhooks/books/dead?{query}");
        let reply = world.backend(Method::GET, &path, json!(null)).await;
        let field = query.split('=').next().unwrap();
        assert_eq!((reply.status, &reply.json["field"]), (422, &json!(field)), "{query}");
    }
}

#[tokio::test]
async fn a_restart_midway_loses_nothing() {
    let receiver = Receiver::start().await;
    receiver.answer(Answer::Hang);
    let webhook_limits = WebhookLimits { timeout_ms: 60_000, max_in_flight: 2 };
    let limits = Limits { drain_timeout_ms: 100, ..Setup::default().limits };
    let setup = Setup { durable: true, webhook_limits, limits, ..told(&receiver) };
    let world = World::with(setup).await;
    let mut orders = Vec::new();
    for _ in 0..5 {
        orders.push(world.paid(88).await);
    }
    let cut_off = receiver.wait_for(2).await;
    let world = world
        .restart_after(async |_, _, _| {
            receiver.answer(Answer::Status(204));
        })
        .await;
    let told = receiver.wait_for(7).await;
    world.until(async || webhook(&world).await["waiting"] == 0).await;
    assert_eq!(receiver.count(), 7, "the two that were cut off, and then all five");
    for message in cut_off {
        let again = told.iter().filter(|other| other.id() == message.id());
        assert!(again.clone().count() == 2 && again.clone().all(|m| m.body == message.body));
    }
    let mut ids: Vec<_> = told.iter().skip(2).map(|message| message.id().to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), orders.len());
    assert!(orders.iter().all(|no| ids.iter().any(|id| id.contains(no))), "{orders:?} {ids:?}");
}

#[tokio::test]
async fn an_endpoint_that_leaves_the_configuration_keeps_its_messages_until_it_returns() {
    let (receiver, other) = (Receiver::start().await, Receiver::start().await);
    receiver.answer(Answer::Status(500));
    let world = World::with(Setup { durable: true, ..told(&receiver) }).await;
    let before = world.paid(88).await;
    receiver.wait_for(1).await;
    let world = world
        .restart_after(async |_, _, setup| setup.webhooks = Some(vec![other.webhook("other")]))
        .await;
    let meanwhile = world.paid(88).await;
    assert!(other.wait_for(1).await[0].id().contains(&meanwhile));
    world.pass_s(1_000).await;
    assert_eq!(receiver.count(), 1);
    assert_eq!(post(&world, "/v1/webhooks/books/test", json!({})).await.status, 404);
    receiver.answer(Answer::Status(204));
    let world = world
        .restart_after(async |_, _, setup| setup.webhooks = Some(vec![receiver.webhook(ENDPOINT)]))
        .await;
    let told = receiver.wait_for(2).await;
    assert!(told[1].id().contains(&before), "{told:?}");
    world.until(async || webhook(&world).await["waiting"] == 0).await;
    assert_eq!(receiver.count(), 2, "what happened meanwhile was never meant for it");
}

#[tokio::test]
async fn p01_its_secrets_stay_here() {
    let receiver = Receiver::start().await;
    receiver.answer_next([Answer::Close, Answer::Status(500), Answer::Hang, Answer::Status(410)]);
    let mut hook = receiver.webhook(ENDPOINT);
    hook.url.set_query(Some("token=canary-query"));
    let (webhooks, webhook_limits) =
        (Some(vec![hook]), WebhookLimits { timeout_ms: 200, max_in_flight: 8 });
    let world = World::with(Setup { webhooks, webhook_limits, ..Setup::default() }).await;
    let logs = Logs::start(LevelFilter::DEBUG);
    world.paid(88).await;
    receiver.wait_for(1).await;
    for count in 2..=4 {
        // Only when an attempt is written down is the next one planned.
        world.server.app.outbox.deliver_due().await;
        world.pass_s(10_000).await;
        receiver.wait_for(count).await;
    }
    world.until(async || webhook(&world).await["dead"] == 1).await;
    let mut replies = vec![format!("{:?}", world.server.app)];
    for (method, path) in [
        (Method::GET, "/v1/webhooks"),
        (Method::GET, "/v1/webhooks/books/dead"),
        (Method::POST, "/v1/webhooks/books/test"),
        (Method::POST, "/v1/webhooks/books/replay"),
    ] {
        replies.push(world.backend(method, path, json!({})).await.text);
    }
    assert!(replies[1].contains("/wxpay?****"), "{}", replies[1]);
    let base64 = WEBHOOK_SECRET.strip_prefix("whsec_").unwrap();
    let signed = receiver.all().into_iter().map(|m| m.header("webhook-signature").to_owned());
    let signatures: Vec<_> = signed.collect();
    let texts = replies.iter().skip(1).chain([&logs.text()]).cloned().collect::<String>();
    assert!(texts.contains("webhook not taken"));
    for secret in [base64, "canary-query"].into_iter().chain(signatures.iter().map(String::as_str))
    {
        assert!(!texts.contains(secret), "{secret}");
    }
    assert!(!replies[0].contains(base64));
}
