//! Service-provider mode: a shop with a mini program of its own, and one in the provider's.

use reqwest::Method;
use serde_json::json;
use wxpay_core::SignType;
use wxpay_core::messages::TradeState;
use wxpay_simulator::{Call, Outcome};
use wxpay_tests::{CAKE, Setup, Shop, TEA, World};

use crate::api::assert_error;

async fn shop(shop: Shop, sign_type: SignType) -> World {
    let other = if shop.id == TEA.id { CAKE } else { TEA };
    let shops = vec![shop, other];
    World::with(Setup { shops, sign_type, refunds: true, ..Setup::default() }).await
}

#[tokio::test]
async fn a_user_pays_in_the_shops_or_in_the_providers_mini_program() {
    for sign_type in [SignType::HmacSha256, SignType::Md5] {
        for sells in [TEA, CAKE] {
            let world = shop(sells, sign_type).await;
            let (appid, _) = sells.program();
            let token = world.log_in("alice").await;
            let no = world.create(500).await;
            let args = world.pay(&token, &no).await;
            assert_eq!(args.status, 200, "{}", args.text);
            let mut sheet = args.json.clone();
            sheet["appId"] = json!(appid);
            let sheet = world.at_wechat("cashier", sheet).await;
            assert_eq!(sheet["ok"], true, "the second signature is the running program's: {sheet}");
            let placed = world.wechat.order(&no).unwrap();
            let sub = sells.sub.unwrap();
            assert_eq!(placed.field("sub_mch_id"), sub.mch_id);
            let openid = world.wechat.login(appid, "alice").unwrap().openid;
            let named = if sub.app.is_some() { "sub_openid" } else { "openid" };
            assert_eq!(placed.field(named), openid);
            world.wechat.pay(&no, Outcome::Pay).await.unwrap();
            world.acknowledged(&no).await;
            assert_eq!(world.order(&no).await.trade_state, TradeState::Success);
            world.assert_books_agree().await;
        }
    }
}

#[tokio::test]
async fn a_lost_notice_a_close_and_a_refund_name_the_shop() {
    for sells in [TEA, CAKE] {
        let world = shop(sells, SignType::HmacSha256).await;
        world.lose_notices();
        let token = world.log_in("alice").await;
        let (paid, closed) = (world.prepaid(&token, 500).await, world.prepaid(&token, 500).await);
        world.wechat.pay(&paid, Outcome::Pay).await.unwrap();
        world.pass_s(5).await;
        assert_eq!(world.order(&paid).await.trade_state, TradeState::Success);
        world.close(&closed).await;
        world.pass_s(300).await;
        assert_eq!(world.wechat.order(&closed).unwrap().trade_state(), TradeState::Closed);
        let refund = world.act(&paid, "refunds", json!({ "refund_fee": 100 })).await;
        assert!(refund.status < 300, "{}", refund.text);
        assert_eq!(world.wechat.calls(Call::Refund, Some(&paid)), 1);
        world.assert_books_agree().await;
    }
}

#[tokio::test]
async fn payment_codes_qr_codes_and_reversals_name_the_shop() {
    for sells in [TEA, CAKE] {
        let world = shop(sells, SignType::HmacSha256).await;
        let no = crate::micropay::ordered(&world).await;
        let reply = crate::micropay::charge(&world, &no, wxpay_simulator::Behaviour::Pays).await;
        crate::micropay::assert_standing(&reply, 200, "SUCCESS");
        world.pass_s(15).await;
        let reply = world.act(&no, "reverse", json!({})).await;
        crate::micropay::assert_standing(&reply, 200, "REVOKED");
        let body = json!({
            "total_fee": 500, "body": "tea", "trade_type": "NATIVE", "product_id": "7",
        });
        let no = world.create_with(body).await;
        let offer = world.act(&no, "pay", json!({})).await;
        let sheet = world.at_wechat("scan", json!({ "code_url": offer.json["code_url"] })).await;
        assert_eq!(sheet["ok"], true, "{sheet}");
        let body = json!({ "total_fee": 500, "body": "tea", "trade_type": "APP" });
        let no = world.create_with(body).await;
        let offer = world.act(&no, "pay", json!({ "client_ip": "203.0.113.7" })).await;
        let sheet = world.at_wechat("app", offer.json).await;
        assert_eq!(sheet["ok"], true, "{sheet}");
        world.assert_books_agree().await;
    }
}

/// One key signs for all of a provider's shops; what is signed for one is not believed by another.
#[tokio::test]
async fn a_notice_for_one_shop_pays_nothing_at_another() {
    let world = shop(TEA, SignType::HmacSha256).await;
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 500).await;
    let body = json!({ "total_fee": 500, "body": "cake", "out_trade_no": no });
    let taken = world.backend_of(&CAKE, Method::POST, "/v1/orders", body).await;
    assert_error(&taken, 409, "out_trade_no_used", Some("out_trade_no"));
    for (field, value) in [("sub_mch_id", CAKE.sub.unwrap().mch_id), ("sub_mch_id", "")] {
        let notice = wxpay_tests::Notice::paid(&TEA, &no, 500)
            .with("sub_appid", TEA.program().0)
            .with(field, value)
            .signed(SignType::HmacSha256, &TEA);
        let reply = world.notify(notice.xml()).await;
        assert_eq!(reply.status, 400, "{}", reply.text);
    }
    assert_eq!(world.order(&no).await.trade_state, TradeState::NotPay);
}
