//! Planted secrets and a real binary that logs all it can, dependencies and all, through everything that goes wrong:
//! none of them comes out again, neither in the log nor in a reply, a message, a command's words, a backup or the store.

mod visit;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::json;
use wxpay_server::ambient::{Clock, SystemClock};
use wxpay_server::books::Day;
use wxpay_simulator::Running;
use wxpay_tests::process::{Process, Site, output, wxpay};
use wxpay_tests::{ADMIN_KEY, API_KEY, APP_SECRET, APPID, Answer, FakeLogin, MCH_ID, Receiver};

use self::visit::Visit;
use crate::{simulator, stderr, stdout};

const OLD_KEY: &str = "canary0old0key0canary0old0key0ab";
const OLD_WEBHOOK: &str = "whsec_Y2FuYXJ5LW9sZC13ZWJob29rLWNhbmFyeS1vbGQ=";
const SESSION_KEY: &str = "canary+session+key+22A==";
const IN_URL: &str = "canary-in-the-webhook-url";

/// What must not be seen, and what it is.
pub(crate) type Canaries = BTreeMap<String, &'static str>;

struct Scene {
    site: Site,
    wechat: Running,
    books: Receiver,
    canaries: Canaries,
}

impl Scene {
    async fn start() -> Self {
        let (wechat, books) = (simulator().await, Receiver::start().await);
        let site = Site::new(wechat.base_url());
        wechat.write_certificates(MCH_ID, site.path()).unwrap();
        site.write_secret("former.key", OLD_KEY);
        site.write_secret("former.webhook", OLD_WEBHOOK);
        let url = format!("{}?token={IN_URL}", books.url());
        let text = site.config_with_webhook(wechat.base_url(), &url);
        let plain = format!("pay_url = \"{}\"", wechat.base_url());
        let secure = format!("pay_url = \"{}\"\nca_file = \"ca.pem\"", wechat.cashier_tls_url());
        let tomorrow = Day::of_ms(SystemClock.now_ms()).back(-1);
        let more = format!(
            "cert_file = \"apiclient_cert.pem\"\nkey_file = \"apiclient_key.pem\"\n\
             old_api_key_file = \"former.key\"\nold_api_key_until = \"{tomorrow}\"\n\
             [[merchants.webhooks]]"
        );
        let text = text.replace(&plain, &secure).replace("[[merchants.webhooks]]", &more);
        let quick =
            "[webhooks]\ntimeout_ms = 300\n[wechat]\ntotal_timeout_ms = 300\nreport = true\n";
        let text = text.replace("[wechat]\n", quick);
        site.write_config(&(text + "old_secret_file = \"former.webhook\"\n"));
        let mut canaries = Canaries::new();
        for (secret, what) in [
            (API_KEY, "the API key"),
            (OLD_KEY, "the former API key"),
            (APP_SECRET, "AppSecret"),
            (ADMIN_KEY, "the admin key"),
            (SESSION_KEY, "the session_key"),
            (IN_URL, "a secret in a webhook's address"),
        ] {
            canaries.insert(secret.into(), what);
        }
        for secret in [wxpay_tests::WEBHOOK_SECRET, OLD_WEBHOOK] {
            canaries.insert(secret.strip_prefix("whsec_").unwrap().into(), "a webhook's secret");
        }
        for secret in ["test-webhook-secret", "canary-old-webhook"] {
            canaries.insert(secret.into(), "a webhook's secret, decoded");
        }
        let key = fs::read_to_string(site.path().join("apiclient_key.pem")).unwrap();
        for line in key.lines().filter(|line| !line.starts_with("---")) {
            canaries.insert(line.into(), "the merchant certificate's key");
        }
        Self { site, wechat, books, canaries }
    }

    /// The real server, with everything in its log that tracing, `log` and a backtrace can put there.
    async fn serve(&self, login_url: &str) -> Process {
        let mut command = self.site.command();
        command.env("WXPAY__LOG__LEVEL", "trace").env("RUST_LOG", "trace");
        command.env("RUST_BACKTRACE", "full").env("WXPAY__WECHAT__LOGIN_URL", login_url);
        self.site.serve_by(&mut command).await
    }

    /// What a command says and how it ended.
    async fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = wxpay(arguments);
        command.arg("--config").arg(self.site.config_path());
        command.env("RUST_BACKTRACE", "full").env("RUST_LOG", "trace");
        let done = output(&mut command).await;
        (done.status.code(), stdout(&done) + &stderr(&done))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p01_no_planted_secret_comes_out_of_the_real_server() {
    let mut scene = Scene::start().await;
    scene.books.answer_next([Answer::Close, Answer::Status(500), Answer::Hang]);
    let openid = scene.wechat.login(APPID, "alice").unwrap().openid;
    let session = json!({ "openid": openid, "session_key": SESSION_KEY, "unionid": "u" });
    let session = FakeLogin::start(session.to_string()).await;

    // What goes wrong at the login needs WeChat's own; what follows, a session_key that we know.
    let server = scene.serve(scene.wechat.base_url()).await;
    let mut visit = Visit::new(&scene.site, &scene.wechat);
    visit.every_wrong_login().await;
    let mut log = ended(server).await;
    let server = scene.serve(&session.url).await;
    visit.log_in().await;
    visit.every_fault_of_every_call().await;
    visit.every_bad_notice().await;
    visit.secrets_in_wrong_places().await;
    scene.books.wait_for(4).await;
    let mut said = visit.said();
    scene.canaries.extend(visit.canaries());
    for arguments in commands(&visit.paid) {
        said += &format!("{:?}\n", scene.run(&arguments).await);
    }
    let settle = ["anomalies", "resolve", &visit.transaction_id, "--note", "seen"];
    assert_eq!(scene.run(&settle).await.0, Some(0));
    let backup = scene.site.path().join("backup.ndjson");
    let export = scene.run(&["export", "-o", backup.to_str().unwrap()]).await;
    assert_eq!(export.0, Some(0), "{}", export.1);
    scene.site.write_secret("shop.admin", &ADMIN_KEY.replace('0', "1"));
    for arguments in commands(&visit.paid) {
        let (code, words) = scene.run(&arguments).await;
        assert_ne!(code, Some(0), "{arguments:?} with a wrong key: {words}");
        said += &words;
    }
    log += &ended(server).await;
    scene.site.write_secret("shop.admin", ADMIN_KEY);
    for arguments in
        [&["check-store"][..], &["export", "--offline"], &["orders"], &["check-config"]]
    {
        said += &scene.run(arguments).await.1;
    }
    let store = files_in(&scene.site.data());
    said += &words_about_damage(&scene).await;
    let told: String = scene.books.all().iter().map(|message| message.body.clone()).collect();

    // That we look in the right places:
    for words in ["request failed", "notice refused", "webhook not taken", "hyper", "no such order"]
    {
        assert!(log.contains(words), "no line says {words:?}");
    }
    assert!(scene.canaries.len() > 60, "{} canaries", scene.canaries.len());
    let backup = fs::read_to_string(backup).unwrap();
    for (words, text) in [
        ("unauthorized", &said),
        ("admin key", &said),
        ("damaged", &said),
        (visit.transaction_id.as_str(), &told),
        (visit.transaction_id.as_str(), &backup),
    ] {
        assert!(text.contains(words), "{words:?} is not where it should be");
    }
    assert!(store.contains(&openid) && store.contains(&visit.transaction_id));
    for (secret, what) in &scene.canaries {
        for (place, text) in [
            ("the log", &log),
            ("what it says", &said),
            ("webhooks", &told),
            ("the store", &store),
            ("the backup", &backup),
        ] {
            let line = text.lines().find(|line| line.contains(secret.as_str()));
            assert!(line.is_none(), "{what} ({secret}) is in {place}: {line:?}");
        }
    }
    // Not secret, but nobody's business: who paid, and WeChat's number of the payment.
    for private in [&openid, &visit.transaction_id] {
        let line = log.lines().find(|line| line.contains(private.as_str()));
        assert!(line.is_none(), "{private} is logged: {line:?}");
    }
}

/// Commands that show much, or fail late.
fn commands(no: &str) -> Vec<Vec<&str>> {
    let refund = ["refund", "--order", no, "--amount-fen", "1", "--number", "late", "--yes"];
    [
        &["order", no, "--events"][..],
        &["orders"],
        &["query", no],
        &["close", no],
        &["reverse", no],
        &["anomalies", "--all"],
        &refund,
        &["refund", "--show", "R0"],
        &["webhooks", "list"],
        &["webhooks", "dead", "books"],
        &["webhooks", "test", "books"],
        &["reconcile", "--date", "2026-01-01"],
    ]
    .map(<[&str]>::to_vec)
    .into()
}

/// A store that cannot be read makes libraries print what they have read.
async fn words_about_damage(scene: &Scene) -> String {
    let orders = scene.site.data().join("orders");
    let files = fs::read_dir(orders).unwrap().map(|entry| entry.unwrap().path());
    let database =
        files.filter(|path| path.is_file()).max_by_key(|path| path.metadata().unwrap().len());
    let database = database.unwrap();
    let mut bytes = fs::read(&database).unwrap();
    let middle = bytes.len() / 4;
    bytes[middle..3 * middle].iter_mut().for_each(|byte| *byte ^= 0x55);
    fs::write(&database, bytes).unwrap();
    let (code, words) = scene.run(&["check-store"]).await;
    assert_ne!(code, Some(0), "{words}");
    let mut serve = scene.site.command();
    let serve = output(serve.env("WXPAY__LOG__LEVEL", "trace").env("RUST_BACKTRACE", "full")).await;
    assert_ne!(serve.status.code(), Some(0));
    words + &stderr(&serve)
}

async fn ended(server: Process) -> String {
    server.terminate();
    let (status, log) = server.wait().await;
    assert_eq!(status.code(), Some(0), "{}", log.join("\n"));
    log.join("\n")
}

/// All files under a directory, as far as they are text; what we look for is ASCII.
fn files_in(directory: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        text += &if path.is_dir() {
            files_in(&path)
        } else {
            String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned()
        };
    }
    text
}
