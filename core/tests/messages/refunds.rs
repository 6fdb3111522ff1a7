//! refund: the request, the reply, and what each refusal asks for.

use wxpay_core::messages::refund::{self, Accepted, Refund, Refusal, refusal};
use wxpay_core::messages::reply::ReplyError;
use wxpay_core::messages::{Coupon, ErrCode, FieldError, Format};
use wxpay_core::{Fen, Params, SignType};

use super::field_rules::{hold, text, words};
use super::replies::{field_error, refused, signed};
use super::requests::{provider, unsigned};
use super::support::{self, APPID, BOTH, MCH_ID, NONCE, identity, key, params};

const REFUND_ID: &str = "50000000002026030200000000001";

fn fen(fen: u64) -> Fen {
    Fen::new(fen).unwrap()
}

fn half_back() -> Refund {
    Refund {
        out_trade_no: "T20260302-0001".into(),
        out_refund_no: "R20260302-0001".into(),
        total_fee: fen(350),
        refund_fee: fen(150),
        refund_desc: None,
        refund_account: None,
        notify_url: None,
    }
}

fn request(refund: &Refund) -> Result<Params, FieldError> {
    refund.to_params(&identity(), NONCE, SignType::Md5, &key())
}

#[test]
fn a_refund_sends_exactly_its_fields() {
    let least = params(&[
        ("appid", APPID),
        ("mch_id", MCH_ID),
        ("nonce_str", NONCE),
        ("out_trade_no", "T20260302-0001"),
        ("out_refund_no", "R20260302-0001"),
        ("total_fee", "350"),
        ("refund_fee", "150"),
    ]);
    for sign_type in BOTH {
        let request = half_back().to_params(&identity(), NONCE, sign_type, &key()).unwrap();
        let mut expected = least.clone();
        expected.set("sign_type", sign_type.as_str()).unwrap();
        assert_eq!(refund::check(&request), Ok(()));
        assert_eq!(unsigned(request, sign_type), expected);
    }
    let full = Refund {
        refund_desc: Some("汤凉了".into()),
        refund_account: Some("REFUND_SOURCE_RECHARGE_FUNDS".into()),
        notify_url: Some("https://pay.example.com/v1/notify/demo/refund".into()),
        ..half_back()
    };
    let request = full.to_params(&provider(), NONCE, SignType::Md5, &key()).unwrap();
    let mut expected = least;
    for (name, value) in [
        ("sign_type", "MD5"),
        ("sub_appid", "wxfedcba9876543210"),
        ("sub_mch_id", "1900000002"),
        ("refund_desc", "汤凉了"),
        ("refund_account", "REFUND_SOURCE_RECHARGE_FUNDS"),
        ("notify_url", "https://pay.example.com/v1/notify/demo/refund"),
    ] {
        expected.set(name, value).unwrap();
    }
    assert_eq!(unsigned(request, SignType::Md5), expected);
}

#[test]
fn the_fields_of_a_refund_have_limits() {
    let numbers = ["a b", "订单", "a.b"];
    let (no_64, no_65) = ("9".repeat(64), "9".repeat(65));
    let rules = vec![
        text("transaction_id", 32),
        words(
            "out_trade_no",
            &["1", &"9".repeat(32)],
            &[&numbers[..], &[&"9".repeat(33)]].concat(),
        ),
        words("out_refund_no", &["1", &no_64, "aZ09_-|*@"], &[&numbers[..], &[&no_65]].concat()),
        words("total_fee", &["150", "9007199254740991"], &["0", "-1", "1.0", "01"]),
        words("refund_fee", &["1", "350"], &["0", "351", "-1", "1.5", "01"]),
        words("refund_fee_type", &["CNY"], &["USD", "cny"]),
        text("refund_desc", 80),
        words("refund_account", &["REFUND_SOURCE_UNSETTLED_FUNDS"], &["REFUND", "Y"]),
        words("notify_url", &["https://example.com/n"], &["https://example.com/n?a=1", "x"]),
    ];
    let tested: Vec<_> = rules.iter().map(|rule| rule.0).collect();
    let table: Vec<_> = refund::FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(tested, table);
    hold(&request(&half_back()).unwrap(), refund::check, rules);
}

#[test]
fn a_refund_of_nothing_too_much_or_of_nobody_is_not_signed() {
    let at = |refund: Refund| request(&refund).map(|_| ()).map_err(|error| error.field);
    assert_eq!(at(Refund { refund_fee: fen(350), ..half_back() }), Ok(()));
    assert_eq!(at(Refund { refund_fee: Fen::ZERO, ..half_back() }), Err("refund_fee"));
    assert_eq!(at(Refund { total_fee: Fen::ZERO, ..half_back() }), Err("total_fee"));
    assert_eq!(at(Refund { out_trade_no: String::new(), ..half_back() }), Err("out_trade_no"));
    assert_eq!(at(Refund { out_refund_no: String::new(), ..half_back() }), Err("out_refund_no"));
    let too_much = request(&Refund { refund_fee: fen(351), ..half_back() }).unwrap_err();
    let expected = FieldError { field: "refund_fee", missing: false, expected: Format::RefundFee };
    assert_eq!(too_much, expected);
    assert!(too_much.to_string().ends_with("at most total_fee"), "{too_much}");

    let mut by_transaction = request(&half_back()).unwrap();
    by_transaction.remove("out_trade_no");
    assert!(refund::check(&by_transaction).unwrap_err().missing);
    by_transaction.set("transaction_id", "4200000000202603020000000017").unwrap();
    assert_eq!(refund::check(&by_transaction), Ok(()));
}

const ACCEPTED: [(&str, &str); 6] = [
    ("transaction_id", "4200000000202603020000000017"),
    ("out_trade_no", "T20260302-0001"),
    ("out_refund_no", "R20260302-0001"),
    ("refund_id", REFUND_ID),
    ("total_fee", "350"),
    ("refund_fee", "150"),
];

fn read(reply: Params) -> Result<Accepted, ReplyError> {
    refund::read_reply(reply, &half_back(), &identity(), SignType::Md5, &key())
}

fn accepted(more: &[(&'static str, &'static str)]) -> Params {
    signed(&[&ACCEPTED[..], more].concat())
}

#[test]
fn an_accepted_refund_is_read() {
    let plain = Accepted {
        refund_id: REFUND_ID.into(),
        transaction_id: "4200000000202603020000000017".into(),
        settlement_refund_fee: None,
        cash_refund_fee: None,
        coupons: Vec::new(),
    };
    assert_eq!(read(accepted(&[])), Ok(plain.clone()));
    for sign_type in BOTH {
        let reply = support::signed(&ACCEPTED, sign_type);
        let read = refund::read_reply(reply, &half_back(), &identity(), sign_type, &key());
        assert_eq!(read, Ok(plain.clone()));
    }
    let coupon = |id: &str, fee_, kind: Option<&str>| Coupon {
        id: id.into(),
        fee: fen(fee_),
        kind: kind.map(ToString::to_string),
    };
    let with_coupons = accepted(&[
        ("settlement_refund_fee", "140"),
        ("cash_refund_fee", "130"),
        ("coupon_refund_fee", "20"),
        ("coupon_refund_count", "2"),
        ("coupon_refund_id_0", "100"),
        ("coupon_refund_fee_0", "10"),
        ("coupon_type_0", "CASH"),
        ("coupon_refund_id_1", "101"),
        ("coupon_refund_fee_1", "10"),
        ("new_in_2030", "x"),
    ]);
    let expected = Accepted {
        settlement_refund_fee: Some(fen(140)),
        cash_refund_fee: Some(fen(130)),
        coupons: vec![coupon("100", 10, Some("CASH")), coupon("101", 10, None)],
        ..plain
    };
    assert_eq!(read(with_coupons), Ok(expected));
    let broken = accepted(&[("coupon_refund_id_0", "100"), ("coupon_refund_fee_0", "-1")]);
    assert_eq!(field_error(read(broken)), ("coupon_refund_fee_$n", false));
}

#[test]
fn a_reply_about_another_refund_is_not_an_answer() {
    for (field, other) in [
        ("out_trade_no", "T20260302-0002"),
        ("out_refund_no", "R20260302-0002"),
        ("total_fee", "351"),
        ("refund_fee", "151"),
        ("cash_refund_fee", "1.5"),
    ] {
        assert_eq!(field_error(read(accepted(&[(field, other)]))), (field, false));
    }
    for (field, _) in ACCEPTED {
        assert_eq!(field_error(read(accepted(&[(field, "")]))), (field, true));
    }
    let mut changed = accepted(&[]);
    changed.set("refund_id", "1").unwrap();
    assert!(matches!(read(changed), Err(ReplyError::NotVerified(_))));
}

#[test]
fn each_refusal_of_a_refund_asks_for_something() {
    for (code, asks_for) in [
        ("SYSTEMERROR", Refusal::SendAgain),
        ("BIZERR_NEED_RETRY", Refusal::SendAgain),
        ("FREQUENCY_LIMITED", Refusal::SendAgain),
        ("ORDER_NOT_READY", Refusal::SendAgain),
        ("NEW_IN_2030", Refusal::SendAgain),
        ("INVALID_REQ_TOO_MUCH", Refusal::WaitAMinute),
        ("NOTENOUGH", Refusal::TopUp),
        ("REFUND_FEE_MISMATCH", Refusal::QueryFirst),
        ("REFUND_FEE_INVALID", Refusal::QueryFirst),
        ("TRADE_STATE_ERROR", Refusal::QueryFirst),
        ("TRADE_OVERDUE", Refusal::OtherWay),
        ("USER_ACCOUNT_ABNORMAL", Refusal::OtherWay),
        ("ERROR", Refusal::Fix),
        ("INVALID_TRANSACTIONID", Refusal::Fix),
        ("PARAM_ERROR", Refusal::Fix),
        ("ORDERNOTEXIST", Refusal::Fix),
        ("APPID_NOT_EXIST", Refusal::Fix),
        ("MCHID_NOT_EXIST", Refusal::Fix),
        ("REQUIRE_POST_METHOD", Refusal::Fix),
        ("SIGNERROR", Refusal::Fix),
        ("XML_FORMAT_ERROR", Refusal::Fix),
        ("CERT_ERROR", Refusal::Fix),
    ] {
        let Err(ReplyError::Refused { code: read_code, .. }) = read(refused(code)) else {
            panic!("{code}: expected a refusal")
        };
        assert_eq!((read_code.as_str(), refusal(&read_code)), (code, asks_for));
    }
    assert_eq!(refusal(&ErrCode::from("")), Refusal::SendAgain);
}
