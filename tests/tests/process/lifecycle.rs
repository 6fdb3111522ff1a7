//! Start, drain, exit codes, log.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use reqwest::Client;
use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::timeout;
use wxpay_server::store::{SledStore, Store};
use wxpay_simulator::{Call, Fault, FaultKind};
use wxpay_tests::process::{Process, SOON, Site, binary, http_client, output, wxpay};
use wxpay_tests::store_contract::{created, key};
use wxpay_tests::{ADMIN_KEY, API_KEY, APP_SECRET, APPID};

use crate::{simulator, stderr};

/// What `drain_timeout_ms` is in these tests, and what the rest of an end may take.
const DRAIN: Duration = Duration::from_millis(2_000);
const REST: Duration = Duration::from_secs(3);

/// A client that creates orders until nobody answers; every number it was told.
async fn create_orders(url: String, http: Client) -> Vec<String> {
    let mut created = Vec::new();
    loop {
        let body = json!({ "total_fee": 1, "body": "tea" }).to_string();
        let request = http.post(format!("{url}/v1/orders")).bearer_auth(ADMIN_KEY).body(body);
        let Ok(reply) = request.send().await else { return created };
        let status = reply.status().as_u16();
        let Ok(text) = reply.text().await else { return created };
        // 503: it came while the store was closing, and was refused.
        assert!(matches!(status, 201 | 503), "{status} {text}");
        if status == 201 {
            let json: Value = serde_json::from_str(&text).unwrap();
            created.push(json["out_trade_no"].as_str().unwrap().to_owned());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c07_sigterm_under_load_drains_and_exits_0() {
    let wechat = simulator().await;
    let site = Site::new(wechat.base_url());
    let server = site.serve().await;
    let mut clients = JoinSet::new();
    for _ in 0..16 {
        clients.spawn(create_orders(site.url(), http_client()));
    }
    let requests = |log: &[String]| log.iter().filter(|line| line.contains("/v1/orders")).count();
    server.wait_until(|log| requests(log) > 100).await;
    server.terminate();
    let asked = Instant::now();
    let (status, log) = server.wait().await;
    assert_eq!(status.code(), Some(0), "{}", log.join("\n"));
    assert!(asked.elapsed() < DRAIN + REST, "took {:?}", asked.elapsed());
    let created: Vec<String> = clients.join_all().await.into_iter().flatten().collect();
    assert!(created.len() > 100);
    let store = SledStore::open(&site.data(), 4 << 20).unwrap();
    for no in &created {
        assert!(store.order(&key("shop", no)).await.unwrap().is_some(), "{no} was acknowledged");
    }
}

/// WeChat does not answer, the sweep is in the middle of asking: the process ends all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hanging_wechat_does_not_delay_the_end() {
    let wechat = simulator().await;
    let site = Site::new(wechat.base_url());
    let text = site.config(wechat.base_url());
    site.write_config(&text.replace("[wechat]\n", "[wechat]\ntotal_timeout_ms = 60000\n"));
    let server = site.serve().await;
    wechat.set_fault(Fault::new(Call::OrderQuery, FaultKind::Hang).times(1_000)).unwrap();
    let http = http_client();
    let post = async |path: &str, token: &str, body: Value| -> Value {
        let request = http.post(format!("{}{path}", site.url())).header("token", token);
        let reply = request.bearer_auth(ADMIN_KEY).body(body.to_string()).send().await.unwrap();
        serde_json::from_str(&reply.text().await.unwrap()).unwrap()
    };
    let code = wechat.login(APPID, "alice").unwrap().code;
    let login = post("/v1/login", "", json!({ "code": code })).await;
    let token = login["token"].as_str().unwrap();
    for _ in 0..20 {
        let order = post("/v1/orders", "", json!({ "total_fee": 1, "body": "tea" })).await;
        let paid = post("/v1/pay", token, json!({ "orderId": order["out_trade_no"] })).await;
        assert_eq!(paid["code"], 0, "{paid}");
    }
    // The sweep asks five seconds after the phone was ready to pay.
    timeout(SOON, wechat.wait_until(|world| world.calls(Call::OrderQuery, None) >= 8))
        .await
        .unwrap()
        .unwrap();
    server.terminate();
    let asked = Instant::now();
    let (status, log) = server.wait().await;
    assert_eq!(status.code(), Some(0), "{}", log.join("\n"));
    assert!(asked.elapsed() < DRAIN + DRAIN + REST, "took {:?}", asked.elapsed());
}

#[tokio::test]
async fn c04_a_second_server_on_the_same_data_exits_73() {
    let wechat = simulator().await;
    let site = Site::new(wechat.base_url());
    let first = site.serve().await;
    let started = Instant::now();
    let second = output(site.command().env("WXPAY__HTTP__LISTEN", "127.0.0.1:0")).await;
    assert!(started.elapsed() < REST, "took {:?}", started.elapsed());
    let said = stderr(&second);
    assert_eq!(second.status.code(), Some(73), "{said}");
    let clear = "wxpay: another process uses this data directory (";
    let named = |line: &str| line.starts_with(clear) && line.ends_with("data)");
    assert!(said.lines().any(named), "{said}");
    let healthy = http_client().get(format!("{}/readyz", site.url())).send().await.unwrap();
    assert_eq!(healthy.status().as_u16(), 200, "the first server is unharmed");
    drop(first);
}

#[tokio::test]
async fn a_taken_port_exits_69() {
    let site = Site::new("http://127.0.0.1:1");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let refused = output(site.command().env("WXPAY__HTTP__LISTEN", &address)).await;
    let said = stderr(&refused);
    assert_eq!(refused.status.code(), Some(69), "{said}");
    assert!(said.contains(&format!("wxpay: cannot listen on {address}")), "{said}");
    drop(listener);
}

#[tokio::test]
async fn c05_a_data_path_that_cannot_be_used_exits_78() {
    let site = Site::new("http://127.0.0.1:1");
    fs::write(site.path().join("file"), "no directory").unwrap();
    for path in ["file", "file/below", "/proc/wxpay-data"] {
        let refused = output(site.command().env("WXPAY__STORE__PATH", path)).await;
        let said = stderr(&refused);
        assert_eq!(refused.status.code(), Some(78), "{path}: {said}");
        assert!(said.contains("wxpay: the data directory cannot be used"), "{path}: {said}");
    }
}

/// Damage is data's fault (65), a newer format the installation's (78); both say what to do.
#[tokio::test]
async fn c08_data_that_cannot_be_trusted_is_not_served() {
    let site = Site::new("http://127.0.0.1:1");
    let store = SledStore::open(&site.data(), 4 << 20).unwrap();
    created(&store, "one").await;
    store.close().await;
    drop(store);
    let head = fs::read(site.data().join("head")).unwrap();
    fs::remove_file(site.data().join("head")).unwrap();
    let refused = output(&mut site.command()).await;
    assert_eq!(refused.status.code(), Some(65), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("wxpay import BACKUP --into"));
    fs::write(site.data().join("head"), head).unwrap();
    let db = sled::open(site.data().join("orders")).unwrap();
    db.insert("m/format", &9_u64.to_be_bytes()).unwrap();
    drop(db);
    let refused = output(&mut site.command()).await;
    assert_eq!(refused.status.code(), Some(78), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("newer version (format 9)"), "{}", stderr(&refused));
}

/// A row is gone, everything newer is there: refused, until what is left is asked for by name.
#[tokio::test]
async fn a_row_that_is_missing_is_not_served_and_the_rest_can_be_salvaged() {
    let site = Site::new("http://127.0.0.1:1");
    let store = SledStore::open(&site.data(), 4 << 20).unwrap();
    for no in ["one", "two"] {
        created(&store, no).await;
    }
    store.close().await;
    drop(store);
    let db = sled::open(site.data().join("orders")).unwrap();
    db.remove("o/shop/one").unwrap().unwrap();
    drop(db);
    let refused = output(&mut site.command()).await;
    assert_eq!(refused.status.code(), Some(65), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("rows were acknowledged"), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("wxpay import BACKUP --into"), "{}", stderr(&refused));
    let run = async |arguments: &[&str]| {
        let mut command = wxpay(arguments);
        output(command.current_dir(site.path())).await
    };
    let refused = run(&["export", "--offline", "-o", "backup"]).await;
    assert_eq!(refused.status.code(), Some(65), "{}", stderr(&refused));
    let saved = run(&["export", "--offline", "--salvage", "-o", "backup"]).await;
    assert_eq!(saved.status.code(), Some(0), "{}", stderr(&saved));
    let made = run(&["import", "backup", "--into", "again"]).await;
    assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
    let store = SledStore::open(&site.path().join("again"), 4 << 20).unwrap();
    for no in ["one", "two"] {
        assert!(
            store.order(&key("shop", no)).await.unwrap().is_some(),
            "{no}: its events are there"
        );
    }
}

/// A missing directory is made, with its parents.
#[tokio::test]
async fn c05_a_missing_data_directory_is_made() {
    let site = Site::new("http://127.0.0.1:1");
    let server = Process::spawn(site.command().env("WXPAY__STORE__PATH", "not/yet/there"));
    server.wait_for_log(|line| line["message"] == "listening").await;
    assert!(site.path().join("not/yet/there/orders").is_dir());
    server.terminate();
    assert_eq!(server.wait().await.0.code(), Some(0));
}

/// One JSON object a line, with the request's id, and nothing secret at any level.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_json_line_by_line_without_secrets() {
    let wechat = simulator().await;
    let site = Site::new(wechat.base_url());
    let server = Process::spawn(site.command().env("WXPAY__LOG__LEVEL", "trace"));
    server.wait_for_log(|line| line["message"] == "listening").await;
    let http = http_client();
    let login = wechat.login(APPID, "alice").unwrap();
    let send = async |path: &str, token: &str, body: Value| {
        let request = http.post(format!("{}{path}", site.url())).header("token", token);
        let request = request.bearer_auth(ADMIN_KEY).body(body.to_string());
        let reply = request.send().await.unwrap();
        let id = reply.headers()["x-request-id"].to_str().unwrap().to_owned();
        (id, serde_json::from_str::<Value>(&reply.text().await.unwrap()).unwrap())
    };
    let (_, reply) = send("/v1/login", "", json!({ "code": login.code })).await;
    let token = reply["token"].as_str().unwrap().to_owned();
    let (_, order) = send("/v1/orders", "", json!({ "total_fee": 1, "body": "tea" })).await;
    let no = &order["out_trade_no"];
    let (_, paid) = send("/v1/pay", &token, json!({ "orderId": no })).await;
    let (id, _) = send("/v1/pay", "forged", json!({ "orderId": "x\ny" })).await;
    server.wait_for_log(|line| line["request_id"] == id.as_str()).await;
    server.terminate();
    let (status, log) = server.wait().await;
    assert_eq!(status.code(), Some(0));
    for line in &log {
        let parsed: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        for field in ["timestamp", "level", "message"] {
            assert!(parsed[field].is_string(), "{field} in {line}");
        }
        let secrets = [API_KEY, APP_SECRET, ADMIN_KEY, &token, &login.code, "session_key"];
        let pay_sign = paid["paySign"].as_str().unwrap();
        for secret in secrets.into_iter().chain([pay_sign]) {
            assert!(!line.contains(secret), "{secret} in {line}");
        }
    }
}

/// The memory of a server holds keys: when it crashes, no image of it is left, even where the system would take one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p04_a_crash_leaves_no_core_dump() {
    let site = Site::new("http://127.0.0.1:1");
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -c unlimited; exec \"$0\" \"$@\""]).arg(binary());
    command.args(["serve", "--config"]).arg(site.config_path());
    command.current_dir(site.path()).env("LANG", "C.UTF-8").stdin(Stdio::null());
    let server = site.serve_by(command.kill_on_drop(true)).await;
    let process = format!("/proc/{}", server.pid().as_raw_nonzero());
    let limits = fs::read_to_string(format!("{process}/limits")).unwrap();
    let limit = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let bytes: Vec<&str> = limit.split_whitespace().skip(4).take(2).collect();
    assert_eq!(bytes, ["0", "0"], "{limit}");
    kill_process(server.pid(), Signal::ABORT).unwrap();
    let (status, _) = server.wait().await;
    assert_eq!(status.signal(), Some(Signal::ABORT.as_raw()));
    assert!(!status.core_dumped(), "{status:?}");
}
