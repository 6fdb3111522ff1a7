//! Strangers write to the log in everything they send. They get no line of their own, no long one, and no say over the
//! terminal of whoever reads it.

use reqwest::Method;
use serde_json::{Value, json};
use wxpay_tests::{Logs, Notice, SHOP, Wire};

use crate::scene::{HMAC, Scene};

/// All of our own lines, not what the parts below us add at trace level.
fn own_lines(logs: &Logs) -> Vec<String> {
    let lines = logs.lines_with("\"target\":\"wxpay_server");
    assert!(!lines.is_empty(), "{}", logs.text());
    lines
}

fn assert_plain(logs: &Logs, what: &str) {
    for line in logs.text().lines() {
        let json: Value =
            serde_json::from_str(line).unwrap_or_else(|e| panic!("{what}: {e}: {line}"));
        assert!(json["message"].is_string(), "{line}");
    }
    for line in own_lines(logs) {
        assert!(line.len() < 1_024, "{what}: {} bytes: {line}", line.len());
        let odd = |c: &char| c.is_control() || ('\u{200b}'..='\u{206f}').contains(c);
        assert_eq!(line.chars().find(odd), None, "{what}: {line:?}");
        assert!(!line.contains("\"message\":\"forged\""), "{what}: {line}");
    }
}

fn nasty() -> [String; 7] {
    [
        "a\nforged".into(),
        "a\r\n{\"level\":\"INFO\",\"message\":\"forged\"}".into(),
        "\",\"message\":\"forged\"".into(),
        "\u{1b}[2J\u{1b}]0;x\u{7}\u{8}".into(),
        "\u{9b}31m\u{85}".into(),
        "\u{2028}\u{202e}gnp.exe".into(),
        "x".repeat(10_000),
    ]
}

#[tokio::test]
async fn p02_nobody_writes_into_the_log_by_notices() {
    let scene = Scene::start().await;
    let genuine = scene.notice().signed(HMAC, &SHOP);
    for text in nasty() {
        let raw = |body: String| body.replace("PLACE", &text);
        let unknown = Notice::paid(&SHOP, "PLACE", 1).with("sign", &"0".repeat(64)).xml();
        for body in [
            raw(genuine.xml_with("<attach>PLACE</attach>")),
            raw(genuine.xml_with("<attach><![CDATA[PLACE]]></attach>")),
            raw(genuine.xml_with("<PLACE>1</PLACE>")),
            raw(unknown),
            raw(genuine.xml().replace("SUCCESS", "PLACE")),
            raw(genuine.clone().with("sign", "PLACE").xml()),
            raw(genuine.clone().with("appid", "PLACE").xml()),
            raw("<PLACE></PLACE>".into()),
            raw("<xml><a>&PLACE;</a></xml>".into()),
            raw("PLACE".into()),
        ] {
            scene.logs.clear();
            let reply = scene.world.notify(body.clone()).await;
            assert!(reply.status >= 400, "{} {body:?}", reply.status);
            assert_plain(&scene.logs, &body);
            assert_eq!(scene.logs.lines_with("notice refused").len(), 1, "{body:?}");
        }
    }
    scene.logs.clear();
    let large = genuine.xml_with(&format!("<attach>{}</attach>", "x\n".repeat(512 * 1024)));
    assert_eq!(scene.world.notify(large).await.status, 413);
    assert_plain(&scene.logs, "1 MB");
    assert_eq!(scene.world.order(&scene.no).await, scene.before.0);
}

#[tokio::test]
async fn p02_nobody_writes_into_the_log_by_requests() {
    let scene = Scene::start().await;
    let token = scene.world.log_in("alice").await;
    for text in nasty() {
        scene.logs.clear();
        for (path, body) in [
            ("/v1/login", json!({ "code": text, "nickname": text, "photo": text })),
            ("/v1/login", json!({ "code": "x", "merchant": text })),
            ("/v1/pay", json!({ "orderId": text })),
            ("/v1/query", json!({ "orderId": text })),
        ] {
            scene.world.phone(path, &token, body).await;
        }
        for body in [
            json!({ "total_fee": text, "body": text, "out_trade_no": text }),
            json!({ "total_fee": 1, "body": text, "attach": text }),
            json!({ (text.as_str()): 1 }),
        ] {
            scene.world.backend(Method::POST, "/v1/orders", body).await;
        }
        let encoded: String = text.bytes().take(4_000).map(|byte| format!("%{byte:02X}")).collect();
        for path in ["/v1/notify/PLACE/pay", "/v1/orders/PLACE", "/v1/PLACE", "/v1/days/PLACE"] {
            let path = path.replace("PLACE", &encoded);
            scene.world.backend(Method::GET, &path, json!(null)).await;
            scene.world.backend(Method::POST, &path, json!({})).await;
        }
        // As it is, where a client library would not send it.
        let mut wire = Wire::open(&scene.world.server.url).await;
        let raw = text.replace(['\r', '\n', ' '], "");
        let request = format!("POST /v1/notify/{raw}/pay HTTP/1.1\r\nhost: x\r\ntoken: {raw}\r\n");
        wire.send(format!("{request}connection: close\r\ncontent-length: 0\r\n\r\n")).await;
        wire.read_to_end().await;
        assert_plain(&scene.logs, &text);
    }
}
