//! Refunds in the control API: listed, steered, told of.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use serde_json::{Value, json};
use support::control::{ask, get, post};
use support::refunds::part;
use support::shop::Shop;
use support::{MCH_ID, World};
use wxpay_core::messages::refund::{Refund, RefundStatus};

#[tokio::test]
async fn refunds_are_listed_steered_and_told_of() {
    let world = World::start().await;
    let shop = Shop::start([]).await;
    world.paid("T1").await;
    let set = json!({"out_trade_no": "T1", "outcome": "PROCESSING"});
    assert_eq!(post(&world, "/sim/refunds", set).await, json!({"outcome": "PROCESSING"}));
    let refund = Refund { notify_url: Some(shop.notify_url.clone()), ..part("T1", "R1", 30) };
    let refund_id = world.refunded(&refund).await.refund_id;
    let forged = json!({"out_refund_no": "R1", "kind": "wrong_amount"});
    let reply = post(&world, "/sim/refund_notices", forged).await;
    assert_eq!((&reply["status"], &reply["accepted"]), (&json!(200), &json!(true)));
    let listed = json!({"refunds": [{"mch_id": MCH_ID, "out_trade_no": "T1", "out_refund_no": "R1",
        "refund_id": refund_id, "refund_fee": 30, "refund_status": "PROCESSING",
        "notices_sent": 0, "notice_acknowledged": false}]});
    assert_eq!(get(&world, "/sim/refunds").await, listed);
    post(&world, "/sim/refunds", json!({"out_trade_no": "T1", "outcome": "SUCCESS"})).await;
    world.ended("R1", RefundStatus::Success).await;
    let ledger = get(&world, "/sim/ledger").await;
    assert_eq!(
        (&ledger["entries"][0]["kind"], &ledger["entries"][0]["status"]),
        (&json!("pay"), &Value::Null)
    );
    let entry = &ledger["entries"][1];
    let wanted = json!({"at": entry["at"], "kind": "refund", "mch_id": MCH_ID, "out_trade_no": "T1",
        "transaction_id": ledger["entries"][0]["transaction_id"], "total_fee": 88,
        "out_refund_no": "R1", "refund_id": refund_id, "refund_fee": 30, "status": "SUCCESS"});
    assert_eq!(*entry, wanted);
    for (path, body, status, code) in [
        ("/sim/refunds", json!({"out_trade_no": "T9", "outcome": "CHANGE"}), 404, "unknown_order"),
        ("/sim/refunds", json!({"out_trade_no": "T1", "outcome": "LOST"}), 400, "bad_json"),
        (
            "/sim/refund_notices",
            json!({"out_refund_no": "R9", "kind": "again"}),
            404,
            "unknown_refund",
        ),
        ("/sim/faults", json!({"call": "refund", "fault": "err_code"}), 400, "bad_fault"),
    ] {
        let (found, error) = ask(&world, "POST", path, body).await;
        assert_eq!((found, &error["code"]), (status, &json!(code)), "{path}: {error}");
    }
    let fault = json!({"call": "refund", "fault": "err_code", "err_code": "NOTENOUGH"});
    let listed = json!({"faults": [{"call": "refund", "fault": "err_code", "times": 1,
        "delay_ms": 1000, "err_code": "NOTENOUGH"}]});
    assert_eq!(post(&world, "/sim/faults", fault).await, listed);
    assert_eq!(ask(&world, "PUT", "/sim/refunds", Value::Null).await.0, 405);
}
