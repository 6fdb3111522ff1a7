//! Whatever goes wrong between us and WeChat, a refund is made once, and both books say so.

use serde_json::json;
use wxpay_core::SignType;
use wxpay_core::messages::TradeState;
use wxpay_core::messages::refund::RefundStatus;
use wxpay_simulator::{Call, Fault, FaultKind};
use wxpay_tests::{Setup, World};

const SIGN_TYPES: [SignType; 2] = [SignType::Md5, SignType::HmacSha256];

/// How a call fails, how much its reply is delayed, and whether the server hears an answer all the same.
const CASES: [(FaultKind, u64, bool); 13] = [
    (FaultKind::Delay, 20, true),
    (FaultKind::Delay, 60_000, false),
    (FaultKind::Hang, 0, false),
    (FaultKind::ResetBefore, 0, false),
    (FaultKind::Late, 50, false),
    (FaultKind::ResetAfter, 0, false),
    (FaultKind::Http500, 0, false),
    (FaultKind::Empty200, 0, false),
    (FaultKind::Truncate, 0, false),
    (FaultKind::WrongSign, 0, false),
    (FaultKind::NoSign, 0, false),
    (FaultKind::SystemError, 0, false),
    (FaultKind::SystemErrorApplied, 0, false),
];

async fn world(sign_type: SignType) -> World {
    World::with(Setup { sign_type, wechat_timeout_ms: 600, ..Setup::refunding() }).await
}

fn lose_refund_notices(world: &World) {
    let lose = Fault::new(Call::RefundNotice, FaultKind::Lose).times(u32::MAX);
    world.wechat.set_fault(lose).unwrap();
}

/// One refund at WeChat, paid back, in both books.
async fn assert_paid_back(world: &World, no: &str, number: &str) {
    let refund = world.booked_refund(no, number).await;
    assert_eq!(refund.refund_status, Some(RefundStatus::Success), "{number}: {refund:?}");
    assert_eq!(world.order(no).await.trade_state, TradeState::Refund, "{number}");
    assert_eq!(world.wechat.refund(number).unwrap().refund_fee.get(), 40);
}

#[tokio::test]
async fn u05_a_refund_whose_call_failed_is_finished_by_the_sweep() {
    for sign_type in SIGN_TYPES {
        let world = world(sign_type).await;
        lose_refund_notices(&world);
        for (n, (kind, delay_ms, heard)) in CASES.into_iter().enumerate() {
            let no = world.paid(100).await;
            let number = format!("R{n}");
            let fault = Fault::new(Call::Refund, kind).delay_ms(delay_ms).of_order(&no);
            world.wechat.set_fault(fault).unwrap();
            let reply = world.refund_part(&no, &number, 40).await;
            assert_eq!(reply.status, if heard { 201 } else { 202 }, "{kind}: {}", reply.text);
            assert_eq!(reply.json["pending"], true, "{kind}");
            // The amount is reserved while nobody knows.
            let more = world.refund_part(&no, "more", 61).await;
            assert_eq!(more.json["code"], "refund_too_much", "{kind}: {}", more.text);
            world.pass_s(30).await;
            world.refund_ended(&number, RefundStatus::Success).await;
            world.pass_s(30).await;
            assert_paid_back(&world, &no, &number).await;
        }
        world.assert_books_agree().await;
    }
}

/// By hand: the merchant's backend sends the same again.
#[tokio::test]
async fn u05_a_refund_whose_call_failed_is_finished_by_the_same_request_again() {
    let world = world(SignType::HmacSha256).await;
    for (n, (kind, delay_ms, heard)) in CASES.into_iter().enumerate() {
        let no = world.paid(100).await;
        let number = format!("R{n}");
        let fault = Fault::new(Call::Refund, kind).delay_ms(delay_ms).of_order(&no);
        world.wechat.set_fault(fault).unwrap();
        world.wechat.set_refund_outcome(&no, RefundStatus::Processing).unwrap();
        let reply = world.refund_part(&no, &number, 40).await;
        assert_eq!(reply.status, if heard { 201 } else { 202 }, "{kind}: {}", reply.text);
        let again = world.refund_part(&no, &number, 40).await;
        assert_eq!(again.status, 200, "{kind}: {}", again.text);
        assert_eq!(again.json["delayed"], serde_json::Value::Null, "{kind}");
        world.wechat.set_refund_outcome(&no, RefundStatus::Success).unwrap();
        world.refund_acknowledged(&number).await;
        assert_paid_back(&world, &no, &number).await;
    }
    world.assert_books_agree().await;
}

#[tokio::test]
async fn a_refundquery_that_failed_is_repeated() {
    for sign_type in SIGN_TYPES {
        let world = world(sign_type).await;
        lose_refund_notices(&world);
        for (n, (kind, delay_ms, _)) in CASES.into_iter().enumerate() {
            let no = world.paid(100).await;
            let number = format!("R{n}");
            // Nobody knows what became of the refund, and then the question fails, too.
            let lost = Fault::new(Call::Refund, FaultKind::ResetAfter).of_order(&no);
            world.wechat.set_fault(lost).unwrap();
            let fault = Fault::new(Call::RefundQuery, kind).delay_ms(delay_ms).of_order(&no);
            world.wechat.set_fault(fault).unwrap();
            assert_eq!(world.refund_part(&no, &number, 40).await.status, 202);
            for _ in 0..3 {
                world.pass_s(60).await;
                world.refund_ended(&number, RefundStatus::Success).await;
            }
            assert_paid_back(&world, &no, &number).await;
            assert_eq!(world.wechat.calls(Call::Refund, Some(&no)), 1, "{kind}: sent once");
        }
        world.assert_books_agree().await;
    }
}

/// The order's state must not stay behind the refund's.
#[tokio::test]
async fn an_orderquery_that_failed_is_repeated_before_the_refund_ends_here() {
    let world = world(SignType::HmacSha256).await;
    let no = world.paid(100).await;
    let fails = Fault::new(Call::OrderQuery, FaultKind::Http500).of_order(&no).times(2);
    world.wechat.set_fault(fails).unwrap();
    world.wechat.set_refund_outcome(&no, RefundStatus::Processing).unwrap();
    assert_eq!(world.refund_part(&no, "R1", 40).await.status, 201, "the refund is accepted");
    assert_eq!(world.order(&no).await.trade_state, TradeState::Success);
    world.wechat.set_refund_outcome(&no, RefundStatus::Success).unwrap();
    world.refund_acknowledged("R1").await;
    assert_paid_back(&world, &no, "R1").await;
    world.assert_books_agree().await;
}

#[tokio::test]
async fn lost_notices_are_made_good_by_the_sweep() {
    let world = world(SignType::HmacSha256).await;
    lose_refund_notices(&world);
    let no = world.paid(100).await;
    world.wechat.set_refund_outcome(&no, RefundStatus::Processing).unwrap();
    assert_eq!(world.refund_part(&no, "R1", 40).await.status, 201);
    world.pass_s(30).await;
    assert_eq!(world.show_refund("R1").await.json["refund_status"], "PROCESSING");
    let asked = world.wechat.calls(Call::RefundQuery, Some(&no));
    // A day of nothing: at 1, 3, 5, 10, 30 minutes, then every hour.
    for _ in 0..(24 * 60) {
        world.pass_s(60).await;
    }
    let questions = world.wechat.calls(Call::RefundQuery, Some(&no)) - asked;
    assert!((25..=32).contains(&questions), "{questions}");
    world.wechat.set_refund_outcome(&no, RefundStatus::Success).unwrap();
    world.refund_ended("R1", RefundStatus::Success).await;
    world.pass_s(6 * 3_600).await;
    assert_paid_back(&world, &no, "R1").await;
    assert!(world.server.app.store.watched().await.unwrap().is_empty());
    world.assert_books_agree().await;
}

#[tokio::test]
async fn t10_what_goes_wrong_at_the_users_bank_is_an_anomaly() {
    for (status, refundable) in [(RefundStatus::RefundClose, 100), (RefundStatus::Change, 60)] {
        let world = world(SignType::HmacSha256).await;
        let no = world.paid(100).await;
        world.wechat.set_refund_outcome(&no, status).unwrap();
        assert_eq!(world.refund_part(&no, "R1", 40).await.status, 201);
        world.refund_acknowledged("R1").await;
        let order = world.order(&no).await;
        assert_eq!(order.refunds[0].refund_status, Some(status));
        assert_eq!(order.refundable().get(), refundable, "{status}");
        let anomaly = serde_json::to_value(&order.anomalies[0].anomaly).unwrap();
        let expected = json!({
            "kind": "refund_abnormal", "out_refund_no": "R1", "refund_status": status.as_str(),
        });
        assert_eq!((anomaly, order.anomalies.len()), (expected, 1));
        assert!(world.topics(&no).await.contains(&"anomaly.found".to_owned()));
        world.assert_books_agree().await;
    }
}

/// A person has dealt with it on the merchant platform: the notice says so, or the same request again finds it.
#[tokio::test]
async fn a_refund_in_trouble_comes_to_a_good_end() {
    let world = world(SignType::HmacSha256).await;
    for (number, is_told) in [("R1", true), ("R2", false)] {
        let no = world.paid(100).await;
        world.wechat.set_refund_outcome(&no, RefundStatus::Change).unwrap();
        assert_eq!(world.refund_part(&no, number, 40).await.status, 201);
        world.refund_acknowledged(number).await;
        if !is_told {
            lose_refund_notices(&world);
        }
        world.wechat.set_refund_outcome(&no, RefundStatus::Success).unwrap();
        if !is_told {
            let again = world.refund_part(&no, number, 40).await;
            assert_eq!((again.status, &again.json["refund_status"]), (200, &json!("SUCCESS")));
        }
        assert_good_end(&world, &no, number).await;
    }
}

async fn assert_good_end(world: &World, no: &str, number: &str) {
    world
        .until(async || {
            world.booked_refund(no, number).await.refund_status == Some(RefundStatus::Success)
        })
        .await;
    world.assert_books_agree().await;
}
