//! Login codes: each asked about once, and what WeChat's refusals become.

use serde_json::{Value, json};
use wxpay_simulator::{Call, Fault, FaultKind};
use wxpay_tests::{BAKERY, FakeLogin, SHOP, SISTER, Setup, World};

use crate::api::assert_error;

async fn log_in(world: &World, code: &str) -> wxpay_tests::Reply {
    world.phone("/v1/login", "", json!({ "code": code })).await
}

#[tokio::test]
async fn a_login_gives_a_token_and_its_life() {
    let world = World::start().await;
    let body = json!({ "code": world.code("alice"), "nickname": "爱丽丝", "photo": "https://example.com/a" });
    let reply = world.phone("/v1/login", "", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let token = reply.json["token"].as_str().unwrap();
    let expected = json!({ "code": 0, "msg": "success", "token": token, "expire": 604_800 });
    assert_eq!(reply.json, expected, "nothing else, above all no session_key");
    let openid = world.wechat.login(SHOP.appid, "alice").unwrap().openid;
    let user = world.server.app.store.user("shop", &openid).await.unwrap().unwrap();
    assert_eq!(user.nickname.as_deref(), Some("爱丽丝"));
    assert_eq!(user.photo.as_deref(), Some("https://example.com/a"));
}

#[tokio::test]
async fn what_a_phone_told_of_itself_is_kept_until_it_tells_something_else() {
    let world = World::start().await;
    let told = json!({ "code": world.code("alice"), "nickname": "爱丽丝", "photo": "https://example.com/a" });
    assert_eq!(world.phone("/v1/login", "", told).await.status, 200);
    // Login and pay in one call tells neither; the next login only one of the two.
    let no = world.create(88).await;
    let body = json!({ "code": world.code("alice"), "orderId": no });
    assert_eq!(world.phone("/v1/pay", "", body).await.status, 200);
    let renamed = json!({ "code": world.code("alice"), "nickname": "Alice" });
    assert_eq!(world.phone("/v1/login", "", renamed).await.status, 200);
    let openid = world.wechat.login(SHOP.appid, "alice").unwrap().openid;
    let user = world.server.app.store.user("shop", &openid).await.unwrap().unwrap();
    assert_eq!(user.nickname.as_deref(), Some("Alice"));
    assert_eq!(user.photo.as_deref(), Some("https://example.com/a"));
}

#[tokio::test]
async fn a04_wechat_is_asked_about_a_code_at_most_once() {
    let world = World::start().await;
    let asked = || world.wechat.calls(Call::Code2Session, None);
    let code = world.code("alice");
    assert_eq!(log_in(&world, &code).await.status, 200);
    for _ in 0..3 {
        assert_error(&log_in(&world, &code).await, 401, "login_code_invalid", None);
    }
    assert_eq!(asked(), 1);

    let code = world.code("alice");
    let all = (0..20).map(|_| log_in(&world, &code));
    let replies = futures_util::future::join_all(all).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.status == 401).count(), 19);
    assert_eq!(asked(), 2);

    // Login and pay in one call spends the code, too.
    let no = world.create(88).await;
    let body = json!({ "code": code, "orderId": no });
    assert_error(&world.phone("/v1/pay", "", body).await, 401, "login_code_invalid", None);
    assert_eq!(asked(), 2);
    world.clock.step_ms(6 * 60_000);
    assert_error(&log_in(&world, &code).await, 401, "login_code_invalid", None);
}

#[tokio::test]
async fn a04_a_forged_code_is_a_401_and_asked_about_once() {
    let world = World::start().await;
    let injected = format!("{}&secret=1&appid={}#", world.code("alice"), BAKERY.appid);
    let forged = ["forged", "a b", "%00", "&secret=x", "?", "../../x", "代码", "a\r\nb", &injected];
    for (n, code) in forged.into_iter().enumerate() {
        for _ in 0..2 {
            assert_error(&log_in(&world, code).await, 401, "login_code_invalid", None);
        }
        assert_eq!(world.wechat.calls(Call::Code2Session, None), n as u64 + 1, "{code}");
    }
    let wire = world.wechat.messages(0);
    let urls: Vec<_> = wire.iter().filter(|m| m.title == "code2session request").collect();
    assert!(urls.iter().all(|message| message.url.matches("secret=").count() == 1), "{urls:#?}");
    let expired = world.code("alice");
    world.clock.step_ms(5 * 60_000);
    assert_error(&log_in(&world, &expired).await, 401, "login_code_invalid", None);
}

#[tokio::test]
async fn a04_a_malformed_login_is_not_sent_to_wechat() {
    let world = World::start().await;
    let code = world.code("alice");
    for (body, field) in [
        (json!({ "code": "" }), "code"),
        (json!({ "code": "x".repeat(257) }), "code"),
        (json!({ "code": "x".repeat(10_000) }), "code"),
        (json!({ "code": 7 }), "code"),
        (json!({ "code": null }), "code"),
        (json!({ "code": [code] }), "code"),
        (json!({ "nickname": "alice" }), "code"),
        (json!({ "code": code, "nickname": "x".repeat(1_025) }), "nickname"),
        (json!({ "code": code, "photo": "x".repeat(1_025) }), "photo"),
        (json!({ "code": code, "photo": 1 }), "photo"),
        (json!({ "code": code, "merchant": "nobody" }), "merchant"),
        (json!({ "code": code, "merchant": "" }), "merchant"),
    ] {
        let reply = world.phone("/v1/login", "", body).await;
        assert_error(&reply, 422, "invalid_field", Some(field));
    }
    assert_eq!(world.wechat.calls(Call::Code2Session, None), 0);
    assert_eq!(log_in(&world, &code).await.status, 200, "the code is not spent by all that");
}

#[tokio::test]
async fn the_merchant_is_named_in_body_or_query_when_there_are_several() {
    let shops = vec![SHOP, BAKERY, SISTER];
    let world = World::with(Setup { shops, ..Setup::default() }).await;
    let code = |shop: &wxpay_tests::Shop| world.wechat.login(shop.appid, "alice").unwrap().code;
    let reply = log_in(&world, &code(&SHOP)).await;
    assert_error(&reply, 422, "invalid_field", Some("merchant"));
    for shop in [SHOP, BAKERY, SISTER] {
        let in_query = format!("/v1/login?merchant={}", shop.id);
        let reply = world.phone(&in_query, "", json!({ "code": code(&shop) })).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let body = json!({ "code": code(&shop), "merchant": shop.id });
        let reply = world.phone("/v1/login?merchant=nobody", "", body).await;
        assert_eq!(reply.status, 200, "the body goes before the query: {}", reply.text);
    }
    let reply = world.phone("/v1/login?merchant=%FF", "", json!({ "code": code(&SHOP) })).await;
    assert_error(&reply, 422, "invalid_field", Some("merchant"));
    // A code of another mini program is no code.
    let body = json!({ "code": code(&BAKERY), "merchant": "shop" });
    assert_error(&world.phone("/v1/login", "", body).await, 401, "login_code_invalid", None);
}

#[tokio::test]
async fn wechat_busy_is_a_503() {
    let world = World::start().await;
    world.wechat.set_fault(Fault::new(Call::Code2Session, FaultKind::SystemError)).unwrap();
    let reply = log_in(&world, &world.code("alice")).await;
    assert_error(&reply, 503, "upstream_busy", None);
    assert_eq!(reply.headers["retry-after"], "1");
}

#[tokio::test]
async fn a05_what_code2session_refuses_has_its_own_answer() {
    let refused = |errcode: i64| json!({ "errcode": errcode, "errmsg": "canary-errmsg" });
    for (answer, status, code) in [
        (refused(40029), 401, "login_code_invalid"),
        (refused(40163), 401, "login_code_invalid"),
        (refused(41008), 401, "login_code_invalid"),
        (refused(45011), 429, "login_rate_limited"),
        (refused(40226), 403, "user_blocked"),
        (refused(-1), 503, "upstream_busy"),
        (refused(40013), 502, "upstream_bad_reply"),
        (refused(40125), 502, "upstream_bad_reply"),
        (refused(99999), 502, "upstream_bad_reply"),
        (json!({ "session_key": "canary-session" }), 502, "upstream_bad_reply"),
        (json!({ "openid": "", "session_key": "canary-session" }), 502, "upstream_bad_reply"),
        (json!({ "openid": "o1" }), 502, "upstream_bad_reply"),
        (json!({ "openid": 1, "session_key": "canary-session" }), 502, "upstream_bad_reply"),
        (json!([]), 502, "upstream_bad_reply"),
        (Value::Null, 502, "upstream_bad_reply"),
    ] {
        let wechat = FakeLogin::start(answer.to_string()).await;
        let login_url = Some(wechat.url.clone());
        let world = World::with(Setup { login_url, ..Setup::default() }).await;
        let reply = log_in(&world, "some-code").await;
        println!("{answer}");
        assert_error(&reply, status, code, None);
        assert!(!reply.text.contains("canary"), "{}", reply.text);
        assert_eq!(wechat.asked(), 1);
    }
}
