//! A WeChat that takes its time: it answers a login at once and an order after a while, and remembers how long it took.

use std::cell::RefCell;
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::spawn_local;
use wxpay_core::{Params, sign, xml};
use wxpay_tests::SHOP;

use crate::orders::{OPENID, SIGN_TYPE};

/// WeChat as the server finds it; lives on the thread that made it.
#[derive(Clone)]
pub struct WeChat {
    pub address: SocketAddr,
    /// How long each order was held here, by its number.
    held: Rc<RefCell<HashMap<String, Duration>>>,
}

impl WeChat {
    /// Answers every order after `delay`.
    pub async fn start(delay: Duration) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let wechat =
            Self { address: listener.local_addr().unwrap(), held: Rc::new(RefCell::default()) };
        let own = wechat.clone();
        spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let wechat = own.clone();
                let service = service_fn(move |request| wechat.clone().answer(request, delay));
                spawn_local(async move {
                    // The server may end first.
                    let _ =
                        http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        wechat
    }

    /// How long WeChat has held this order.
    pub fn held(&self, number: &str) -> Duration {
        self.held.borrow()[number]
    }

    async fn answer(
        self,
        request: Request<Incoming>,
        delay: Duration,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let came = Instant::now();
        if request.uri().path() == "/sns/jscode2session" {
            let session = json!({ "openid": OPENID, "session_key": "dGVzdA==" });
            return Ok(Response::new(session.to_string().into()));
        }
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let order = xml::from_xml(&body).unwrap();
        let reply = prepay(&order);
        tokio::time::sleep(delay).await;
        let number = order.get("out_trade_no").unwrap().to_owned();
        self.held.borrow_mut().insert(number, came.elapsed());
        Ok(Response::new(reply.into()))
    }
}

fn prepay(order: &Params) -> String {
    let mut reply = Params::from_pairs([
        ("return_code", "SUCCESS"),
        ("return_msg", "OK"),
        ("result_code", "SUCCESS"),
        ("appid", order.get("appid").unwrap()),
        ("mch_id", order.get("mch_id").unwrap()),
        ("nonce_str", order.get("nonce_str").unwrap()),
        ("prepay_id", "wx201410272009395522657a690389285100"),
        ("trade_type", "JSAPI"),
    ])
    .unwrap();
    let signature = sign(&reply, SIGN_TYPE, &SHOP.key()).to_string();
    reply.set("sign", &signature).unwrap();
    xml::to_xml(&reply).unwrap()
}
