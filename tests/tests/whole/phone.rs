//! The phone's side: what a client written for the tutorials sends, and what no phone may do.

use std::net::{IpAddr, Ipv4Addr};

use reqwest::Method;
use serde_json::{Value, json};
use wxpay_core::messages::TradeState;
use wxpay_core::{Params, SignType, sign};
use wxpay_simulator::{Call, Fault, FaultKind, Outcome};
use wxpay_tests::{Reply, SHOP, START_MS, Setup, World};

use crate::api::{assert_error, without_id};

const PAY_FIELDS: [&str; 5] = ["timeStamp", "nonceStr", "package", "signType", "paySign"];

fn assert_can_be_paid(reply: &Reply) {
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!((&reply.json["code"], &reply.json["msg"]), (&json!(0), &json!("success")));
    for field in PAY_FIELDS {
        assert!(reply.json[field].as_str().is_some_and(|text| !text.is_empty()), "{}", reply.text);
    }
    let seconds = reply.json["timeStamp"].as_str().unwrap();
    assert!(seconds.len() == 10 && seconds.bytes().all(|b| b.is_ascii_digit()), "{seconds}");
    assert_eq!(reply.json.as_object().unwrap().len(), 7, "{}", reply.text);
}

/// The five strings, and the sixth that the phone itself adds, give the signature; see the vectors of core for its bytes.
#[tokio::test]
async fn s10_the_phone_gets_five_strings_that_fit_each_other() {
    for sign_type in [SignType::Md5, SignType::HmacSha256] {
        let world = World::with(Setup { sign_type, ..Setup::default() }).await;
        let token = world.log_in("alice").await;
        let no = world.create(88).await;
        let reply = world.pay(&token, &no).await;
        assert_can_be_paid(&reply);
        let text = |field: &str| reply.json[field].as_str().unwrap().to_owned();
        let prepay_id = world.wechat.order(&no).unwrap().prepay_id().to_owned();
        assert_eq!(text("package"), format!("prepay_id={prepay_id}"));
        assert_eq!(text("timeStamp"), (START_MS / 1_000).to_string());
        assert_eq!(text("signType"), sign_type.as_str());
        let signed = ["timeStamp", "nonceStr", "package", "signType"].map(|f| (f, text(f)));
        let mut params = Params::from_pairs(signed.iter().map(|(f, v)| (*f, v.as_str()))).unwrap();
        params.set("appId", SHOP.appid).unwrap();
        assert_eq!(text("paySign"), sign(&params, sign_type, &SHOP.key()).as_str());
        params.remove("appId");
        params.set("appid", SHOP.appid).unwrap();
        assert_ne!(text("paySign"), sign(&params, sign_type, &SHOP.key()).as_str());
    }
}

#[tokio::test]
async fn a02_another_user_s_order_does_not_exist() {
    let world = World::start().await;
    let (alice, bob) = (world.log_in("alice").await, world.log_in("bob").await);
    let claimed = world.prepaid(&alice, 88).await;
    let meant =
        world.create_with(json!({ "total_fee": 88, "body": "tea", "user_token": alice })).await;
    let calls = world.wechat.calls(Call::OrderQuery, None);
    for no in [&claimed, &meant] {
        let before = world.order(no).await;
        for path in ["/v1/pay", "/v1/query"] {
            let theirs = world.phone(path, &bob, json!({ "orderId": no })).await;
            let nobodys = world.phone(path, &bob, json!({ "orderId": "nobody" })).await;
            assert_error(&theirs, 404, "not_found", None);
            assert_eq!(without_id(&theirs), without_id(&nobodys));
        }
        let by_code = json!({ "code": world.code("bob"), "orderId": no });
        assert_error(&world.phone("/v1/pay", "", by_code).await, 404, "not_found", None);
        let show = |no: &str| format!("/v1/orders/{no}");
        let headers = [("token", bob.as_str())];
        let theirs = world.call(Method::GET, &show(no), &headers, "").await;
        let nobodys = world.call(Method::GET, &show("nobody"), &headers, "").await;
        assert_eq!(without_id(&theirs), without_id(&nobodys));
        assert_error(&theirs, 404, "not_found", None);
        let close = format!("/v1/orders/{no}/close");
        let theirs = world.call(Method::POST, &close, &headers, "").await;
        assert_error(&theirs, 401, "unauthorized", None);
        assert_eq!(world.order(no).await, before);
        assert_eq!(world.call(Method::GET, &show(no), &[("token", &alice)], "").await.status, 200);
    }
    assert_eq!(world.wechat.calls(Call::OrderQuery, None), calls);
    // An order nobody has tried to pay is nobody's yet: no phone sees it, the first to pay owns it.
    let free = world.create(88).await;
    for path in ["/v1/query"] {
        let reply = world.phone(path, &bob, json!({ "orderId": free })).await;
        assert_error(&reply, 404, "not_found", None);
    }
    assert_eq!(world.pay(&bob, &free).await.status, 200);
    assert_error(&world.pay(&alice, &free).await, 404, "not_found", None);
}

#[tokio::test]
async fn two_phones_at_once_and_one_owner() {
    let world = World::with(Setup { durable: true, ..Setup::default() }).await;
    let (alice, bob) = (world.log_in("alice").await, world.log_in("bob").await);
    for _ in 0..10 {
        let no = world.create(88).await;
        let (a, b) = tokio::join!(world.pay(&alice, &no), world.pay(&bob, &no));
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 404], "{} {}", a.text, b.text);
        assert_eq!(world.wechat.calls(Call::UnifiedOrder, Some(&no)), 1);
    }
}

#[tokio::test]
async fn a_client_written_for_the_tutorials_works() {
    let world = World::start().await;
    // wx.login -> token at the top level, though the client sends more than we know.
    let body = json!({
        "code": world.code("alice"), "nickname": "爱丽丝", "photo": "https://example.com/a.png",
        "gender": 1, "encryptedData": "x", "iv": "y",
    });
    let login = world.phone("/v1/login", "", body).await;
    let token = login.json["token"].as_str().unwrap().to_owned();
    assert!(login.json["expire"].is_i64(), "{}", login.text);

    // A shop that counts its orders sends numbers.
    let made = json!({ "out_trade_no": "20260101", "total_fee": 88, "body": "tea" });
    world.create_with(made).await;
    for order_id in [json!(20_260_101), json!("20260101")] {
        let body = json!({ "orderId": order_id, "openId": "x", "total_fee": 1 });
        assert_can_be_paid(&world.phone("/v1/pay", &token, body).await);
        let reply = world.phone("/v1/query", &token, json!({ "orderId": order_id })).await;
        let expected = json!({
            "code": 0, "msg": "success", "orderId": "20260101", "trade_state": "NOTPAY",
            "paid": false, "total_fee": 88,
        });
        assert_eq!(reply.json, expected);
    }
    let body = json!({ "orderId": "20260101" }).to_string();
    let headers = [("authorization", format!("Bearer {token}"))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_can_be_paid(&world.call(Method::POST, "/v1/pay", &headers, body.clone()).await);
    // Form-minded clients send another content type, or an empty token beside the code.
    let form = [("token", token.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    assert_can_be_paid(&world.call(Method::POST, "/v1/pay", &form, body).await);
    let both = json!({ "code": world.code("alice"), "orderId": 20_260_101 });
    assert_can_be_paid(&world.phone("/v1/pay", "", both).await);

    world.wechat.pay("20260101", Outcome::Pay).await.unwrap();
    world.acknowledged("20260101").await;
    let reply = world.phone("/v1/query", &token, json!({ "orderId": 20_260_101 })).await;
    assert_eq!(
        (&reply.json["paid"], &reply.json["trade_state"]),
        (&json!(true), &json!("SUCCESS"))
    );
    world.assert_books_agree().await;
}

#[tokio::test]
async fn an_order_id_is_text_or_a_whole_number() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    for path in ["/v1/pay", "/v1/query"] {
        for bad in [json!(null), json!(1.5), json!(-1), json!(true), json!(["1"]), json!({})] {
            let reply = world.phone(path, &token, json!({ "orderId": bad })).await;
            assert_error(&reply, 422, "invalid_field", Some("orderId"));
        }
        for unknown in ["", " ", "nobody", "a/b", "../x", "订单", "a\u{0}b", &"x".repeat(5_000)] {
            let reply = world.phone(path, &token, json!({ "orderId": unknown })).await;
            assert_error(&reply, 404, "not_found", None);
        }
        let other = json!({ "order_id": "1" });
        assert_error(
            &world.phone(path, &token, other).await,
            422,
            "invalid_field",
            Some("orderId"),
        );
    }
}

#[tokio::test]
async fn a07_the_phone_cannot_set_the_price_or_the_state() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let no = world.create(10_000).await;
    let greedy = json!({
        "orderId": no, "total_fee": 1, "totalFee": 1, "amount": "0.01", "price": 1, "openid": "x",
        "trade_state": "SUCCESS", "paid": true,
    });
    assert_can_be_paid(&world.phone("/v1/pay", &token, greedy.clone()).await);
    assert_eq!(world.wechat.order(&no).unwrap().total_fee().get(), 10_000);
    let reply = world.phone("/v1/query", &token, greedy.clone()).await;
    assert_eq!((&reply.json["paid"], &reply.json["total_fee"]), (&json!(false), &json!(10_000)));
    for path in [
        format!("/v1/pay?total_fee=1&orderId={no}"),
        format!("/v1/query?trade_state=SUCCESS&orderId={no}"),
    ] {
        world.phone(&path, &token, greedy.clone()).await;
    }
    // Creating is the merchant's alone.
    let reply = world.phone("/v1/orders", &token, json!({ "total_fee": 1, "body": "tea" })).await;
    assert_error(&reply, 401, "unauthorized", None);
    let order = world.order(&no).await;
    assert_eq!((order.trade_state, order.terms.total_fee.get()), (TradeState::NotPay, 10_000));
    assert_eq!(world.wechat.order(&no).unwrap().total_fee().get(), 10_000);
}

#[tokio::test]
async fn only_mini_program_orders_are_paid_by_the_phone() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    for more in [
        json!({ "trade_type": "NATIVE", "product_id": "7" }),
        json!({ "trade_type": "APP" }),
        json!({ "trade_type": "MWEB", "scene_info": "{}" }),
    ] {
        let mut body = json!({ "total_fee": 88, "body": "tea" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let no = world.create_with(body).await;
        assert_error(&world.pay(&token, &no).await, 409, "other_trade_type", None);
    }
    assert_eq!(world.wechat.calls(Call::UnifiedOrder, None), 0);
}

#[tokio::test]
async fn h08_the_user_s_address_comes_from_the_connection_or_a_trusted_proxy() {
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let other: IpAddr = "203.0.113.9".parse().unwrap();
    let cases: [(&[IpAddr], &str, &str); 9] = [
        (&[], "198.51.100.7", "127.0.0.1"),
        (&[other], "198.51.100.7", "127.0.0.1"),
        (&[loopback], "198.51.100.7", "198.51.100.7"),
        (&[loopback], "1.2.3.4, 198.51.100.7", "198.51.100.7"),
        (&[loopback, other], "1.2.3.4, 198.51.100.7, 203.0.113.9", "198.51.100.7"),
        (&[loopback], "2001:db8::7", "2001:db8::7"),
        (&[loopback], "::ffff:198.51.100.7", "198.51.100.7"),
        (&[loopback], "198.51.100.7, <script>", "127.0.0.1"),
        (&[loopback], "", "127.0.0.1"),
    ];
    for (trusted, forwarded, expected) in cases {
        let trusted_proxies = trusted.to_vec();
        let world = World::with(Setup { trusted_proxies, ..Setup::default() }).await;
        let token = world.log_in("alice").await;
        let no = world.create(88).await;
        let headers = [
            ("token", token.as_str()),
            ("x-forwarded-for", forwarded),
            ("x-real-ip", "192.0.2.1"),
            ("forwarded", "for=192.0.2.1"),
        ];
        let body = json!({ "orderId": no }).to_string();
        let reply = world.call(Method::POST, "/v1/pay", &headers, body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let sent = world.wechat.order(&no).unwrap().field("spbill_create_ip").to_owned();
        assert_eq!(sent, expected, "{forwarded:?} with {trusted:?} trusted");
    }
}

#[tokio::test]
async fn a_retry_from_another_address_is_the_same_request_to_wechat() {
    let trusted_proxies = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    let world = World::with(Setup { trusted_proxies, ..Setup::default() }).await;
    let token = world.log_in("alice").await;
    let no = world.create(88).await;
    world.wechat.set_fault(Fault::new(Call::UnifiedOrder, FaultKind::ResetAfter)).unwrap();
    let body = json!({ "orderId": no }).to_string();
    let mut statuses = Vec::new();
    for address in ["198.51.100.7", "198.51.100.8"] {
        let headers = [("token", token.as_str()), ("x-forwarded-for", address)];
        let reply: Reply = world.call(Method::POST, "/v1/pay", &headers, body.clone()).await;
        statuses.push(reply.status);
        world.clock.step_ms(1_000);
    }
    assert_eq!(statuses, [502, 200], "a new address would be other parameters: refused");
    let json: Value = world.backend(Method::GET, &format!("/v1/orders/{no}"), json!({})).await.json;
    assert_eq!(json["trade_state"], "NOTPAY");
}
