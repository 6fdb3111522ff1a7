//! Running the server: store, gateway, listener, sweep, signals; and what the process says when it ends.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use crate::ambient::{SystemClock, SystemNonces};
use crate::app::{App, Parts};
use crate::config::Config;
use crate::descriptors;
use crate::gateway::WeChat;
use crate::http::{self, Limits};
use crate::orders::OrderError;
use crate::outbox::Sender;
use crate::store::{OpenError, SledStore, Store, StoreError};

/// How often the sweep looks whether an order is due.
const SWEEP_EVERY: Duration = Duration::from_millis(500);
/// How often it is looked whether a day's bill is due.
const DAILY_EVERY: Duration = Duration::from_secs(10);

/// Why the server did not start, or ended in trouble.
#[derive(Debug)]
pub enum RunError {
    /// The data directory.
    Open {
        /// The directory.
        directory: PathBuf,
        /// What is wrong with it.
        error: OpenError,
    },
    /// The address.
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// The system's words.
        error: std::io::Error,
    },
    /// TLS, signals, the sender of webhooks.
    Start(String),
    /// The store failed while running: nothing was acknowledged after that.
    StoreFailed,
    /// The store was found damaged while running: nothing was acknowledged after that.
    StoreDamaged,
    /// The sweep broke off: without it no lost notice is found and nothing is closed.
    SweepFailed,
    /// The delivery of webhooks broke off.
    OutboxFailed,
}

impl RunError {
    /// The process's exit code (BSD `sysexits`), for the supervisor.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Open { error, .. } => error.exit_code(),
            Self::StoreDamaged => 65,
            Self::Listen { .. } | Self::Start(_) => 69,
            Self::StoreFailed => 75,
            Self::SweepFailed | Self::OutboxFailed => 70,
        }
    }
}

/// A server that is ready to serve.
pub struct Server {
    /// The application.
    pub app: Arc<App>,
    listener: TcpListener,
    limits: Limits,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("app", &self.app).finish_non_exhaustive()
    }
}

impl Server {
    /// Opens everything a configuration names: first the data, of which there is one, then the address.
    ///
    /// # Errors
    /// [`RunError`].
    pub async fn start(config: Config) -> Result<Self, RunError> {
        let store = open_store(&config)?;
        let listener = listen(config.listen).await?;
        Self::with_store(listener, store, config).await
    }

    /// Opens everything a configuration names but the address, which the caller holds already.
    ///
    /// # Errors
    /// [`RunError`].
    pub async fn on(listener: TcpListener, config: Config) -> Result<Self, RunError> {
        let store = open_store(&config)?;
        Self::with_store(listener, store, config).await
    }

    async fn with_store(
        listener: TcpListener,
        store: Arc<dyn Store>,
        config: Config,
    ) -> Result<Self, RunError> {
        let nonces = Arc::new(SystemNonces);
        let limits = fitted(config.limits);
        let reports = config.wechat.report;
        let gateway = WeChat::new(config.wechat, &config.merchants, nonces.clone())
            .map_err(|error| RunError::Start(error.to_string()))?;
        let webhooks =
            Sender::new(config.webhooks).map_err(|error| RunError::Start(error.to_string()))?;
        let clock = Arc::new(SystemClock);
        let gateway = if reports { gateway.with_reports(clock.clone()) } else { gateway };
        let parts = Parts {
            store,
            webhooks,
            gateway: Arc::new(gateway),
            clock,
            nonces,
            merchants: Arc::new(config.merchants),
            public_url: config.public_url,
            order_expire_s: config.order_expire_s,
            refund_paid_after_close: config.refund_paid_after_close,
            token_s: config.token_s,
            trusted_proxies: config.trusted_proxies,
            daily: config.daily,
        };
        Self::with_parts(listener, parts, limits).await
    }

    /// Puts given parts behind an address: tests bring their own clock, store and gateway.
    ///
    /// # Errors
    /// [`RunError::StoreFailed`] when the store cannot be read, [`RunError::StoreDamaged`].
    pub async fn with_parts(
        listener: TcpListener,
        parts: Parts,
        limits: Limits,
    ) -> Result<Self, RunError> {
        let app = App::new(parts);
        let open = app.orders.watch_open().await;
        let open = open.map_err(|error| match error {
            OrderError::Store(StoreError::Damaged { .. }) => RunError::StoreDamaged,
            OrderError::Store(StoreError::Failed { .. }) => RunError::StoreFailed,
            error => RunError::Start(error.to_string()),
        })?;
        tracing::info!(open_orders = open, "store opened");
        Ok(Self { app, listener, limits })
    }

    /// The address that was taken.
    ///
    /// # Errors
    /// The system's.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `shutdown` resolves, the store fails, or the sweep or the delivery of webhooks breaks off; then
    /// drains and closes the store.
    ///
    /// # Errors
    /// [`RunError::StoreFailed`], [`RunError::StoreDamaged`], [`RunError::SweepFailed`], [`RunError::OutboxFailed`].
    pub async fn run(
        self,
        more_routes: Option<BoxedFilter<(Response,)>>,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), RunError> {
        let Self { app, listener, limits } = self;
        let drain = Duration::from_millis(limits.drain_timeout_ms);
        let (stop, stopped) = watch::channel(false);
        let (sweeping, swept) = oneshot::channel();
        let sweep = tokio::spawn(sweep(Arc::clone(&app), stopped.clone(), sweeping));
        let (delivering, delivered) = oneshot::channel();
        let delivery = tokio::spawn(deliver(Arc::clone(&app), stopped.clone(), delivering));
        let daily = tokio::spawn(daily(Arc::clone(&app), stopped.clone()));
        let mut routes = http::routes(&app, &limits);
        if let Some(more) = more_routes {
            routes = warp::Filter::boxed(warp::Filter::unify(warp::Filter::or(more, routes)));
        }
        let mut until = stopped.clone();
        let until = async move { stop_asked(&mut until).await };
        let nonces = Arc::clone(&app.nonces);
        let serve = http::serve(listener, routes, limits, nonces, until);
        tokio::pin!(serve);
        let result = tokio::select! {
            () = &mut serve => Ok(()),
            () = shutdown => Ok(()),
            why = app.store.failed() => Err(match why {
                StoreError::Damaged { .. } => RunError::StoreDamaged,
                StoreError::Failed { .. } | StoreError::Stale | StoreError::Busy => {
                    RunError::StoreFailed
                }
            }),
            _ = swept => Err(RunError::SweepFailed),
            _ = delivered => Err(RunError::OutboxFailed),
        };
        tracing::info!(failed = result.is_err(), "shutting down");
        app.draining.store(true, Ordering::SeqCst);
        stop.send_replace(true);
        app.books.stop();
        serve.await;
        // A comparison that is cut off begins again after the next start.
        tokio::join!(finish(sweep, drain), finish(delivery, drain), finish(daily, Duration::ZERO));
        app.store.close().await;
        result
    }
}

/// An error means that the sender is gone, which is a stop as well.
async fn stop_asked(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// Sweep and delivery end at their next look at `stopped`. When WeChat or an endpoint is slow that may take minutes, so
/// they are cut off: what they were about to ask or tell is asked or told after the next start.
async fn finish(mut task: JoinHandle<()>, limit: Duration) {
    if timeout(limit, &mut task).await.is_err() {
        task.abort();
        // Aborted is what it shall be.
        let _ = task.await;
    }
}

fn open_store(config: &Config) -> Result<Arc<dyn Store>, RunError> {
    let store = SledStore::open(&config.store_path, config.store_cache_bytes);
    let directory = config.store_path.clone();
    Ok(Arc::new(store.map_err(|error| RunError::Open { directory, error })?))
}

/// No more connections than there are descriptors for.
fn fitted(limits: Limits) -> Limits {
    let max_connections = descriptors::connections(limits.max_connections);
    if max_connections < limits.max_connections {
        tracing::warn!(
            configured = limits.max_connections,
            max_connections,
            "fewer connections at a time than configured: the limit of open files (ulimit -n, LimitNOFILE) is low"
        );
    }
    Limits { max_connections, ..limits }
}

/// Takes an address.
///
/// # Errors
/// [`RunError::Listen`].
pub async fn listen(address: SocketAddr) -> Result<TcpListener, RunError> {
    TcpListener::bind(address).await.map_err(|error| RunError::Listen { address, error })
}

/// `sweeping` is dropped when this ends, which it may do before `stopped` only by a panic.
async fn sweep(app: Arc<App>, mut stopped: watch::Receiver<bool>, sweeping: oneshot::Sender<()>) {
    let _sweeping = sweeping;
    let mut tick = tokio::time::interval(SWEEP_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => { app.orders.reconcile_due().await; }
            () = stop_asked(&mut stopped) => return,
        }
    }
}

/// `delivering` is dropped when this ends, as in `sweep`.
async fn deliver(app: Arc<App>, stopped: watch::Receiver<bool>, delivering: oneshot::Sender<()>) {
    let _delivering = delivering;
    app.outbox.run(stopped).await;
}

/// Compares bills when they are due. Should a comparison break off, payments go on, and the next tick begins again.
async fn daily(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(DAILY_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = stop_asked(&mut stopped) => return,
        }
        let run = AssertUnwindSafe(app.books.run_due()).catch_unwind();
        tokio::select! {
            outcome = run => if outcome.is_err() {
                tracing::error!("comparing a bill broke off; please report it");
            },
            () = stop_asked(&mut stopped) => return,
        }
    }
}

/// Resolves at SIGTERM or SIGINT.
///
/// # Errors
/// When the system refuses signal handlers.
pub fn termination() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open { directory, error } => write!(f, "{error} ({})", directory.display()),
            Self::Listen { address, error } => write!(f, "cannot listen on {address}: {error}"),
            Self::Start(error) => f.write_str(error),
            Self::StoreFailed => {
                f.write_str("the store failed; start again once the disk is in order")
            }
            Self::StoreDamaged => f.write_str(
                "the database is damaged; build a new data directory from a backup: \
                 wxpay import BACKUP --into NEW-DIRECTORY",
            ),
            Self::SweepFailed => {
                f.write_str("the search for lost notices broke off; start again, and report it")
            }
            Self::OutboxFailed => {
                f.write_str("the delivery of webhooks broke off; start again, and report it")
            }
        }
    }
}

impl std::error::Error for RunError {}

#[cfg(test)]
mod tests;
