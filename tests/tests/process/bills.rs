//! `wxpay bill` and `wxpay reconcile` against a running server and a simulated WeChat that was paid yesterday.

use std::fs;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value, json};
use wxpay_server::ambient::{Clock, SystemClock};
use wxpay_server::books::Day;
use wxpay_simulator::{Call, Fault, FaultKind, Outcome, Running, Simulator};
use wxpay_tests::process::{Process, Site, http_client, output, wxpay};
use wxpay_tests::{ADMIN_KEY, APPID};

use crate::{simulated, stderr, stdout};

/// A server and a WeChat whose clock is a day behind while people pay.
struct Yesterday {
    wechat: Running,
    site: Site,
    _server: Process,
    behind_ms: Arc<AtomicI64>,
    date: Day,
}

impl Yesterday {
    async fn start() -> Self {
        let now_ms = SystemClock.now_ms();
        let date = Day::of_ms(now_ms).back(1);
        // Noon of yesterday, so that no test runs over midnight there.
        let behind_ms = Arc::new(AtomicI64::new(now_ms - date.at_ms(720)));
        let mut config = simulated();
        let behind = Arc::clone(&behind_ms);
        config.now = Arc::new(move || SystemClock.now_ms() - behind.load(Ordering::SeqCst));
        config.bills_at_once = true;
        let wechat = Simulator::start(config).await.unwrap();
        let site = Site::new(wechat.base_url());
        let server = site.serve().await;
        Self { wechat, site, _server: server, behind_ms, date }
    }

    async fn post(&self, path: &str, token: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.site.url());
        let request = http_client().post(url).header("token", token).bearer_auth(ADMIN_KEY);
        let reply = request.body(body.to_string()).send().await.unwrap();
        serde_json::from_str(&reply.text().await.unwrap()).unwrap()
    }

    /// An order of yesterday that is paid; its number.
    async fn paid(&self, total_fee: u64) -> String {
        let order = json!({ "total_fee": total_fee, "body": "tea, green" });
        let order = self.post("/v1/orders", "", order).await;
        let no = order["out_trade_no"].as_str().unwrap().to_owned();
        let code = self.wechat.login(APPID, "alice").unwrap().code;
        let login = self.post("/v1/login", "", json!({ "code": code })).await;
        let token = login["token"].as_str().unwrap();
        self.post("/v1/pay", token, json!({ "orderId": no })).await;
        self.wechat.pay(&no, Outcome::Pay).await.unwrap();
        let heard =
            |world: &wxpay_simulator::World| world.order(&no).unwrap().notice_acknowledged();
        self.wechat.wait_until(heard).await.unwrap();
        no
    }

    /// WeChat's clock goes right from now on.
    fn next_day(&self) {
        self.behind_ms.store(0, Ordering::SeqCst);
    }

    async fn run(&self, command: &str, arguments: &[&str]) -> Output {
        let config = self.site.config_path();
        let date = self.date.to_string();
        let fixed = [command, "--config", config.to_str().unwrap(), "--date", &date];
        output(&mut wxpay(fixed.iter().chain(arguments))).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clean_day_and_its_bill() {
    let day = Yesterday::start().await;
    let numbers = [day.paid(350).await, day.paid(88).await];
    day.next_day();

    let out = day.run("reconcile", &[]).await;
    assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
    for words in ["¥4.38  (2)", "Bill and books agree"] {
        assert!(stdout(&out).contains(words), "{}", stdout(&out));
    }
    assert_eq!(stderr(&out), "", "no bar where nobody watches");
    let json = day.run("reconcile", &["--json"]).await;
    let json: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!((&json["summary"]["rows"], &json["differences"]), (&json!(2), &json!([])));

    let table = day.run("bill", &[]).await;
    assert_eq!(table.status.code(), Some(0), "{}", stderr(&table));
    for words in [numbers[0].as_str(), numbers[1].as_str(), "¥3.50", "SUCCESS", "WeChat's fees"] {
        assert!(stdout(&table).contains(words), "{}", stdout(&table));
    }
    let csv = stdout(&day.run("bill", &["--csv", "--gzip"]).await);
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert!(lines[0].starts_with("time,appid,mch_id,"), "{csv}");
    assert!(lines[1].contains("\"tea, green\"") && lines[1].contains(",3.50,"), "{csv}");
    assert_eq!(lines.len(), 4, "header, two rows, the end");
    let json = stdout(&day.run("bill", &["--json", "--type", "success"]).await);
    let rows: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&rows[0]["total_fee"], rows.len()), (&json!(350), 3));

    let file = day.site.path().join("bill.csv");
    let raw = day.run("bill", &["--gzip", "-o", file.to_str().unwrap()]).await;
    assert_eq!(raw.status.code(), Some(0), "{}", stderr(&raw));
    let text = fs::read_to_string(&file).unwrap();
    assert!(
        text.starts_with("\u{feff}交易时间,") && text.contains(&numbers[1]),
        "as WeChat wrote it"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn differences_are_listed_and_the_exit_code_says_so() {
    let day = Yesterday::start().await;
    let no = day.paid(350).await;
    day.next_day();
    // The server begins anew: WeChat knows an order that is not here.
    let Yesterday { wechat, site, _server: server, behind_ms, date } = day;
    server.kill().await;
    fs::remove_dir_all(site.data()).unwrap();
    let server = site.serve().await;
    let day = Yesterday { wechat, site, _server: server, behind_ms, date };

    let out = day.run("reconcile", &[]).await;
    assert_eq!(out.status.code(), Some(1), "{}", stderr(&out));
    assert!(
        stdout(&out).contains("only at WeChat") && stdout(&out).contains(&no),
        "{}",
        stdout(&out)
    );
    let csv = stdout(&day.run("reconcile", &["--csv"]).await);
    assert!(csv.contains(&format!("only_at_wechat,remains,{no},,")), "{csv}");
    assert!(csv.contains(",3.50,SUCCESS,"), "{csv}");
    let mut chinese = wxpay(["reconcile", "--config", day.site.config_path().to_str().unwrap()]);
    chinese.args(["--date", &day.date.to_string()]).env("LANG", "zh_CN.UTF-8");
    assert!(stdout(&output(&mut chinese).await).contains("仅微信有"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_has_exit_codes_of_its_own_and_leaves_no_file() {
    let day = Yesterday::start().await;
    day.paid(350).await;
    let file = day.site.path().join("bill.csv");
    let to_file = ["-o", file.to_str().unwrap()];
    for fault in [FaultKind::CutBill, FaultKind::Http500, FaultKind::SystemError] {
        day.wechat.set_fault(Fault::new(Call::DownloadBill, fault)).unwrap();
        let out = day.run("bill", &to_file).await;
        assert_eq!(out.status.code(), Some(75), "{fault}: {}", stderr(&out));
        day.wechat.set_fault(Fault::new(Call::DownloadBill, fault)).unwrap();
        let out = day.run("reconcile", &[]).await;
        assert_eq!(out.status.code(), Some(75), "{fault}: {}", stderr(&out));
    }
    let names = fs::read_dir(day.site.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!names.map(|name| name.into_string().unwrap()).any(|name| name.contains("bill")));

    let config = day.site.config_path();
    let tomorrow = day.date.back(-2).to_string();
    for command in ["reconcile"] {
        let arguments = [command, "--config", config.to_str().unwrap(), "--date", &tomorrow];
        let out = output(&mut wxpay(arguments)).await;
        assert_eq!(out.status.code(), Some(2), "{}", stderr(&out));
    }
    let none = ["bill", "--config", config.to_str().unwrap(), "--date", "2026-01-01"];
    let out = output(&mut wxpay(none)).await;
    assert_eq!(out.status.code(), Some(1), "{}", stderr(&out));
    let out = day.run("bill", &["--fundflow", "basic"]).await;
    assert_eq!(out.status.code(), Some(78), "without a certificate: {}", stderr(&out));
}
