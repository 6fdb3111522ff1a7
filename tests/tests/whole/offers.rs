//! NATIVE, APP and MWEB: what the merchant's backend gets for the user, and what becomes of it.

use serde_json::{Value, json};
use wxpay_core::SignType;
use wxpay_core::messages::TradeState;
use wxpay_simulator::{Call, Fault, FaultKind, Outcome};
use wxpay_tests::{Reply, Setup, World};

use crate::api::assert_error;

const USER_IP: &str = "203.0.113.7";

fn terms(trade_type: &str) -> Value {
    json!({
        "total_fee": 500, "body": "tea", "trade_type": trade_type, "product_id": "tea-1",
        "scene_info": "{\"h5_info\":{\"type\":\"Wap\",\"wap_url\":\"https://example.com\",\"wap_name\":\"tea\"}}",
    })
}

fn asker(trade_type: &str) -> Value {
    if trade_type == "NATIVE" { json!({}) } else { json!({ "client_ip": USER_IP }) }
}

async fn offered(world: &World, no: &str, trade_type: &str) -> Reply {
    let reply = world.act(no, "pay", asker(trade_type)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.json["trade_type"], trade_type);
    reply
}

/// What the user's phone or browser does with it; the sheet it shows.
async fn open(world: &World, no: &str, offer: &Value) -> Value {
    match offer["trade_type"].as_str().unwrap() {
        "NATIVE" => world.at_wechat("scan", json!({ "code_url": offer["code_url"] })).await,
        "APP" => world.at_wechat("app", offer.clone()).await,
        _ => {
            let order = world.wechat.order(no).unwrap();
            let mweb_url = offer["mweb_url"].as_str().unwrap();
            assert!(mweb_url.contains(order.prepay_id()), "{mweb_url}");
            json!({ "ok": true, "total_fee": order.total_fee() })
        }
    }
}

#[tokio::test]
async fn a_user_pays_by_qr_code_in_an_app_and_in_a_browser() {
    for sign_type in [SignType::HmacSha256, SignType::Md5] {
        let world = World::with(Setup { sign_type, ..Setup::default() }).await;
        for trade_type in ["NATIVE", "APP", "MWEB"] {
            let no = world.create_with(terms(trade_type)).await;
            let offer = offered(&world, &no, trade_type).await.json;
            let sheet = open(&world, &no, &offer).await;
            assert_eq!((&sheet["ok"], &sheet["total_fee"]), (&json!(true), &json!(500)), "{sheet}");
            world.wechat.pay(&no, Outcome::Pay).await.unwrap();
            world.acknowledged(&no).await;
            let order = world.order(&no).await;
            assert_eq!(order.trade_state, TradeState::Success);
            assert_eq!(order.payment.unwrap().trade_type.as_deref(), Some(trade_type));
            assert_eq!(world.topics(&no).await, ["order.paid"]);
            let reply = world.act(&no, "pay", asker(trade_type)).await;
            assert_error(&reply, 409, "order_paid", None);
        }
        world.assert_books_agree().await;
    }
}

#[tokio::test]
async fn the_offer_is_what_each_way_of_paying_needs() {
    let world = World::start().await;
    let no = world.create_with(terms("NATIVE")).await;
    let offer = offered(&world, &no, "NATIVE").await.json;
    assert!(offer["code_url"].as_str().unwrap().starts_with("weixin://wxpay/bizpayurl"), "{offer}");
    assert!(offer["qr_svg"].as_str().unwrap().contains("<svg"), "{offer}");
    assert_eq!(world.wechat.order(&no).unwrap().field("spbill_create_ip"), "127.0.0.1");

    let no = world.create_with(terms("APP")).await;
    let offer = offered(&world, &no, "APP").await.json;
    let names: Vec<_> = offer.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "appid",
        "noncestr",
        "package",
        "partnerid",
        "prepayid",
        "sign",
        "timestamp",
        "trade_type",
    ];
    assert_eq!(names, expected);
    assert!(offer.as_object().unwrap().values().all(Value::is_string), "{offer}");

    let no = world.create_with(terms("MWEB")).await;
    let back = "https://shop.example.com/done?no=1&x=茶";
    let body = json!({ "client_ip": USER_IP, "redirect_url": back });
    let offer = world.act(&no, "pay", body).await.json;
    let mweb_url = offer["mweb_url"].as_str().unwrap();
    let expected = "&redirect_url=https%3A%2F%2Fshop.example.com%2Fdone%3Fno%3D1%26x%3D%E8%8C%B6";
    assert!(mweb_url.ends_with(expected), "{mweb_url}");
    assert_eq!(world.wechat.order(&no).unwrap().field("spbill_create_ip"), USER_IP);
}

/// What a customer sees on the shop's screen.
#[tokio::test]
async fn a_page_shows_the_qr_code_and_then_that_it_is_paid() {
    let world = World::start().await;
    let mut body = terms("NATIVE");
    body["body"] = json!("tea & <b>cake</b>");
    let no = world.create_with(body).await;
    let offer = offered(&world, &no, "NATIVE").await.json;
    let url = offer["page_url"].as_str().unwrap();
    let path = url.strip_prefix(&world.server.url).unwrap();
    let look = async |path: &str| world.call(reqwest::Method::GET, path, &[], "").await;
    let page = look(path).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("'none'"));
    for part in ["<svg", "¥5.00", "tea &#38; &#60;b&#62;cake", "http-equiv=\"refresh\""] {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
    let asked = world.wechat.calls(Call::OrderQuery, None);
    world.clock.step_ms(116 * 60_000);
    assert!(!look(path).await.text.contains("<svg"), "nobody can scan it any more");
    offered(&world, &no, "NATIVE").await;
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    world.acknowledged(&no).await;
    let page = look(path).await.text;
    assert!(page.contains("Paid") && !page.contains("<svg") && !page.contains("refresh"), "{page}");
    assert_eq!(world.wechat.calls(Call::OrderQuery, None), asked, "it never asks WeChat");
    let (start, key) = path.split_once("?key=").unwrap();
    for wrong in [
        start.to_owned(),
        format!("{start}?key="),
        format!("{start}?key={}", key.to_uppercase()),
        format!("{start}x?key={key}"),
        path.replace("/shop/", "/nobody/"),
    ] {
        assert_error(&look(&wrong).await, 404, "not_found", None);
    }
}

#[tokio::test]
async fn a_live_offer_is_given_again_and_a_dead_one_renewed() {
    let world = World::start().await;
    for (trade_type, field, life_s) in
        [("NATIVE", "code_url", 115 * 60), ("MWEB", "mweb_url", 240), ("APP", "prepayid", 115 * 60)]
    {
        let mut body = terms(trade_type);
        body["expire_s"] = json!(6 * 3_600);
        let no = world.create_with(body).await;
        let first = offered(&world, &no, trade_type).await.json;
        world.clock.step_ms((life_s - 1) * 1_000);
        let again = offered(&world, &no, trade_type).await.json;
        assert_eq!(again[field], first[field]);
        assert_eq!(world.wechat.calls(Call::UnifiedOrder, Some(&no)), 1, "{trade_type}");
        world.clock.step_ms(1_000);
        let renewed = offered(&world, &no, trade_type).await.json;
        assert_eq!(world.wechat.calls(Call::UnifiedOrder, Some(&no)), 2, "{trade_type}");
        open(&world, &no, &renewed).await;
        world.wechat.pay(&no, Outcome::Pay).await.unwrap();
        world.acknowledged(&no).await;
    }
    world.assert_books_agree().await;
}

#[tokio::test]
async fn what_is_missing_or_of_no_use_is_refused_and_nothing_is_sent() {
    let world = World::start().await;
    let there = json!("https://shop.example.com/done");
    for (trade_type, body, field) in [
        ("APP", json!({}), "client_ip"),
        ("MWEB", json!({}), "client_ip"),
        ("MWEB", json!({ "client_ip": "localhost" }), "client_ip"),
        ("NATIVE", json!({ "client_ip": "" }), "client_ip"),
        ("NATIVE", json!({ "redirect_url": there }), "redirect_url"),
        ("APP", json!({ "client_ip": USER_IP, "redirect_url": there }), "redirect_url"),
        ("MWEB", json!({ "client_ip": USER_IP, "redirect_url": "/done" }), "redirect_url"),
        ("MWEB", json!({ "client_ip": USER_IP, "redirect_url": "javascript:x()" }), "redirect_url"),
        ("NATIVE", json!({ "openid": "o" }), "openid"),
    ] {
        let no = world.create_with(terms(trade_type)).await;
        let before = world.order(&no).await;
        assert_error(&world.act(&no, "pay", body).await, 422, "invalid_field", Some(field));
        assert_eq!(world.order(&no).await, before);
    }
    let path = "/v1/orders/nobody-s/pay";
    let unknown = world.backend(reqwest::Method::POST, path, json!({})).await;
    assert_error(&unknown, 404, "not_found", None);
    let stranger = world.call(reqwest::Method::POST, path, &[("token", "x")], "{}").await;
    assert_error(&stranger, 401, "unauthorized", None);
    assert_eq!(world.wechat.calls(Call::UnifiedOrder, None), 0);
}

/// Each order says how it is paid.
#[tokio::test]
async fn an_order_is_paid_in_its_own_way_alone() {
    let world = World::with(Setup { refunds: true, ..Setup::default() }).await;
    let token = world.log_in("alice").await;
    let code = json!({ "auth_code": "134567890123456789" });
    for (trade_type, hint) in
        [("JSAPI", "POST /v1/pay"), ("NATIVE", "/pay"), ("APP", "/pay"), ("MWEB", "/pay")]
    {
        let no = world.create_with(terms(trade_type)).await;
        let mut wrong = vec![
            world.act(&no, "micropay", code.clone()).await,
            world.act(&no, "reverse", json!({})).await,
        ];
        wrong.push(match trade_type {
            "JSAPI" => world.act(&no, "pay", json!({})).await,
            _ => world.pay(&token, &no).await,
        });
        for reply in wrong {
            assert_error(&reply, 409, "other_trade_type", None);
            let message = reply.json["message"].as_str().unwrap();
            assert!(message.contains(trade_type) && message.contains(hint), "{message}");
        }
        assert_eq!(world.order(&no).await.revision, 1);
    }
    assert_eq!(world.wechat.calls(Call::UnifiedOrder, None), 0);
}

#[tokio::test]
async fn an_offer_that_failed_is_made_on_retry_and_paid_once() {
    for kind in [
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::Http500,
        FaultKind::Empty200,
        FaultKind::Truncate,
        FaultKind::WrongSign,
        FaultKind::NoSign,
        FaultKind::SystemError,
        FaultKind::SystemErrorApplied,
    ] {
        let world = World::start().await;
        for trade_type in ["NATIVE", "APP", "MWEB"] {
            let no = world.create_with(terms(trade_type)).await;
            world.wechat.set_fault(Fault::new(Call::UnifiedOrder, kind)).unwrap();
            let failed = world.act(&no, "pay", asker(trade_type)).await;
            assert!(failed.status >= 500, "{kind:?}: {}", failed.text);
            let offer = offered(&world, &no, trade_type).await.json;
            open(&world, &no, &offer).await;
            world.wechat.pay(&no, Outcome::Pay).await.unwrap();
            world.acknowledged(&no).await;
        }
        world.assert_books_agree().await;
    }
}

#[tokio::test]
async fn an_offer_survives_a_restart_and_its_lost_notice_is_found() {
    for trade_type in ["NATIVE", "APP", "MWEB"] {
        let world = World::with(Setup { durable: true, ..Setup::default() }).await;
        world.lose_notices();
        let no = world.create_with(terms(trade_type)).await;
        let first = offered(&world, &no, trade_type).await.json;
        let world = world.restart().await;
        let again = offered(&world, &no, trade_type).await.json;
        assert_eq!(world.wechat.calls(Call::UnifiedOrder, Some(&no)), 1);
        let field = ["code_url", "prepayid", "mweb_url"].into_iter().find(|f| first[f].is_string());
        assert_eq!(first[field.unwrap()], again[field.unwrap()]);
        world.wechat.pay(&no, Outcome::Pay).await.unwrap();
        world.pass_s(5).await;
        assert_eq!(world.order(&no).await.trade_state, TradeState::Success);
        world.assert_books_agree().await;
    }
}

#[tokio::test]
async fn the_five_minutes_of_closing_hold_for_every_type() {
    let world = World::start().await;
    for trade_type in ["NATIVE", "APP", "MWEB"] {
        let no = world.create_with(terms(trade_type)).await;
        offered(&world, &no, trade_type).await;
        assert_eq!(world.close(&no).await.status, 202);
        let late = world.act(&no, "pay", asker(trade_type)).await;
        assert_error(&late, 409, "order_closed", None);
        world.pass_s(299).await;
        assert_eq!(world.wechat.calls(Call::CloseOrder, Some(&no)), 0, "{trade_type}");
        world.pass_s(1).await;
        assert_eq!(world.wechat.calls(Call::CloseOrder, Some(&no)), 1, "{trade_type}");
        assert_eq!(world.order(&no).await.trade_state, TradeState::Closed);
    }
    world.assert_books_agree().await;
}
