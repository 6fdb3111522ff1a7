//! A server that runs until it is stopped, and can be started again on the same data.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wxpay_server::ambient::{Clock, SystemNonces};
use wxpay_server::app::{App, Parts};
use wxpay_server::gateway::{WeChat, WeChatConfig};
use wxpay_server::http::Limits;
use wxpay_server::merchant::Merchants;
use wxpay_server::run::{RunError, Server};
use wxpay_server::store::{MemoryStore, SledStore, Store};

/// Where the server keeps its orders.
#[derive(Debug, Clone)]
pub enum StoreKind {
    /// Gone when the server stops.
    Memory,
    /// The embedded database in this directory.
    Sled(PathBuf),
}

/// A server under test.
pub struct RunningServer {
    /// The application inside, for looking and for running the sweep at once.
    pub app: Arc<App>,
    /// Where it listens.
    pub url: String,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), RunError>>,
}

impl RunningServer {
    /// Starts a server that talks to the simulator at `wechat_url`.
    pub async fn start(
        store: &StoreKind,
        wechat_url: &str,
        clock: Arc<dyn Clock>,
        merchants: Merchants,
        total_timeout_ms: u64,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let store: Arc<dyn Store> = match store {
            StoreKind::Memory => Arc::new(MemoryStore::new()),
            StoreKind::Sled(path) => Arc::new(SledStore::open(path, 8 << 20).unwrap()),
        };
        let nonces = Arc::new(SystemNonces);
        let gateway = WeChat::new(
            WeChatConfig {
                pay_url: wechat_url.parse().unwrap(),
                login_url: wechat_url.parse().unwrap(),
                connect_timeout_ms: 1_000,
                total_timeout_ms,
                allow_http: true,
            },
            nonces.clone(),
        );
        let parts = Parts {
            store,
            gateway: Arc::new(gateway.unwrap()),
            clock,
            nonces,
            merchants: Arc::new(merchants),
            public_url: url.clone(),
            order_expire_s: 7_200,
            token_s: 7 * 24 * 3_600,
            trusted_proxies: Vec::new(),
        };
        let limits = Limits {
            max_connections: 512,
            header_timeout_ms: 2_000,
            request_timeout_ms: 15_000,
            drain_timeout_ms: 2_000,
        };
        let server = Server::with_parts(listener, parts, limits).await.unwrap();
        let app = Arc::clone(&server.app);
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(server.run(None, async {
            let _ = stopped.await;
        }));
        Self { app, url, stop, task }
    }

    /// Stops it in good order and waits until the store is closed.
    pub async fn stop(self) {
        let Self { app, stop, task, .. } = self;
        let _ = stop.send(());
        task.await.unwrap().unwrap();
        drop(app);
    }
}
