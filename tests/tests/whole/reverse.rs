//! Taking payment-code orders back: when, how often, and what else may happen meanwhile.

use serde_json::json;
use wxpay_core::messages::TradeState;
use wxpay_simulator::{Behaviour, Call, Ending, Fault, FaultKind};
use wxpay_tests::{Setup, World};

use crate::api::assert_error;
use crate::micropay::{assert_standing, charge, counter, ordered, state};

async fn paid(world: &World) -> String {
    let no = ordered(world).await;
    assert_standing(&charge(world, &no, Behaviour::Pays).await, 200, "SUCCESS");
    no
}

#[tokio::test]
async fn a_paid_order_is_given_back_whole_as_soon_as_wechat_allows() {
    let world = counter().await;
    let no = paid(&world).await;
    let reply = world.act(&no, "reverse", json!({})).await;
    assert_standing(&reply, 202, "SUCCESS");
    assert!(reply.json["reversal"].is_object(), "{}", reply.text);
    world.pass_s(14).await;
    assert_eq!(world.wechat.calls(Call::Reverse, None), 0);
    let world = world.restart().await;
    world.pass_s(5).await;
    assert_eq!(state(&world, &no).await, TradeState::Revoked);
    assert_eq!(world.topics(&no).await, ["order.paid", "order.closed"]);
    assert_standing(&world.act(&no, "reverse", json!({})).await, 200, "REVOKED");
    assert_eq!(world.wechat.calls(Call::Reverse, None), 1);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn an_older_charge_is_reversed_at_once() {
    let world = counter().await;
    let no = paid(&world).await;
    world.pass_s(15).await;
    assert_standing(&world.act(&no, "reverse", json!({})).await, 200, "REVOKED");
    let password = Behaviour::Password { ends: Ending::Pays, after_s: None };
    let waiting = ordered(&world).await;
    charge(&world, &waiting, password).await;
    world.pass_s(20).await;
    assert_standing(&world.act(&waiting, "reverse", json!({})).await, 200, "REVOKED");
    world.assert_books_agree().await;
}

/// WeChat asks for another call, or says nothing that can be believed: it is called again, ever less often.
#[tokio::test]
async fn every_fault_of_the_call_is_repeated_until_wechat_has_said_yes() {
    for kind in [
        FaultKind::Recall,
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::Http500,
        FaultKind::Empty200,
        FaultKind::Truncate,
        FaultKind::WrongSign,
        FaultKind::NoSign,
        FaultKind::SystemError,
        FaultKind::SystemErrorApplied,
    ] {
        let world = counter().await;
        let no = paid(&world).await;
        world.pass_s(15).await;
        world.wechat.set_fault(Fault::new(Call::Reverse, kind).times(3)).unwrap();
        let reply = world.act(&no, "reverse", json!({})).await;
        assert!(reply.status >= 500 || reply.status == 202, "{kind:?}: {}", reply.text);
        let world = world.restart().await;
        for _ in 0..30 {
            world.pass_s(5).await;
        }
        assert_eq!(state(&world, &no).await, TradeState::Revoked, "{kind:?}");
        let calls = world.wechat.calls(Call::Reverse, Some(&no));
        assert!(calls <= 4, "{kind:?}: {calls} calls");
        world.assert_books_agree().await;
    }
}

#[tokio::test]
async fn calls_that_are_asked_for_again_and_again_are_spaced() {
    let world = counter().await;
    let no = paid(&world).await;
    world.pass_s(15).await;
    world.wechat.set_fault(Fault::new(Call::Reverse, FaultKind::Recall).times(u32::MAX)).unwrap();
    assert_standing(&world.act(&no, "reverse", json!({})).await, 202, "SUCCESS");
    for _ in 0..720 {
        world.pass_s(5).await;
    }
    let calls = world.wechat.calls(Call::Reverse, Some(&no));
    assert!((5..20).contains(&calls), "{calls} in an hour");
    assert!(world.order(&no).await.is_reversing());
}

#[tokio::test]
async fn after_seven_days_wechat_reverses_nothing_and_the_order_stays_paid() {
    let world = counter().await;
    let no = paid(&world).await;
    world.clock.step_ms((7 * 24 * 3_600 + 1) * 1_000);
    let reply = world.act(&no, "reverse", json!({})).await;
    assert_error(&reply, 502, "upstream_refused", None);
    assert_eq!(reply.json["wechat_code"], "REVERSE_EXPIRE");
    let order = world.order(&no).await;
    assert_eq!((order.trade_state, order.is_reversing()), (TradeState::Success, false));
    world.pass_s(3_600).await;
    assert_eq!(world.wechat.calls(Call::Reverse, None), 1);
    world.assert_books_agree().await;
}

/// Money must not go back twice.
#[tokio::test]
async fn an_order_is_reversed_or_refunded_but_not_both() {
    let world = counter().await;
    let (first, second) = (paid(&world).await, paid(&world).await);
    let refund = world.act(&first, "refunds", json!({ "refund_fee": 100 })).await;
    assert!(refund.status < 300, "{}", refund.text);
    assert_error(&world.act(&first, "reverse", json!({})).await, 409, "order_refunded", None);
    assert_standing(&world.act(&second, "reverse", json!({})).await, 202, "SUCCESS");
    let refund = world.act(&second, "refunds", json!({ "refund_fee": 100 })).await;
    assert_error(&refund, 409, "order_reversing", None);
    world.pass_s(15).await;
    assert_eq!(state(&world, &second).await, TradeState::Revoked);
    let refund = world.act(&second, "refunds", json!({ "refund_fee": 100 })).await;
    assert_eq!(refund.status, 409, "{}", refund.text);
    assert_eq!(world.wechat.calls(Call::Reverse, Some(&first)), 0);
    world.assert_books_agree().await;
}

/// WeChat never heard of it: there is nothing to take back.
/// A code is good for a minute, and a call may be slow: two minutes long, not known means not known yet.
#[tokio::test]
async fn a_charge_that_never_arrived_ends_when_wechat_says_so() {
    let world = counter().await;
    let no = ordered(&world).await;
    world.wechat.set_fault(Fault::new(Call::Micropay, FaultKind::Hang)).unwrap();
    assert_standing(&charge(&world, &no, Behaviour::Pays).await, 202, "NOTPAY");
    world.pass_s(15).await;
    assert_standing(&world.act(&no, "reverse", json!({})).await, 202, "NOTPAY");
    world.pass_s(104).await;
    assert_standing(&world.act(&no, "reverse", json!({})).await, 202, "NOTPAY");
    world.pass_s(1).await;
    assert_standing(&world.act(&no, "reverse", json!({})).await, 200, "CLOSED");
    assert_eq!(world.topics(&no).await, ["order.closed"]);
    world.assert_books_agree().await;
}

/// Given up here, under way there: WeChat does not know the charge when it is asked, and takes the money a moment later.
#[tokio::test]
async fn a_charge_that_arrives_after_all_is_reversed() {
    let world = counter().await;
    let no = ordered(&world).await;
    let late = Fault::new(Call::Micropay, FaultKind::Late).delay_ms(500);
    world.wechat.set_fault(late).unwrap();
    assert_standing(&charge(&world, &no, Behaviour::Pays).await, 202, "NOTPAY");
    world.pass_s(15).await;
    assert_standing(&world.act(&no, "reverse", json!({})).await, 202, "NOTPAY");
    assert_eq!(world.wechat.calls(Call::Reverse, Some(&no)), 1);
    assert!(world.wechat.order(&no).is_none(), "it should be under way still");
    world.wechat.wait_until(|wechat| wechat.order(&no).is_some()).await.unwrap();
    for _ in 0..8 {
        world.pass_s(5).await;
    }
    assert_eq!(state(&world, &no).await, TradeState::Revoked);
    assert_eq!(world.wechat.calls(Call::Micropay, None), 1);
    world.assert_books_agree().await;
}

/// Reversed too late, and not paid in all that time: nobody waits for it any more.
#[tokio::test]
async fn an_open_order_that_is_too_old_to_be_reversed_ends() {
    let world = counter().await;
    let no = ordered(&world).await;
    let unpaid = Behaviour::SystemError { paid: false };
    assert_standing(&charge(&world, &no, unpaid).await, 202, "NOTPAY");
    world.wechat.set_fault(Fault::err_code(Call::Reverse, "REVERSE_EXPIRE")).unwrap();
    for _ in 0..9 {
        world.pass_s(5).await;
    }
    assert_eq!(world.wechat.calls(Call::Reverse, Some(&no)), 1);
    assert_eq!(state(&world, &no).await, TradeState::Closed);
    assert_eq!(world.topics(&no).await, ["order.closed"]);
    world.assert_books_agree().await;
}

/// What WeChat's documents list (reference: reverse), for an order that is paid: it stays so, and the merchant is told.
#[tokio::test]
async fn codes_that_are_final_leave_a_paid_order_paid() {
    let world = counter().await;
    for code in [
        "INVALID_TRANSACTIONID",
        "PARAM_ERROR",
        "REQUIRE_POST_METHOD",
        "SIGNERROR",
        "INVALID_REQUEST",
        "REVERSE_EXPIRE",
        "TRADE_ERROR",
        "CERT_ERROR",
    ] {
        let no = paid(&world).await;
        world.pass_s(15).await;
        world.wechat.set_fault(Fault::err_code(Call::Reverse, code).of_order(&no)).unwrap();
        let reply = world.act(&no, "reverse", json!({})).await;
        assert_error(&reply, 502, "upstream_refused", None);
        assert_eq!(reply.json["wechat_code"], code);
        let order = world.order(&no).await;
        assert_eq!(order.trade_state, TradeState::Success, "{code}");
        assert_eq!(order.reversal.clone().unwrap().refused.unwrap().code, code);
        assert!(!order.is_reversing() && !order.is_watched(), "{code}");
        // What stood in its way may be put in order.
        assert_standing(&world.act(&no, "reverse", json!({})).await, 200, "REVOKED");
    }
    world.assert_books_agree().await;
}

/// For a charge nobody knows: it must not stay, so WeChat is called again.
#[tokio::test]
async fn codes_that_are_final_do_not_leave_a_charge_open() {
    for code in ["SYSTEMERROR", "NOAUTH", "CERT_ERROR", "TRADE_ERROR", "NEW_CODE"] {
        let world = counter().await;
        let no = ordered(&world).await;
        let password = Behaviour::Password { ends: Ending::Pays, after_s: None };
        charge(&world, &no, password).await;
        world.pass_s(40).await;
        world.wechat.set_fault(Fault::err_code(Call::Reverse, code)).unwrap();
        world.pass_s(5).await;
        assert_eq!(state(&world, &no).await, TradeState::UserPaying, "{code}");
        let world = world.restart().await;
        world.pass_s(5).await;
        assert_eq!(world.wechat.calls(Call::Reverse, Some(&no)), 2, "{code}");
        assert_eq!(state(&world, &no).await, TradeState::Revoked, "{code}");
        world.assert_books_agree().await;
    }
}

/// A wish that cannot be sent would only stand in the way of a refund.
#[tokio::test]
async fn without_a_certificate_nothing_is_reversed_or_promised() {
    let world = counter().await;
    let no = paid(&world).await;
    let world = world.restart_after(async |_, _, setup| setup.refunds = false).await;
    world.pass_s(20).await;
    let before = world.order(&no).await;
    let reply = world.act(&no, "reverse", json!({})).await;
    assert_error(&reply, 503, "certificate_not_configured", None);
    assert_eq!(world.order(&no).await, before);
}

/// Whatever the clock says: a charge that is still on its way could arrive after its reversal.
#[tokio::test]
async fn nothing_is_reversed_while_its_charge_is_under_way() {
    let world = World::with(Setup { wechat_timeout_ms: 1_500, ..Setup::refunding() }).await;
    let no = ordered(&world).await;
    world.wechat.set_fault(Fault::new(Call::Micropay, FaultKind::Hang)).unwrap();
    let (charged, ()) = tokio::join!(charge(&world, &no, Behaviour::Pays), async {
        world.until(async || world.order(&no).await.asked.is_some()).await;
        world.pass_s(60).await;
        assert_standing(&world.act(&no, "reverse", json!({})).await, 202, "NOTPAY");
        world.pass_s(60).await;
        assert_eq!(world.wechat.calls(Call::Reverse, None), 0);
    });
    assert_standing(&charged, 202, "NOTPAY");
    world.pass_s(120).await;
    assert_eq!(world.wechat.calls(Call::Reverse, None), 1);
    assert_eq!(state(&world, &no).await, TradeState::Closed);
    world.assert_books_agree().await;
}
