//! Payment codes: each way a charge can go, and what orderquery says of it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use serde_json::json;
use support::scanner::{HMAC, charge, scan, send};
use support::{World, assert_fields, client, fen, identity, key};
use wxpay_core::messages::TradeState;
use wxpay_core::messages::micropay::{Outcome, read_reply};
use wxpay_core::messages::order_query::{self, Found};
use wxpay_simulator::{Behaviour, Ending, NoticeError, NoticeKind, PayError};

fn password(ends: Ending, after_s: Option<u32>) -> Behaviour {
    Behaviour::Password { ends, after_s }
}

#[tokio::test]
async fn a_code_is_charged_at_once_and_no_notice_follows() {
    let world = World::start().await;
    let reply = scan(&world, "M1", Behaviour::Pays).await;
    assert_fields(
        &reply,
        &[
            ("trade_type", "MICROPAY"),
            ("attach", "till 3"),
            ("device_info", "till3"),
            ("time_end", "20260101120000"),
            ("openid", &world.alice().openid),
        ],
    );
    let Outcome::Paid(trade) = read_reply(reply, "M1", &identity(), HMAC, &key()) else {
        panic!("it is paid");
    };
    assert_eq!(trade.total_fee, fen(88));
    let reply = world.query("M1", HMAC).await;
    let found = order_query::read_reply(reply, "M1", &identity(), HMAC, &key()).unwrap();
    let Found::Paid(TradeState::Success, queried) = found else { panic!("it is paid") };
    assert_eq!(queried.transaction_id, trade.transaction_id);
    assert_eq!(world.wechat.ledger().len(), 1);
    let order = world.wechat.order("M1").unwrap();
    assert_eq!(order.notices_sent(), 0);
    let sent = world.wechat.send_notice("M1", NoticeKind::Again).await;
    assert_eq!(sent, Err(NoticeError::NoNotice));
}

#[tokio::test]
async fn a_refused_charge_moves_nothing() {
    for (behaviour, code, state) in [
        (Behaviour::NotEnough, "NOTENOUGH", Some("PAYERROR")),
        (Behaviour::CardNotSupported, "NOTSUPORTCARD", Some("PAYERROR")),
        (Behaviour::TradeError, "TRADE_ERROR", Some("PAYERROR")),
        (Behaviour::Expired, "AUTHCODEEXPIRE", None),
        (Behaviour::Invalid, "AUTH_CODE_INVALID", None),
        (Behaviour::Used, "AUTH_CODE_ERROR", None),
    ] {
        let world = World::start().await;
        let reply = scan(&world, "M1", behaviour).await;
        assert_fields(&reply, &[("result_code", "FAIL"), ("err_code", code)]);
        let failed = read_reply(reply, "M1", &identity(), HMAC, &key());
        assert!(matches!(failed, Outcome::Failed { .. }), "{failed:?}");
        let found = world.query("M1", HMAC).await;
        assert_eq!(found.get("trade_state"), state, "{code}");
        // The next code may pay the same number.
        assert_fields(&scan(&world, "M1", Behaviour::Pays).await, &[("result_code", "SUCCESS")]);
        assert_eq!(world.wechat.ledger().len(), 1);
    }
}

#[tokio::test]
async fn a_busy_bank_or_wechat_may_have_taken_the_money_or_not() {
    for (behaviour, code, state) in [
        (Behaviour::BankError { paid: true }, "BANKERROR", "SUCCESS"),
        (Behaviour::BankError { paid: false }, "BANKERROR", "PAYERROR"),
        (Behaviour::SystemError { paid: true }, "SYSTEMERROR", "SUCCESS"),
        (Behaviour::SystemError { paid: false }, "SYSTEMERROR", "PAYERROR"),
    ] {
        let world = World::start().await;
        let reply = scan(&world, "M1", behaviour).await;
        assert_fields(&reply, &[("err_code", code)]);
        let unknown = read_reply(reply, "M1", &identity(), HMAC, &key());
        assert!(matches!(unknown, Outcome::Unknown(_)), "{unknown:?}");
        assert_fields(&world.query("M1", HMAC).await, &[("trade_state", state)]);
        assert_eq!(world.wechat.ledger().len(), usize::from(state == "SUCCESS"));
    }
}

#[tokio::test]
async fn a_password_ends_by_hand() {
    for (ending, state) in
        [(Ending::Pays, "SUCCESS"), (Ending::Cancels, "NOTPAY"), (Ending::Fails, "PAYERROR")]
    {
        let world = World::start().await;
        let ended = |ending| world.wechat.end_password("M1", ending);
        assert_eq!(ended(ending), Err(PayError::UnknownOrder));
        let reply = scan(&world, "M1", password(Ending::Fails, None)).await;
        assert_fields(&reply, &[("err_code", "USERPAYING")]);
        world.pass_s(3600);
        assert_fields(&world.query("M1", HMAC).await, &[("trade_state", "USERPAYING")]);
        assert_eq!(ended(ending).unwrap().as_str(), state);
        assert_fields(&world.query("M1", HMAC).await, &[("trade_state", state)]);
        assert!(ended(Ending::Pays).is_err());
        assert_eq!(world.wechat.ledger().len(), usize::from(state == "SUCCESS"));
    }
}

#[tokio::test]
async fn a_password_ends_by_itself_when_its_time_has_come() {
    for (ending, state) in
        [(Ending::Pays, "SUCCESS"), (Ending::Cancels, "NOTPAY"), (Ending::Fails, "PAYERROR")]
    {
        let world = World::start().await;
        scan(&world, "M1", password(ending, Some(20))).await;
        world.pass_s(19);
        assert_fields(&world.query("M1", HMAC).await, &[("trade_state", "USERPAYING")]);
        world.pass_s(11);
        let reply = world.query("M1", HMAC).await;
        assert_fields(&reply, &[("trade_state", state)]);
        let end = (state == "SUCCESS").then_some("20260101120020");
        assert_eq!(reply.get("time_end"), end, "it ended when it was due");
    }
}

#[tokio::test]
async fn a_code_works_once_for_one_minute() {
    let world = World::start().await;
    let code = world.wechat.auth_code("alice", Behaviour::Pays);
    assert_eq!(code.len(), 18);
    assert_fields(&send(&world, &charge("M1", &code)).await, &[("result_code", "SUCCESS")]);
    assert_fields(&send(&world, &charge("M2", &code)).await, &[("err_code", "AUTH_CODE_ERROR")]);
    let old = world.wechat.auth_code("alice", Behaviour::Pays);
    world.pass_s(60);
    assert_fields(&send(&world, &charge("M2", &old)).await, &[("err_code", "AUTHCODEEXPIRE")]);
    let unknown = charge("M2", "134567890123456789");
    assert_fields(&send(&world, &unknown).await, &[("err_code", "AUTH_CODE_INVALID")]);
    assert_fields(&world.query("M2", HMAC).await, &[("err_code", "ORDERNOTEXIST")]);
}

#[tokio::test]
async fn a_number_is_used_for_one_charge_of_one_user() {
    let world = World::start().await;
    world.place("T1", HMAC).await;
    let taken = scan(&world, "T1", Behaviour::Pays).await;
    assert_fields(&taken, &[("err_code", "OUT_TRADE_NO_USED")]);

    scan(&world, "M1", Behaviour::NotEnough).await;
    let code = world.wechat.auth_code("alice", Behaviour::Pays);
    let mut dearer = charge("M1", &code);
    dearer.total_fee = fen(89);
    assert_fields(&send(&world, &dearer).await, &[("err_code", "OUT_TRADE_NO_USED")]);
    let bob = world.wechat.auth_code("bob", Behaviour::Pays);
    assert_fields(&send(&world, &charge("M1", &bob)).await, &[("err_code", "BUYER_MISMATCH")]);
    // Refused before it was charged, the code is still good.
    assert_fields(&send(&world, &charge("M1", &code)).await, &[("result_code", "SUCCESS")]);
    let again = scan(&world, "M1", Behaviour::Pays).await;
    assert_fields(&again, &[("err_code", "ORDERPAID")]);

    scan(&world, "M2", password(Ending::Pays, None)).await;
    let waiting = scan(&world, "M2", Behaviour::Pays).await;
    assert_fields(&waiting, &[("err_code", "USERPAYING")]);
    assert_eq!(world.wechat.ledger().len(), 1);
}

#[tokio::test]
async fn a_charge_has_no_cashier_and_is_not_closed() {
    let world = World::start().await;
    scan(&world, "M1", password(Ending::Pays, None)).await;
    let pay = world.wechat.pay("M1", wxpay_simulator::Outcome::Pay).await;
    assert_eq!(pay, Err(PayError::NoCashier));
    world.pass_s(300);
    assert_fields(&world.close("M1").await, &[("err_code", "TRADE_STATE_ERROR")]);
    let home = client::get(&format!("{}/", world.wechat.base_url())).await.unwrap().text();
    assert!(home.contains("M1") && home.contains("USERPAYING") && !home.contains("/cashier/"));
}

#[tokio::test]
async fn the_control_api_issues_codes_and_ends_passwords() {
    let world = World::start().await;
    let post = async |path: &str, body: serde_json::Value| {
        let url = format!("{}{path}", world.wechat.base_url());
        let reply = client::post(&url, "application/json", body.to_string()).await.unwrap();
        (reply.status, reply.json())
    };
    let (_, issued) = post("/sim/auth_code", json!({})).await;
    let code = issued["auth_code"].as_str().unwrap();
    assert_fields(&send(&world, &charge("M1", code)).await, &[("result_code", "SUCCESS")]);
    let behaviour = json!({"password": {"ends": "pays", "after_s": null}});
    let (_, issued) = post("/sim/auth_code", json!({"user": "bob", "behaviour": behaviour})).await;
    let code = issued["auth_code"].as_str().unwrap();
    assert_fields(&send(&world, &charge("M2", code)).await, &[("err_code", "USERPAYING")]);
    let (status, ended) = post("/sim/micropay/M2", json!({"ends": "cancels"})).await;
    assert_eq!((status, ended), (200, json!({"trade_state": "NOTPAY"})));
    assert_eq!(post("/sim/micropay/M2", json!({"ends": "pays"})).await.0, 400);
    assert_eq!(post("/sim/micropay/M9", json!({"ends": "pays"})).await.0, 404);
    assert_eq!(post("/sim/auth_code", json!({"behaviour": "gives"})).await.0, 400);
}
