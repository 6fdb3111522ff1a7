//! The rules of refund, one by one.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use support::refunds::{part, request};
use support::{KEY, MCH_ID, OTHER_APPID, World, assert_fields, fen, signed};
use wxpay_core::messages::refund::RefundStatus::{Change, Processing, RefundClose, Success};
use wxpay_core::messages::refund::{MAX_AGE_S, MAX_PARTS};
use wxpay_core::messages::{TradeState, refund_query::By};
use wxpay_core::{Params, SignType};
use wxpay_simulator::{Call, Outcome, PayError, UnknownOrderError};

const HMAC: SignType = SignType::HmacSha256;

async fn without_spacing() -> World {
    World::start_with(|config| config.refund_spacing = false).await
}

/// A request with other fields; an empty value takes one out.
fn changed(params: &Params, fields: &[(&str, &str)]) -> Params {
    let mut params = params.clone();
    params.remove("sign");
    for (name, value) in fields {
        params.remove(name);
        if !value.is_empty() {
            params.insert(name, value).unwrap();
        }
    }
    signed(params, HMAC, KEY)
}

#[tokio::test]
async fn a_paid_order_is_paid_back_in_part() {
    let world = World::start().await;
    world.paid("T1").await;
    world.wechat.set_refund_outcome("T1", Processing).unwrap();
    let reply = world.refund(&part("T1", "R1", 30)).await;
    let wanted = [
        ("fee_type", "CNY"),
        ("cash_fee", "88"),
        ("cash_refund_fee", "30"),
        ("coupon_refund_fee", "0"),
        ("coupon_refund_count", "0"),
    ];
    assert_fields(&reply, &wanted);
    let accepted = world.refunded(&part("T1", "R1", 30)).await;
    assert!(accepted.refund_id.starts_with("5030000") && accepted.refund_id.len() == 28);
    let ledger = world.wechat.ledger();
    assert_eq!(accepted.transaction_id, ledger[0].transaction_id);
    assert_eq!((ledger[0].kind, ledger[1].kind), ("pay", "refund"));
    assert_eq!(ledger[1].total_fee, fen(88));
    let entry = ledger[1].refund.clone().unwrap();
    assert_eq!((entry.out_refund_no.as_str(), entry.status), ("R1", Processing));
    assert_eq!((entry.refund_id, entry.refund_fee), (accepted.refund_id, fen(30)));

    // Accepted, and not yet paid back; the order is in refund from now on.
    assert_eq!(world.status("R1"), Processing);
    assert_fields(&world.query("T1", HMAC).await, &[("trade_state", "REFUND"), ("cash_fee", "88")]);
    world.pass_s(5);
    world.wechat.set_refund_outcome("T1", Success).unwrap();
    world.ended("R1", Success).await;
    assert_eq!(world.wechat.ledger()[1].refund.as_ref().unwrap().status, Success);
    let page = world.refund_page(By::OutRefundNo("R1"), 0).await;
    assert_eq!(page.refunds[0].status, Ok(Success));
    assert_eq!(page.refunds[0].refund_success_time, Some(support::START_MS / 1000 + 5));
    assert_eq!(world.wechat.order("T1").unwrap().trade_state(), TradeState::Refund);
}

#[tokio::test]
async fn an_order_in_refund_is_paid_for_every_other_call() {
    let world = World::start().await;
    world.paid("T1").await;
    world.refunded(&part("T1", "R1", 88)).await;
    world.pass_s(300);
    let placed = world.call(Call::UnifiedOrder, &world.order("T1").params()).await;
    assert_fields(&placed, &[("err_code", "ORDERPAID")]);
    assert_fields(&world.close("T1").await, &[("err_code", "ORDERPAID")]);
    assert_eq!(world.wechat.pay("T1", Outcome::Pay).await, Err(PayError::Paid));
}

#[tokio::test]
async fn the_same_number_pays_back_once() {
    let world = World::start().await;
    world.paid("T1").await;
    world.paid("T2").await;
    let first = world.refunded(&part("T1", "R1", 30)).await;
    // At once, and in another year.
    for wait_s in [0, 2 * MAX_AGE_S] {
        world.pass_s(wait_s);
        assert_eq!(world.refunded(&part("T1", "R1", 30)).await, first);
    }
    assert_eq!(world.refused(&part("T1", "R1", 31)).await, "REFUND_FEE_MISMATCH");
    let mut other_total = part("T1", "R1", 30);
    other_total.total_fee = fen(89);
    assert_eq!(world.refused(&other_total).await, "REFUND_FEE_MISMATCH");
    assert_eq!(world.refused(&part("T2", "R1", 30)).await, "INVALID_REQUEST");
    assert_eq!(world.wechat.refunds().len(), 1);
    assert_eq!(world.wechat.ledger().iter().filter(|entry| entry.kind == "refund").count(), 1);
}

#[tokio::test]
async fn the_parts_are_never_more_than_what_was_paid() {
    let world = without_spacing().await;
    world.paid("T1").await;
    world.refunded(&part("T1", "R1", 30)).await;
    assert_eq!(world.refused(&part("T1", "R2", 59)).await, "REFUND_FEE_INVALID");
    world.refunded(&part("T1", "R2", 58)).await;
    assert_eq!(world.refused(&part("T1", "R3", 1)).await, "TRADE_STATE_ERROR");
    assert_eq!(world.wechat.balance(MCH_ID), fen(0));
}

#[tokio::test]
async fn a_closed_refund_gives_its_part_free() {
    let world = without_spacing().await;
    world.paid("T1").await;
    world.wechat.set_refund_outcome("T1", RefundClose).unwrap();
    world.refunded(&part("T1", "R1", 88)).await;
    world.ended("R1", RefundClose).await;
    assert_eq!(world.wechat.balance(MCH_ID), fen(88));
    world.wechat.set_refund_outcome("T1", Success).unwrap();
    assert_eq!(world.status("R1"), RefundClose, "that is final");
    world.refunded(&part("T1", "R2", 88)).await;
    world.ended("R2", Success).await;
    assert_eq!(world.wechat.set_refund_outcome("T9", Success), Err(UnknownOrderError));
}

#[tokio::test]
async fn a_stuck_refund_is_brought_to_its_end_by_hand() {
    let world = World::start().await;
    world.paid("T1").await;
    world.wechat.set_refund_outcome("T1", Change).unwrap();
    world.refunded(&part("T1", "R1", 88)).await;
    world.ended("R1", Change).await;
    assert_eq!(world.wechat.balance(MCH_ID), fen(0), "the merchant has paid it");
    world.wechat.set_refund_outcome("T1", Success).unwrap();
    world.ended("R1", Success).await;
}

#[tokio::test]
async fn fifty_parts_and_no_more() {
    let world = without_spacing().await;
    world.paid("T1").await;
    for n in 0..MAX_PARTS {
        world.refunded(&part("T1", &format!("R{n}"), 1)).await;
    }
    assert_eq!(world.refused(&part("T1", "R50", 1)).await, "ERROR");
    assert_eq!(world.wechat.order("T1").unwrap().refunds().len(), 50);
}

#[tokio::test]
async fn two_refunds_are_a_minute_apart() {
    let world = World::start().await;
    world.paid("T1").await;
    world.paid("T2").await;
    world.refunded(&part("T1", "R1", 30)).await;
    world.refunded(&part("T2", "R2", 30)).await;
    world.pass_s(59);
    assert_eq!(world.refused(&part("T1", "R3", 30)).await, "FREQUENCY_LIMITED");
    world.pass_s(1);
    world.refunded(&part("T1", "R3", 30)).await;
}

#[tokio::test]
async fn a_payment_is_refunded_within_a_year() {
    let world = World::start().await;
    world.paid("T1").await;
    world.pass_s(MAX_AGE_S);
    world.refunded(&part("T1", "R1", 30)).await;
    world.pass_s(60);
    assert_eq!(world.refused(&part("T1", "R2", 30)).await, "TRADE_OVERDUE");
}

#[tokio::test]
async fn only_a_paid_order_is_refunded() {
    let world = World::start().await;
    world.place("T1", HMAC).await;
    assert_eq!(world.refused(&part("T1", "R1", 30)).await, "TRADE_STATE_ERROR");
    world.pass_s(300);
    world.close("T1").await;
    assert_eq!(world.refused(&part("T1", "R1", 30)).await, "TRADE_STATE_ERROR");
    assert_eq!(world.refused(&part("T9", "R1", 30)).await, "ORDERNOTEXIST");
    world.paid("T2").await;
    let mut other_total = part("T2", "R1", 30);
    other_total.total_fee = fen(89);
    assert_eq!(world.refused(&other_total).await, "PARAM_ERROR");
    assert!(world.wechat.refunds().is_empty());
}

#[tokio::test]
async fn a_transaction_id_wins_over_the_number() {
    let world = World::start().await;
    world.paid("T1").await;
    world.paid("T2").await;
    let transaction_id = world.wechat.ledger()[0].transaction_id.clone();
    let asked = request(&part("T2", "R1", 30));
    let unknown = "4".repeat(28);
    for (id, code) in [("1", "INVALID_TRANSACTIONID"), (&unknown, "ORDERNOTEXIST")] {
        let asked = changed(&asked, &[("transaction_id", id)]);
        let reply = world.call_with_certificate(Call::Refund, &asked).await;
        assert_fields(&reply, &[("err_code", code)]);
    }
    let asked = changed(&asked, &[("transaction_id", &transaction_id)]);
    let reply = world.call_with_certificate(Call::Refund, &asked).await;
    assert_fields(&reply, &[("out_trade_no", "T1"), ("transaction_id", &transaction_id)]);
}

#[tokio::test]
async fn the_balance_must_be_enough() {
    let world = without_spacing().await;
    world.paid("T1").await;
    assert_eq!(world.wechat.balance(MCH_ID), fen(88));
    world.wechat.set_balance(MCH_ID, fen(29));
    assert_eq!(world.refused(&part("T1", "R1", 30)).await, "NOTENOUGH");
    assert!(world.wechat.refunds().is_empty());
    world.wechat.set_balance(MCH_ID, fen(30));
    world.refunded(&part("T1", "R1", 30)).await;
    assert_eq!(world.wechat.balance(MCH_ID), fen(0));
    world.paid("T2").await;
    assert_eq!(world.wechat.balance(MCH_ID), fen(88), "a payment brings money");

    let rich = World::start_with(|config| config.unlimited_balance = true).await;
    rich.paid("T1").await;
    rich.wechat.set_balance(MCH_ID, fen(0));
    rich.refunded(&part("T1", "R1", 88)).await;
}

#[tokio::test]
async fn a_coupon_gets_its_share_of_every_part() {
    let world = without_spacing().await;
    world.place("T1", HMAC).await;
    world.wechat.pay("T1", Outcome::PayWithCoupon { coupon_fee: fen(30) }).await.unwrap();
    assert_eq!(world.wechat.balance(MCH_ID), fen(58), "the coupon's part is not the merchant's");
    // 30 of 88: 9.9, 19.8 and 30 fen are due after each part.
    for (number, fee, coupon_fee) in [("R1", 29, 9), ("R2", 29, 10), ("R3", 30, 11)] {
        let reply = world.refund(&part("T1", number, fee)).await;
        let wanted =
            [("cash_fee", "58"), ("settlement_total_fee", "58"), ("coupon_refund_count", "1")];
        assert_fields(&reply, &wanted);
        let accepted = world.refunded(&part("T1", number, fee)).await;
        assert_eq!(accepted.coupons.len(), 1);
        assert_eq!(accepted.coupons[0].fee, fen(coupon_fee));
        assert_eq!(accepted.cash_refund_fee, Some(fen(fee - coupon_fee)));
        assert_eq!(accepted.settlement_refund_fee, Some(fen(fee - coupon_fee)));
    }
    assert_eq!(world.wechat.balance(MCH_ID), fen(0));
    let page = world.refund_page(By::OutTradeNo("T1"), 0).await;
    let coupons: Vec<u64> = page.refunds.iter().map(|one| one.coupons[0].fee.get()).collect();
    assert_eq!(coupons, [9, 10, 11]);
    assert_eq!(page.refunds[2].settlement_refund_fee, Some(fen(19)));
}

#[tokio::test]
async fn a_sub_merchants_order_is_refunded_under_its_name() {
    let world = World::start().await;
    let order = world.order("T1").with("sub_mch_id", "1900000007").with("sub_appid", OTHER_APPID);
    world.place_order(&order).await;
    world.wechat.pay("T1", Outcome::Pay).await.unwrap();
    let asked = request(&part("T1", "R1", 30));
    for fields in [
        [("sub_mch_id", ""), ("sub_appid", "")],
        [("sub_mch_id", "1900000008"), ("sub_appid", "")],
        [("sub_mch_id", "1900000007"), ("sub_appid", "wx1")],
    ] {
        let reply = world.call_with_certificate(Call::Refund, &changed(&asked, &fields)).await;
        assert_fields(&reply, &[("err_code", "INVALID_REQUEST")]);
    }
    let named = [("sub_mch_id", "1900000007"), ("sub_appid", OTHER_APPID)];
    let reply = world.call_with_certificate(Call::Refund, &changed(&asked, &named)).await;
    assert_fields(&reply, &[("result_code", "SUCCESS"), named[0], named[1]]);
    let by = By::OutRefundNo("R1");
    assert_fields(&world.ask_refund(by, 0).await, &[("err_code", "INVALID_REQUEST")]);
}
