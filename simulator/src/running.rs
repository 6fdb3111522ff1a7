//! The life of a simulator: one task that accepts connections and owns every other task.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::pin::Pin;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use crate::config::{Config, StartError};
use crate::http;
use crate::simulator::{Simulator, Urls};
use crate::tls::Authority;

/// Work that outlives the request that caused it, such as the repeats of a notice.
pub(crate) type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A simulator that is being served. Dropping it ends everything at once; [`Running::shutdown`] also waits for it.
#[derive(Debug)]
pub struct Running {
    simulator: Simulator,
    address: SocketAddr,
    tls_address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    supervisor: JoinHandle<()>,
}

impl Simulator {
    /// Binds 127.0.0.1 and serves. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`StartError`] when the configuration contradicts itself or the port is taken.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        config.check()?;
        let authority = Authority::new(&config.merchants)?;
        let (plain, address) = bind(config.port).await?;
        let (tls, tls_address) = bind(config.tls_port).await?;
        let (jobs, queue) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel();
        let urls = Urls {
            plain: format!("http://{address}"),
            tls: format!("https://localhost:{}", tls_address.port()),
        };
        let simulator = Self::new(config, urls, authority, jobs);
        let doors = Doors { plain, tls };
        let supervisor = tokio::spawn(supervise(simulator.clone(), doors, queue, stopped));
        Ok(Running { simulator, address, tls_address, stop: Some(stop), supervisor })
    }
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens for TLS.
    pub fn tls_address(&self) -> SocketAddr {
        self.tls_address
    }

    /// A handle with all powers, to be given away.
    pub fn handle(&self) -> Simulator {
        self.simulator.clone()
    }

    /// Ends everything: open connections are dropped, waiting notices are forgotten, the port is free afterwards.
    pub async fn shutdown(mut self) {
        drop(self.stop.take());
        // It only fails when the supervisor is gone already.
        let _ = (&mut self.supervisor).await;
    }
}

impl Deref for Running {
    type Target = Simulator;

    fn deref(&self) -> &Simulator {
        &self.simulator
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.supervisor.abort();
    }
}

struct Doors {
    plain: TcpListener,
    tls: TcpListener,
}

async fn bind(port: u16) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |error| StartError::Bind { port, error };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

async fn supervise(
    simulator: Simulator,
    doors: Doors,
    mut queue: mpsc::UnboundedReceiver<Job>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            stream = accept(&doors.plain) => {
                tasks.spawn(http::serve_plain(simulator.clone(), stream));
            }
            stream = accept(&doors.tls) => {
                tasks.spawn(http::serve_tls(simulator.clone(), stream));
            }
            Some(job) = queue.recv() => {
                tasks.spawn(job);
            }
            Some(_) = tasks.join_next() => {}
        }
    }
    tasks.shutdown().await;
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            // Out of file descriptors, most likely: let some connections end first.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}
