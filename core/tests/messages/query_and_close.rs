//! The replies to orderquery and closeorder.

use wxpay_core::messages::close_order::Closing;
use wxpay_core::messages::order_query::{self, Found};
use wxpay_core::messages::reply::ReplyError;
use wxpay_core::messages::{ErrCode, TradeState};
use wxpay_core::{Params, SignType};

use super::replies::{closing, field_error, refused, signed};
use super::support::{identity, key};

const NUMBER: &str = "T20260302-0001";

fn found(reply: Params) -> Result<Found, ReplyError> {
    order_query::read_reply(reply, NUMBER, &identity(), SignType::Md5, &key())
}

const TRADE: [(&str, &str); 9] = [
    ("out_trade_no", NUMBER),
    ("transaction_id", "4200000000202603020000000017"),
    ("total_fee", "350"),
    ("cash_fee", "350"),
    ("time_end", "20260302093015"),
    ("openid", "oNobody0000000000000000000001"),
    ("trade_type", "JSAPI"),
    ("bank_type", "OTHERS"),
    ("attach", "counter 3"),
];

fn trade_with(more: &[(&'static str, &'static str)]) -> Params {
    signed(&[&TRADE[..], more].concat())
}

#[test]
fn t09_a_query_finds_each_state() {
    for (word, state) in [
        ("NOTPAY", TradeState::NotPay),
        ("CLOSED", TradeState::Closed),
        ("USERPAYING", TradeState::UserPaying),
        ("PAYERROR", TradeState::PayError),
        ("REVOKED", TradeState::Revoked),
    ] {
        let reply = signed(&[("out_trade_no", NUMBER), ("trade_state", word)]);
        assert_eq!(found(reply), Ok(Found::Unpaid(state)), "{word}");
        assert!(!state.is_paid());
    }
    for (word, state) in [
        ("SUCCESS", TradeState::Success),
        ("REFUND", TradeState::Refund),
        ("REVOKED", TradeState::Revoked),
    ] {
        let Ok(Found::Paid(read, trade)) = found(trade_with(&[("trade_state", word)])) else {
            panic!("{word}: expected a payment")
        };
        assert_eq!(read, state);
        assert_eq!(read.is_paid(), state != TradeState::Revoked);
        assert_eq!(trade.transaction_id, "4200000000202603020000000017");
        assert_eq!((trade.total_fee.get(), trade.fee_type.as_str()), (350, "CNY"));
        assert_eq!(trade.time_end, 1_772_415_015);
    }
    for word in ["ACCEPT", "success", "SUCCESS ", "NEW_IN_2030"] {
        let reply = trade_with(&[("trade_state", word)]);
        assert_eq!(found(reply), Ok(Found::UnknownState(word.into())), "{word}");
    }
}

#[test]
fn every_state_is_written_as_it_is_read() {
    for (state, word) in TradeState::ALL.iter().zip(TradeState::WORDS) {
        assert_eq!((state.as_str(), word.parse()), (*word, Ok(*state)));
    }
    assert_eq!(TradeState::ALL.len(), 7);
}

#[test]
fn a_query_is_about_this_order_and_complete() {
    let other = |number| trade_with(&[("trade_state", "SUCCESS"), ("out_trade_no", number)]);
    for number in ["T20260302-0002", "t20260302-0001", "T20260302-0001 ", ""] {
        assert_eq!(field_error(found(other(number))).0, "out_trade_no", "{number}");
    }
    assert_eq!(field_error(found(trade_with(&[]))), ("trade_state", true));
    let long_state = signed(&[("out_trade_no", NUMBER), ("trade_state", &"S".repeat(33))]);
    assert_eq!(field_error(found(long_state)), ("trade_state", false));
    for field in ["transaction_id", "total_fee", "time_end"] {
        let reply = trade_with(&[("trade_state", "SUCCESS"), (field, "")]);
        assert_eq!(field_error(found(reply)), (field, true));
    }
}

#[test]
fn a_query_for_an_unknown_order_is_a_refusal() {
    let code = ErrCode::OrderNotExist;
    let expected = ReplyError::Refused { code, description: "说明".into() };
    assert_eq!(found(refused("ORDERNOTEXIST")), Err(expected));
    let Err(ReplyError::Refused { code, .. }) = found(refused("SYSTEMERROR")) else {
        panic!("expected a refusal")
    };
    assert!(!code.is_final());
}

#[test]
fn a_close_is_done_or_says_why_not() {
    assert_eq!(closing(signed(&[("result_msg", "OK")])), Ok(Closing::Closed));
    assert_eq!(closing(refused("ORDERCLOSED")), Ok(Closing::Closed));
    assert_eq!(closing(refused("ORDERPAID")), Ok(Closing::Paid));
    assert_eq!(closing(refused("ORDERNOTEXIST")), Ok(Closing::NotExist));
    for (code, is_final) in [
        ("SYSTEMERROR", false),
        ("TRADE_STATE_ERROR", true),
        ("SIGNERROR", true),
        ("REQUIRE_POST_METHOD", true),
        ("XML_FORMAT_ERROR", true),
        ("NEW_IN_2030", false),
    ] {
        let Err(ReplyError::Refused { code: read, .. }) = closing(refused(code)) else {
            panic!("{code}: expected a refusal")
        };
        assert_eq!((read.as_str(), read.is_final()), (code, is_final));
    }
}
