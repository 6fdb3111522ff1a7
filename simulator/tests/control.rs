//! The control API over HTTP: what a demonstration page and a test in another language use.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use serde_json::{Value, json};
use support::control::{ask, get, post};
use support::shop::Shop;
use support::{APPID, KEY, OTHER_KEY, World, client, key};
use wxpay_core::{ApiKey, SignType, invoke};
use wxpay_simulator::{Call, Outcome};

const HMAC: SignType = SignType::HmacSha256;
const NOW_S: u64 = 1_767_240_000;

/// The arguments a right server gives the phone.
fn arguments(prepay_id: &str, sign_type: SignType, key: &ApiKey) -> Value {
    let args = invoke::mini_program(APPID, prepay_id, NOW_S, "abc", sign_type, key).unwrap();
    json!({
        "appId": args.app_id,
        "timeStamp": args.time_stamp,
        "nonceStr": args.nonce_str,
        "package": args.package,
        "signType": args.sign_type.as_str(),
        "paySign": args.pay_sign,
    })
}

fn with(arguments: &Value, name: &str, value: Value) -> Value {
    let mut changed = arguments.clone();
    changed[name] = value;
    changed
}

#[tokio::test]
async fn a_page_of_any_origin_may_call() {
    let world = World::start().await;
    let url = format!("{}/sim/login", world.wechat.base_url());
    let reply = client::send("OPTIONS", &url, "", Vec::new()).await.unwrap();
    assert_eq!(reply.status, 204);
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert_eq!(reply.header("access-control-allow-headers"), "content-type");
    assert!(reply.header("access-control-allow-methods").contains("DELETE"));
}

#[tokio::test]
async fn a_payment_from_login_to_ledger() {
    let world = World::start().await;
    let shop = Shop::start([]).await;
    let login = post(&world, "/sim/login", json!({"appid": APPID})).await;
    assert_eq!(login["openid"], world.alice().openid);
    let bob = post(&world, "/sim/login", json!({"appid": APPID, "user": "bob"})).await;
    assert_ne!(bob["openid"], login["openid"]);

    let mut order = world.order("T1");
    order.notify_url = shop.notify_url.clone();
    let prepay_id = world.place_order(&order).await;
    let sheet = post(&world, "/sim/cashier", arguments(&prepay_id, HMAC, &key())).await;
    let url = format!("{}/cashier/{prepay_id}", world.wechat.base_url());
    assert_eq!(
        sheet,
        json!({
            "ok": true,
            "prepay_id": prepay_id,
            "cashier_url": url,
            "body": "Corner shop-tea & 茶 <hot>",
            "total_fee": 88,
            "merchant_name": "Corner shop",
        })
    );
    let path = format!("/sim/cashier/{prepay_id}");
    let act = |action: &str| post(&world, &path, json!({"action": action}));
    let not_paid = |words: &str| json!({"ok": false, "errMsg": words, "trade_state": "NOTPAY"});
    assert_eq!(act("cancel").await, not_paid("requestPayment:fail cancel"));
    assert_eq!(act("fail").await, not_paid("requestPayment:fail 余额不足"));
    let paid = json!({"ok": true, "errMsg": "requestPayment:ok", "trade_state": "SUCCESS"});
    assert_eq!(act("pay").await, paid);
    let again = act("pay").await;
    assert_eq!(again["errMsg"], "requestPayment:fail 该订单已支付");
    assert_eq!((&again["ok"], &again["trade_state"]), (&json!(false), &json!("SUCCESS")));

    let ledger = get(&world, "/sim/ledger").await;
    assert_eq!(ledger["entries"].as_array().unwrap().len(), 1);
    assert_eq!(ledger["entries"][0]["kind"], "pay");
    assert_eq!(ledger["entries"][0]["total_fee"], 88);
    assert_eq!(ledger["entries"][0]["at"], support::START_MS);
    let orders = get(&world, "/sim/orders").await;
    assert_eq!(orders["orders"][0]["trade_state"], "SUCCESS");
    let sheet = post(&world, "/sim/cashier", arguments(&prepay_id, HMAC, &key())).await;
    assert_eq!(sheet["errMsg"], "requestPayment:fail 该订单已支付");
}

#[tokio::test]
async fn a_coupon_is_named_in_fen() {
    let world = World::start().await;
    let prepay_id = world.place("T1", HMAC).await;
    let path = format!("/sim/cashier/{prepay_id}");
    let (status, error) =
        ask(&world, "POST", &path, json!({"action": "pay", "coupon_fee": 88})).await;
    assert_eq!((status, &error["code"]), (400, &json!("cannot_pay")));
    post(&world, &path, json!({"action": "pay", "coupon_fee": 8})).await;
    assert_eq!(world.query("T1", HMAC).await.get("cash_fee"), Some("80"));
}

#[tokio::test]
async fn the_second_signature_is_checked_as_the_phone_does() {
    let world = World::start().await;
    let prepay_id = world.place("T1", HMAC).await;
    let right = arguments(&prepay_id, HMAC, &key());
    let no_text = |name, found| {
        format!(
            "requestPayment:fail parameter error: parameter.{name} should be String instead of {found};"
        )
    };
    let wrong_sign = "requestPayment:fail 支付验证签名失败".to_owned();
    let bad = "requestPayment:fail parameter error".to_owned();
    for (arguments, err_msg, note) in [
        (with(&right, "timeStamp", json!(NOW_S)), no_text("timeStamp", "Number"), "timeStamp"),
        (with(&right, "nonceStr", Value::Null), no_text("nonceStr", "Null"), "nonceStr"),
        (with(&right, "paySign", json!("")), no_text("paySign", "an empty String"), "paySign"),
        (with(&right, "package", json!(prepay_id)), bad.clone(), "package: expected prepay_id="),
        (with(&right, "timeStamp", json!("now")), bad, "seconds"),
        (
            with(&right, "package", json!("prepay_id=wx1")),
            "requestPayment:fail prepay_id无效".into(),
            "no such prepay_id",
        ),
        (arguments(&prepay_id, SignType::Md5, &key()), wrong_sign.clone(), "made with HMAC-SHA256"),
        (with(&right, "nonceStr", json!("abd")), wrong_sign.clone(), "paySign"),
        (with(&right, "appId", json!("wx1")), wrong_sign.clone(), "appId"),
        (
            arguments(&prepay_id, HMAC, &ApiKey::new(OTHER_KEY).unwrap()),
            wrong_sign,
            "(A1): 1900000002",
        ),
    ] {
        let sheet = post(&world, "/sim/cashier", arguments).await;
        assert_eq!(sheet["ok"], false);
        assert_eq!(sheet["errMsg"], err_msg);
        assert!(sheet["note"].as_str().unwrap().contains(note), "{sheet}");
    }
    let missing = json!({"appId": APPID});
    let sheet = post(&world, "/sim/cashier", missing).await;
    assert_eq!(sheet["errMsg"], no_text("timeStamp", "Undefined"));
    assert_eq!(post(&world, "/sim/cashier", right).await["ok"], true);
}

#[tokio::test]
async fn the_wire_log_pairs_requests_and_replies() {
    let world = World::start().await;
    let shop = Shop::start([]).await;
    let mut order = world.order("T1");
    order.notify_url = shop.notify_url.clone();
    let prepay_id = world.place_order(&order).await;
    post(&world, "/sim/cashier", arguments(&prepay_id, HMAC, &key())).await;
    post(&world, &format!("/sim/cashier/{prepay_id}"), json!({"action": "pay"})).await;
    let accepted = world
        .wechat
        .wait_until(|world| world.order("T1").is_some_and(|order| order.notice_acknowledged()));
    accepted.await.unwrap();
    let log = get(&world, "/sim/messages?after=0").await;
    let messages = log["messages"].as_array().unwrap();
    let mut lines: Vec<String> = messages
        .iter()
        .map(|message| {
            let text = |name: &str| message[name].as_str().unwrap().to_owned();
            format!("{} -> {}: {}", text("from"), text("to"), text("title"))
        })
        .collect();
    lines.sort();
    let wanted = [
        "server -> wechat: notice reply",
        "server -> wechat: unifiedorder request",
        "shop -> wechat: cashier request",
        "shop -> wechat: wx.requestPayment request",
        "wechat -> server: notice request",
        "wechat -> server: unifiedorder reply",
        "wechat -> shop: cashier reply",
        "wechat -> shop: wx.requestPayment reply",
    ];
    assert_eq!(lines, wanted);
    assert_eq!(messages[0]["exchange"], messages[1]["exchange"]);
    assert_eq!(messages[0].get("status"), None);
    assert_eq!(messages[1]["status"], 200);
    assert_eq!(messages[1]["note"], "signature verified (HMAC-SHA256)");
    assert_eq!(log["last"], 8);
    let rest = get(&world, "/sim/messages?after=7").await;
    assert_eq!(rest["messages"].as_array().unwrap().len(), 1);
    assert!(!log.to_string().contains(KEY));
}

#[tokio::test]
async fn faults_are_set_listed_and_forgotten() {
    let world = World::start().await;
    let set = json!({"call": "orderquery", "fault": "http_500", "times": 2, "out_trade_no": "T1"});
    let listed = json!({"faults": [{"call": "orderquery", "fault": "http_500", "times": 2,
        "delay_ms": 1000, "out_trade_no": "T1"}]});
    assert_eq!(post(&world, "/sim/faults", set).await, listed);
    assert_eq!(get(&world, "/sim/faults").await, listed);
    let (status, none) = ask(&world, "DELETE", "/sim/faults", Value::Null).await;
    assert_eq!((status, none), (200, json!({"faults": []})));
    for word in [
        "delay",
        "hang",
        "reset_before",
        "reset_after",
        "http_500",
        "truncate",
        "wrong_sign",
        "no_sign",
        "system_error",
        "system_error_applied",
        "empty_200",
    ] {
        post(&world, "/sim/faults", json!({"call": "unifiedorder", "fault": word})).await;
    }
    for word in ["lose", "late", "double", "before_reply", "bad_sign"] {
        post(&world, "/sim/faults", json!({"call": "notice", "fault": word})).await;
    }
    assert_eq!(world.wechat.faults().len(), 16);
}

#[tokio::test]
async fn a_notice_is_sent_on_command() {
    let world = World::start().await;
    let shop = Shop::start([]).await;
    let mut order = world.order("T1");
    order.notify_url = shop.notify_url.clone();
    world.place_order(&order).await;
    let reply = post(&world, "/sim/notices", json!({"out_trade_no": "T1", "kind": "forged"})).await;
    assert_eq!((&reply["status"], &reply["accepted"]), (&json!(200), &json!(true)));
    for (body, status, code) in [
        (json!({"out_trade_no": "T1", "kind": "again"}), 409, "not_paid"),
        (json!({"out_trade_no": "T9", "kind": "again"}), 404, "unknown_order"),
        (json!({"out_trade_no": "T1", "kind": "strange"}), 400, "bad_json"),
    ] {
        let (found, error) = ask(&world, "POST", "/sim/notices", body).await;
        assert_eq!((found, &error["code"]), (status, &json!(code)));
    }
    world.wechat.pay("T1", Outcome::Pay).await.unwrap();
    post(&world, "/sim/notices", json!({"out_trade_no": "T1", "kind": "again"})).await;
    assert!(world.wechat.calls(Call::Notice, Some("T1")) >= 2);
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let world = World::start().await;
    for (method, path, body, status, code) in [
        ("GET", "/sim/nothing", Value::Null, 404, "not_found"),
        ("GET", "/sim/login", Value::Null, 405, "method_not_allowed"),
        ("PUT", "/sim/faults", Value::Null, 405, "method_not_allowed"),
        ("POST", "/sim/login", json!([1]), 400, "bad_json"),
        ("POST", "/sim/login", json!({"appid": "wx1"}), 404, "unknown_appid"),
        ("POST", "/sim/cashier/wx1", json!({"action": "pay"}), 404, "unknown_order"),
        ("POST", "/sim/cashier/wx1", json!({"action": "steal"}), 400, "bad_action"),
        ("GET", "/sim/messages?after=x", Value::Null, 400, "bad_after"),
        ("POST", "/sim/faults", json!({"call": "notice", "fault": "hang"}), 400, "bad_fault"),
        ("POST", "/sim/faults", json!({"call": "orderquery", "fault": "boom"}), 400, "bad_json"),
        (
            "POST",
            "/sim/faults",
            json!({"call": "orderquery", "fault": "hang", "times": 0}),
            400,
            "bad_fault",
        ),
        (
            "POST",
            "/sim/faults",
            json!({"call": "orderquery", "fault": "hang", "time": 2}),
            400,
            "bad_json",
        ),
    ] {
        let (found, error) = ask(&world, method, path, body).await;
        assert_eq!((found, &error["code"]), (status, &json!(code)), "{path}: {error}");
        assert!(!error["message"].as_str().unwrap().is_empty());
    }
}
