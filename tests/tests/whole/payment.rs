//! From login to paid.

use serde_json::json;
use wxpay_core::messages::TradeState;
use wxpay_simulator::{Call, Outcome};
use wxpay_tests::World;

#[tokio::test]
async fn a_payment_is_on_the_books_when_the_notice_has_come() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let no = world.create(1990).await;
    let reply = world.pay(&token, &no).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    for field in ["timeStamp", "nonceStr", "package", "signType", "paySign"] {
        assert!(reply.json[field].is_string(), "{field} in {}", reply.text);
    }
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    world
        .wechat
        .wait_until(|wechat| wechat.order(&no).unwrap().notice_acknowledged())
        .await
        .unwrap();
    assert_eq!(world.order(&no).await.trade_state, TradeState::Success);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn a07_the_phone_s_word_is_only_a_reason_to_ask() {
    let world = World::start().await;
    let token = world.log_in("alice").await;
    let no = world.create(1).await;
    world.pay(&token, &no).await;
    let before = world.order(&no).await;
    let asked = world.wechat.calls(Call::OrderQuery, Some(&no));
    let body = json!({ "orderId": no, "paid": true, "errMsg": "requestPayment:ok" });
    let reply = world.phone("/v1/query", &token, body).await;
    assert_eq!(reply.json["trade_state"], "NOTPAY", "{}", reply.text);
    assert_eq!(reply.json["paid"], false);
    assert_eq!(world.order(&no).await, before);
    assert_eq!(world.wechat.calls(Call::OrderQuery, Some(&no)), asked + 1);
}
