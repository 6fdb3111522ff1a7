//! What ends a server that nobody asked to end.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed unwrap is a failed test")]

use std::net::Ipv4Addr;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::ambient::Clock;
use crate::gateway::WeChatConfig;
use crate::merchant::Merchants;
use crate::outbox::WebhookLimits;
use crate::store::MemoryStore;

/// Panics once it is told to: nobody but the sweep asks an idle server's clock.
struct BreakingClock(AtomicBool);

impl Clock for BreakingClock {
    fn now_ms(&self) -> i64 {
        assert!(!self.0.load(Ordering::SeqCst), "broken on purpose");
        1_767_240_000_000
    }
}

async fn idle_server(clock: Arc<BreakingClock>) -> Server {
    let nonces = Arc::new(SystemNonces);
    let url: reqwest::Url = "http://127.0.0.1:9".parse().unwrap();
    let config = WeChatConfig {
        pay_url: url.clone(),
        backup_pay_url: None,
        report: false,
        login_url: url,
        connect_timeout_ms: 1_000,
        total_timeout_ms: 1_000,
        allow_http: true,
        ca_pem: None,
    };
    let parts = Parts {
        store: Arc::new(MemoryStore::new()),
        gateway: Arc::new(
            WeChat::new(config, &Merchants::new(Vec::new()), nonces.clone()).unwrap(),
        ),
        clock,
        nonces,
        merchants: Arc::new(Merchants::new(Vec::new())),
        webhooks: Sender::new(WebhookLimits { timeout_ms: 1_000, max_in_flight: 1 }).unwrap(),
        public_url: String::new(),
        order_expire_s: 7_200,
        refund_paid_after_close: false,
        token_s: 7_200,
        trusted_proxies: Vec::new(),
        daily: None,
    };
    let limits = Limits {
        max_connections: 8,
        header_timeout_ms: 1_000,
        body_timeout_ms: 1_000,
        request_timeout_ms: 1_000,
        drain_timeout_ms: 1_000,
    };
    let listener = listen((Ipv4Addr::LOCALHOST, 0).into()).await.unwrap();
    Server::with_parts(listener, parts, limits).await.unwrap()
}

#[tokio::test]
async fn a_server_without_its_sweep_ends_and_says_so() {
    let clock = Arc::new(BreakingClock(AtomicBool::new(false)));
    let server = idle_server(Arc::clone(&clock)).await;
    clock.0.store(true, Ordering::SeqCst);
    let ended = timeout(Duration::from_secs(20), server.run(None, std::future::pending())).await;
    let error = ended.unwrap().unwrap_err();
    assert!(matches!(error, RunError::SweepFailed), "{error}");
    assert_eq!(error.exit_code(), 70);
}

#[tokio::test]
async fn a_server_that_is_asked_to_end_ends_well() {
    let server = idle_server(Arc::new(BreakingClock(AtomicBool::new(false)))).await;
    server.run(None, std::future::ready(())).await.unwrap();
}
