//! Payment notices: what they say, how often they come, and what can go wrong with them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use support::shop::{Answer, Shop};
use support::{APPID, NONCE, OTHER_APPID, OTHER_MCH_ID, World, assert_fields, fen, identity, key};
use wxpay_core::messages::pay_notice::{self, Outcome as Said};
use wxpay_core::messages::{Identity, order_query};
use wxpay_core::{ApiKey, Params, SignType, VerifyError, verify};
use wxpay_simulator::{
    Call, Fault, FaultKind, NoticeError, NoticeKind, Outcome, REPEATS_S, SendError,
};

const HMAC: SignType = SignType::HmacSha256;

/// A simulator, a shop, and orders placed for it.
async fn start(answers: impl Into<Vec<Answer>>, orders: &[&str]) -> (World, Shop) {
    let world = World::start_with(|config| config.notice_deadline_ms = 200).await;
    let shop = Shop::start(answers).await;
    for out_trade_no in orders {
        place(&world, &shop, out_trade_no).await;
    }
    (world, shop)
}

async fn place(world: &World, shop: &Shop, out_trade_no: &str) {
    let mut order = world.order(out_trade_no).with("attach", "table 4");
    order.notify_url = shop.notify_url.clone();
    world.place_order(&order).await;
}

async fn pay(world: &World, out_trade_no: &str) {
    world.wechat.pay(out_trade_no, Outcome::Pay).await.unwrap();
}

async fn acknowledged(world: &World, out_trade_no: &str) {
    let done = world.wechat.wait_until(|world| {
        world.order(out_trade_no).is_some_and(|order| order.notice_acknowledged())
    });
    done.await.unwrap();
}

fn sent(world: &World, out_trade_no: &str) -> u32 {
    world.wechat.order(out_trade_no).unwrap().notices_sent()
}

fn set(world: &World, kind: FaultKind, out_trade_no: &str) {
    world.wechat.set_fault(Fault::new(Call::Notice, kind).of_order(out_trade_no)).unwrap();
}

#[tokio::test]
async fn a_notice_tells_of_the_payment() {
    for sign_type in [SignType::Md5, HMAC] {
        let (world, shop) = start([], &[]).await;
        let mut order = support::Order { sign_type, ..world.order("T1").with("attach", "table 4") };
        order.notify_url = shop.notify_url.clone();
        world.place_order(&order).await;
        pay(&world, "T1").await;
        acknowledged(&world, "T1").await;
        let notices = shop.received();
        assert_eq!(notices.len(), 1);
        assert_eq!(notices[0].get("sign_type"), None);
        let verified = verify(notices[0].clone(), sign_type, &key()).unwrap();
        let notice = pay_notice::read(&verified, &identity()).unwrap();
        let Said::Paid(trade) = notice.outcome else { panic!("it is paid") };
        assert_eq!(notice.out_trade_no, "T1");
        assert_eq!(trade.total_fee, fen(88));
        assert_eq!(trade.attach.as_deref(), Some("table 4"));
        assert_eq!(trade.openid, Some(world.alice().openid));
        assert_eq!(trade.transaction_id, world.wechat.ledger()[0].transaction_id);
    }
}

#[tokio::test]
async fn a_notice_may_carry_sign_type() {
    let world = World::start_with(|config| config.notice_sign_type = true).await;
    let shop = Shop::start([]).await;
    place(&world, &shop, "T1").await;
    pay(&world, "T1").await;
    acknowledged(&world, "T1").await;
    assert_fields(&shop.received()[0], &[("sign_type", "HMAC-SHA256")]);
    verify(shop.received()[0].clone(), HMAC, &key()).unwrap();
}

#[tokio::test]
async fn a_sub_merchant_is_named_in_reply_and_notice() {
    let (world, shop) = start([], &[]).await;
    let sub = |name| world.order(name).with("sub_mch_id", "1900000007");
    let mut order = sub("T1");
    order.notify_url = shop.notify_url.clone();
    let reply = world.call(Call::UnifiedOrder, &order.params()).await;
    assert_fields(&reply, &[("result_code", "SUCCESS"), ("sub_mch_id", "1900000007")]);
    pay(&world, "T1").await;
    acknowledged(&world, "T1").await;
    assert_fields(&shop.received()[0], &[("sub_mch_id", "1900000007")]);
    verify(shop.received()[0].clone(), HMAC, &key()).unwrap();
    // sub_openid is the user's name under sub_appid.
    let sub_openid = world.wechat.login(OTHER_APPID, "alice").unwrap().openid;
    let order = sub("T2").with("openid", "").with("sub_openid", sub_openid.clone());
    let lacking = world.call(Call::UnifiedOrder, &order.clone().params()).await;
    assert_fields(&lacking, &[("err_code", "PARAM_ERROR")]);
    world.place_order(&order.with("sub_appid", OTHER_APPID)).await;
    pay(&world, "T2").await;
    let shop = Identity { sub_mch_id: Some("1900000007".into()), ..identity() };
    let query = order_query::request("T2", &shop, NONCE, HMAC, &key()).unwrap();
    let reply = world.call(Call::OrderQuery, &query).await;
    assert_fields(&reply, &[("sub_openid", &sub_openid)]);
}

#[tokio::test]
async fn a_notice_comes_again_until_it_is_acknowledged() {
    let answers = [
        Answer::Fail,
        Answer::Raw(500, pay_notice::SUCCESS),
        Answer::Raw(200, "success"),
        Answer::Raw(200, "<html><body>ok</body></html>"),
        Answer::Raw(200, "<xml><return_msg>OK</return_msg></xml>"),
        Answer::Raw(200, r"<xml><return_code><![CDATA[SUCCESS]]></return_code>\n</xml>"),
        Answer::Silence,
    ];
    let (world, shop) = start(answers, &["T1"]).await;
    pay(&world, "T1").await;
    acknowledged(&world, "T1").await;
    assert_eq!(shop.received().len(), 8);
    assert_eq!(sent(&world, "T1"), 8);
    assert_eq!(world.wechat.calls(Call::Notice, Some("T1")), 8);
    let notes: Vec<String> =
        world.wechat.messages(0).into_iter().filter_map(|message| message.note).collect();
    assert!(notes.iter().any(|note| note == "not accepted: status 500"));
    assert!(notes.iter().any(|note| note == "no reply in time"));
    assert_eq!(notes.last().unwrap(), "accepted");
}

#[tokio::test]
async fn after_fifteen_repeats_wechat_gives_up() {
    assert_eq!((REPEATS_S.len(), REPEATS_S.iter().sum::<u64>()), (15, 86_640), "24 h 4 min");
    let (world, _shop) = start(vec![Answer::Fail; 100], &["T1", "T2"]).await;
    for out_trade_no in ["T1", "T2"] {
        pay(&world, out_trade_no).await;
        let all = world.wechat.wait_until(|world| {
            world.order(out_trade_no).is_some_and(|order| order.notices_sent() == 16)
        });
        all.await.unwrap();
    }
    assert_eq!(sent(&world, "T1"), 16, "none came while T2 was repeated");
    assert!(!world.wechat.order("T1").unwrap().notice_acknowledged());
}

#[tokio::test]
async fn a_lost_notice_never_comes() {
    let (world, shop) = start([], &["T1", "T2"]).await;
    set(&world, FaultKind::Lose, "T1");
    pay(&world, "T1").await;
    assert_eq!(world.last_note(), "fault lose: never sent");
    pay(&world, "T2").await;
    acknowledged(&world, "T2").await;
    assert_eq!(sent(&world, "T1"), 0);
    assert_eq!(shop.received().len(), 1);
    assert!(world.wechat.faults().is_empty());
}

#[tokio::test]
async fn a_late_notice_waits() {
    let (world, _shop) = start([], &["T1", "T2", "T3"]).await;
    let late =
        |ms, order: &str| Fault::new(Call::Notice, FaultKind::Late).delay_ms(ms).of_order(order);
    world.wechat.set_fault(late(3_600_000, "T1")).unwrap();
    world.wechat.set_fault(late(1, "T2")).unwrap();
    for out_trade_no in ["T1", "T2", "T3"] {
        pay(&world, out_trade_no).await;
    }
    acknowledged(&world, "T2").await;
    acknowledged(&world, "T3").await;
    assert_eq!(sent(&world, "T1"), 0);
}

#[tokio::test]
async fn a_double_notice_comes_twice_at_the_same_time() {
    // Each is answered only when both have come.
    let (world, shop) = start([Answer::Together(2), Answer::Together(2)], &["T1"]).await;
    set(&world, FaultKind::Double, "T1");
    pay(&world, "T1").await;
    let answered = world.wechat.wait_until(|world| {
        world.messages(0).filter(|message| message.note.as_deref() == Some("accepted")).count() == 2
    });
    answered.await.unwrap();
    let notices = shop.received();
    assert_eq!(notices.len(), 2);
    assert_eq!(notices[0].get("transaction_id"), notices[1].get("transaction_id"));
}

#[tokio::test]
async fn a_notice_may_come_before_the_cashier_answers() {
    let (world, shop) = start([], &["T1"]).await;
    set(&world, FaultKind::BeforeReply, "T1");
    pay(&world, "T1").await;
    assert_eq!(shop.received().len(), 1);
    assert!(world.wechat.order("T1").unwrap().notice_acknowledged());
}

#[tokio::test]
async fn a_notice_may_come_before_orderquery_answers() {
    let (world, shop) = start([], &["T1"]).await;
    let before = Fault::new(Call::OrderQuery, FaultKind::BeforeReply).times(2);
    world.wechat.set_fault(before).unwrap();
    assert_fields(&world.query("T1", HMAC).await, &[("trade_state", "NOTPAY")]);
    assert!(shop.received().is_empty(), "there is nothing to tell yet");
    set(&world, FaultKind::Lose, "T1");
    pay(&world, "T1").await;
    assert_fields(&world.query("T1", HMAC).await, &[("trade_state", "SUCCESS")]);
    assert_eq!(shop.received().len(), 1);
}

#[tokio::test]
async fn a_badly_signed_notice_is_followed_by_a_right_one() {
    let (world, shop) = start([Answer::Fail], &["T1"]).await;
    set(&world, FaultKind::BadSign, "T1");
    pay(&world, "T1").await;
    acknowledged(&world, "T1").await;
    let notices = shop.received();
    assert_eq!(verify(notices[0].clone(), HMAC, &key()), Err(VerifyError::Mismatch));
    verify(notices[1].clone(), HMAC, &key()).unwrap();
}

#[tokio::test]
async fn notices_sent_by_hand_are_what_they_are_called() {
    let (world, shop) = start(vec![Answer::Success; 3], &["T1"]).await;
    let send = |kind| world.wechat.send_notice("T1", kind);
    assert_eq!(send(NoticeKind::Again).await, Err(NoticeError::NotPaid));
    for kind in [NoticeKind::Forged, NoticeKind::WrongAmount, NoticeKind::OtherMerchant] {
        let reply = send(kind).await.unwrap();
        assert_eq!((reply.status, reply.accepted), (200, true), "this shop believes everything");
        assert_eq!(reply.body, pay_notice::SUCCESS);
    }
    let [forged, amount, other]: [Params; 3] = shop.received().try_into().unwrap();
    assert_fields(&forged, &[("total_fee", "88"), ("out_trade_no", "T1"), ("appid", APPID)]);
    assert_eq!(verify(forged, HMAC, &key()), Err(VerifyError::Mismatch));
    assert_fields(&amount, &[("total_fee", "1"), ("cash_fee", "1")]);
    verify(amount, HMAC, &key()).unwrap();
    assert_fields(&other, &[("mch_id", OTHER_MCH_ID), ("appid", OTHER_APPID)]);
    let verified = verify(other, HMAC, &ApiKey::new(support::OTHER_KEY).unwrap()).unwrap();
    pay_notice::read(&verified, &Identity::direct(OTHER_APPID, OTHER_MCH_ID)).unwrap();
    assert!(world.wechat.ledger().is_empty(), "none of them moved money");
    assert!(!world.wechat.order("T1").unwrap().notice_acknowledged());

    pay(&world, "T1").await;
    acknowledged(&world, "T1").await;
    assert!(send(NoticeKind::Again).await.unwrap().accepted);
    let notices = shop.received();
    assert_eq!(notices.len(), 5);
    assert_eq!(notices[4].get("transaction_id"), notices[3].get("transaction_id"));
    assert_eq!(
        world.wechat.send_notice("T9", NoticeKind::Again).await,
        Err(NoticeError::UnknownOrder)
    );
}

#[tokio::test]
async fn notices_go_to_loopback_only() {
    let world = World::start().await;
    for (out_trade_no, notify_url, error) in [
        ("T1", "https://shop.example/notify", SendError::NotLoopback),
        ("T2", "https://127.0.0.1/notify", SendError::NotLoopback),
        ("T3", "http://203.0.113.7/notify", SendError::NotLoopback),
        ("T4", "http://127.0.0.1:1/notify", SendError::NoConnection),
    ] {
        let mut order = world.order(out_trade_no);
        order.notify_url = notify_url.into();
        world.place_order(&order).await;
        let reply = world.wechat.send_notice(out_trade_no, NoticeKind::Forged).await;
        assert_eq!(reply, Err(NoticeError::Unanswered(error)));
        assert_eq!(world.last_note(), error.to_string());
    }
}
