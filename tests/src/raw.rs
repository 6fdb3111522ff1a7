//! HTTP by hand, for requests that no client library would send.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// No test waits longer for bytes.
const PATIENCE: Duration = Duration::from_secs(20);

/// One connection.
pub struct Wire(TcpStream);

impl Wire {
    /// Connects to a server such as `http://127.0.0.1:8086`.
    pub async fn open(url: &str) -> Self {
        Self(TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap())
    }

    /// Sends bytes. A server that has closed its side already is no error: what it said can still be read.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = timeout(PATIENCE, self.0.write_all(bytes.as_ref())).await.unwrap();
    }

    /// Connects with as little room for what the server sends as the system allows.
    pub async fn narrow(url: &str) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(1).unwrap();
        let address = url.strip_prefix("http://").unwrap().parse().unwrap();
        Self(socket.connect(address).await.unwrap())
    }

    /// Says that nothing more will come; replies can still be read.
    pub async fn finish(&mut self) {
        self.0.shutdown().await.unwrap();
    }

    /// Reads until the server closes the connection; what came before a reset counts.
    pub async fn read_to_end(&mut self) -> String {
        let mut all = Vec::new();
        let mut part = [0; 4096];
        let reading = async {
            while let Ok(n @ 1..) = self.0.read(&mut part).await {
                all.extend_from_slice(&part[..n]);
            }
        };
        timeout(PATIENCE, reading).await.unwrap();
        String::from_utf8(all).unwrap()
    }

    /// Sends the same bytes again and again, with a pause behind each time, until the server closes the connection.
    /// Answers with what it said.
    pub async fn drip(&mut self, bytes: &str, pause: Duration) -> String {
        let (mut from, mut to) = self.0.split();
        let mut all = Vec::new();
        let dripping = async {
            while to.write_all(bytes.as_bytes()).await.is_ok() {
                tokio::time::sleep(pause).await;
            }
        };
        let reading = async {
            // What came before a reset counts.
            let _ = from.read_to_end(&mut all).await;
        };
        timeout(PATIENCE, async { tokio::join!(reading, dripping) }).await.unwrap();
        String::from_utf8(all).unwrap()
    }

    /// Reads one reply whose length is declared, and leaves the connection open.
    pub async fn read_reply(&mut self) -> String {
        let mut all = String::new();
        let mut part = [0; 4096];
        let reading = async {
            while !is_whole(&all) {
                let n = self.0.read(&mut part).await.unwrap();
                assert!(n > 0, "the connection ended in the middle of: {all}");
                all.push_str(std::str::from_utf8(&part[..n]).unwrap());
            }
        };
        timeout(PATIENCE, reading).await.unwrap();
        all
    }
}

fn is_whole(reply: &str) -> bool {
    let Some((head, body)) = reply.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
    });
    body.len() >= length.unwrap_or_default()
}
