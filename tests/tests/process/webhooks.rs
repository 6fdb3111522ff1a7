//! Webhooks as a merchant meets them: a block in the configuration, `wxpay webhooks`, and a server that ends in time.

use std::ffi::OsStr;
use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::process::Command;
use wxpay_simulator::{Outcome, Running};
use wxpay_tests::process::{Site, http_client, output, wxpay};
use wxpay_tests::{Answer, Receiver, SHOP, WEBHOOK_SECRET};

use crate::{simulator, stderr, stdout};

const NOWHERE: &str = "http://127.0.0.1:9";

fn check(site: &Site) -> Command {
    wxpay([OsStr::new("check-config"), OsStr::new("--config"), site.config_path().as_os_str()])
}

async fn webhooks(site: &Site, arguments: &[&str]) -> Output {
    let mut command = wxpay(["webhooks"]);
    command.args(arguments).arg("--config").arg(site.config_path());
    output(&mut command).await
}

#[tokio::test]
async fn check_config_shows_an_endpoint_without_its_secrets() {
    let site = Site::new(NOWHERE);
    let text = site.config_with_webhook(NOWHERE, "https://shop.example.com/hook?token=canary");
    site.write_secret("old.webhook", "whsec_b2xkLXdlYmhvb2stc2VjcmV0LW9sZC13ZWJob29r");
    site.write_config(&format!("{text}old_secret_file = \"old.webhook\"\n"));
    let fine = output(&mut check(&site)).await;
    let shown = stdout(&fine);
    assert_eq!(fine.status.code(), Some(0), "{}", stderr(&fine));
    for line in [
        "[[merchants.webhooks]]",
        "url = \"https://shop.example.com/hook?****\"",
        "allow_private = true",
        "secret = \"****(32 bytes)\"",
        "old_secret = \"****(30 bytes)\"",
        "timeout_ms = 15000",
        "max_in_flight = 8",
    ] {
        assert!(shown.contains(line), "{line} is not in:\n{shown}");
    }
    for secret in ["dGVzd", "b2xk", "canary"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test]
async fn every_mistake_in_an_endpoint_is_named() {
    const KEY: &str = "merchants.shop.webhooks.books";
    const URL: &str = "http://127.0.0.1:9/hook";
    for (from, to, expected) in [
        ("id = \"books\"", "id = \"My Books\"", "webhooks.My Books.id: expected 1 to 32 of a-z"),
        (URL, "shop.example.com", "books.url: relative URL"),
        (URL, "ftp://shop.example.com", "books.url: expected https"),
        ("allow_private = true", "", "books.url: expected https; http only with allow_private"),
        (URL, "https://169.254.169.254/", "books.url: the address is nobody's, or a cloud's"),
        (URL, "http://1.1.1.1/", "books.url: the address is not in a private network"),
        (URL, "https://me:canary@shop.example.com", "books.url: expected an address without login"),
        (URL, "https://shop.example.com/#canary", "books.url: expected an address without login"),
        ("secret_file = \"books.webhook\"\n", "", "books.secret: missing"),
        ("\"books.webhook\"", "\"none.webhook\"", "books.secret: none.webhook: No such"),
        ("secret_file", "secret_env", "books.secret: the environment variable that _env names"),
        ("allow_private = true", "allow_private = 1", "invalid type"),
        ("allow_private = true", "secret = \"x\"", "unknown field `secret`"),
        (
            "allow_private = true",
            "old_secret_file = \"shop.admin\"",
            "books.old_secret: expected whsec_",
        ),
        (
            "[[merchants]]",
            "[webhooks]\ntimeout_ms = 1\n[[merchants]]",
            "webhooks.timeout_ms: expected 100",
        ),
        (
            "[[merchants]]",
            "[webhooks]\nmax_in_flight = 0\n[[merchants]]",
            "webhooks.max_in_flight: expected 1",
        ),
    ] {
        let site = Site::new(NOWHERE);
        let text = site.config_with_webhook(NOWHERE, URL);
        // The last one: merchants have ids, too.
        let (before, behind) = text.rsplit_once(from).unwrap();
        site.write_config(&format!("{before}{to}{behind}"));
        let refused = output(&mut check(&site)).await;
        let said = stderr(&refused);
        assert_eq!(refused.status.code(), Some(78), "{to}: {said}");
        assert!(said.contains(expected), "{expected} is not in:\n{said}");
        assert!(!said.contains("canary"), "{said}");
    }
    for secret in ["", "whsec_", "dGVzdC13ZWJob29rLXNlY3JldC10ZXN0LXdlYmhvb2s=", "whsec_c2hvcnQ="] {
        let site = Site::new(NOWHERE);
        site.write_config(&site.config_with_webhook(NOWHERE, URL));
        site.write_secret("books.webhook", secret);
        let said = stderr(&output(&mut check(&site)).await);
        assert!(said.contains(&format!("{KEY}.secret: expected ")), "{said}");
        assert!(secret.is_empty() || !said.contains(&format!("{secret} ")), "{said}");
    }
    let site = Site::new(NOWHERE);
    let text = site.config_with_webhook(NOWHERE, URL);
    let block = text.split_once("[[merchants.webhooks]]").unwrap().1;
    site.write_config(&format!("{text}[[merchants.webhooks]]{block}"));
    let said = stderr(&output(&mut check(&site)).await);
    assert!(said.contains(&format!("{KEY}.id: is used twice")), "{said}");
}

/// Creates an order and has it paid.
async fn paid(site: &Site, wechat: &Running) -> String {
    let http = http_client();
    let post = async |path: &str, name: &str, value: &str, body: Value| {
        let request = http.post(format!("{}{path}", site.url())).header(name, value);
        let text = request.body(body.to_string()).send().await.unwrap().text().await.unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let bearer = format!("Bearer {}", SHOP.admin_key);
    let order = json!({ "total_fee": 88, "body": "tea" });
    let order = post("/v1/orders", "authorization", &bearer, order).await;
    let no = order["out_trade_no"].as_str().unwrap().to_owned();
    let code = wechat.login(SHOP.appid, "alice").unwrap().code;
    let login = post("/v1/login", "x-none", "", json!({ "code": code })).await;
    let token = login["token"].as_str().unwrap();
    post("/v1/pay", "token", token, json!({ "orderId": no })).await;
    wechat.pay(&no, Outcome::Pay).await.unwrap();
    no
}

#[tokio::test]
async fn the_command_lists_replays_and_tests() {
    let wechat = simulator().await;
    let receiver = Receiver::start().await;
    receiver.answer(Answer::Status(410));
    let site = Site::new(wechat.base_url());
    site.write_config(&site.config_with_webhook(wechat.base_url(), &receiver.url()));
    let server = site.serve().await;
    let no = paid(&site, &wechat).await;
    server
        .wait_for_log(|line| line["message"].as_str().is_some_and(|m| m.contains("disabled")))
        .await;
    let list = async || -> Value {
        let listed = webhooks(&site, &["list", "--json"]).await;
        serde_json::from_str(&stdout(&listed)).unwrap()
    };
    let deadline = Instant::now() + Duration::from_secs(20);
    while list().await["webhooks"][0]["dead"] != 1 {
        assert!(Instant::now() < deadline, "{}", list().await);
    }
    let listed = stdout(&webhooks(&site, &["list"]).await);
    assert!(listed.contains("books") && listed.contains("disabled"), "{listed}");
    let dead = stdout(&webhooks(&site, &["dead", "books"]).await);
    assert!(dead.contains("order.paid") && dead.contains("HTTP status 410"), "{dead}");
    let dead: Value =
        serde_json::from_str(&stdout(&webhooks(&site, &["dead", "books", "--json"]).await))
            .unwrap();
    let id = dead["letters"][0]["id"].as_str().unwrap();
    assert!(id.contains(&no), "{id}");

    let tested = webhooks(&site, &["test", "books"]).await;
    assert_eq!(
        (tested.status.code(), stdout(&tested).as_str()),
        (Some(1), "not delivered: HTTP status 410\n")
    );
    receiver.answer(Answer::Status(204));
    let tested = webhooks(&site, &["test", "books"]).await;
    assert_eq!(
        (tested.status.code(), stdout(&tested).as_str()),
        (Some(0), "delivered (HTTP status 204)\n")
    );

    let neither = webhooks(&site, &["replay", "books"]).await;
    assert_eq!(neither.status.code(), Some(2), "{}", stderr(&neither));
    let unknown = webhooks(&site, &["replay", "books", "shop:none:1"]).await;
    assert_eq!(unknown.status.code(), Some(1), "{}", stderr(&unknown));
    let before = receiver.count();
    let replayed = webhooks(&site, &["replay", "books", id]).await;
    assert_eq!(stdout(&replayed), "to be sent again: 1\n", "{}", stderr(&replayed));
    assert_eq!(receiver.wait_for(before + 1).await[before].id(), id);
    let replayed = webhooks(&site, &["replay", "books", "--all", "--json"]).await;
    assert_eq!(stdout(&replayed), "{\"replayed\":0}\n");
    assert_eq!(stdout(&webhooks(&site, &["dead", "books"]).await), "Nothing is dead.\n");
    server.terminate();
    let (status, log) = server.wait().await;
    assert_eq!(status.code(), Some(0));
    let log = log.join("\n");
    assert!(!log.contains(WEBHOOK_SECRET.trim_start_matches("whsec_")), "{log}");
    wechat.shutdown().await;
}

#[tokio::test]
async fn an_endpoint_that_hangs_keeps_no_server_from_ending() {
    let wechat = simulator().await;
    let receiver = Receiver::start().await;
    receiver.answer(Answer::Hang);
    let site = Site::new(wechat.base_url());
    let text = site.config_with_webhook(wechat.base_url(), &receiver.url());
    site.write_config(&text.replace("drain_timeout_ms = 2000", "drain_timeout_ms = 200"));
    let server = site.serve().await;
    let no = paid(&site, &wechat).await;
    let cut_off = receiver.wait_for(1).await.remove(0);
    assert!(cut_off.id().contains(&no));
    server.terminate();
    let (status, _) = server.wait().await;
    assert_eq!(status.code(), Some(0));
    receiver.answer(Answer::Status(204));
    let server = site.serve().await;
    let again = receiver.wait_for(2).await.remove(1);
    assert_eq!((again.id(), &again.body), (cut_off.id(), &cut_off.body));
    server.kill().await;
    wechat.shutdown().await;
}
