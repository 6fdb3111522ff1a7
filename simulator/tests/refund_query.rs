//! refundquery: which number wins, pages of ten, and what there is to know.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use support::refunds::part;
use support::{
    APPID, KEY, MCH_ID, NONCE, OTHER_APPID, OTHER_KEY, OTHER_MCH_ID, World, assert_fields, signed,
};
use wxpay_core::messages::refund::RefundStatus;
use wxpay_core::messages::refund_query::By;
use wxpay_core::{Params, SignType};
use wxpay_simulator::Call;

const HMAC: SignType = SignType::HmacSha256;

async fn without_spacing() -> World {
    World::start_with(|config| config.refund_spacing = false).await
}

async fn ask(world: &World, numbers: &[(&str, &str)]) -> Params {
    let own = [("appid", APPID), ("mch_id", MCH_ID), ("nonce_str", NONCE)];
    let params = Params::from_pairs(own.iter().chain(numbers).copied()).unwrap();
    world.call(Call::RefundQuery, &signed(params, SignType::Md5, KEY)).await
}

#[tokio::test]
async fn the_first_number_wins() {
    let world = without_spacing().await;
    world.paid("T1").await;
    world.paid("T2").await;
    let transactions: Vec<String> =
        world.wechat.ledger().into_iter().map(|entry| entry.transaction_id).collect();
    let mut refund_ids = Vec::new();
    for (order, refund) in [("T1", "R1"), ("T1", "R2"), ("T2", "R3")] {
        refund_ids.push(world.refunded(&part(order, refund, 10)).await.refund_id);
    }
    let all = [
        ("refund_id", refund_ids[0].as_str()),
        ("out_refund_no", "R2"),
        ("transaction_id", &transactions[1]),
        ("out_trade_no", "T1"),
    ];
    let one = [("out_refund_no_0", "R1"), ("refund_count", "1"), ("out_trade_no", "T1")];
    let reply = ask(&world, &all).await;
    assert_fields(&reply, &one);
    assert_eq!(reply.get("total_refund_count"), None, "asked for one");
    let reply = ask(&world, &all[1..]).await;
    assert_fields(&reply, &[("out_refund_no_0", "R2"), ("refund_count", "1")]);
    let reply = ask(&world, &all[2..]).await;
    let of_t2 = [("out_refund_no_0", "R3"), ("out_trade_no", "T2"), ("total_refund_count", "1")];
    assert_fields(&reply, &of_t2);
    let reply = ask(&world, &all[3..]).await;
    assert_fields(&reply, &[("refund_count", "2"), ("out_refund_no_1", "R2"), ("cash_fee", "88")]);
}

#[tokio::test]
async fn an_order_is_told_in_pages_of_ten() {
    let world = without_spacing().await;
    world.paid("T1").await;
    for n in 0..23 {
        world.refunded(&part("T1", &format!("R{n}"), 1)).await;
    }
    let (mut offset, mut numbers, mut pages) = (0, Vec::new(), Vec::new());
    loop {
        let page = world.refund_page(By::OutTradeNo("T1"), offset).await;
        assert_eq!(page.total_refund_count, Some(23));
        pages.push(page.refunds.len());
        numbers.extend(page.refunds.iter().map(|one| one.out_refund_no.clone()));
        let Some(next) = page.next_offset(offset) else { break };
        offset = next;
    }
    assert_eq!(pages, [10, 10, 3]);
    assert_eq!(numbers, (0..23).map(|n| format!("R{n}")).collect::<Vec<_>>());
    let page = world.refund_page(By::OutTradeNo("T1"), 22).await;
    assert_eq!(page.refunds[0].out_refund_no, "R22");
    for offset in [23, 24, 1_000_000] {
        let reply = world.ask_refund(By::OutTradeNo("T1"), offset).await;
        assert_fields(&reply, &[("err_code", "PARAM_ERROR")]);
    }
    let reply = ask(&world, &[("out_trade_no", "T1"), ("offset", "-1")]).await;
    assert_fields(&reply, &[("err_code", "PARAM_ERROR")]);
}

#[tokio::test]
async fn what_was_never_asked_for_does_not_exist() {
    let world = World::start().await;
    world.paid("T1").await;
    let transaction_id = world.wechat.ledger()[0].transaction_id.clone();
    let unknown = "4".repeat(28);
    for (by, code) in [
        (By::OutTradeNo("T1"), "REFUNDNOTEXIST"),
        (By::OutTradeNo("T9"), "REFUNDNOTEXIST"),
        (By::TransactionId(&transaction_id), "REFUNDNOTEXIST"),
        (By::TransactionId(&unknown), "REFUNDNOTEXIST"),
        (By::TransactionId("1"), "INVALID_TRANSACTIONID"),
        (By::OutRefundNo("R1"), "REFUNDNOTEXIST"),
        (By::RefundId("50300001"), "REFUNDNOTEXIST"),
    ] {
        assert_fields(&world.ask_refund(by, 0).await, &[("err_code", code)]);
    }
    assert_fields(&ask(&world, &[]).await, &[("err_code", "LACK_PARAMS")]);
    // Another merchant's refunds are nobody else's business.
    let refund_id = world.refunded(&part("T1", "R1", 10)).await.refund_id;
    for number in
        [("refund_id", refund_id.as_str()), ("out_refund_no", "R1"), ("out_trade_no", "T1")]
    {
        let theirs =
            [("appid", OTHER_APPID), ("mch_id", OTHER_MCH_ID), ("nonce_str", NONCE), number];
        let params = signed(Params::from_pairs(theirs).unwrap(), SignType::Md5, OTHER_KEY);
        let reply = world.call(Call::RefundQuery, &params).await;
        assert_fields(&reply, &[("err_code", "REFUNDNOTEXIST")]);
    }
}

#[tokio::test]
async fn every_refund_has_its_own_state() {
    let world = without_spacing().await;
    world.paid("T1").await;
    let states = [
        ("R1", RefundStatus::RefundClose),
        ("R2", RefundStatus::Change),
        ("R3", RefundStatus::Processing),
    ];
    for (number, status) in states {
        // Whatever is stuck stays so: the outcome is that of the next one.
        world.wechat.set_refund_outcome("T1", status).unwrap();
        world.refunded(&part("T1", number, 10)).await;
        world.ended(number, status).await;
    }
    let page = world.refund_page(By::OutTradeNo("T1"), 0).await;
    for (found, (number, status)) in page.refunds.iter().zip(states) {
        assert_eq!((found.out_refund_no.as_str(), &found.status), (number, &Ok(status)));
        assert_eq!(found.refund_success_time, None);
        assert_eq!(found.refund_channel.as_deref(), Some("ORIGINAL"));
        assert_eq!(found.refund_account.as_deref(), Some("REFUND_SOURCE_UNSETTLED_FUNDS"));
        assert!(found.refund_recv_accout.is_some());
    }
    assert_fields(&world.query("T1", HMAC).await, &[("trade_state", "REFUND")]);
}
