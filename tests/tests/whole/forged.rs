//! Notices that WeChat did not send, or not to us, or not about this order.

use reqwest::Method;
use serde_json::json;
use wxpay_core::{ApiKey, SignType};
use wxpay_simulator::{Call, Fault, FaultKind, NoticeKind, Outcome};
use wxpay_tests::{BAKERY, Notice, SHOP, SISTER, Setup, Shop, World};

use crate::scene::{FAIL, HMAC, Scene, TOTAL_FEE};

#[tokio::test]
async fn s01_a_notice_with_any_field_changed_is_refused() {
    let scene = Scene::start().await;
    let genuine = scene.notice().signed(HMAC, &SHOP);
    for name in genuine.names() {
        if name == "sign" || name == "out_trade_no" || name == "return_code" {
            continue;
        }
        let changed = format!("{}1", genuine.get(&name));
        let wrong = "sign: does not match the fields and the key";
        scene.assert_refused(genuine.clone().with(&name, &changed).xml(), 400, wrong).await;
        scene.assert_refused(genuine.clone().without(&name).xml(), 400, wrong).await;
    }
    let more = genuine.clone().with("attach", "more");
    scene.assert_refused(more.xml(), 400, "sign: does not match the fields and the key").await;
    let other = genuine.clone().with("out_trade_no", "another");
    scene.assert_refused(other.xml(), 400, "out_trade_no: no such order here").await;
    let failed = genuine.clone().with("return_code", "FAIL");
    scene.assert_refused(failed.xml(), 400, "sign: does not match the fields and the key").await;
    let odd = genuine.with("return_code", "MAYBE");
    scene.assert_refused(odd.xml(), 400, "return_code: expected one of SUCCESS, FAIL").await;
}

const MALFORMED: &str = "sign: expected 64 upper-case hex characters";
const MISMATCH: &str = "sign: does not match the fields and the key";

#[tokio::test]
async fn s02_a_notice_without_a_signature_is_refused() {
    let scene = Scene::start().await;
    let notice = scene.notice();
    scene.assert_refused(notice.xml(), 400, "sign: missing").await;
    for (signature, reason) in [("", "sign: missing"), (" ", MALFORMED), ("\t\n ", MALFORMED)] {
        scene.assert_refused(notice.clone().with("sign", signature).xml(), 400, reason).await;
    }
}

#[tokio::test]
async fn s03_a_notice_signed_with_another_key_is_refused() {
    let key = "Test0Key0Test0Key0Test0Key0TestA";
    let shop = Shop { api_key: key, ..SHOP };
    let scene = Scene::with(Setup { shops: vec![shop, BAKERY], ..Setup::default() }).await;
    let notice = scene.notice();
    for other in [BAKERY.api_key, &key.to_lowercase(), &key.to_uppercase(), &"0".repeat(32)] {
        let other = ApiKey::new(other).unwrap();
        let forged = notice.clone().with("sign", notice.sign_with(HMAC, &other).as_str());
        scene.assert_refused(forged.xml(), 400, MISMATCH).await;
    }
    // HMAC-SHA256 of the same text, with a key of no bytes.
    let forged = notice.clone().with("sign", &notice.sign_with_nothing());
    scene.assert_refused(forged.xml(), 400, MISMATCH).await;
    scene.assert_taken(notice.signed(HMAC, &shop).xml()).await;
}

#[tokio::test]
async fn s04_a_signature_in_another_form_is_refused() {
    let scene = Scene::start().await;
    let notice = scene.notice();
    let right = notice.signature(HMAC, &SHOP);
    for (signature, reason) in [
        (right.to_lowercase(), MALFORMED),
        (right[..63].to_owned(), MALFORMED),
        (format!("{right}0"), MALFORMED),
        (format!(" {right}"), MALFORMED),
        (right.replace(&right[..1], "G"), MALFORMED),
        (notice.signature(SignType::Md5, &SHOP), MALFORMED),
        ("0".repeat(64), MISMATCH),
    ] {
        let notice = notice.clone().with("sign", &signature);
        scene.assert_refused(notice.xml(), 400, reason).await;
    }
}

#[tokio::test]
async fn s05_a_signed_sign_type_other_than_the_order_s_is_refused() {
    let scene = Scene::start().await;
    for word in ["SHA1", "md5 ", "HMAC-SHA1", "hmac-sha256", "MD5"] {
        let notice = scene.notice().with("sign_type", word).signed(HMAC, &SHOP);
        let reason = "sign_type: not the algorithm this order was made with";
        scene.assert_refused(notice.xml(), 400, reason).await;
    }
    let downgraded = scene.notice().with("sign_type", "MD5").signed(SignType::Md5, &SHOP);
    scene.assert_refused(downgraded.xml(), 400, "sign: expected 64 upper-case hex").await;
}

#[tokio::test]
async fn a_genuine_notice_for_something_else_is_refused() {
    let scene = Scene::start().await;
    let notice = scene.notice();
    for (changed, reason) in [
        (notice.clone().with("appid", SISTER.appid), "appid: names another merchant"),
        (notice.clone().without("appid"), "appid: names another merchant"),
        (notice.clone().with("mch_id", BAKERY.mch_id), "mch_id: names another merchant"),
        (notice.clone().without("mch_id"), "mch_id: names another merchant"),
    ] {
        scene.assert_refused(changed.signed(HMAC, &SHOP).xml(), 400, reason).await;
    }
    for name in ["total_fee", "transaction_id", "time_end", "result_code"] {
        let notice = notice.clone().without(name).signed(HMAC, &SHOP);
        scene.assert_refused(notice.xml(), 400, &format!("{name}: missing")).await;
    }
    for name in ["return_code", "out_trade_no"] {
        let notice = notice.clone().without(name).signed(HMAC, &SHOP);
        scene.assert_refused(notice.xml(), 400, &format!("{name}: missing")).await;
    }
    for (name, value) in [("time_end", "2026-01-01"), ("out_trade_no", "a b"), ("cash_fee", "many")]
    {
        let notice = notice.clone().with(name, value).signed(HMAC, &SHOP);
        scene.assert_refused(notice.xml(), 400, &format!("{name}: expected")).await;
    }
}

#[tokio::test]
async fn m01_a_notice_of_an_amount_that_is_no_whole_number_of_fen_is_refused() {
    let scene = Scene::start().await;
    for total_fee in
        ["0", "-1", "10000.0", "1e4", "010000", "+10000", "9223372036854775808", "１００００"]
    {
        let notice = scene.notice().with("total_fee", total_fee).signed(HMAC, &SHOP);
        scene.assert_refused(notice.xml(), 400, "total_fee: expected a whole number of fen").await;
    }
}

#[tokio::test]
async fn a_notice_for_an_order_nobody_made_is_refused() {
    let scene = Scene::start().await;
    let genuine = Notice::paid(&SHOP, "nobody-made-this", 1).signed(HMAC, &SHOP);
    let reason = "out_trade_no: no such order here, but the notice is genuine";
    scene.assert_refused(genuine.xml(), 400, reason).await;
    let forged = Notice::paid(&SHOP, "nobody-made-this", 1).signed(HMAC, &BAKERY);
    scene.assert_refused(forged.xml(), 400, "out_trade_no: no such order here").await;
    assert!(!scene.logs.text().contains("genuine"));
}

#[tokio::test]
async fn a_notice_at_another_merchant_s_address_is_refused() {
    let shops = vec![SHOP, BAKERY, SISTER];
    let scene = Scene::with(Setup { shops, ..Setup::default() }).await;
    let genuine = scene.notice().signed(HMAC, &SHOP).xml();
    for shop in [BAKERY, SISTER] {
        scene.logs.clear();
        let reply = scene.world.notify_at(&shop, genuine.clone()).await;
        scene.assert_refusal(&reply, 400, "out_trade_no: no such order here").await;
    }
    for path in ["/v1/notify/nobody/pay", "/v1/notify/SHOP/pay", "/v1/notify/%73hop/pay"] {
        scene.logs.clear();
        let reply = scene.world.call(Method::POST, path, &[], genuine.clone()).await;
        scene.assert_refusal(&reply, 404, "the path names no configured merchant").await;
    }
    // SISTER has the same key: her signature is right for SHOP, and still the notice is not SHOP's.
    let sisters = scene.notice().with("appid", SISTER.appid).signed(HMAC, &SISTER);
    scene.assert_refused(sisters.xml(), 400, "appid: names another merchant").await;

    // An order of the same number at another merchant: each notice pays its own, and no other. SISTER shares SHOP's
    // mch_id, and so its numbers.
    let body = json!({ "total_fee": TOTAL_FEE, "body": "tea", "out_trade_no": scene.no });
    let made = scene.world.backend_of(&SISTER, Method::POST, "/v1/orders", body.clone()).await;
    assert_eq!((made.status, &made.json["code"]), (409, &json!("out_trade_no_used")));
    let made = scene.world.backend_of(&BAKERY, Method::POST, "/v1/orders", body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let crossed = scene.world.notify_at(&BAKERY, genuine.clone()).await;
    assert_eq!((crossed.status, crossed.text.as_str()), (400, FAIL));
    let path = format!("/v1/orders/{}", scene.no);
    let seen = scene.world.backend_of(&BAKERY, Method::GET, &path, json!(null)).await;
    assert_eq!((&seen.json["trade_state"], &seen.json["revision"]), (&json!("NOTPAY"), &json!(1)));
    scene.assert_taken(genuine).await;
}

#[tokio::test]
async fn the_simulator_s_bad_notices_are_refused_too() {
    let setup = Setup { shops: vec![SHOP, BAKERY], ..Setup::default() };
    let world = World::with(setup).await;
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, TOTAL_FEE).await;
    let before = world.order(&no).await;
    for kind in [NoticeKind::Forged, NoticeKind::OtherMerchant] {
        let reply = world.wechat.send_notice(&no, kind).await.unwrap();
        assert_eq!((reply.accepted, reply.body.as_str()), (false, FAIL), "{kind:?}");
        assert_eq!(world.order(&no).await, before, "{kind:?}");
    }
    let reply = world.wechat.send_notice(&no, NoticeKind::WrongAmount).await.unwrap();
    assert!(reply.accepted, "kept as an anomaly, so nothing is left to say");
    assert_eq!(world.order(&no).await.trade_state, before.trade_state);
    world.wechat.set_fault(Fault::new(Call::Notice, FaultKind::Double)).unwrap();
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    world.acknowledged(&no).await;
    let again = world.wechat.send_notice(&no, NoticeKind::Again).await.unwrap();
    assert!(again.accepted);
    world.assert_books_agree().await;
}
