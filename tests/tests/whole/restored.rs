//! A backup brings back what was known when it was made. What happened to an order since then, WeChat is asked about.

use reqwest::Method;
use serde_json::json;
use wxpay_core::messages::TradeState;
use wxpay_simulator::{Behaviour, Call, Ending, Outcome};
use wxpay_tests::{Setup, World};

use crate::micropay::{charge, ordered, state};

/// Nobody had tried to pay any of these when the backup was made.
struct Since {
    world: World,
    /// Nobody has since.
    untried: String,
    placed: String,
    paid: String,
    charged: String,
}

async fn till() -> World {
    let refund_paid_after_close = true;
    World::with(Setup { durable: true, refund_paid_after_close, ..Setup::refunding() }).await
}

async fn restored() -> Since {
    let world = till().await;
    let token = world.log_in("alice").await;
    let [untried, placed, paid] =
        [world.create(500).await, world.create(500).await, world.create(500).await];
    let charged = ordered(&world).await;
    let backup = world.backend(Method::GET, "/v1/export", json!(null)).await.text;
    for no in [&placed, &paid] {
        assert_eq!(world.pay(&token, no).await.status, 200);
    }
    world.wechat.pay(&paid, Outcome::Pay).await.unwrap();
    world.acknowledged(&paid).await;
    assert_eq!(charge(&world, &charged, Behaviour::Pays).await.status, 200);
    let world = world.restored_from(&backup).await;
    for no in [&untried, &placed, &paid, &charged] {
        assert_eq!(state(&world, no).await, TradeState::NotPay, "{no}");
    }
    Since { world, untried, placed, paid, charged }
}

#[tokio::test]
async fn restored_orders_that_nobody_had_tried_to_pay_are_asked_about() {
    let Since { world, untried, placed, paid, charged } = restored().await;
    world.pass_s(5).await;
    for (no, expected) in [
        (&untried, TradeState::NotPay),
        (&placed, TradeState::NotPay),
        (&paid, TradeState::Success),
        (&charged, TradeState::Success),
    ] {
        assert_eq!(state(&world, no).await, expected, "{no}");
        assert_eq!(world.wechat.calls(Call::OrderQuery, Some(no)), 1, "{no}");
    }
    world.pass_s(7_200).await;
    for no in [&untried, &placed] {
        assert_eq!(state(&world, no).await, TradeState::Closed);
        assert_eq!(world.topics(no).await, ["order.closed"]);
    }
    assert_eq!(world.wechat.order(&placed).unwrap().trade_state(), TradeState::Closed);
    assert_books(&world, &[&paid, &charged]).await;
}

/// A wish to close is no reason to forget that somebody may have paid.
#[tokio::test]
async fn restored_orders_are_not_closed_before_wechat_was_asked() {
    let Since { world, untried, placed, paid, charged } = restored().await;
    for no in [&untried, &placed, &paid] {
        let reply = world.close(no).await;
        assert_eq!((reply.status, &reply.json["trade_state"]), (202, &json!("NOTPAY")), "{no}");
    }
    let reply = world.close(&charged).await;
    assert_eq!((reply.status, &reply.json["code"]), (409, &json!("order_paid")));
    for _ in 0..6 {
        world.pass_s(60).await;
    }
    for (no, expected) in [
        (&untried, TradeState::Closed),
        (&placed, TradeState::Closed),
        (&paid, TradeState::Success),
        (&charged, TradeState::Success),
    ] {
        assert_eq!(state(&world, no).await, expected, "{no}");
    }
    assert_books(&world, &[&paid, &charged]).await;
}

/// Whether the server has learnt of the payment by then or not.
#[tokio::test]
async fn restored_charges_are_reversed() {
    for is_known in [false, true] {
        let Since { world, charged, .. } = restored().await;
        world.pass_s(if is_known { 5 } else { 4 }).await;
        assert_eq!(state(&world, &charged).await.is_paid(), is_known);
        world.act(&charged, "reverse", json!({})).await;
        for _ in 0..4 {
            world.pass_s(5).await;
        }
        assert_eq!(state(&world, &charged).await, TradeState::Revoked, "{is_known}");
        assert_eq!(world.wechat.order(&charged).unwrap().trade_state(), TradeState::Revoked);
    }
}

/// A number takes one payment code, also when nobody here knows of it any more.
#[tokio::test]
async fn restored_orders_are_not_charged_twice() {
    let Since { world, untried, charged, .. } = restored().await;
    let again = charge(&world, &charged, Behaviour::Pays).await;
    assert_eq!((again.status, &again.json["trade_state"]), (200, &json!("SUCCESS")));
    assert_eq!(world.wechat.calls(Call::Micropay, Some(&charged)), 1);
    let other = charge(&world, &untried, Behaviour::Pays).await;
    assert_eq!((other.status, &other.json["code"]), (409, &json!("other_trade_type")));

    let world = till().await;
    let [asked, free] = [ordered(&world).await, ordered(&world).await];
    let backup = world.backend(Method::GET, "/v1/export", json!(null)).await.text;
    let password = Behaviour::Password { ends: Ending::Pays, after_s: Some(30) };
    assert_eq!(charge(&world, &asked, password).await.status, 202);
    let world = world.restored_from(&backup).await;
    let again = charge(&world, &asked, Behaviour::Pays).await;
    assert_eq!((again.status, &again.json["code"]), (409, &json!("already_charged")));
    assert_eq!(world.wechat.calls(Call::Micropay, Some(&asked)), 1);
    assert_eq!(charge(&world, &free, Behaviour::Pays).await.status, 200);
    world.pass_s(30).await;
    assert_eq!(state(&world, &asked).await, TradeState::Success);
    world.assert_books_agree().await;
}

/// Whoever asks is told, also of an order that nobody had tried to pay.
#[tokio::test]
async fn restored_orders_can_be_asked_about_at_once() {
    let Since { world, untried, paid, .. } = restored().await;
    for (no, expected) in [(&untried, "NOTPAY"), (&paid, "SUCCESS")] {
        let reply = world.act(no, "query", json!({})).await;
        assert_eq!((reply.status, &reply.json["trade_state"]), (200, &json!(expected)));
    }
}

/// Paid, once, and nothing of it paid back by the rule for late payments.
async fn assert_books(world: &World, paid: &[&String]) {
    for no in paid {
        assert_eq!(world.topics(no).await, ["order.paid"]);
    }
    assert_eq!(world.wechat.calls(Call::Refund, None), 0);
    assert_eq!(world.wechat.calls(Call::Reverse, None), 0);
    world.assert_books_agree().await;
}
