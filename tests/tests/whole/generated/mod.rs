//! H07: whatever is sent, the answer is one that docs/api.md has, and never a 5xx: nothing is wrong here, and WeChat
//! answers, so whatever goes wrong is the caller's doing. In the end books and ledger agree.
//!
//! `WXPAY_REQUESTS_REQUESTS` says how many requests, `WXPAY_REQUESTS_SEED` repeats a run; `cargo xtask requests` is the
//! long form.

mod calls;
mod document;
mod requests;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::time::Instant;

use fastrand::Rng;
use serde_json::Value;
use tracing_subscriber::filter::LevelFilter;
use wxpay_simulator::{NoticeKind, Outcome};
use wxpay_tests::{ADMIN_KEY, API_KEY, APP_SECRET, Logs, Setup, Wire, World};

use crate::scene::{FAIL, SUCCESS};
use calls::CALLS;
use document::Document;
use requests::Request;
use values::{Known, Maker};

/// Requests before a new world: looking at everything must not become the work.
const ROUNDS_A_WORLD: u64 = 1_500;

#[test]
fn h07_the_document_has_every_call_that_is_tried() {
    let tried: BTreeSet<&str> = CALLS.iter().map(|call| call.0).collect();
    assert_eq!(Document::read().calls(), tried);
}

#[tokio::test]
async fn h07_whatever_is_sent_is_answered_as_documented() {
    let (rounds, seed) = (setting("REQUESTS", 400), setting("SEED", 1));
    let (started, document, mut statuses) = (Instant::now(), Document::read(), BTreeMap::new());
    let mut done = 0;
    while done < rounds {
        let size = ROUNDS_A_WORLD.min(rounds - done);
        let mut run = Run::start(&document, seed + done).await;
        for n in 0..size {
            let what = format!("request {n} of WXPAY_REQUESTS_SEED={}", seed + done);
            *statuses.entry(run.step(&what).await).or_insert(0) += 1;
        }
        run.end().await;
        done += size;
    }
    let seconds = started.elapsed().as_secs();
    let statuses: Vec<_> = statuses.iter().map(|(s, n)| format!("{n} x {s}")).collect();
    let _ = writeln!(
        std::io::stderr(),
        "requests: {rounds} requests, seed {seed}, 0 undocumented, {seconds} s; {}",
        statuses.join(", ")
    );
}

struct Run<'a> {
    document: &'a Document,
    world: World,
    maker: Maker,
    logs: Logs,
}

impl<'a> Run<'a> {
    async fn start(document: &'a Document, seed: u64) -> Self {
        let setup = Setup { refunds: true, speedup: 100_000, ..Setup::default() };
        let world = World::with(setup).await;
        let logs = Logs::start(LevelFilter::INFO);
        let tokens = vec![world.log_in("alice").await, world.log_in("bob").await];
        let known = Known { tokens, ..Known::default() };
        Self { document, world, maker: Maker { rng: Rng::with_seed(seed), known }, logs }
    }

    /// A request, and now and then something that happens elsewhere. Answers with the status.
    async fn step(&mut self, what: &str) -> u16 {
        self.elsewhere().await;
        let request = self.maker.request(&self.world);
        let mut wire = Wire::open(&self.world.server.url).await;
        wire.send(&request.bytes).await;
        let reply = wire.read_to_end().await;
        let asked = String::from_utf8_lossy(&request.bytes);
        let log = self.logs.text();
        let context = format!("{what}\n{asked}\n\n{reply}\n\n{log}");
        // What came before the last head is "100 Continue".
        let reply = reply.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&reply);
        let (head, body) = reply.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{context}"));
        let status: u16 = head[9..12].parse().unwrap();
        assert!(self.is_documented(&request, status, head, body), "{context}");
        for secret in [API_KEY, APP_SECRET, ADMIN_KEY] {
            assert!(!reply.contains(secret), "{context}");
        }
        self.learn(status, body);
        let mut broken = self.logs.lines_with("\"ERROR\"");
        broken.retain(|line| !line.contains("\"anomaly found\""));
        assert!(broken.is_empty(), "{broken:?}\n{context}");
        self.logs.clear();
        status
    }

    fn is_documented(&self, request: &Request, status: u16, head: &str, body: &str) -> bool {
        if request.is_wild && body.is_empty() {
            return self.document.is_bare(status);
        }
        if request.name.starts_with("HEAD ") {
            return matches!(status, 200 | 404 | 405);
        }
        let is_known = self.document.calls().contains(request.name.as_str());
        if request.name.starts_with("POST /v1/notify/") {
            return if status == 200 {
                body == SUCCESS
            } else {
                self.document.is_notice_refused(status) && body == FAIL
            };
        }
        if (200..300).contains(&status) {
            return is_known && self.document.is_success(&request.name, status);
        }
        let Ok(json) = serde_json::from_str::<Value>(body) else { return false };
        let (Some(code), Some(id)) = (json["code"].as_str(), json["request_id"].as_str()) else {
            return false;
        };
        let is_named = head.contains(&format!("x-request-id: {id}")) && json["message"].is_string();
        let is_right = match is_known {
            true => self.document.is_error(&request.name, status, code),
            false => matches!(status, 404 | 405),
        };
        // The backend may name any openid; that it is nobody's is WeChat's to know.
        let is_nobody_s = code == "upstream_refused" && json["wechat_code"] == "PARAM_ERROR";
        is_named && is_right && (status < 500 || is_nobody_s)
    }

    /// People pay, WeChat says something again or something odd, time passes.
    async fn elsewhere(&mut self) {
        let no = self.maker.order_no();
        match self.maker.rng.u8(..100) {
            // The order may be unknown there, or paid.
            0..8 => {
                let _ = self.world.wechat.pay(&no, Outcome::Pay).await;
            }
            8 => {
                let _ = self.world.wechat.pay(&no, Outcome::Fail).await;
            }
            9 => {
                let _ = self.world.wechat.send_notice(&no, NoticeKind::Again).await;
            }
            10 => {
                let _ = self.world.wechat.send_notice(&no, NoticeKind::WrongAmount).await;
            }
            11 => self.world.pass_s(self.maker.rng.i64(1..200)).await,
            _ => {}
        }
    }

    /// Names for later requests.
    fn learn(&mut self, status: u16, body: &str) {
        let Ok(json) = serde_json::from_str::<Value>(body) else { return };
        let known = &mut self.maker.known;
        let mut learn = |value: &Value, list: fn(&mut Known) -> &mut Vec<String>| {
            let Some(text) = value.as_str() else { return };
            let list = list(known);
            if !list.iter().any(|known| known == text) {
                list.push(text.into());
            }
            if list.len() > 30 {
                list.remove(0);
            }
        };
        if !(200..300).contains(&status) {
            return;
        }
        learn(&json["token"], |known| &mut known.tokens);
        if json["trade_state"].is_string() {
            learn(&json["out_trade_no"], |known| &mut known.orders);
        }
        learn(&json["out_refund_no"], |known| &mut known.refunds);
        learn(&json["next_cursor"], |known| &mut known.cursors);
        for anomaly in json["anomalies"].as_array().into_iter().flatten() {
            learn(&anomaly["id"], |known| &mut known.anomalies);
        }
        let page = json["page_url"].as_str().and_then(|url| Some(&url[url.find("/pay/")?..]));
        learn(&page.into(), |known| &mut known.pages);
    }

    async fn end(self) {
        // Notices, sweep and refunds get the time they need, a day and more.
        for seconds in [10, 60, 300, 900, 3_600, 3_600, 7_200, 86_400, 86_400, 604_800] {
            self.world.pass_s(seconds).await;
        }
        self.world.assert_books_agree().await;
    }
}

#[allow(clippy::disallowed_methods, reason = "how long a test runs is set from outside")]
fn setting(name: &str, default: u64) -> u64 {
    let name = format!("WXPAY_REQUESTS_{name}");
    std::env::var(&name).map_or(default, |text| text.parse().expect(&name))
}
