//! A server that runs until it is stopped, and can be started again on the same data.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wxpay_server::ambient::{Clock, SystemNonces};
use wxpay_server::app::{App, Parts};
use wxpay_server::books::Schedule;
use wxpay_server::gateway::{WeChat, WeChatConfig};
use wxpay_server::http::Limits;
use wxpay_server::merchant::Merchants;
use wxpay_server::outbox::{Sender, WebhookLimits};
use wxpay_server::run::{RunError, Server};
use wxpay_server::store::{MemoryStore, OpenError, SledStore, Store};

use crate::scripted::DawdlingStore;

/// How long a directory may stay in use after its store was closed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the server keeps its orders.
#[derive(Debug, Clone)]
pub enum StoreKind {
    /// Gone when the server stops.
    Memory,
    /// The embedded database in this directory.
    Sled(PathBuf),
    /// One that makes trouble.
    Dawdling(Arc<DawdlingStore>),
}

/// What a server under test is started with.
pub(crate) struct Settings {
    pub(crate) store: StoreKind,
    pub(crate) pay_url: String,
    pub(crate) backup_pay_url: Option<String>,
    pub(crate) report: bool,
    pub(crate) login_url: String,
    pub(crate) ca_pem: Option<String>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) merchants: Merchants,
    pub(crate) refund_paid_after_close: bool,
    pub(crate) wechat_timeout_ms: u64,
    pub(crate) trusted_proxies: Vec<IpAddr>,
    pub(crate) limits: Limits,
    pub(crate) webhooks: WebhookLimits,
    pub(crate) daily: Option<Schedule>,
}

impl Settings {
    pub(crate) fn gateway(&self) -> WeChat {
        let config = WeChatConfig {
            pay_url: self.pay_url.parse().unwrap(),
            backup_pay_url: self.backup_pay_url.as_ref().map(|url| url.parse().unwrap()),
            report: self.report,
            login_url: self.login_url.parse().unwrap(),
            connect_timeout_ms: 1_000,
            total_timeout_ms: self.wechat_timeout_ms,
            allow_http: true,
            ca_pem: self.ca_pem.clone(),
        };
        let gateway = WeChat::new(config, &self.merchants, Arc::new(SystemNonces)).unwrap();
        if self.report { gateway.with_reports(Arc::clone(&self.clock)) } else { gateway }
    }
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
    pub(crate) async fn start(settings: Settings) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let store: Arc<dyn Store> = match &settings.store {
            StoreKind::Memory => Arc::new(MemoryStore::new()),
            StoreKind::Sled(path) => Arc::new(open(path).await),
            StoreKind::Dawdling(store) => Arc::clone(store) as Arc<dyn Store>,
        };
        let nonces = Arc::new(SystemNonces);
        let gateway = settings.gateway();
        let parts = Parts {
            store,
            gateway: Arc::new(gateway),
            clock: settings.clock,
            nonces,
            merchants: Arc::new(settings.merchants),
            webhooks: Sender::new(settings.webhooks).unwrap(),
            public_url: url.clone(),
            order_expire_s: 7_200,
            refund_paid_after_close: settings.refund_paid_after_close,
            token_s: 7 * 24 * 3_600,
            trusted_proxies: settings.trusted_proxies,
            daily: settings.daily,
        };
        let server = Server::with_parts(listener, parts, settings.limits).await.unwrap();
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

/// A server that has just stopped may still hold the directory for a moment: a request of its own was cut off.
async fn open(path: &Path) -> SledStore {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match SledStore::open(path, 8 << 20) {
            Err(OpenError::InUse) if Instant::now() < deadline => tokio::task::yield_now().await,
            opened => return opened.unwrap(),
        }
    }
}

/// A store that was just closed may still hold its directory for a moment: sled's threads finish what was left to them.
///
/// # Errors
/// What `open` says in the end.
pub fn patiently<T>(open: impl Fn() -> Result<T, OpenError>) -> Result<T, OpenError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match open() {
            Err(OpenError::InUse) if Instant::now() < deadline => std::thread::yield_now(),
            opened => return opened,
        }
    }
}
