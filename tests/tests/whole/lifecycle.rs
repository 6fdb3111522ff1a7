//! The life of an order: what ends it, what cannot end it twice, and what a restart must not forget.

use reqwest::Method;
use serde_json::json;
use wxpay_core::messages::TradeState;
use wxpay_core::{Fen, SignType};
use wxpay_server::orders::{Anomaly, EventKind, Source};
use wxpay_server::store::OutboxRow;
use wxpay_simulator::{Call, Fault, FaultKind, Outcome};
use wxpay_tests::{Notice, Reply, SHOP, Setup, World, outbox};

const HMAC: SignType = SignType::HmacSha256;

/// A genuine notice, made by hand, so that it can come when WeChat's own would not.
async fn notice_of(world: &World, no: &str, transaction_id: &str) {
    let total_fee = world.order(no).await.terms.total_fee.get();
    let notice = Notice::paid(&SHOP, no, total_fee).with("transaction_id", transaction_id);
    let reply = world.notify(notice.signed(HMAC, &SHOP).xml()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

/// What the phone's `wx.requestPayment` makes of the server's reply.
async fn request_payment(world: &World, reply: &Reply) -> serde_json::Value {
    let mut arguments = reply.json.clone();
    arguments["appId"] = json!(SHOP.appid);
    let url = format!("{}/sim/cashier", world.wechat.base_url());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.post(url).body(arguments.to_string()).send().await.unwrap();
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_late_payment_is_found_on_the_way_up_the_ladder() {
    let world = World::start().await;
    world.lose_notices();
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 88).await;
    for (at_s, calls) in [(5, 1), (30, 2), (60, 3), (180, 4), (300, 5), (600, 6), (1_800, 7)] {
        let now_s = (world.clock_ms() - wxpay_tests::START_MS) / 1_000;
        world.pass_s(at_s - now_s - 1).await;
        assert_eq!(world.wechat.calls(Call::OrderQuery, Some(&no)), calls - 1, "before {at_s} s");
        world.pass_s(1).await;
        assert_eq!(world.wechat.calls(Call::OrderQuery, Some(&no)), calls, "at {at_s} s");
    }
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    world.pass_s(1_800).await;
    assert_eq!(world.order(&no).await.trade_state, TradeState::Success);
    world.pass_s(100_000).await;
    assert_eq!(world.wechat.calls(Call::OrderQuery, Some(&no)), 8, "a paid order is left alone");
    world.assert_books_agree().await;
}

#[tokio::test]
async fn a_payment_after_the_close_is_booked_and_reported() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let at_wechat = world.prepaid(&token, 88).await;
    let never_sent = world.create(77).await;
    world.pass_s(301).await;
    for no in [&at_wechat, &never_sent] {
        assert_eq!(world.close(no).await.json["trade_state"], "CLOSED");
        let transaction_id = format!("42{}", &no[..20]);
        notice_of(&world, no, &transaction_id).await;
        notice_of(&world, no, &transaction_id).await;
        let order = world.order(no).await;
        assert_eq!(order.trade_state, TradeState::Success);
        assert_eq!(order.anomalies.len(), 1);
        assert_eq!(order.anomalies[0].anomaly, Anomaly::PaidAfterClose { transaction_id });
        assert_eq!(world.topics(no).await, ["order.closed", "order.paid", "anomaly.found"]);
        let path = format!("/v1/orders/{no}");
        let shown = world.backend(Method::GET, &path, json!(null)).await;
        assert_eq!(shown.json["anomalies"][0]["kind"], "paid_after_close", "{}", shown.text);
    }
    world.assert_logs_hold(&world.all_orders().await).await;
}

#[tokio::test]
async fn a_second_payment_is_reported_once_and_does_not_replace_the_first() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 88).await;
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    world.acknowledged(&no).await;
    let first = world.order(&no).await.payment;
    let transaction_id = "4200000002202601010000000002".to_owned();
    for _ in 0..3 {
        notice_of(&world, &no, &transaction_id).await;
    }
    let order = world.order(&no).await;
    assert_eq!((order.trade_state, &order.payment), (TradeState::Success, &first));
    let total_fee = Fen::new(88).unwrap();
    assert_eq!(order.anomalies.len(), 1);
    assert_eq!(order.anomalies[0].anomaly, Anomaly::SecondPayment { transaction_id, total_fee });
    assert_eq!(world.topics(&no).await, ["order.paid", "anomaly.found"]);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn a_payment_belongs_to_one_order() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let (one, other) = (world.prepaid(&token, 88).await, world.prepaid(&token, 88).await);
    world.wechat.pay(&one, Outcome::Pay).await.unwrap();
    world.acknowledged(&one).await;
    let transaction_id = world.order(&one).await.payment.unwrap().transaction_id;
    let notice = Notice::paid(&SHOP, &other, 88).with("transaction_id", &transaction_id);
    let reply = world.notify(notice.signed(HMAC, &SHOP).xml()).await;
    assert_eq!(reply.status, 503, "{}", reply.text);
    assert!(reply.text.contains("FAIL"));
    assert_eq!(world.order(&other).await.trade_state, TradeState::NotPay);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn t03_an_unpaid_answer_that_arrives_after_the_payment_moves_nothing_back() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 88).await;
    let slow = Fault::new(Call::OrderQuery, FaultKind::Delay).delay_ms(300);
    world.wechat.set_fault(slow).unwrap();
    let (reply, ()) =
        tokio::join!(world.phone("/v1/query", &token, json!({ "orderId": no })), async {
            let asked = |wechat: &wxpay_simulator::World| wechat.calls(Call::OrderQuery, None) == 1;
            world.wechat.wait_until(asked).await.unwrap();
            world.wechat.pay(&no, Outcome::Pay).await.unwrap();
            world.acknowledged(&no).await;
        });
    assert_eq!((reply.status, &reply.json["paid"]), (200, &json!(true)), "{}", reply.text);
    assert_eq!(world.order(&no).await.trade_state, TradeState::Success);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn t02_notice_and_query_at_once_are_one_payment() {
    let world = World::with(Setup { durable: true, ..Setup::default() }).await;
    let token = world.log_in("alice").await;
    for _ in 0..200 {
        let no = world.prepaid(&token, 88).await;
        let query = json!({ "orderId": no });
        let (paid, _, _) = tokio::join!(
            world.wechat.pay(&no, Outcome::Pay),
            world.phone("/v1/query", &token, query.clone()),
            world.phone("/v1/query", &token, query),
        );
        paid.unwrap();
        world.acknowledged(&no).await;
        let facts = world.events(&no).await;
        let facts = facts.iter().filter(|event| matches!(event.what, EventKind::Fact { .. }));
        assert_eq!(facts.count(), 1);
    }
    world.assert_books_agree().await;
}

#[tokio::test]
async fn m03_a_coupon_pays_a_part_and_the_order_is_paid_whole() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 1_000).await;
    let coupon_fee = Fen::new(300).unwrap();
    world.wechat.pay(&no, Outcome::PayWithCoupon { coupon_fee }).await.unwrap();
    world.acknowledged(&no).await;
    let payment = world.order(&no).await.payment.unwrap();
    assert_eq!((payment.total_fee.get(), payment.cash_fee), (1_000, Fen::new(700).ok()));
    world.assert_books_agree().await;
}

#[tokio::test]
async fn a_live_prepay_is_used_again_with_a_fresh_signature() {
    for sign_type in [SignType::Md5, HMAC] {
        let world = World::with(Setup { sign_type, ..Setup::default() }).await;
        let token = world.log_in("alice").await;
        let body = json!({ "total_fee": 88, "body": "tea", "expire_s": 5 * 3_600 });
        let no = world.create_with(body).await;
        let first = world.pay(&token, &no).await;
        world.clock.step_ms(3_600_000);
        let second = world.pay(&token, &no).await;
        assert_eq!(second.json["package"], first.json["package"]);
        assert_eq!(second.json["signType"], sign_type.as_str());
        for field in ["nonceStr", "timeStamp", "paySign"] {
            assert_ne!(second.json[field], first.json[field], "{field}");
        }
        assert_eq!(world.wechat.calls(Call::UnifiedOrder, Some(&no)), 1);
        for reply in [&first, &second] {
            let sheet = request_payment(&world, reply).await;
            assert_eq!((&sheet["ok"], &sheet["total_fee"]), (&json!(true), &json!(88)), "{sheet}");
        }
        world.clock.step_ms(3_600_000);
        let third = world.pay(&token, &no).await;
        assert_ne!(third.json["package"], first.json["package"], "it was two hours old");
        assert_eq!(world.wechat.calls(Call::UnifiedOrder, Some(&no)), 2);
        assert_eq!(request_payment(&world, &third).await["ok"], true);
        assert_eq!(request_payment(&world, &second).await["ok"], false);
        world.wechat.pay(&no, Outcome::Pay).await.unwrap();
        world.acknowledged(&no).await;
        world.assert_books_agree().await;
    }
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let world = World::with(Setup { durable: true, ..Setup::default() }).await;
    let token = world.log_in("alice").await;
    let paid = world.prepaid(&token, 88).await;
    world.wechat.pay(&paid, Outcome::Pay).await.unwrap();
    world.acknowledged(&paid).await;
    let prepaid = world.create(77).await;
    let before_restart = world.pay(&token, &prepaid).await;
    let closing = world.prepaid(&token, 66).await;
    assert_eq!(world.close(&closing).await.status, 202);
    let untouched = world.create(55).await;
    let orders = world.all_orders().await;
    let waiting = outbox(&*world.server.app.store).await;

    let world = world
        .restart_after(async |wechat, clock, _| {
            // Paid while the server is down: the notice finds nobody.
            wechat.pay(&prepaid, Outcome::Pay).await.unwrap();
            clock.step_ms(20 * 60_000);
        })
        .await;
    assert_eq!(world.all_orders().await, orders);
    let still = outbox(&*world.server.app.store).await;
    let ids = |rows: &[OutboxRow]| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&still), ids(&waiting));
    let again = world.pay(&token, &prepaid).await;
    assert_eq!(again.json["package"], before_restart.json["package"], "{}", again.text);

    world.pass_s(5).await;
    assert_eq!(world.order(&prepaid).await.trade_state, TradeState::Success);
    assert_eq!(world.order(&closing).await.trade_state, TradeState::Closed);
    assert_eq!(world.order(&paid).await.trade_state, TradeState::Success);
    let fact = world.events(&prepaid).await.pop().unwrap();
    assert!(matches!(fact.what, EventKind::Fact { source: Source::Query, .. }), "{fact:?}");
    assert_eq!(world.pay(&token, &untouched).await.status, 200);
    world.pass_s(3 * 3_600).await;
    assert_eq!(world.order(&untouched).await.trade_state, TradeState::Closed);

    let world = world.restart().await;
    for (no, topics) in [
        (&paid, ["order.paid"]),
        (&prepaid, ["order.paid"]),
        (&closing, ["order.closed"]),
        (&untouched, ["order.closed"]),
    ] {
        assert_eq!(world.topics(no).await, topics, "{no}");
    }
    world.assert_books_agree().await;
}

#[tokio::test]
async fn an_order_keeps_its_algorithm_when_the_configuration_changes() {
    let world = World::with(Setup { durable: true, ..Setup::default() }).await;
    let token = world.log_in("alice").await;
    let old = world.prepaid(&token, 88).await;
    let unsent = world.create(77).await;
    let world = world.restart_after(async |_, _, setup| setup.sign_type = SignType::Md5).await;
    let new = world.prepaid(&token, 66).await;
    for (no, sign_type) in [(&old, HMAC), (&unsent, HMAC), (&new, SignType::Md5)] {
        let reply = world.pay(&token, no).await;
        assert_eq!(reply.json["signType"], sign_type.as_str(), "{}", reply.text);
        assert_eq!(request_payment(&world, &reply).await["ok"], true);
        let total_fee = world.order(no).await.terms.total_fee.get();
        let notice = Notice::paid(&SHOP, no, total_fee);
        let other = if sign_type == HMAC { SignType::Md5 } else { HMAC };
        let reply = world.notify(notice.signed(other, &SHOP).xml()).await;
        assert_eq!(reply.status, 400, "signed with {other}");
        world.wechat.pay(no, Outcome::Pay).await.unwrap();
        let reply = world.phone("/v1/query", &token, json!({ "orderId": no })).await;
        assert_eq!(reply.json["paid"], true, "{}", reply.text);
    }
    world.assert_books_agree().await;
}
