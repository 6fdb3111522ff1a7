//! The commands that look after the books, through the real binary: orders, anomalies, backups, checks; and what they
//! say when the server is down, the key is wrong or the order unknown.

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use wxpay_core::SignType;
use wxpay_simulator::{Call, Fault, FaultKind, Outcome, Running};
use wxpay_tests::process::{Process, Site, http_client, output, wxpay};
use wxpay_tests::{ADMIN_KEY, API_KEY, APP_SECRET, APPID, BAKERY, Notice, SHOP};

use crate::{simulator, stderr, stdout};

/// A server, its WeChat, and the commands that talk to it.
struct Scene {
    site: Site,
    wechat: Running,
    server: Process,
}

impl Scene {
    async fn start() -> Self {
        let wechat = simulator().await;
        let site = Site::new(wechat.base_url());
        let server = site.serve().await;
        Self { site, wechat, server }
    }

    /// `wxpay` with the site's configuration.
    async fn run(&self, arguments: &[&str]) -> Output {
        run(&self.site, arguments).await
    }

    async fn json(&self, arguments: &[&str]) -> Value {
        let done = self.run(&[arguments, &["--json"]].concat()).await;
        assert_eq!(done.status.code(), Some(0), "{arguments:?}: {}", stderr(&done));
        serde_json::from_slice(&done.stdout).unwrap()
    }

    async fn post(&self, path: &str, token: &str, body: &str) -> Value {
        let request = http_client().post(format!("{}{path}", self.site.url()));
        let request = request.header("token", token).bearer_auth(ADMIN_KEY).body(body.to_owned());
        let text = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }

    async fn create(&self, body: Value) -> String {
        let reply = self.post("/v1/orders", "", &body.to_string()).await;
        reply["out_trade_no"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned()
    }

    /// An order that alice has been given the arguments for.
    async fn prepaid(&self) -> String {
        let no = self.create(json!({ "total_fee": 1990, "body": "奶茶" })).await;
        let code = self.wechat.login(APPID, "alice").unwrap().code;
        let login = self.post("/v1/login", "", &json!({ "code": code }).to_string()).await;
        let token = login["token"].as_str().unwrap();
        let paid = self.post("/v1/pay", token, &json!({ "orderId": no }).to_string()).await;
        assert_eq!(paid["code"], 0, "{paid}");
        no
    }

    async fn orphan(&self) {
        let lost = Notice::paid(&SHOP, "lost", 5).signed(SignType::HmacSha256, &SHOP);
        let reply = self.post("/v1/notify/shop/pay", "", &lost.xml()).await;
        assert!(reply.as_str().unwrap().contains("FAIL"));
    }

    async fn stop(self) -> (Site, Running) {
        self.server.terminate();
        let (status, log) = self.server.wait().await;
        assert_eq!(status.code(), Some(0), "{}", log.join("\n"));
        (self.site, self.wechat)
    }
}

async fn run(site: &Site, arguments: &[&str]) -> Output {
    let config = site.config_path();
    output(wxpay(arguments).arg("--config").arg(config)).await
}

fn assert_says(done: &Output, code: i32, words: &[&str]) {
    let (said, wrong) = (stdout(done), stderr(done));
    assert_eq!(done.status.code(), Some(code), "{said}{wrong}");
    for word in words {
        assert!(said.contains(word) || wrong.contains(word), "{word:?} in {said}{wrong}");
    }
    for secret in [API_KEY, APP_SECRET, ADMIN_KEY] {
        assert!(!said.contains(secret) && !wrong.contains(secret), "a secret in {said}{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn query_asks_wechat_and_order_and_orders_show_what_is_here() {
    let scene = Scene::start().await;
    let lose = Fault::new(Call::Notice, FaultKind::Lose).times(u32::MAX);
    scene.wechat.set_fault(lose).unwrap();
    let no = scene.prepaid().await;
    scene.wechat.pay(&no, Outcome::Pay).await.unwrap();
    assert_says(&scene.run(&["order", &no]).await, 0, &[&no, "NOTPAY", "¥19.90", "奶茶"]);
    let asked = scene.run(&["query", &no]).await;
    assert_says(&asked, 0, &[&no, "SUCCESS", "transaction_id", "paid at"]);
    let shown = scene.json(&["order", &no, "--events"]).await;
    assert_eq!(shown["trade_state"], "SUCCESS");
    assert_eq!(shown["events"].as_array().unwrap().last().unwrap()["event"], "fact");
    let shown = scene.run(&["order", &no, "--events"]).await;
    assert_says(&shown, 0, &["created", "prepay_asked", "\"source\":\"query\""]);
    for n in 0..3 {
        scene
            .create(json!({ "total_fee": 1, "body": "tea", "out_trade_no": format!("n{n}") }))
            .await;
    }
    let listed = scene.json(&["orders", "--state", "NOTPAY", "--limit", "2"]).await;
    assert_eq!(listed["orders"].as_array().unwrap().len(), 2);
    assert_says(&scene.run(&["orders"]).await, 0, &[&no, "n0", "n1", "n2", "amount"]);
    assert_says(&scene.run(&["orders", "--state", "REFUND"]).await, 0, &["No orders."]);
    assert_says(&scene.run(&["orders", "--state", "PAID"]).await, 1, &["invalid_field", "state"]);
    let config = scene.site.config_path();
    let mut chinese = wxpay(["query", no.as_str(), "--config"]);
    let chinese = output(chinese.arg(config).env("LC_ALL", "zh_CN.UTF-8")).await;
    assert_says(&chinese, 0, &["订单号", "微信支付单号", "支付时间"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn close_closes_or_says_when() {
    let scene = Scene::start().await;
    let no = scene.create(json!({ "total_fee": 1, "body": "tea" })).await;
    assert_says(&scene.run(&["close", &no]).await, 0, &["CLOSED", "The order is closed."]);
    let young = scene.prepaid().await;
    assert_says(&scene.run(&["close", &young]).await, 0, &["NOTPAY", "five minutes"]);
    let paid = scene.prepaid().await;
    scene.wechat.pay(&paid, Outcome::Pay).await.unwrap();
    assert_eq!(scene.json(&["query", &paid]).await["trade_state"], "SUCCESS");
    assert_says(&scene.run(&["close", &paid]).await, 1, &["order_paid"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anomalies_are_listed_and_settled() {
    let scene = Scene::start().await;
    assert_says(&scene.run(&["anomalies"]).await, 0, &["Nothing is odd."]);
    scene.orphan().await;
    let listed = scene.json(&["anomalies"]).await;
    let id = listed["anomalies"][0]["id"].as_str().unwrap();
    assert_says(&scene.run(&["anomalies"]).await, 0, &["orphan_notice", "lost", "¥0.05", id]);
    let nothing = scene.run(&["anomalies", "resolve", "nobody", "--note", "x"]).await;
    assert_says(&nothing, 1, &["not_found"]);
    let settled = scene.run(&["anomalies", "resolve", id, "--note", "paid back by hand"]).await;
    assert_says(&settled, 0, &["paid back by hand"]);
    assert_says(&scene.run(&["anomalies"]).await, 0, &["Nothing is odd."]);
    assert_says(&scene.run(&["anomalies", "--all"]).await, 0, &["paid back by hand"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_in_the_way_is_named() {
    let scene = Scene::start().await;
    for arguments in
        [["order", "nobody"], ["query", "nobody"], ["close", "nobody"], ["order", ".."]]
    {
        assert_says(&scene.run(&arguments).await, 1, &["not_found"]);
    }
    // The server has another key than the configuration has now.
    scene.site.write_secret("shop.admin", BAKERY.admin_key);
    for arguments in [&["query", "n"][..], &["orders"], &["anomalies"], &["export"]] {
        let done = scene.run(arguments).await;
        assert_says(&done, 77, &["unauthorized", "request_id"]);
    }
    scene.site.write_secret("shop.admin", ADMIN_KEY);
    let unknown = scene.run(&["orders", "--merchant", "bakery"]).await;
    assert_says(&unknown, 2, &["--merchant", "expected one of shop"]);
    let open = scene.run(&["orders", "--server", "http://pay.example.com"]).await;
    assert_says(&open, 2, &["--server", "https"]);
    let wechat_url = scene.wechat.base_url().to_owned();
    let not_ours = scene.run(&["orders", "--server", &wechat_url]).await;
    assert_says(&not_ours, 69, &["not wxpay"]);
    let (site, _wechat) = scene.stop().await;
    for arguments in [&["query", "n"][..], &["orders"], &["anomalies"], &["export"]] {
        let done = run(&site, arguments).await;
        assert_says(&done, 69, &["the server is not running at", &site.url(), "wxpay serve"]);
    }
    let done = output(&mut wxpay(["query", "n", "--config", "/nowhere.toml"])).await;
    assert_says(&done, 78, &["/nowhere.toml"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_the_running_server_is_a_new_server_s_beginning() {
    let scene = Scene::start().await;
    let no = scene.prepaid().await;
    scene.wechat.pay(&no, Outcome::Pay).await.unwrap();
    assert_eq!(scene.json(&["query", &no]).await["trade_state"], "SUCCESS");
    scene.orphan().await;
    let backup = scene.site.path().join("backup");
    let path = backup.to_str().unwrap();
    let done = scene.run(&["export", "-o", path]).await;
    assert_says(&done, 0, &["backed up: 1 orders"]);
    assert!(!Path::new(&format!("{path}.part")).exists());
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    let piped = scene.run(&["export"]).await;
    let body = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let lines = text.lines().filter(|l| !l.contains("wxpay_backup") && !l.contains("sha256"));
        lines.map(Into::into).collect::<Vec<String>>()
    };
    assert_eq!(body(&piped.stdout), body(&fs::read(&backup).unwrap()));
    let nowhere = scene.run(&["export", "-o", "/nowhere/backup"]).await;
    assert_says(&nowhere, 2, &["the backup cannot be written"]);
    let in_use = scene.run(&["export", "--offline"]).await;
    assert_says(&in_use, 73, &["another process", "stop the server first"]);
    let in_use = scene.run(&["check-store"]).await;
    assert_says(&in_use, 73, &["another process", "stop the server first"]);
    let before = scene.json(&["order", &no, "--events"]).await;
    let anomalies = scene.json(&["anomalies"]).await;
    let (site, wechat) = scene.stop().await;
    assert_says(&run(&site, &["check-store"]).await, 0, &["everything fits together", "orders"]);
    let offline = run(&site, &["export", "--offline"]).await;
    assert_eq!(body(&offline.stdout), body(&fs::read(&backup).unwrap()));

    let data = site.data();
    let import = |into: &Path| {
        wxpay(["import".as_ref(), backup.as_os_str(), "--into".as_ref(), into.as_os_str()])
    };
    assert_says(&output(&mut import(&data)).await, 73, &["not empty", "Nothing was made."]);
    fs::remove_dir_all(&data).unwrap();
    assert_says(&output(&mut import(&data)).await, 0, &["made", "1 orders"]);
    let server = site.serve().await;
    let scene = Scene { site, wechat, server };
    assert_eq!(scene.json(&["order", &no, "--events"]).await, before);
    assert_eq!(scene.json(&["anomalies"]).await, anomalies);
    assert_eq!(scene.json(&["query", &no]).await["trade_state"], "SUCCESS");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_directory_names_the_way_back() {
    let scene = Scene::start().await;
    scene.create(json!({ "total_fee": 1, "body": "tea" })).await;
    let (site, _wechat) = scene.stop().await;
    fs::remove_file(site.data().join("head")).unwrap();
    for arguments in [&["check-store"][..], &["export", "--offline"], &["serve"]] {
        let done = run(&site, arguments).await;
        assert_says(&done, 65, &["damaged", "wxpay import"]);
    }
    let nothing = site.path().join("nothing");
    let done = output(wxpay(["check-store", "--data"]).arg(&nothing)).await;
    assert_says(&done, 78, &["no wxpay data"]);
    assert!(!nothing.exists());
    let truncated = site.path().join("truncated");
    fs::write(&truncated, "{\"wxpay_backup\":{\"version\":1,\"at\":\"\"}}\n").unwrap();
    for (file, code, word) in [("truncated", 65, "cut off"), ("wxpay.toml", 65, "no backup")] {
        let file = site.path().join(file);
        let mut command = wxpay(["import".as_ref(), file.as_os_str()]);
        let done = output(command.arg("--into").arg(&nothing)).await;
        assert_says(&done, code, &[word, "Nothing was made."]);
        assert!(!nothing.exists());
    }
}

/// The notice of core's vectors.
#[tokio::test]
async fn decrypt_refund_says_what_a_notice_holds_or_why_not() {
    const KEY: &str = "192006250b4c09247ec02edce69f6a2d";
    const REQ_INFO: &str =
        "bDP/xixH0hFEaZusu714U7rO4wZDF5SwkOt7MIFNUaladrdy0yQefoW3LYmmUmF3r7t23yZjibKV29fZKVgeUQ==";
    let run = async |message: &str, key: &str, more: &[&str]| -> Output {
        let mut command = wxpay(["decrypt-refund"]);
        command.args(more).env("WXPAY_API_KEY", key);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        // It fails when the program has ended without reading, which its exit code tells.
        let _ = pipe.write_all(message.as_bytes()).await;
        drop(pipe);
        child.wait_with_output().await.unwrap()
    };
    let xml = format!(
        "<xml><return_code>SUCCESS</return_code><req_info><![CDATA[{REQ_INFO}]]></req_info></xml>"
    );
    let (first, rest) = REQ_INFO.split_at(44);
    let wrapped = format!("{first}\n{rest}\n");
    for message in [xml.as_str(), REQ_INFO, &wrapped, &format!("req_info={REQ_INFO}\n")] {
        assert_says(&run(message, KEY, &[]).await, 0, &["refund_status", "SUCCESS"]);
        let done = run(message, KEY, &["--json"]).await;
        let fields: Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(fields["refund_status"], "SUCCESS");
    }
    assert_says(&run(&xml, API_KEY, &[]).await, 1, &["req_info", "APIv2 key of the mch_id"]);
    for (message, word) in [
        (
            "<xml><return_code>FAIL</return_code><return_msg>no</return_msg></xml>",
            "WeChat says: no",
        ),
        ("<xml><req_info>a-b</req_info></xml>", "expected base64"),
        (first, "blocks of 16 bytes"),
        ("<xml><req_info>", "not well-formed XML"),
    ] {
        assert_says(&run(message, KEY, &[]).await, 2, &[word]);
    }
    assert_says(&run(&xml, "short", &[]).await, 2, &["key: "]);
}
