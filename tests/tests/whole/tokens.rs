//! Tokens: whose they are, where they are good, and what is none.

use reqwest::Method;
use serde_json::json;
use wxpay_simulator::{Call, Outcome};
use wxpay_tests::{BAKERY, SHOP, SISTER, Setup, World};

use crate::api::{assert_error, without_id};

fn bearer(credential: &str) -> String {
    format!("Bearer {credential}")
}

/// A token of `world` with its parts changed.
fn forged(token: &str) -> Vec<String> {
    let parts: Vec<&str> = token.splitn(4, '.').collect();
    let [merchant, expires, mac, openid] = parts.as_slice() else { panic!("{token}") };
    let with = |m: &str, e: &str, c: &str, o: &str| [m, e, c, o].join(".");
    let other_mac = mac.replace(&mac[..1], if mac.starts_with('0') { "1" } else { "0" });
    vec![
        token[..token.len() - 1].into(),
        format!("{token}x"),
        token.to_uppercase(),
        with(merchant, "9999999999", mac, openid),
        with(merchant, &format!("0{expires}"), mac, openid),
        with(merchant, &format!("+{expires}"), mac, openid),
        with(merchant, expires, &other_mac, openid),
        with(merchant, expires, "", openid),
        with(merchant, expires, "none", openid),
        with(merchant, expires, mac, "oTESTER0000000000000000000001"),
        with("nobody", expires, mac, openid),
        with("", "", "", ""),
        with(merchant, expires, &mac.to_uppercase(), openid),
        format!("{merchant}.{expires}.{mac}"),
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.".into(),
        "undefined".into(),
        "null".into(),
        SHOP.admin_key.into(),
        SHOP.app_secret.into(),
    ]
}

#[tokio::test]
async fn a01_the_phone_s_routes_want_a_token_of_ours() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 88).await;
    let show = format!("/v1/orders/{no}");
    let routes =
        [(Method::POST, "/v1/pay"), (Method::POST, "/v1/query"), (Method::GET, show.as_str())];
    let body = json!({ "orderId": no }).to_string();
    let calls =
        || [Call::UnifiedOrder, Call::OrderQuery].map(|call| world.wechat.calls(call, None));
    let before = calls();

    // The same user at a server with another AppSecret.
    let foreign = World::with(Setup {
        shops: vec![wxpay_tests::Shop { app_secret: BAKERY.app_secret, ..SHOP }],
        ..Setup::default()
    });
    let foreign = foreign.await.log_in("alice").await;
    let mut all = Vec::new();
    for (method, path) in &routes {
        let mut refused = async |headers: &[(&str, &str)]| {
            let reply = world.call(method.clone(), path, headers, body.clone()).await;
            assert_error(&reply, 401, "unauthorized", None);
            all.push(without_id(&reply));
        };
        refused(&[]).await;
        refused(&[("token", "")]).await;
        refused(&[("authorization", &token)]).await;
        refused(&[("authorization", &format!("Basic {token}"))]).await;
        refused(&[("cookie", &format!("token={token}"))]).await;
        let mut bad = forged(&token);
        bad.push(foreign.clone());
        for token in bad.iter().filter(|bad| *bad != SHOP.admin_key || *method == Method::POST) {
            refused(&[("token", token)]).await;
            refused(&[("authorization", &bearer(token))]).await;
        }
    }
    world.clock.step_ms(7 * 24 * 3_600 * 1_000 - 1);
    // What is due by then is done by the sweep, so that no later call is the sweep's.
    world.pass_s(0).await;
    for (method, path) in &routes {
        let reply = world.call(method.clone(), path, &[("token", &token)], body.clone()).await;
        assert_ne!(reply.status, 401, "one millisecond left: {}", reply.text);
    }
    let before_expiry = calls();
    world.clock.step_ms(1);
    for (method, path) in &routes {
        let reply = world.call(method.clone(), path, &[("token", &token)], body.clone()).await;
        assert_error(&reply, 401, "unauthorized", None);
        all.push(without_id(&reply));
    }
    all.dedup();
    assert_eq!(all.len(), 1, "one answer for all: {all:#?}");
    assert_eq!(before, [1, 0]);
    assert_eq!(calls(), before_expiry, "nobody asks WeChat for a stranger");
}

#[tokio::test]
async fn an_order_for_a_user_is_named_by_token_or_openid() {
    let world = World::with(Setup { shops: vec![SHOP, BAKERY], ..Setup::default() }).await;
    let token = world.log_in("alice").await;
    let bob = world.log_in("bob").await;
    let openid = world.wechat.login(SHOP.appid, "alice").unwrap().openid;
    for user in [json!({ "user_token": token }), json!({ "openid": openid })] {
        let mut body = json!({ "total_fee": 88, "body": "tea" });
        body.as_object_mut().unwrap().extend(user.as_object().unwrap().clone());
        let no = world.create_with(body).await;
        assert_eq!(world.order(&no).await.openid.as_deref(), Some(openid.as_str()));
        assert_error(&world.pay(&bob, &no).await, 404, "not_found", None);
        assert_eq!(world.pay(&token, &no).await.status, 200);
    }
    let mut bad = forged(&token);
    let code = world.wechat.login(BAKERY.appid, "alice").unwrap().code;
    let other = world.phone("/v1/login?merchant=bakery", "", json!({ "code": code })).await;
    bad.push(other.json["token"].as_str().unwrap().into());
    for user_token in bad {
        let body = json!({ "total_fee": 88, "body": "tea", "user_token": user_token });
        let reply = world.backend(Method::POST, "/v1/orders", body).await;
        assert_error(&reply, 422, "invalid_field", Some("user_token"));
        assert!(!reply.text.contains(&user_token) || user_token.len() < 10, "{}", reply.text);
    }
}

#[tokio::test]
async fn a_token_is_good_at_its_own_merchant_only() {
    let shops = vec![SHOP, BAKERY, SISTER];
    let world = World::with(Setup { shops: shops.clone(), ..Setup::default() }).await;
    let mut tokens = Vec::new();
    for shop in &shops {
        let code = world.wechat.login(shop.appid, "alice").unwrap().code;
        let body = json!({ "code": code, "merchant": shop.id });
        let reply = world.phone("/v1/login", "", body).await;
        tokens.push(reply.json["token"].as_str().unwrap().to_owned());
        let body =
            json!({ "total_fee": 88, "body": "tea", "out_trade_no": format!("T-{}", shop.id) });
        assert_eq!(world.backend_of(shop, Method::POST, "/v1/orders", body).await.status, 201);
    }
    for (at, shop) in shops.iter().enumerate() {
        let no = format!("T-{}", shop.id);
        for (from, token) in tokens.iter().enumerate() {
            let reply = world.pay(token, &no).await;
            assert_eq!(reply.status, if from == at { 200 } else { 404 }, "{}", reply.text);
        }
        assert_eq!(world.wechat.order(&no).unwrap().appid(), shop.appid);
        world.wechat.pay(&no, Outcome::Pay).await.unwrap();
        world.acknowledged(&no).await;
    }
    for (id, appid) in [("bakery", BAKERY.appid), ("sister", SISTER.appid)] {
        let body = json!({
            "code": world.wechat.login(appid, "bob").unwrap().code, "orderId": "nobody", "merchant": id,
        });
        assert_error(&world.phone("/v1/pay", "", body).await, 404, "not_found", None);
    }
    let body = json!({ "code": world.code("bob"), "orderId": "nobody" });
    let reply = world.phone("/v1/pay", "", body).await;
    assert_error(&reply, 422, "invalid_field", Some("merchant"));
    world.assert_books_agree().await;
}
