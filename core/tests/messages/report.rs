//! payitil/report, in both forms.

use wxpay_core::messages::reply::ReplyError;
use wxpay_core::messages::report::{self, Reported, State};
use wxpay_core::{Params, SignType};

use super::requests::unsigned;
use super::support::{APPID, BOTH, MCH_ID, NONCE, identity, key, params};

const URL: &str = "https://api.mch.weixin.qq.com/pay/batchreport/micropay/total";

fn trade(out_trade_no: &str, state: State, err_msg: Option<&str>) -> Reported {
    Reported {
        out_trade_no: out_trade_no.into(),
        begin_time: 1_767_240_000,
        end_time: 1_767_240_003,
        state,
        err_msg: err_msg.map(ToString::to_string),
    }
}

fn request(trades: &[Reported]) -> Result<Params, wxpay_core::messages::FieldError> {
    report::request(URL, "203.0.113.7", trades, &identity(), NONCE, SignType::Md5, &key())
}

#[test]
fn the_newer_form_lists_the_trades() {
    let trades = [
        trade("T1", State::Ok, None),
        trade("T2", State::Fail, Some("a \"quoted\" 原因")),
        trade("T3", State::Cancel, None),
    ];
    let times = r#""begin_time":"20260101120000","end_time":"20260101120003""#;
    let json = format!(
        r#"[{{"out_trade_no":"T1",{times},"state":"OK"}},{{"out_trade_no":"T2",{times},"state":"FAIL","err_msg":"a \"quoted\" 原因"}},{{"out_trade_no":"T3",{times},"state":"CANCLE"}}]"#
    );
    for sign_type in BOTH {
        let request =
            report::request(URL, "203.0.113.7", &trades, &identity(), NONCE, sign_type, &key());
        let expected = params(&[
            ("appid", APPID),
            ("mch_id", MCH_ID),
            ("nonce_str", NONCE),
            ("sign_type", sign_type.as_str()),
            ("interface_url", URL),
            ("user_ip", "203.0.113.7"),
            ("trades", &json),
        ]);
        assert_eq!(unsigned(request.unwrap(), sign_type), expected);
    }
}

#[test]
fn a_report_that_does_not_fit_is_not_signed() {
    let at = |trades: &[Reported]| request(trades).map(|_| ()).map_err(|error| error.field);
    let many: Vec<_> = (0..12).map(|n| trade(&format!("T{n}"), State::Ok, None)).collect();
    assert_eq!(at(&many), Err("trades"));
    assert_eq!(at(&many[..8]), Ok(()));
    let never = Reported { end_time: i64::MAX, ..trade("T1", State::Ok, None) };
    assert_eq!(at(&[never]), Err("trades"));
}

#[test]
fn the_older_form_is_checked_by_its_own_table() {
    let mut older = request(&[trade("T1", State::Ok, None)]).unwrap();
    older.remove("trades");
    assert_eq!(report::check(&older).unwrap_err().field, "execute_time_");
    for (name, value) in
        [("execute_time_", "120"), ("return_code", "SUCCESS"), ("result_code", "FAIL")]
    {
        older.set(name, value).unwrap();
    }
    assert_eq!(report::check(&older), Ok(()));
    older.set("time", "2026-01-01").unwrap();
    assert_eq!(report::check(&older).unwrap_err().field, "time");
}

#[test]
fn the_reply_is_not_signed() {
    let read = |return_code, result_code| {
        report::read_reply(&params(&[
            ("return_code", return_code),
            ("return_msg", "说明"),
            ("result_code", result_code),
        ]))
    };
    assert_eq!(read("SUCCESS", "SUCCESS"), Ok(()));
    for (return_code, result_code) in [("FAIL", "SUCCESS"), ("SUCCESS", "FAIL"), ("", "")] {
        let return_msg = "说明".into();
        assert_eq!(read(return_code, result_code), Err(ReplyError::NotAccepted { return_msg }));
    }
}
