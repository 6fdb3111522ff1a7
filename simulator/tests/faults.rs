//! Faults of single calls, as a client sees them on the wire, and whether the call was applied.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use std::error::Error;
use std::io;

use support::client::{self, Reply};
use support::{APPID, SECRET, World, assert_fields, key};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wxpay_core::messages::code2session;
use wxpay_core::{Params, SignType, VerifyError, verify, xml};
use wxpay_simulator::{Call, Fault, FaultKind};

const HMAC: SignType = SignType::HmacSha256;

/// Places an order with the fault set, and gives what came back.
async fn place(world: &World, kind: FaultKind) -> Result<Reply, hyper::Error> {
    world.wechat.set_fault(Fault::new(Call::UnifiedOrder, kind)).unwrap();
    let body = xml::to_xml(&world.order("T1").params()).unwrap();
    client::post(&world.url(Call::UnifiedOrder), "text/xml", body).await
}

fn read(reply: &Reply) -> Params {
    xml::from_xml(&reply.body).unwrap()
}

fn is_applied(world: &World) -> bool {
    world.wechat.order("T1").is_some()
}

fn io_error(error: &hyper::Error) -> io::ErrorKind {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return error.kind();
        }
        source = error.source();
    }
    panic!("not an I/O error: {error:?}");
}

#[tokio::test]
async fn a_reset_comes_before_or_after_the_order_is_made() {
    for (kind, applied) in [(FaultKind::ResetBefore, false), (FaultKind::ResetAfter, true)] {
        let world = World::start().await;
        let error = place(&world, kind).await.unwrap_err();
        assert_eq!(io_error(&error), io::ErrorKind::ConnectionReset, "{error:?}");
        assert_eq!(is_applied(&world), applied, "{kind}");
        let last = world.wechat.messages(0).pop().unwrap();
        assert_eq!((last.title.as_str(), last.status), ("unifiedorder no reply", None));
        assert_eq!(last.note, Some(format!("fault {kind}")));
        world.place("T1", HMAC).await;
        assert_eq!(world.wechat.orders().len(), 1);
    }
}

#[tokio::test]
async fn a_hanging_call_gets_no_reply_and_is_not_applied() {
    let world = World::start().await;
    world.wechat.set_fault(Fault::new(Call::UnifiedOrder, FaultKind::Hang)).unwrap();
    let body = xml::to_xml(&world.order("T1").params()).unwrap();
    let url = world.url(Call::UnifiedOrder);
    let call = tokio::spawn(async move { client::post(&url, "text/xml", body).await.map(|_| ()) });
    let hangs = world.wechat.wait_until(|world| {
        world.messages(0).any(|message| message.note.as_deref() == Some("fault hang"))
    });
    hangs.await.unwrap();
    world.place("T2", HMAC).await;
    assert!(!call.is_finished());
    assert!(!is_applied(&world));
    world.wechat.shutdown().await;
    assert!(call.await.unwrap().is_err(), "shutdown ends the call");
}

#[tokio::test]
async fn a_delayed_reply_is_made_at_once_and_sent_later() {
    let world = World::start().await;
    let delay = |ms| Fault::new(Call::UnifiedOrder, FaultKind::Delay).delay_ms(ms);
    world.wechat.set_fault(delay(1)).unwrap();
    world.place("T2", HMAC).await;
    world.wechat.set_fault(delay(3_600_000)).unwrap();
    let body = xml::to_xml(&world.order("T1").params()).unwrap();
    let url = world.url(Call::UnifiedOrder);
    let call = tokio::spawn(async move { client::post(&url, "text/xml", body).await.map(|_| ()) });
    world.wechat.wait_until(|world| world.order("T1").is_some()).await.unwrap();
    assert_fields(&world.query("T1", HMAC).await, &[("trade_state", "NOTPAY")]);
    assert!(!call.is_finished());
}

#[tokio::test]
async fn a_gateway_answers_with_html_or_nothing() {
    let world = World::start().await;
    let reply = place(&world, FaultKind::Http500).await.unwrap();
    assert_eq!((reply.status, reply.header("content-type")), (500, "text/html"));
    assert!(reply.text().starts_with("<html>"));
    let reply = place(&world, FaultKind::Empty200).await.unwrap();
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    assert!(!is_applied(&world));
    assert_eq!(world.last_note(), "fault empty_200");
}

#[tokio::test]
async fn a_truncated_reply_ends_half_way() {
    let world = World::start().await;
    world.wechat.set_fault(Fault::new(Call::UnifiedOrder, FaultKind::Truncate)).unwrap();
    let body = xml::to_xml(&world.order("T1").params()).unwrap();
    let mut stream = TcpStream::connect(world.wechat.address()).await.unwrap();
    let head = format!(
        "POST /pay/unifiedorder HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let promised = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
    assert_eq!(promised.parse::<usize>().unwrap() / 2, body.len());
    assert!(is_applied(&world));
    let last = world.wechat.messages(0).pop().unwrap();
    assert!(last.body.starts_with("<xml><return_code>") && !last.body.ends_with("</xml>"));
}

#[tokio::test]
async fn a_reply_is_signed_wrongly_or_not_at_all() {
    for (kind, error) in [
        (FaultKind::WrongSign, VerifyError::Mismatch),
        (FaultKind::NoSign, VerifyError::SignMissing),
    ] {
        let world = World::start().await;
        let reply = read(&place(&world, kind).await.unwrap());
        assert_fields(&reply, &[("return_code", "SUCCESS"), ("result_code", "SUCCESS")]);
        assert!(reply.filled("prepay_id").is_some());
        assert_eq!(verify(reply, HMAC, &key()), Err(error));
        assert!(is_applied(&world));
    }
}

#[tokio::test]
async fn systemerror_is_signed_and_says_nothing_of_what_was_done() {
    for (kind, applied) in [(FaultKind::SystemError, false), (FaultKind::SystemErrorApplied, true)]
    {
        let world = World::start().await;
        let reply = read(&place(&world, kind).await.unwrap());
        assert_fields(&reply, &[("result_code", "FAIL"), ("err_code", "SYSTEMERROR")]);
        verify(reply, HMAC, &key()).unwrap();
        assert_eq!(is_applied(&world), applied, "{kind}");
    }
}

#[tokio::test]
async fn a_fault_strikes_so_often_and_only_its_call_and_order() {
    let world = World::start().await;
    let fault = Fault::new(Call::UnifiedOrder, FaultKind::SystemError).of_order("T1").times(2);
    world.wechat.set_fault(fault).unwrap();
    world.place("T2", HMAC).await;
    for left in [1, 0] {
        let reply = world.call(Call::UnifiedOrder, &world.order("T1").params()).await;
        assert_fields(&reply, &[("err_code", "SYSTEMERROR")]);
        let faults = world.wechat.faults();
        assert_eq!(faults.first().map_or(0, |fault| fault.times), left);
    }
    world.place("T1", HMAC).await;
    assert_eq!(world.wechat.calls(Call::UnifiedOrder, Some("T1")), 3);
    assert_eq!(world.wechat.calls(Call::UnifiedOrder, None), 4);
    assert_eq!(world.wechat.calls(Call::OrderQuery, None), 0);
}

#[tokio::test]
async fn query_and_close_go_wrong_too() {
    let world = World::start().await;
    world.place("T1", HMAC).await;
    world.pass_s(300);
    for call in [Call::OrderQuery, Call::CloseOrder] {
        world.wechat.set_fault(Fault::new(call, FaultKind::SystemErrorApplied)).unwrap();
    }
    assert_fields(&world.query("T1", HMAC).await, &[("err_code", "SYSTEMERROR")]);
    assert_fields(&world.query("T1", HMAC).await, &[("trade_state", "NOTPAY")]);
    assert_fields(&world.close("T1").await, &[("err_code", "SYSTEMERROR")]);
    assert_fields(&world.query("T1", HMAC).await, &[("trade_state", "CLOSED")]);
}

#[tokio::test]
async fn code2session_is_busy_with_the_code_used_or_not() {
    for (kind, next) in [
        (FaultKind::SystemError, serde_json::Value::Null),
        (FaultKind::SystemErrorApplied, 40163.into()),
    ] {
        let world = World::start().await;
        world.wechat.set_fault(Fault::new(Call::Code2Session, kind)).unwrap();
        let code = world.alice().code;
        let query: Vec<String> = code2session::query(APPID, SECRET, &code)
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let url = format!("{}?{}", world.url(Call::Code2Session), query.join("&"));
        assert_eq!(client::get(&url).await.unwrap().json()["errcode"], -1);
        assert_eq!(client::get(&url).await.unwrap().json()["errcode"], next);
    }
}

#[tokio::test]
async fn dropping_the_simulator_frees_the_port() {
    let world = World::start().await;
    let port = world.wechat.address().port();
    world.wechat.shutdown().await;
    let again = World::start_with(|config| config.port = port).await;
    assert_eq!(again.wechat.address().port(), port);
}
