//! The backup domain: the same WeChat at a second address, which stays when the first is cut.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use std::io::ErrorKind;

use serde_json::json;
use support::secure::Client;
use support::{World, client, identity, key};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use wxpay_core::messages::{order_query, unified_order};
use wxpay_core::{SignType, xml};
use wxpay_simulator::{Call, Fault, FaultKind, Outcome};

const HMAC: SignType = SignType::HmacSha256;

async fn start() -> World {
    World::start_with(|config| config.backup = true).await
}

async fn state_at(url: &str) -> String {
    let request = order_query::request("T1", &identity(), support::NONCE, HMAC, &key()).unwrap();
    let body = xml::to_xml(&request).unwrap();
    let reply = client::post(&format!("{url}{}", order_query::PATH), "text/xml", body).await;
    let reply = xml::from_xml(&reply.unwrap().body).unwrap();
    reply.get("trade_state").unwrap().to_owned()
}

#[tokio::test]
async fn there_is_a_backup_only_when_asked_for() {
    let world = World::start().await;
    assert_eq!(world.wechat.backup_url(), None);
    let url = format!("{}/sim/primary", world.wechat.base_url());
    let reply = client::post(&url, "application/json", r#"{"down":true}"#).await.unwrap();
    assert_eq!((reply.status, &reply.json()["code"]), (409, &json!("no_backup")));
}

#[tokio::test]
async fn both_addresses_are_one_wechat() {
    let world = start().await;
    let backup = world.wechat.backup_url().unwrap().to_owned();
    assert_ne!(backup, world.wechat.base_url());
    world.place("T1", HMAC).await;
    assert_eq!(state_at(&backup).await, "NOTPAY");
    let url = format!("{backup}{}", order_query::PATH);
    let seen = world.wechat.messages(0);
    assert!(seen.iter().any(|message| message.url == url), "the log tells them apart");
    // A fault strikes the call wherever it comes in.
    world.wechat.set_fault(Fault::new(Call::UnifiedOrder, FaultKind::SystemError)).unwrap();
    let body = xml::to_xml(&world.order("T2").params()).unwrap();
    let url = format!("{backup}{}", unified_order::PATH);
    let reply = client::post(&url, "text/xml", body).await.unwrap();
    assert!(reply.text().contains("SYSTEMERROR"));
}

#[tokio::test]
async fn a_cut_primary_refuses_and_comes_back_on_its_port() {
    let world = start().await;
    let backup = world.wechat.backup_url().unwrap().to_owned();
    world.place("T1", HMAC).await;
    let mut kept = TcpStream::connect(world.wechat.address()).await.unwrap();
    let secure = Client::anonymous(&world.wechat);
    assert!(secure.get("/").await.is_ok());
    for _ in 0..2 {
        world.wechat.set_primary_down(true).await.unwrap();
    }
    // What was connected is gone, and nobody gets in.
    let end = kept.read_u8().await.map_err(|error| error.kind());
    assert!(matches!(end, Err(ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset)), "{end:?}");
    for address in [world.wechat.address(), world.wechat.tls_address()] {
        let refused = TcpStream::connect(address).await.map(drop).map_err(|error| error.kind());
        assert_eq!(refused, Err(ErrorKind::ConnectionRefused));
    }
    assert!(Client::anonymous(&world.wechat).get("/").await.unwrap_err().is_connect());
    world.wechat.pay("T1", Outcome::Pay).await.unwrap();
    assert_eq!(state_at(&backup).await, "SUCCESS");
    for _ in 0..2 {
        world.wechat.set_primary_down(false).await.unwrap();
    }
    assert_eq!(state_at(world.wechat.base_url()).await, "SUCCESS");
    assert!(secure.get("/").await.is_ok());
}

#[tokio::test]
async fn a_call_under_way_is_cut_off() {
    let world = start().await;
    world.wechat.set_fault(Fault::new(Call::UnifiedOrder, FaultKind::Hang)).unwrap();
    let body = xml::to_xml(&world.order("T1").params()).unwrap();
    let url = world.url(Call::UnifiedOrder);
    let call = tokio::spawn(async move { client::post(&url, "text/xml", body).await.map(drop) });
    let hangs = world.wechat.wait_until(|world| world.calls(Call::UnifiedOrder, None) == 1);
    hangs.await.unwrap();
    world.wechat.set_primary_down(true).await.unwrap();
    assert!(call.await.unwrap().is_err());
}

#[tokio::test]
async fn the_control_api_cuts_from_the_backup() {
    let world = start().await;
    let url = format!("{}/sim/primary", world.wechat.backup_url().unwrap());
    for down in [true, false] {
        let body = json!({ "down": down }).to_string();
        let reply = client::post(&url, "application/json", body).await.unwrap();
        assert_eq!((reply.status, reply.json()), (200, json!({ "down": down })));
        assert_eq!(TcpStream::connect(world.wechat.address()).await.is_err(), down);
    }
}
