//! What WeChat checks before it listens: method, XML, signature, fields, identity.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use support::{
    APPID, KEY, MCH_ID, NONCE, OTHER_APPID, OTHER_KEY, SECRET, World, assert_fields, client, key,
    signed,
};
use wxpay_core::{Params, SignType, verify, xml};
use wxpay_simulator::Call;

const HMAC: SignType = SignType::HmacSha256;

#[tokio::test]
async fn only_a_post_of_strict_xml_is_read() {
    let world = World::start().await;
    let url = world.url(Call::OrderQuery);
    let large = format!("<xml><a>{}</a></xml>", "x".repeat(xml::MAX_BYTES));
    for (method, body, return_msg) in [
        ("GET", "", "REQUIRE_POST_METHOD"),
        ("POST", "", "POST_DATA_EMPTY"),
        ("POST", "<xml><a>1</a>", "XML_FORMAT_ERROR"),
        ("POST", "<root><a>1</a></root>", "XML_FORMAT_ERROR"),
        ("POST", r#"{"a":1}"#, "XML_FORMAT_ERROR"),
        ("POST", "<!DOCTYPE xml><xml><a>1</a></xml>", "XML_FORMAT_ERROR"),
        ("POST", "<xml><a>1</a><a>1</a></xml>", "XML_FORMAT_ERROR"),
        ("POST", large.as_str(), "XML_FORMAT_ERROR"),
    ] {
        let reply = client::send(method, &url, "text/xml", body.into()).await.unwrap();
        let fields = xml::from_xml(&reply.body).unwrap();
        assert_fields(&fields, &[("return_code", "FAIL"), ("return_msg", return_msg)]);
        assert_eq!(fields.len(), 2, "a refusal of this kind carries no signature");
    }
    let reply = client::post(&url, "text/xml", b"<xml><a>\xb2\xe8</a></xml>".to_vec()).await;
    let fields = xml::from_xml(&reply.unwrap().body).unwrap();
    assert_fields(&fields, &[("return_msg", "NOT_UTF8")]);
    let huge = client::post(&url, "text/xml", vec![b'x'; 70_000]).await.unwrap();
    assert_eq!(huge.status, 413);
}

#[tokio::test]
async fn a_wrong_signature_is_refused_and_explained_in_the_log() {
    let world = World::start().await;
    let order = world.order("T1");
    let mut late = signed(without(&order.unsigned(), "sign_type"), HMAC, KEY);
    late.set("sign_type", "HMAC-SHA256").unwrap();
    let right = order.params();
    let mut lower = right.clone();
    lower.set("sign", &right.get("sign").unwrap().to_lowercase()).unwrap();
    let mut changed = right.clone();
    changed.set("total_fee", "1").unwrap();
    // MD5 over the joined fields alone, as any md5 tool gives it.
    let mut no_key =
        Params::from_pairs([("appid", APPID), ("mch_id", MCH_ID), ("nonce_str", NONCE)]).unwrap();
    no_key.insert("sign", "61D0DB5C96B1148CFF2FF51A0FDB6DB6").unwrap();
    for (request, why) in [
        (order.unsigned(), "missing"),
        (no_key, "(B8)"),
        (lower, "(D1)"),
        (signed(order.unsigned(), SignType::Md5, KEY), "(D3): MD5"),
        (late, "(E9)"),
        (signed(order.unsigned(), HMAC, SECRET), "(A2)"),
        (signed(order.unsigned(), HMAC, OTHER_KEY), "(A1): 1900000002"),
        (signed(order.unsigned(), HMAC, &"0".repeat(32)), "no known mistake"),
        (changed, "no known mistake"),
    ] {
        let reply = world.call(Call::UnifiedOrder, &request).await;
        assert_fields(&reply, &[("return_code", "FAIL"), ("return_msg", "签名错误")]);
        assert_eq!(reply.get("sign"), None);
        assert!(world.last_note().contains(why), "{why}: {}", world.last_note());
    }
    assert!(world.wechat.orders().is_empty());
}

#[tokio::test]
async fn a_request_without_sign_type_is_md5() {
    let world = World::start().await;
    let request = without(&world.order("T1").unsigned(), "sign_type");
    let reply = world.call(Call::UnifiedOrder, &signed(request.clone(), SignType::Md5, KEY)).await;
    assert_fields(&reply, &[("result_code", "SUCCESS")]);
    assert_ne!(reply.get("nonce_str"), Some(NONCE), "the reply has its own nonce");
    verify(reply, SignType::Md5, &key()).unwrap();
    let reply = world.call(Call::UnifiedOrder, &signed(request, HMAC, KEY)).await;
    assert_fields(&reply, &[("return_msg", "签名错误")]);
    assert!(world.last_note().contains("(D3): HMAC-SHA256"), "{}", world.last_note());
}

#[tokio::test]
async fn the_reply_says_what_the_log_says() {
    let world = World::start().await;
    let body = xml::to_xml(&signed(world.order("T1").unsigned(), HMAC, OTHER_KEY)).unwrap();
    let reply = client::post(&world.url(Call::UnifiedOrder), "text/xml", body).await.unwrap();
    assert_eq!(reply.header("wxpay-simulator-note"), world.last_note());
    let log = format!("{:?}", world.wechat.messages(0));
    assert!(!log.contains(KEY) && !log.contains(SECRET));
}

#[tokio::test]
async fn missing_and_malformed_fields_are_named() {
    let world = World::start().await;
    for (name, value, code) in [
        ("body", "", "LACK_PARAMS"),
        ("out_trade_no", "", "LACK_PARAMS"),
        ("total_fee", "", "LACK_PARAMS"),
        ("spbill_create_ip", "", "LACK_PARAMS"),
        ("notify_url", "", "LACK_PARAMS"),
        ("openid", "", "LACK_PARAMS"),
        ("total_fee", "0", "PARAM_ERROR"),
        ("total_fee", "0.88", "PARAM_ERROR"),
        ("total_fee", "088", "PARAM_ERROR"),
        ("out_trade_no", "订单1", "PARAM_ERROR"),
        ("notify_url", "https://shop.example/n?a=1", "PARAM_ERROR"),
        ("spbill_create_ip", "localhost", "PARAM_ERROR"),
        ("trade_type", "MICROPAY", "PARAM_ERROR"),
        ("fee_type", "USD", "PARAM_ERROR"),
        ("time_expire", "2026-01-01", "PARAM_ERROR"),
    ] {
        let request = world.order("T1").with(name, value).params();
        let reply = world.call(Call::UnifiedOrder, &request).await;
        assert_fields(&reply, &[("result_code", "FAIL"), ("err_code", code)]);
        assert!(reply.get("err_code_des").unwrap().ends_with(name), "{name}");
        verify(reply, HMAC, &key()).unwrap();
    }
    assert!(world.wechat.orders().is_empty());
}

#[tokio::test]
async fn without_the_common_fields_nothing_is_signed() {
    let world = World::start().await;
    for (name, value, return_msg) in [
        ("mch_id", "", "缺少参数"),
        ("appid", "", "缺少参数"),
        ("nonce_str", "", "缺少参数"),
        ("nonce_str", "not-alphanumeric", "参数格式校验错误"),
        ("sign_type", "SHA1", "参数格式校验错误"),
        ("mch_id", "1999999999", "MCHID_NOT_EXIST"),
    ] {
        let request = world.order("T1").with(name, value).unsigned();
        // Without sign_type the algorithm is MD5, but no case here leaves it out.
        let reply = world.call(Call::UnifiedOrder, &signed(request, HMAC, KEY)).await;
        assert_fields(&reply, &[("return_code", "FAIL"), ("return_msg", return_msg)]);
        assert_eq!(reply.len(), 2);
        assert!(world.last_note().contains(name), "{}", world.last_note());
    }
}

#[tokio::test]
async fn appid_must_be_known_and_bound_to_the_merchant() {
    let world = World::start().await;
    for (appid, code) in
        [("wx00000000000000ff", "APPID_NOT_EXIST"), (OTHER_APPID, "APPID_MCHID_NOT_MATCH")]
    {
        let reply =
            world.call(Call::UnifiedOrder, &world.order("T1").with("appid", appid).params()).await;
        assert_fields(&reply, &[("result_code", "FAIL"), ("err_code", code)]);
        verify(reply, HMAC, &key()).unwrap();
    }
}

#[tokio::test]
async fn openid_must_belong_to_the_appid() {
    let world = World::start().await;
    let foreign = world.wechat.login(OTHER_APPID, "alice").unwrap().openid;
    for openid in [foreign.as_str(), "oNobody"] {
        let reply = world
            .call(Call::UnifiedOrder, &world.order("T1").with("openid", openid).params())
            .await;
        assert_fields(&reply, &[("err_code", "PARAM_ERROR")]);
        assert_eq!(reply.get("err_code_des"), Some("appid和openid不匹配"));
    }
}

#[tokio::test]
async fn a_query_needs_a_number() {
    let world = World::start().await;
    let fields = [("appid", APPID), ("mch_id", MCH_ID), ("nonce_str", NONCE)];
    let request = signed(Params::from_pairs(fields).unwrap(), SignType::Md5, KEY);
    for call in [Call::OrderQuery, Call::CloseOrder] {
        let reply = world.call(call, &request).await;
        assert_fields(&reply, &[("err_code", "LACK_PARAMS")]);
    }
}

#[tokio::test]
async fn other_paths_are_not_there() {
    let world = World::start().await;
    let url = format!("{}/pay/nothing", world.wechat.base_url());
    assert_eq!(client::post(&url, "text/xml", "<xml></xml>").await.unwrap().status, 404);
}

fn without(params: &Params, name: &str) -> Params {
    let mut params = params.clone();
    params.remove(name);
    params
}
