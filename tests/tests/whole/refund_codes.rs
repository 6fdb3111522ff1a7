//! Every code that refund may be refused with (reference: refund, errors) does what the reference says, visibly.

use serde_json::json;
use wxpay_core::Fen;
use wxpay_core::messages::refund::RefundStatus;
use wxpay_core::messages::refund_query::{By, Found};
use wxpay_server::gateway::Gateway;
use wxpay_server::orders::RefundTerms;
use wxpay_simulator::{Call, Fault, FaultKind};
use wxpay_tests::{Setup, World};

async fn world() -> World {
    World::with(Setup::refunding()).await
}

/// WeChat wants patience, a top-up, or does not know itself: the refund waits under its number, and is sent again.
#[tokio::test]
async fn u07_codes_that_are_no_end_keep_the_refund_pending() {
    let world = world().await;
    for (n, code) in [
        "SYSTEMERROR",
        "BIZERR_NEED_RETRY",
        "FREQUENCY_LIMITED",
        "FREQ_LIMIT",
        "INVALID_REQ_TOO_MUCH",
        "NOTENOUGH",
        "ORDER_NOT_READY",
        "REFUND_FEE_MISMATCH",
        "A_CODE_NOBODY_KNOWS",
    ]
    .into_iter()
    .enumerate()
    {
        let no = world.paid(100).await;
        let number = format!("R{n}");
        world.wechat.set_fault(Fault::err_code(Call::Refund, code).of_order(&no)).unwrap();
        let reply = world.refund_part(&no, &number, 100).await;
        assert_eq!((reply.status, &reply.json["pending"]), (202, &json!(true)), "{code}");
        assert_eq!(reply.json["delayed"]["code"], code, "{}", reply.text);
        assert_eq!(world.show_refund(&number).await.json["delayed"]["code"], code);
        let more = world.refund_part(&no, "more", 1).await;
        assert_eq!(more.json["code"], "refund_too_much", "{code}: its amount is reserved");
        world.pass_s(30).await;
        world.pass_s(30).await;
        world.refund_acknowledged(&number).await;
        let shown = world.show_refund(&number).await.json;
        assert_eq!(shown["refund_status"], "SUCCESS", "{code}");
        assert_eq!(shown["delayed"], serde_json::Value::Null, "{code}");
        assert_eq!(world.wechat.calls(Call::Refund, Some(&no)), 2, "{code}");
    }
    world.assert_books_agree().await;
}

/// After these WeChat is left alone for a minute, and not asked to pay back before.
#[tokio::test]
async fn u06_a_busy_wechat_is_given_a_minute() {
    let world = world().await;
    for (n, code) in ["FREQUENCY_LIMITED", "INVALID_REQ_TOO_MUCH"].into_iter().enumerate() {
        let no = world.paid(100).await;
        let number = format!("R{n}");
        world.wechat.set_fault(Fault::err_code(Call::Refund, code).of_order(&no)).unwrap();
        assert_eq!(world.refund_part(&no, &number, 40).await.status, 202);
        for _ in 0..5 {
            world.clock.step_ms(10_000);
            assert_eq!(world.refund_part(&no, &number, 40).await.status, 202);
        }
        assert_eq!(world.wechat.calls(Call::Refund, Some(&no)), 1, "{code}");
        world.clock.step_ms(10_000);
        assert_eq!(world.refund_part(&no, &number, 40).await.status, 200);
        world.refund_acknowledged(&number).await;
    }
    world.assert_books_agree().await;
}

/// WeChat's last word: nothing is paid back, and the amount is free for another refund.
#[tokio::test]
async fn u07_final_codes_free_the_amount() {
    let world = world().await;
    for (n, code) in [
        "USER_ACCOUNT_ABNORMAL",
        "TRADE_OVERDUE",
        "ERROR",
        "INVALID_TRANSACTIONID",
        "PARAM_ERROR",
        "ORDERNOTEXIST",
        "INVALID_REQUEST",
        "APPID_NOT_EXIST",
        "MCHID_NOT_EXIST",
        "APPID_MCHID_NOT_MATCH",
        "REQUIRE_POST_METHOD",
        "SIGNERROR",
        "XML_FORMAT_ERROR",
        "NOAUTH",
        "CERT_ERROR",
        "REFUND_FEE_INVALID",
        "TRADE_STATE_ERROR",
    ]
    .into_iter()
    .enumerate()
    {
        let no = world.paid(100).await;
        let number = format!("R{n}");
        world.wechat.set_fault(Fault::err_code(Call::Refund, code).of_order(&no)).unwrap();
        let reply = world.refund_part(&no, &number, 100).await;
        assert_eq!((reply.status, &reply.json["code"]), (409, &json!("refund_refused")), "{code}");
        assert_eq!(reply.json["wechat_code"], code, "{}", reply.text);
        let shown = world.show_refund(&number).await.json;
        assert_eq!((&shown["refused"]["code"], &shown["pending"]), (&json!(code), &json!(false)));
        // It is over: the same again says the same and sends nothing.
        let again = world.refund_part(&no, &number, 100).await;
        assert_eq!((again.status, &again.json["wechat_code"]), (409, &json!(code)));
        assert_eq!(world.wechat.calls(Call::Refund, Some(&no)), 1, "{code}");
        assert!(world.topics(&no).await.contains(&"refund.changed".to_owned()), "{code}");
        world.clock.step_ms(60_000);
        let anew = format!("{number}-anew");
        assert_eq!(world.refund_part(&no, &anew, 100).await.status, 201, "{code}");
        world.refund_acknowledged(&anew).await;
    }
    world.assert_books_agree().await;
}

/// WeChat says no and has done it all the same: no amount is freed before refundquery was asked.
#[tokio::test]
async fn u07_a_refusal_is_not_believed_before_the_refund_was_looked_for() {
    let world = world().await;
    for (n, code) in ["USER_ACCOUNT_ABNORMAL", "ERROR", "TRADE_STATE_ERROR"].iter().enumerate() {
        let no = world.paid(100).await;
        let number = format!("R{n}");
        let lies = Fault::err_code_applied(Call::Refund, *code).of_order(&no);
        world.wechat.set_fault(lies).unwrap();
        let reply = world.refund_part(&no, &number, 100).await;
        assert_eq!(reply.status, 201, "{code}: {}", reply.text);
        world.refund_acknowledged(&number).await;
    }
    world.assert_books_agree().await;
}

/// The question after a refusal finds no answer: the amount stays reserved.
#[tokio::test]
async fn a_refusal_that_cannot_be_confirmed_waits() {
    let world = world().await;
    let no = world.paid(100).await;
    for fault in [
        Fault::err_code(Call::Refund, "USER_ACCOUNT_ABNORMAL").times(2),
        Fault::err_code(Call::RefundQuery, "SYSTEMERROR"),
    ] {
        world.wechat.set_fault(fault).unwrap();
    }
    let reply = world.refund_part(&no, "R1", 100).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    assert_eq!(reply.json["delayed"]["code"], "USER_ACCOUNT_ABNORMAL");
    assert_eq!(world.order(&no).await.refundable(), Fen::ZERO);
    world.pass_s(30).await;
    let shown = world.show_refund("R1").await.json;
    assert_eq!(shown["refused"]["code"], "USER_ACCOUNT_ABNORMAL");
    assert_eq!(world.order(&no).await.refundable().get(), 100);
}

#[tokio::test]
async fn u07_after_a_top_up_the_same_refund_goes_through() {
    let world = world().await;
    let no = world.paid(100).await;
    world.wechat.set_balance(world.shop().mch_id, Fen::ZERO);
    let reply = world.refund_part(&no, "R1", 100).await;
    assert_eq!((reply.status, &reply.json["delayed"]["code"]), (202, &json!("NOTENOUGH")));
    let before = world.events(&no).await.len();
    for _ in 0..60 {
        world.pass_s(60).await;
    }
    assert_eq!(world.events(&no).await.len(), before, "the same answer is written down once");
    assert!(world.wechat.calls(Call::Refund, Some(&no)) > 4, "it was tried again");
    world.wechat.set_balance(world.shop().mch_id, Fen::new(100).unwrap());
    assert_eq!(world.refund_part(&no, "R1", 100).await.status, 200);
    world.refund_acknowledged("R1").await;
    world.assert_books_agree().await;
}

/// Somebody paid back on the merchant platform, so that WeChat refuses ours: the other refund is found and counted.
#[tokio::test]
async fn a_foreign_refund_is_found_when_ours_is_refused() {
    let world = world().await;
    let no = world.paid(100).await;
    lose_refund_notices(&world);
    by_hand(&world, &no, "HAND", 70).await;
    world.clock.step_ms(60_000);
    let reply = world.refund_part(&no, "R1", 40).await;
    assert_eq!((reply.status, &reply.json["wechat_code"]), (409, &json!("REFUND_FEE_INVALID")));
    let order = world.order(&no).await;
    let anomaly = serde_json::to_value(&order.anomalies[0].anomaly).unwrap();
    assert_eq!(
        (&anomaly["kind"], &anomaly["out_refund_no"]),
        (&json!("foreign_refund"), &json!("HAND"))
    );
    assert_eq!((order.anomalies.len(), order.refundable().get()), (1, 30));
    let reply = world.refund_part(&no, "R2", 31).await;
    assert_eq!(reply.json["code"], "refund_too_much");
    world.clock.step_ms(60_000);
    assert_eq!(world.refund_part(&no, "R3", 30).await.status, 201);
}

/// Our number was used there for another amount: ours will never be, and the other one is known.
#[tokio::test]
async fn a_number_that_wechat_knows_for_another_amount_is_used_up() {
    let world = world().await;
    let no = world.paid(100).await;
    lose_refund_notices(&world);
    by_hand(&world, &no, "R1", 70).await;
    world.clock.step_ms(60_000);
    let reply = world.refund_part(&no, "R1", 40).await;
    assert_eq!((reply.status, &reply.json["wechat_code"]), (409, &json!("REFUND_FEE_MISMATCH")));
    let order = world.order(&no).await;
    assert_eq!(order.refundable().get(), 30);
    let anomaly = serde_json::to_value(&order.anomalies[0].anomaly).unwrap();
    assert_eq!((&anomaly["kind"], &anomaly["refund_fee"]), (&json!("foreign_refund"), &json!(70)));
}

/// Our number was used there for another order.
#[tokio::test]
async fn a_number_that_wechat_knows_for_another_order_is_used_up() {
    let world = world().await;
    let (no, other) = (world.paid(100).await, world.paid(100).await);
    lose_refund_notices(&world);
    by_hand(&world, &other, "R1", 40).await;
    let reply = world.refund_part(&no, "R1", 40).await;
    assert_eq!((reply.status, &reply.json["wechat_code"]), (409, &json!("INVALID_REQUEST")));
    let order = world.order(&no).await;
    assert_eq!((order.refundable().get(), order.anomalies), (100, Vec::new()));
}

/// Nobody hears of what was done by hand.
fn lose_refund_notices(world: &World) {
    let lose = Fault::new(Call::RefundNotice, FaultKind::Lose).times(u32::MAX);
    world.wechat.set_fault(lose).unwrap();
}

/// What a person does on the merchant platform: a refund that the server has not heard of.
pub(crate) async fn by_hand(world: &World, no: &str, number: &str, fee: u64) {
    let order = world.order(no).await;
    let terms = RefundTerms {
        out_refund_no: number.into(),
        refund_fee: Fen::new(fee).unwrap(),
        refund_desc: None,
        refund_account: None,
        notify_url: format!("{}/v1/notify/shop/refund", world.server.url),
    };
    let merchant = world.shop().with_certificate(order.sign_type, &world.wechat);
    let gateway = world.gateway();
    let request = order.refund_request(&terms);
    gateway.refund(&merchant, order.sign_type, &request).await.unwrap();
    let by = By::OutTradeNo(no);
    let found = gateway.refund_query(&merchant, order.sign_type, by, 0).await.unwrap();
    let Found::Page(page) = found else { panic!("{found:?}") };
    assert!(page.refunds.iter().any(|one| one.out_refund_no == number));
    world.refund_ended(number, RefundStatus::Success).await;
}
