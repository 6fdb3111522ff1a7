//! A day's bill over HTTP: the comparison as it is streamed, its faults, the days on record.

use reqwest::Method;
use serde_json::{Value, json};
use wxpay_core::SignType;
use wxpay_core::bill::FundFlow;
use wxpay_core::messages::download_fundflow::AccountType;
use wxpay_server::gateway::Gateway;
use wxpay_simulator::{Call, Fault, FaultKind, Outcome};
use wxpay_tests::{BAKERY, Reply, Setup, World};

use crate::api::assert_error;

/// The day on which every world begins, at noon.
const DATE: &str = "2026-01-01";
/// Seconds from there until ten o'clock of the next day, when its bill is there.
const UNTIL_TEN_S: i64 = 22 * 3_600;

/// So many paid orders, and it is the next day at ten.
async fn sold(setup: Setup, fees: &[u64]) -> (World, Vec<String>) {
    let world = World::with(setup).await;
    let token = world.log_in("alice").await;
    let mut numbers = Vec::new();
    for fee in fees {
        let no = world.prepaid(&token, *fee).await;
        world.wechat.pay(&no, Outcome::Pay).await.unwrap();
        world.acknowledged(&no).await;
        numbers.push(no);
    }
    world.clock.step_ms(UNTIL_TEN_S * 1_000);
    (world, numbers)
}

async fn reconcile(world: &World) -> Vec<Value> {
    let reply = world.backend(Method::POST, "/v1/reconcile", json!({ "date": DATE })).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.headers["content-type"], "application/x-ndjson");
    let lines: Vec<Value> =
        reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(reply.text.ends_with('\n') && !lines.is_empty(), "{}", reply.text);
    lines
}

async fn get(world: &World, path: &str) -> Reply {
    world.backend(Method::GET, path, Value::Null).await
}

#[tokio::test]
async fn a_clean_day_is_streamed_recorded_and_listed() {
    let (world, _) = sold(Setup::default(), &[350, 88]).await;
    let lines = reconcile(&world).await;
    let (summary, steps) = lines.split_last().unwrap();
    assert!(steps.iter().all(|line| line["progress"]["rows"].is_u64()), "{steps:?}");
    let day = &summary["summary"];
    assert_eq!((&day["date"], &day["rows"]), (&json!(DATE), &json!(2)));
    assert_eq!(day["paid"], json!({ "count": 2, "fee": 438 }));
    let reply = get(&world, &format!("/v1/days/{DATE}")).await;
    assert_eq!((reply.status, &reply.json), (200, day));
    let list = get(&world, "/v1/days?from=2025-12-01&to=2026-01-31").await;
    assert_eq!(list.json, json!({ "days": [day] }));
    let list = get(&world, "/v1/days?from=2026-01-02&to=2026-01-31").await;
    assert_eq!(list.json, json!({ "days": [] }));
    let path = format!("/v1/days/{DATE}");
    let other = world.backend_of(&BAKERY, Method::GET, &path, Value::Null).await;
    assert_error(&other, 401, "unauthorized", None);
}

#[tokio::test]
async fn a_day_that_no_bill_can_be_of_is_a_wrong_field() {
    let (world, _) = sold(Setup::default(), &[]).await;
    let today = "2026-01-02";
    for date in ["", "yesterday", "2026-02-30", "2026-1-1", today, "2027-01-01", "2025-09-01"] {
        let reply = world.backend(Method::POST, "/v1/reconcile", json!({ "date": date })).await;
        assert_error(&reply, 422, "invalid_field", Some("date"));
    }
    let reply = world.backend(Method::POST, "/v1/reconcile", json!({})).await;
    assert_error(&reply, 422, "invalid_field", Some("date"));
    for (query, field) in [
        ("", "from"),
        ("?from=2026-01-01", "to"),
        ("?from=2026-01-01&to=x", "to"),
        ("?from=2024-01-01&to=2026-01-01", "from"),
    ] {
        let reply = get(&world, &format!("/v1/days{query}")).await;
        assert_error(&reply, 422, "invalid_field", Some(field));
    }
    assert_error(&get(&world, "/v1/days/2026-01-01").await, 404, "not_found", None);
}

#[tokio::test]
async fn b02_no_fault_of_a_download_marks_the_day_as_done() {
    let setup = Setup { wechat_timeout_ms: 200, ..Setup::default() };
    let (world, _) = sold(setup, &[350, 88, 1]).await;
    for (fault, code) in [
        (FaultKind::CutBill, "upstream_bill_damaged"),
        (FaultKind::WrongDay, "upstream_bill_damaged"),
        (FaultKind::DamagedGzip, "upstream_bad_reply"),
        (FaultKind::Truncate, "upstream_bad_reply"),
        (FaultKind::Empty200, "upstream_bad_reply"),
        (FaultKind::Http500, "upstream_bad_reply"),
        (FaultKind::ResetBefore, "upstream_bad_reply"),
        (FaultKind::ResetAfter, "upstream_bad_reply"),
        (FaultKind::SystemError, "upstream_bill_refused"),
        (FaultKind::Hang, "upstream_timeout"),
    ] {
        world.wechat.set_fault(Fault::new(Call::DownloadBill, fault)).unwrap();
        let lines = reconcile(&world).await;
        let error = &lines.last().unwrap()["error"];
        assert_eq!(error["code"], code, "{fault}: {lines:?}");
        assert!(error["request_id"].is_string() && error["message"].is_string());
        let day = get(&world, &format!("/v1/days/{DATE}")).await;
        assert_error(&day, 404, "not_found", None);
    }
    let lines = reconcile(&world).await;
    assert_eq!(lines.last().unwrap()["summary"]["rows"], 3);
    assert_eq!(get(&world, &format!("/v1/days/{DATE}")).await.status, 200);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn a_bill_in_the_making_is_for_later() {
    let (world, _) = sold(Setup::default(), &[350]).await;
    world.clock.step_ms(-60_000);
    let lines = reconcile(&world).await;
    assert_eq!(lines.last().unwrap()["error"]["code"], "upstream_bill_not_ready");
    world.clock.step_ms(60_000);
    assert!(reconcile(&world).await.last().unwrap()["summary"].is_object());
}

#[tokio::test]
async fn a_day_on_which_nobody_paid_is_clean() {
    let (world, _) = sold(Setup::default(), &[]).await;
    let lines = reconcile(&world).await;
    let day = &lines.last().unwrap()["summary"];
    assert_eq!((&day["has_bill"], &day["rows"]), (&json!(false), &json!(0)));
}

#[tokio::test]
async fn a_lost_payment_is_streamed_as_healed() {
    let (world, numbers) = sold(Setup::default(), &[350]).await;
    world.lose_notices();
    world.clock.step_ms(-UNTIL_TEN_S * 1_000);
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 88).await;
    // The sweep has no answer; the comparison has.
    let silent = Fault::new(Call::OrderQuery, FaultKind::Http500).times(u32::MAX);
    world.wechat.set_fault(silent.of_order(&no)).unwrap();
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    world.clock.step_ms(UNTIL_TEN_S * 1_000);
    let lines = reconcile(&world).await;
    let found = lines.iter().find_map(|line| line.get("difference")).unwrap();
    assert_eq!(
        (&found["kind"], &found["outcome"]),
        (&json!("only_at_wechat"), &json!("unanswered"))
    );
    world.wechat.clear_faults();
    let lines = reconcile(&world).await;
    let found: Vec<_> = lines.iter().filter_map(|line| line.get("difference")).collect();
    // Meanwhile the sweep may have been first.
    assert!(found.iter().all(|found| found["outcome"] == "healed"), "{found:?}");
    assert_eq!(lines.last().unwrap()["summary"]["unanswered"], 0);
    assert!(world.order(&no).await.payment.is_some());
    assert!(world.order(&numbers[0]).await.payment.is_some());
    world.assert_books_agree().await;
}

#[tokio::test]
async fn hanging_up_does_not_stop_a_comparison() {
    let (world, _) = sold(Setup::default(), &[350]).await;
    let delay = Fault::new(Call::DownloadBill, FaultKind::Delay).delay_ms(300);
    world.wechat.set_fault(delay).unwrap();
    {
        let path = "/v1/reconcile";
        let asked = world.backend(Method::POST, path, json!({ "date": DATE }));
        let is_over = tokio::time::timeout(std::time::Duration::from_millis(100), asked).await;
        assert!(is_over.is_err(), "hung up before the end");
    }
    let path = format!("/v1/days/{DATE}");
    world.until(async || get(&world, &path).await.status == 200).await;
}

#[tokio::test]
async fn after_a_restart_half_way_the_day_is_compared_anew() {
    let setup = Setup { durable: true, ..Setup::default() };
    let (world, _) = sold(setup, &[350, 88]).await;
    let hang = Fault::new(Call::DownloadBill, FaultKind::Hang);
    world.wechat.set_fault(hang).unwrap();
    let asked = world.backend(Method::POST, "/v1/reconcile", json!({ "date": DATE }));
    let half = tokio::time::timeout(std::time::Duration::from_millis(100), asked).await;
    assert!(half.is_err());
    // It does not wait for what WeChat will never say.
    let world = world.restart().await;
    let day = get(&world, &format!("/v1/days/{DATE}")).await;
    assert_error(&day, 404, "not_found", None);
    assert_eq!(reconcile(&world).await.last().unwrap()["summary"]["rows"], 2);
    let world = world.restart().await;
    assert_eq!(get(&world, &format!("/v1/days/{DATE}")).await.json["rows"], 2, "it is durable");
}

#[tokio::test]
async fn the_running_server_compares_by_itself_when_switched_on() {
    let daily = Some(wxpay_server::books::Schedule { at_minutes: 630 });
    let setup = Setup { durable: true, daily, ..Setup::default() };
    let (world, _) = sold(setup, &[350]).await;
    world.clock.step_ms(30 * 60_000);
    // It looks when it starts, and then again and again.
    let world = world.restart().await;
    let path = format!("/v1/days/{DATE}");
    world.until(async || get(&world, &path).await.status == 200).await;
}

#[tokio::test]
async fn refunds_and_their_accounts_are_on_the_bills() {
    let setup = Setup { refunds: true, ..Setup::default() };
    let (world, numbers) = sold(setup, &[350, 88]).await;
    world.clock.step_ms(-UNTIL_TEN_S * 1_000);
    let path = format!("/v1/orders/{}/refunds", numbers[0]);
    let refund = json!({ "refund_fee": 100, "out_refund_no": "R1" });
    let reply = world.backend(Method::POST, &path, refund).await;
    assert!(reply.status < 300, "{}", reply.text);
    world.clock.step_ms(UNTIL_TEN_S * 1_000);
    let lines = reconcile(&world).await;
    let day = &lines.last().unwrap()["summary"];
    assert_eq!((&day["rows"], &day["unanswered"]), (&json!(3), &json!(0)), "{lines:?}");
    assert_eq!(day["refunded"], json!({ "count": 1, "fee": 100 }));
    let differences = &day["differences"];
    assert!(differences.as_object().unwrap().values().all(|count| *count == 0), "{differences}");
    // The money of the account, with the merchant certificate.
    let merchant = world.shop().with_certificate(SignType::HmacSha256, &world.wechat);
    let mut download = world
        .gateway()
        .download_fundflow(&merchant, "20260101", AccountType::Basic, true)
        .await
        .unwrap();
    let (mut bill, mut rows) = (FundFlow::new(), Vec::new());
    while let Some(chunk) = download.chunk().await.unwrap() {
        bill.push(&chunk, &mut rows).unwrap();
    }
    bill.finish().unwrap();
    assert!(rows.iter().any(|row| row.voucher_no == "R1" && row.direction == "支出"), "{rows:?}");
}
