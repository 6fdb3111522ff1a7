//! What an error says to a person: which field it is about, and what was expected.

use wxpay_core::messages::download_bill::DownloadError;
use wxpay_core::messages::pay_notice;
use wxpay_core::{Fen, FenError, Params, ParamsError, SignType};

use super::support::params;

#[test]
fn an_error_of_a_set_or_a_word_says_what_was_expected() {
    let twice = Params::from_pairs([("attach", "1"), ("attach", "2")]).unwrap_err();
    assert_eq!(twice.to_string(), "attach: appears twice; every name may appear once");
    assert_eq!(ParamsError::EmptyName.to_string(), "a parameter has no name");
    assert_eq!(ParamsError::TooLarge.to_string(), "the parameters exceed 16777216 bytes");
    let unknown = "RSA".parse::<SignType>().unwrap_err().to_string();
    assert_eq!(unknown, "sign_type: expected MD5 or HMAC-SHA256, in exactly this spelling");
}

#[test]
fn an_error_of_an_amount_says_what_was_expected() {
    let said = |yuan: &str| Fen::from_yuan(yuan).unwrap_err().to_string();
    assert_eq!(said("1,0"), "expected plain decimal digits");
    assert_eq!(said("01"), "expected no leading zero");
    assert_eq!(said("0.001"), "expected at most two decimals; there is no fraction of a fen");
    assert_eq!(FenError::TooLarge.to_string(), "is above the largest amount, 2^53 - 1 fen");
}

#[test]
fn an_error_of_a_message_names_its_field() {
    let notice = params(&[("return_code", "SUCCESS")]);
    let missing = pay_notice::claimed_out_trade_no(&notice).unwrap_err();
    assert!(missing.to_string().contains("out_trade_no"), "{missing}");
    let said = pay_notice::NoticeError::from(missing).to_string();
    assert_eq!(said, missing.to_string());
    #[cfg(feature = "refund-notice")]
    {
        use wxpay_core::messages::refund_notice::NoticeError;
        assert_eq!(NoticeError::from(missing).to_string(), missing.to_string());
        let empty = NoticeError::NotAccepted { return_msg: "busy".into() };
        assert_eq!(empty.to_string(), "the notice has no content: busy");
    }
}

#[test]
fn why_there_is_no_bill_says_whether_to_ask_again() {
    for (error, said) in [
        (DownloadError::NoBill, "no bill for this day"),
        (DownloadError::NotReady, "after 10:00 Beijing time"),
        (DownloadError::Busy, "busy"),
        (DownloadError::Refused { code: "20003".into(), message: "x".into() }, "20003 x"),
    ] {
        assert!(error.to_string().contains(said), "{error}");
    }
}
