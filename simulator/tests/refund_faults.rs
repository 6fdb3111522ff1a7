//! Faults of refund and refundquery, and refusals with any code.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use support::refunds::{part, request};
use support::secure::Client;
use support::{APPID, MCH_ID, NONCE, SECRET, World, assert_fields, client, identity, key};
use wxpay_core::messages::refund_query::{self, By};
use wxpay_core::messages::{ErrCode, code2session, refund};
use wxpay_core::{Params, SignType, VerifyError, verify, xml};
use wxpay_simulator::{Call, Fault, FaultError, FaultKind};

const HMAC: SignType = SignType::HmacSha256;

/// Sends refund or refundquery as the server would; `None` when no whole reply came.
async fn send(world: &World, call: Call) -> Option<(u16, Vec<u8>)> {
    let (path, params) = match call {
        Call::Refund => (refund::PATH, request(&part("T1", "R1", 30))),
        _ => {
            let by = By::OutTradeNo("T1");
            let asked = refund_query::request(by, 0, &identity(), NONCE, HMAC, &key());
            (refund_query::PATH, asked.unwrap())
        }
    };
    let client = Client::of(&world.wechat, MCH_ID);
    let reply = client.post(path, xml::to_xml(&params).unwrap()).await.ok()?;
    let status = reply.status().as_u16();
    Some((status, reply.bytes().await.ok()?.to_vec()))
}

fn parsed(reply: Option<(u16, Vec<u8>)>) -> Params {
    let (status, body) = reply.unwrap();
    assert_eq!(status, 200);
    xml::from_xml(&body).unwrap()
}

/// A paid order, with a refund when the call is to ask about it.
async fn scene(call: Call) -> World {
    let world = World::start().await;
    world.paid("T1").await;
    if call == Call::RefundQuery {
        world.refunded(&part("T1", "R1", 30)).await;
    }
    world
}

#[tokio::test]
async fn both_calls_go_wrong_in_every_way() {
    use FaultKind::{
        Delay, Empty200, Http500, NoSign, ResetAfter, ResetBefore, SystemError, SystemErrorApplied,
        Truncate, WrongSign,
    };
    for call in [Call::Refund, Call::RefundQuery] {
        for (kind, is_applied) in [
            (Delay, true),
            (ResetBefore, false),
            (ResetAfter, true),
            (Http500, false),
            (Empty200, false),
            (Truncate, true),
            (WrongSign, true),
            (NoSign, true),
            (SystemError, false),
            (SystemErrorApplied, true),
        ] {
            let world = scene(call).await;
            let before = world.wechat.refunds().len();
            world.wechat.set_fault(Fault::new(call, kind).delay_ms(1).of_order("T1")).unwrap();
            let reply = send(&world, call).await;
            match kind {
                Delay => assert_fields(&parsed(reply), &[("result_code", "SUCCESS")]),
                ResetBefore | ResetAfter | Truncate => assert_eq!(reply, None, "{call} {kind}"),
                Http500 => assert_eq!(reply.unwrap().0, 500),
                Empty200 => assert_eq!(reply, Some((200, Vec::new()))),
                WrongSign => {
                    assert_eq!(verify(parsed(reply), HMAC, &key()), Err(VerifyError::Mismatch));
                }
                NoSign => {
                    assert_eq!(verify(parsed(reply), HMAC, &key()), Err(VerifyError::SignMissing));
                }
                _ => assert_fields(&parsed(reply), &[("err_code", "SYSTEMERROR")]),
            }
            let applied = world.wechat.refunds().len() - before;
            assert_eq!(applied, usize::from(is_applied && call == Call::Refund), "{call} {kind}");
            // The next one is right, and the same refund.
            assert_fields(&parsed(send(&world, call).await), &[("result_code", "SUCCESS")]);
            assert_eq!(world.wechat.refunds().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_hanging_refund_is_not_applied() {
    let world = scene(Call::Refund).await;
    world.wechat.set_fault(Fault::new(Call::Refund, FaultKind::Hang)).unwrap();
    let client = Client::of(&world.wechat, MCH_ID);
    let body = xml::to_xml(&request(&part("T1", "R1", 30))).unwrap();
    let call = tokio::spawn(async move { client.post(refund::PATH, body).await.map(|_| ()) });
    let hangs = world.wechat.wait_until(|world| {
        world.messages(0).any(|message| message.note.as_deref() == Some("fault hang"))
    });
    hangs.await.unwrap();
    assert!(!call.is_finished());
    call.abort();
    assert!(world.wechat.refunds().is_empty());
}

#[tokio::test]
async fn a_refund_is_refused_with_any_code() {
    for code in [
        "SYSTEMERROR",
        "BIZERR_NEED_RETRY",
        "TRADE_OVERDUE",
        "ERROR",
        "USER_ACCOUNT_ABNORMAL",
        "INVALID_REQ_TOO_MUCH",
        "NOTENOUGH",
        "INVALID_TRANSACTIONID",
        "PARAM_ERROR",
        "ORDERNOTEXIST",
        "FREQUENCY_LIMITED",
        "APPID_NOT_EXIST",
        "MCHID_NOT_EXIST",
        "REQUIRE_POST_METHOD",
        "SIGNERROR",
        "XML_FORMAT_ERROR",
        "CERT_ERROR",
        "REFUND_FEE_MISMATCH",
        "ORDER_NOT_READY",
        "TRADE_STATE_ERROR",
        "REFUND_FEE_INVALID",
        "BRAND_NEW_CODE",
    ] {
        for (fault, applied) in [
            (Fault::err_code(Call::Refund, code), 0),
            (Fault::err_code_applied(Call::Refund, code), 1),
        ] {
            let world = scene(Call::Refund).await;
            world.wechat.set_fault(fault).unwrap();
            let reply = world.refund(&part("T1", "R1", 30)).await;
            assert_fields(&reply, &[("result_code", "FAIL"), ("err_code", code)]);
            assert_eq!(reply.get("err_code_des"), Some(ErrCode::from(code).meaning()));
            verify(reply, HMAC, &key()).unwrap();
            assert_eq!(world.wechat.refunds().len(), applied, "{code}");
        }
    }
}

#[tokio::test]
async fn every_call_can_be_refused_with_a_code() {
    let world = World::start().await;
    world.place("T1", HMAC).await;
    world.pass_s(300);
    let set = |fault| world.wechat.set_fault(fault).unwrap();
    set(Fault::err_code(Call::UnifiedOrder, "NOAUTH").of_order("T2"));
    let reply = world.call(Call::UnifiedOrder, &world.order("T2").params()).await;
    assert_fields(&reply, &[("err_code", "NOAUTH")]);
    assert!(world.wechat.order("T2").is_none());
    set(Fault::err_code(Call::OrderQuery, "SYSTEMERROR"));
    assert_fields(&world.query("T1", HMAC).await, &[("err_code", "SYSTEMERROR")]);
    set(Fault::err_code(Call::RefundQuery, "FREQUENCY_LIMITED"));
    let reply = world.ask_refund(By::OutTradeNo("T1"), 0).await;
    assert_fields(&reply, &[("err_code", "FREQUENCY_LIMITED")]);
    set(Fault::err_code_applied(Call::CloseOrder, "TRADE_STATE_ERROR"));
    assert_fields(&world.close("T1").await, &[("err_code", "TRADE_STATE_ERROR")]);
    assert_fields(&world.query("T1", HMAC).await, &[("trade_state", "CLOSED")]);
    set(Fault::err_code(Call::Code2Session, "45011"));
    let query: Vec<String> = code2session::query(APPID, SECRET, &world.alice().code)
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let url = format!("{}?{}", world.url(Call::Code2Session), query.join("&"));
    assert_eq!(client::get(&url).await.unwrap().json()["errcode"], 45011);
    assert!(client::get(&url).await.unwrap().json()["openid"].is_string());
}

#[tokio::test]
async fn a_code_belongs_to_its_fault() {
    let world = World::start().await;
    let without = Fault::new(Call::Refund, FaultKind::ErrCode);
    assert_eq!(world.wechat.set_fault(without), Err(FaultError::ErrCode));
    for code in ["", "NOT ENOUGH", "<xml>", &"A".repeat(33)] {
        let fault = Fault::err_code(Call::Refund, code);
        assert_eq!(world.wechat.set_fault(fault), Err(FaultError::ErrCode), "{code}");
    }
    let stray =
        Fault { err_code: Some("ERROR".into()), ..Fault::new(Call::Refund, FaultKind::Hang) };
    assert_eq!(world.wechat.set_fault(stray), Err(FaultError::ErrCode));
    let notice = Fault::err_code(Call::RefundNotice, "ERROR");
    assert_eq!(world.wechat.set_fault(notice), Err(FaultError::DoesNotFit));
    for (call, kind) in [
        (Call::Notice, FaultKind::BadKey),
        (Call::Notice, FaultKind::Garbled),
        (Call::RefundNotice, FaultKind::BadSign),
        (Call::Refund, FaultKind::BeforeReply),
    ] {
        let fault = Fault::new(call, kind);
        assert_eq!(world.wechat.set_fault(fault), Err(FaultError::DoesNotFit), "{call} {kind}");
    }
}
