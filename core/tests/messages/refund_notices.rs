//! Refund notices: whose they are, and what their encrypted content says.

use aes::Aes256;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use base64ct::{Base64, Encoding};
use md5::{Digest, Md5};
use wxpay_core::messages::refund::RefundStatus;
use wxpay_core::messages::refund_notice::{NoticeError, RefundNotice, read};
use wxpay_core::messages::{FieldError, Identity, OtherMerchantError};
use wxpay_core::refund_notice::RefundNoticeError;
use wxpay_core::xml::from_xml;
use wxpay_core::{ApiKey, Fen, Params};

use super::requests::provider;
use super::support::{APPID, KEY, MCH_ID, NONCE, identity, key, params};

const CONTENT: [(&str, &str); 9] = [
    ("transaction_id", "4200000000202603020000000017"),
    ("out_trade_no", "T20260302-0001"),
    ("refund_id", "50000000002026030200000000001"),
    ("out_refund_no", "R20260302-0001"),
    ("total_fee", "350"),
    ("refund_fee", "150"),
    ("refund_status", "SUCCESS"),
    ("success_time", "2026-03-02 09:30:15"),
    ("refund_recv_accout", "支付用户零钱"),
];

/// As WeChat would encrypt it.
fn req_info(content: &[(&str, &str)]) -> String {
    let mut fields = params(&[]);
    for (name, value) in content {
        fields.set(name, value).unwrap();
    }
    let xml: String =
        fields.iter().map(|(name, value)| format!("<{name}>{value}</{name}>")).collect();
    let mut bytes = format!("<root>{xml}</root>").into_bytes();
    let missing = 16 - bytes.len() % 16;
    bytes.resize(bytes.len() + missing, u8::try_from(missing).unwrap());
    let hex: String = Md5::digest(KEY).iter().map(|byte| format!("{byte:02x}")).collect();
    let cipher = Aes256::new_from_slice(hex.as_bytes()).unwrap();
    for block in bytes.as_chunks_mut::<16>().0 {
        cipher.encrypt_block(block.into());
    }
    Base64::encode_string(&bytes)
}

fn notice(more: &[(&'static str, &'static str)]) -> Params {
    params(&[
        ("return_code", "SUCCESS"),
        ("appid", APPID),
        ("mch_id", MCH_ID),
        ("nonce_str", NONCE),
        ("req_info", &req_info(&[&CONTENT[..], more].concat())),
    ])
}

fn read_ours(notice: &Params) -> Result<RefundNotice, NoticeError> {
    read(notice, &identity(), &key())
}

fn plain() -> RefundNotice {
    RefundNotice {
        transaction_id: "4200000000202603020000000017".into(),
        out_trade_no: "T20260302-0001".into(),
        refund_id: "50000000002026030200000000001".into(),
        out_refund_no: "R20260302-0001".into(),
        total_fee: Fen::new(350).unwrap(),
        settlement_total_fee: None,
        refund_fee: Fen::new(150).unwrap(),
        settlement_refund_fee: None,
        cash_refund_fee: None,
        status: Ok(RefundStatus::Success),
        success_time: Some(1_772_415_015),
        refund_recv_accout: Some("支付用户零钱".into()),
        refund_account: None,
        refund_request_source: None,
    }
}

#[test]
fn a_notice_tells_what_became_of_the_refund() {
    assert_eq!(read_ours(&notice(&[])), Ok(plain()));
    let full = notice(&[
        ("settlement_total_fee", "340"),
        ("settlement_refund_fee", "140"),
        ("cash_refund_fee", "130"),
        ("refund_account", "REFUND_SOURCE_RECHARGE_FUNDS"),
        ("refund_request_source", "VENDOR_PLATFORM"),
        ("new_in_2030", "x"),
    ]);
    let fen = |fen| Some(Fen::new(fen).unwrap());
    let expected = RefundNotice {
        settlement_total_fee: fen(340),
        settlement_refund_fee: fen(140),
        cash_refund_fee: fen(130),
        refund_account: Some("REFUND_SOURCE_RECHARGE_FUNDS".into()),
        refund_request_source: Some("VENDOR_PLATFORM".into()),
        ..plain()
    };
    assert_eq!(read_ours(&full), Ok(expected));
    for (word, status) in [
        ("CHANGE", Ok(RefundStatus::Change)),
        ("REFUNDCLOSE", Ok(RefundStatus::RefundClose)),
        ("success", Err("success".into())),
    ] {
        let read = read_ours(&notice(&[("refund_status", word), ("success_time", "")])).unwrap();
        assert_eq!((read.status, read.success_time), (status, None));
    }
}

#[test]
fn content_that_lacks_something_is_no_notice() {
    let at = |name, value| match read_ours(&notice(&[(name, value)])) {
        Err(NoticeError::Field(FieldError { field, missing, .. })) => (field, missing),
        other => panic!("{name}: expected a field error, found {other:?}"),
    };
    for (name, _) in &CONTENT[..7] {
        assert_eq!(at(name, ""), (*name, true));
    }
    for (name, value) in [
        ("total_fee", "0"),
        ("refund_fee", "1.5"),
        ("refund_fee", "-150"),
        ("cash_refund_fee", "x"),
        ("success_time", "20260302093015"),
        ("out_refund_no", "R 1"),
    ] {
        assert_eq!(at(name, value), (name, false));
    }
}

#[test]
fn a_notice_for_another_merchant_is_not_decrypted() {
    for (field, other) in [("mch_id", "1900000009"), ("appid", "wx0"), ("mch_id", "")] {
        let mut notice = notice(&[]);
        notice.set(field, other).unwrap();
        notice.set("req_info", "never looked at").unwrap();
        let expected = NoticeError::OtherMerchant(OtherMerchantError { field });
        assert_eq!(read_ours(&notice), Err(expected));
    }
    let expected = OtherMerchantError { field: "sub_mch_id" };
    let of_nobody = read(&notice(&[]), &provider(), &key());
    assert_eq!(of_nobody, Err(NoticeError::OtherMerchant(expected)));
    let mut of_sub = notice(&[]);
    of_sub.set("sub_mch_id", "1900000002").unwrap();
    assert_eq!(read(&of_sub, &provider(), &key()), Ok(plain()));
}

#[test]
fn a_notice_without_content_says_why() {
    let mut failed = notice(&[]);
    failed.set("return_code", "FAIL").unwrap();
    failed.set("return_msg", &"错".repeat(200)).unwrap();
    let return_msg = "错".repeat(128);
    assert_eq!(read_ours(&failed), Err(NoticeError::NotAccepted { return_msg }));

    let mut empty = notice(&[]);
    empty.remove("req_info");
    let Err(NoticeError::Field(error)) = read_ours(&empty) else {
        panic!("expected a field error")
    };
    assert_eq!((error.field, error.missing), ("req_info", true));

    let other_key = ApiKey::new("core0tests0key0of0nobody00000002").unwrap();
    let error = read(&notice(&[]), &identity(), &other_key).unwrap_err();
    assert!(matches!(error, NoticeError::Encrypted(RefundNoticeError::Padding)), "{error:?}");
    assert!(!error.to_string().contains("core0tests0key"));
}

/// M5 of the vectors holds only four fields: it is decrypted, and found incomplete.
#[test]
fn the_notice_of_the_vectors_is_decrypted() {
    let merchant = Identity::direct("wxd678efh567hg6787", "1230000109");
    let key = ApiKey::new("192006250b4c09247ec02edce69f6a2d").unwrap();
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../vectors/messages.json")).unwrap();
    let message = vectors.as_array().unwrap().iter().find(|m| m["id"] == "M5").unwrap();
    let received = from_xml(message["xml"].as_str().unwrap().as_bytes()).unwrap();
    let Err(NoticeError::Field(error)) = read(&received, &merchant, &key) else {
        panic!("expected a field error")
    };
    assert!(error.missing, "{error}");
}
