//! Payment notices: what was paid, for whom, and what is not believed.

use wxpay_core::messages::pay_notice::{
    FAIL, NoticeError, Outcome, PayNotice, SUCCESS, claimed_out_trade_no, read,
};
use wxpay_core::messages::{Coupon, ErrCode, FieldError, Identity, OtherMerchantError, Trade};
use wxpay_core::xml::from_xml;
use wxpay_core::{ApiKey, Fen, Params, SignType, VerifyError, verify};

use super::support::{self, BOTH, identity, key, params};

const NUMBER: &str = "T20260302-0001";

/// The least a paid notice has.
const PAID: [(&str, &str); 8] = [
    ("out_trade_no", NUMBER),
    ("transaction_id", "4200000000202603020000000017"),
    ("total_fee", "350"),
    ("cash_fee", "350"),
    ("time_end", "20260302093015"),
    ("openid", "oNobody0000000000000000000001"),
    ("trade_type", "JSAPI"),
    ("bank_type", "OTHERS"),
];

fn notice(more: &[(&'static str, &'static str)]) -> Params {
    support::signed(&[&PAID[..], more].concat(), SignType::Md5)
}

fn read_for(notice: Params, identity: &Identity) -> Result<PayNotice, NoticeError> {
    read(&verify(notice, SignType::Md5, &key()).unwrap(), identity)
}

fn read_ours(notice: Params) -> Result<PayNotice, NoticeError> {
    read_for(notice, &identity())
}

fn trade(notice: Params) -> Trade {
    match read_ours(notice).unwrap().outcome {
        Outcome::Paid(trade) => *trade,
        Outcome::Failed { code } => panic!("expected a payment, found {code}"),
    }
}

fn field_error(notice: Params) -> (&'static str, bool) {
    match read_ours(notice) {
        Err(NoticeError::Field(FieldError { field, missing, .. })) => (field, missing),
        other => panic!("expected a field error, found {other:?}"),
    }
}

fn fen(fen: u64) -> Fen {
    Fen::new(fen).unwrap()
}

#[test]
fn a_paid_notice_tells_the_payment() {
    let plain = Trade {
        transaction_id: "4200000000202603020000000017".into(),
        total_fee: fen(350),
        fee_type: "CNY".into(),
        cash_fee: Some(fen(350)),
        settlement_total_fee: None,
        coupons: Vec::new(),
        time_end: 1_772_415_015,
        openid: Some("oNobody0000000000000000000001".into()),
        sub_openid: None,
        trade_type: Some("JSAPI".into()),
        bank_type: Some("OTHERS".into()),
        attach: None,
    };
    let expected =
        PayNotice { out_trade_no: NUMBER.into(), outcome: Outcome::Paid(Box::new(plain)) };
    assert_eq!(read_ours(notice(&[])), Ok(expected.clone()));
    // The algorithm makes no difference, nor does a sign_type that is sent along.
    for sign_type in BOTH {
        let with_type = [&PAID[..], &[("sign_type", sign_type.as_str())]].concat();
        let verified = verify(support::signed(&with_type, sign_type), sign_type, &key()).unwrap();
        assert_eq!(read(&verified, &identity()), Ok(expected.clone()));
    }
}

/// M4 of the vectors: a coupon, an empty attach, a field nobody knows.
#[test]
fn the_notice_of_the_vectors_is_read() {
    let merchant = Identity::direct("wxd678efh567hg6787", "1230000109");
    let key = ApiKey::new("192006250b4c09247ec02edce69f6a2d").unwrap();
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../vectors/messages.json")).unwrap();
    let message = vectors.as_array().unwrap().iter().find(|m| m["id"] == "M4").unwrap();
    let received = from_xml(message["xml"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(claimed_out_trade_no(&received), Ok("T20260101000001"));
    let verified = verify(received, SignType::Md5, &key).unwrap();
    let notice = read(&verified, &merchant).unwrap();
    assert_eq!(notice.out_trade_no, "T20260101000001");
    let Outcome::Paid(trade) = notice.outcome else { panic!("expected a payment") };
    assert_eq!((trade.total_fee, trade.cash_fee), (fen(100), Some(fen(90))));
    let coupon = Coupon { id: "10000".into(), fee: fen(10), kind: Some("CASH".into()) };
    assert_eq!(trade.coupons, [coupon]);
    assert_eq!(trade.attach, None);
    assert_eq!(trade.time_end, 1_767_240_000);
    assert_eq!(verified.params().get("future_field"), Some("x"));
}

#[test]
fn m03_the_currency_is_cny_unless_the_notice_says_otherwise() {
    assert_eq!(trade(notice(&[])).fee_type, "CNY");
    assert_eq!(trade(notice(&[("fee_type", "CNY")])).fee_type, "CNY");
    assert_eq!(trade(notice(&[("fee_type", "USD")])).fee_type, "USD");
    let mut empty = notice(&[]);
    empty.insert("fee_type", "").unwrap();
    assert_eq!(trade(empty).fee_type, "CNY");
}

#[test]
fn coupons_are_read_by_their_index() {
    let read = trade(notice(&[
        ("cash_fee", "200"),
        ("settlement_total_fee", "300"),
        ("coupon_fee", "150"),
        ("coupon_count", "3"),
        ("coupon_id_0", "70000000000000001"),
        ("coupon_fee_0", "100"),
        ("coupon_type_0", "NO_CASH"),
        // WeChat may leave the type out.
        ("coupon_id_1", "70000000000000002"),
        ("coupon_fee_1", "50"),
        ("coupon_id_2", "70000000000000003"),
    ]));
    let coupon = |id: &str, fee_fen, kind: Option<&str>| Coupon {
        id: id.into(),
        fee: fen(fee_fen),
        kind: kind.map(ToString::to_string),
    };
    assert_eq!(
        read.coupons,
        [
            coupon("70000000000000001", 100, Some("NO_CASH")),
            coupon("70000000000000002", 50, None),
            coupon("70000000000000003", 0, None),
        ]
    );
    assert_eq!((read.total_fee, read.cash_fee), (fen(350), Some(fen(200))));
    assert_eq!(read.settlement_total_fee, Some(fen(300)));
    let bad_fee = notice(&[("coupon_id_0", "1"), ("coupon_fee_0", "1.00")]);
    assert_eq!(field_error(bad_fee), ("coupon_fee_$n", false));
}

#[test]
fn unknown_fields_are_verified_and_kept() {
    let message = notice(&[("new_in_2030", "x"), ("is_subscribe", "N"), ("rate_value", "1")]);
    let verified = verify(message.clone(), SignType::Md5, &key()).unwrap();
    assert!(read(&verified, &identity()).is_ok());
    assert_eq!(verified.params(), &message);
    let mut without = message;
    without.remove("new_in_2030");
    assert_eq!(verify(without, SignType::Md5, &key()), Err(VerifyError::Mismatch));
}

#[test]
fn a_notice_of_failure_is_not_a_payment() {
    let failed = |more: &[(&'static str, &'static str)]| match read_ours(notice(more)) {
        Ok(PayNotice { outcome: Outcome::Failed { code }, out_trade_no }) => {
            assert_eq!(out_trade_no, NUMBER);
            code
        }
        other => panic!("expected a failure, found {other:?}"),
    };
    assert_eq!(failed(&[("result_code", "FAIL"), ("err_code", "NOTENOUGH")]), ErrCode::NotEnough);
    let new = ErrCode::Unlisted("NEW_IN_2030".into());
    assert_eq!(failed(&[("result_code", "FAIL"), ("err_code", "NEW_IN_2030")]), new);
    assert_eq!(failed(&[("result_code", "FAIL")]), ErrCode::Unlisted(String::new()));
    assert_eq!(failed(&[("return_code", "FAIL")]), ErrCode::Unlisted(String::new()));
    assert_eq!(field_error(notice(&[("result_code", "success")])), ("result_code", false));
    assert_eq!(field_error(notice(&[("return_code", "OK")])), ("return_code", false));
}

#[test]
fn a_notice_for_another_merchant_is_not_ours() {
    let other = |field| Err(NoticeError::OtherMerchant(OtherMerchantError { field }));
    assert_eq!(read_ours(notice(&[("appid", "wxfedcba9876543210")])), other("appid"));
    assert_eq!(read_ours(notice(&[("mch_id", "1900000009")])), other("mch_id"));
    assert_eq!(read_ours(notice(&[("appid", "")])), other("appid"));
    assert_eq!(read_ours(notice(&[("mch_id", "")])), other("mch_id"));
    let provider = Identity { sub_mch_id: Some("1900000002".into()), ..identity() };
    assert_eq!(read_for(notice(&[]), &provider), other("sub_mch_id"));
    assert_eq!(read_for(notice(&[("sub_mch_id", "1900000003")]), &provider), other("sub_mch_id"));
    assert!(read_for(notice(&[("sub_mch_id", "1900000002")]), &provider).is_ok());
}

#[test]
fn a_paid_notice_must_be_complete_and_well_formed() {
    for field in
        ["out_trade_no", "return_code", "result_code", "transaction_id", "total_fee", "time_end"]
    {
        assert_eq!(field_error(notice(&[(field, "")])), (field, true), "absent");
        let mut empty = notice(&[(field, "")]);
        empty.insert(field, "").unwrap();
        assert_eq!(field_error(empty), (field, true), "empty");
    }
    for (field, value) in [
        ("out_trade_no", "订单 1"),
        ("out_trade_no", "012345678901234567890123456789012"),
        ("transaction_id", "012345678901234567890123456789012"),
        ("total_fee", "0"),
        ("total_fee", "-1"),
        ("total_fee", "1.0"),
        ("total_fee", "1e2"),
        ("total_fee", "01"),
        ("total_fee", "+1"),
        ("total_fee", " 350"),
        ("total_fee", "9223372036854775808"),
        ("total_fee", "３５０"),
        ("cash_fee", "-1"),
        ("cash_fee", "x"),
        ("settlement_total_fee", "1.5"),
        ("time_end", "2026-03-02 09:30:15"),
        ("time_end", "20260230093015"),
    ] {
        assert_eq!(field_error(notice(&[(field, value)])), (field, false), "{value}");
    }
    assert_eq!(trade(notice(&[("cash_fee", "0")])).cash_fee, Some(Fen::ZERO));
    assert_eq!(trade(notice(&[("cash_fee", "")])).cash_fee, None);
}

/// The text that is signed does not say where one field ends: `a=1&b=2` may be two fields, or one with the value `1&b=2`.
/// Whoever cuts a genuine notice elsewhere has its signature, and still no other order, amount or payment.
#[test]
fn s06_a_notice_cut_elsewhere_is_no_other_payment() {
    for sign_type in BOTH {
        let all = [&PAID[..], &[("attach", "1&bank_type=CFT"), ("fee_type", "CNY")]].concat();
        let genuine = support::signed(&all, sign_type);
        let fields: Vec<(String, String)> = genuine
            .iter()
            .filter(|(name, _)| *name != "sign")
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut cuts = 0;
        for at in 0..fields.len() - 1 {
            for joined in 2..=fields.len() - at {
                let (first, rest) = fields[at..at + joined].split_first().unwrap();
                let tail: String = rest.iter().map(|(n, v)| format!("&{n}={v}")).collect();
                let one = [(first.0.clone(), first.1.clone() + &tail)];
                let parts = [&fields[..at], &one, &fields[at + joined..]].concat();
                let mut recut = Params::from_pairs(parts).unwrap();
                recut.insert("sign", genuine.get("sign").unwrap()).unwrap();
                let verified = verify(recut, sign_type, &key()).unwrap();
                cuts += 1;
                let Ok(read) = read(&verified, &identity()) else { continue };
                let Outcome::Paid(trade) = read.outcome else { panic!("not a payment any more") };
                assert_eq!(read.out_trade_no, NUMBER);
                assert_eq!(trade.transaction_id, "4200000000202603020000000017");
                assert_eq!((trade.total_fee, trade.fee_type.as_str()), (fen(350), "CNY"));
            }
        }
        assert!(cuts > 50, "{cuts}");
    }
}

#[test]
fn s01_each_field_in_turn_changed_is_noticed() {
    let genuine = notice(&[("attach", "counter 3"), ("fee_type", "CNY"), ("new_in_2030", "x")]);
    assert!(verify(genuine.clone(), SignType::Md5, &key()).is_ok());
    for (name, value) in genuine.iter().filter(|(name, _)| *name != "sign") {
        for other in [format!("{value}0"), format!(" {value}"), "1".into(), String::new()] {
            let mut forged = genuine.clone();
            forged.set(name, &other).unwrap();
            let answer = verify(forged, SignType::Md5, &key());
            assert_eq!(answer, Err(VerifyError::Mismatch), "{name}={other}");
        }
        let mut shorter = genuine.clone();
        shorter.remove(name);
        assert_eq!(verify(shorter, SignType::Md5, &key()), Err(VerifyError::Mismatch), "{name}");
    }
}

#[test]
fn the_claimed_number_needs_a_message_that_looks_like_a_notice() {
    let claimed = |pairs: &[(&str, &str)]| {
        claimed_out_trade_no(&params(pairs)).map(str::to_owned).map_err(|error| error.field)
    };
    let both = [("return_code", "SUCCESS"), ("out_trade_no", NUMBER)];
    assert_eq!(claimed(&both), Ok(NUMBER.into()), "unsigned is enough: it only finds the key");
    assert_eq!(claimed(&both[1..]), Err("return_code"));
    assert_eq!(claimed(&both[..1]), Err("out_trade_no"));
    assert_eq!(claimed(&[both[0], ("out_trade_no", "../x")]), Err("out_trade_no"));
    assert_eq!(claimed(&[("return_code", "x"), both[1]]), Err("return_code"));
}

#[test]
fn the_answers_to_wechat_are_the_documented_ones() {
    assert_eq!(
        SUCCESS,
        "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>"
    );
    let fail = from_xml(FAIL.as_bytes()).unwrap();
    assert_eq!(fail, params(&[("return_code", "FAIL"), ("return_msg", "FAIL")]));
}

#[test]
fn a_trade_survives_its_json() {
    let original = trade(notice(&[
        ("attach", "柜台 3"),
        ("settlement_total_fee", "300"),
        ("coupon_id_0", "70000000000000001"),
        ("coupon_fee_0", "50"),
    ]));
    let json = serde_json::to_string(&original).unwrap();
    assert_eq!(serde_json::from_str::<Trade>(&json).unwrap(), original);
    // Money is a whole number in JSON too, and too much of it is refused.
    assert!(json.contains("\"total_fee\":350,"), "{json}");
    for bad in ["9007199254740992", "3.5", "\"350\"", "-1"] {
        let json = json.replace("\"total_fee\":350,", &format!("\"total_fee\":{bad},"));
        assert!(serde_json::from_str::<Trade>(&json).is_err(), "{bad}");
    }
}
