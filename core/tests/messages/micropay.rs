//! micropay: the request, and the outcome of each reply.

use wxpay_core::messages::micropay::{self, Micropay, Outcome, Refusal, refusal};
use wxpay_core::messages::reply::ReplyError;
use wxpay_core::messages::{ErrCode, FieldError, TradeType};
use wxpay_core::{Fen, Params, SignType, VerifyError};

use super::field_rules::{hold, text, words};
use super::replies::{refused, signed};
use super::requests::{provider, unsigned};
use super::support::{APPID, BOTH, MCH_ID, NONCE, identity, key, params};

const NUMBER: &str = "T20260302-0001";
const CODE: &str = "134567890123456789";

fn charge() -> Micropay {
    Micropay {
        out_trade_no: NUMBER.into(),
        body: "小店-豆浆".into(),
        total_fee: Fen::new(350).unwrap(),
        auth_code: CODE.into(),
        spbill_create_ip: "203.0.113.7".into(),
        time_expire: None,
        attach: None,
        detail: None,
        device_info: None,
        goods_tag: None,
        limit_pay: None,
        scene_info: None,
    }
}

fn request(charge: &Micropay) -> Result<Params, FieldError> {
    charge.to_params(&identity(), NONCE, SignType::Md5, &key())
}

#[test]
fn a_charge_sends_exactly_its_fields() {
    let least = [
        ("body", "小店-豆浆"),
        ("mch_id", MCH_ID),
        ("appid", APPID),
        ("nonce_str", NONCE),
        ("out_trade_no", NUMBER),
        ("total_fee", "350"),
        ("auth_code", CODE),
        ("spbill_create_ip", "203.0.113.7"),
    ];
    for sign_type in BOTH {
        let request = charge().to_params(&identity(), NONCE, sign_type, &key()).unwrap();
        let expected = params(&[&least[..], &[("sign_type", sign_type.as_str())]].concat());
        assert_eq!(micropay::check(&request), Ok(()));
        assert_eq!(unsigned(request, sign_type), expected);
    }
    let full = Micropay {
        time_expire: Some(1_767_240_300),
        attach: Some("柜台 3".into()),
        detail: Some("{}".into()),
        device_info: Some("till-1".into()),
        goods_tag: Some("tag".into()),
        limit_pay: Some("no_credit".into()),
        scene_info: Some("{\"store_info\":{}}".into()),
        ..charge()
    };
    let request = full.to_params(&provider(), NONCE, SignType::Md5, &key()).unwrap();
    let more = [
        ("sign_type", "MD5"),
        ("sub_appid", "wxfedcba9876543210"),
        ("sub_mch_id", "1900000002"),
        ("time_expire", "20260101120500"),
        ("attach", "柜台 3"),
        ("detail", "{}"),
        ("device_info", "till-1"),
        ("goods_tag", "tag"),
        ("limit_pay", "no_credit"),
        ("scene_info", "{\"store_info\":{}}"),
    ];
    assert_eq!(unsigned(request, SignType::Md5), params(&[&least[..], &more].concat()));
}

#[test]
fn the_fields_of_a_charge_have_limits() {
    let codes = ["13456789012345678", "1345678901234567890", "164567890123456789"];
    let bad_codes = [&codes[..], &["094567890123456789", "13456789012345678x"]].concat();
    let rules = vec![
        text("device_info", 32),
        text("body", 127),
        text("detail", 6000),
        text("attach", 127),
        words("out_trade_no", &["1", &"9".repeat(32)], &[&"9".repeat(33), "a b"]),
        words("total_fee", &["1"], &["0", "1.0", "-1"]),
        words("fee_type", &["CNY"], &["USD"]),
        words("spbill_create_ip", &["::1"], &["localhost"]),
        text("goods_tag", 32),
        words("limit_pay", &["no_credit"], &["credit"]),
        words("time_start", &["20260101120000"], &["2026-01-01"]),
        words("time_expire", &["20260101120000"], &["2026-01-01"]),
        words("receipt", &["Y"], &["N"]),
        words("auth_code", &["100000000000000000", "159999999999999999"], &bad_codes),
        words("deposit", &["Y"], &["N", "y"]),
        text("scene_info", 256),
        words("profit_sharing", &["Y", "N"], &["y"]),
        text("version", 32),
    ];
    let tested: Vec<_> = rules.iter().map(|rule| rule.0).collect();
    let table: Vec<_> = micropay::FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(tested, table);
    hold(&request(&charge()).unwrap(), micropay::check, rules);
    for name in ["body", "out_trade_no", "total_fee", "spbill_create_ip", "auth_code"] {
        let mut without = request(&charge()).unwrap();
        without.remove(name);
        let error = micropay::check(&without).unwrap_err();
        assert_eq!((error.field, error.missing), (name, true));
    }
    let never = Micropay { time_expire: Some(i64::MAX), ..charge() };
    assert_eq!(request(&never).unwrap_err().field, "time_expire");
}

fn read(reply: Params) -> Outcome {
    micropay::read_reply(reply, NUMBER, &identity(), SignType::Md5, &key())
}

fn paid(more: &[(&'static str, &'static str)]) -> Params {
    let fields = [
        ("out_trade_no", NUMBER),
        ("transaction_id", "4200000000202603020000000017"),
        ("total_fee", "350"),
        ("cash_fee", "350"),
        ("time_end", "20260302093015"),
        ("openid", "oNobody0000000000000000000001"),
        ("trade_type", "MICROPAY"),
        ("bank_type", "A_BANK_WITH_A_LONG_NAME_DEBIT_CARD"),
    ];
    signed(&[&fields[..], more].concat())
}

#[test]
fn a_paid_charge_tells_the_payment() {
    let Outcome::Paid(trade) = read(paid(&[])) else { panic!("expected a payment") };
    assert_eq!(trade.transaction_id, "4200000000202603020000000017");
    assert_eq!((trade.total_fee.get(), trade.time_end), (350, 1_772_415_015));
    assert_eq!(trade.trade_type.as_deref(), Some(TradeType::Micropay.as_str()));
    assert_eq!(trade.bank_type.as_deref(), Some("A_BANK_WITH_A_LONG_NAME_DEBIT_CARD"));
}

#[test]
fn each_code_has_the_outcome_of_its_table() {
    for (code, asks_for) in [
        ("PARAM_ERROR", Refusal::Fix),
        ("INVALID_REQUEST", Refusal::Fix),
        ("XML_FORMAT_ERROR", Refusal::Fix),
        ("REQUIRE_POST_METHOD", Refusal::Fix),
        ("SIGNERROR", Refusal::Fix),
        ("NOAUTH", Refusal::Fix),
        ("APPID_NOT_EXIST", Refusal::Fix),
        ("MCHID_NOT_EXIST", Refusal::Fix),
        ("APPID_MCHID_NOT_MATCH", Refusal::Fix),
        ("LACK_PARAMS", Refusal::QueryFirst),
        ("NOT_UTF8", Refusal::QueryFirst),
        ("OUT_TRADE_NO_USED", Refusal::QueryFirst),
        ("AUTHCODEEXPIRE", Refusal::NewCode),
        ("AUTH_CODE_ERROR", Refusal::NewCode),
        ("AUTH_CODE_INVALID", Refusal::NewCode),
        ("NOTENOUGH", Refusal::OtherCard),
        ("NOTSUPORTCARD", Refusal::OtherCard),
        ("BUYER_MISMATCH", Refusal::NewNumber),
        ("ORDERCLOSED", Refusal::NewNumber),
        ("ORDERREVERSED", Refusal::NewNumber),
        ("TRADE_ERROR", Refusal::OtherWay),
    ] {
        let expected = Outcome::Failed { code: ErrCode::from(code), description: "说明".into() };
        assert_eq!(read(refused(code)), expected, "{code}");
        assert_eq!(refusal(&ErrCode::from(code)), Some(asks_for), "{code}");
    }
    assert_eq!(read(refused("ORDERPAID")), Outcome::PaidEarlier);
    // The documented ones, one that belongs to another call, one nobody knows, and none.
    for code in [
        "SYSTEMERROR",
        "BANKERROR",
        "USERPAYING",
        "FREQUENCY_LIMITED",
        "ORDERNOTEXIST",
        "NEW_IN_2030",
        "",
    ] {
        let Outcome::Unknown(ReplyError::Refused { code: read, .. }) = read(refused(code)) else {
            panic!("{code}: expected an unknown outcome")
        };
        assert_eq!((read.as_str(), refusal(&read)), (code, None));
    }
}

#[test]
fn what_cannot_be_believed_is_unknown_never_failed() {
    let mut forged = refused("NOTENOUGH");
    forged.set("err_code", "ORDERCLOSED").unwrap();
    assert_eq!(read(forged), Outcome::Unknown(ReplyError::NotVerified(VerifyError::Mismatch)));
    let not_accepted = params(&[("return_code", "FAIL"), ("return_msg", "签名错误")]);
    let return_msg = "签名错误".into();
    assert_eq!(read(not_accepted), Outcome::Unknown(ReplyError::NotAccepted { return_msg }));
    for reply in [
        paid(&[("out_trade_no", "T20260302-0002")]),
        paid(&[("out_trade_no", "")]),
        paid(&[("total_fee", "0")]),
        paid(&[("transaction_id", "")]),
        paid(&[("time_end", "")]),
        paid(&[("result_code", "")]),
    ] {
        let outcome = read(reply);
        assert!(matches!(outcome, Outcome::Unknown(ReplyError::Field(_))), "{outcome:?}");
    }
    let others = read(paid(&[("mch_id", "1900000009")]));
    assert!(matches!(others, Outcome::Unknown(ReplyError::OtherMerchant(_))), "{others:?}");
}
