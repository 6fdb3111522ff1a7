//! A merchant's notify_url: takes notices, keeps them, and answers as the test says.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;
use wxpay_core::messages::pay_notice;
use wxpay_core::{Params, xml};

/// What the shop answers.
#[derive(Clone)]
pub enum Answer {
    Success,
    Fail,
    Raw(u16, &'static str),
    /// SUCCESS, once so many notices have come.
    Together(usize),
    /// Never.
    Silence,
}

type Received = Arc<watch::Sender<Vec<Params>>>;

pub struct Shop {
    pub notify_url: String,
    received: Received,
    server: tokio::task::JoinHandle<()>,
}

impl Shop {
    /// A shop that answers the first notices as listed, and all later ones with SUCCESS.
    pub async fn start(answers: impl Into<Vec<Answer>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let notify_url = format!("http://{}/notify", listener.local_addr().unwrap());
        let received = Arc::new(watch::Sender::new(Vec::new()));
        let answers: Arc<Vec<Answer>> = Arc::new(answers.into());
        let server = tokio::spawn(serve(listener, Arc::clone(&received), answers));
        Self { notify_url, received, server }
    }

    pub fn received(&self) -> Vec<Params> {
        self.received.borrow().clone()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, received: Received, answers: Arc<Vec<Answer>>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (received, answers) = (Arc::clone(&received), Arc::clone(&answers));
        let service =
            service_fn(move |request| take(request, Arc::clone(&received), Arc::clone(&answers)));
        connections.spawn(async move {
            let builder = hyper::server::conn::http1::Builder::new();
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn take(
    request: Request<Incoming>,
    received: Received,
    answers: Arc<Vec<Answer>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri().path(), "/notify");
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let mut nth = 0;
    received.send_modify(|received| {
        nth = received.len();
        received.push(xml::from_xml(&body).unwrap());
    });
    let (status, text) = match answers.get(nth).cloned().unwrap_or(Answer::Success) {
        Answer::Success => (200, pay_notice::SUCCESS),
        Answer::Fail => (200, pay_notice::FAIL),
        Answer::Raw(status, text) => (status, text),
        Answer::Together(count) => {
            received.subscribe().wait_for(|received| received.len() >= count).await.unwrap();
            (200, pay_notice::SUCCESS)
        }
        Answer::Silence => std::future::pending().await,
    };
    let response = Response::builder().status(status).header("content-type", "text/xml");
    Ok(response.body(Full::from(text)).unwrap())
}
