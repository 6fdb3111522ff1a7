//! The payment host over TLS: who is let in, and with whose certificate.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use std::fs;

use support::refunds::{part, request};
use support::secure::Client;
use support::{MCH_ID, OTHER_MCH_ID, World, assert_fields, client, key};
use wxpay_core::messages::{order_query, refund, unified_order};
use wxpay_core::{SignType, verify, xml};
use wxpay_simulator::{Call, CertificateFilesError, Fault, FaultKind};

const HMAC: SignType = SignType::HmacSha256;

#[tokio::test]
async fn every_call_is_answered_over_tls_with_and_without_a_certificate() {
    let world = World::start().await;
    let url = world.wechat.cashier_tls_url().to_owned();
    assert_eq!(url, format!("https://localhost:{}", world.wechat.tls_address().port()));
    for (client, no) in
        [(Client::anonymous(&world.wechat), "T1"), (Client::of(&world.wechat, MCH_ID), "T2")]
    {
        let body = xml::to_xml(&world.order(no).params()).unwrap();
        let reply = client.post(unified_order::PATH, body).await.unwrap();
        let reply = xml::from_xml(&reply.bytes().await.unwrap()).unwrap();
        assert!(reply.filled("prepay_id").is_some(), "{reply:?}");
        assert!(world.wechat.order(no).is_some());
    }
    let asked = world.wechat.messages(0);
    assert_eq!(asked[0].url, format!("{url}{}", unified_order::PATH));
    let page = client_get(&world, "/").await;
    assert!(page.contains("T1"), "the start page is there too");
}

async fn client_get(world: &World, path: &str) -> String {
    Client::anonymous(&world.wechat).get(path).await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn the_authority_must_be_trusted() {
    let (world, other) = (World::start().await, World::start().await);
    let client = Client::with(&world.wechat, other.wechat.ca_pem(), None);
    let error = client.post(order_query::PATH, "").await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    // The host is also 127.0.0.1 by name.
    let by_ip = Client::anonymous(&world.wechat).at("127.0.0.1");
    assert_eq!(by_ip.get("/").await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_reset_and_a_cut_reply_break_a_tls_client_too() {
    let world = World::start().await;
    let client = Client::anonymous(&world.wechat);
    for (kind, no) in [(FaultKind::ResetAfter, "T1"), (FaultKind::Truncate, "T2")] {
        let fault = Fault::new(Call::UnifiedOrder, kind);
        world.wechat.set_fault(fault).unwrap();
        let body = xml::to_xml(&world.order(no).params()).unwrap();
        let got = async { client.post(unified_order::PATH, body).await?.bytes().await };
        assert!(got.await.is_err(), "{kind}");
        assert!(world.wechat.order(no).is_some(), "{kind} is applied");
    }
    world.place("T3", HMAC).await;
}

#[tokio::test]
async fn the_certificates_are_written_as_files() {
    let world = World::start().await;
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("cert");
    for _ in 0..2 {
        world.wechat.write_certificates(MCH_ID, &directory).unwrap();
    }
    let read = |name| fs::read_to_string(directory.join(name)).unwrap();
    let identity = world.wechat.client_identity_pem(MCH_ID).unwrap();
    assert_eq!(read("apiclient_cert.pem"), identity.cert_pem);
    assert_eq!(read("apiclient_key.pem"), identity.key_pem);
    assert_eq!(read("ca.pem"), world.wechat.ca_pem());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(directory.join("apiclient_key.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert!(!format!("{identity:?}").contains("PRIVATE"));
    let error = world.wechat.write_certificates("1", &directory).unwrap_err();
    assert!(matches!(error, CertificateFilesError::UnknownMerchant));
    let blocked = directory.join("ca.pem");
    let error = world.wechat.write_certificates(OTHER_MCH_ID, &blocked).unwrap_err();
    assert!(matches!(error, CertificateFilesError::Write { path, .. } if path == blocked));
}

#[tokio::test]
async fn a_refund_needs_the_merchants_own_certificate() {
    let world = World::start().await;
    world.paid("T1").await;
    let stranger = World::start().await;
    let theirs = stranger.wechat.client_identity_pem(MCH_ID).unwrap();
    let body = xml::to_xml(&request(&part("T1", "R1", 30))).unwrap();
    let post = async |client: Client| {
        let reply = client.post(refund::PATH, body.clone()).await.unwrap();
        (reply.status().as_u16(), reply.text().await.unwrap())
    };

    let (status, page) = post(Client::anonymous(&world.wechat)).await;
    assert_eq!(status, 400);
    assert!(page.contains("400 No required SSL certificate was sent"), "{page}");
    let unknown = Client::with(&world.wechat, world.wechat.ca_pem(), Some(&theirs));
    let (status, page) = post(unknown).await;
    assert_eq!(status, 400);
    assert!(page.contains("400 The SSL certificate error"), "{page}");
    let reply = client::post(&world.url(Call::Refund), "text/xml", body.clone()).await.unwrap();
    assert_eq!((reply.status, reply.header("content-type")), (400, "text/html"));
    let note = "this call needs TLS and the merchant certificate";
    assert_eq!(reply.header("wxpay-simulator-note"), note);

    let (status, text) = post(Client::of(&world.wechat, OTHER_MCH_ID)).await;
    assert_eq!(status, 200);
    let reply = xml::from_xml(text.as_bytes()).unwrap();
    assert_fields(&reply, &[("result_code", "FAIL"), ("err_code", "CERT_ERROR")]);
    verify(reply, HMAC, &key()).unwrap();
    assert!(world.wechat.refunds().is_empty());

    let (status, text) = post(Client::of(&world.wechat, MCH_ID)).await;
    assert_eq!(status, 200);
    assert_fields(&xml::from_xml(text.as_bytes()).unwrap(), &[("result_code", "SUCCESS")]);
}
