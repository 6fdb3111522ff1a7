//! How orders are closed, and what a payment in the meantime does.

use serde_json::json;
use wxpay_core::SignType;
use wxpay_core::messages::TradeState;
use wxpay_simulator::{Call, Fault, FaultKind, Outcome};
use wxpay_tests::{Notice, SHOP, Setup, World};

/// An order that WeChat would close, of a server that no notice reaches.
async fn old_enough() -> (World, String) {
    let world = World::start().await;
    world.lose_notices();
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 88).await;
    world.pass_s(301).await;
    (world, no)
}

#[tokio::test]
async fn an_expired_order_is_asked_about_closed_and_asked_again() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let body = json!({ "total_fee": 88, "body": "tea", "expire_s": 600 });
    let no = world.create_with(body).await;
    world.pay(&token, &no).await;
    world.pass_s(599).await;
    assert_eq!(world.wechat.calls(Call::CloseOrder, Some(&no)), 0);
    let asked = world.wechat.calls(Call::OrderQuery, Some(&no));
    world.pass_s(1).await;
    assert_eq!(world.wechat.calls(Call::CloseOrder, Some(&no)), 1);
    assert_eq!(world.wechat.calls(Call::OrderQuery, Some(&no)), asked + 2);
    assert_eq!(world.order(&no).await.trade_state, TradeState::Closed);
    assert_eq!(world.wechat.order(&no).unwrap().trade_state(), TradeState::Closed);
    let reply = world.pay(&token, &no).await;
    assert_eq!((reply.status, &reply.json["code"]), (409, &json!("order_closed")));
    assert_eq!(world.topics(&no).await, ["order.closed"]);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn an_expired_order_that_was_paid_is_not_closed() {
    let world = World::start().await;
    world.lose_notices();
    let token = world.log_in("alice").await;
    let body = json!({ "total_fee": 88, "body": "tea", "expire_s": 400 });
    let no = world.create_with(body).await;
    world.pay(&token, &no).await;
    world.pass_s(399).await;
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    let reply = world.pay(&token, &no).await;
    assert_eq!((reply.status, &reply.json["code"]), (409, &json!("order_expired")));
    world.pass_s(1).await;
    assert_eq!(world.order(&no).await.trade_state, TradeState::Success);
    assert_eq!(world.wechat.calls(Call::CloseOrder, Some(&no)), 0);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn an_order_nobody_tried_to_pay_ends_without_wechat() {
    let world = World::start().await;
    let no = world.create(88).await;
    world.pass_s(7_199).await;
    assert_eq!(world.order(&no).await.trade_state, TradeState::NotPay);
    world.pass_s(1).await;
    assert_eq!(world.order(&no).await.trade_state, TradeState::Closed);
    for call in [Call::UnifiedOrder, Call::OrderQuery, Call::CloseOrder] {
        assert_eq!(world.wechat.calls(call, None), 0, "{call}");
    }
    assert_eq!(world.topics(&no).await, ["order.closed"]);
}

#[tokio::test]
async fn t04_closing_an_order_that_was_just_paid_says_so() {
    let (world, no) = old_enough().await;
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    let reply = world.close(&no).await;
    assert_eq!((reply.status, &reply.json["code"]), (409, &json!("order_paid")), "{}", reply.text);
    assert_eq!(world.wechat.calls(Call::CloseOrder, Some(&no)), 1, "WeChat said ORDERPAID");
    assert_eq!(world.order(&no).await.trade_state, TradeState::Success);
    assert_eq!(world.topics(&no).await, ["order.paid"]);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn a_close_that_came_too_late_is_no_202_even_if_the_payment_cannot_be_asked_about() {
    let (world, no) = old_enough().await;
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    let unanswered = Fault::new(Call::OrderQuery, FaultKind::ResetBefore).of_order(&no);
    world.wechat.set_fault(unanswered).unwrap();
    let reply = world.close(&no).await;
    assert_eq!(world.wechat.calls(Call::CloseOrder, Some(&no)), 1, "WeChat said ORDERPAID");
    assert_eq!((reply.status, &reply.json["code"]), (502, &json!("upstream_bad_reply")));
    world.pass_s(60).await;
    assert_eq!(world.order(&no).await.trade_state, TradeState::Success);
    assert_eq!(world.topics(&no).await, ["order.paid"]);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn t05_a_young_order_is_closed_as_soon_as_wechat_allows() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 88).await;
    let reply = world.close(&no).await;
    assert_eq!((reply.status, &reply.json["close_asked"]), (202, &json!(true)), "{}", reply.text);
    assert_eq!(reply.json["trade_state"], "NOTPAY");
    assert_eq!(world.pay(&token, &no).await.json["code"], "order_closed");
    world.pass_s(299).await;
    assert_eq!(world.wechat.calls(Call::CloseOrder, Some(&no)), 0);
    world.pass_s(1).await;
    assert_eq!(world.wechat.calls(Call::CloseOrder, Some(&no)), 1);
    let reply = world.close(&no).await;
    assert_eq!((reply.status, &reply.json["trade_state"]), (200, &json!("CLOSED")));
    assert_eq!(world.topics(&no).await, ["order.closed"]);
}

#[tokio::test]
async fn a_close_that_meets_a_first_prepay_is_finished_later_and_gives_nothing_to_the_phone() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let no = world.create(88).await;
    world.wechat.set_fault(Fault::new(Call::UnifiedOrder, FaultKind::ResetBefore)).unwrap();
    assert_eq!(world.pay(&token, &no).await.status, 502);
    world.pass_s(301).await;
    // WeChat makes the order now, and its answer is on its way while the merchant closes.
    let slow = Fault::new(Call::UnifiedOrder, FaultKind::Delay).delay_ms(300);
    world.wechat.set_fault(slow).unwrap();
    let (paid, closed) = tokio::join!(world.pay(&token, &no), async {
        let made = |wechat: &wxpay_simulator::World| wechat.order(&no).is_some();
        world.wechat.wait_until(made).await.unwrap();
        world.close(&no).await
    });
    assert_eq!(
        closed.status, 202,
        "WeChat closes no order younger than five minutes: {}",
        closed.text
    );
    assert_eq!((paid.status, &paid.json["code"]), (409, &json!("order_closed")), "{}", paid.text);
    world.pass_s(301).await;
    assert_eq!(world.order(&no).await.trade_state, TradeState::Closed);
    assert_eq!(world.wechat.order(&no).unwrap().trade_state(), TradeState::Closed);
    world.assert_books_agree().await;
}

/// WeChat has never heard of the order, and yet will in a moment: it may take the call after it answered the close.
#[tokio::test]
async fn an_order_is_not_given_up_while_its_unifiedorder_is_under_way() {
    let world = World::with(Setup { wechat_timeout_ms: 1_500, ..Setup::default() }).await;
    let token = world.log_in("alice").await;
    let no = world.create(88).await;
    world.wechat.set_fault(Fault::new(Call::UnifiedOrder, FaultKind::Hang)).unwrap();
    let (paid, ()) = tokio::join!(world.pay(&token, &no), async {
        world.until(async || world.order(&no).await.asked.is_some()).await;
        world.pass_s(301).await;
        let reply = world.close(&no).await;
        assert_eq!(
            (reply.status, &reply.json["close_asked"]),
            (202, &json!(true)),
            "{}",
            reply.text
        );
        world.pass_s(60).await;
        assert_eq!(world.order(&no).await.trade_state, TradeState::NotPay);
        assert_eq!(world.wechat.calls(Call::CloseOrder, Some(&no)), 2);
    });
    assert_eq!((paid.status, &paid.json["code"]), (504, &json!("upstream_timeout")));
    world.pass_s(120).await;
    assert_eq!(world.order(&no).await.trade_state, TradeState::Closed);
    assert_eq!(world.topics(&no).await, ["order.closed"]);
    world.assert_books_agree().await;
}

/// closeorder and orderquery must both say so. A reply that is lost, or that contradicts the other, ends nothing.
#[tokio::test]
async fn an_order_is_given_up_only_when_orderquery_does_not_know_it_either() {
    let (world, no) = old_enough().await;
    let not_there = Fault::err_code(Call::CloseOrder, "ORDERNOTEXIST");
    world.wechat.set_fault(not_there.clone()).unwrap();
    let reply = world.close(&no).await;
    assert_eq!(
        (reply.status, &reply.json["trade_state"]),
        (202, &json!("NOTPAY")),
        "{}",
        reply.text
    );
    world.wechat.set_fault(not_there).unwrap();
    world.wechat.set_fault(Fault::new(Call::OrderQuery, FaultKind::Http500)).unwrap();
    assert_eq!(world.close(&no).await.status, 502);
    assert_eq!(world.order(&no).await.trade_state, TradeState::NotPay);
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    world.pass_s(60).await;
    assert_eq!(world.order(&no).await.trade_state, TradeState::Success);
    assert_eq!(world.topics(&no).await, ["order.paid"]);
    world.assert_books_agree().await;
}

/// Nobody can pay it any more, and nobody waits for ever: what was paid instead is an anomaly, which a person looks at.
#[tokio::test]
async fn an_order_under_whose_number_another_amount_was_paid_ends() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 88).await;
    world.notify(Notice::paid(&SHOP, &no, 77).signed(SignType::HmacSha256, &SHOP).xml()).await;
    world.pass_s(301).await;
    world.wechat.set_fault(Fault::err_code(Call::CloseOrder, "ORDERPAID")).unwrap();
    let reply = world.close(&no).await;
    assert_eq!(
        (reply.status, &reply.json["trade_state"]),
        (200, &json!("CLOSED")),
        "{}",
        reply.text
    );
    assert_eq!(world.topics(&no).await, ["anomaly.found", "order.closed"]);
    assert!(!world.order(&no).await.is_watched());
}

#[tokio::test]
async fn a_paid_order_is_neither_closed_nor_paid_again() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 88).await;
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    world.acknowledged(&no).await;
    let before = world.order(&no).await;
    for reply in [world.close(&no).await, world.pay(&token, &no).await] {
        assert_eq!((reply.status, &reply.json["code"]), (409, &json!("order_paid")));
    }
    assert_eq!(world.order(&no).await, before);
    assert_eq!(world.wechat.calls(Call::UnifiedOrder, Some(&no)), 1);
    assert_eq!(world.wechat.calls(Call::CloseOrder, Some(&no)), 0);
}
