//! The merchant changes its APIv2 key: WeChat's notices may still carry the former one for a while.

use wxpay_core::messages::refund::RefundStatus;
use wxpay_core::refund_notice::encrypt;
use wxpay_core::{ApiKey, Params, xml};
use wxpay_simulator::{Call, Fault, FaultKind};
use wxpay_tests::{BAKERY, SHOP, START_MS, Setup, Shop, World};

use crate::scene::{FAIL, HMAC, SUCCESS, Scene};

const FORMER: Shop = Shop { api_key: "former0key0former0key0former0ke1", ..SHOP };
const MINUTE_MS: i64 = 60_000;
/// With a former key that is believed for a minute.
const CHANGED: Shop = Shop { old_api_key: Some((FORMER.api_key, START_MS + MINUTE_MS)), ..SHOP };

/// Requests are signed with the new key from the first moment on, and WeChat's replies must be.
#[tokio::test]
async fn g02_notices_may_carry_the_former_key_until_its_day_is_over() {
    let shops = || vec![CHANGED, BAKERY];
    // The simulated WeChat knows the new key alone: the order could be placed.
    let scene = Scene::with(Setup { shops: shops(), ..Setup::default() }).await;
    let notice = scene.notice();
    let mismatch = "sign: does not match the fields and the key";
    scene.assert_refused(notice.clone().signed(HMAC, &BAKERY).xml(), 400, mismatch).await;
    let forged = notice.clone().signed(HMAC, &FORMER).with("total_fee", "1");
    scene.assert_refused(forged.xml(), 400, mismatch).await;
    scene.assert_taken(notice.signed(HMAC, &FORMER).xml()).await;

    let scene = Scene::with(Setup { shops: shops(), ..Setup::default() }).await;
    scene.world.clock.step_ms(MINUTE_MS);
    let notice = scene.notice();
    scene.assert_refused(notice.clone().signed(HMAC, &FORMER).xml(), 400, mismatch).await;
    scene.assert_taken(notice.signed(HMAC, &SHOP).xml()).await;
}

#[tokio::test]
async fn g02_refund_notices_may_be_encrypted_with_the_former_key_until_its_day_is_over() {
    for (wait_ms, answer) in [(0, (200, SUCCESS)), (MINUTE_MS, (400, FAIL))] {
        let world = World::with(Setup { shops: vec![CHANGED], ..Setup::refunding() }).await;
        let lose = Fault::new(Call::RefundNotice, FaultKind::Lose).times(u32::MAX);
        world.wechat.set_fault(lose).unwrap();
        let no = world.paid(100).await;
        assert_eq!(world.refund_part(&no, "R1", 40).await.status, 201);
        world.refund_ended("R1", RefundStatus::Success).await;
        world.clock.step_ms(wait_ms);
        let reply = world.notify_refund(&refund_notice(&world, &no).await).await;
        assert_eq!((reply.status, reply.text.as_str()), answer, "{wait_ms}");
    }
}

/// What WeChat would have sent under the former key.
async fn refund_notice(world: &World, no: &str) -> String {
    let payment = world.order(no).await.payment.unwrap();
    let refund = world.wechat.refund("R1").unwrap();
    let content = format!(
        "<root><transaction_id>{}</transaction_id><out_trade_no>{no}</out_trade_no>\
         <refund_id>{}</refund_id><out_refund_no>R1</out_refund_no><total_fee>100</total_fee>\
         <refund_fee>40</refund_fee><settlement_refund_fee>40</settlement_refund_fee>\
         <refund_status>SUCCESS</refund_status><success_time>2026-01-01 12:00:30</success_time>\
         <refund_recv_accout>零钱</refund_recv_accout></root>",
        payment.transaction_id, refund.refund_id
    );
    let req_info = encrypt(&content, &ApiKey::new(FORMER.api_key).unwrap());
    let fields = [
        ("return_code", "SUCCESS"),
        ("appid", SHOP.appid),
        ("mch_id", SHOP.mch_id),
        ("nonce_str", "5d2b6c2a8db53831f7eda20af46e531c"),
        ("req_info", &req_info),
    ];
    xml::to_xml(&Params::from_pairs(fields).unwrap()).unwrap()
}
