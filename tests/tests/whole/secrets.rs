//! Nothing secret is ever in a log line, a reply or the store's files, whatever happens and however much is logged.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;
use wxpay_core::SignType;
use wxpay_simulator::{Call, Fault, FaultKind, NoticeKind, Outcome};
use wxpay_tests::{FakeLogin, Logs, Notice, Reply, SHOP, Setup, World};

const SESSION_KEY: &str = "canary+session+key+22A==";
const PAY_CALLS: [Call; 3] = [Call::UnifiedOrder, Call::OrderQuery, Call::CloseOrder];
const CALL_FAULTS: [FaultKind; 10] = [
    FaultKind::Hang,
    FaultKind::ResetBefore,
    FaultKind::ResetAfter,
    FaultKind::Http500,
    FaultKind::Empty200,
    FaultKind::Truncate,
    FaultKind::WrongSign,
    FaultKind::NoSign,
    FaultKind::SystemError,
    FaultKind::SystemErrorApplied,
];

/// Calls the server in every way, and keeps what it said.
struct Visitor {
    world: World,
    token: String,
    replies: Vec<Reply>,
    /// Signatures the server works out and nobody may learn from it, and those it gave to the phone.
    signatures: Vec<String>,
}

impl Visitor {
    async fn call(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: String) {
        let reply = self.world.call(method, path, headers, body).await;
        self.replies.push(reply);
    }

    async fn backend(&mut self, method: Method, path: &str, body: Value) {
        let reply = self.world.backend(method, path, body).await;
        self.replies.push(reply);
    }

    /// A pay reply carries one signature, made for this phone; the rest of it must be clean.
    async fn pay(&mut self, no: &str) {
        let reply = self.world.pay(&self.token, no).await;
        match reply.json["paySign"].as_str() {
            Some(signature) => self.signatures.push(signature.into()),
            None => self.replies.push(reply),
        }
    }

    async fn query(&mut self, no: &str) {
        let reply = self.world.phone("/v1/query", &self.token, json!({ "orderId": no })).await;
        self.replies.push(reply);
    }

    async fn close(&mut self, no: &str) {
        self.backend(Method::POST, &format!("/v1/orders/{no}/close"), json!({})).await;
    }

    async fn notify(&mut self, no: &str, change: impl Fn(Notice) -> Notice) {
        let sign_type = self.world.order(no).await.sign_type;
        let notice = change(Notice::paid(&SHOP, no, 88));
        self.signatures.push(notice.signature(sign_type, &SHOP));
        let reply = self.world.notify(notice.with("sign", &"0".repeat(sign_type.hex_len())).xml());
        self.replies.push(reply.await);
    }

    async fn everything_that_works(&mut self) {
        let token = self.token.clone();
        let body = json!({ "total_fee": 88, "body": "tea", "user_token": token });
        self.backend(Method::POST, "/v1/orders", body).await;
        let no = self.world.create(88).await;
        self.pay(&no).await;
        self.query(&no).await;
        self.world.wechat.pay(&no, Outcome::Pay).await.unwrap();
        self.world.acknowledged(&no).await;
        self.query(&no).await;
        let show = format!("/v1/orders/{no}");
        self.call(Method::GET, &show, &[("token", &token)], String::new()).await;
        self.backend(Method::GET, &show, json!({})).await;
        self.backend(Method::GET, "/v1/orders", json!({})).await;
        let closed = self.world.create(88).await;
        self.close(&closed).await;
        for path in ["/healthz", "/readyz"] {
            self.call(Method::GET, path, &[], String::new()).await;
        }
    }

    async fn everything_that_wechat_does_wrong(&mut self) {
        for kind in CALL_FAULTS {
            let no = self.world.create(88).await;
            for call in PAY_CALLS {
                self.world.wechat.set_fault(Fault::new(call, kind).of_order(&no)).unwrap();
            }
            self.pay(&no).await;
            self.pay(&no).await;
            self.query(&no).await;
            // The sweep fails and closes, too.
            self.world.wechat.set_fault(Fault::new(Call::OrderQuery, kind).of_order(&no)).unwrap();
            self.world.pass_s(301).await;
            self.close(&no).await;
            self.world.pass_s(60).await;
        }
    }

    async fn everything_that_callers_do_wrong(&mut self) {
        let no = self.world.create(88).await;
        self.pay(&no).await;
        self.notify(&no, |notice| notice).await;
        self.notify(&no, |notice| notice.with("total_fee", "1")).await;
        self.notify(&no, |notice| notice.with("appid", "wx0")).await;
        self.notify(&no, |notice| notice.with("attach", SHOP.api_key)).await;
        self.world.wechat.send_notice(&no, NoticeKind::Forged).await.unwrap();
        self.world.wechat.send_notice(&no, NoticeKind::WrongAmount).await.unwrap();
        let token = self.token.clone();
        // Secrets where they do not belong.
        for secret in [&token, SHOP.admin_key, SHOP.api_key, SHOP.app_secret] {
            let bearer = format!("Bearer {secret}x");
            let headers = [("authorization", bearer.as_str()), ("token", secret)];
            for path in ["/v1/login", "/v1/pay", "/v1/query", "/v1/orders", "/v1/notify/shop/pay"] {
                for body in [
                    json!({ "orderId": [secret], "code": [secret], "total_fee": secret }),
                    json!({ "orderId": 1.5, "code": "", "merchant": secret, "total_fee": -1 }),
                    json!([secret]),
                ] {
                    self.call(Method::POST, path, &headers, body.to_string()).await;
                }
                self.call(Method::POST, path, &headers, format!("{{\"x\":\"{secret}")).await;
            }
            for (field, value) in [
                ("total_fee", json!(secret)),
                ("trade_type", json!(secret)),
                ("expire_s", json!(secret)),
                ("user_token", json!(format!("{secret}x"))),
                ("limit_pay", json!(secret)),
            ] {
                let mut body = json!({ "total_fee": 1, "body": "tea" });
                body[field] = value;
                self.backend(Method::POST, "/v1/orders", body).await;
            }
        }
    }

    /// Everything the server said, headers included.
    fn said(&self) -> String {
        self.replies.iter().map(|reply| format!("{:?}\n{}\n", reply.headers, reply.text)).collect()
    }
}

async fn visit(sign_type: SignType) {
    let openid = World::start().await.wechat.login(SHOP.appid, "alice").unwrap().openid;
    let session = json!({ "openid": openid, "session_key": SESSION_KEY });
    let login = FakeLogin::start(session.to_string()).await;
    let login_url = Some(login.url.clone());
    let wechat_timeout_ms = 300;
    let setup =
        Setup { sign_type, durable: true, wechat_timeout_ms, login_url, ..Setup::default() };
    let logs = Logs::start(LevelFilter::TRACE);
    let world = World::with(setup).await;
    let token = world.log_in("alice").await;
    let mut visitor = Visitor { world, token, replies: Vec::new(), signatures: Vec::new() };
    visitor.everything_that_works().await;
    visitor.everything_that_wechat_does_wrong().await;
    visitor.everything_that_callers_do_wrong().await;

    let debug = format!("{:?} {:?}", visitor.world.server.app, visitor.world.server.app.merchants);
    let said = visitor.said();
    let mac = visitor.token.split('.').nth(2).unwrap().to_owned();
    let mut secrets = vec![SHOP.api_key.to_owned(), SHOP.app_secret.into(), SHOP.admin_key.into()];
    secrets.extend([SESSION_KEY.into(), visitor.token.clone(), mac]);
    assert!(visitor.signatures.len() > 10, "the visit was too short");
    secrets.extend(visitor.signatures);
    let directory = visitor.world.stop().await;
    let files = files_in(directory.path());

    // That we look in the right places:
    for known in ["notice refused", "request failed", "could not reconcile", "shutting down"] {
        assert!(!logs.lines_with(known).is_empty(), "no line says {known:?}");
    }
    assert!(files.windows(openid.len()).any(|part| part == openid.as_bytes()));
    assert!(said.contains("upstream_bad_sign") && said.contains("<![CDATA[FAIL]]>"));
    assert_no_internals(&visitor.replies);
    for secret in secrets {
        assert!(!logs.text().contains(&secret), "{secret} is logged");
        assert!(!said.contains(&secret), "{secret} is in a reply");
        assert!(!debug.contains(&secret), "{secret} is in Debug");
        let found = files.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!found, "{secret} is in the store");
    }
}

/// Errors say what the caller can do. What we are made of, where we stand and whom we ask is for the log.
fn assert_no_internals(replies: &[Reply]) {
    let errors: Vec<&Reply> = replies.iter().filter(|reply| reply.status >= 400).collect();
    assert!(errors.len() > 50, "{}", errors.len());
    for reply in errors.iter().filter(|reply| reply.json.is_object()) {
        let names = ["code", "message", "request_id", "field", "wechat_code", "advice"];
        let all = reply.json.as_object().unwrap();
        assert!(all.keys().all(|name| names.contains(&name.as_str())), "{}", reply.text);
    }
    for word in [
        ".rs",
        "::",
        "src/",
        "panic",
        "sled",
        "reqwest",
        "hyper",
        "tokio",
        "serde",
        "warp",
        "os error",
        "127.0.0.1",
        "localhost",
        "http://",
        "/sns/",
        "/pay/unifiedorder",
        "expected value at line",
        "<?xml",
        "<html",
    ] {
        for reply in &errors {
            assert!(!reply.text.contains(word), "{word:?} in {}", reply.text);
            assert!(!format!("{:?}", reply.headers).contains("server"), "{:?}", reply.headers);
        }
    }
}

/// The bytes of all files under a directory.
fn files_in(directory: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend(if path.is_dir() { files_in(&path) } else { std::fs::read(&path).unwrap() });
    }
    bytes
}

#[tokio::test]
async fn p01_p03_nothing_secret_or_internal_is_seen_with_hmac_sha256() {
    visit(SignType::HmacSha256).await;
}

#[tokio::test]
async fn p01_p03_nothing_secret_or_internal_is_seen_with_md5() {
    visit(SignType::Md5).await;
}

/// It is good for decrypting what the phone says of its user, and nobody here needs that.
#[tokio::test]
async fn a06_the_session_key_ends_at_the_login() {
    let openid = World::start().await.wechat.login(SHOP.appid, "alice").unwrap().openid;
    let session = json!({ "openid": openid, "session_key": SESSION_KEY });
    let login = FakeLogin::start(session.to_string()).await;
    let setup = Setup { login_url: Some(login.url.clone()), durable: true, ..Setup::default() };
    let logs = Logs::start(LevelFilter::TRACE);
    let world = World::with(setup).await;
    let no = world.create(88).await;
    let (one, other) = (json!({ "code": "one" }), json!({ "code": "two", "orderId": no }));
    let logged_in = world.phone("/v1/login", "", one).await;
    let paid = world.phone("/v1/pay", "", other).await;
    assert_eq!((logged_in.status, paid.status, login.asked()), (200, 200, 2), "{}", paid.text);
    let token = logged_in.json["token"].as_str().unwrap().to_owned();
    let said = format!("{:?}{}{:?}{}", logged_in.headers, logged_in.text, paid.headers, paid.text);
    let files = files_in(world.stop().await.path());
    let hex: String = SESSION_KEY.bytes().map(|byte| format!("{byte:02x}")).collect();
    for form in [SESSION_KEY, "session_key", &hex, "canary"] {
        assert!(!said.contains(form) && !token.contains(form), "{form} in {said}");
        assert!(!logs.text().contains(form), "{form} is logged");
        assert!(!files.windows(form.len()).any(|part| part == form.as_bytes()), "{form} is kept");
    }
    assert!(!logs.lines_with("\"request\"").is_empty());
}

/// The address of code2session carries AppSecret and code; errors of HTTP clients like to show addresses.
#[tokio::test]
async fn p01_a_login_that_fails_does_not_show_its_address() {
    let logs = Logs::start(LevelFilter::TRACE);
    // Port 1 is no test's: a freed port of our own might be taken by a neighbour meanwhile.
    for login_url in [None, Some("http://127.0.0.1:1".to_owned())] {
        let setup = Setup { wechat_timeout_ms: 300, login_url, ..Setup::default() };
        let world = World::with(setup).await;
        for kind in CALL_FAULTS {
            if matches!(kind, FaultKind::WrongSign | FaultKind::NoSign) {
                continue;
            }
            world.wechat.set_fault(Fault::new(Call::Code2Session, kind)).unwrap();
            let code = world.code("alice");
            let reply = world.phone("/v1/login", "", json!({ "code": code })).await;
            assert!(reply.status >= 502, "{}", reply.text);
            for secret in [SHOP.app_secret, &code] {
                assert!(!reply.text.contains(secret), "{}", reply.text);
                assert!(!logs.text().contains(secret), "{}", logs.text());
            }
        }
    }
    assert!(!logs.lines_with("WeChat cannot be reached").is_empty());
    assert!(!logs.lines_with("no reply in time").is_empty());
}
