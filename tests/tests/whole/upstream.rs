//! WeChat cannot be reached, is somebody else, says nothing, or wants to be left alone: what the caller hears, what is on
//! record, and what the log says.

use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;
use wxpay_core::messages::TradeState;
use wxpay_simulator::{Call, Fault, FaultKind, Outcome};
use wxpay_tests::{Flaw, Impostor, Logs, SHOP, Setup, World};

use crate::api::assert_error;

/// One line says what went wrong, and nothing in the log could serve anybody else.
fn assert_logged(logs: &Logs, code: &str, words: &str) {
    let lines = logs.lines_with("request failed");
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!((&line["level"], &line["code"]), (&json!("WARN"), &json!(code)), "{line}");
    assert!(line["source"].as_str().unwrap().contains(words), "{words}: {line}");
    for secret in [SHOP.api_key, SHOP.app_secret, SHOP.admin_key] {
        assert!(!logs.text().contains(secret), "{secret}");
    }
}

/// A certificate is never passed over, and nothing is said to whom it does not belong.
#[tokio::test]
async fn u01_a_host_with_a_wrong_certificate_or_no_address_is_not_wechat() {
    for flaw in [Some(Flaw::Expired), Some(Flaw::OtherHost), Some(Flaw::Stranger), None] {
        let impostor = Impostor::start(flaw.unwrap_or(Flaw::None)).await;
        let nowhere = "https://wechat.invalid".to_owned();
        let url = flaw.map_or(nowhere, |_| impostor.url.clone());
        let ca_pem = Some(impostor.ca_pem.clone());
        let setup = Setup { durable: true, pay_url: Some(url), ca_pem, ..Setup::default() };
        let world = World::with(setup).await;
        let token = world.log_in("alice").await;
        let no = world.create(88).await;
        let logs = Logs::start(LevelFilter::DEBUG);
        let reply = world.pay(&token, &no).await;
        assert_error(&reply, 502, "upstream_unreachable", None);
        assert!(reply.json["paySign"].is_null(), "{}", reply.text);
        assert_logged(&logs, "upstream_unreachable", "WeChat cannot be reached");
        let order = world.order(&no).await;
        assert_eq!(order.trade_state, TradeState::NotPay);
        assert!(order.asked.is_some() && order.prepay.is_none(), "{order:?}");
        assert_eq!(impostor.believed(), 0, "{flaw:?}");
        let world = world
            .restart_after(async |_, _, setup| (setup.pay_url, setup.ca_pem) = (None, None))
            .await;
        assert_eq!(world.pay(&token, &no).await.status, 200, "the same number, at WeChat");
    }
}

/// The impostor of the test above is a host like any other but for its flaw.
#[tokio::test]
async fn u01_a_right_certificate_is_believed() {
    let honest = Impostor::start(Flaw::None).await;
    let (pay_url, ca_pem) = (Some(honest.url.clone()), Some(honest.ca_pem.clone()));
    let setup = Setup { pay_url, ca_pem, wechat_timeout_ms: 1_000, ..Setup::default() };
    let world = World::with(setup).await;
    let token = world.log_in("alice").await;
    let no = world.create(88).await;
    let reply = world.pay(&token, &no).await;
    assert_ne!(reply.json["code"], "upstream_unreachable", "{}", reply.text);
    assert_eq!(honest.believed(), 1);
}

#[tokio::test]
async fn u02_a_call_that_hangs_is_a_504_and_asked_about() {
    let world = World::with(Setup { wechat_timeout_ms: 400, ..Setup::default() }).await;
    let token = world.log_in("alice").await;
    let no = world.create(88).await;
    world.wechat.set_fault(Fault::new(Call::UnifiedOrder, FaultKind::Hang)).unwrap();
    let logs = Logs::start(LevelFilter::DEBUG);
    let reply = world.pay(&token, &no).await;
    assert_error(&reply, 504, "upstream_timeout", None);
    assert_logged(&logs, "upstream_timeout", "no reply in time");
    let order = world.order(&no).await;
    assert!(order.asked.is_some() && order.prepay.is_none() && order.is_open(), "{order:?}");
    world.pass_s(5).await;
    assert_eq!(world.wechat.calls(Call::OrderQuery, Some(&no)), 1, "nobody knows: ask");
    assert_eq!(world.order(&no).await.trade_state, TradeState::NotPay);
    assert_eq!(world.pay(&token, &no).await.status, 200);
}

#[tokio::test]
async fn u03_a_prepay_whose_reply_was_lost_is_asked_for_under_the_same_number() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let no = world.create(88).await;
    world.wechat.set_fault(Fault::new(Call::UnifiedOrder, FaultKind::ResetAfter)).unwrap();
    let logs = Logs::start(LevelFilter::DEBUG);
    assert_error(&world.pay(&token, &no).await, 502, "upstream_bad_reply", None);
    assert_logged(&logs, "upstream_bad_reply", "the connection broke");
    let prepay_id = world.wechat.order(&no).unwrap().prepay_id().to_owned();
    let again = world.pay(&token, &no).await;
    assert_eq!(again.json["package"], format!("prepay_id={prepay_id}"), "{}", again.text);
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    world.acknowledged(&no).await;
    assert_eq!((world.wechat.orders().len(), world.wechat.ledger().len()), (1, 1));
    world.assert_books_agree().await;
}

#[tokio::test]
async fn u04_what_is_no_answer_is_no_refusal() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    for (kind, words) in [
        (FaultKind::Http500, "HTTP status 500"),
        (FaultKind::Truncate, "the connection broke"),
        (FaultKind::Empty200, "not readable"),
    ] {
        let no = world.create(88).await;
        world.wechat.set_fault(Fault::new(Call::UnifiedOrder, kind)).unwrap();
        let logs = Logs::start(LevelFilter::DEBUG);
        assert_error(&world.pay(&token, &no).await, 502, "upstream_bad_reply", None);
        assert_logged(&logs, "upstream_bad_reply", words);
        let order = world.order(&no).await;
        assert!(order.is_open() && order.refused.is_none(), "{kind}: {order:?}");
        assert_eq!(world.pay(&token, &no).await.status, 200, "{kind}");
    }
}

/// For a minute WeChat wants to be asked less often. Phones and backends press on; WeChat hears of an order once in five
/// seconds at most, and the payment is found all the same.
#[tokio::test]
async fn u06_a_wechat_that_wants_to_be_left_alone_is() {
    let world = World::start().await;
    world.lose_notices();
    let token = world.log_in("alice").await;
    let (paid, fresh) = (world.prepaid(&token, 88).await, world.create(77).await);
    world.wechat.pay(&paid, Outcome::Pay).await.unwrap();
    for call in [Call::OrderQuery, Call::UnifiedOrder] {
        let limited = Fault::err_code(call, "FREQUENCY_LIMITED").times(u32::MAX);
        world.wechat.set_fault(limited).unwrap();
    }
    let calls = || {
        let world = &world.wechat;
        world.calls(Call::OrderQuery, Some(&paid)) + world.calls(Call::UnifiedOrder, Some(&fresh))
    };
    let before = calls();
    let logs = Logs::start(LevelFilter::DEBUG);
    for second in 0..60 {
        for _ in 0..3 {
            let query = world.phone("/v1/query", &token, json!({ "orderId": paid })).await;
            assert_error(&query, 503, "upstream_busy", None);
            assert_eq!(query.json["wechat_code"], "FREQUENCY_LIMITED", "{}", query.text);
            assert_eq!(query.headers["retry-after"], "5");
            assert_error(&world.pay(&token, &fresh).await, 503, "upstream_busy", None);
        }
        world.pass_s(1).await;
        let most = 2 * ((second + 1) / 5 + 1);
        assert!(calls() - before <= most, "{} calls after {second} s", calls() - before);
    }
    assert!(calls() - before >= 24, "and asked again when the five seconds are over");
    assert_eq!(world.order(&paid).await.trade_state, TradeState::NotPay, "nothing is made up");
    assert!(logs.text().contains("WeChat was not asked"));
    world.wechat.clear_faults();
    // The ladder's next step.
    world.pass_s(120).await;
    assert_eq!(world.order(&paid).await.trade_state, TradeState::Success);
    assert_eq!(world.pay(&token, &fresh).await.status, 200);
    world.assert_books_agree().await;
}
