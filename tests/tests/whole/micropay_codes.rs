//! What WeChat says to a charge that is not taken, and what becomes of the order.

use serde_json::json;
use wxpay_core::messages::TradeState;
use wxpay_simulator::{Behaviour, Call, Fault, FaultKind};
use wxpay_tests::{Reply, World};

use crate::api::assert_error;
use crate::micropay::{assert_standing, charge, counter, ordered, state};

#[tokio::test]
async fn a_refusal_ends_the_order_and_says_what_to_do() {
    for (behaviour, code, advice) in [
        (Behaviour::NotEnough, "NOTENOUGH", "other_card"),
        (Behaviour::CardNotSupported, "NOTSUPORTCARD", "other_card"),
        (Behaviour::TradeError, "TRADE_ERROR", "other_way"),
        (Behaviour::Expired, "AUTHCODEEXPIRE", "new_code"),
        (Behaviour::Invalid, "AUTH_CODE_INVALID", "new_code"),
        (Behaviour::Used, "AUTH_CODE_ERROR", "new_code"),
    ] {
        let world = counter().await;
        let no = ordered(&world).await;
        let reply = charge(&world, &no, behaviour).await;
        assert_error(&reply, 402, "not_charged", None);
        assert_eq!(
            (&reply.json["wechat_code"], &reply.json["advice"]),
            (&json!(code), &json!(advice))
        );
        let order = world.order(&no).await;
        assert_eq!(order.trade_state, TradeState::Closed);
        let shown =
            world.backend(reqwest::Method::GET, &format!("/v1/orders/{no}"), json!({})).await;
        assert_eq!(shown.json["refused"]["code"], code, "{}", shown.text);
        assert_eq!(world.topics(&no).await, ["order.closed"]);
        assert_error(&charge(&world, &no, Behaviour::Pays).await, 409, "order_closed", None);
        world.pass_s(60).await;
        let calls = [Call::Micropay, Call::OrderQuery, Call::Reverse, Call::CloseOrder];
        assert_eq!(calls.map(|call| world.wechat.calls(call, None)), [1, 0, 0, 0], "{code}");
        // The next attempt is a new order.
        let next = ordered(&world).await;
        assert_standing(&charge(&world, &next, Behaviour::Pays).await, 200, "SUCCESS");
        world.assert_books_agree().await;
    }
}

/// What WeChat's documents list (reference: micropay, outcome by err_code), sent as the answer to a charge.
async fn refused_with(world: &World, code: &str) -> (String, Reply) {
    let no = ordered(world).await;
    world.wechat.set_fault(Fault::err_code(Call::Micropay, code).of_order(&no)).unwrap();
    let reply = charge(world, &no, Behaviour::Pays).await;
    (no, reply)
}

#[tokio::test]
async fn codes_that_are_final_end_the_order() {
    let world = counter().await;
    for (code, status, advice) in [
        ("AUTHCODEEXPIRE", 402, json!("new_code")),
        ("AUTH_CODE_ERROR", 402, json!("new_code")),
        ("AUTH_CODE_INVALID", 402, json!("new_code")),
        ("NOTENOUGH", 402, json!("other_card")),
        ("NOTSUPORTCARD", 402, json!("other_card")),
        ("TRADE_ERROR", 402, json!("other_way")),
        ("BUYER_MISMATCH", 402, json!("new_order")),
        ("ORDERCLOSED", 402, json!("new_order")),
        ("ORDERREVERSED", 402, json!("new_order")),
        ("OUT_TRADE_NO_USED", 402, json!("new_order")),
        ("LACK_PARAMS", 402, json!("new_order")),
        ("NOT_UTF8", 402, json!("new_order")),
        ("PARAM_ERROR", 502, json!(null)),
        ("INVALID_REQUEST", 502, json!(null)),
        ("XML_FORMAT_ERROR", 502, json!(null)),
        ("REQUIRE_POST_METHOD", 502, json!(null)),
        ("SIGNERROR", 502, json!(null)),
        ("NOAUTH", 502, json!(null)),
        ("APPID_NOT_EXIST", 502, json!(null)),
        ("MCHID_NOT_EXIST", 502, json!(null)),
        ("APPID_MCHID_NOT_MATCH", 502, json!(null)),
    ] {
        let (no, reply) = refused_with(&world, code).await;
        assert_eq!((reply.status, &reply.json["wechat_code"]), (status, &json!(code)));
        assert_eq!(reply.json["advice"], advice, "{code}");
        let order = world.order(&no).await;
        assert_eq!(order.trade_state, TradeState::Closed, "{code}");
        assert_eq!(order.refused.unwrap().code, code);
        // Where the number may have been used before, or the documents do not agree, WeChat was asked.
        let asks = matches!(code, "OUT_TRADE_NO_USED" | "LACK_PARAMS" | "NOT_UTF8");
        assert_eq!(world.wechat.calls(Call::OrderQuery, Some(&no)), u64::from(asks), "{code}");
        assert_error(&charge(&world, &no, Behaviour::Pays).await, 409, "order_closed", None);
    }
    world.pass_s(60).await;
    assert_eq!(world.wechat.calls(Call::Reverse, None), 0);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn codes_that_leave_it_open_are_asked_about_and_reversed() {
    let world = counter().await;
    let mut numbers = Vec::new();
    for code in ["SYSTEMERROR", "BANKERROR", "INVALID_REQ_TOO_MUCH", "FREQ_LIMIT", "NEW_CODE"] {
        let (no, reply) = refused_with(&world, code).await;
        assert_standing(&reply, 202, "NOTPAY");
        numbers.push(no);
    }
    let (no, reply) = refused_with(&world, "USERPAYING").await;
    assert_standing(&reply, 202, "USERPAYING");
    numbers.push(no);
    for _ in 0..9 {
        world.pass_s(5).await;
    }
    for no in &numbers {
        assert_eq!(
            world.wechat.calls(Call::OrderQuery, Some(no)),
            10,
            "nine, and one more at the end"
        );
        assert_eq!(world.wechat.calls(Call::Reverse, Some(no)), 1);
        // WeChat does not know these: the simulator did not apply them. But the charge may still be on its way.
        assert!(world.order(no).await.is_reversing(), "{no}");
    }
    for _ in 0..16 {
        world.pass_s(5).await;
    }
    for no in &numbers {
        assert_eq!(state(&world, no).await, TradeState::Closed);
    }
    world.assert_books_agree().await;
}

/// "Paid already" is believed when WeChat says so of this order; else the number is somebody else's, and is left alone.
#[tokio::test]
async fn a_number_that_is_said_to_be_paid_is_asked_about_and_never_reversed() {
    let world = counter().await;
    let no = ordered(&world).await;
    world.wechat.set_fault(Fault::err_code_applied(Call::Micropay, "ORDERPAID")).unwrap();
    assert_standing(&charge(&world, &no, Behaviour::Pays).await, 200, "SUCCESS");

    let (no, reply) = refused_with(&world, "ORDERPAID").await;
    assert_eq!((reply.status, &reply.json["wechat_code"]), (502, &json!("ORDERPAID")));
    assert_eq!(state(&world, &no).await, TradeState::Closed);

    let no = ordered(&world).await;
    world.wechat.set_fault(Fault::new(Call::OrderQuery, FaultKind::SystemError)).unwrap();
    world.wechat.set_fault(Fault::err_code(Call::Micropay, "ORDERPAID")).unwrap();
    let reply = charge(&world, &no, Behaviour::Pays).await;
    assert_eq!((reply.status, &reply.json["wechat_code"]), (502, &json!("ORDERPAID")));
    assert_eq!(state(&world, &no).await, TradeState::NotPay, "nobody knows yet");
    world.pass_s(50).await;
    assert!(world.wechat.calls(Call::OrderQuery, Some(&no)) > 1);
    world.pass_s(7_200).await;
    assert_eq!(state(&world, &no).await, TradeState::Closed);
    assert_eq!(world.wechat.calls(Call::Reverse, None), 0);
    world.assert_books_agree().await;
}

/// Refused, and WeChat does not say whether the number is paid: nobody may end the order by word of ours.
#[tokio::test]
async fn a_refused_order_that_may_be_paid_is_not_ended_before_wechat_has_said_no() {
    for code in ["ORDERPAID", "OUT_TRADE_NO_USED", "LACK_PARAMS", "NOT_UTF8"] {
        for action in ["close", "reverse", "sweep"] {
            let world = counter().await;
            let no = ordered(&world).await;
            world.wechat.set_fault(Fault::err_code_applied(Call::Micropay, code)).unwrap();
            let mute = Fault::new(Call::OrderQuery, FaultKind::SystemError);
            world.wechat.set_fault(mute).unwrap();
            let reply = charge(&world, &no, Behaviour::Pays).await;
            assert_eq!(reply.json["wechat_code"], code, "{}", reply.text);
            assert_eq!(state(&world, &no).await, TradeState::NotPay, "{code}");
            let mut end = TradeState::Success;
            match action {
                "close" => assert_error(&world.close(&no).await, 409, "order_paid", None),
                // It is this order's own payment after all.
                "reverse" => {
                    world.pass_s(15).await;
                    assert_standing(&world.act(&no, action, json!({})).await, 200, "REVOKED");
                    end = TradeState::Revoked;
                }
                _ => world.pass_s(5).await,
            }
            assert_eq!(state(&world, &no).await, end, "{code} {action}");
            world.assert_books_agree().await;
        }
    }
}
