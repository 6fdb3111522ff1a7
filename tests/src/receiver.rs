//! The merchant's own system: takes webhooks, and answers as it is told to.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use wxpay_server::merchant::Webhook;
use wxpay_server::outbox::WebhookSecret;

use crate::shop::WEBHOOK_SECRET;

/// No test waits longer for a message.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a receiver answers.
#[derive(Debug, Clone)]
pub enum Answer {
    /// With this status and nothing else.
    Status(u16),
    /// With this status and one header more.
    With(u16, &'static str, String),
    /// With 200 and a body that never ends.
    Endless,
    /// Never.
    Hang,
    /// By closing the connection.
    Close,
}

/// A message as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The path it was sent to.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The bytes.
    pub body: String,
}

/// A receiver on a port of its own.
pub struct Receiver {
    port: u16,
    answers: Arc<Mutex<Answers>>,
    received: watch::Sender<Vec<Received>>,
    task: JoinHandle<()>,
}

struct Answers {
    next: VecDeque<Answer>,
    then: Answer,
}

impl Received {
    /// A header's value.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map_or_else(|| panic!("no {name} in {self:?}"), |(_, value)| value)
    }

    /// The webhook-id.
    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// The body.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Whether this secret's signature is among those it carries.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let timestamp = self.header("webhook-timestamp").parse().unwrap();
        let secret = WebhookSecret::parse(secret).unwrap();
        let right = secret.sign(self.id(), timestamp, self.body.as_bytes());
        self.header("webhook-signature").split(' ').any(|signature| signature == right)
    }
}

impl Receiver {
    /// Answers 204 until told otherwise.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers = Answers { next: VecDeque::new(), then: Answer::Status(204) };
        let answers = Arc::new(Mutex::new(answers));
        let received = watch::Sender::new(Vec::new());
        let task = tokio::spawn(accept(listener, Arc::clone(&answers), received.clone()));
        Self { port, answers, received, task }
    }

    /// From now on answers like this.
    pub fn answer(&self, answer: Answer) {
        self.answers.lock().unwrap().then = answer;
    }

    /// Answers the next messages like these, one each.
    pub fn answer_next(&self, answers: impl IntoIterator<Item = Answer>) {
        self.answers.lock().unwrap().next.extend(answers);
    }

    /// Its address under some name or number of this machine.
    pub fn url_at(&self, host: &str) -> String {
        format!("http://{host}:{}/wxpay", self.port)
    }

    /// Where it is.
    pub fn url(&self) -> String {
        self.url_at("127.0.0.1")
    }

    /// As an endpoint of a merchant.
    pub fn webhook(&self, id: &str) -> Webhook {
        Webhook {
            id: id.into(),
            url: self.url().parse().unwrap(),
            secrets: vec![WebhookSecret::parse(WEBHOOK_SECRET).unwrap()],
            allow_private: true,
        }
    }

    /// Waits until there are so many messages, and gives back all.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let mut received = self.received.subscribe();
        let waiting = received.wait_for(|received| received.len() >= count);
        let come = tokio::time::timeout(PATIENCE, waiting).await;
        come.unwrap_or_else(|_| panic!("{} of {count} messages came", self.all().len()))
            .unwrap()
            .clone()
    }

    /// The messages so far.
    pub fn all(&self) -> Vec<Received> {
        self.received.borrow().clone()
    }

    /// How many messages came so far.
    pub fn count(&self) -> usize {
        self.received.borrow().len()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(
    listener: TcpListener,
    answers: Arc<Mutex<Answers>>,
    received: watch::Sender<Vec<Received>>,
) {
    // Connections end with the listener.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, Arc::clone(&answers), received.clone()));
    }
}

async fn serve(
    mut stream: TcpStream,
    answers: Arc<Mutex<Answers>>,
    received: watch::Sender<Vec<Received>>,
) {
    let mut bytes = Vec::new();
    while let Some(message) = read(&mut stream, &mut bytes).await {
        let answer = {
            let mut answers = answers.lock().unwrap();
            answers.next.pop_front().unwrap_or_else(|| answers.then.clone())
        };
        received.send_modify(|all| all.push(message));
        let said = match answer {
            Answer::Status(status) => say(&mut stream, status, "").await,
            Answer::With(status, name, value) => {
                say(&mut stream, status, &format!("{name}: {value}\r\n")).await
            }
            Answer::Endless => return endless(&mut stream).await,
            Answer::Hang => return std::future::pending().await,
            Answer::Close => return,
        };
        if said.is_err() {
            return;
        }
    }
}

/// The next whole message; `None` when the sender has gone.
async fn read(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<Received> {
    let mut part = [0; 8192];
    loop {
        if let Some((message, length)) = parse(bytes) {
            bytes.drain(..length);
            return Some(message);
        }
        match stream.read(&mut part).await {
            Ok(n @ 1..) => bytes.extend_from_slice(&part[..n]),
            Ok(0) | Err(_) => return None,
        }
    }
}

fn parse(bytes: &[u8]) -> Option<(Received, usize)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, rest) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
    let body = rest.get(..length)?.to_owned();
    Some((Received { path, headers, body }, head.len() + 4 + length))
}

async fn say(stream: &mut TcpStream, status: u16, header: &str) -> std::io::Result<()> {
    let empty = if status == 204 { "" } else { "content-length: 0\r\n" };
    stream.write_all(format!("HTTP/1.1 {status} So\r\n{header}{empty}\r\n").as_bytes()).await
}

async fn endless(stream: &mut TcpStream) {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n";
    let mut said = stream.write_all(head.as_bytes()).await;
    while said.is_ok() {
        said = stream.write_all(&[b'x'; 4096]).await;
    }
}
