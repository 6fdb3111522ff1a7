//! What a bad receiver can do to the server that tells it something, and to others: nothing.

use reqwest::Method;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;
use wxpay_core::messages::TradeState;
use wxpay_server::http::Limits;
use wxpay_server::outbox::WebhookLimits;
use wxpay_server::store::OutboxRow;
use wxpay_tests::{Answer, Logs, Receiver, Setup, WEBHOOK_SECRET, World, outbox};

use crate::webhooks::{told, waiting, world_with};

/// Seconds between two attempts.
const WAITS_S: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

async fn only_row(world: &World) -> OutboxRow {
    let mut rows = outbox(&*world.server.app.store).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

/// Waits until the row has been tried so often, and gives it back.
async fn tried(world: &World, attempts: u32) -> OutboxRow {
    world.until(async || only_row(world).await.attempts == attempts).await;
    only_row(world).await
}

#[tokio::test]
async fn w01_what_is_not_taken_is_tried_ten_times_over_three_days_and_kept() {
    let receiver = Receiver::start().await;
    receiver.answer(Answer::Status(503));
    let world = world_with(&receiver).await;
    let logs = Logs::start(LevelFilter::INFO);
    world.paid(88).await;
    for (failures, wait_s) in (1..).zip(WAITS_S) {
        let row = tried(&world, failures).await;
        let now_ms = world.clock_ms();
        let wait_ms = row.next_ms - now_ms;
        assert!((wait_s * 1_000..=wait_s * 1_100).contains(&wait_ms), "{failures}: {wait_ms} ms");
        assert_eq!(receiver.count(), usize::try_from(failures).unwrap());
        world.clock.step_ms(wait_ms - 1);
        assert_eq!(world.server.app.outbox.deliver_due().await, 0, "a moment too early");
        world.clock.step_ms(1);
        world.server.app.outbox.deliver_due().await;
    }
    let row = tried(&world, 10).await;
    assert_eq!(row.dead.as_deref(), Some("HTTP status 503"));
    world.pass_s(1_000_000).await;
    let messages = receiver.all();
    assert_eq!(messages.len(), 10);
    for message in &messages {
        assert_eq!((message.id(), &message.body), (messages[0].id(), &messages[0].body));
        assert!(message.is_signed_by(WEBHOOK_SECRET));
    }
    assert_eq!(logs.lines_with("webhook not taken").len(), 9);
    let dead = logs.lines_with("webhook dead");
    assert_eq!(dead.len(), 1);
    assert!(dead[0].contains("ERROR") && dead[0].contains("HTTP status 503"), "{dead:?}");
}

#[tokio::test]
async fn w04_a_receiver_that_asks_for_patience_gets_it() {
    let receiver = Receiver::start().await;
    receiver.answer_next([
        Answer::With(429, "retry-after", "3600".into()),
        Answer::With(503, "retry-after", "Fri, 01 Jan 2100 00:00:00 GMT".into()),
        Answer::With(503, "retry-after", "whenever".into()),
    ]);
    let world = world_with(&receiver).await;
    world.paid(88).await;
    for (failures, (from_s, to_s)) in (1..).zip([(3_600, 3_601), (86_400, 86_431), (1_800, 1_980)])
    {
        let row = tried(&world, failures).await;
        let wait_ms = row.next_ms - world.clock_ms();
        assert!((from_s * 1_000..=to_s * 1_000).contains(&wait_ms), "{failures}: {wait_ms} ms");
        world.clock.step_ms(wait_ms);
        world.server.app.outbox.deliver_due().await;
    }
    assert_eq!(receiver.wait_for(4).await.len(), 4);
    assert_eq!(waiting(&world).await, []);
}

#[tokio::test]
async fn w04_nobody_follows_a_redirect() {
    let (receiver, elsewhere) = (Receiver::start().await, Receiver::start().await);
    let world = world_with(&receiver).await;
    receiver.answer_next(
        [301, 302, 303, 307, 308].map(|status| Answer::With(status, "location", elsewhere.url())),
    );
    world.paid(88).await;
    for failures in 1..=5 {
        let row = tried(&world, failures).await;
        world.clock.step_ms(row.next_ms - world.clock_ms());
        world.server.app.outbox.deliver_due().await;
    }
    assert_eq!((receiver.wait_for(6).await.len(), elsewhere.count()), (6, 0));
    let listed = world.backend(Method::GET, "/v1/webhooks", json!(null)).await;
    let failure = listed.json["webhooks"][0]["last_failure"].as_str().unwrap();
    assert_eq!(failure, "HTTP status 308: redirects are not followed");
}

#[tokio::test]
async fn w01_one_that_hangs_delays_neither_the_others_nor_the_payments() {
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    slow.answer(Answer::Hang);
    let webhooks = Some(vec![slow.webhook("slow"), quick.webhook("quick")]);
    let webhook_limits = WebhookLimits { timeout_ms: 60_000, max_in_flight: 2 };
    let limits = Limits { drain_timeout_ms: 100, ..Setup::default().limits };
    let setup = Setup { webhooks, webhook_limits, limits, ..Setup::default() };
    let world = World::with(setup).await;
    for count in 1..=6 {
        let no = world.paid(88).await;
        assert_eq!(world.order(&no).await.trade_state, TradeState::Success);
        let told = quick.wait_for(count).await;
        assert!(told[count - 1].id().contains(&no), "{told:?}");
    }
    slow.wait_for(2).await;
    let list = async || world.backend(Method::GET, "/v1/webhooks", json!(null)).await.json;
    world.until(async || list().await["webhooks"][1]["waiting"] == 0).await;
    assert_eq!(list().await["webhooks"][0]["waiting"], 6);
    assert_eq!(slow.count(), 2, "bounded");
    // What hangs is cut off at the end; the test would not end else.
    world.stop().await;
}

#[tokio::test]
async fn w01_an_attempt_has_its_time_and_a_reply_its_size() {
    let receiver = Receiver::start().await;
    receiver.answer_next([Answer::Hang, Answer::Close, Answer::Endless]);
    let webhook_limits = WebhookLimits { timeout_ms: 200, max_in_flight: 8 };
    let world = World::with(Setup { webhook_limits, ..told(&receiver) }).await;
    world.paid(88).await;
    for failures in 1..=2 {
        let row = tried(&world, failures).await;
        world.clock.step_ms(row.next_ms - world.clock_ms());
        world.server.app.outbox.deliver_due().await;
    }
    assert_eq!(waiting(&world).await, [], "a status of 200 is enough, whatever comes behind it");
    assert_eq!(receiver.count(), 3);
}

#[tokio::test]
async fn a_private_address_is_not_connected_to_however_it_is_written() {
    let receiver = Receiver::start().await;
    let mut webhooks = Vec::new();
    for (number, (host, allow_private)) in [
        ("localhost", false),
        ("127.0.0.1", false),
        ("127.1", false),
        ("2130706433", false),
        ("0x7f000001", false),
        ("[::1]", false),
        ("[::ffff:127.0.0.1]", false),
        ("169.254.169.254", false),
        ("169.254.169.254", true),
        ("0.0.0.0", false),
        ("0.0.0.0", true),
        ("[::ffff:0.0.0.0]", true),
        ("10.0.0.1", false),
    ]
    .into_iter()
    .enumerate()
    {
        let mut webhook = receiver.webhook(&format!("e{number}"));
        let url = receiver.url_at(host);
        let url = if allow_private { url } else { url.replace("http:", "https:") };
        (webhook.url, webhook.allow_private) = (url.parse().unwrap(), allow_private);
        webhooks.push(webhook);
    }
    let count = webhooks.len();
    let world = World::with(Setup { webhooks: Some(webhooks), ..Setup::default() }).await;
    world.paid(88).await;
    world.server.app.outbox.deliver_due().await;
    let listed = world.backend(Method::GET, "/v1/webhooks", json!(null)).await;
    let webhooks = listed.json["webhooks"].as_array().unwrap();
    assert_eq!(webhooks.len(), count);
    for webhook in webhooks {
        assert_eq!(webhook["waiting"], 1, "{webhook}");
        assert!(webhook["last_failure"].as_str().unwrap().contains("the address is"), "{webhook}");
    }
    assert_eq!(receiver.count(), 0);
}
