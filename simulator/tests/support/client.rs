//! A small HTTP client over one connection, so that a test sees resets and short bodies as they are.

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub async fn get(url: &str) -> Result<Reply, hyper::Error> {
    send("GET", url, "", Vec::new()).await
}

pub async fn post(url: &str, kind: &str, body: impl Into<Vec<u8>>) -> Result<Reply, hyper::Error> {
    send("POST", url, kind, body.into()).await
}

pub async fn send(
    method: &str,
    url: &str,
    content_type: &str,
    body: Vec<u8>,
) -> Result<Reply, hyper::Error> {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let stream = TcpStream::connect(host).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(format!("/{path}"))
        .header("host", host)
        .header("content-type", content_type)
        .body(Full::new(Bytes::from(body)))
        .unwrap();
    let exchange = async {
        let response = sender.send_request(request).await?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Reply { status: parts.status.as_u16(), headers: parts.headers, body })
    };
    let deadline = Duration::from_secs(20);
    let reply = tokio::time::timeout(deadline, exchange).await.expect("a reply within 20 s");
    connection.abort();
    reply
}
