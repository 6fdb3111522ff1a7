//! Taking a micropay order back: when it may be, what becomes of it and of the money.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use support::refunds::part;
use support::scanner::{HMAC, reverse, scan};
use support::{APPID, KEY, MCH_ID, NONCE, World, assert_fields, identity, key, signed};
use wxpay_core::messages::TradeState;
use wxpay_core::messages::order_query::{self, Found};
use wxpay_core::messages::reverse::{Reversal, read_reply};
use wxpay_core::{Params, SignType};
use wxpay_simulator::{Behaviour, Call, Ending, Fault, FaultKind};

const WAITS: Behaviour = Behaviour::Password { ends: Ending::Pays, after_s: Some(60) };

fn read(reply: Params) -> Reversal {
    read_reply(reply, &identity(), HMAC, &key()).unwrap()
}

#[tokio::test]
async fn an_order_is_taken_back_after_fifteen_seconds() {
    let world = World::start().await;
    scan(&world, "M1", WAITS).await;
    world.pass_s(14);
    let soon = reverse(&world, "M1").await;
    assert_fields(&soon, &[("result_code", "FAIL"), ("recall", "Y")]);
    assert_eq!(read(soon), Reversal::CallAgain);
    world.pass_s(1);
    assert_eq!(read(reverse(&world, "M1").await), Reversal::Reversed);
    let reply = world.query("M1", HMAC).await;
    let found = order_query::read_reply(reply, "M1", &identity(), HMAC, &key()).unwrap();
    assert_eq!(found, Found::Unpaid(TradeState::Revoked));
    // The password would have been right; nobody asks for it any more.
    world.pass_s(60);
    assert_fields(&world.query("M1", HMAC).await, &[("trade_state", "REVOKED")]);
    assert!(world.wechat.ledger().is_empty());
    assert_fields(&scan(&world, "M1", WAITS).await, &[("err_code", "ORDERREVERSED")]);
    assert_eq!(read(reverse(&world, "M1").await), Reversal::Reversed);
}

#[tokio::test]
async fn money_that_was_taken_goes_back_once() {
    let world = World::start().await;
    let paid = scan(&world, "M1", Behaviour::Pays).await;
    let transaction_id = paid.get("transaction_id").unwrap();
    world.pass_s(20);
    let request = Params::from_pairs([
        ("appid", APPID),
        ("mch_id", MCH_ID),
        ("nonce_str", NONCE),
        ("transaction_id", transaction_id),
    ]);
    let request = signed(request.unwrap(), SignType::Md5, KEY);
    for _ in 0..2 {
        let reply = world.call(Call::Reverse, &request).await;
        assert_fields(&reply, &[("result_code", "SUCCESS"), ("recall", "N")]);
    }
    let reply = world.query("M1", HMAC).await;
    let found = order_query::read_reply(reply, "M1", &identity(), HMAC, &key()).unwrap();
    assert!(matches!(found, Found::Paid(TradeState::Revoked, _)), "{found:?}");
    let ledger = world.wechat.ledger();
    let kinds: Vec<_> = ledger.iter().map(|entry| (entry.kind, entry.total_fee.get())).collect();
    assert_eq!(kinds, [("pay", 88), ("reverse", 88)]);
    assert_eq!(ledger[1].transaction_id, transaction_id);
    assert_eq!(ledger[1].at, support::START_MS + 20_000);
}

#[tokio::test]
async fn after_seven_days_it_is_too_late() {
    let world = World::start().await;
    scan(&world, "M1", Behaviour::Pays).await;
    scan(&world, "M2", Behaviour::Pays).await;
    world.pass_s(7 * 86_400);
    assert_eq!(read(reverse(&world, "M1").await), Reversal::Reversed);
    world.pass_s(1);
    let late = reverse(&world, "M2").await;
    assert_fields(&late, &[("err_code", "REVERSE_EXPIRE"), ("recall", "N")]);
    assert_eq!(read(late), Reversal::TooLate);
}

#[tokio::test]
async fn only_charges_can_be_reversed() {
    let world = World::start().await;
    world.place("T1", HMAC).await;
    world.pass_s(20);
    let reply = reverse(&world, "T1").await;
    assert_fields(&reply, &[("err_code", "INVALID_REQUEST"), ("recall", "N")]);
    let reply = reverse(&world, "M9").await;
    assert_fields(&reply, &[("err_code", "TRADE_ERROR"), ("recall", "N")]);
    assert_fields(&world.query("T1", HMAC).await, &[("trade_state", "NOTPAY")]);
}

#[tokio::test]
async fn what_was_refunded_is_not_reversed_nor_the_other_way_round() {
    let world = World::start().await;
    scan(&world, "M1", Behaviour::Pays).await;
    scan(&world, "M2", Behaviour::Pays).await;
    world.pass_s(20);
    world.refunded(&part("M1", "R1", 30)).await;
    let reply = reverse(&world, "M1").await;
    assert_fields(&reply, &[("err_code", "TRADE_ERROR"), ("recall", "N")]);
    reverse(&world, "M2").await;
    assert_eq!(world.refused(&part("M2", "R2", 30)).await, "TRADE_STATE_ERROR");
    let kinds: Vec<_> = world.wechat.ledger().iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, ["pay", "pay", "refund", "reverse"]);
}

#[tokio::test]
async fn any_code_comes_with_its_recall() {
    let world = World::start().await;
    scan(&world, "M1", Behaviour::Pays).await;
    world.pass_s(20);
    for (code, recall) in [("SYSTEMERROR", "Y"), ("TRADE_ERROR", "N"), ("BRAND_NEW", "Y")] {
        let fault = Fault::err_code(Call::Reverse, code);
        world.wechat.set_fault(fault).unwrap();
        assert_fields(&reverse(&world, "M1").await, &[("err_code", code), ("recall", recall)]);
    }
    assert_fields(&world.query("M1", HMAC).await, &[("trade_state", "SUCCESS")]);
}

#[tokio::test]
async fn wechat_may_ask_for_another_call() {
    let world = World::start().await;
    scan(&world, "M1", Behaviour::Pays).await;
    world.pass_s(20);
    let fault = |kind| world.wechat.set_fault(Fault::new(Call::Reverse, kind)).unwrap();
    fault(FaultKind::Recall);
    let reply = reverse(&world, "M1").await;
    assert_fields(&reply, &[("result_code", "SUCCESS"), ("recall", "Y")]);
    assert_eq!(read(reply), Reversal::CallAgain);
    fault(FaultKind::SystemError);
    let reply = reverse(&world, "M1").await;
    assert_fields(&reply, &[("err_code", "SYSTEMERROR"), ("recall", "Y")]);
    assert_fields(&world.query("M1", HMAC).await, &[("trade_state", "SUCCESS")]);
    fault(FaultKind::SystemErrorApplied);
    assert_eq!(read(reverse(&world, "M1").await), Reversal::CallAgain);
    assert_eq!(read(reverse(&world, "M1").await), Reversal::Reversed);
    assert_eq!(world.wechat.ledger().len(), 2);
}
