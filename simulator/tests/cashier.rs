//! The cashier page, as a browser without scripts uses it.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod support;

use support::{World, client, fen};
use wxpay_core::SignType;

const FORM: &str = "application/x-www-form-urlencoded";

async fn page(world: &World, path: &str) -> String {
    let reply = client::get(&format!("{}{path}", world.wechat.base_url())).await.unwrap();
    assert_eq!((reply.status, reply.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(reply.header("content-security-policy").starts_with("default-src 'none'"));
    let html = reply.text();
    assert!(!html.contains("{{"));
    html
}

/// Presses a button and gives where the browser is sent.
async fn press(world: &World, path: &str, form: &str) -> String {
    let url = format!("{}{path}", world.wechat.base_url());
    let reply = client::post(&url, FORM, form).await.unwrap();
    assert_eq!(reply.status, 303, "{}", reply.text());
    reply.header("location").to_owned()
}

#[tokio::test]
async fn the_page_shows_what_is_to_be_paid_without_trusting_it() {
    let world = World::start().await;
    let path = format!("/cashier/{}", world.place("T1", SignType::Md5).await);
    let html = page(&world, &path).await;
    assert!(html.contains("<small>¥</small>0.88"));
    assert!(html.contains("Corner shop-tea &amp; 茶 &lt;hot&gt;"));
    assert!(html.contains("lang=\"en\"") && html.contains(">Pay ¥0.88<"));
    assert!(!html.contains("<script"));
    let chinese = page(&world, &format!("{path}?lang=zh")).await;
    assert!(chinese.contains("<html lang=\"zh\">") && chinese.contains(">支付 ¥0.88<"));
}

#[tokio::test]
async fn the_buttons_work() {
    let world = World::start().await;
    let path = format!("/cashier/{}", world.place("T1", SignType::Md5).await);
    for (action, words) in [("fail", "The balance is too low"), ("cancel", "Cancelled")] {
        let location = press(&world, &format!("{path}?lang=en"), &format!("action={action}")).await;
        let html = page(&world, &location).await;
        assert!(html.contains(words) && html.contains("value=\"pay\""));
    }
    assert!(world.wechat.ledger().is_empty());
    let location = press(&world, &format!("{path}?lang=zh"), "action=pay&coupon_fee=8").await;
    let html = page(&world, &location).await;
    assert!(html.contains("支付成功") && !html.contains("<form"));
    assert_eq!(world.wechat.ledger().first().unwrap().total_fee, fen(88));
    assert_eq!(world.query("T1", SignType::Md5).await.get("coupon_fee"), Some("8"));
    // Loading the page again, or pressing once more in an old tab, moves nothing.
    press(&world, &path, "action=pay").await;
    assert_eq!(world.wechat.ledger().len(), 1);
}

#[tokio::test]
async fn an_order_that_is_over_has_no_buttons() {
    let world = World::start().await;
    let closed = format!("/cashier/{}", world.place("T1", SignType::HmacSha256).await);
    let order = world.order("T2").with("time_expire", "20260101120200");
    let expired = format!("/cashier/{}", world.place_order(&order).await);
    let old = format!("/cashier/{}", world.place("T3", SignType::HmacSha256).await);
    world.pass_s(300);
    world.close("T1").await;
    assert!(page(&world, &expired).await.contains("The order has expired"));
    world.pass_s(7200);
    for (path, words) in [(closed, "The order is closed"), (old, "This payment has expired")] {
        let html = page(&world, &path).await;
        assert!(html.contains(words) && !html.contains("<form"), "{words}");
        press(&world, &path, "action=pay").await;
    }
    assert!(world.wechat.ledger().is_empty());
}

#[tokio::test]
async fn what_is_wrong_is_told() {
    let world = World::start().await;
    let base = world.wechat.base_url();
    let prepay_id = world.place("T1", SignType::Md5).await;
    for (method, path, form, status) in [
        ("GET", "/cashier/wx1".to_owned(), "", 404),
        ("POST", "/cashier/wx1".to_owned(), "action=pay", 404),
        ("POST", format!("/cashier/{prepay_id}"), "action=steal", 400),
        ("POST", format!("/cashier/{prepay_id}"), "action=pay&coupon_fee=88", 400),
        ("PUT", format!("/cashier/{prepay_id}"), "", 405),
    ] {
        let reply =
            client::send(method, &format!("{base}{path}"), FORM, form.into()).await.unwrap();
        assert_eq!(reply.status, status, "{method} {path} {form}");
    }
    assert!(world.wechat.ledger().is_empty());
}

#[tokio::test]
async fn the_start_page_leads_to_every_order_s_cashier() {
    let world = World::start().await;
    assert!(page(&world, "/").await.contains("No order yet"));
    let prepay_id = world.place("T1", SignType::Md5).await;
    let html = page(&world, "/").await;
    assert!(html.contains(&format!("href=\"/cashier/{prepay_id}?lang=en\"")));
    assert!(html.contains("¥0.88") && html.contains(">NOTPAY<"));
    assert!(page(&world, "/?lang=zh").await.contains("微信支付模拟器"));
}
