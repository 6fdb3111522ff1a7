//! Replies: what is believed, whose they are, and what a refusal of unifiedorder asks for.

use wxpay_core::messages::close_order::{self, Closing};
use wxpay_core::messages::reply::{self, ReplyError};
use wxpay_core::messages::unified_order::{self, Prepay, Refusal, refusal};
use wxpay_core::messages::{ErrCode, Identity, OtherMerchantError};
use wxpay_core::xml::from_xml;
use wxpay_core::{ApiKey, Params, SignType, VerifyError};

use super::support::{self, APPID, BOTH, MCH_ID, identity, key, params};

const PREPAY_ID: &str = "wx02093015000000abcdef0123456789";

pub fn signed(more: &[(&str, &str)]) -> Params {
    support::signed(more, SignType::Md5)
}

fn prepay(reply: Params) -> Result<Prepay, ReplyError> {
    unified_order::read_reply(reply, &identity(), SignType::Md5, &key())
}

pub fn closing(reply: Params) -> Result<Closing, ReplyError> {
    close_order::read_reply(reply, &identity(), SignType::Md5, &key())
}

/// The field at fault, and whether it is missing.
pub fn field_error<T: std::fmt::Debug>(answer: Result<T, ReplyError>) -> (&'static str, bool) {
    match answer {
        Err(ReplyError::Field(error)) => (error.field, error.missing),
        other => panic!("expected a field error, found {other:?}"),
    }
}

pub fn refused(code: &str) -> Params {
    signed(&[("result_code", "FAIL"), ("err_code", code), ("err_code_des", "说明")])
}

/// M2 and M3 of the vectors.
#[test]
fn the_replies_of_the_vectors_are_read() {
    let merchant = Identity::direct("wxd678efh567hg6787", "1230000109");
    let key = ApiKey::new("192006250b4c09247ec02edce69f6a2d").unwrap();
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../vectors/messages.json")).unwrap();
    let read = |id: &str| {
        let message = vectors.as_array().unwrap().iter().find(|m| m["id"] == id).unwrap();
        let reply = from_xml(message["xml"].as_str().unwrap().as_bytes()).unwrap();
        unified_order::read_reply(reply, &merchant, SignType::Md5, &key)
    };
    let prepay_id = "wx01120000000000abcdef0123456789000".into();
    assert_eq!(read("M2"), Ok(Prepay { prepay_id, code_url: None, mweb_url: None }));
    assert_eq!(read("M3"), Err(ReplyError::NotAccepted { return_msg: "签名错误".into() }));
}

#[test]
fn a_prepay_reply_gives_what_its_trade_type_has() {
    for sign_type in BOTH {
        let reply =
            support::signed(&[("prepay_id", PREPAY_ID), ("trade_type", "JSAPI")], sign_type);
        let read = unified_order::read_reply(reply, &identity(), sign_type, &key()).unwrap();
        assert_eq!(read.prepay_id, PREPAY_ID);
    }
    let code_url = "weixin://wxpay/bizpayurl/up?pr=0aBcDeFgH&groupid=00";
    let native = prepay(signed(&[("prepay_id", PREPAY_ID), ("code_url", code_url)])).unwrap();
    assert_eq!(native.code_url.as_deref(), Some(code_url));
    // Longer than the 64 characters of the documents, as real ones are.
    let mweb_url =
        format!("https://wx.tenpay.com/x?prepay_id={PREPAY_ID}&package={}", "1".repeat(99));
    let mweb = prepay(signed(&[("prepay_id", PREPAY_ID), ("mweb_url", &mweb_url)])).unwrap();
    assert_eq!(mweb.mweb_url, Some(mweb_url));

    assert_eq!(field_error(prepay(signed(&[]))), ("prepay_id", true));
    let long = "x".repeat(65);
    assert_eq!(field_error(prepay(signed(&[("prepay_id", &long)]))), ("prepay_id", false));
}

#[test]
fn a_reply_whose_return_code_is_not_success_is_only_good_for_diagnosis() {
    let not_accepted = |words: &str| Err(ReplyError::NotAccepted { return_msg: words.into() });
    let signature_is_right = signed(&[
        ("return_code", "FAIL"),
        ("return_msg", "系统繁忙"),
        ("prepay_id", PREPAY_ID),
        ("trade_state", "SUCCESS"),
    ]);
    assert_eq!(prepay(signature_is_right.clone()), not_accepted("系统繁忙"));
    let close = closing(signature_is_right).unwrap_err();
    assert_eq!(Err(close), not_accepted("系统繁忙"));
    for (reply, words) in [
        (params(&[("return_code", "FAIL"), ("return_msg", "签名错误")]), "签名错误"),
        (params(&[("return_code", "FAIL")]), ""),
        (params(&[("return_code", "success")]), ""),
        (params(&[("return_msg", "x")]), "x"),
        (params(&[]), ""),
        (signed(&[("return_code", ""), ("prepay_id", PREPAY_ID)]), ""),
    ] {
        assert_eq!(prepay(reply), not_accepted(words));
    }
    let long = "错".repeat(1000);
    let reply = params(&[("return_code", "FAIL"), ("return_msg", &long)]);
    assert_eq!(prepay(reply), not_accepted(&"错".repeat(128)));
}

#[test]
fn a_reply_without_a_right_signature_is_not_used() {
    let not_verified = |error| Err(ReplyError::NotVerified(error));
    let good = [("prepay_id", PREPAY_ID)];
    let mut unsigned = signed(&good);
    unsigned.remove("sign");
    assert_eq!(prepay(unsigned), not_verified(VerifyError::SignMissing));

    let mut changed = signed(&good);
    changed.set("prepay_id", "wx0").unwrap();
    assert_eq!(prepay(changed), not_verified(VerifyError::Mismatch));

    let mut added = signed(&good);
    added.set("code_url", "weixin://x").unwrap();
    assert_eq!(prepay(added), not_verified(VerifyError::Mismatch));

    let other_type = support::signed(&good, SignType::HmacSha256);
    assert_eq!(prepay(other_type), not_verified(VerifyError::SignMalformed { expected: 32 }));

    let names_other_type = signed(&[("prepay_id", PREPAY_ID), ("sign_type", "HMAC-SHA256")]);
    assert_eq!(prepay(names_other_type), not_verified(VerifyError::SignTypeDiffers));

    let mut unsigned_refusal = refused("ORDERPAID");
    unsigned_refusal.remove("sign");
    let close = closing(unsigned_refusal).unwrap_err();
    assert_eq!(Err(close), not_verified(VerifyError::SignMissing));
}

#[test]
fn a_reply_must_name_this_merchant() {
    let other = |field| Err(ReplyError::OtherMerchant(OtherMerchantError { field }));
    let reply = |field, value| signed(&[("prepay_id", PREPAY_ID), (field, value)]);
    assert_eq!(prepay(reply("appid", "wxfedcba9876543210")), other("appid"));
    assert_eq!(prepay(reply("mch_id", "1900000009")), other("mch_id"));
    assert_eq!(prepay(reply("appid", "")), other("appid"), "absent");
    assert_eq!(prepay(reply("mch_id", "")), other("mch_id"), "absent");
    // A refusal for another merchant is no refusal for us.
    let not_ours =
        signed(&[("result_code", "FAIL"), ("err_code", "ORDERPAID"), ("mch_id", "1900000009")]);
    assert_eq!(Err(closing(not_ours).unwrap_err()), other("mch_id"));
}

#[test]
fn a_service_provider_checks_the_sub_merchant() {
    let provider = Identity {
        sub_appid: Some("wxfedcba9876543210".into()),
        sub_mch_id: Some("1900000002".into()),
        ..identity()
    };
    let open = |more: &[(&str, &str)]| {
        reply::open(signed(more), &provider, SignType::Md5, &key()).map(|_| ())
    };
    let other = |field| Err(ReplyError::OtherMerchant(OtherMerchantError { field }));
    let (sub_appid, sub_mch_id) =
        (("sub_appid", "wxfedcba9876543210"), ("sub_mch_id", "1900000002"));
    assert_eq!(open(&[sub_appid, sub_mch_id]), Ok(()));
    assert_eq!(open(&[sub_mch_id]), Ok(()), "WeChat may leave sub_appid out");
    assert_eq!(open(&[sub_appid]), other("sub_mch_id"));
    assert_eq!(open(&[sub_appid, ("sub_mch_id", "1900000003")]), other("sub_mch_id"));
    assert_eq!(open(&[("sub_appid", APPID), sub_mch_id]), other("sub_appid"));
    assert_eq!(open(&[sub_mch_id, ("mch_id", "1900000002")]), other("mch_id"));
}

#[test]
fn result_code_is_required_and_exact() {
    let reply = |value| signed(&[("prepay_id", PREPAY_ID), ("result_code", value)]);
    assert_eq!(field_error(prepay(reply(""))), ("result_code", true));
    assert_eq!(field_error(prepay(reply("success"))), ("result_code", false));
}

#[test]
fn each_refusal_of_unifiedorder_asks_for_its_own_next_step() {
    for (code, next, is_final) in [
        ("INVALID_REQUEST", Refusal::QueryFirst, true),
        ("ORDERPAID", Refusal::QueryFirst, true),
        ("OUT_TRADE_NO_USED", Refusal::QueryFirst, true),
        ("ORDERCLOSED", Refusal::NewNumber, true),
        ("NOTENOUGH", Refusal::UserActs, true),
        ("SYSTEMERROR", Refusal::SendAgain, false),
        ("FREQUENCY_LIMITED", Refusal::SendAgain, false),
        ("FREQ_LIMIT", Refusal::SendAgain, false),
        ("BRAND_NEW_CODE", Refusal::SendAgain, false),
        ("orderpaid", Refusal::SendAgain, false),
        ("", Refusal::SendAgain, false),
        ("NOAUTH", Refusal::Fix, true),
        ("APPID_NOT_EXIST", Refusal::Fix, true),
        ("MCHID_NOT_EXIST", Refusal::Fix, true),
        ("APPID_MCHID_NOT_MATCH", Refusal::Fix, true),
        ("LACK_PARAMS", Refusal::Fix, true),
        ("PARAM_ERROR", Refusal::Fix, true),
        ("SIGNERROR", Refusal::Fix, true),
        ("XML_FORMAT_ERROR", Refusal::Fix, true),
        ("REQUIRE_POST_METHOD", Refusal::Fix, true),
        ("POST_DATA_EMPTY", Refusal::Fix, true),
        ("NOT_UTF8", Refusal::Fix, true),
    ] {
        let Err(ReplyError::Refused { code: read, description }) = prepay(refused(code)) else {
            panic!("{code}: expected a refusal")
        };
        assert_eq!((read.as_str(), description.as_str()), (code, "说明"));
        assert_eq!((refusal(&read), read.is_final()), (next, is_final), "{code}");
    }
}

#[test]
fn long_words_of_a_refusal_are_cut() {
    let reply = signed(&[
        ("result_code", "FAIL"),
        ("err_code", &"X".repeat(200)),
        ("err_code_des", &"错".repeat(200)),
    ]);
    let code = ErrCode::Unlisted("X".repeat(32));
    assert_eq!(prepay(reply), Err(ReplyError::Refused { code, description: "错".repeat(128) }));
}

#[test]
fn reply_errors_are_sentences_without_secrets() {
    let mut changed = signed(&[("prepay_id", PREPAY_ID)]);
    let right_sign = changed.get("sign").unwrap().to_owned();
    changed.set("sign", &"0".repeat(32)).unwrap();
    let error = prepay(changed).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the reply is not WeChat's: sign: does not match the fields and the key"
    );
    let other = prepay(signed(&[("mch_id", "1900000009")])).unwrap_err();
    assert_eq!(other.to_string(), "the reply is not ours: mch_id: names another merchant");
    let refused = prepay(refused("ORDERPAID")).unwrap_err();
    assert_eq!(refused.to_string(), "WeChat refused: ORDERPAID (the order is paid already) 说明");
    for error in [error, other, refused] {
        let printed = format!("{error} {error:?}");
        assert!(!printed.contains(&right_sign) && !printed.contains(support::KEY), "{printed}");
        assert!(!printed.contains("1900000009") && !printed.contains(MCH_ID), "{printed}");
    }
}
