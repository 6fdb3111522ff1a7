//! downloadbill and downloadfundflow: the requests, and what comes when there is no bill.

use wxpay_core::messages::download_bill::{self, BillType, DownloadError};
use wxpay_core::messages::download_fundflow::{self, AccountType};
use wxpay_core::{Params, SignType};

use super::field_rules::{hold, words};
use super::requests::{provider, unsigned};
use super::support::{APPID, BOTH, MCH_ID, NONCE, identity, key, params};

const DATES: [&str; 5] = ["2026-03-02", "202603", "20260229", "20261301", "202603020"];

#[test]
fn a_bill_is_asked_for_by_day_and_type() {
    for sign_type in BOTH {
        for (bill_type, word) in
            BillType::ALL.iter().zip(["ALL", "SUCCESS", "REFUND", "RECHARGE_REFUND"])
        {
            for gzip in [false, true] {
                let request = download_bill::request(
                    "20260302",
                    *bill_type,
                    gzip,
                    &identity(),
                    NONCE,
                    sign_type,
                    &key(),
                );
                let mut expected = params(&[
                    ("appid", APPID),
                    ("mch_id", MCH_ID),
                    ("nonce_str", NONCE),
                    ("sign_type", sign_type.as_str()),
                    ("bill_date", "20260302"),
                    ("bill_type", word),
                ]);
                if gzip {
                    expected.set("tar_type", "GZIP").unwrap();
                }
                assert_eq!(unsigned(request.unwrap(), sign_type), expected);
            }
        }
    }
    let of_sub = download_bill::request(
        "20260302",
        BillType::All,
        false,
        &provider(),
        NONCE,
        SignType::Md5,
        &key(),
    );
    assert_eq!(of_sub.unwrap().get("sub_mch_id"), Some("1900000002"));
}

#[test]
fn a_fund_flow_is_asked_for_with_hmac_only() {
    for (account, word) in AccountType::ALL.iter().zip(["Basic", "Operation", "Fees"]) {
        let request =
            download_fundflow::request("20260302", *account, true, &identity(), NONCE, &key());
        let expected = params(&[
            ("appid", APPID),
            ("mch_id", MCH_ID),
            ("nonce_str", NONCE),
            ("sign_type", "HMAC-SHA256"),
            ("bill_date", "20260302"),
            ("account_type", word),
            ("tar_type", "GZIP"),
        ]);
        assert_eq!(unsigned(request.unwrap(), SignType::HmacSha256), expected);
    }
}

#[test]
fn the_fields_of_the_downloads_have_limits() {
    let tar = || words("tar_type", &["GZIP"], &["gzip", "ZIP"]);
    let bill = download_bill::request(
        "20260302",
        BillType::All,
        false,
        &identity(),
        NONCE,
        SignType::Md5,
        &key(),
    );
    let rules = vec![
        words("bill_date", &["20260302", "20240229"], &DATES),
        words("bill_type", BillType::WORDS, &["all", "REVOKED"]),
        tar(),
    ];
    let tested: Vec<_> = rules.iter().map(|rule| rule.0).collect();
    let table: Vec<_> = download_bill::FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(tested, table);
    hold(&bill.unwrap(), download_bill::check, rules);

    let flow = download_fundflow::request(
        "20260302",
        AccountType::Basic,
        false,
        &identity(),
        NONCE,
        &key(),
    )
    .unwrap();
    let rules = vec![
        words("sign_type", &["HMAC-SHA256"], &["MD5"]),
        words("bill_date", &["20260302"], &DATES),
        words("account_type", AccountType::WORDS, &["basic", "All"]),
        tar(),
    ];
    let tested: Vec<_> = rules.iter().map(|rule| rule.0).collect();
    let table: Vec<_> = download_fundflow::FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(tested, table);
    hold(&flow, download_fundflow::check, rules);
    let mut without = flow;
    without.remove("sign_type");
    let error = download_fundflow::check(&without).unwrap_err();
    assert_eq!((error.field, error.missing), ("sign_type", true), "MD5 would be the default");
}

fn refused(code: &str, message: &str) -> DownloadError {
    DownloadError::Refused { code: code.into(), message: message.into() }
}

#[test]
fn each_error_of_downloadbill_is_told_apart() {
    let read = |message: &str, code: &str| {
        let reply = [("return_code", "FAIL"), ("return_msg", message), ("error_code", code)];
        download_bill::read_error(&params(&reply))
    };
    for words in ["No Bill Exist", "NO Bill Exist", "no bill exist", " NO BILL EXIST "] {
        assert_eq!(read(words, ""), DownloadError::NoBill, "{words}");
    }
    assert_eq!(read("", "20002"), DownloadError::NoBill);
    assert_eq!(read("Bill Creating", "20007"), DownloadError::NotReady);
    assert_eq!(read("bill creating", ""), DownloadError::NotReady);
    for words in ["SYSTEMERROR", "SystemError"] {
        assert_eq!(read(words, ""), DownloadError::Busy, "{words}");
    }
    for (words, code) in [
        ("invalid bill_type", "20003"),
        ("data format error", ""),
        ("missing parameter", ""),
        ("SIGN ERROR", "20001"),
        ("CompressGZip Error", ""),
        ("UnCompressGZip Error", ""),
        ("No Bill Exists", ""),
        ("", ""),
    ] {
        assert_eq!(read(words, code), refused(code, words), "{words}");
    }
    assert_eq!(read(&"错".repeat(200), ""), refused("", &"错".repeat(128)));
    assert_eq!(download_bill::read_error(&Params::new()), refused("", ""));
}

#[test]
fn each_error_of_downloadfundflow_is_told_apart() {
    let read = |code: &str| {
        download_fundflow::read_error(&params(&[
            ("return_code", "SUCCESS"),
            ("result_code", "FAIL"),
            ("err_code", code),
            ("err_code_des", "说明"),
        ]))
    };
    assert_eq!(read("NO_BILL_EXIST"), DownloadError::NoBill);
    assert_eq!(read("BILL_CREATING"), DownloadError::NotReady);
    assert_eq!(read("SYSTEMERROR"), DownloadError::Busy);
    for code in ["PARAM_ERROR", "SIGNERROR", "NEW_IN_2030", ""] {
        assert_eq!(read(code), refused(code, "说明"), "{code}");
    }
    let unsigned_failure = params(&[("return_code", "FAIL"), ("return_msg", "签名错误")]);
    assert_eq!(download_fundflow::read_error(&unsigned_failure), refused("", "签名错误"));
}
