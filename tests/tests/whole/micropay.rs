//! Payment codes: charged once, and whatever is unknown is asked about and at last reversed.

use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;
use wxpay_core::messages::TradeState;
use wxpay_server::orders::{EventKind, Fact, Source};
use wxpay_simulator::{Behaviour, Call, Ending, Fault, FaultKind};
use wxpay_tests::{Logs, Reply, Setup, World};

use crate::api::assert_error;

pub(crate) async fn counter() -> World {
    World::with(Setup { refunds: true, durable: true, ..Setup::default() }).await
}

pub(crate) async fn ordered(world: &World) -> String {
    let body = json!({ "total_fee": 500, "body": "tea", "trade_type": "MICROPAY" });
    world.create_with(body).await
}

pub(crate) async fn charge(world: &World, no: &str, behaviour: Behaviour) -> Reply {
    let auth_code = world.wechat.auth_code("alice", behaviour);
    world.act(no, "micropay", json!({ "auth_code": auth_code })).await
}

pub(crate) async fn state(world: &World, no: &str) -> TradeState {
    world.order(no).await.trade_state
}

pub(crate) fn assert_standing(reply: &Reply, status: u16, state: &str) {
    assert_eq!(
        (reply.status, &reply.json["trade_state"]),
        (status, &json!(state)),
        "{}",
        reply.text
    );
}

/// An order whose user has been asked for the password.
async fn user_paying(ends: Ending, after_s: Option<u32>) -> (World, String) {
    let world = counter().await;
    let no = ordered(&world).await;
    let password = Behaviour::Password { ends, after_s };
    assert_standing(&charge(&world, &no, password).await, 202, "USERPAYING");
    (world, no)
}

const WORDS: [Behaviour; 2] = [
    Behaviour::Password { ends: Ending::Pays, after_s: None },
    Behaviour::SystemError { paid: true },
];

#[tokio::test]
async fn a_charge_that_succeeds_is_booked_at_once() {
    let world = counter().await;
    let no = ordered(&world).await;
    let reply = charge(&world, &no, Behaviour::Pays).await;
    assert_standing(&reply, 200, "SUCCESS");
    assert!(reply.json["transaction_id"].is_string(), "{}", reply.text);
    assert_eq!(world.topics(&no).await, ["order.paid"]);
    assert_eq!(world.wechat.calls(Call::OrderQuery, Some(&no)), 0);
    world.pass_s(60).await;
    assert_eq!(world.wechat.calls(Call::Reverse, None), 0);
    let again = charge(&world, &no, Behaviour::Pays).await;
    assert_error(&again, 409, "order_paid", None);
    assert_error(&world.close(&no).await, 409, "order_paid", None);
    assert_eq!(world.wechat.calls(Call::Micropay, None), 1);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn a_user_who_enters_the_password_is_waited_for() {
    let (world, no) = user_paying(Ending::Pays, Some(32)).await;
    for queries in 1..=6 {
        world.pass_s(5).await;
        assert_eq!(world.wechat.calls(Call::OrderQuery, Some(&no)), queries, "every five seconds");
        assert_eq!(state(&world, &no).await, TradeState::UserPaying);
    }
    world.pass_s(5).await;
    assert_eq!(state(&world, &no).await, TradeState::Success);
    assert_eq!(world.topics(&no).await, ["order.paid"]);
    world.pass_s(60).await;
    assert_eq!(world.wechat.calls(Call::Reverse, None), 0);
    world.assert_books_agree().await;
}

/// Who goes away, whose bank refuses, who takes for ever: nobody pays any more, and the order says so.
#[tokio::test]
async fn a_user_who_does_not_pay_in_time_is_not_charged_later() {
    for (ends, reversed_s) in [(Ending::Cancels, 45), (Ending::Fails, 15), (Ending::Pays, 45)] {
        let after_s = (ends != Ending::Pays).then_some(7);
        let (world, no) = user_paying(ends, after_s).await;
        for seconds in (5..reversed_s).step_by(5) {
            world.pass_s(5).await;
            assert_eq!(world.wechat.calls(Call::Reverse, None), 0, "{ends:?} after {seconds} s");
        }
        world.pass_s(5).await;
        assert_eq!(world.wechat.calls(Call::Reverse, Some(&no)), 1, "{ends:?}");
        assert_eq!(state(&world, &no).await, TradeState::Revoked, "{ends:?}");
        assert_eq!(world.topics(&no).await, ["order.closed"]);
        assert!(world.wechat.end_password(&no, Ending::Pays).is_err(), "nobody can pay it now");
        assert_error(&charge(&world, &no, Behaviour::Pays).await, 409, "order_closed", None);
        world.assert_books_agree().await;
    }
}

/// The reply does not tell; the query does.
#[tokio::test]
async fn an_unknown_charge_is_found_out_about() {
    for behaviour in [Behaviour::SystemError { paid: true }, Behaviour::BankError { paid: true }] {
        let world = counter().await;
        let no = ordered(&world).await;
        assert_standing(&charge(&world, &no, behaviour).await, 202, "NOTPAY");
        world.pass_s(4).await;
        assert_eq!(world.wechat.calls(Call::OrderQuery, Some(&no)), 0);
        world.pass_s(1).await;
        assert_eq!(state(&world, &no).await, TradeState::Success, "{behaviour:?}");
        world.assert_books_agree().await;
    }
    for behaviour in [Behaviour::SystemError { paid: false }, Behaviour::BankError { paid: false }]
    {
        let world = counter().await;
        let no = ordered(&world).await;
        assert_standing(&charge(&world, &no, behaviour).await, 202, "NOTPAY");
        world.pass_s(5).await;
        assert_eq!(state(&world, &no).await, TradeState::PayError, "{behaviour:?}");
        world.pass_s(10).await;
        assert_eq!(state(&world, &no).await, TradeState::Revoked, "{behaviour:?}");
        world.assert_books_agree().await;
    }
}

#[tokio::test]
async fn every_fault_of_the_call_ends_with_books_that_agree() {
    for (kind, is_paid) in [
        (FaultKind::ResetBefore, false),
        (FaultKind::ResetAfter, true),
        (FaultKind::Http500, false),
        (FaultKind::Empty200, false),
        (FaultKind::Truncate, true),
        (FaultKind::WrongSign, true),
        (FaultKind::NoSign, true),
        (FaultKind::SystemError, false),
        (FaultKind::SystemErrorApplied, true),
    ] {
        let world = counter().await;
        let no = ordered(&world).await;
        world.wechat.set_fault(Fault::new(Call::Micropay, kind)).unwrap();
        let reply = charge(&world, &no, Behaviour::Pays).await;
        assert_standing(&reply, 202, "NOTPAY");
        let other = charge(&world, &no, Behaviour::Pays).await;
        assert_error(&other, 409, "already_charged", None);
        let world = world.restart().await;
        let other = charge(&world, &no, Behaviour::Pays).await;
        assert_error(&other, 409, "already_charged", None);
        for _ in 0..26 {
            world.pass_s(5).await;
        }
        let order = world.order(&no).await;
        assert_eq!(order.trade_state.is_paid(), is_paid, "{kind:?}: {order:?}");
        assert!(!order.is_open(), "{kind:?}: {order:?}");
        assert_eq!(world.wechat.calls(Call::Micropay, None), 1, "{kind:?}: never a second charge");
        world.assert_books_agree().await;
    }
}

/// The query fails, too: an unknown charge may not stay, so it is reversed, and no money is left behind.
#[tokio::test]
async fn a_charge_nobody_can_ask_about_is_reversed() {
    for paid in [true, false] {
        let world = counter().await;
        let no = ordered(&world).await;
        assert_standing(&charge(&world, &no, Behaviour::SystemError { paid }).await, 202, "NOTPAY");
        let mute = Fault::new(Call::OrderQuery, FaultKind::SystemError).times(u32::MAX);
        world.wechat.set_fault(mute).unwrap();
        for _ in 0..9 {
            world.pass_s(5).await;
        }
        let order = world.order(&no).await;
        assert_eq!(order.trade_state, TradeState::Revoked, "paid: {paid}: {order:?}");
        assert_eq!(world.topics(&no).await, ["order.closed"]);
        world.assert_books_agree().await;
    }
}

/// The till has asked too often, so that it is told nothing for five seconds. The charge's time ends in these.
#[tokio::test]
async fn u06_a_charge_that_was_asked_about_too_often_is_asked_about_before_it_is_reversed() {
    let (world, no) = user_paying(Ending::Pays, Some(42)).await;
    for _ in 0..8 {
        world.pass_s(5).await;
    }
    world.pass_s(3).await;
    let limited = Fault::err_code(Call::OrderQuery, "FREQUENCY_LIMITED");
    world.wechat.set_fault(limited).unwrap();
    for _ in 0..2 {
        let asked = world.act(&no, "query", json!({})).await;
        assert_error(&asked, 503, "upstream_busy", None);
    }
    world.pass_s(2).await;
    assert_eq!(state(&world, &no).await, TradeState::Success);
    assert_eq!(world.wechat.calls(Call::Reverse, None), 0);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn a_charge_that_did_not_leave_may_be_tried_again_with_another_code() {
    let world = counter().await;
    let world = {
        // Nobody listens there.
        let dead = "https://127.0.0.1:9";
        world.restart_after(async |_, _, setup| setup.pay_url = Some(dead.into())).await
    };
    let no = ordered(&world).await;
    assert_error(&charge(&world, &no, Behaviour::Pays).await, 502, "upstream_unreachable", None);
    let order = world.order(&no).await;
    assert_eq!((order.trade_state, order.asked), (TradeState::NotPay, None));
    let world = world.restart_after(async |_, _, setup| setup.pay_url = None).await;
    assert_standing(&charge(&world, &no, Behaviour::Pays).await, 200, "SUCCESS");
    world.assert_books_agree().await;
}

/// What the sweep does follows from the store alone.
#[tokio::test]
async fn a_restart_in_the_middle_loses_no_charge() {
    for paid in [true, false] {
        for down_s in [0, 20, 3_600] {
            let world = counter().await;
            let no = ordered(&world).await;
            let reply = charge(&world, &no, Behaviour::SystemError { paid }).await;
            assert_standing(&reply, 202, "NOTPAY");
            let world = world
                .restart_after(async |_, clock, _| {
                    clock.step_ms(down_s * 1_000);
                })
                .await;
            world.pass_s(5).await;
            world.pass_s(10).await;
            let expected = if paid { TradeState::Success } else { TradeState::Revoked };
            assert_eq!(state(&world, &no).await, expected, "paid: {paid}, down: {down_s}");
            world.assert_books_agree().await;
        }
    }
}

#[tokio::test]
async fn whoever_hangs_up_does_not_stop_a_charge() {
    let world = counter().await;
    let no = ordered(&world).await;
    let auth_code = world.wechat.auth_code("alice", Behaviour::Pays);
    let slow = Fault::new(Call::Micropay, FaultKind::Delay).delay_ms(300);
    world.wechat.set_fault(slow).unwrap();
    let body = json!({ "auth_code": auth_code });
    tokio::select! {
        _ = world.act(&no, "micropay", body) => panic!("it is slow"),
        made = world.wechat.wait_until(|wechat| wechat.order(&no).is_some()) => made.unwrap(),
    }
    world.until(async || state(&world, &no).await == TradeState::Success).await;
    world.assert_books_agree().await;
}

#[tokio::test]
async fn two_scanners_with_one_order_charge_one_code() {
    let world = counter().await;
    let no = ordered(&world).await;
    let (one, other) =
        tokio::join!(charge(&world, &no, Behaviour::Pays), charge(&world, &no, Behaviour::Pays));
    let (paid, refused) = if one.status == 200 { (one, other) } else { (other, one) };
    assert_standing(&paid, 200, "SUCCESS");
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert_eq!(world.wechat.calls(Call::Micropay, None), 1);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn what_is_no_payment_code_is_not_sent() {
    let world = counter().await;
    let no = ordered(&world).await;
    for auth_code in
        ["", "13456789012345678", "994567890123456789", "weixin://x", "１34567890123456789"]
    {
        let reply = world.act(&no, "micropay", json!({ "auth_code": auth_code })).await;
        assert_error(&reply, 422, "invalid_field", Some("auth_code"));
        assert!(auth_code.len() < 9 || !reply.text.contains(auth_code), "{}", reply.text);
    }
    let reply = world.act(&no, "micropay", json!({})).await;
    assert_error(&reply, 422, "invalid_field", Some("auth_code"));
    let body = json!({ "auth_code": "134567890123456789", "client_ip": "shop" });
    assert_error(&world.act(&no, "micropay", body).await, 422, "invalid_field", Some("client_ip"));
    assert_eq!(world.order(&no).await.revision, 1);
    for (field, value) in [("profit_sharing", "Y"), ("receipt", "Y"), ("product_id", "7")] {
        let mut body = json!({ "total_fee": 5, "body": "tea", "trade_type": "MICROPAY" });
        body[field] = json!(value);
        let reply = world.backend(reqwest::Method::POST, "/v1/orders", body).await;
        assert_error(&reply, 422, "invalid_field", Some(field));
    }
    assert_eq!(world.wechat.calls(Call::Micropay, None), 0);
}

/// Whoever cannot reverse must not charge.
#[tokio::test]
async fn without_a_certificate_no_code_is_charged() {
    let world = World::start().await;
    let body = json!({ "total_fee": 500, "body": "tea", "trade_type": "MICROPAY" });
    let reply = world.backend(reqwest::Method::POST, "/v1/orders", body).await;
    assert_error(&reply, 503, "certificate_not_configured", None);
}

/// The code is the user's secret: not in the log, not in the books, not in any answer.
#[tokio::test]
async fn p01_a_payment_code_leaves_no_trace() {
    for behaviour in [Behaviour::Pays, Behaviour::NotEnough, WORDS[0], WORDS[1]] {
        let world = counter().await;
        let no = ordered(&world).await;
        let logs = Logs::start(LevelFilter::TRACE);
        let auth_code = world.wechat.auth_code("alice", behaviour);
        let body = json!({ "auth_code": auth_code });
        let mut seen = world.act(&no, "micropay", body.clone()).await.text;
        seen += &world.act(&no, "micropay", body).await.text;
        world.pass_s(50).await;
        seen += &format!("{:?} {:?}", world.events(&no).await, world.order(&no).await);
        assert!(!seen.contains(&auth_code), "{seen}");
        let lines = logs.lines_with(&auth_code);
        let own: Vec<_> = lines.iter().filter(|line| line.contains("wxpay_server")).collect();
        assert!(own.is_empty(), "{own:?}");
    }
}

#[tokio::test]
async fn an_order_without_a_charge_ends_without_wechat() {
    let world = counter().await;
    let (closed, reversed, expired) =
        (ordered(&world).await, ordered(&world).await, ordered(&world).await);
    assert_standing(&world.close(&closed).await, 200, "CLOSED");
    assert_standing(&world.act(&reversed, "reverse", json!({})).await, 200, "CLOSED");
    world.pass_s(7_200).await;
    assert_eq!(state(&world, &expired).await, TradeState::Closed);
    for call in [Call::Micropay, Call::OrderQuery, Call::CloseOrder, Call::Reverse] {
        assert_eq!(world.wechat.calls(call, None), 0, "{call}");
    }
}

#[tokio::test]
async fn a_charged_order_is_not_closed_but_reversed() {
    let (world, no) = user_paying(Ending::Pays, None).await;
    assert_error(&world.close(&no).await, 409, "reverse_instead", None);
    let events = world.events(&no).await;
    assert!(!events.iter().any(|event| event.what == EventKind::CloseAsked), "{events:?}");
}

#[tokio::test]
async fn a_code_tells_whose_it_is() {
    let world = counter().await;
    let auth_code = world.wechat.auth_code("alice", Behaviour::Pays);
    let ask = async |auth_code: &str| -> Reply {
        let body: Value = json!({ "auth_code": auth_code });
        world.backend(reqwest::Method::POST, "/v1/auth-code-to-openid", body).await
    };
    let reply = ask(&auth_code).await;
    let openid = world.wechat.login(world.shop().appid, "alice").unwrap().openid;
    assert_eq!((reply.status, &reply.json), (200, &json!({ "openid": openid })), "{}", reply.text);
    let used = ask(&world.wechat.auth_code("alice", Behaviour::Used)).await;
    assert_error(&used, 402, "not_charged", None);
    assert_eq!(used.json["advice"], "new_code");
    assert_error(&ask("1").await, 422, "invalid_field", Some("auth_code"));
    // The user can still pay with it.
    let no = ordered(&world).await;
    let paid = world.act(&no, "micropay", json!({ "auth_code": auth_code })).await;
    assert_standing(&paid, 200, "SUCCESS");
}

/// Another amount under our number is somebody else's money, or a riddle: a person decides, and nothing is reversed.
#[tokio::test]
async fn a_charge_of_another_amount_is_an_anomaly_and_not_reversed() {
    let world = counter().await;
    let no = ordered(&world).await;
    let password = Behaviour::Password { ends: Ending::Pays, after_s: None };
    charge(&world, &no, password).await;
    world.wechat.end_password(&no, Ending::Pays).unwrap();
    world.wechat.set_fault(Fault::new(Call::OrderQuery, FaultKind::SystemError).times(9)).unwrap();
    let other = ordered(&world).await;
    charge(&world, &other, Behaviour::Pays).await;
    let mut payment = world.order(&other).await.payment.unwrap();
    payment.total_fee = wxpay_core::Fen::new(499).unwrap();
    payment.transaction_id = "4200000009202601010000000009".into();
    let (source, trade_state) = (Source::Query, TradeState::Success);
    let fact = Fact { source, trade_state, payment: Some(Box::new(payment)) };
    world.server.app.orders.apply(&world.key(&no), fact).await.unwrap();
    for _ in 0..9 {
        world.pass_s(5).await;
    }
    assert_eq!(world.topics(&no).await, ["anomaly.found"]);
    assert_eq!(world.wechat.calls(Call::Reverse, None), 0, "not without a person");
    assert!(world.order(&no).await.is_watched(), "it is still asked about");
    world.pass_s(60).await;
    assert_eq!(state(&world, &no).await, TradeState::Success);
    world.assert_books_agree().await;
}
