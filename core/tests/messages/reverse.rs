//! reverse: the request, and when to call again.

use wxpay_core::messages::reply::ReplyError;
use wxpay_core::messages::reverse::{self, Reversal};
use wxpay_core::{Params, SignType};

use super::field_rules::{hold, text, words};
use super::replies::{field_error, signed};
use super::requests::unsigned;
use super::support::{APPID, BOTH, MCH_ID, NONCE, identity, key, params};

const NUMBER: &str = "T20260302-0001";

#[test]
fn a_reversal_sends_the_number_and_nothing_else() {
    for sign_type in BOTH {
        let request = reverse::request(NUMBER, &identity(), NONCE, sign_type, &key()).unwrap();
        let expected = params(&[
            ("appid", APPID),
            ("mch_id", MCH_ID),
            ("nonce_str", NONCE),
            ("out_trade_no", NUMBER),
            ("sign_type", sign_type.as_str()),
        ]);
        assert_eq!(unsigned(request, sign_type), expected);
    }
    let none = reverse::request("", &identity(), NONCE, SignType::Md5, &key()).unwrap_err();
    assert_eq!((none.field, none.missing), ("out_trade_no", true));
    let base = reverse::request(NUMBER, &identity(), NONCE, SignType::Md5, &key()).unwrap();
    let number = words("out_trade_no", &["1", &"9".repeat(32)], &[&"9".repeat(33), "a b"]);
    hold(&base, reverse::check, vec![text("transaction_id", 32), number]);
    let mut by_transaction = base;
    by_transaction.remove("out_trade_no");
    by_transaction.set("transaction_id", "4200000000202603020000000017").unwrap();
    assert_eq!(reverse::check(&by_transaction), Ok(()));
}

fn read(reply: Params) -> Result<Reversal, ReplyError> {
    reverse::read_reply(reply, &identity(), SignType::Md5, &key())
}

fn refused(code: &str, recall: &str) -> Result<Reversal, ReplyError> {
    read(signed(&[("result_code", "FAIL"), ("err_code", code), ("recall", recall)]))
}

#[test]
fn recall_says_whether_to_call_again() {
    assert_eq!(read(signed(&[("recall", "N")])), Ok(Reversal::Reversed));
    assert_eq!(read(signed(&[("recall", "Y")])), Ok(Reversal::CallAgain));
    for recall in ["Y", "N", ""] {
        for code in ["SYSTEMERROR", "USERPAYING", "FREQUENCY_LIMITED", "NEW_IN_2030"] {
            assert_eq!(refused(code, recall), Ok(Reversal::CallAgain), "{code} {recall}");
        }
        assert_eq!(refused("REVERSE_EXPIRE", recall), Ok(Reversal::TooLate));
    }
    for code in ["TRADE_ERROR", "INVALID_TRANSACTIONID", "PARAM_ERROR", "SIGNERROR"] {
        assert_eq!(refused(code, "Y"), Ok(Reversal::CallAgain), "{code}");
        for recall in ["N", ""] {
            let Err(ReplyError::Refused { code: read, .. }) = refused(code, recall) else {
                panic!("{code}: expected a refusal")
            };
            assert_eq!(read.as_str(), code);
        }
    }
}

#[test]
fn a_reversal_is_done_only_when_wechat_says_so() {
    assert_eq!(field_error(read(signed(&[]))), ("recall", true));
    assert_eq!(field_error(read(signed(&[("recall", "n")]))), ("recall", false));
    assert_eq!(field_error(read(signed(&[("result_code", ""), ("recall", "N")]))).0, "result_code");
    let mut forged = signed(&[("recall", "Y")]);
    forged.set("recall", "N").unwrap();
    assert!(matches!(read(forged), Err(ReplyError::NotVerified(_))));
    let failed = params(&[("return_code", "FAIL"), ("recall", "Y")]);
    assert_eq!(read(failed), Err(ReplyError::NotAccepted { return_msg: String::new() }));
}
