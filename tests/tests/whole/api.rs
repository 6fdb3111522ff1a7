//! The JSON API: who may call what, and what bad input gets.

use reqwest::Method;
use serde_json::{Value, json};
use wxpay_core::messages::TradeState;
use wxpay_simulator::Call;
use wxpay_tests::{BAKERY, Reply, SHOP, Setup, World};

/// Every error has the same shape, and names the request it belongs to.
pub(crate) fn assert_error(reply: &Reply, status: u16, code: &str, field: Option<&str>) {
    assert_eq!(reply.status, status, "{}", reply.text);
    assert_eq!(reply.json["code"], code, "{}", reply.text);
    assert_eq!(reply.json["field"].as_str(), field, "{}", reply.text);
    let message = reply.json["message"].as_str().unwrap();
    assert!(field.is_none_or(|field| message.starts_with(field)), "{message} names {field:?}");
    assert_eq!(reply.headers["content-type"], "application/json");
    assert_eq!(reply.json["request_id"], reply.headers["x-request-id"].to_str().unwrap());
}

/// The reply without what differs in every reply.
pub(crate) fn without_id(reply: &Reply) -> (u16, Value) {
    let mut json = reply.json.clone();
    assert!(json["request_id"].take().is_string(), "{}", reply.text);
    (reply.status, json)
}

async fn create(world: &World, body: Value) -> Reply {
    world.backend(Method::POST, "/v1/orders", body).await
}

async fn create_with_key(world: &World, key: &str, body: &Value) -> Reply {
    let bearer = format!("Bearer {}", SHOP.admin_key);
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", key)];
    world.call(Method::POST, "/v1/orders", &headers, body.to_string()).await
}

#[tokio::test]
async fn the_merchant_s_routes_want_the_merchant_s_key() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let no = world.create(88).await;
    let order = format!("/v1/orders/{no}");
    let routes = [
        (Method::POST, "/v1/orders".to_owned()),
        (Method::GET, "/v1/orders".to_owned()),
        (Method::POST, format!("{order}/close")),
        (Method::GET, order),
    ];
    let mut all = Vec::new();
    for (method, path) in routes {
        let mut try_with = async |headers: &[(&str, &str)]| {
            let body = json!({ "total_fee": 1, "body": "tea" }).to_string();
            let reply = world.call(method.clone(), &path, headers, body).await;
            assert_error(&reply, 401, "unauthorized", None);
            all.push(without_id(&reply));
        };
        try_with(&[]).await;
        for credential in [
            "",
            "Bearer",
            "Bearer ",
            &format!("Bearer {}", &SHOP.admin_key[..31]),
            &format!("Bearer {}x", SHOP.admin_key),
            &format!("Bearer {}", SHOP.admin_key.to_uppercase()),
            &format!("Basic {}", SHOP.admin_key),
            SHOP.admin_key,
            &format!("Bearer {}", BAKERY.admin_key),
            &format!("Bearer {}", SHOP.api_key),
        ] {
            try_with(&[("authorization", credential)]).await;
        }
        try_with(&[("token", SHOP.admin_key)]).await;
        if method == Method::POST {
            try_with(&[("token", &token)]).await;
            try_with(&[("authorization", &format!("Bearer {token}"))]).await;
        }
    }
    all.dedup();
    assert_eq!(all.len(), 1, "one answer for all: {all:#?}");
    assert_eq!(world.all_orders().await.len(), 1);
    assert_eq!(world.order(&no).await.trade_state, TradeState::NotPay);
}

#[tokio::test]
async fn another_merchant_s_orders_do_not_exist() {
    let world = World::with(Setup { shops: vec![SHOP, BAKERY], ..Setup::default() }).await;
    let no = world.create(88).await;
    for (method, path) in [(Method::GET, ""), (Method::POST, "/close")] {
        let [theirs, nobodys] = [no.as_str(), "nobody"].map(|no| format!("/v1/orders/{no}{path}"));
        let theirs = world.backend_of(&BAKERY, method.clone(), &theirs, json!({})).await;
        let nobodys = world.backend_of(&BAKERY, method, &nobodys, json!({})).await;
        assert_error(&theirs, 404, "not_found", None);
        assert_eq!(without_id(&theirs), without_id(&nobodys));
    }
    let list = world.backend_of(&BAKERY, Method::GET, "/v1/orders", json!({})).await;
    assert_eq!(list.json, json!({ "orders": [] }));
    assert_eq!(world.order(&no).await.trade_state, TradeState::NotPay);
}

#[tokio::test]
async fn a_body_that_is_not_one_json_object_is_refused() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 88).await;
    let calls =
        || [Call::UnifiedOrder, Call::OrderQuery].map(|call| world.wechat.calls(call, None));
    let before = calls();
    let bearer = format!("Bearer {}", SHOP.admin_key);
    let merchant = ("authorization", bearer.as_str());
    let phone = ("token", token.as_str());
    let routes =
        [("/v1/orders", merchant), ("/v1/login", phone), ("/v1/pay", phone), ("/v1/query", phone)];
    for (path, header) in routes {
        for body in [
            "",
            " ",
            "x",
            "{",
            "{\"",
            "{'orderId':'1'}",
            "[]",
            &format!("[{}]", json!(no)),
            &format!("[\"{no}\",null,null]"),
            "[null,\"tea\",1]",
            "null",
            "1",
            "\"x\"",
            "code=1&orderId=1",
        ] {
            let reply = world.call(Method::POST, path, &[header], body.to_owned()).await;
            assert_error(&reply, 400, "not_json", None);
        }
        if header == phone {
            let two = format!("{{\"orderId\":\"{no}\",\"code\":\"x\"}} {{}}");
            let reply = world.call(Method::POST, path, &[header], two).await;
            assert_error(&reply, 400, "not_json", None);
        }
        let not_utf8 = b"{\"orderId\":\"\xff\"}".to_vec();
        let reply = world.call(Method::POST, path, &[header], not_utf8).await;
        assert!((400..=422).contains(&reply.status), "{}", reply.text);
        let empty = world.call(Method::POST, path, &[header], "{}").await;
        let field = match path {
            "/v1/orders" => "body",
            "/v1/login" => "code",
            _ => "orderId",
        };
        assert_error(&empty, 422, "invalid_field", Some(field));
    }
    assert_eq!(calls(), before);
    assert_eq!(world.all_orders().await.len(), 1);
}

#[tokio::test]
async fn every_field_of_a_new_order_is_checked() {
    let world = World::start().await;
    let good = json!({ "total_fee": 88, "body": "tea" });
    let long = |n: usize| json!("x".repeat(n));
    let bad: Vec<(&str, Value)> = vec![
        ("total_fee", json!(null)),
        ("total_fee", json!(0)),
        ("total_fee", json!(-1)),
        ("total_fee", json!(1.0)),
        ("total_fee", json!(0.88)),
        ("total_fee", json!("88")),
        ("total_fee", json!("１")),
        ("total_fee", json!(true)),
        ("total_fee", json!([88])),
        ("total_fee", json!(u64::MAX)),
        ("total_fee", json!(1_u64 << 63)),
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
        ("trade_type", json!("MICROPAY")),
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
        ("{\"total_fee\":01,\"body\":\"tea\"}", "not_json"),
        ("{\"total_fee\":+1,\"body\":\"tea\"}", "not_json"),
    ] {
        let headers = [("authorization", bearer.as_str())];
        let reply = world.call(Method::POST, "/v1/orders", &headers, text).await;
        assert_eq!(reply.json["code"], code, "{text}: {}", reply.text);
    }
    assert_eq!(world.all_orders().await, [], "nothing of all that made an order");
}

#[tokio::test]
async fn an_order_with_every_field_reaches_wechat_as_it_was_made() {
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
        "expires_at": "2026-01-01T12:05:00+08:00", "close_asked": false, "anomalies": [], "revision": 1,
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
async fn numbers_that_we_make_cannot_be_guessed() {
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
async fn the_same_number_again_is_the_same_order_or_a_conflict() {
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
        assert_error(&create(&world, other).await, 409, "out_trade_no_used", None);
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
    assert_error(&conflict, 409, "idempotency_key_used", None);
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
    assert_error(&conflict, 409, "idempotency_key_used", None);
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

#[tokio::test]
async fn the_list_filters_and_goes_on_where_it_stopped() {
    for durable in [false, true] {
        let world = World::with(Setup { durable, ..Setup::default() }).await;
        let mut made = Vec::new();
        for n in 0..7 {
            world.clock.step_ms(if n == 3 { 0 } else { 1_000 });
            made.push(world.create(n + 1).await);
        }
        for closed in [&made[1], &made[4]] {
            let path = format!("/v1/orders/{closed}/close");
            assert_eq!(world.backend(Method::POST, &path, json!({})).await.status, 200);
        }
        let list = async |query: &str| {
            let path = format!("/v1/orders{query}");
            let reply = world.backend(Method::GET, &path, json!({})).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            reply.json
        };
        let numbers = |list: &Value| -> Vec<String> {
            let orders = list["orders"].as_array().unwrap().iter();
            orders.map(|order| order["out_trade_no"].as_str().unwrap().to_owned()).collect()
        };
        let mut newest_first: Vec<_> = world.all_orders().await;
        newest_first.sort_by_key(|o| std::cmp::Reverse((o.created_ms, o.key.out_trade_no.clone())));
        let newest_first: Vec<_> = newest_first.into_iter().map(|o| o.key.out_trade_no).collect();
        let all = list("").await;
        assert_eq!((numbers(&all), &all["next_cursor"]), (newest_first.clone(), &Value::Null));

        let (mut seen, mut query) = (Vec::new(), "?limit=3".to_owned());
        for _ in 0..3 {
            let page = list(&query).await;
            seen.extend(numbers(&page));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            assert_eq!(seen.len() % 3, 0);
            query = format!("?limit=3&cursor={cursor}");
        }
        assert_eq!(seen, newest_first, "durable: {durable}");

        let closed = list("?state=CLOSED").await;
        assert_eq!(numbers(&closed), [made[4].clone(), made[1].clone()]);
        let some = list(
            "?created_from=2026-01-01T12:00:02%2B08:00&created_to=2026-01-01T12:00:03%2B08:00",
        );
        assert_eq!(numbers(&some.await), [made[1].clone()]);
        assert_eq!(list("?created_to=2025-01-01T00:00:00Z").await["orders"], json!([]));
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_understood_is_refused() {
    let world = World::start().await;
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("limit=%FF", "limit"),
        ("state=PAID", "state"),
        ("state=success", "state"),
        ("state=", "state"),
        ("cursor=", "cursor"),
        ("cursor=yesterday", "cursor"),
        ("cursor=x.y", "cursor"),
        ("created_from=2026-01-01", "created_from"),
        ("created_to=now", "created_to"),
    ] {
        let reply = world.backend(Method::GET, &format!("/v1/orders?{query}"), json!({})).await;
        println!("{query}");
        assert_error(&reply, 422, "invalid_field", Some(field));
    }
}

#[tokio::test]
async fn closing_is_for_orders_that_are_there() {
    let world = World::start().await;
    let no = world.create(88).await;
    let close = async |no: &str| {
        world.backend(Method::POST, &format!("/v1/orders/{no}/close"), json!({})).await
    };
    for _ in 0..2 {
        let reply = close(&no).await;
        assert_eq!((reply.status, &reply.json["trade_state"]), (200, &json!("CLOSED")));
        assert_eq!(reply.json["revision"], 3);
    }
    assert_eq!(world.wechat.calls(Call::CloseOrder, None), 0, "WeChat never heard of it");
    for no in ["nobody", "a%2Fb", "%FF", "a%00", &"x".repeat(200)] {
        assert_error(&close(no).await, 404, "not_found", None);
    }
}
