//! Creating orders: every field, every repetition.

use reqwest::Method;
use serde_json::{Value, json};
use wxpay_tests::{BAKERY, Reply, SHOP, Setup, World};

use crate::api::assert_error;

async fn create(world: &World, body: Value) -> Reply {
    world.backend(Method::POST, "/v1/orders", body).await
}

async fn create_with_key(world: &World, key: &str, body: &Value) -> Reply {
    let bearer = format!("Bearer {}", SHOP.admin_key);
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", key)];
    world.call(Method::POST, "/v1/orders", &headers, body.to_string()).await
}

#[tokio::test]
async fn every_field_of_a_new_order_is_checked() {
    let world = World::start().await;
    let good = json!({ "total_fee": 88, "body": "tea" });
    let long = |n: usize| json!("x".repeat(n));
    let bad: Vec<(&str, Value)> = vec![
        ("body", json!(null)),
        ("body", json!("")),
        ("body", json!(1)),
        ("body", long(128)),
        ("body", json!("tea\u{0}")),
        ("body", json!("tea\u{1b}[31m")),
        ("out_trade_no", json!("")),
        ("out_trade_no", json!("a b")),
        ("out_trade_no", json!("a/b")),
        ("out_trade_no", json!("订单")),
        ("out_trade_no", json!("a\n")),
        ("out_trade_no", json!(7)),
        ("out_trade_no", long(33)),
        ("openid", json!(7)),
        ("openid", json!("")),
        ("openid", long(129)),
        ("openid", json!("o\u{7}")),
        ("user_token", json!("")),
        ("user_token", json!("forged")),
        ("trade_type", json!("jsapi")),
        ("trade_type", json!("")),
        ("trade_type", json!("FACEPAY")),
        ("expire_s", json!(0)),
        ("expire_s", json!(299)),
        ("expire_s", json!(-1)),
        ("expire_s", json!(604_801)),
        ("expire_s", json!(i64::MAX)),
        ("expire_s", json!(1e30)),
        ("expire_s", json!("600")),
        ("attach", long(128)),
        ("attach", json!("\u{ffff}")),
        ("attach", json!({})),
        ("detail", long(6_001)),
        ("device_info", long(33)),
        ("goods_tag", long(33)),
        ("limit_pay", json!("no_debit")),
        ("product_id", long(33)),
        ("profit_sharing", json!("yes")),
        ("receipt", json!("N")),
        ("scene_info", long(257)),
        ("amount", json!(88)),
        ("fee_type", json!("USD")),
        ("notify_url", json!("http://127.0.0.1/steal")),
        ("mch_id", json!(BAKERY.mch_id)),
    ];
    for (field, value) in bad {
        let mut body = good.clone();
        body[field] = value;
        println!("{body}");
        assert_error(&create(&world, body).await, 422, "invalid_field", Some(field));
    }
    for (trade_type, field) in [("NATIVE", "product_id"), ("MWEB", "scene_info")] {
        let mut body = good.clone();
        body["trade_type"] = json!(trade_type);
        assert_error(&create(&world, body).await, 422, "invalid_field", Some(field));
    }
    for (body, field) in [
        (json!({ "total_fee": 88 }), "body"),
        (json!({ "body": "tea" }), "total_fee"),
        (json!({ "total_fee": 1, "body": "tea", "openid": "o", "user_token": "t" }), "user_token"),
    ] {
        assert_error(&create(&world, body).await, 422, "invalid_field", Some(field));
    }
    let bearer = format!("Bearer {}", SHOP.admin_key);
    for (text, code) in [
        ("{\"total_fee\":1,\"total_fee\":88,\"body\":\"tea\"}", "invalid_field"),
        ("{\"total_fee\":1e2,\"body\":\"tea\"}", "invalid_field"),
        ("{\"total_fee\":1e999,\"body\":\"tea\"}", "invalid_field"),
        ("{\"total_fee\":1,\"body\":\"\\ud83c\"}", "invalid_field"),
        ("{\"total_fee\":1,\"body\":\"tea\",\"trade_type\":{\"JSAPI\":null}}", "invalid_field"),
        ("{\"total_fee\":01,\"body\":\"tea\"}", "not_json"),
        ("{\"total_fee\":+1,\"body\":\"tea\"}", "not_json"),
    ] {
        let headers = [("authorization", bearer.as_str())];
        let reply = world.call(Method::POST, "/v1/orders", &headers, text).await;
        assert_eq!(reply.json["code"], code, "{text}: {}", reply.text);
    }
    assert_eq!(world.all_orders().await, [], "nothing of all that made an order");
}

/// In JSON as in XML: digits that are a whole number of fen, or nothing. `01` and `+1` are no JSON at all.
#[tokio::test]
async fn m01_an_order_of_an_amount_that_is_no_whole_number_of_fen_is_refused() {
    let world = World::start().await;
    let headers = [("authorization", &*format!("Bearer {}", SHOP.admin_key))];
    for (total_fee, status, code) in [
        ("null", 422, "invalid_field"),
        ("0", 422, "invalid_field"),
        ("-1", 422, "invalid_field"),
        ("1.0", 422, "invalid_field"),
        ("0.88", 422, "invalid_field"),
        ("1e2", 422, "invalid_field"),
        ("\"01\"", 422, "invalid_field"),
        ("\"88\"", 422, "invalid_field"),
        ("\"+1\"", 422, "invalid_field"),
        ("\"１\"", 422, "invalid_field"),
        ("true", 422, "invalid_field"),
        ("[88]", 422, "invalid_field"),
        ("1,\"total_fee\":88", 422, "invalid_field"),
        ("9223372036854775808", 422, "invalid_field"),
        ("18446744073709551615", 422, "invalid_field"),
        ("18446744073709551616", 422, "invalid_field"),
        ("01", 400, "not_json"),
        ("+1", 400, "not_json"),
        ("１", 400, "not_json"),
    ] {
        let text = format!("{{\"body\":\"tea\",\"total_fee\":{total_fee}}}");
        let reply = world.call(Method::POST, "/v1/orders", &headers, text).await;
        assert_error(&reply, status, code, (status == 422).then_some("total_fee"));
    }
    assert_eq!(world.all_orders().await, []);
}

#[tokio::test]
async fn x06_an_order_with_every_field_reaches_wechat_as_it_was_made() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let body = json!({
        "out_trade_no": "A-1_2|3*4@5", "total_fee": 1, "body": "茶 & <cake> ]]>", "attach": "a=1&b=2",
        "detail": "{\"goods\":[]}", "device_info": "WEB", "goods_tag": "spring", "limit_pay": "no_credit",
        "profit_sharing": "N", "receipt": "Y", "scene_info": "{}", "product_id": "7",
        "trade_type": "JSAPI", "user_token": token, "expire_s": 300,
    });
    let made = create(&world, body.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let expected = json!({
        "out_trade_no": "A-1_2|3*4@5", "merchant": "shop", "trade_state": "NOTPAY", "total_fee": 1,
        "fee_type": "CNY", "body": "茶 & <cake> ]]>", "trade_type": "JSAPI", "attach": "a=1&b=2",
        "openid": made.json["openid"], "created_at": "2026-01-01T12:00:00+08:00",
        "expires_at": "2026-01-01T12:05:00+08:00", "close_asked": false, "refunds": [],
        "refundable_fee": 0, "anomalies": [], "revision": 1,
    });
    assert_eq!(made.json, expected);
    let paid = world.pay(&token, "A-1_2|3*4@5").await;
    assert_eq!(paid.status, 200, "{}", paid.text);
    let order = world.wechat.order("A-1_2|3*4@5").unwrap();
    for field in ["body", "attach", "detail", "device_info", "goods_tag", "limit_pay", "receipt"] {
        assert_eq!(json!(order.field(field)), body[field], "{field}");
    }
    assert_eq!(order.field("time_expire"), "20260101120500");
    assert_eq!(order.field("notify_url"), format!("{}/v1/notify/shop/pay", world.server.url));
    let shown = world.backend(Method::GET, "/v1/orders/A-1_2%7C3%2A4%405", json!({})).await;
    assert_eq!(shown.json["out_trade_no"], "A-1_2|3*4@5", "{}", shown.text);
}

#[tokio::test]
async fn a03_numbers_that_we_make_cannot_be_guessed() {
    let world = World::start().await;
    let mut numbers = std::collections::HashSet::new();
    for _ in 0..50 {
        let no = world.create(1).await;
        assert!(no.len() == 32 && no.bytes().all(|b| b.is_ascii_alphanumeric()), "{no}");
        numbers.insert(no);
    }
    assert_eq!(numbers.len(), 50);
}

#[tokio::test]
async fn t08_the_same_number_again_is_the_same_order_or_a_conflict() {
    let world = World::start().await;
    let body = json!({ "out_trade_no": "T1", "total_fee": 88, "body": "tea", "attach": "x" });
    assert_eq!(create(&world, body.clone()).await.status, 201);
    let again = create(&world, body.clone()).await;
    assert_eq!((again.status, &again.json["revision"]), (200, &json!(1)));
    for (field, value) in [
        ("total_fee", json!(89)),
        ("body", json!("cake")),
        ("attach", json!(null)),
        ("openid", json!("oTESTER0000000000000000000001")),
        ("trade_type", json!("APP")),
    ] {
        let mut other = body.clone();
        other[field] = value;
        assert_error(&create(&world, other).await, 409, "out_trade_no_used", Some("out_trade_no"));
    }
    let at_once = json!({ "out_trade_no": "T2", "total_fee": 88, "body": "tea" });
    let all = (0..20).map(|_| create(&world, at_once.clone()));
    let replies = futures_util::future::join_all(all).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    assert!(replies.iter().all(|reply| reply.json["out_trade_no"] == "T2"));
    assert_eq!(world.all_orders().await.len(), 2);
}

#[tokio::test]
async fn an_idempotency_key_stands_for_one_request() {
    let world = World::with(Setup { durable: true, ..Setup::default() }).await;
    let body = json!({ "total_fee": 88, "body": "tea" });
    let first = create_with_key(&world, "k-1", &body).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let again = create_with_key(&world, "k-1", &body).await;
    assert_eq!((again.status, &again.json), (200, &first.json));
    let other = json!({ "total_fee": 89, "body": "tea" });
    let conflict = create_with_key(&world, "k-1", &other).await;
    assert_error(&conflict, 409, "idempotency_key_used", Some("Idempotency-Key"));
    // What was refused has not used up its key.
    let bad = json!({ "total_fee": 0, "body": "tea" });
    assert_eq!(create_with_key(&world, "k-2", &bad).await.status, 422);
    assert_eq!(create_with_key(&world, "k-2", &body).await.status, 201);

    let all = (0..20).map(|_| create_with_key(&world, "k-3", &body));
    let replies = futures_util::future::join_all(all).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    assert!(replies.iter().all(|reply| reply.json == replies[0].json));
    assert_eq!(world.all_orders().await.len(), 3);

    for key in ["", " ", "a b", &"k".repeat(256)] {
        let reply = create_with_key(&world, key, &body).await;
        assert_error(&reply, 422, "invalid_field", Some("Idempotency-Key"));
    }
    let world = world.restart().await;
    let again = create_with_key(&world, "k-1", &body).await;
    assert_eq!((again.status, &again.json), (200, &first.json));
}

#[tokio::test]
async fn an_idempotency_key_also_stands_for_an_order_that_was_there() {
    let world = World::start().await;
    let body = json!({ "out_trade_no": "T1", "total_fee": 88, "body": "tea" });
    assert_eq!(create(&world, body.clone()).await.status, 201);
    assert_eq!(create_with_key(&world, "k-1", &body).await.status, 200);
    let other = json!({ "out_trade_no": "T2", "total_fee": 88, "body": "tea" });
    let conflict = create_with_key(&world, "k-1", &other).await;
    assert_error(&conflict, 409, "idempotency_key_used", Some("Idempotency-Key"));
    assert_eq!(world.all_orders().await.len(), 1);
}

#[tokio::test]
async fn an_idempotency_key_is_one_merchant_s() {
    let world = World::with(Setup { shops: vec![SHOP, BAKERY], ..Setup::default() }).await;
    let body = json!({ "total_fee": 88, "body": "tea" });
    for shop in [SHOP, BAKERY] {
        let bearer = format!("Bearer {}", shop.admin_key);
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", "k-1")];
        let reply = world.call(Method::POST, "/v1/orders", &headers, body.to_string()).await;
        assert_eq!((reply.status, &reply.json["merchant"]), (201, &json!(shop.id)));
    }
}
