//! authcodetoopenid, shorturl and report.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod support;

use support::scanner::{HMAC, charge, send};
use support::{
    APPID, KEY, MCH_ID, NONCE, OTHER_APPID, OTHER_KEY, OTHER_MCH_ID, World, assert_fields,
    identity, key, signed,
};
use wxpay_core::messages::report::{self, Reported, State};
use wxpay_core::messages::{Identity, auth_code_to_openid, short_url};
use wxpay_core::{ApiKey, Params, SignType, invoke};
use wxpay_simulator::{Behaviour, Call};

async fn whose(world: &World, code: &str) -> Params {
    let request = auth_code_to_openid::request(code, &identity(), NONCE, HMAC, &key()).unwrap();
    world.call(Call::AuthCodeToOpenid, &request).await
}

#[tokio::test]
async fn a_code_names_its_user_and_is_then_this_merchant_s() {
    let world = World::start().await;
    let code = world.wechat.auth_code("alice", Behaviour::Pays);
    for _ in 0..2 {
        let reply = whose(&world, &code).await;
        let payer = auth_code_to_openid::read_reply(reply, &identity(), HMAC, &key()).unwrap();
        assert_eq!((payer.openid, payer.sub_openid), (world.alice().openid, None));
    }
    let other = Identity::direct(OTHER_APPID, OTHER_MCH_ID);
    let other_key = ApiKey::new(OTHER_KEY).unwrap();
    let request = charge("M1", &code).to_params(&other, NONCE, HMAC, &other_key).unwrap();
    let reply = world.call(Call::Micropay, &request).await;
    assert_fields(&reply, &[("err_code", "AUTH_CODE_ERROR")]);
    assert_fields(&send(&world, &charge("M1", &code)).await, &[("result_code", "SUCCESS")]);
    assert_fields(&whose(&world, &code).await, &[("err_code", "AUTH_CODE_ERROR")]);
}

#[tokio::test]
async fn a_code_that_cannot_be_charged_names_nobody() {
    let world = World::start().await;
    let old = world.wechat.auth_code("alice", Behaviour::Pays);
    world.pass_s(60);
    let fresh = |behaviour| world.wechat.auth_code("alice", behaviour);
    for (code, err_code) in [
        (old, "AUTHCODEEXPIRE"),
        (fresh(Behaviour::Expired), "AUTHCODEEXPIRE"),
        (fresh(Behaviour::Invalid), "AUTH_CODE_INVALID"),
        (fresh(Behaviour::Used), "AUTH_CODE_ERROR"),
        ("134567890123456789".into(), "AUTH_CODE_INVALID"),
    ] {
        let reply = whose(&world, &code).await;
        assert_fields(&reply, &[("result_code", "FAIL"), ("err_code", err_code)]);
        assert_eq!(reply.get("openid"), None);
    }
}

#[tokio::test]
async fn a_static_link_gets_one_short_url() {
    let world = World::start().await;
    let ask = async |long_url: &str| {
        let request = short_url::request(long_url, &identity(), NONCE, HMAC, &key()).unwrap();
        world.call(Call::ShortUrl, &request).await
    };
    let link = |product: &str| {
        invoke::native_link(APPID, MCH_ID, product, 1_767_240_000, NONCE, HMAC, &key()).unwrap()
    };
    let read = |reply| short_url::read_reply(reply, &identity(), HMAC, &key()).unwrap();
    let tea = read(ask(&link("tea")).await);
    assert!(tea.starts_with("weixin://wxpay/s/"));
    assert_eq!(read(ask(&link("tea")).await), tea);
    assert_ne!(read(ask(&link("cake")).await), tea);
    assert_fields(&ask("https://shop.example").await, &[("err_code", "PARAM_ERROR")]);

    // Signed raw, sent percent-encoded.
    let raw = link("tea");
    let mut request = short_url::request(&raw, &identity(), NONCE, HMAC, &key()).unwrap();
    let encoded: String = form_urlencoded::byte_serialize(raw.as_bytes()).collect();
    request.set("long_url", &encoded).unwrap();
    assert_eq!(read(world.call(Call::ShortUrl, &request).await), tea);
}

#[tokio::test]
async fn a_report_is_taken_without_a_signature_in_return() {
    let world = World::start().await;
    let trade = Reported {
        out_trade_no: "T1".into(),
        begin_time: 1_767_240_000,
        end_time: 1_767_240_001,
        state: State::Ok,
        err_msg: None,
    };
    let url = "https://api.mch.weixin.qq.com/pay/batchreport/micropay/total";
    let request =
        report::request(url, "203.0.113.7", &[trade], &identity(), NONCE, HMAC, &key()).unwrap();
    let reply = world.call(Call::Report, &request).await;
    report::read_reply(&reply).unwrap();
    assert_eq!(reply.len(), 3, "{reply:?}");

    let older = Params::from_pairs([
        ("appid", APPID),
        ("mch_id", MCH_ID),
        ("nonce_str", NONCE),
        ("interface_url", url),
        ("execute_time_", "120"),
        ("return_code", "SUCCESS"),
        ("result_code", "SUCCESS"),
        ("user_ip", "203.0.113.7"),
    ])
    .unwrap();
    let reply = world.call(Call::Report, &signed(older.clone(), SignType::Md5, KEY)).await;
    report::read_reply(&reply).unwrap();
    let reply = world.call(Call::Report, &signed(older.clone(), SignType::Md5, OTHER_KEY)).await;
    assert_fields(&reply, &[("return_code", "FAIL"), ("return_msg", "签名错误")]);
    let mut lacking = older;
    lacking.remove("user_ip");
    let reply = world.call(Call::Report, &signed(lacking, SignType::Md5, KEY)).await;
    assert_fields(&reply, &[("result_code", "FAIL"), ("err_code", "LACK_PARAMS")]);
    report::read_reply(&reply).unwrap_err();
}
