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

#[tokio::test]
async fn a08_the_merchant_s_routes_want_the_merchant_s_key() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let no = world.create(88).await;
    let order = format!("/v1/orders/{no}");
    let routes = [
        (Method::POST, "/v1/orders".to_owned()),
        (Method::GET, "/v1/orders".to_owned()),
        (Method::POST, format!("{order}/close")),
        (Method::POST, format!("{order}/query")),
        (Method::GET, format!("{order}/events")),
        (Method::POST, format!("{order}/pay")),
        (Method::POST, format!("{order}/micropay")),
        (Method::POST, format!("{order}/reverse")),
        (Method::POST, format!("{order}/refunds")),
        (Method::GET, format!("{order}/refunds")),
        (Method::GET, "/v1/refunds/R1".to_owned()),
        (Method::POST, "/v1/auth-code-to-openid".to_owned()),
        (Method::GET, "/v1/anomalies".to_owned()),
        (Method::POST, "/v1/anomalies/x/resolve".to_owned()),
        (Method::GET, "/v1/export".to_owned()),
        (Method::GET, "/v1/webhooks".to_owned()),
        (Method::GET, "/v1/webhooks/books/dead".to_owned()),
        (Method::POST, "/v1/webhooks/books/replay".to_owned()),
        (Method::POST, "/v1/webhooks/books/test".to_owned()),
        (Method::POST, "/v1/reconcile".to_owned()),
        (Method::GET, "/v1/days".to_owned()),
        (Method::GET, "/v1/days/2026-01-01".to_owned()),
        (Method::GET, order.clone()),
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
        if path != order {
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
async fn a02_another_merchant_s_orders_do_not_exist() {
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
        ("stat=SUCCESS", "stat"),
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
