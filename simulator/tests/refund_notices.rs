//! Refund notices: what they say, how often they come, and what can go wrong with them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use support::refunds::part;
use support::shop::{Answer, Shop};
use support::{
    OTHER_APPID, OTHER_KEY, OTHER_MCH_ID, START_MS, World, assert_fields, fen, identity, key,
};
use wxpay_core::messages::Identity;
use wxpay_core::messages::refund::{Refund, RefundStatus};
use wxpay_core::messages::refund_notice::{self, NoticeError as ReadError, RefundNotice};
use wxpay_core::messages::refund_query::By;
use wxpay_core::refund_notice::RefundNoticeError;
use wxpay_core::{ApiKey, Params, SignType};
use wxpay_simulator::{Call, Fault, FaultKind, NoticeError, Outcome, RefundNoticeKind};

const HMAC: SignType = SignType::HmacSha256;

/// A simulator with an order T1 that is paid, and a shop that takes notices of its refunds.
async fn start(answers: impl Into<Vec<Answer>>) -> (World, Shop) {
    let world = World::start_with(|config| {
        config.notice_deadline_ms = 200;
        config.refund_spacing = false;
    })
    .await;
    world.paid("T1").await;
    (world, Shop::start(answers).await)
}

fn told(shop: &Shop, number: &str, fee: u64) -> Refund {
    Refund { notify_url: Some(shop.notify_url.clone()), ..part("T1", number, fee) }
}

async fn acknowledged(world: &World, number: &str) {
    let done = world
        .wechat
        .wait_until(|world| world.refund(number).is_some_and(|refund| refund.notice_acknowledged));
    done.await.unwrap();
}

fn read(params: &Params) -> Result<RefundNotice, ReadError> {
    refund_notice::read(params, &identity(), &key())
}

fn set(world: &World, kind: FaultKind) {
    world.wechat.set_fault(Fault::new(Call::RefundNotice, kind)).unwrap();
}

#[tokio::test]
async fn a_notice_tells_what_became_of_the_refund() {
    use RefundStatus::{Change, RefundClose, Success};
    for (status, success_time) in
        [(Success, Some(START_MS / 1000)), (RefundClose, None), (Change, None)]
    {
        let (world, shop) = start([]).await;
        world.wechat.set_refund_outcome("T1", status).unwrap();
        let accepted = world.refunded(&told(&shop, "R1", 30)).await;
        acknowledged(&world, "R1").await;
        let notices = shop.received();
        assert_eq!(notices.len(), 1);
        assert_eq!(notices[0].get("sign"), None);
        let notice = read(&notices[0]).unwrap();
        assert_eq!((notice.out_trade_no.as_str(), notice.out_refund_no.as_str()), ("T1", "R1"));
        assert_eq!(notice.refund_id, accepted.refund_id);
        assert_eq!(notice.transaction_id, accepted.transaction_id);
        assert_eq!((notice.total_fee, notice.refund_fee), (fen(88), fen(30)));
        assert_eq!(notice.cash_refund_fee, Some(fen(30)));
        assert_eq!((notice.status, notice.success_time), (Ok(status), success_time));
        assert_eq!(notice.refund_request_source.as_deref(), Some("API"));
        assert_eq!(notice.refund_account.as_deref(), Some("REFUND_SOURCE_UNSETTLED_FUNDS"));
        assert_eq!(world.wechat.calls(Call::RefundNotice, Some("T1")), 1);
        let log = world.wechat.messages(0);
        let sent = log.iter().find(|message| message.title == "refundnotice request").unwrap();
        assert_eq!(sent.note, Some(format!("R1 of T1: {status}, 30 fen")));
    }
}

#[tokio::test]
async fn a_coupons_part_is_told() {
    let (world, shop) = start([]).await;
    world.place("T2", HMAC).await;
    world.wechat.pay("T2", Outcome::PayWithCoupon { coupon_fee: fen(44) }).await.unwrap();
    let refund = Refund { out_trade_no: "T2".into(), ..told(&shop, "R1", 30) };
    world.refunded(&refund).await;
    acknowledged(&world, "R1").await;
    let notice = read(&shop.received()[0]).unwrap();
    assert_eq!(notice.settlement_total_fee, Some(fen(44)));
    assert_eq!(notice.settlement_refund_fee, Some(fen(15)));
    assert_eq!((notice.refund_fee, notice.cash_refund_fee), (fen(30), Some(fen(15))));
}

#[tokio::test]
async fn it_goes_to_the_configured_address_or_nowhere() {
    let shop = Shop::start([]).await;
    let url = shop.notify_url.clone();
    let world = World::start_with(|config| config.refund_notify_url = Some(url)).await;
    world.paid("T1").await;
    world.refunded(&part("T1", "R1", 30)).await;
    acknowledged(&world, "R1").await;
    assert_eq!(read(&shop.received()[0]).unwrap().out_refund_no, "R1");

    let (world, _shop) = start([]).await;
    world.refunded(&part("T1", "R1", 30)).await;
    world.ended("R1", RefundStatus::Success).await;
    let again = world.wechat.send_refund_notice("R1", RefundNoticeKind::Again).await;
    assert_eq!(again, Err(NoticeError::NoUrl));
    assert_eq!(world.wechat.calls(Call::RefundNotice, None), 0);
}

#[tokio::test]
async fn it_comes_again_until_it_is_acknowledged() {
    let answers = [Answer::Fail, Answer::Raw(500, "busy"), Answer::Raw(200, "success")];
    let (world, shop) = start(answers).await;
    world.refunded(&told(&shop, "R1", 30)).await;
    acknowledged(&world, "R1").await;
    assert_eq!(shop.received().len(), 4);
    assert_eq!(world.wechat.refund("R1").unwrap().notices_sent, 4);
    // A payment's notices are another matter.
    let sent = world.wechat.order("T1").unwrap();
    assert!(!sent.notice_acknowledged());
}

#[tokio::test]
async fn a_notice_is_lost_late_or_doubled() {
    let (world, shop) = start([Answer::Together(2), Answer::Together(2)]).await;
    set(&world, FaultKind::Lose);
    world.refunded(&told(&shop, "R1", 1)).await;
    let lost = world.wechat.wait_until(|world| {
        world.messages(0).any(|message| message.note.as_deref() == Some("fault lose: never sent"))
    });
    lost.await.unwrap();
    assert_eq!(world.wechat.refund("R1").unwrap().notices_sent, 0);
    set(&world, FaultKind::Double);
    world.refunded(&told(&shop, "R2", 1)).await;
    acknowledged(&world, "R2").await;
    assert_eq!(shop.received().len(), 2, "both were there before either was answered");
    let late = Fault::new(Call::RefundNotice, FaultKind::Late).delay_ms(3_600_000);
    world.wechat.set_fault(late.of_order("T1")).unwrap();
    world.refunded(&told(&shop, "R3", 1)).await;
    world.ended("R3", RefundStatus::Success).await;
    world.refunded(&told(&shop, "R4", 1)).await;
    acknowledged(&world, "R4").await;
    assert_eq!(world.wechat.refund("R3").unwrap().notices_sent, 0);
}

#[tokio::test]
async fn a_notice_comes_before_the_reply_it_answers() {
    let (world, shop) = start([]).await;
    world.wechat.set_refund_outcome("T1", RefundStatus::Processing).unwrap();
    set(&world, FaultKind::BeforeReply);
    world.refunded(&told(&shop, "R1", 30)).await;
    assert!(world.wechat.refund("R1").unwrap().notice_acknowledged);
    let titles: Vec<String> = world
        .wechat
        .messages(0)
        .into_iter()
        .map(|message| message.title)
        .filter(|title| title.starts_with("refund"))
        .collect();
    let wanted = ["refund request", "refundnotice request", "refundnotice reply", "refund reply"];
    assert_eq!(titles, wanted);
}

#[tokio::test]
async fn a_reply_to_refundquery_is_overtaken() {
    let (world, shop) = start([]).await;
    world.wechat.set_refund_outcome("T1", RefundStatus::Processing).unwrap();
    world.refunded(&told(&shop, "R1", 30)).await;
    let overtaken = Fault::new(Call::RefundQuery, FaultKind::BeforeReply).of_order("T1");
    world.wechat.set_fault(overtaken).unwrap();
    let reply = world.ask_refund(By::OutRefundNo("R1"), 0).await;
    assert_fields(&reply, &[("refund_status_0", "PROCESSING")]);
    assert_eq!(read(&shop.received()[0]).unwrap().status, Ok(RefundStatus::Success));
    assert_eq!(world.status("R1"), RefundStatus::Success);
}

#[tokio::test]
async fn a_notice_cannot_be_read_and_the_next_one_can() {
    for (kind, error) in [
        (FaultKind::BadKey, RefundNoticeError::Padding),
        (FaultKind::Garbled, RefundNoticeError::NotBase64),
    ] {
        let (world, shop) = start([Answer::Fail]).await;
        set(&world, kind);
        world.refunded(&told(&shop, "R1", 30)).await;
        acknowledged(&world, "R1").await;
        let notices = shop.received();
        assert_eq!(read(&notices[0]), Err(ReadError::Encrypted(error)), "{kind}");
        assert!(read(&notices[1]).is_ok());
    }
}

#[tokio::test]
async fn notices_of_every_kind_are_sent_by_hand() {
    let (world, shop) = start([]).await;
    world.wechat.set_refund_outcome("T1", RefundStatus::Processing).unwrap();
    world.refunded(&told(&shop, "R1", 30)).await;
    let send = async |kind| {
        let reply = world.wechat.send_refund_notice("R1", kind).await;
        reply.map(|reply| assert!(reply.accepted))?;
        Ok::<_, NoticeError>(shop.received().pop().unwrap())
    };
    assert_eq!(send(RefundNoticeKind::Again).await, Err(NoticeError::NotEnded));

    let premature = read(&send(RefundNoticeKind::Success).await.unwrap()).unwrap();
    assert_eq!(premature.status, Ok(RefundStatus::Success));
    assert_eq!((premature.refund_fee, world.status("R1")), (fen(30), RefundStatus::Processing));

    let forged = read(&send(RefundNoticeKind::Forged).await.unwrap());
    assert!(matches!(forged, Err(ReadError::Encrypted(_))), "{forged:?}");
    let garbled = read(&send(RefundNoticeKind::Garbled).await.unwrap());
    assert_eq!(garbled, Err(ReadError::Encrypted(RefundNoticeError::NotBase64)));

    let other = read(&send(RefundNoticeKind::WrongAmount).await.unwrap()).unwrap();
    assert_eq!((other.out_refund_no.as_str(), other.refund_fee), ("R1", fen(1)));
    let foreign = read(&send(RefundNoticeKind::UnknownRefund).await.unwrap()).unwrap();
    assert_ne!(foreign.out_refund_no, "R1");
    assert_eq!(foreign.out_trade_no, "T1");

    let theirs = send(RefundNoticeKind::OtherMerchant).await.unwrap();
    assert!(matches!(read(&theirs), Err(ReadError::OtherMerchant(_))));
    let other = Identity::direct(OTHER_APPID, OTHER_MCH_ID);
    refund_notice::read(&theirs, &other, &ApiKey::new(OTHER_KEY).unwrap()).unwrap();

    assert!(!world.wechat.refund("R1").unwrap().notice_acknowledged, "none of them was genuine");
    world.wechat.set_refund_outcome("T1", RefundStatus::Change).unwrap();
    acknowledged(&world, "R1").await;
    let again = read(&send(RefundNoticeKind::Again).await.unwrap()).unwrap();
    assert_eq!(again.status, Ok(RefundStatus::Change));
    let unknown = world.wechat.send_refund_notice("R9", RefundNoticeKind::Again).await;
    assert_eq!(unknown, Err(NoticeError::UnknownRefund));
}
