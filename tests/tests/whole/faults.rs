//! Whatever goes wrong between us and WeChat, the order stays payable under its number, and the books agree.

use reqwest::Method;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;
use wxpay_core::SignType;
use wxpay_core::messages::TradeState;
use wxpay_simulator::{Call, Fault, FaultKind, Outcome, PayError};
use wxpay_tests::{Logs, Reply, Setup, World};

use crate::api::assert_error;

/// Long enough for every call on a busy machine, and waited for at each hang.
const WECHAT_TIMEOUT_MS: u64 = 600;
const SIGN_TYPES: [SignType; 2] = [SignType::Md5, SignType::HmacSha256];

/// How a call fails, how much a reply is delayed, and what our caller hears; `None` when it comes to nothing.
type Case = (FaultKind, u64, Option<(u16, &'static str)>);

const CASES: [Case; 12] = [
    (FaultKind::Delay, 20, None),
    (FaultKind::Delay, 60_000, Some((504, "upstream_timeout"))),
    (FaultKind::Hang, 0, Some((504, "upstream_timeout"))),
    (FaultKind::ResetBefore, 0, Some((502, "upstream_bad_reply"))),
    (FaultKind::ResetAfter, 0, Some((502, "upstream_bad_reply"))),
    (FaultKind::Http500, 0, Some((502, "upstream_bad_reply"))),
    (FaultKind::Empty200, 0, Some((502, "upstream_bad_reply"))),
    (FaultKind::Truncate, 0, Some((502, "upstream_bad_reply"))),
    (FaultKind::WrongSign, 0, Some((502, "upstream_bad_sign"))),
    (FaultKind::NoSign, 0, Some((502, "upstream_bad_sign"))),
    (FaultKind::SystemError, 0, Some((503, "upstream_busy"))),
    (FaultKind::SystemErrorApplied, 0, Some((503, "upstream_busy"))),
];

async fn world(sign_type: SignType) -> World {
    let wechat_timeout_ms = WECHAT_TIMEOUT_MS;
    World::with(Setup { sign_type, wechat_timeout_ms, ..Setup::default() }).await
}

/// Whether WeChat did what was asked, although we may not know.
fn is_applied(kind: FaultKind) -> bool {
    !matches!(
        kind,
        FaultKind::Hang
            | FaultKind::ResetBefore
            | FaultKind::Http500
            | FaultKind::Empty200
            | FaultKind::SystemError
    )
}

fn break_call(world: &World, call: Call, (kind, delay_ms, _): Case, out_trade_no: &str) {
    let fault = Fault::new(call, kind).delay_ms(delay_ms).of_order(out_trade_no);
    world.wechat.set_fault(fault).unwrap();
}

fn assert_heard(reply: &Reply, (kind, delay_ms, expected): Case) {
    match expected {
        None => assert_eq!(reply.status, 200, "{kind} {delay_ms}: {}", reply.text),
        Some((status, code)) => {
            assert_eq!(reply.status, status, "{kind} {delay_ms}: {}", reply.text);
            assert_eq!(reply.json["code"], code, "{kind} {delay_ms}: {}", reply.text);
            assert!(reply.json["message"].is_string() && reply.json["request_id"].is_string());
            assert_eq!(reply.json["paySign"], serde_json::Value::Null);
        }
    }
}

async fn pay_at_the_cashier(world: &World, no: &str) {
    world.wechat.pay(no, Outcome::Pay).await.unwrap();
    world.acknowledged(no).await;
    assert_eq!(world.order(no).await.trade_state, TradeState::Success);
}

#[tokio::test]
async fn u05_an_order_whose_unifiedorder_failed_is_paid_on_retry() {
    for sign_type in SIGN_TYPES {
        let world = world(sign_type).await;
        let token = world.log_in("alice").await;
        for case in CASES {
            let no = world.create(88).await;
            break_call(&world, Call::UnifiedOrder, case, &no);
            assert_heard(&world.pay(&token, &no).await, case);
            assert_eq!(world.order(&no).await.trade_state, TradeState::NotPay);
            assert_eq!(world.wechat.order(&no).is_some(), is_applied(case.0), "{}", case.0);
            let again = world.pay(&token, &no).await;
            assert_eq!(again.status, 200, "{sign_type} {}: {}", case.0, again.text);
            let package = format!("prepay_id={}", world.wechat.order(&no).unwrap().prepay_id());
            assert_eq!(again.json["package"], package.as_str());
            pay_at_the_cashier(&world, &no).await;
        }
        assert_eq!(world.wechat.faults(), []);
        world.assert_books_agree().await;
    }
}

/// Without WeChat's signed yes the phone gets nothing to pay with; the order is as it was, and can be paid.
#[tokio::test]
async fn s09_the_phone_gets_nothing_without_a_signed_yes() {
    let world = world(SignType::HmacSha256).await;
    let token = world.log_in("alice").await;
    let refused = |code: &'static str| (Fault::err_code(Call::UnifiedOrder, code), Some(code));
    for ((fault, wechat_code), status, code) in [
        ((Fault::new(Call::UnifiedOrder, FaultKind::WrongSign), None), 502, "upstream_bad_sign"),
        ((Fault::new(Call::UnifiedOrder, FaultKind::NoSign), None), 502, "upstream_bad_sign"),
        (refused("NOAUTH"), 502, "upstream_refused"),
        (refused("NOTENOUGH"), 502, "upstream_refused"),
        (refused("ORDERPAID"), 502, "upstream_refused"),
        (refused("ORDERCLOSED"), 502, "upstream_refused"),
        (refused("OUT_TRADE_NO_USED"), 502, "upstream_refused"),
        (refused("PARAM_ERROR"), 502, "upstream_refused"),
        (refused("SIGNERROR"), 502, "upstream_refused"),
        (refused("A_CODE_NOBODY_KNOWS"), 503, "upstream_busy"),
    ] {
        let no = world.create(88).await;
        world.wechat.set_fault(fault.of_order(&no)).unwrap();
        let logs = Logs::start(LevelFilter::TRACE);
        let reply = world.pay(&token, &no).await;
        assert_error(&reply, status, code, None);
        assert_eq!(reply.json["wechat_code"].as_str(), wechat_code, "{}", reply.text);
        for word in ["prepay_id", "paySign", "nonceStr"] {
            assert!(!reply.text.contains(word), "{}", reply.text);
        }
        let line = logs.lines_with("request failed").pop().unwrap();
        assert!(line.contains(code) && !line.contains("paySign"), "{line}");
        let order = world.order(&no).await;
        assert_eq!((order.trade_state, order.prepay), (TradeState::NotPay, None), "{code}");
        assert_eq!(world.pay(&token, &no).await.status, 200, "{code} {wechat_code:?}");
        pay_at_the_cashier(&world, &no).await;
    }
    world.assert_books_agree().await;
}

#[tokio::test]
async fn an_order_whose_orderquery_failed_stays_payable() {
    for sign_type in SIGN_TYPES {
        let world = world(sign_type).await;
        let token = world.log_in("alice").await;
        for case in CASES {
            let no = world.prepaid(&token, 88).await;
            break_call(&world, Call::OrderQuery, case, &no);
            let reply = world.phone("/v1/query", &token, json!({ "orderId": no })).await;
            assert_heard(&reply, case);
            assert_eq!(world.order(&no).await.trade_state, TradeState::NotPay);
            assert_eq!(world.pay(&token, &no).await.status, 200);
            pay_at_the_cashier(&world, &no).await;
        }
        assert_eq!(world.wechat.faults(), []);
        world.assert_books_agree().await;
    }
}

#[tokio::test]
async fn a_payment_whose_notice_and_query_failed_is_found_by_the_next_query() {
    for sign_type in SIGN_TYPES {
        let world = world(sign_type).await;
        let token = world.log_in("alice").await;
        for case in CASES {
            let no = world.prepaid(&token, 88).await;
            world
                .wechat
                .set_fault(Fault::new(Call::Notice, FaultKind::Lose).of_order(&no))
                .unwrap();
            world.wechat.pay(&no, Outcome::Pay).await.unwrap();
            let before = world.order(&no).await;
            break_call(&world, Call::OrderQuery, case, &no);
            let reply = world.phone("/v1/query", &token, json!({ "orderId": no })).await;
            assert_heard(&reply, case);
            if case.2.is_some() {
                assert_eq!(world.order(&no).await, before, "{}", case.0);
            }
            let reply = world.phone("/v1/query", &token, json!({ "orderId": no })).await;
            assert_eq!((reply.status, &reply.json["paid"]), (200, &json!(true)), "{}", reply.text);
        }
        assert_eq!(world.wechat.faults(), []);
        world.assert_books_agree().await;
    }
}

#[tokio::test]
async fn u05_a_close_that_failed_is_finished_or_the_order_is_paid() {
    for sign_type in SIGN_TYPES {
        let world = world(sign_type).await;
        let token = world.log_in("alice").await;
        for case in CASES {
            let left_alone = world.prepaid(&token, 88).await;
            let paid = world.prepaid(&token, 77).await;
            world.pass_s(301).await;
            for no in [&left_alone, &paid] {
                break_call(&world, Call::CloseOrder, case, no);
                let path = format!("/v1/orders/{no}/close");
                assert_heard(&world.backend(Method::POST, &path, json!({})).await, case);
            }
            let pressed = world.wechat.pay(&paid, Outcome::Pay).await;
            if is_applied(case.0) {
                assert_eq!(pressed, Err(PayError::Closed), "{}", case.0);
            } else {
                pressed.unwrap();
                world.acknowledged(&paid).await;
            }
            world.pass_s(60).await;
            let end = world.order(&left_alone).await.trade_state;
            assert_eq!(end, TradeState::Closed, "{sign_type} {}", case.0);
            assert_eq!(world.wechat.order(&left_alone).unwrap().trade_state(), TradeState::Closed);
            let end = world.order(&paid).await.trade_state;
            assert_eq!(end, world.wechat.order(&paid).unwrap().trade_state(), "{}", case.0);
        }
        assert_eq!(world.wechat.faults(), []);
        world.assert_books_agree().await;
    }
}

#[tokio::test]
async fn a_login_that_failed_wants_a_new_code() {
    let world = world(SignType::HmacSha256).await;
    for case @ (kind, delay_ms, _) in CASES {
        if matches!(kind, FaultKind::WrongSign | FaultKind::NoSign) {
            continue;
        }
        let calls = world.wechat.calls(Call::Code2Session, None);
        let fault = Fault::new(Call::Code2Session, kind).delay_ms(delay_ms);
        world.wechat.set_fault(fault).unwrap();
        let body = json!({ "code": world.code("alice") });
        let reply = world.phone("/v1/login", "", body.clone()).await;
        assert_heard(&reply, case);
        assert_eq!(reply.json["token"].is_string(), case.2.is_none(), "{kind}");
        let again = world.phone("/v1/login", "", body).await;
        assert_eq!((again.status, &again.json["code"]), (401, &json!("login_code_invalid")));
        assert_eq!(world.wechat.calls(Call::Code2Session, None), calls + 1, "{kind}");
        world.log_in("alice").await;
    }
    assert_eq!(world.wechat.faults(), []);
}

#[tokio::test]
async fn login_and_pay_in_one_call_survives_the_same_faults() {
    let world = world(SignType::HmacSha256).await;
    for case in CASES {
        let no = world.create(88).await;
        break_call(&world, Call::UnifiedOrder, case, &no);
        for expected in [case, (case.0, case.1, None)] {
            let body = json!({ "code": world.code("alice"), "orderId": no });
            assert_heard(&world.phone("/v1/pay", "", body).await, expected);
        }
        pay_at_the_cashier(&world, &no).await;
    }
    world.assert_books_agree().await;
}

#[tokio::test]
async fn notices_that_go_astray_change_nothing_in_the_end() {
    for sign_type in SIGN_TYPES {
        let world = world(sign_type).await;
        let token = world.log_in("alice").await;
        for (kind, sent) in [
            (FaultKind::Late, 1),
            (FaultKind::Double, 2),
            (FaultKind::BeforeReply, 1),
            (FaultKind::BadSign, 2),
        ] {
            let no = world.prepaid(&token, 88).await;
            let fault = Fault::new(Call::Notice, kind).delay_ms(40).of_order(&no);
            world.wechat.set_fault(fault).unwrap();
            world.wechat.pay(&no, Outcome::Pay).await.unwrap();
            if kind == FaultKind::BeforeReply {
                assert_eq!(world.order(&no).await.trade_state, TradeState::Success);
            }
            world.acknowledged(&no).await;
            let enough =
                |world: &wxpay_simulator::World| world.calls(Call::Notice, Some(&no)) >= sent;
            world.wechat.wait_until(enough).await.unwrap();
            assert_eq!(world.order(&no).await.trade_state, TradeState::Success, "{kind}");
            assert_eq!(world.topics(&no).await, ["order.paid"], "{kind}");
        }
        world.assert_books_agree().await;
    }
}

#[tokio::test]
async fn a_lost_notice_is_found_within_five_seconds() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 88).await;
    world.wechat.set_fault(Fault::new(Call::Notice, FaultKind::Lose)).unwrap();
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    world.pass_s(4).await;
    assert_eq!(world.order(&no).await.trade_state, TradeState::NotPay);
    world.pass_s(1).await;
    assert_eq!(world.order(&no).await.trade_state, TradeState::Success);
    assert_eq!(world.wechat.calls(Call::Notice, Some(&no)), 0);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn u01_an_unreachable_wechat_is_a_502_and_the_order_is_paid_afterwards() {
    // A port that was free a moment ago, and that nobody listens on.
    let nobody = "127.0.0.1:1";
    let url = Some(format!("http://{nobody}"));
    let setup = Setup { durable: true, pay_url: url.clone(), login_url: url, ..Setup::default() };
    let world = World::with(setup).await;
    let unreachable = (502, json!("upstream_unreachable"));
    let reply = world.phone("/v1/login", "", json!({ "code": world.code("alice") })).await;
    assert_eq!((reply.status, reply.json["code"].clone()), unreachable);

    let world = world.restart_after(async |_, _, setup| setup.login_url = None).await;
    let token = world.log_in("alice").await;
    let no = world.create(88).await;
    let reply = world.pay(&token, &no).await;
    assert_eq!((reply.status, reply.json["code"].clone()), unreachable);
    let reply = world.phone("/v1/query", &token, json!({ "orderId": no })).await;
    assert_eq!((reply.status, reply.json["code"].clone()), unreachable);

    let world = world.restart_after(async |_, _, setup| setup.pay_url = None).await;
    assert_eq!(world.pay(&token, &no).await.status, 200);
    // The prepay order names the notify_url of the server that was asked first, which is gone.
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    let reply = world.phone("/v1/query", &token, json!({ "orderId": no })).await;
    assert_eq!(reply.json["paid"], true, "{}", reply.text);
    world.assert_books_agree().await;
}
