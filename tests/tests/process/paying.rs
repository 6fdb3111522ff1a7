//! `wxpay pay` and `wxpay reverse` against the real binary.

use std::process::Output;

use serde_json::{Value, json};
use wxpay_simulator::{Behaviour, Call, Running};
use wxpay_tests::process::{Process, Site, http_client, output, wxpay};
use wxpay_tests::{ADMIN_KEY, MCH_ID};

use crate::{simulator, stderr, stdout};

struct Scene {
    site: Site,
    wechat: Running,
    _server: Process,
}

impl Scene {
    /// A merchant with its certificate.
    async fn start() -> Self {
        let wechat = simulator().await;
        let site = Site::new(wechat.base_url());
        wechat.write_certificates(MCH_ID, site.path()).unwrap();
        let plain = format!("pay_url = \"{}\"", wechat.base_url());
        let secure = format!("pay_url = \"{}\"\nca_file = \"ca.pem\"", wechat.cashier_tls_url());
        let text = site.config(wechat.base_url()).replace(&plain, &secure);
        let files = "cert_file = \"apiclient_cert.pem\"\nkey_file = \"apiclient_key.pem\"\n";
        site.write_config(&(text + files));
        let server = site.serve().await;
        Self { site, wechat, _server: server }
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        let config = self.site.config_path();
        output(wxpay(arguments.iter().copied()).arg("--config").arg(config)).await
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = http_client().post(format!("{}{path}", self.site.url()));
        let request = request.bearer_auth(ADMIN_KEY).body(body.to_string());
        serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
    }

    async fn create(&self, trade_type: &str) -> String {
        let mut order = json!({ "total_fee": 500, "body": "tea", "trade_type": trade_type });
        match trade_type {
            "NATIVE" => order["product_id"] = json!("tea-1"),
            "MWEB" => order["scene_info"] = json!("{\"h5_info\":{\"type\":\"Wap\"}}"),
            _ => {}
        }
        let made = self.post("/v1/orders", order).await;
        made["out_trade_no"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
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
async fn pay_shows_a_qr_code_a_link_or_what_an_app_needs() {
    let scene = Scene::start().await;
    let (native, mweb, app, jsapi) = (
        scene.create("NATIVE").await,
        scene.create("MWEB").await,
        scene.create("APP").await,
        scene.create("JSAPI").await,
    );
    let done = scene.run(&["pay", "--merchant", "shop", "--order", &native]).await;
    let code_url = scene.wechat.order(&native).unwrap().code_url().unwrap().to_owned();
    assert_says(&done, 0, &["█", "▀", &code_url]);
    let ip = ["--client-ip", "203.0.113.7"];
    let link =
        [&["pay", "--order", &mweb, "--redirect-url", "https://a.example.com"], &ip[..]].concat();
    assert_says(&scene.run(&link).await, 0, &["https", "redirect_url=https%3A%2F%2Fa.example.com"]);
    let done = scene.run(&[&["pay", "--order", &app, "--json"], &ip[..]].concat()).await;
    let args: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&args["package"], &args["partnerid"]), (&json!("Sign=WXPay"), &json!(MCH_ID)));
    assert_says(&scene.run(&["pay", "--order", &mweb]).await, 1, &["client_ip"]);
    assert_says(&scene.run(&["pay", "--order", &jsapi]).await, 1, &["other_trade_type"]);
    assert_says(&scene.run(&["pay", "--order", "nobody"]).await, 1, &["not_found"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reverse_takes_a_payment_code_order_back_when_wechat_allows() {
    let scene = Scene::start().await;
    let (paid, fresh) = (scene.create("MICROPAY").await, scene.create("MICROPAY").await);
    let auth_code = scene.wechat.auth_code("alice", Behaviour::Pays);
    let path = format!("/v1/orders/{paid}/micropay");
    let charged = scene.post(&path, json!({ "auth_code": auth_code })).await;
    assert_eq!(charged["trade_state"], "SUCCESS", "{charged}");
    assert_says(&scene.run(&["close", &paid]).await, 1, &["order_paid"]);
    // Younger than fifteen seconds: WeChat will be asked later.
    assert_says(&scene.run(&["reverse", &paid]).await, 0, &[&paid, "SUCCESS", "goes on asking"]);
    assert_eq!(scene.wechat.calls(Call::Reverse, None), 0);
    assert_says(&scene.run(&["reverse", &fresh]).await, 0, &[&fresh, "CLOSED", "is reversed"]);
}
