//! The life of an order: placed, let in again, asked about, paid, closed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use support::{
    APPID, KEY, MCH_ID, NONCE, OTHER_APPID, OTHER_KEY, OTHER_MCH_ID, World, assert_fields, fen,
    identity, key, signed,
};
use wxpay_core::messages::TradeState;
use wxpay_core::messages::order_query::{self, Found};
use wxpay_core::{Params, SignType, verify};
use wxpay_simulator::{Call, Outcome, PayError};

const HMAC: SignType = SignType::HmacSha256;

#[tokio::test]
async fn an_order_is_placed_asked_about_and_paid() {
    for sign_type in [SignType::Md5, HMAC] {
        let world = World::start().await;
        let prepay_id = world.place("T20260101", sign_type).await;
        assert!(prepay_id.starts_with("wx20260101120000"));

        let reply = world.query("T20260101", sign_type).await;
        assert_eq!(reply.get("attach"), Some(""), "attach is there though empty");
        assert_eq!(reply.get("total_fee"), None);
        let found = order_query::read_reply(reply, "T20260101", &identity(), sign_type, &key());
        assert_eq!(found.unwrap(), Found::Unpaid(TradeState::NotPay));

        world.pass_s(7);
        let paid = world.wechat.pay(&prepay_id, Outcome::Pay).await.unwrap();
        assert_eq!((paid.ok, paid.err_msg.as_str()), (true, "requestPayment:ok"));

        let reply = world.query("T20260101", sign_type).await;
        assert_fields(&reply, &[("time_end", "20260101120007"), ("cash_fee", "88")]);
        let found = order_query::read_reply(reply, "T20260101", &identity(), sign_type, &key());
        let Found::Paid(TradeState::Success, trade) = found.unwrap() else {
            panic!("it is paid");
        };
        assert_eq!(trade.total_fee, fen(88));
        assert_eq!(trade.openid, Some(world.alice().openid));
        assert_eq!(trade.transaction_id.len(), 28);
        let ledger = world.wechat.ledger();
        assert_eq!(ledger.len(), 1);
        assert_eq!(ledger[0].transaction_id, trade.transaction_id);
        assert_eq!((ledger[0].total_fee, ledger[0].out_trade_no.as_str()), (fen(88), "T20260101"));
    }
}

#[tokio::test]
async fn a_paid_order_is_found_by_transaction_id_which_wins() {
    let world = World::start().await;
    world.place("T1", HMAC).await;
    world.place("T2", HMAC).await;
    world.wechat.pay("T1", Outcome::Pay).await.unwrap();
    let transaction_id = world.wechat.ledger()[0].transaction_id.clone();
    let request = Params::from_pairs([
        ("appid", APPID),
        ("mch_id", MCH_ID),
        ("nonce_str", NONCE),
        ("out_trade_no", "T2"),
        ("transaction_id", &transaction_id),
    ])
    .unwrap();
    let reply = world.call(Call::OrderQuery, &signed(request, SignType::Md5, KEY)).await;
    assert_fields(&reply, &[("out_trade_no", "T1"), ("trade_state", "SUCCESS")]);
}

#[tokio::test]
async fn a_coupon_pays_a_part() {
    let world = World::start().await;
    world.place("T1", HMAC).await;
    let with_coupon = |fee| Outcome::PayWithCoupon { coupon_fee: fen(fee) };
    for fee in [0, 88, 89] {
        assert_eq!(world.wechat.pay("T1", with_coupon(fee)).await, Err(PayError::BadCoupon));
    }
    world.wechat.pay("T1", with_coupon(30)).await.unwrap();
    let reply = world.query("T1", HMAC).await;
    assert_fields(
        &reply,
        &[
            ("total_fee", "88"),
            ("cash_fee", "58"),
            ("settlement_total_fee", "58"),
            ("coupon_fee", "30"),
            ("coupon_count", "1"),
            ("coupon_fee_0", "30"),
        ],
    );
    let found = order_query::read_reply(reply, "T1", &identity(), HMAC, &key()).unwrap();
    let Found::Paid(_, trade) = found else { panic!("it is paid") };
    assert_eq!(trade.coupons.len(), 1);
    assert_eq!(world.wechat.ledger()[0].total_fee, fen(88));
}

#[tokio::test]
async fn failing_and_cancelling_leave_the_order_unpaid() {
    let world = World::start().await;
    let prepay_id = world.place("T1", HMAC).await;
    for (outcome, words) in [
        (Outcome::Fail, "requestPayment:fail 余额不足"),
        (Outcome::Cancel, "requestPayment:fail cancel"),
    ] {
        let reply = world.wechat.pay(&prepay_id, outcome).await.unwrap();
        assert_eq!((reply.ok, reply.err_msg.as_str()), (false, words));
        assert_eq!(reply.trade_state, TradeState::NotPay);
    }
    assert!(world.wechat.ledger().is_empty());
    world.wechat.pay(&prepay_id, Outcome::Pay).await.unwrap();
    assert_eq!(world.wechat.pay(&prepay_id, Outcome::Pay).await, Err(PayError::Paid));
    assert_eq!(world.wechat.ledger().len(), 1);
}

#[tokio::test]
async fn the_same_request_again_gives_the_same_prepay_id_for_two_hours() {
    let world = World::start().await;
    let order = world.order("T1");
    let first = world.place_order(&order).await;
    let other_nonce = order.clone().with("nonce_str", "anotherNonce");
    assert_eq!(world.place_order(&other_nonce).await, first);
    world.pass_s(2 * 3600 - 1);
    assert_eq!(world.place_order(&order).await, first);
    world.pass_s(1);
    assert_eq!(world.wechat.pay(&first, Outcome::Pay).await, Err(PayError::PrepayExpired));
    let second = world.place_order(&order).await;
    assert_ne!(second, first);
    assert_eq!(world.wechat.pay(&first, Outcome::Pay).await, Err(PayError::PrepayExpired));
    assert!(world.wechat.pay(&second, Outcome::Pay).await.unwrap().ok);
}

#[tokio::test]
async fn the_same_number_with_anything_else_changed_is_refused() {
    let world = World::start().await;
    let order = world.order("T1");
    world.place_order(&order).await;
    let bob = world.wechat.login(APPID, "bob").unwrap().openid;
    let other_sign_type = support::Order { sign_type: SignType::Md5, ..order.clone() };
    for changed in [
        order.clone().with("total_fee", "89"),
        order.clone().with("body", "something else"),
        order.clone().with("openid", bob),
        order.clone().with("trade_type", "APP"),
        order.clone().with("attach", "added"),
        order.clone().with("spbill_create_ip", "203.0.113.8"),
        other_sign_type,
    ] {
        let reply = world.call(Call::UnifiedOrder, &changed.params()).await;
        assert_fields(&reply, &[("result_code", "FAIL"), ("err_code", "INVALID_REQUEST")]);
        assert!(reply.get("err_code_des").unwrap().starts_with("201 商户订单号重复"));
        verify(reply, changed.sign_type, &key()).unwrap();
    }
    assert_eq!(world.wechat.orders().len(), 1);
}

#[tokio::test]
async fn a_paid_or_closed_order_is_not_let_in_again() {
    let world = World::start().await;
    let (paid, closed) = (world.order("T1"), world.order("T2"));
    world.place_order(&paid).await;
    world.place_order(&closed).await;
    world.wechat.pay("T1", Outcome::Pay).await.unwrap();
    world.pass_s(300);
    assert_fields(&world.close("T2").await, &[("result_code", "SUCCESS"), ("result_msg", "OK")]);
    for (order, code) in [(paid, "ORDERPAID"), (closed, "ORDERCLOSED")] {
        let reply = world.call(Call::UnifiedOrder, &order.params()).await;
        assert_fields(&reply, &[("result_code", "FAIL"), ("err_code", code)]);
    }
}

#[tokio::test]
async fn an_order_can_be_closed_after_five_minutes_and_then_not_paid() {
    let world = World::start().await;
    let prepay_id = world.place("T1", HMAC).await;
    world.pass_s(299);
    assert_fields(&world.close("T1").await, &[("err_code", "TRADE_STATE_ERROR")]);
    world.pass_s(1);
    assert_fields(&world.close("T1").await, &[("result_code", "SUCCESS")]);
    assert_fields(&world.close("T1").await, &[("err_code", "ORDERCLOSED")]);
    assert_fields(&world.query("T1", HMAC).await, &[("trade_state", "CLOSED")]);
    assert_eq!(world.wechat.pay(&prepay_id, Outcome::Pay).await, Err(PayError::Closed));
    assert!(world.wechat.ledger().is_empty());
}

#[tokio::test]
async fn a_paid_or_unknown_order_cannot_be_closed() {
    let world = World::start().await;
    world.place("T1", HMAC).await;
    world.wechat.pay("T1", Outcome::Pay).await.unwrap();
    world.pass_s(300);
    assert_fields(&world.close("T1").await, &[("err_code", "ORDERPAID")]);
    assert_fields(&world.close("T9").await, &[("err_code", "ORDERNOTEXIST")]);
    assert_fields(&world.query("T1", HMAC).await, &[("trade_state", "SUCCESS")]);
}

#[tokio::test]
async fn an_unpaid_order_closes_by_itself_after_seven_days() {
    let world = World::start().await;
    let order = world.order("T1");
    world.place_order(&order).await;
    world.place("T2", HMAC).await;
    world.wechat.pay("T2", Outcome::Pay).await.unwrap();
    world.pass_s(7 * 86_400 - 1);
    assert_fields(&world.query("T1", HMAC).await, &[("trade_state", "NOTPAY")]);
    world.pass_s(1);
    assert_fields(&world.query("T1", HMAC).await, &[("trade_state", "CLOSED")]);
    assert_fields(&world.query("T2", HMAC).await, &[("trade_state", "SUCCESS")]);
    let reply = world.call(Call::UnifiedOrder, &order.params()).await;
    assert_fields(&reply, &[("err_code", "ORDERCLOSED")]);
}

#[tokio::test]
async fn time_expire_leaves_a_minute_at_least_and_is_kept() {
    let world = World::start().await;
    let too_soon = world.order("T1").with("time_expire", "20260101120059");
    let reply = world.call(Call::UnifiedOrder, &too_soon.params()).await;
    assert_fields(&reply, &[("result_code", "FAIL"), ("err_code", "INVALID_REQUEST")]);
    assert_fields(&world.query("T1", HMAC).await, &[("err_code", "ORDERNOTEXIST")]);

    let order = world.order("T1").with("time_expire", "20260101120100");
    let prepay_id = world.place_order(&order).await;
    let later = world.order("T1").with("time_expire", "20260101120200");
    let reply = world.call(Call::UnifiedOrder, &later.params()).await;
    assert_fields(&reply, &[("err_code", "INVALID_REQUEST")]);
    world.pass_s(60);
    assert_eq!(world.wechat.pay(&prepay_id, Outcome::Pay).await, Err(PayError::OrderExpired));
    assert_fields(&world.query("T1", HMAC).await, &[("trade_state", "NOTPAY")]);
}

#[tokio::test]
async fn the_number_belongs_to_the_merchant() {
    let world = World::start().await;
    world.place("T1", HMAC).await;
    let request = Params::from_pairs([
        ("appid", OTHER_APPID),
        ("mch_id", OTHER_MCH_ID),
        ("nonce_str", NONCE),
        ("out_trade_no", "T1"),
    ])
    .unwrap();
    let reply = world.call(Call::OrderQuery, &signed(request, SignType::Md5, OTHER_KEY)).await;
    assert_fields(&reply, &[("err_code", "ORDERNOTEXIST"), ("mch_id", OTHER_MCH_ID)]);

    world.wechat.pay("T1", Outcome::Pay).await.unwrap();
    let request = Params::from_pairs([
        ("appid", OTHER_APPID),
        ("mch_id", OTHER_MCH_ID),
        ("nonce_str", NONCE),
        ("transaction_id", &world.wechat.ledger()[0].transaction_id),
    ])
    .unwrap();
    let reply = world.call(Call::OrderQuery, &signed(request, SignType::Md5, OTHER_KEY)).await;
    assert_fields(&reply, &[("err_code", "ORDERNOTEXIST")]);
}

#[tokio::test]
async fn other_trade_types_give_what_their_clients_need() {
    let world = World::start().await;
    let native = world.order("T1").with("trade_type", "NATIVE").with("product_id", "tea");
    let reply = world.call(Call::UnifiedOrder, &native.params()).await;
    assert!(reply.get("code_url").unwrap().starts_with("weixin://wxpay/bizpayurl?pr="));
    let again = world.call(Call::UnifiedOrder, &native.params()).await;
    assert_eq!(again.get("code_url"), reply.get("code_url"));
    let scene = r#"{"h5_info":{"type":"Wap","wap_url":"https://shop.example","wap_name":"shop"}}"#;
    let mweb = world.order("T2").with("trade_type", "MWEB").with("scene_info", scene);
    let reply = world.call(Call::UnifiedOrder, &mweb.params()).await;
    let page = support::client::get(reply.get("mweb_url").unwrap()).await.unwrap();
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Corner shop"));
}

#[tokio::test]
async fn what_was_sent_comes_back() {
    let world = World::start().await;
    let order = world.order("T1").with("attach", "a & b ]]> c").with("device_info", "till 3");
    let reply = world.call(Call::UnifiedOrder, &order.params()).await;
    assert_fields(&reply, &[("device_info", "till 3"), ("trade_type", "JSAPI")]);
    world.wechat.pay("T1", Outcome::Pay).await.unwrap();
    let reply = world.query("T1", HMAC).await;
    assert_fields(&reply, &[("attach", "a & b ]]> c"), ("device_info", "till 3")]);
    verify(reply, HMAC, &key()).unwrap();
}

#[tokio::test]
async fn one_seed_repeats_a_run() {
    let run = |seed| async move {
        let world = World::start_with(|config| config.seed = seed).await;
        let prepay_id = world.place("T1", HMAC).await;
        world.wechat.pay("T1", Outcome::Pay).await.unwrap();
        (prepay_id, world.alice().code, world.wechat.ledger())
    };
    assert_eq!(run(5).await, run(5).await);
    assert_ne!(run(5).await, run(6).await);
}
