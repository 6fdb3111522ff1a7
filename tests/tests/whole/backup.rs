//! WeChat's backup address: for what may be repeated, and only when the first is not reached. And its reports.

use serde_json::json;
use wxpay_core::messages::TradeState;
use wxpay_simulator::{Behaviour, Call, Fault, FaultKind, Outcome};
use wxpay_tests::{Setup, World};

use crate::api::assert_error;
use crate::micropay::{charge, ordered};

async fn two_addresses() -> World {
    World::with(Setup { backup: true, refunds: true, ..Setup::default() }).await
}

#[tokio::test]
async fn u09_orders_are_placed_asked_about_and_closed_through_the_backup() {
    let world = World::with(Setup { backup: true, ..Setup::default() }).await;
    world.lose_notices();
    let token = world.log_in("alice").await;
    let (paid, closed) = (world.create(500).await, world.create(500).await);
    world.wechat.set_primary_down(true).await.unwrap();
    for no in [&paid, &closed] {
        let reply = world.pay(&token, no).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    world.wechat.pay(&paid, Outcome::Pay).await.unwrap();
    world.pass_s(5).await;
    assert_eq!(world.order(&paid).await.trade_state, TradeState::Success);
    world.close(&closed).await;
    world.pass_s(300).await;
    assert_eq!(world.order(&closed).await.trade_state, TradeState::Closed);
    world.assert_books_agree().await;
    world.wechat.set_primary_down(false).await.unwrap();
    let no = world.prepaid(&token, 7).await;
    assert_eq!(world.order(&no).await.trade_state, TradeState::NotPay);
}

/// A call whose outcome is unknown was sent: the same to another address would be a second one.
#[tokio::test]
async fn u09_what_was_sent_is_not_sent_to_the_backup() {
    let world = two_addresses().await;
    let backup = world.wechat.backup_url().unwrap().to_owned();
    let token = world.log_in("alice").await;
    let no = world.create(500).await;
    world.wechat.set_fault(Fault::new(Call::UnifiedOrder, FaultKind::ResetAfter)).unwrap();
    assert!(world.pay(&token, &no).await.status >= 500);
    assert_eq!(world.wechat.calls(Call::UnifiedOrder, Some(&no)), 1);
    let messages = world.wechat.messages(0);
    assert!(!messages.iter().any(|message| message.url.starts_with(&backup)));
}

#[tokio::test]
async fn u09_charges_reversals_and_refunds_never_go_to_the_backup() {
    let world = two_addresses().await;
    let backup = world.wechat.backup_url().unwrap().to_owned();
    let (charged, fresh) = (ordered(&world).await, ordered(&world).await);
    assert_eq!(charge(&world, &charged, Behaviour::Pays).await.status, 200);
    world.pass_s(15).await;
    world.wechat.set_primary_down(true).await.unwrap();
    let reply = charge(&world, &fresh, Behaviour::Pays).await;
    assert_error(&reply, 502, "upstream_unreachable", None);
    let refund = world.act(&charged, "refunds", json!({ "refund_fee": 1 })).await;
    assert!(refund.status < 300, "recorded, and tried again: {}", refund.text);
    world.pass_s(60).await;
    let messages = world.wechat.messages(0);
    let calls = messages.iter().filter(|message| message.url.starts_with(&backup));
    for message in calls {
        assert!(message.url.ends_with("query"), "{}", message.url);
    }
    assert_eq!(world.wechat.calls(Call::Micropay, Some(&fresh)), 0);
    assert_eq!(world.wechat.calls(Call::Refund, None), 0);
}

#[tokio::test]
async fn calls_are_reported_when_that_is_switched_on() {
    let world = World::with(Setup { report: true, ..Setup::default() }).await;
    let token = world.log_in("alice").await;
    world.prepaid(&token, 500).await;
    let reported = world.wechat.wait_until(|wechat| wechat.calls(Call::Report, None) == 1).await;
    reported.unwrap();
    // Nobody waits for it, and nobody cares.
    let mute = Fault::new(Call::Report, FaultKind::Hang).times(u32::MAX);
    world.wechat.set_fault(mute).unwrap();
    for _ in 0..80 {
        world.prepaid(&token, 500).await;
    }
    world.assert_books_agree().await;
}

#[tokio::test]
async fn nothing_is_reported_unasked() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    world.prepaid(&token, 500).await;
    world.pass_s(60).await;
    assert_eq!(world.wechat.calls(Call::Report, None), 0);
}
