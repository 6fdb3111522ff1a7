//! What cannot be paid back: refused with a reason, nothing sent, nothing recorded.

use serde_json::{Value, json};
use wxpay_core::messages::TradeState;
use wxpay_simulator::Call;
use wxpay_tests::{Setup, World};

/// Sends it, and checks that nothing came of it.
async fn assert_refused(world: &World, no: &str, body: Value, status: u16, code: &str) {
    let before = (world.order(no).await, world.wechat.calls(Call::Refund, None));
    let reply = world.refund(no, body.clone()).await;
    assert_eq!((reply.status, reply.json["code"].as_str()), (status, Some(code)), "{body}");
    assert!(reply.json["message"].is_string(), "{}", reply.text);
    let now = (world.order(no).await, world.wechat.calls(Call::Refund, None));
    assert_eq!(now, before, "{body}");
}

#[tokio::test]
async fn m05_wrong_requests_are_refused_before_anything_is_sent() {
    let world = World::with(Setup::refunding()).await;
    let no = world.paid(100).await;
    let long = "长".repeat(27);
    for (body, status, code) in [
        (json!({}), 422, "invalid_field"),
        (json!({ "refund_fee": 0 }), 422, "invalid_field"),
        (json!({ "refund_fee": -1 }), 422, "invalid_field"),
        (json!({ "refund_fee": 1.5 }), 422, "invalid_field"),
        (json!({ "refund_fee": "1" }), 422, "invalid_field"),
        (json!({ "refund_fee": u64::MAX }), 422, "invalid_field"),
        (json!({ "refund_fee": 101 }), 422, "refund_too_much"),
        (json!({ "refund_fee": 1, "total_fee": 99 }), 422, "invalid_field"),
        (json!({ "refund_fee": 1, "currency": "USD" }), 422, "invalid_field"),
        (json!({ "refund_fee": 1, "refund_fee_type": "" }), 422, "invalid_field"),
        (json!({ "refund_fee": 1, "out_refund_no": "" }), 422, "invalid_field"),
        (json!({ "refund_fee": 1, "out_refund_no": "a b" }), 422, "invalid_field"),
        (json!({ "refund_fee": 1, "out_refund_no": "9".repeat(65) }), 422, "invalid_field"),
        (json!({ "refund_fee": 1, "reason": long }), 422, "invalid_field"),
        (json!({ "refund_fee": 1, "reason": "\u{1}" }), 422, "invalid_field"),
        (json!({ "refund_fee": 1, "refund_account": "MY_POCKET" }), 422, "invalid_field"),
        (json!({ "refund_fee": 1, "amount": 1 }), 422, "invalid_field"),
    ] {
        assert_refused(&world, &no, body, status, code).await;
    }
    let reply = world.refund("nobody", json!({ "refund_fee": 1 })).await;
    assert_eq!((reply.status, &reply.json["code"]), (404, &json!("not_found")));
    assert_eq!(world.show_refund("nobody").await.status, 404);
    // The order is still good for all of it, and then for what remains.
    assert_eq!(world.refund_part(&no, "R1", 40).await.status, 201);
    world.refund_acknowledged("R1").await;
    world.clock.step_ms(60_000);
    for fee in [61, 100] {
        assert_refused(&world, &no, json!({ "refund_fee": fee }), 422, "refund_too_much").await;
    }
    assert_eq!(world.refund_part(&no, "R2", 60).await.status, 201);
}

#[tokio::test]
async fn an_order_that_is_not_paid_is_not_paid_back() {
    let world = World::with(Setup::refunding()).await;
    let token = world.log_in("alice").await;
    let open = world.prepaid(&token, 100).await;
    let closed = world.create(100).await;
    world.close(&closed).await;
    assert_eq!(world.order(&closed).await.trade_state, TradeState::Closed);
    for no in [&open, &closed] {
        assert_refused(&world, no, json!({ "refund_fee": 1 }), 409, "order_not_paid").await;
        assert_refused(&world, no, json!({ "refund_fee": 101 }), 409, "order_not_paid").await;
    }
}

#[tokio::test]
async fn a_payment_is_paid_back_for_a_year() {
    let world = World::with(Setup::refunding()).await;
    let no = world.paid(100).await;
    world.clock.step_ms(365 * 24 * 3_600_000);
    assert_eq!(world.refund_part(&no, "R1", 1).await.status, 201);
    world.clock.step_ms(61_000);
    assert_refused(&world, &no, json!({ "refund_fee": 1 }), 409, "payment_too_old").await;
}

#[tokio::test]
async fn m06_fifty_parts_and_no_more() {
    let world = World::with(Setup::refunding()).await;
    let no = world.paid(100).await;
    for n in 0..50 {
        let number = format!("R{n}");
        assert_eq!(world.refund_part(&no, &number, 1).await.status, 201, "{number}");
        world.refund_acknowledged(&number).await;
        world.clock.step_ms(60_000);
    }
    assert_refused(&world, &no, json!({ "refund_fee": 1 }), 409, "too_many_refunds").await;
    world.assert_books_agree().await;
}

#[tokio::test]
async fn u10_without_a_certificate_the_server_says_what_to_set() {
    let world = World::start().await;
    let no = world.paid(100).await;
    let body = json!({ "refund_fee": 1 });
    assert_refused(&world, &no, body.clone(), 503, "refunds_not_configured").await;
    let message = world.refund(&no, body).await.json["message"].clone();
    let message = message.as_str().unwrap();
    assert!(message.contains("cert_file") && message.contains("key_file"), "{message}");
}
