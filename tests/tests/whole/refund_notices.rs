//! Refund notices: encrypted and not signed, so each is only a reason to ask.

use serde_json::json;
use wxpay_core::messages::TradeState;
use wxpay_core::messages::refund::RefundStatus;
use wxpay_simulator::{Call, Fault, FaultKind, RefundNoticeKind};
use wxpay_tests::{Reply, Setup, World};

use crate::refund_codes::by_hand;
use crate::scene::{FAIL, SUCCESS};

/// An order of 100 fen, 40 of them on their way back for as long as WeChat likes.
async fn pending() -> (World, String) {
    let world = World::with(Setup::refunding()).await;
    let no = world.paid(100).await;
    world.wechat.set_refund_outcome(&no, RefundStatus::Processing).unwrap();
    assert_eq!(world.refund_part(&no, "R1", 40).await.status, 201);
    world.pass_s(30).await;
    (world, no)
}

async fn notify(world: &World, body: impl Into<reqwest::Body>) -> Reply {
    let path = "/v1/notify/shop/refund";
    world.call(reqwest::Method::POST, path, &[("content-type", "text/xml")], body).await
}

#[tokio::test]
async fn notices_that_go_astray_change_nothing_in_the_end() {
    let world = World::with(Setup::refunding()).await;
    for (n, (kind, sent)) in [
        (FaultKind::Late, 1),
        (FaultKind::Double, 2),
        (FaultKind::BeforeReply, 1),
        (FaultKind::BadKey, 2),
        (FaultKind::Garbled, 2),
    ]
    .into_iter()
    .enumerate()
    {
        let no = world.paid(100).await;
        let number = format!("R{n}");
        let fault = Fault::new(Call::RefundNotice, kind).delay_ms(40).of_order(&no);
        world.wechat.set_fault(fault).unwrap();
        assert_eq!(world.refund_part(&no, &number, 40).await.status, 201, "{kind}");
        world.refund_acknowledged(&number).await;
        let enough =
            |world: &wxpay_simulator::World| world.calls(Call::RefundNotice, Some(&no)) >= sent;
        world.wechat.wait_until(enough).await.unwrap();
        let refund = world.booked_refund(&no, &number).await;
        assert_eq!(refund.refund_status, Some(RefundStatus::Success), "{kind}");
        assert_eq!(world.order(&no).await.anomalies, [], "{kind}");
    }
    world.assert_books_agree().await;
}

/// Right in every field, and yet not what WeChat says when asked.
#[tokio::test]
async fn a_notice_that_wechat_does_not_confirm_is_refused_and_changes_nothing() {
    let (world, no) = pending().await;
    let before = world.order(&no).await;
    for (kind, asks) in [
        (RefundNoticeKind::Success, 1),
        (RefundNoticeKind::WrongAmount, 1),
        (RefundNoticeKind::UnknownRefund, 1),
        (RefundNoticeKind::Forged, 0),
        (RefundNoticeKind::Garbled, 0),
    ] {
        let asked = world.wechat.calls(Call::RefundQuery, None);
        let reply = world.wechat.send_refund_notice("R1", kind).await.unwrap();
        assert_eq!((reply.status, reply.body.as_str()), (400, FAIL), "{kind:?}");
        assert_eq!(world.order(&no).await, before, "{kind:?}");
        assert_eq!(world.wechat.calls(Call::RefundQuery, None) - asked, asks, "{kind:?}");
    }
    world.assert_books_agree().await;
}

#[tokio::test]
async fn a_notice_that_cannot_be_confirmed_now_is_sent_again() {
    let (world, no) = pending().await;
    for fault in [
        Fault::new(Call::RefundNotice, FaultKind::Lose),
        Fault::new(Call::RefundQuery, FaultKind::Http500),
    ] {
        world.wechat.set_fault(fault).unwrap();
    }
    world.wechat.set_refund_outcome(&no, RefundStatus::Success).unwrap();
    let before = world.order(&no).await;
    let again = || world.wechat.send_refund_notice("R1", RefundNoticeKind::Again);
    let reply = again().await.unwrap();
    assert_eq!((reply.status, reply.body.as_str()), (503, FAIL));
    assert_eq!(world.order(&no).await, before);
    let reply = again().await.unwrap();
    assert_eq!((reply.status, reply.body.as_str()), (200, SUCCESS));
    let refund = world.booked_refund(&no, "R1").await;
    assert_eq!(refund.refund_status, Some(RefundStatus::Success));
    // A duplicate needs no question.
    let (after, asked) = (world.order(&no).await, world.wechat.calls(Call::RefundQuery, None));
    let reply = again().await.unwrap();
    assert_eq!((reply.status, reply.body.as_str()), (200, SUCCESS));
    assert_eq!(world.order(&no).await, after);
    assert_eq!(world.wechat.calls(Call::RefundQuery, None), asked);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn a_refund_made_on_the_merchant_platform_is_an_anomaly_once() {
    let world = World::with(Setup::refunding()).await;
    let no = world.paid(100).await;
    by_hand(&world, &no, "HAND", 70).await;
    world.refund_acknowledged("HAND").await;
    let order = world.order(&no).await;
    assert_eq!(order.trade_state, TradeState::Refund, "the order follows");
    assert_eq!((order.refunds.len(), order.anomalies.len()), (0, 1));
    let anomaly = serde_json::to_value(&order.anomalies[0].anomaly).unwrap();
    let refund_id = world.wechat.refund("HAND").unwrap().refund_id;
    let expected = json!({
        "kind": "foreign_refund", "out_refund_no": "HAND", "refund_id": refund_id, "refund_fee": 70,
    });
    assert_eq!(anomaly, expected);
    let reply = world.wechat.send_refund_notice("HAND", RefundNoticeKind::Again).await.unwrap();
    assert_eq!(reply.body, SUCCESS);
    assert_eq!(world.order(&no).await, order);
    assert_eq!(order.refundable().get(), 30);
    let reply = world.refund_part(&no, "HAND", 30).await;
    assert_eq!((reply.status, &reply.json["code"]), (409, &json!("out_refund_no_used")));
}

#[tokio::test]
async fn anything_else_is_refused() {
    let (world, no) = pending().await;
    let before = world.order(&no).await;
    for body in [
        "",
        "success",
        "{}",
        "<xml></xml>",
        "<xml><return_code>FAIL</return_code></xml>",
        "<xml><return_code>SUCCESS</return_code></xml>",
        "<xml><return_code>SUCCESS</return_code><appid>wx7e57000000000001</appid>\
         <mch_id>1900000109</mch_id><nonce_str>1</nonce_str><req_info>AAAA</req_info></xml>",
        "<!DOCTYPE xml [<!ENTITY e \"x\">]><xml><return_code>&e;</return_code></xml>",
    ] {
        let reply = notify(&world, body).await;
        assert_eq!((reply.status, reply.text.as_str()), (400, FAIL), "{body}");
    }
    let reply = notify(&world, vec![b'x'; 1 << 20]).await;
    assert_eq!((reply.status, reply.text.as_str()), (413, FAIL));
    let path = "/v1/notify/nobody/refund";
    let reply = world.call(reqwest::Method::POST, path, &[], "<xml></xml>").await;
    assert_eq!((reply.status, reply.text.as_str()), (404, FAIL));
    assert_eq!(world.order(&no).await, before);
}
