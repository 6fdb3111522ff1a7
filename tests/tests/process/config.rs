//! Mistakes in the configuration: `serve` and `check-config` refuse all of them with exit code 78, name the key, and show
//! no secret.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;
use wxpay_server::ambient::{Clock, SystemClock};
use wxpay_server::books::Day;
use wxpay_server::config::Config;
use wxpay_tests::process::{Process, SOON, Site, output, wxpay};
use wxpay_tests::{ADMIN_KEY, API_KEY, APP_SECRET, APPID, MCH_ID, WEBHOOK_SECRET};

use crate::mistakes::Change::{Line, Secret, Text, Variable};
use crate::mistakes::{MISTAKES, SECRET_KEY};
use crate::{stderr, stdout};

fn check(site: &Site) -> Command {
    wxpay([OsStr::new("check-config"), OsStr::new("--config"), site.config_path().as_os_str()])
}

fn site() -> Site {
    Site::new("http://127.0.0.1:9")
}

#[tokio::test]
async fn g01_every_mistake_is_named_and_no_secret_shown() {
    for (name, change, expected) in MISTAKES {
        let site = site();
        let mut text = site.config("http://127.0.0.1:9");
        let mut commands = [check(&site), site.command()];
        match change {
            Text(from, to) => text = replaced(&text, from, to),
            Line(section, line) => text = replaced(&text, section, &format!("{section}\n{line}")),
            Secret(file, content) => site.write_secret(file, content),
            Variable(name, value) => commands.iter_mut().for_each(|command| {
                command.env(name, value);
            }),
        }
        site.write_config(&text);
        for command in &mut commands {
            let refused = output(command).await;
            let said = stderr(&refused);
            assert_eq!(refused.status.code(), Some(78), "{name}: {said}");
            assert!(said.contains(expected), "{name}: {expected} is not in:\n{said}");
            assert!(said.contains("wxpay check-config --defaults"), "{name}: {said}");
            assert!(stdout(&refused).is_empty(), "{name}: {}", stdout(&refused));
            for secret in [API_KEY, APP_SECRET, ADMIN_KEY, SECRET_KEY] {
                assert!(!said.contains(secret), "{name}: {said}");
            }
            assert!(!said.contains("panicked"), "{name}: {said}");
        }
    }
    println!("{} mistakes", MISTAKES.len());
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in {text}");
    text.replacen(from, to, 1)
}

/// Not only the first one: who mends a file wants to mend it once.
#[tokio::test]
async fn all_problems_are_reported_at_once() {
    let site = site();
    let text = site.config("http://127.0.0.1:9");
    let text = replaced(&text, "profile = \"test\"\n", "");
    let text = replaced(&text, "appid = \"wx", "appid = \"wx ");
    site.write_config(&replaced(&text, "cache_mb = 4", "cache_mb = 0"));
    site.write_secret("shop.key", "short");
    site.write_secret("shop.admin", "short");
    let refused = output(&mut check(&site)).await;
    let said = stderr(&refused);
    for key in [
        "http.public_url: ",
        "wechat.pay_url: ",
        "wechat.login_url: ",
        "store.cache_mb: ",
        "merchants.shop.appid: ",
        "merchants.shop.api_key: ",
        "merchants.shop.admin_key: ",
    ] {
        assert!(said.contains(&format!("\n  {key}")), "{key} is not in:\n{said}");
    }
}

/// A rule that could never be kept is none.
#[tokio::test]
async fn refunds_by_rule_need_the_certificate() {
    let site = site();
    let text = site.config("http://127.0.0.1:9");
    let rule = "[orders]\nrefund_paid_after_close = true\n[[merchants]]";
    site.write_config(&replaced(&text, "[[merchants]]", rule));
    let refused = output(&mut check(&site)).await;
    assert_eq!(refused.status.code(), Some(78));
    let said = stderr(&refused);
    let expected = "orders.refund_paid_after_close: needs cert_file and key_file of merchant shop";
    assert!(said.contains(expected), "{said}");
}

/// Two merchants may not be taken for each other.
#[tokio::test]
async fn two_merchants_differ_in_id_admin_key_and_account() {
    let site = site();
    let text = site.config("http://127.0.0.1:9");
    let block = text.split_once("[[merchants]]").unwrap().1;
    site.write_config(&format!("{text}[[merchants]]{block}"));
    let said = stderr(&output(&mut check(&site)).await);
    assert!(said.contains("merchants.shop.id: is used twice"), "{said}");
    assert!(said.contains("merchants.shop.admin_key: is another merchant's, too"), "{said}");
    assert!(said.contains("merchants.shop.mch_id: is another merchant's, too"), "{said}");
}

#[tokio::test]
async fn a_missing_file_is_named() {
    let refused = output(&mut wxpay(["serve", "--config", "/nowhere/wxpay.toml"])).await;
    assert_eq!(refused.status.code(), Some(78));
    let said = stderr(&refused);
    assert!(said.contains("--config: /nowhere/wxpay.toml: No such file"), "{said}");
}

/// With https addresses of our own and WeChat's defaults, the same merchant is fine in production; sample keys are not.
#[tokio::test]
async fn g03_production_refuses_published_keys() {
    let site = site();
    let text = site.config("https://api.mch.weixin.qq.com");
    let text = replaced(&text, "profile = \"test\"\n", "");
    let text = replaced(
        &text,
        "public_url = \"http://127.0.0.1",
        "public_url = \"https://pay.example.com\"\n#",
    );
    site.write_config(&replaced(&text, "login_url", "#login_url"));
    let fine = output(&mut check(&site)).await;
    assert_eq!(fine.status.code(), Some(0), "{}", stderr(&fine));
    for published in ["192006250b4c09247ec02edce69f6a2d", "simulator0key0simulator0key00001"] {
        site.write_secret("shop.key", published);
        let said = stderr(&output(&mut check(&site)).await);
        assert!(said.contains("merchants.shop.api_key: is a published sample"), "{said}");
        assert!(!said.contains(published), "{said}");
    }
}

#[tokio::test]
async fn check_config_shows_everything_but_secrets() {
    let site = site();
    let fine = output(&mut check(&site)).await;
    let shown = stdout(&fine);
    assert_eq!(fine.status.code(), Some(0), "{}", stderr(&fine));
    assert_eq!(stderr(&fine), "", "nothing to warn of");
    let expected = [
        "profile = \"test\"".to_owned(),
        "api_key = \"****(32)\"".to_owned(),
        format!("app_secret = \"****({})\"", APP_SECRET.len()),
        format!("admin_key = \"****({})\"", ADMIN_KEY.len()),
        format!("appid = \"{APPID}\""),
        format!("mch_id = \"{MCH_ID}\""),
        format!("notify_url = \"{}/v1/notify/shop/pay\"", site.url()),
        "drain_timeout_ms = 2000".to_owned(),
        // The simulator's stand-in has no backup, and surely not WeChat's own.
        "backup_pay_url = \"\"".to_owned(),
        "report = false".to_owned(),
        "sign_type = \"HMAC-SHA256\"".to_owned(),
    ];
    for line in expected {
        assert!(shown.contains(&line), "{line} is not in:\n{shown}");
    }
    for secret in [API_KEY, APP_SECRET, ADMIN_KEY] {
        assert!(!shown.contains(secret));
    }
}

/// Beside the present key, masked like it; when its day is over, the server says so and starts all the same.
#[tokio::test]
async fn g02_a_former_key_is_shown_masked_and_missed_when_its_day_is_over() {
    let site = site();
    site.write_secret("former.key", SECRET_KEY);
    let tomorrow = Day::of_ms(SystemClock.now_ms()).back(-1);
    for (until, warning) in [
        (tomorrow.to_string(), None),
        ("2026-01-31".to_owned(), Some("merchants.shop.old_api_key_until: is over")),
    ] {
        let old = format!("old_api_key_file = \"former.key\"\nold_api_key_until = \"{until}\"\n");
        site.write_config(&(site.config("http://127.0.0.1:9") + &old));
        let fine = output(&mut check(&site)).await;
        let (shown, said) = (stdout(&fine), stderr(&fine));
        assert_eq!(fine.status.code(), Some(0), "{said}");
        assert!(shown.contains(&format!("old_api_key = \"****(32), until {until}\"")), "{shown}");
        assert_eq!(said.is_empty(), warning.is_none(), "{said}");
        assert!(said.contains(warning.unwrap_or_default()), "{said}");
        assert!(!(shown + &said).contains(SECRET_KEY));
    }
}

/// However it is printed.
#[tokio::test]
async fn p04_a_configuration_prints_no_secret() {
    let site = site();
    site.write_secret("former.key", SECRET_KEY);
    let text = site.config_with_webhook("http://127.0.0.1:9", "https://shop.example.com/hook");
    let tomorrow = Day::of_ms(SystemClock.now_ms()).back(-1);
    let old = format!("old_api_key_file = \"former.key\"\nold_api_key_until = \"{tomorrow}\"\n");
    let text = replaced(&text, "[[merchants.webhooks]]", &format!("{old}[[merchants.webhooks]]"));
    site.write_config(&text);
    let config = Config::load(&site.config_path()).unwrap();
    let printed = format!("{config:?} {config:#?}");
    assert!(printed.contains(APPID) && printed.contains("old_api_key: Some"), "{printed}");
    let hook = WEBHOOK_SECRET.strip_prefix("whsec_").unwrap();
    for secret in [API_KEY, SECRET_KEY, APP_SECRET, ADMIN_KEY, hook, "test-webhook-secret"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
    assert_eq!(printed.matches("***").count(), 2 * 5, "{printed}");
}

/// What the manual says is what an empty file gives, but for what nobody can guess.
#[tokio::test]
async fn the_printed_defaults_are_a_configuration() {
    let defaults = output(&mut wxpay(["check-config", "--defaults"])).await;
    assert_eq!(defaults.status.code(), Some(0));
    let site = site();
    site.write_config(&stdout(&defaults));
    let refused = output(&mut check(&site)).await;
    let said = stderr(&refused);
    let problems: Vec<&str> = said.lines().filter(|line| line.starts_with("  ")).collect();
    assert_eq!(problems.len(), 2, "{said}");
    assert!(problems[0].starts_with("  http.public_url: missing"), "{said}");
    assert!(problems[1].starts_with("  merchants: expected at least one"), "{said}");
}

#[tokio::test]
async fn g04_a_key_file_that_others_can_read_is_warned_of() {
    let site = site();
    let path = site.path().join("shop.key");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let warned = output(&mut check(&site)).await;
    let said = stderr(&warned);
    assert_eq!(warned.status.code(), Some(0), "{said}");
    let expected = "merchants.shop.api_key_file: shop.key can be read by other users; chmod 600 it";
    assert!(said.contains(expected), "{said}");
    let server = Process::spawn(&mut site.command());
    server
        .wait_for_log(|line| {
            line["level"] == "WARN" && line["key"] == "merchants.shop.api_key_file"
        })
        .await;
}

#[tokio::test]
async fn the_environment_lies_over_the_file() {
    let site = site();
    let mut command = check(&site);
    command.env("WXPAY__HTTP__LISTEN", "127.0.0.1:65000").env("WXPAY__STORE__CACHE_MB", "7");
    // Looks like a number, is text all the same.
    command.env("WXPAY__STORE__PATH", "2026").env("WXPAY__LOG__LEVEL", "debug");
    command.env("WXPAY__HTTP__TRUSTED_PROXIES", "[\"10.0.0.1\"]");
    let shown = output(&mut command).await;
    let text = stdout(&shown);
    for line in [
        "listen = \"127.0.0.1:65000\"",
        "cache_mb = 7",
        "/2026\"",
        "level = \"debug\"",
        "trusted_proxies = [\"10.0.0.1\"]",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}\n{}", stderr(&shown));
    }
    let server = Process::spawn(site.command().env("WXPAY__HTTP__LISTEN", "127.0.0.1:0"));
    let line = server.wait_for_log(|line| line["message"] == "listening").await;
    let address = line["address"].as_str().unwrap();
    assert!(!site.url().ends_with(address), "listens at {address}, the file's address");
}

/// Secrets can come from the environment as well; whoever asks for a variable gets it and no other.
#[tokio::test]
async fn a_key_may_come_from_the_environment() {
    let site = site();
    let text = site.config("http://127.0.0.1:9");
    site.write_config(&replaced(
        &text,
        "api_key_file = \"shop.key\"",
        "api_key_env = \"SHOP_KEY\"",
    ));
    let fine = output(check(&site).env("SHOP_KEY", API_KEY)).await;
    assert_eq!(fine.status.code(), Some(0), "{}", stderr(&fine));
    assert!(!stdout(&fine).contains(API_KEY));
}

/// What `wxpay simulate` prints can be pasted: the keys into files, the settings into wxpay.toml.
#[tokio::test]
async fn what_the_simulator_prints_is_a_configuration() {
    for with_certificates in [false, true] {
        assert_simulator_prints_a_configuration(with_certificates).await;
    }
}

async fn assert_simulator_prints_a_configuration(with_certificates: bool) {
    let site = site();
    let mut simulate = wxpay(["simulate", "--port", "0", "--tls-port", "0"]);
    if with_certificates {
        simulate.arg("--certificates").arg(site.path().join("certificates"));
    }
    let mut child = simulate.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut settings = String::new();
    while let Some(line) = timeout(SOON, lines.next_line()).await.unwrap().unwrap() {
        if let Some((secret, file)) =
            line.trim().strip_prefix("printf %s ").and_then(|rest| rest.split_once(" > "))
        {
            site.write_secret(file, secret);
        } else if line.contains(" = ") || line.trim().starts_with('[') {
            settings += &format!("{line}\n");
        } else if !settings.is_empty() {
            break;
        }
    }
    site.write_config(&settings);
    let fine = output(&mut check(&site)).await;
    assert_eq!(fine.status.code(), Some(0), "{settings}{}", stderr(&fine));
    assert!(stderr(&fine).is_empty(), "{}", stderr(&fine));
    assert!(stdout(&fine).contains("http://127.0.0.1:8080/v1/notify/shop/pay"));
    let certificate = if with_certificates { "1900000109, until" } else { "none: no refunds" };
    assert!(stdout(&fine).contains(certificate), "{}", stdout(&fine));
}

/// A person reads Chinese where the terminal does.
#[tokio::test]
async fn problems_come_in_chinese_where_the_locale_does() {
    let site = site();
    site.write_config("");
    let said = stderr(&output(check(&site).env("LANG", "zh_CN.UTF-8")).await);
    assert!(said.starts_with("配置无法使用:\n"), "{said}");
    assert!(said.contains("所有配置项的说明见"), "{said}");
}
