//! refundquery: what is asked, the rows `$n` and `$n_$m`, and pages.

use wxpay_core::messages::refund::RefundStatus;
use wxpay_core::messages::refund_query::{self, By, Found, Page, RefundRecord};
use wxpay_core::messages::reply::ReplyError;
use wxpay_core::messages::{Coupon, FieldError};
use wxpay_core::{Fen, Params, SignType};

use super::field_rules::{hold, text, words};
use super::replies::{field_error, refused, signed};
use super::requests::unsigned;
use super::support::{APPID, BOTH, MCH_ID, NONCE, identity, key, params};

const NUMBER: &str = "T20260302-0001";
const OURS: By<'_> = By::OutTradeNo(NUMBER);

fn request(by: By<'_>, offset: u64) -> Result<Params, FieldError> {
    refund_query::request(by, offset, &identity(), NONCE, SignType::Md5, &key())
}

#[test]
fn a_query_sends_one_number_and_where_to_begin() {
    for (by, name, number) in [
        (By::RefundId("50000000001"), "refund_id", "50000000001"),
        (By::OutRefundNo("R1"), "out_refund_no", "R1"),
        (By::TransactionId("4200000001"), "transaction_id", "4200000001"),
        (OURS, "out_trade_no", NUMBER),
    ] {
        for sign_type in BOTH {
            for (offset, sent) in [(0, None), (10, Some("10"))] {
                let request =
                    refund_query::request(by, offset, &identity(), NONCE, sign_type, &key());
                let mut expected = params(&[
                    ("appid", APPID),
                    ("mch_id", MCH_ID),
                    ("nonce_str", NONCE),
                    ("sign_type", sign_type.as_str()),
                    (name, number),
                ]);
                if let Some(sent) = sent {
                    expected.set("offset", sent).unwrap();
                }
                assert_eq!(unsigned(request.unwrap(), sign_type), expected);
            }
        }
    }
    let error = request(By::OutTradeNo(""), 0).unwrap_err();
    assert!(error.missing);
    assert_eq!(request(By::OutRefundNo("退"), 0).unwrap_err().field, "out_refund_no");
}

#[test]
fn the_fields_of_a_query_have_limits() {
    let rules = vec![
        text("refund_id", 32),
        words("out_refund_no", &["1", &"9".repeat(64)], &[&"9".repeat(65), "a b"]),
        text("transaction_id", 32),
        words("out_trade_no", &["1", &"9".repeat(32)], &[&"9".repeat(33), "a b"]),
        words("offset", &["0", "10"], &["-1", "1.5", "ten", "01"]),
    ];
    let tested: Vec<_> = rules.iter().map(|rule| rule.0).collect();
    let table: Vec<_> = refund_query::FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(tested, table);
    hold(&request(OURS, 0).unwrap(), refund_query::check, rules);
}

/// The row `n` as WeChat sends it, with a number made of `n`.
fn row(n: usize, status: &str) -> Vec<(String, String)> {
    [
        ("out_refund_no", format!("R{n}")),
        ("refund_id", format!("5000000000{n}")),
        ("refund_channel", "ORIGINAL".into()),
        ("refund_fee", format!("{}", n + 1)),
        ("refund_status", status.into()),
        ("refund_account", "REFUND_SOURCE_UNSETTLED_FUNDS".into()),
        ("refund_recv_accout", "支付用户零钱".into()),
        ("refund_success_time", "2026-03-02 09:30:15".into()),
    ]
    .map(|(name, value)| (format!("{name}_{n}"), value))
    .into()
}

fn record(n: u64, status: Result<RefundStatus, String>) -> RefundRecord {
    RefundRecord {
        out_refund_no: format!("R{n}"),
        refund_id: format!("5000000000{n}"),
        refund_fee: Fen::new(n + 1).unwrap(),
        settlement_refund_fee: None,
        coupons: Vec::new(),
        status,
        refund_channel: Some("ORIGINAL".into()),
        refund_account: Some("REFUND_SOURCE_UNSETTLED_FUNDS".into()),
        refund_recv_accout: Some("支付用户零钱".into()),
        refund_success_time: Some(1_772_415_015),
    }
}

/// A reply with these rows; `more` replaces fields, or takes them out when empty.
fn reply(rows: &[Vec<(String, String)>], more: &[(&str, &str)]) -> Params {
    let count = rows.len().to_string();
    let mut fields = vec![
        ("transaction_id", "4200000000202603020000000017"),
        ("out_trade_no", NUMBER),
        ("total_fee", "350"),
        ("refund_count", &count),
    ];
    fields.extend(rows.iter().flatten().map(|(name, value)| (name.as_str(), value.as_str())));
    fields.extend(more);
    signed(&fields)
}

fn read_by(reply: Params, by: By<'_>) -> Result<Found, ReplyError> {
    refund_query::read_reply(reply, by, &identity(), SignType::Md5, &key())
}

fn page(reply: Params) -> Page {
    match read_by(reply, OURS).unwrap() {
        Found::Page(page) => page,
        Found::NotExist => panic!("expected refunds"),
    }
}

#[test]
fn every_row_is_read_whatever_its_state() {
    let words = ["SUCCESS", "REFUNDCLOSE", "PROCESSING", "CHANGE", "NEW_IN_2030"];
    let rows: Vec<_> = words.iter().enumerate().map(|(n, word)| row(n, word)).collect();
    let found = page(reply(&rows, &[]));
    assert_eq!(found.transaction_id, "4200000000202603020000000017");
    assert_eq!((found.out_trade_no.as_str(), found.total_fee.get()), (NUMBER, 350));
    let states = [
        Ok(RefundStatus::Success),
        Ok(RefundStatus::RefundClose),
        Ok(RefundStatus::Processing),
        Ok(RefundStatus::Change),
        Err("NEW_IN_2030".into()),
    ];
    let expected: Vec<_> = (0..).zip(states).map(|(n, state)| record(n, state)).collect();
    assert_eq!(found.refunds, expected);
}

#[test]
fn the_coupons_of_a_row_are_its_own() {
    let more = [
        ("settlement_refund_fee_1", "1"),
        ("coupon_refund_fee_1", "2"),
        ("coupon_refund_count_1", "2"),
        ("coupon_refund_id_1_0", "100"),
        ("coupon_refund_fee_1_0", "1"),
        ("coupon_type_1_0", "NO_CASH"),
        ("coupon_refund_id_1_1", "101"),
        ("coupon_refund_fee_1_1", "1"),
        // Belongs to no row that is there.
        ("coupon_refund_id_11_0", "102"),
    ];
    let found = page(reply(&[row(0, "SUCCESS"), row(1, "SUCCESS")], &more));
    let one = Fen::new(1).unwrap();
    let coupon = |id: &str, kind: Option<String>| Coupon { id: id.into(), fee: one, kind };
    let [first, second] = &found.refunds[..] else { panic!("expected two refunds") };
    assert_eq!(first, &record(0, Ok(RefundStatus::Success)));
    let expected = vec![coupon("100", Some("NO_CASH".into())), coupon("101", None)];
    assert_eq!((&second.coupons, second.settlement_refund_fee), (&expected, Some(one)));
}

#[test]
fn what_a_row_may_lack_and_what_not() {
    let without = |name: &str, value: &str| {
        read_by(reply(&[row(0, "PROCESSING")], &[(&format!("{name}_0"), value)]), OURS)
    };
    for name in ["refund_channel", "refund_account", "refund_recv_accout", "refund_success_time"] {
        assert!(without(name, "").is_ok(), "{name}");
    }
    for (name, field) in [
        ("out_refund_no", "out_refund_no_$n"),
        ("refund_id", "refund_id_$n"),
        ("refund_fee", "refund_fee_$n"),
        ("refund_status", "refund_status_$n"),
    ] {
        assert_eq!(field_error(without(name, "")), (field, true));
    }
    for (name, value) in [
        ("refund_fee", "0"),
        ("refund_fee", "1.00"),
        ("settlement_refund_fee", "-1"),
        ("refund_success_time", "20260302093015"),
    ] {
        let (field, missing) = field_error(without(name, value));
        assert_eq!((field, missing), (format!("{name}_$n").as_str(), false));
    }
    for name in ["transaction_id", "out_trade_no", "total_fee", "refund_count"] {
        let lacking = reply(&[row(0, "SUCCESS")], &[(name, "")]);
        assert_eq!(field_error(read_by(lacking, OURS)), (name, true));
    }
    // More rows announced than sent, by one or by very many.
    for count in ["2", "9007199254740991"] {
        let short = reply(&[row(0, "SUCCESS")], &[("refund_count", count)]);
        assert_eq!(field_error(read_by(short, OURS)), ("refund_status_$n", true));
    }
}

#[test]
fn a_reply_is_about_the_number_that_was_asked_for() {
    let one = || reply(&[row(0, "SUCCESS")], &[]);
    for by in [
        By::RefundId("50000000000"),
        By::OutRefundNo("R0"),
        By::TransactionId("4200000000202603020000000017"),
        OURS,
    ] {
        assert!(matches!(read_by(one(), by), Ok(Found::Page(_))), "{by:?}");
    }
    for (by, field) in [
        (By::RefundId("50000000001"), "refund_id_$n"),
        (By::OutRefundNo("R1"), "out_refund_no_$n"),
        (By::TransactionId("4200000000202603020000000018"), "transaction_id"),
        (By::OutTradeNo("T20260302-0002"), "out_trade_no"),
    ] {
        assert_eq!(field_error(read_by(one(), by)), (field, false));
    }
}

#[test]
fn pages_lead_on_to_the_end() {
    let full: Vec<_> = (0..10).map(|n| row(n, "SUCCESS")).collect();
    let of = |rows: &[_], total| page(reply(rows, &[("total_refund_count", total)]));
    let first = of(&full, "24");
    assert_eq!(first.total_refund_count, Some(24));
    assert_eq!(first.next_offset(0), Some(10));
    assert_eq!(first.next_offset(10), Some(20));
    assert_eq!(of(&full[..4], "24").next_offset(20), None);
    assert_eq!(of(&full, "10").next_offset(0), None);
    // An empty page must not be asked for again and again.
    assert_eq!(of(&[], "24").next_offset(0), None);
    assert_eq!(of(&full, "24").next_offset(u64::MAX), None);
    assert_eq!(page(reply(&full, &[])).next_offset(0), None);
}

#[test]
fn a_refund_nobody_knows_is_an_answer() {
    assert_eq!(read_by(refused("REFUNDNOTEXIST"), OURS), Ok(Found::NotExist));
    for (code, is_final) in [
        ("SYSTEMERROR", false),
        ("FREQUENCY_LIMITED", false),
        ("NEW_IN_2030", false),
        ("INVALID_TRANSACTIONID", true),
        ("PARAM_ERROR", true),
        ("INVALID_REQUEST", true),
    ] {
        let Err(ReplyError::Refused { code: read, .. }) = read_by(refused(code), OURS) else {
            panic!("{code}: expected a refusal")
        };
        assert_eq!((read.as_str(), read.is_final()), (code, is_final));
    }
}
