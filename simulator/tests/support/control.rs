//! The control API as a page calls it.

use serde_json::Value;

use super::{World, client};

pub async fn post(world: &World, path: &str, body: Value) -> Value {
    let (status, value) = ask(world, "POST", path, body).await;
    assert_eq!(status, 200, "{value}");
    value
}

pub async fn get(world: &World, path: &str) -> Value {
    let (status, value) = ask(world, "GET", path, Value::Null).await;
    assert_eq!(status, 200, "{value}");
    value
}

pub async fn ask(world: &World, method: &str, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}{path}", world.wechat.base_url());
    let reply = client::send(method, &url, "application/json", body.to_string().into_bytes()).await;
    let reply = reply.unwrap();
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    (reply.status, reply.json())
}
