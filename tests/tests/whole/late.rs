//! Orders that were paid although they were closed: paid back by rule, once, whatever fails meanwhile; or left to people.

use serde_json::json;
use wxpay_core::messages::TradeState;
use wxpay_server::orders::{Anomaly, Fact, Source};
use wxpay_simulator::{Call, Fault, FaultKind, Outcome};
use wxpay_tests::{Setup, World};

const DAY_S: i64 = 24 * 60 * 60;

fn by_rule() -> Setup {
    Setup { refund_paid_after_close: true, durable: true, ..Setup::refunding() }
}

/// An order that the server took for closed, and the number of the refund that the rule would make.
async fn paid_late(world: &World) -> (String, String) {
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 88).await;
    let closed = Fact { source: Source::Close, trade_state: TradeState::Closed, payment: None };
    world.server.app.orders.apply(&world.key(&no), closed).await.unwrap();
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    world.acknowledged(&no).await;
    let order = world.order(&no).await;
    let Anomaly::PaidAfterClose { transaction_id } = &order.anomalies[0].anomaly else {
        panic!("{order:?}")
    };
    (no, format!("late-{transaction_id}"))
}

async fn open_anomalies(world: &World) -> usize {
    let orders = &world.server.app.orders;
    orders.anomalies(world.shop().id, true, None, 10).await.unwrap().anomalies.len()
}

#[tokio::test]
async fn the_rule_pays_back_once_and_settles_the_anomaly() {
    let world = World::with(by_rule()).await;
    let (no, number) = paid_late(&world).await;
    world.pass_s(61).await;
    assert_eq!(world.wechat.refund(&number).unwrap().refund_fee.get(), 88);
    assert_eq!(open_anomalies(&world).await, 0);
    let order = world.order(&no).await;
    let note = order.anomalies[0].resolved.as_ref().unwrap().note.clone();
    assert_eq!(note, format!("refunded by rule: {number}"));
    let world = world.restart().await;
    for _ in 0..10 {
        world.pass_s(61).await;
    }
    assert_eq!(world.wechat.calls(Call::Refund, Some(&no)), 1);
    world.assert_books_agree().await;
}

#[tokio::test]
async fn a_refund_that_is_cut_off_is_finished_as_one() {
    for kind in [FaultKind::ResetBefore, FaultKind::ResetAfter] {
        let world = World::with(by_rule()).await;
        let (no, number) = paid_late(&world).await;
        world.wechat.set_fault(Fault::new(Call::Refund, kind).times(2)).unwrap();
        world.wechat.set_fault(Fault::new(Call::RefundQuery, FaultKind::ResetBefore)).unwrap();
        world.pass_s(61).await;
        let refund = world.order(&no).await.refund(&number).unwrap().clone();
        let is_open = open_anomalies(&world).await == 1;
        assert_eq!(
            is_open,
            refund.refund_id.is_none(),
            "{kind}: open until WeChat has taken it on"
        );
        let world = world.restart().await;
        for _ in 0..60 {
            world.pass_s(61).await;
        }
        assert_eq!(open_anomalies(&world).await, 0, "{kind}");
        let order = world.order(&no).await;
        assert_eq!((order.refunds.len(), order.refundable().get()), (1, 0), "{kind}");
        world.assert_books_agree().await;
    }
}

#[tokio::test]
async fn without_the_rule_it_waits_for_a_person() {
    let world = World::with(Setup { durable: true, ..Setup::refunding() }).await;
    let (no, _) = paid_late(&world).await;
    for _ in 0..10 {
        world.pass_s(61).await;
    }
    assert_eq!((open_anomalies(&world).await, world.wechat.calls(Call::Refund, None)), (1, 0));
    // Switched on, the rule takes what is fresh.
    let world = world.restart_after(async |_, _, setup| setup.refund_paid_after_close = true).await;
    world.pass_s(61).await;
    assert_eq!(open_anomalies(&world).await, 0);
    assert_eq!(world.order(&no).await.refunds.len(), 1);
}

#[tokio::test]
async fn what_somebody_may_have_dealt_with_is_left_alone() {
    let world = World::with(Setup { durable: true, ..Setup::refunding() }).await;
    let (old, _) = paid_late(&world).await;
    world.pass_s(DAY_S).await;
    let (begun, _) = paid_late(&world).await;
    assert_eq!(world.refund(&begun, json!({ "refund_fee": 8 })).await.status, 201);
    let (settled, _) = paid_late(&world).await;
    let id = world.order(&settled).await;
    let id = id.anomaly_id(&id.anomalies[0]);
    world.server.app.orders.resolve(world.shop().id, &id, "delivered").await.unwrap();
    let world = world.restart_after(async |_, _, setup| setup.refund_paid_after_close = true).await;
    for _ in 0..3 {
        world.pass_s(61).await;
    }
    for (no, refunds) in [(&old, 0), (&begun, 1), (&settled, 0)] {
        assert_eq!(world.order(no).await.refunds.len(), refunds, "{no}");
    }
    assert_eq!(open_anomalies(&world).await, 2);
}
