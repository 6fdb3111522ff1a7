//! A receiver with the published libraries of Standard Webhooks believes what the server sends, and nothing else.

use serde_json::json;
use wxpay_server::ambient::{Clock, SystemClock};
use wxpay_server::outbox::WebhookSecret;
use wxpay_simulator::Outcome;
use wxpay_tests::{ENDPOINT, Received, Receiver, Setup, WEBHOOK_SECRET, World};

use crate::standard_webhooks::{libraries, verify};

const NEW_SECRET: &str = "whsec_b3RoZXItd2ViaG9vay1zZWNyZXQtb3RoZXItc2VjcmV0";
const WRONG_SECRET: &str = "whsec_d3Jvbmctd2ViaG9vay1zZWNyZXQtd3Jvbmctc2VjcmV0";

/// Everything that one paid order and one odd one make the server send, with text of every kind in it.
async fn messages(secrets: &[&str]) -> Vec<Received> {
    let receiver = Receiver::start().await;
    let mut webhook = receiver.webhook(ENDPOINT);
    webhook.secrets = secrets.iter().map(|text| WebhookSecret::parse(text).unwrap()).collect();
    let world = World::with(Setup { webhooks: Some(vec![webhook]), ..Setup::default() }).await;
    // The libraries look at the machine's clock.
    world.clock.step_ms(SystemClock.now_ms() - world.clock_ms());
    let token = world.log_in("alice").await;
    let order = json!({ "total_fee": 88, "body": "街角小店-\u{1f375} \"tea\" \\ <&>\u{2028}", "attach": "é" });
    let no = world.create_with(order).await;
    assert_eq!(world.pay(&token, &no).await.status, 200);
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    let closed = world.create(77).await;
    assert_eq!(world.close(&closed).await.json["trade_state"], "CLOSED");
    let tested = world.backend(reqwest::Method::POST, "/v1/webhooks/books/test", json!({})).await;
    assert_eq!(tested.json["delivered"], true, "{}", tested.text);
    receiver.wait_for(3).await
}

#[tokio::test]
async fn the_published_libraries_believe_our_webhooks() {
    let messages = messages(&[WEBHOOK_SECRET]).await;
    for library in libraries() {
        for message in &messages {
            assert_eq!(verify(&library, WEBHOOK_SECRET, message, None), Ok(()), "{message:?}");
            let refused = verify(&library, WRONG_SECRET, message, None).unwrap_err();
            assert!(refused.contains("matching signature"), "{refused}");
        }
    }
}

#[tokio::test]
async fn w02_they_believe_nothing_that_was_changed_on_the_way() {
    let mut messages = messages(&[WEBHOOK_SECRET]).await.into_iter();
    // Which of them comes first is chance.
    let message = messages.find(|message| message.body.contains("\"total_fee\":88")).unwrap();
    let with = |name: &str, value: String| {
        let mut changed = message.clone();
        let headers = changed.headers.iter_mut();
        headers.filter(|(other, _)| other == name).for_each(|(_, old)| old.clone_from(&value));
        changed
    };
    let timestamp: i64 = message.header("webhook-timestamp").parse().unwrap();
    for library in libraries() {
        for (changed, reason) in [
            (Received { body: message.body.replace("88", "1"), ..message.clone() }, "matching"),
            (Received { body: format!("{} ", message.body), ..message.clone() }, "matching"),
            (with("webhook-id", format!("{}1", message.id())), "matching"),
            (with("webhook-timestamp", (timestamp + 1).to_string()), "matching"),
            (with("webhook-timestamp", (timestamp - 600).to_string()), "too old"),
            (with("webhook-timestamp", (timestamp + 600).to_string()), "too new"),
        ] {
            let refused = verify(&library, WEBHOOK_SECRET, &changed, None).unwrap_err();
            assert!(refused.contains(reason), "{reason}: {refused}");
        }
    }
}

#[tokio::test]
async fn w03_a_receiver_may_change_its_secret_at_its_own_time() {
    let messages = messages(&[NEW_SECRET, WEBHOOK_SECRET]).await;
    for library in libraries() {
        for secret in [NEW_SECRET, WEBHOOK_SECRET] {
            assert_eq!(verify(&library, secret, &messages[0], None), Ok(()));
        }
        assert!(verify(&library, WRONG_SECRET, &messages[0], None).is_err());
    }
}
