//! NATIVE, APP and MWEB: each is placed, opened by the phone in its own way, and paid.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use serde_json::{Value, json};
use support::shop::Shop;
use support::{APPID, MCH_ID, OTHER_KEY, Order, World, assert_fields, client, identity, key};
use wxpay_core::messages::TradeType;
use wxpay_core::messages::unified_order::{self, Prepay};
use wxpay_core::{ApiKey, SignType, invoke};
use wxpay_simulator::{Call, Outcome, PayError};

const HMAC: SignType = SignType::HmacSha256;
const NOW_S: u64 = 1_767_240_000;

fn order(world: &World, trade_type: &str) -> Order {
    let order = world.order("T1").with("trade_type", trade_type).with("openid", "");
    match trade_type {
        "NATIVE" => order.with("product_id", "tea"),
        "MWEB" => order.with("scene_info", r#"{"h5_info":{"type":"Wap"}}"#),
        _ => order,
    }
}

async fn place(world: &World, order: &Order) -> Prepay {
    let reply = world.call(Call::UnifiedOrder, &order.params()).await;
    unified_order::read_reply(reply, &identity(), order.sign_type, &key()).unwrap()
}

async fn post(world: &World, path: &str, body: Value) -> Value {
    let url = format!("{}{path}", world.wechat.base_url());
    let reply = client::post(&url, "application/json", body.to_string()).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

#[tokio::test]
async fn what_a_trade_type_needs_is_asked_for() {
    let world = World::start().await;
    for (trade_type, name) in
        [("NATIVE", "product_id"), ("MWEB", "scene_info"), ("JSAPI", "openid")]
    {
        let lacking = order(&world, trade_type).with(name, "");
        let reply = world.call(Call::UnifiedOrder, &lacking.params()).await;
        assert_fields(&reply, &[("err_code", "LACK_PARAMS")]);
        assert!(reply.get("err_code_des").unwrap().ends_with(name));
    }
    assert!(world.wechat.orders().is_empty());
}

#[tokio::test]
async fn a_native_order_is_paid_by_scanning_its_code() {
    let world = World::start().await;
    let shop = Shop::start([]).await;
    let mut order = order(&world, "NATIVE");
    order.notify_url = shop.notify_url.clone();
    let prepay = place(&world, &order).await;
    let code_url = prepay.code_url.unwrap();
    assert!(code_url.starts_with("weixin://wxpay/bizpayurl?pr="));
    assert_eq!(prepay.mweb_url, None);

    let sheet = post(&world, "/sim/scan", json!({"code_url": code_url})).await;
    assert_eq!((&sheet["ok"], &sheet["total_fee"]), (&json!(true), &json!(88)));
    let page = client::get(sheet["cashier_url"].as_str().unwrap()).await.unwrap();
    assert!(page.text().contains("¥</small>0.88"));

    world.wechat.pay(&code_url, Outcome::Pay).await.unwrap();
    assert_fields(
        &world.query("T1", HMAC).await,
        &[("trade_type", "NATIVE"), ("trade_state", "SUCCESS"), ("openid", &world.alice().openid)],
    );
    world
        .wechat
        .wait_until(|world| world.order("T1").unwrap().notice_acknowledged())
        .await
        .unwrap();
    assert_fields(&shop.received()[0], &[("trade_type", "NATIVE")]);
    let again = post(&world, "/sim/scan", json!({"code_url": code_url})).await;
    assert_eq!(again["errMsg"], "该订单已支付");
}

#[tokio::test]
async fn a_code_url_lives_two_hours_and_the_same_request_brings_a_new_one() {
    let world = World::start().await;
    let order = order(&world, "NATIVE");
    let first = place(&world, &order).await.code_url.unwrap();
    assert_eq!(place(&world, &order).await.code_url.as_ref(), Some(&first));
    world.pass_s(7200);
    assert_eq!(world.wechat.pay(&first, Outcome::Pay).await, Err(PayError::PrepayExpired));
    let scanned = post(&world, "/sim/scan", json!({"code_url": first})).await;
    assert_eq!((&scanned["ok"], &scanned["errMsg"]), (&json!(false), &json!("prepay_id已过期")));
    let second = place(&world, &order).await.code_url.unwrap();
    assert_ne!(second, first);
    assert!(world.wechat.pay(&second, Outcome::Pay).await.unwrap().ok);
    let unknown = post(&world, "/sim/scan", json!({"code_url": "weixin://wxpay/x"})).await;
    assert_eq!(unknown["errMsg"], "二维码无效");
}

#[tokio::test]
async fn an_app_s_second_signature_is_checked() {
    for sign_type in [SignType::Md5, HMAC] {
        let world = World::start().await;
        let order = Order { sign_type, ..order(&world, "APP") };
        let prepay_id = place(&world, &order).await.prepay_id;
        let arguments = |mch_id: &str, sign_type, key: &ApiKey| {
            let args = invoke::app(APPID, mch_id, &prepay_id, NOW_S, "abc", sign_type, key);
            let args = args.unwrap();
            json!({
                "appid": args.appid, "partnerid": args.partnerid, "prepayid": args.prepayid,
                "package": args.package, "noncestr": args.noncestr,
                "timestamp": args.timestamp, "sign": args.sign,
            })
        };
        let right = arguments(MCH_ID, sign_type, &key());
        let sheet = post(&world, "/sim/app", right.clone()).await;
        assert_eq!(sheet["prepay_id"], json!(prepay_id), "{sheet}");

        let other_type = if sign_type == HMAC { SignType::Md5 } else { HMAC };
        let other_key = ApiKey::new(OTHER_KEY).unwrap();
        for wrong in [
            arguments(MCH_ID, other_type, &key()),
            arguments(MCH_ID, sign_type, &other_key),
            arguments("1900000002", sign_type, &key()),
        ] {
            let refused = post(&world, "/sim/app", wrong).await;
            assert_eq!(refused["errMsg"], "支付验证签名失败", "{refused}");
            assert_eq!((&refused["ok"], &refused["errCode"]), (&json!(false), &json!(-1)));
        }
        for (name, value) in
            [("package", "prepay_id=1"), ("timestamp", "soon"), ("prepayid", "wx1"), ("sign", "")]
        {
            let mut wrong = right.clone();
            wrong[name] = value.into();
            let refused = post(&world, "/sim/app", wrong).await;
            assert_eq!(refused["ok"], json!(false));
            assert!(refused["note"].as_str().unwrap().starts_with(name), "{refused}");
        }
        let path = format!("/sim/cashier/{prepay_id}");
        assert_eq!(post(&world, &path, json!({"action": "pay"})).await["ok"], json!(true));
        assert_fields(&world.query("T1", sign_type).await, &[("trade_type", "APP")]);
        let paid = post(&world, "/sim/app", right).await;
        assert_eq!(paid["errMsg"], "该订单已支付");
    }
}

#[tokio::test]
async fn a_prepay_id_opens_only_the_sheet_it_was_made_for() {
    let world = World::start().await;
    let app = place(&world, &order(&world, "APP")).await.prepay_id;
    let args = invoke::mini_program(APPID, &app, NOW_S, "abc", HMAC, &key()).unwrap();
    let refused = post(
        &world,
        "/sim/cashier",
        json!({
            "appId": args.app_id, "timeStamp": args.time_stamp, "nonceStr": args.nonce_str,
            "package": args.package, "signType": "HMAC-SHA256", "paySign": args.pay_sign,
        }),
    )
    .await;
    assert_eq!(refused["errMsg"], "requestPayment:fail 支付场景非法");
    let jsapi = world.place("T2", HMAC).await;
    let args = invoke::app(APPID, MCH_ID, &jsapi, NOW_S, "abc", HMAC, &key()).unwrap();
    let refused = post(
        &world,
        "/sim/app",
        json!({
            "appid": args.appid, "partnerid": args.partnerid, "prepayid": args.prepayid,
            "package": args.package, "noncestr": args.noncestr, "timestamp": args.timestamp,
            "sign": args.sign,
        }),
    )
    .await;
    assert_eq!(refused["errMsg"], "支付场景非法");
}

#[tokio::test]
async fn an_mweb_url_is_the_cashier_page_for_five_minutes() {
    let world = World::start().await;
    let order = order(&world, "MWEB");
    let prepay = place(&world, &order).await;
    let mweb_url = prepay.mweb_url.unwrap();
    let url = invoke::h5_url(&mweb_url, Some("https://shop.example/done?a=1&b=2"));
    let page = client::get(&url).await.unwrap();
    assert_eq!(page.status, 200);
    let html = page.text();
    let back = "redirect_url=https%3A%2F%2Fshop.example%2Fdone%3Fa%3D1%26b%3D2";
    assert!(html.contains("<form") && html.contains(back), "{html}");

    let press = format!("{}/cashier/{}?{back}", world.wechat.base_url(), prepay.prepay_id);
    let form = "application/x-www-form-urlencoded";
    let pressed = client::post(&press, form, "action=cancel").await.unwrap();
    assert!(pressed.header("location").ends_with(back), "{}", pressed.header("location"));

    world.pass_s(300);
    assert_eq!(client::get(&mweb_url).await.unwrap().status, 410);
    assert_eq!(world.wechat.pay(&mweb_url, Outcome::Pay).await, Err(PayError::PrepayExpired));
    // The same request brings it back to life.
    place(&world, &order).await;
    assert_eq!(client::get(&mweb_url).await.unwrap().status, 200);
    assert!(world.wechat.pay(&mweb_url, Outcome::Pay).await.unwrap().ok);
    let html = client::get(&url).await.unwrap().text();
    assert!(html.contains("href=\"https://shop.example/done?a=1&amp;b=2\""), "{html}");
    let unknown = format!("{}/h5?prepay_id=wx1", world.wechat.base_url());
    assert_eq!(client::get(&unknown).await.unwrap().status, 404);
    let order = world.wechat.order(&mweb_url).unwrap();
    assert_eq!(order.trade_type(), TradeType::Mweb);
}

#[tokio::test]
async fn only_pages_are_gone_back_to() {
    let world = World::start().await;
    let mweb_url = place(&world, &order(&world, "MWEB")).await.mweb_url.unwrap();
    let html = client::get(&invoke::h5_url(&mweb_url, Some("javascript:alert(1)"))).await.unwrap();
    assert!(!html.text().contains("javascript"));
}
