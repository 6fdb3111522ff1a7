//! What is odd has a name, is kept once, told once, survives a restart, and can be settled.

use reqwest::Method;
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;
use wxpay_core::messages::TradeState;
use wxpay_server::backup::{Line, Reader};
use wxpay_simulator::{Call, Outcome};
use wxpay_tests::{BAKERY, Logs, Notice, Reply, SHOP, Setup, World, outbox};

use crate::scene::{FAIL, HMAC, SUCCESS};

const ODD: &str = "4200000009202601010000000009";

async fn list(world: &World, query: &str) -> Reply {
    let path = format!("/v1/anomalies{query}");
    let reply = world.backend(Method::GET, &path, json!(null)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply
}

async fn resolve(world: &World, id: &Value, body: Value) -> Reply {
    let id = id.as_str().unwrap().replace('|', "%7C");
    world.backend(Method::POST, &format!("/v1/anomalies/{id}/resolve"), body).await
}

/// The same thing, told three times: kept once, answered as said.
async fn told_thrice(world: &World, notice: &Notice, answer: (u16, &str)) {
    for nonce in ["one", "two", "three"] {
        let notice = notice.clone().with("nonce_str", nonce).signed(HMAC, &SHOP);
        let reply = world.notify(notice.xml()).await;
        assert_eq!((reply.status, reply.text.as_str()), answer);
    }
}

/// One open anomaly; after a restart as well; it is settled once, and stays so.
async fn assert_one_and_settle_it(world: World, expected: Value) -> World {
    let world = world.restart().await;
    let listed = list(&world, "").await.json;
    let [anomaly] = listed["anomalies"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(anomaly[name], *value, "{name} in {listed}");
    }
    assert_eq!(anomaly["at"], "2026-01-01T12:00:00+08:00");
    assert_eq!(anomaly.get("resolved"), None);
    let settled = resolve(&world, &anomaly["id"], json!({ "note": " paid back by hand " })).await;
    assert_eq!(settled.status, 200, "{}", settled.text);
    assert_eq!(settled.json["resolved"]["note"], "paid back by hand");
    let again = resolve(&world, &anomaly["id"], json!({ "note": "no, wait" })).await;
    assert_eq!((again.status, &again.json), (200, &settled.json), "the first note stands");
    let world = world.restart().await;
    assert_eq!(list(&world, "?state=open").await.json, json!({ "anomalies": [] }));
    assert_eq!(list(&world, "?state=all").await.json["anomalies"], json!([settled.json]));
    world
}

/// One line at the highest level, and in it which order, but not whose payment.
fn assert_one_alarm(logs: &Logs, out_trade_no: &str, kind: &str) {
    let lines = logs.lines_with("anomaly found");
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["level"], &line["kind"]), (&json!("ERROR"), &json!(kind)), "{line}");
    assert_eq!(line["out_trade_no"], out_trade_no, "{line}");
    assert!(!line.to_string().contains(ODD), "{line}");
}

async fn durable() -> World {
    World::with(Setup { durable: true, ..Setup::default() }).await
}

#[tokio::test]
async fn m02_another_amount_is_kept_acknowledged_and_not_the_payment() {
    let world = durable().await;
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 10_000).await;
    let odd = Notice::paid(&SHOP, &no, 1).with("transaction_id", ODD);
    let logs = Logs::start(LevelFilter::TRACE);
    told_thrice(&world, &odd, (200, SUCCESS)).await;
    assert_one_alarm(&logs, &no, "amount_mismatch");
    assert_eq!(world.order(&no).await.trade_state, TradeState::NotPay);
    assert_eq!(world.topics(&no).await, ["anomaly.found"]);
    let shown = world.backend(Method::GET, &format!("/v1/orders/{no}"), json!(null)).await;
    let id = shown.json["anomalies"][0]["id"].clone();
    assert!(id.as_str().unwrap().starts_with(&format!("{no}.")), "{}", shown.text);
    let expected = json!({
        "id": id, "out_trade_no": no, "kind": "amount_mismatch", "transaction_id": ODD,
        "total_fee": 1, "fee_type": "CNY",
    });
    let world = assert_one_and_settle_it(world, expected).await;
    // Told once more it is still known, and the right payment is still taken.
    told_thrice(&world, &odd, (200, SUCCESS)).await;
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    let asked = world.backend(Method::POST, &format!("/v1/orders/{no}/query"), json!({})).await;
    assert_eq!(asked.json["trade_state"], "SUCCESS", "{}", asked.text);
    assert_eq!(world.topics(&no).await, ["anomaly.found", "order.paid"]);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn m03_another_currency_is_an_amount_mismatch() {
    let world = durable().await;
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 100).await;
    let odd = Notice::paid(&SHOP, &no, 100).with("fee_type", "USD").with("transaction_id", ODD);
    told_thrice(&world, &odd, (200, SUCCESS)).await;
    let expected = json!({ "kind": "amount_mismatch", "total_fee": 100, "fee_type": "USD" });
    assert_one_and_settle_it(world, expected).await;
}

#[tokio::test]
async fn a_second_payment_of_another_amount_is_a_second_payment() {
    let world = durable().await;
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 100).await;
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    world.acknowledged(&no).await;
    let odd = Notice::paid(&SHOP, &no, 7).with("transaction_id", ODD);
    told_thrice(&world, &odd, (200, SUCCESS)).await;
    assert_eq!(world.topics(&no).await, ["order.paid", "anomaly.found"]);
    let expected = json!({ "kind": "second_payment", "transaction_id": ODD, "total_fee": 7 });
    let world = assert_one_and_settle_it(world, expected).await;
    world.assert_books_agree().await;
}

#[tokio::test]
async fn a_payment_after_the_close_is_listed() {
    let world = durable().await;
    let no = world.create(77).await;
    assert_eq!(world.close(&no).await.json["trade_state"], "CLOSED");
    let odd = Notice::paid(&SHOP, &no, 77).with("transaction_id", ODD);
    told_thrice(&world, &odd, (200, SUCCESS)).await;
    let expected = json!({ "kind": "paid_after_close", "out_trade_no": no, "transaction_id": ODD });
    let world = assert_one_and_settle_it(world, expected).await;
    world.assert_logs_hold(&world.all_orders().await).await;
}

/// WeChat goes on trying for a day: should the order come back from a backup, its payment is booked without anybody.
#[tokio::test]
async fn t07_a_genuine_payment_of_an_unknown_order_is_kept_and_still_refused() {
    let world = durable().await;
    let lost = Notice::paid(&SHOP, "lost|no", 500).with("transaction_id", ODD);
    let logs = Logs::start(LevelFilter::TRACE);
    told_thrice(&world, &lost, (400, FAIL)).await;
    assert_one_alarm(&logs, "lost|no", "orphan_notice");
    assert_eq!(logs.lines_with("no such order here, but the notice is genuine").len(), 3);
    let told = outbox(&*world.server.app.store).await;
    let [row] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((row.topic.as_str(), row.key.out_trade_no.as_str()), ("anomaly.found", "lost|no"));
    let expected = json!({
        "id": ODD, "out_trade_no": "lost|no", "kind": "orphan_notice", "transaction_id": ODD,
        "total_fee": 500,
    });
    let world = assert_one_and_settle_it(world, expected).await;
    // What warp says at trace level, our filter leaves out: see the test of the real binary.
    let lines = logs.lines_with(ODD);
    assert!(lines.iter().all(|line| line.contains("\"warp::filters::path\"")), "{lines:?}");
    let body = json!({ "out_trade_no": "lost|no", "total_fee": 500, "body": "tea" });
    world.create_with(body).await;
    let reply = world.notify(lost.signed(HMAC, &SHOP).xml()).await;
    assert_eq!((reply.status, reply.text.as_str()), (200, SUCCESS));
    assert_eq!(world.order("lost|no").await.trade_state, TradeState::Success);
}

#[tokio::test]
async fn nobody_can_fill_the_list_with_forgeries() {
    let world = World::start().await;
    let lost = Notice::paid(&SHOP, "lost", 500);
    let mut bad = vec![
        lost.clone().signed(HMAC, &BAKERY),
        lost.clone().with("sign", ""),
        lost.clone().with("appid", BAKERY.appid).signed(HMAC, &SHOP),
        lost.clone().without("transaction_id").signed(HMAC, &SHOP),
        lost.clone().with("result_code", "FAIL").signed(HMAC, &SHOP),
        lost.clone().with("total_fee", "x").signed(HMAC, &SHOP),
    ];
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 500).await;
    bad.push(Notice::paid(&SHOP, &no, 1).signed(HMAC, &BAKERY));
    bad.push(Notice::paid(&SHOP, &no, 1));
    for notice in bad {
        let reply = world.notify(notice.xml()).await;
        assert_eq!((reply.status, reply.text.as_str()), (400, FAIL));
    }
    assert_eq!(list(&world, "?state=all").await.json, json!({ "anomalies": [] }));
    assert!(outbox(&*world.server.app.store).await.is_empty());
}

/// A query finds what the notice would have said.
#[tokio::test]
async fn the_merchant_s_query_books_a_payment_whose_notice_was_lost() {
    let world = World::start().await;
    world.lose_notices();
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 88).await;
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    let path = format!("/v1/orders/{no}/query");
    let asked = world.wechat.calls(Call::OrderQuery, Some(&no));
    for round in 1..3 {
        let reply = world.backend(Method::POST, &path, json!({})).await;
        assert_eq!((reply.status, &reply.json["trade_state"]), (200, &json!("SUCCESS")));
        let calls = world.wechat.calls(Call::OrderQuery, Some(&no));
        assert_eq!(calls, asked + round, "WeChat is asked each time");
    }
    let events = world.backend(Method::GET, &format!("/v1/orders/{no}/events"), json!(null)).await;
    let names: Vec<_> =
        events.json["events"].as_array().unwrap().iter().map(|e| e["event"].clone()).collect();
    let names: Vec<_> = names.iter().filter_map(Value::as_str).collect();
    assert_eq!(names, ["created", "claimed", "prepay_asked", "prepay_got", "fact"]);
    assert_eq!(events.json["out_trade_no"], json!(no));
    world.assert_books_agree().await;
}

#[tokio::test]
async fn an_order_wechat_never_heard_of_is_shown_without_asking() {
    let world = World::start().await;
    let no = world.create(1).await;
    let reply = world.backend(Method::POST, &format!("/v1/orders/{no}/query"), json!({})).await;
    assert_eq!((reply.status, &reply.json["trade_state"]), (200, &json!("NOTPAY")));
    assert_eq!(world.wechat.calls(Call::OrderQuery, None), 0);
}

#[tokio::test]
async fn pages_of_anomalies_join_without_gaps() {
    let world = World::start().await;
    for n in 0..7 {
        let lost =
            Notice::paid(&SHOP, &format!("lost{n}"), 5).with("transaction_id", &n.to_string());
        assert_eq!(world.notify(lost.signed(HMAC, &SHOP).xml()).await.text, FAIL);
    }
    resolve(&world, &json!("2"), json!({ "note": "done" })).await;
    for (state, expected) in [("all", "0123456"), ("open", "013456")] {
        for limit in [1, 2, 3, 6, 7, 8] {
            let mut seen = String::new();
            let mut cursor = String::new();
            loop {
                let page =
                    list(&world, &format!("?state={state}&limit={limit}{cursor}")).await.json;
                let rows = page["anomalies"].as_array().unwrap();
                assert!(rows.len() <= limit);
                rows.iter().for_each(|row| seen += row["id"].as_str().unwrap());
                let Some(next) = page["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(seen, expected, "{state} in pages of {limit}");
        }
    }
}

#[tokio::test]
async fn each_merchant_has_a_list_of_its_own_and_errors_name_the_field() {
    let world = World::with(Setup { shops: vec![SHOP, BAKERY], ..Setup::default() }).await;
    let lost = Notice::paid(&SHOP, "lost", 5).with("transaction_id", ODD).signed(HMAC, &SHOP);
    world.notify(lost.xml()).await;
    let theirs = world.backend_of(&BAKERY, Method::GET, "/v1/anomalies", json!(null)).await;
    assert_eq!(theirs.json, json!({ "anomalies": [] }));
    let note = json!({ "note": "mine" });
    let path = format!("/v1/anomalies/{ODD}/resolve");
    let theirs = world.backend_of(&BAKERY, Method::POST, &path, note.clone()).await;
    assert_eq!((theirs.status, &theirs.json["code"]), (404, &json!("not_found")));
    for (path, field) in [
        ("/v1/anomalies?state=closed", "state"),
        ("/v1/anomalies?limit=0", "limit"),
        ("/v1/anomalies?kind=x", "kind"),
    ] {
        let reply = world.backend(Method::GET, path, json!(null)).await;
        assert_eq!((reply.status, &reply.json["field"]), (422, &json!(field)), "{}", reply.text);
    }
    for body in
        [json!({}), json!({ "note": "  " }), json!({ "note": "a\nb" }), json!({ "note": 1 })]
    {
        let reply = resolve(&world, &json!(ODD), body).await;
        assert_eq!((reply.status, &reply.json["field"]), (422, &json!("note")), "{}", reply.text);
    }
    let long = json!({ "note": "x".repeat(1025) });
    assert_eq!(resolve(&world, &json!(ODD), long).await.status, 422);
    let unknown = resolve(&world, &json!("nobody"), note).await;
    assert_eq!((unknown.status, &unknown.json["code"]), (404, &json!("not_found")));
    for (method, path) in [
        (Method::GET, "/v1/anomalies"),
        (Method::POST, "/v1/anomalies/x/resolve"),
        (Method::POST, "/v1/orders/x/query"),
        (Method::GET, "/v1/orders/x/events"),
    ] {
        let token = world.log_in("alice").await;
        let headers = [("token", token.as_str())];
        let reply = world.call(method.clone(), path, &headers, "{\"note\":\"x\"}").await;
        assert_eq!((reply.status, &reply.json["code"]), (401, &json!("unauthorized")), "{path}");
        let known = world.backend(method, path, json!({ "note": "x" })).await;
        assert_eq!(known.status, if path == "/v1/anomalies" { 200 } else { 404 }, "{path}");
    }
}

#[tokio::test]
async fn an_export_is_a_whole_backup_of_one_merchant() {
    let world = World::with(Setup { shops: vec![SHOP, BAKERY], ..Setup::default() }).await;
    for n in 0..230 {
        world
            .create_with(json!({ "total_fee": 1, "body": "tea", "out_trade_no": n.to_string() }))
            .await;
    }
    let theirs = json!({ "total_fee": 1, "body": "bread", "out_trade_no": "0" });
    world.backend_of(&BAKERY, Method::POST, "/v1/orders", theirs).await;
    for (shop, orders) in [(SHOP, 230), (BAKERY, 1)] {
        let reply = world.backend_of(&shop, Method::GET, "/v1/export", json!(null)).await;
        assert_eq!(reply.headers["content-type"], "application/x-ndjson");
        let mut reader = Reader::default();
        for line in reply.text.lines() {
            if let Some(Line::Order(log)) = reader.line(line.as_bytes()).unwrap() {
                assert_eq!(log.merchant, shop.id);
            }
        }
        assert_eq!(reader.finish().unwrap().orders, orders);
    }
    let refused = world.call(Method::GET, "/v1/export", &[], "").await;
    assert_eq!((refused.status, &refused.json["code"]), (401, &json!("unauthorized")));
}
