//! Every fault of single calls strikes every call of WeChat's payment host, applied or not as it says.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use support::scanner::{HMAC, charge, scan};
use support::secure::Client;
use support::{APPID, MCH_ID, NONCE, World, identity, key, path};
use wxpay_core::messages::download_bill::{self, BillType};
use wxpay_core::messages::download_fundflow::{self, AccountType};
use wxpay_core::messages::report::{self, Reported, State};
use wxpay_core::messages::{auth_code_to_openid, reverse, short_url};
use wxpay_core::{Params, VerifyError, invoke, verify, xml};
use wxpay_simulator::{Behaviour, Call, Fault, FaultKind, World as Wechat};

const CALLS: [Call; 7] = [
    Call::Micropay,
    Call::Reverse,
    Call::AuthCodeToOpenid,
    Call::ShortUrl,
    Call::Report,
    Call::DownloadBill,
    Call::DownloadFundFlow,
];
const UNSIGNED: [Call; 3] = [Call::Report, Call::DownloadBill, Call::DownloadFundFlow];
const DAY: &str = "20260101";

/// A world in which every call has something to do, and that call's request.
async fn prepare(call: Call) -> (World, Params) {
    let world = World::start_with(|config| config.bills_at_once = true).await;
    scan(&world, "M0", Behaviour::Pays).await;
    world.pass_s(20);
    let (identity, key) = (identity(), key());
    let fresh = || world.wechat.auth_code("alice", Behaviour::Pays);
    let request = match call {
        Call::Micropay => charge("M1", &fresh()).to_params(&identity, NONCE, HMAC, &key),
        Call::Reverse => reverse::request("M0", &identity, NONCE, HMAC, &key),
        Call::AuthCodeToOpenid => {
            auth_code_to_openid::request(&fresh(), &identity, NONCE, HMAC, &key)
        }
        Call::ShortUrl => {
            let link = invoke::native_link(APPID, MCH_ID, "tea", 1, NONCE, HMAC, &key).unwrap();
            short_url::request(&link, &identity, NONCE, HMAC, &key)
        }
        Call::Report => {
            let trade = Reported {
                out_trade_no: "M0".into(),
                begin_time: 1,
                end_time: 2,
                state: State::Ok,
                err_msg: None,
            };
            let url = "https://api.mch.weixin.qq.com/pay/micropay";
            report::request(url, "203.0.113.7", &[trade], &identity, NONCE, HMAC, &key)
        }
        Call::DownloadBill => {
            download_bill::request(DAY, BillType::All, true, &identity, NONCE, HMAC, &key)
        }
        Call::DownloadFundFlow => {
            download_fundflow::request(DAY, AccountType::Basic, true, &identity, NONCE, &key)
        }
        other => panic!("{other} is tested elsewhere"),
    };
    (world, request.unwrap())
}

/// Status and body, or nothing when the reply did not come whole.
async fn send(world: &World, call: Call, request: &Params) -> Option<(u16, Vec<u8>)> {
    let client = Client::of(&world.wechat, MCH_ID);
    let reply = client.post(path(call), xml::to_xml(request).unwrap()).await.ok()?;
    let status = reply.status().as_u16();
    Some((status, reply.bytes().await.ok()?.to_vec()))
}

fn is_applied(world: &World, call: Call) -> Option<bool> {
    let ledger = world.wechat.ledger();
    match call {
        Call::Micropay => Some(ledger.iter().any(|entry| entry.out_trade_no == "M1")),
        Call::Reverse => Some(ledger.iter().any(|entry| entry.kind == "reverse")),
        // Nothing remains of the others.
        _ => None,
    }
}

#[tokio::test]
async fn a_reply_that_does_not_come_tells_nothing() {
    for (kind, applied) in [
        (FaultKind::ResetBefore, false),
        (FaultKind::ResetAfter, true),
        (FaultKind::Truncate, true),
    ] {
        for call in CALLS {
            let (world, request) = prepare(call).await;
            world.wechat.set_fault(Fault::new(call, kind)).unwrap();
            assert_eq!(send(&world, call, &request).await, None, "{call} {kind}");
            assert!(is_applied(&world, call).is_none_or(|is| is == applied), "{call} {kind}");
            assert!(world.wechat.faults().is_empty());
        }
    }
}

#[tokio::test]
async fn a_gateway_answers_for_wechat() {
    for (kind, status) in [(FaultKind::Http500, 500), (FaultKind::Empty200, 200)] {
        for call in CALLS {
            let (world, request) = prepare(call).await;
            world.wechat.set_fault(Fault::new(call, kind)).unwrap();
            let (found, body) = send(&world, call, &request).await.unwrap();
            assert_eq!((found, body.is_empty()), (status, status == 200), "{call}");
            assert_ne!(is_applied(&world, call), Some(true));
        }
    }
}

#[tokio::test]
async fn a_call_hangs_or_waits() {
    for call in CALLS {
        let (world, request) = prepare(call).await;
        world.wechat.set_fault(Fault::new(call, FaultKind::Delay).delay_ms(1)).unwrap();
        assert_eq!(send(&world, call, &request).await.unwrap().0, 200, "{call}");
        let (world, request) = prepare(call).await;
        world.wechat.set_fault(Fault::new(call, FaultKind::Hang)).unwrap();
        let asked = |world: &Wechat| world.calls(call, None) == before(call) + 1;
        tokio::select! {
            reply = send(&world, call, &request) => panic!("{call}: {reply:?}"),
            asked = world.wechat.wait_until(asked) => asked.unwrap(),
        }
        assert_ne!(is_applied(&world, call), Some(true));
    }
}

/// What `prepare` has called.
fn before(call: Call) -> u64 {
    u64::from(call == Call::Micropay)
}

#[tokio::test]
async fn wechat_is_busy_and_has_or_has_not_done_it() {
    for (kind, applied) in [(FaultKind::SystemError, false), (FaultKind::SystemErrorApplied, true)]
    {
        for call in CALLS {
            let (world, request) = prepare(call).await;
            world.wechat.set_fault(Fault::new(call, kind)).unwrap();
            let (_, body) = send(&world, call, &request).await.unwrap();
            let reply = xml::from_xml(&body).unwrap();
            let word = if call == Call::DownloadBill { "return_msg" } else { "err_code" };
            assert_eq!(reply.get(word), Some("SYSTEMERROR"), "{call}");
            let is = is_applied(&world, call);
            assert!(is.is_none_or(|is| is == applied), "{call} {kind}");
        }
    }
}

#[tokio::test]
async fn a_signed_reply_is_signed_wrongly_or_not_at_all() {
    for (kind, error) in [
        (FaultKind::WrongSign, VerifyError::Mismatch),
        (FaultKind::NoSign, VerifyError::SignMissing),
    ] {
        for call in CALLS {
            let (world, request) = prepare(call).await;
            let set = world.wechat.set_fault(Fault::new(call, kind));
            assert_eq!(set.is_err(), UNSIGNED.contains(&call), "{call}");
            if set.is_ok() {
                let (_, body) = send(&world, call, &request).await.unwrap();
                let reply = xml::from_xml(&body).unwrap();
                assert_eq!(verify(reply, HMAC, &key()), Err(error), "{call}");
                assert_ne!(is_applied(&world, call), Some(false));
            }
        }
    }
}
