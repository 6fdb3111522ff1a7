//! wx.login and code2session.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use support::{APPID, OTHER_APPID, SECRET, World, client};
use wxpay_core::messages::code2session;
use wxpay_simulator::Call;

async fn ask(world: &World, fields: &[(&str, &str)]) -> serde_json::Value {
    let query: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let url = format!("{}?{}", world.url(Call::Code2Session), query.join("&"));
    let reply = client::get(&url).await.unwrap();
    assert_eq!((reply.status, reply.header("content-type")), (200, "text/plain"));
    reply.json()
}

#[tokio::test]
async fn a_code_works_once() {
    let world = World::start().await;
    let login = world.alice();
    let fields = code2session::query(APPID, SECRET, &login.code);
    let reply = ask(&world, &fields).await;
    let session = code2session::read_reply(reply.to_string().as_bytes()).unwrap();
    assert_eq!(session.openid, login.openid);
    assert_eq!(session.session_key.len(), 24);
    assert_eq!(reply.get("errcode"), None);
    assert_eq!(ask(&world, &fields).await["errcode"], 40163);
    assert_eq!(world.alice().openid, login.openid, "the same user again");
    assert_ne!(world.wechat.login(APPID, "bob").unwrap().openid, login.openid);
}

#[tokio::test]
async fn a_code_lives_five_minutes_under_one_appid() {
    let world = World::start().await;
    let (young, old) = (world.alice().code, world.alice().code);
    let foreign = ask(&world, &code2session::query(OTHER_APPID, SECRET, &young)).await;
    assert_eq!(foreign["errcode"], 40029);
    world.pass_s(299);
    assert_eq!(ask(&world, &code2session::query(APPID, SECRET, &young)).await.get("errcode"), None);
    world.pass_s(1);
    assert_eq!(ask(&world, &code2session::query(APPID, SECRET, &old)).await["errcode"], 40029);
}

#[tokio::test]
async fn what_is_wrong_is_told_by_errcode() {
    let world = World::start().await;
    let code = world.alice().code;
    for (appid, secret, js_code, errcode) in [
        ("", SECRET, code.as_str(), 41002),
        (APPID, "", &code, 41004),
        (APPID, SECRET, "", 41008),
        ("wx00000000000000ff", SECRET, &code, 40013),
        (APPID, "00000000000000000000000000000000", &code, 40125),
        (APPID, SECRET, "0never", 40029),
    ] {
        let reply = ask(&world, &code2session::query(appid, secret, js_code)).await;
        assert_eq!(reply["errcode"], errcode);
        assert_eq!(reply.get("openid"), None);
    }
    assert!(world.wechat.login("wx00000000000000ff", "alice").is_err());
}

#[tokio::test]
async fn parameters_in_a_body_are_not_seen() {
    let world = World::start().await;
    let body = format!("appid={APPID}&secret={SECRET}&js_code={}", world.alice().code);
    let form = "application/x-www-form-urlencoded";
    let reply = client::post(&world.url(Call::Code2Session), form, body).await.unwrap();
    assert_eq!(reply.json()["errcode"], 41002);
}

#[tokio::test]
async fn the_log_shows_no_secret() {
    let world = World::start().await;
    let fields = code2session::query(APPID, SECRET, "c");
    ask(&world, &fields).await;
    let reply = ask(&world, &code2session::query(APPID, SECRET, &world.alice().code)).await;
    let session_key = reply["session_key"].as_str().unwrap();
    let log = serde_json::to_string(&world.wechat.messages(0)).unwrap();
    assert!(log.contains("secret=***"));
    assert!(!log.contains(SECRET) && !log.contains(session_key));
}
