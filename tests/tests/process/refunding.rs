//! `wxpay refund` against the real binary and a WeChat that asks for the certificate.

use std::process::Output;

use serde_json::{Value, json};
use wxpay_core::messages::refund::RefundStatus;
use wxpay_simulator::{Call, Fault, Outcome, Running};
use wxpay_tests::process::{Process, Site, http_client, output, wxpay};
use wxpay_tests::{ADMIN_KEY, APPID};

use crate::{simulator, stderr, stdout};

struct Scene {
    site: Site,
    wechat: Running,
    _server: Process,
}

impl Scene {
    async fn start() -> Self {
        let wechat = simulator().await;
        let site = Site::new(wechat.base_url());
        site.write_config(&site.config_with_certificate(&wechat));
        let server = site.serve().await;
        Self { site, wechat, _server: server }
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        let config = self.site.config_path();
        output(wxpay(["refund"]).args(arguments).arg("--config").arg(config)).await
    }

    async fn post(&self, path: &str, token: &str, body: Value) -> Value {
        let request = http_client().post(format!("{}{path}", self.site.url()));
        let request = request.header("token", token).bearer_auth(ADMIN_KEY).body(body.to_string());
        let text = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// An order over 19.90 yuan that alice has paid.
    async fn paid(&self) -> String {
        let order = self.post("/v1/orders", "", json!({ "total_fee": 1990, "body": "奶茶" })).await;
        let no = order["out_trade_no"].as_str().unwrap().to_owned();
        let code = self.wechat.login(APPID, "alice").unwrap().code;
        let login = self.post("/v1/login", "", json!({ "code": code })).await;
        self.post("/v1/pay", login["token"].as_str().unwrap(), json!({ "orderId": no })).await;
        self.wechat.pay(&no, Outcome::Pay).await.unwrap();
        let taken =
            self.wechat.wait_until(|world| world.order(&no).unwrap().notice_acknowledged()).await;
        taken.unwrap();
        no
    }
}

fn assert_says(done: &Output, code: i32, words: &[&str]) {
    let said = stdout(done) + &stderr(done);
    assert_eq!(done.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in:\n{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refund_pays_back_waits_and_shows() {
    let scene = Scene::start().await;
    let no = scene.paid().await;
    let first = ["--order", &no, "--amount-fen", "500", "--number", "R1", "--reason", "茶凉了"];
    let done = scene.run(&[first.as_slice(), &["--yes", "--wait"]].concat()).await;
    assert_says(&done, 0, &["R1", "¥5.00", "¥19.90", "SUCCESS", "茶凉了", "paid back"]);
    let again = scene.run(&[first.as_slice(), &["--json"]].concat()).await;
    assert_says(&again, 0, &[]);
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!((&again["refund_status"], &again["pending"]), (&json!("SUCCESS"), &json!(false)));
    assert_eq!(scene.wechat.calls(Call::Refund, Some(&no)), 1);
    assert_says(&scene.run(&["--show", "R1"]).await, 0, &["R1", "paid back", "2"]);
    // Within the minute: recorded, and sent by the server when it is over.
    let soon = scene.run(&["--order", &no, "--amount-fen", "90", "--number", "R2"]).await;
    assert_says(&soon, 0, &["R2", "recorded, not accepted yet"]);
    let much = scene.run(&["--order", &no, "--amount-fen", "1401"]).await;
    assert_says(&much, 1, &["refund_too_much", "1400"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refund_says_what_is_wrong() {
    let scene = Scene::start().await;
    let (no, other) = (scene.paid().await, scene.paid().await);
    let refused = Fault::err_code(Call::Refund, "USER_ACCOUNT_ABNORMAL").of_order(&no);
    scene.wechat.set_fault(refused).unwrap();
    let done = scene.run(&["--order", &no, "--amount-fen", "1", "--number", "R1"]).await;
    assert_says(&done, 1, &["refund_refused", "USER_ACCOUNT_ABNORMAL"]);
    assert_says(&scene.run(&["--show", "R1"]).await, 0, &["refused for good"]);
    scene.wechat.set_refund_outcome(&other, RefundStatus::Change).unwrap();
    let done = scene.run(&["--order", &other, "--amount-fen", "1", "--yes", "--wait"]).await;
    assert_says(&done, 1, &["CHANGE"]);
    for (arguments, code, word) in [
        (&["--show", "nobody"][..], 1, "not_found"),
        (&["--order", "nobody", "--amount-fen", "1"], 1, "not_found"),
        (&["--order", &no, "--amount-fen", "0"], 1, "refund_fee"),
        (&["--order", &no], 2, "--amount-fen"),
        (&["--amount-fen", "1"], 2, "--order"),
        (&[], 2, "--order"),
        (&["--order", &no, "--amount-fen", "1", "--show", "R1"], 2, "cannot be used with"),
        (&["--order", &no, "--amount-fen", "1.5"], 2, "invalid"),
        (&["--order", &no, "--amount-fen", "-1"], 2, "-1"),
    ] {
        assert_says(&scene.run(arguments).await, code, &[word]);
    }
    let config = scene.site.config_path();
    let mut chinese = wxpay(["refund", "--order", no.as_str(), "--amount-fen", "1991", "--config"]);
    let chinese = output(chinese.arg(config).env("LC_ALL", "zh_CN.UTF-8")).await;
    assert_says(&chinese, 1, &["refund_too_much: 退款金额超过可退金额"]);
}

/// Wrong certificates are named at the start; none at all is no mistake.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn u10_the_server_starts_with_the_right_certificate_or_none() {
    let wechat = simulator().await;
    let site = Site::new(wechat.base_url());
    site.write_config(&site.config_with_certificate(&wechat));
    site.write_secret("apiclient_key.pem", "nothing");
    let refused = output(&mut site.command()).await;
    assert_says(&refused, 78, &["merchants.shop.key_file: holds no PEM private key"]);
    site.write_config(&site.config(wechat.base_url()));
    let server = site.serve().await;
    let mut refund = wxpay(["refund", "--order", "nobody", "--amount-fen", "1", "--config"]);
    let said = output(refund.arg(site.config_path())).await;
    assert_says(&said, 1, &["not_found"]);
    drop(server);
}
