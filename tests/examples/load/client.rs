//! Connections that stay open, each for one request at a time.

use std::cell::RefCell;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Connections to one server.
pub struct Connections {
    address: SocketAddr,
    /// Those that nobody uses just now; the server closes what is idle for seconds.
    idle: RefCell<Vec<Connection>>,
}

type Connection = SendRequest<Full<Bytes>>;

impl Connections {
    pub async fn open(address: SocketAddr, count: usize) -> Self {
        let mut idle = Vec::new();
        for _ in 0..count {
            idle.push(connect(address).await);
        }
        Self { address, idle: RefCell::new(idle) }
    }

    /// Sends a request and reads the whole reply.
    pub async fn call(&self, request: Request<Full<Bytes>>) -> (StatusCode, Bytes) {
        let idle = self.idle.borrow_mut().pop().filter(|idle| !idle.is_closed());
        let mut connection = match idle {
            Some(connection) => connection,
            None => connect(self.address).await,
        };
        connection.ready().await.unwrap();
        let (head, body) = connection.send_request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        self.idle.borrow_mut().push(connection);
        (head.status, body)
    }
}

async fn connect(address: SocketAddr) -> Connection {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

pub fn post(path: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    let request =
        Request::post(path).header("host", "127.0.0.1").header("content-type", "text/xml");
    request.body(Full::new(body.into())).unwrap()
}
