//! Telling the merchant's own system: what is sent, in which order, and how it is signed.

use reqwest::Method;
use serde_json::json;
use wxpay_core::messages::refund::RefundStatus;
use wxpay_server::orders::EventKind;
use wxpay_server::outbox::WebhookSecret;
use wxpay_server::store::{Change, OutboxRow};
use wxpay_simulator::{Call, Fault, FaultKind};
use wxpay_tests::{Answer, ENDPOINT, Receiver, Setup, WEBHOOK_SECRET, World};

const OTHER_SECRET: &str = "whsec_b3RoZXItd2ViaG9vay1zZWNyZXQtb3RoZXItc2VjcmV0";

pub(crate) async fn world_with(receiver: &Receiver) -> World {
    World::with(told(receiver)).await
}

pub(crate) fn told(receiver: &Receiver) -> Setup {
    Setup { webhooks: Some(vec![receiver.webhook(ENDPOINT)]), ..Setup::default() }
}

/// What waits for the one endpoint.
pub(crate) async fn waiting(world: &World) -> Vec<OutboxRow> {
    let store = &world.server.app.store;
    store.outbox(world.shop().id, ENDPOINT, i64::MAX, usize::MAX).await.unwrap()
}

#[tokio::test]
async fn a_payment_is_told_at_once_and_signed() {
    let receiver = Receiver::start().await;
    let world = world_with(&receiver).await;
    let no = world.paid(88).await;
    let message = receiver.wait_for(1).await.remove(0);
    let order = world.order(&no).await;
    let id = format!("shop:{no}:{}", order.revision);
    assert_eq!((message.path.as_str(), message.id()), ("/wxpay", id.as_str()));
    assert_eq!(message.header("content-type"), "application/json");
    assert_eq!(message.header("webhook-timestamp"), (world.clock_ms() / 1_000).to_string());
    assert!(message.is_signed_by(WEBHOOK_SECRET), "{message:?}");
    assert!(!message.is_signed_by(OTHER_SECRET));
    let path = format!("/v1/orders/{no}");
    let shown = world.backend(Method::GET, &path, json!(null)).await;
    let expected = json!({
        "type": "order.paid",
        "timestamp": "2026-01-01T12:00:00+08:00",
        "data": {
            "id": id,
            "merchant": "shop",
            "out_trade_no": no,
            "sequence": order.revision,
            "order": shown.json,
        },
    });
    assert_eq!(message.json(), expected);
    world.until(async || waiting(&world).await.is_empty()).await;
    world.pass_s(100_000).await;
    assert_eq!(receiver.count(), 1, "told once");
}

#[tokio::test]
async fn every_message_shows_the_order_as_it_was_then() {
    let receiver = Receiver::start().await;
    receiver.answer(Answer::Status(500));
    let world = world_with(&receiver).await;
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 88).await;
    world.pass_s(301).await;
    world.close(&no).await;
    let first = receiver.wait_for(1).await.remove(0);
    let notice = wxpay_tests::Notice::paid(&wxpay_tests::SHOP, &no, 88);
    let notice = notice.signed(wxpay_core::SignType::HmacSha256, &wxpay_tests::SHOP);
    assert_eq!(world.notify(notice.xml()).await.status, 200);
    receiver.wait_for(3).await;
    world.until(async || waiting(&world).await.iter().all(|row| row.attempts > 0)).await;
    receiver.answer(Answer::Status(204));
    world.pass_s(10).await;
    let messages = receiver.wait_for(6).await;
    let again = messages.iter().skip(3).find(|message| message.id() == first.id()).unwrap();
    assert_eq!(again.body, first.body, "the same bytes, whatever has happened since");
    assert_ne!(again.header("webhook-timestamp"), first.header("webhook-timestamp"));
    let of_type = |name: &str| {
        let found = messages.iter().find(|message| message.json()["type"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {messages:?}")).json()["data"].clone()
    };
    let (closed, paid) = (of_type("order.closed"), of_type("order.paid"));
    let odd = of_type("anomaly.found");
    assert_eq!(closed["order"]["trade_state"], "CLOSED");
    assert_eq!(closed["order"]["anomalies"], json!([]));
    assert_eq!(paid["order"]["trade_state"], "SUCCESS");
    assert_eq!(odd["anomaly"]["kind"], "paid_after_close");
    assert_eq!(odd["sequence"].as_u64(), paid["sequence"].as_u64().map(|seq| seq + 1));
    assert!(paid["sequence"].as_u64() > closed["sequence"].as_u64());
}

#[tokio::test]
async fn one_order_at_a_time_and_in_its_order() {
    let receiver = Receiver::start().await;
    let world = world_with(&receiver).await;
    let mut expected = Vec::new();
    for number in 0..5 {
        let no = world.create(88).await;
        assert_eq!(world.close(&no).await.json["trade_state"], "CLOSED");
        let transaction_id = format!("42000000012026010100000000{number:02}");
        let notice = wxpay_tests::Notice::paid(&wxpay_tests::SHOP, &no, 88)
            .with("transaction_id", &transaction_id)
            .signed(wxpay_core::SignType::HmacSha256, &wxpay_tests::SHOP);
        assert_eq!(world.notify(notice.xml()).await.status, 200);
        expected.push(no);
    }
    let messages = receiver.wait_for(15).await;
    for no in expected {
        let own = messages.iter().map(wxpay_tests::Received::json);
        let own = own.filter(|message| message["data"]["out_trade_no"] == no.as_str());
        let types: Vec<_> = own.map(|message| message["type"].clone()).collect();
        assert_eq!(types, ["order.closed", "order.paid", "anomaly.found"]);
    }
}

#[tokio::test]
async fn w03_a_new_secret_and_the_old_one_both_sign() {
    let receiver = Receiver::start().await;
    let mut webhook = receiver.webhook(ENDPOINT);
    webhook.secrets.insert(0, WebhookSecret::parse(OTHER_SECRET).unwrap());
    let webhooks = Some(vec![webhook]);
    let world = World::with(Setup { webhooks, ..Setup::default() }).await;
    world.paid(88).await;
    let message = receiver.wait_for(1).await.remove(0);
    assert_eq!(message.header("webhook-signature").matches("v1,").count(), 2);
    assert!(message.is_signed_by(OTHER_SECRET) && message.is_signed_by(WEBHOOK_SECRET));
}

#[tokio::test]
async fn with_no_endpoint_nothing_piles_up() {
    let world = World::with(Setup { webhooks: Some(Vec::new()), ..Setup::default() }).await;
    let no = world.paid(88).await;
    assert_eq!(world.topics(&no).await, [""; 0]);
    let listed = world.backend(Method::GET, "/v1/webhooks", json!(null)).await;
    assert_eq!(listed.json, json!({ "webhooks": [] }));
}

#[tokio::test]
async fn w05_a_backlog_is_told_whole_and_once() {
    let receiver = Receiver::start().await;
    let world = World::with(Setup { durable: true, ..told(&receiver) }).await;
    let store = &world.server.app.store;
    let count = 600;
    let terms = world.order(&world.create(1).await).await.terms;
    // Written behind the rules' back: no bell rings, so this also shows that nobody needs one.
    for number in 0..count {
        let key = world.key(&format!("backlog{number}"));
        let created = EventKind::Created {
            terms: Box::new(terms.clone()),
            sign_type: wxpay_core::SignType::HmacSha256,
            openid: None,
        };
        let create = Change::create(key, created, world.clock_ms()).unwrap();
        let order = create.order().unwrap().clone();
        store.commit(create).await.unwrap();
        let events = vec![EventKind::CloseAsked, EventKind::Withdrawn];
        let close = Change::update(&order, events, world.clock_ms());
        store.commit(close.tell(&[ENDPOINT.into()])).await.unwrap();
    }
    world.server.app.outbox.deliver_due().await;
    let mut ids: Vec<_> = receiver.all().iter().map(|message| message.id().to_owned()).collect();
    assert_eq!(ids.len(), count);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
    assert_eq!(waiting(&world).await, []);
}

#[tokio::test]
async fn every_step_of_a_refund_is_told() {
    let receiver = Receiver::start().await;
    let setup = Setup { webhooks: told(&receiver).webhooks, ..Setup::refunding() };
    let world = World::with(setup).await;
    let no = world.paid(88).await;
    receiver.wait_for(1).await;
    // Else WeChat's notice may overtake its own reply.
    let lose = Fault::new(Call::RefundNotice, FaultKind::Lose).times(u32::MAX);
    world.wechat.set_fault(lose).unwrap();
    assert_eq!(world.refund_part(&no, "part1", 30).await.status, 201);
    let accepted = receiver.wait_for(2).await.remove(1).json();
    assert_eq!(accepted["type"], "refund.changed");
    let refund = &accepted["data"]["refund"];
    assert_eq!((&refund["out_refund_no"], &refund["pending"]), (&json!("part1"), &json!(true)));
    assert_eq!(accepted["data"]["order"]["refunds"][0], *refund);
    world.refund_ended("part1", RefundStatus::Success).await;
    world.pass_s(86_400).await;
    let paid_back = receiver.wait_for(3).await.remove(2).json();
    assert_eq!(paid_back["data"]["refund"], world.show_refund("part1").await.json);
    assert_eq!(paid_back["data"]["refund"]["refund_status"], "SUCCESS");
    assert!(paid_back["data"]["sequence"].as_u64() > accepted["data"]["sequence"].as_u64());
}

#[tokio::test]
async fn a_payment_of_an_order_that_is_not_here_is_told() {
    let receiver = Receiver::start().await;
    let world = world_with(&receiver).await;
    let notice = wxpay_tests::Notice::paid(&wxpay_tests::SHOP, "notours", 88);
    world.notify(notice.signed(wxpay_core::SignType::HmacSha256, &wxpay_tests::SHOP).xml()).await;
    let message = receiver.wait_for(1).await.remove(0);
    let (json, listed) =
        (message.json(), world.backend(Method::GET, "/v1/anomalies", json!(null)).await.json);
    assert_eq!(json["type"], "anomaly.found");
    assert_eq!(json["data"]["anomaly"], listed["anomalies"][0]);
    assert_eq!(json["data"]["anomaly"]["kind"], "orphan_notice");
    assert_eq!((&json["data"]["sequence"], &json["data"]["order"]), (&json!(0), &json!(null)));
    assert!(!message.id().contains('.') && message.is_signed_by(WEBHOOK_SECRET), "{message:?}");
}
