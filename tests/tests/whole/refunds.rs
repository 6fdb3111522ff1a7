//! Paying back from end to end: in parts, by number, by Idempotency-Key, at once, and over a restart.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;
use wxpay_core::SignType;
use wxpay_core::messages::TradeState;
use wxpay_core::messages::refund::RefundStatus;
use wxpay_simulator::{Call, Fault, FaultKind};
use wxpay_tests::{BAKERY, Logs, SHOP, Setup, World};

#[tokio::test]
async fn an_order_is_paid_back_in_parts_until_nothing_is_left() {
    for sign_type in [SignType::Md5, SignType::HmacSha256] {
        let world = World::with(Setup { sign_type, ..Setup::refunding() }).await;
        let no = world.paid(100).await;
        let body = json!({
            "out_refund_no": "R1", "refund_fee": 30, "reason": "the tea was cold 茶凉了",
            "total_fee": 100, "currency": "CNY",
        });
        let reply = world.refund(&no, body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        assert_eq!(reply.json["out_trade_no"], no.as_str());
        assert_eq!(reply.json["refund_fee"], 30);
        assert_eq!(reply.json["refund_desc"], "the tea was cold 茶凉了");
        let at_wechat = world.wechat.refund("R1").unwrap();
        assert_eq!(reply.json["refund_id"], at_wechat.refund_id.as_str());
        // Asked for once after WeChat's yes: the order's state is what WeChat says.
        assert_eq!(world.order(&no).await.trade_state, TradeState::Refund);

        world.refund_acknowledged("R1").await;
        let shown = world.show_refund("R1").await.json;
        assert_eq!(shown["refund_status"], "SUCCESS");
        assert_eq!(shown["pending"], false);
        assert_eq!(shown["refund_recv_accout"].as_str().map(str::is_empty), Some(false));
        assert!(shown["success_time"].as_str().unwrap().starts_with("2026-01-01T12:00"), "{shown}");

        world.pass_s(60).await;
        assert_eq!(world.refund_part(&no, "R2", 70).await.status, 201);
        world.refund_acknowledged("R2").await;
        let order = world.backend(Method::GET, &format!("/v1/orders/{no}"), json!({})).await.json;
        assert_eq!(order["trade_state"], "REFUND");
        assert_eq!(order["refundable_fee"], 0);
        let numbers: Vec<_> = order["refunds"].as_array().unwrap().iter().collect();
        assert_eq!((numbers[0]["out_refund_no"].as_str(), numbers.len()), (Some("R1"), 2));
        let path = format!("/v1/orders/{no}/refunds");
        let list = world.backend(Method::GET, &path, json!({})).await.json;
        assert_eq!(list["refunds"], order["refunds"]);

        world.pass_s(60).await;
        let reply = world.refund_part(&no, "R3", 1).await;
        assert_eq!((reply.status, &reply.json["code"]), (422, &json!("refund_too_much")));
        let changes = world.topics(&no).await.iter().filter(|t| *t == "refund.changed").count();
        // Each was accepted and paid back; a notice that came before WeChat's reply says both.
        assert!((2..=4).contains(&changes), "{changes}");
        assert_eq!(world.wechat.calls(Call::Refund, Some(&no)), 2);
        world.assert_books_agree().await;
    }
}

#[tokio::test]
async fn the_same_number_is_the_same_refund() {
    let world = World::with(Setup::refunding()).await;
    let (no, other) = (world.paid(100).await, world.paid(100).await);
    assert_eq!(world.refund_part(&no, "R1", 30).await.status, 201);
    world.refund_acknowledged("R1").await;
    let before = world.order(&no).await;
    let again = world.refund_part(&no, "R1", 30).await;
    assert_eq!((again.status, &again.json["refund_status"]), (200, &json!("SUCCESS")));
    for body in [
        json!({ "out_refund_no": "R1", "refund_fee": 31 }),
        json!({ "out_refund_no": "R1", "refund_fee": 30, "refund_desc": "other" }),
        json!({ "out_refund_no": "R1", "refund_fee": 30,
                "refund_account": "REFUND_SOURCE_RECHARGE_FUNDS" }),
    ] {
        let reply = world.refund(&no, body).await;
        assert_eq!((reply.status, &reply.json["code"]), (409, &json!("out_refund_no_used")));
    }
    let reply = world.refund_part(&other, "R1", 30).await;
    assert_eq!((reply.status, &reply.json["code"]), (409, &json!("out_refund_no_used")));
    assert_eq!(world.order(&no).await, before);
    assert_eq!(world.wechat.calls(Call::Refund, None), 1);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn an_idempotency_key_stands_for_one_refund_of_one_order() {
    let world = World::with(Setup::refunding()).await;
    let (no, other) = (world.paid(100).await, world.paid(100).await);
    let bearer = format!("Bearer {}", SHOP.admin_key);
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "once")];
    let call = |no: &str, fee: u64| {
        let body = json!({ "refund_fee": fee }).to_string();
        let path = format!("/v1/orders/{no}/refunds");
        let world = &world;
        async move { world.call(Method::POST, &path, &headers, body).await }
    };
    let first = call(&no, 30).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let number = first.json["out_refund_no"].as_str().unwrap();
    assert_eq!(number.len(), 32, "made here: {number}");
    let again = call(&no, 30).await;
    assert_eq!((again.status, &again.json["out_refund_no"]), (200, &json!(number)));
    for reply in [call(&no, 31).await, call(&other, 30).await] {
        assert_eq!((reply.status, &reply.json["code"]), (409, &json!("idempotency_key_used")));
    }
    assert_eq!(world.order(&no).await.refunds.len(), 1);
    assert_eq!(world.order(&other).await.refunds, []);
    world.refund_acknowledged(number).await;
    world.assert_books_agree().await;
}

#[tokio::test]
async fn a_second_refund_within_the_minute_waits_for_its_end() {
    let world = World::with(Setup::refunding()).await;
    let no = world.paid(100).await;
    assert_eq!(world.refund_part(&no, "R1", 10).await.status, 201);
    world.pass_s(20).await;
    for (number, fee) in [("R2", 20), ("R3", 30)] {
        let reply = world.refund_part(&no, number, fee).await;
        assert_eq!((reply.status, &reply.json["pending"]), (202, &json!(true)), "{}", reply.text);
        assert!(world.wechat.refund(number).is_none(), "{number} was not sent");
    }
    // The amounts are reserved all the same.
    let reply = world.refund_part(&no, "R4", 41).await;
    assert_eq!((reply.status, &reply.json["code"]), (422, &json!("refund_too_much")));
    world.pass_s(40).await;
    assert!(world.wechat.refund("R2").is_some(), "its minute is over");
    assert!(world.wechat.refund("R3").is_none());
    world.pass_s(60).await;
    for number in ["R1", "R2", "R3"] {
        world.refund_acknowledged(number).await;
    }
    assert_eq!(world.wechat.calls(Call::Refund, Some(&no)), 3, "WeChat refused none of them");
    world.assert_books_agree().await;
}

#[tokio::test]
async fn refunds_at_once_never_pay_back_more_than_was_paid() {
    let world = World::with(Setup { durable: true, ..Setup::refunding() }).await;
    let no = world.paid(100).await;
    let numbers: Vec<String> = (0..12).map(|n| format!("R{n}")).collect();
    let replies = join_all(numbers.iter().map(|number| world.refund_part(&no, number, 40))).await;
    let taken = replies.iter().filter(|reply| [201, 202].contains(&reply.status)).count();
    let refused = replies.iter().filter(|reply| reply.json["code"] == "refund_too_much").count();
    assert_eq!((taken, refused), (2, 10), "{replies:#?}");
    assert_eq!(world.order(&no).await.refundable().get(), 20);
    world.pass_s(60).await;
    for refund in world.order(&no).await.refunds {
        world.refund_acknowledged(&refund.terms.out_refund_no).await;
    }
    world.assert_books_agree().await;
}

#[tokio::test]
async fn the_same_refund_at_once_is_one_refund() {
    let world = World::with(Setup { durable: true, ..Setup::refunding() }).await;
    let no = world.paid(100).await;
    let replies = join_all((0..12).map(|_| world.refund_part(&no, "R1", 40))).await;
    for reply in &replies {
        assert!([200, 201].contains(&reply.status), "{}", reply.text);
    }
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    world.refund_acknowledged("R1").await;
    assert_eq!(world.order(&no).await.refunds.len(), 1);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn a_refund_goes_on_after_a_restart() {
    for applied in [false, true] {
        let setup = Setup { durable: true, wechat_timeout_ms: 600, ..Setup::refunding() };
        let world = World::with(setup).await;
        let no = world.paid(100).await;
        let kind = if applied { FaultKind::ResetAfter } else { FaultKind::Hang };
        world.wechat.set_fault(Fault::new(Call::Refund, kind)).unwrap();
        let lose = Fault::new(Call::RefundNotice, FaultKind::Lose).times(u32::MAX);
        world.wechat.set_fault(lose).unwrap();
        let reply = world.refund_part(&no, "R1", 40).await;
        assert_eq!((reply.status, &reply.json["pending"]), (202, &json!(true)), "{}", reply.text);
        assert_eq!(world.refund_part(&no, "R2", 10).await.status, 202, "its turn comes later");
        let world = world.restart().await;
        assert_eq!(world.wechat.refund("R1").is_some(), applied);
        for _ in 0..4 {
            world.pass_s(60).await;
        }
        for number in ["R1", "R2"] {
            world.refund_ended(number, RefundStatus::Success).await;
        }
        world.pass_s(3_600).await;
        for number in ["R1", "R2"] {
            let status = world.booked_refund(&no, number).await.refund_status;
            assert_eq!(status, Some(RefundStatus::Success), "{number}, applied: {applied}");
        }
        assert_eq!(world.order(&no).await.trade_state, TradeState::Refund);
        assert!(world.server.app.store.watched().await.unwrap().is_empty());
        world.assert_books_agree().await;
    }
}

/// What was not sent before the restart is sent when its minute is over, and not before.
#[tokio::test]
async fn a_refund_that_waits_is_sent_after_a_restart() {
    let world = World::with(Setup { durable: true, ..Setup::refunding() }).await;
    let no = world.paid(100).await;
    assert_eq!(world.refund_part(&no, "R1", 40).await.status, 201);
    world.refund_acknowledged("R1").await;
    assert_eq!(world.refund_part(&no, "R2", 40).await.status, 202);
    let world = world.restart().await;
    world.pass_s(59).await;
    assert!(world.wechat.refund("R2").is_none());
    world.pass_s(1).await;
    // Its notice goes to where the server was.
    world.refund_ended("R2", RefundStatus::Success).await;
    world.pass_s(30).await;
    assert!(!world.booked_refund(&no, "R2").await.is_pending());
    assert_eq!(world.wechat.calls(Call::Refund, Some(&no)), 2);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn a02_nobody_else_pays_back_or_looks() {
    let setup = Setup { shops: vec![SHOP, BAKERY], ..Setup::refunding() };
    let world = World::with(setup).await;
    let no = world.paid(100).await;
    assert_eq!(world.refund_part(&no, "R1", 10).await.status, 201);
    let token = world.log_in("alice").await;
    let create = format!("/v1/orders/{no}/refunds");
    let body = json!({ "refund_fee": 10 });
    for (method, path) in
        [(Method::POST, create.as_str()), (Method::GET, &create), (Method::GET, "/v1/refunds/R1")]
    {
        let phone = world.call(method.clone(), path, &[("token", &token)], body.to_string()).await;
        assert_eq!(phone.status, 401, "{path}: {}", phone.text);
        let other = world.backend_of(&BAKERY, method, path, body.clone()).await;
        assert_eq!(other.status, 404, "{path}: {}", other.text);
    }
    assert_eq!(world.order(&no).await.refunds.len(), 1);
}

/// WeChat's reasons are the merchant's business.
#[tokio::test]
async fn the_owner_sees_the_refund_and_not_the_merchants_balance() {
    let world = World::with(Setup::refunding()).await;
    let no = world.paid(100).await;
    world.wechat.set_fault(Fault::err_code(Call::Refund, "NOTENOUGH")).unwrap();
    assert_eq!(world.refund_part(&no, "R1", 40).await.status, 202);
    let token = world.log_in("alice").await;
    let path = format!("/v1/orders/{no}");
    let seen = world.call(Method::GET, &path, &[("token", &token)], "").await;
    assert_eq!(seen.json["refunds"][0]["refund_fee"], 40, "{}", seen.text);
    assert!(!seen.text.contains("NOTENOUGH"), "{}", seen.text);
    let seen = world.backend(Method::GET, &path, json!({})).await;
    assert_eq!(seen.json["refunds"][0]["delayed"]["code"], "NOTENOUGH");
}

/// At the lowest level, through success, refusal and notice.
#[tokio::test]
async fn p01_no_key_is_logged() {
    let world = World::with(Setup::refunding()).await;
    let no = world.paid(100).await;
    let logs = Logs::start(LevelFilter::TRACE);
    world.wechat.set_fault(Fault::err_code(Call::Refund, "ERROR")).unwrap();
    assert_eq!(world.refund_part(&no, "R1", 40).await.status, 409);
    world.clock.step_ms(60_000);
    assert_eq!(world.refund_part(&no, "R2", 40).await.status, 201);
    world.refund_acknowledged("R2").await;
    assert_eq!(logs.lines_with("refund accepted").len(), 1);
    assert_eq!(logs.lines_with("notice taken").len(), 1);
    let text = logs.text();
    let identity = world.wechat.client_identity_pem(SHOP.mch_id).unwrap();
    let key_lines = identity.key_pem.lines().filter(|line| !line.starts_with("---"));
    for secret in key_lines.chain([SHOP.api_key, SHOP.app_secret, SHOP.admin_key]) {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
