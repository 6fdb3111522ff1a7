//! The life of a simulator: one task that accepts connections and owns every other task.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::pin::Pin;

use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use crate::config::{Config, StartError};
use crate::listener::Door;
use crate::simulator::{Simulator, Urls};
use crate::tls::Authority;

/// Work that outlives the request that caused it, such as the repeats of a notice.
pub(crate) type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What the supervisor is asked to do.
pub(crate) enum Errand {
    /// Run it beside everything else.
    Run(Job),
    /// Shut the primary listeners or open them, and say when that is done.
    SetPrimaryDown(bool, oneshot::Sender<io::Result<()>>),
}

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
        let plain = Door::plain(config.port).await?;
        let tls = Door::tls(config.tls_port).await?;
        let backup = if config.backup { Some(Door::plain(0).await?) } else { None };
        let (address, tls_address) = (plain.address(), tls.address());
        let (errands, queue) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel();
        let urls = Urls {
            plain: plain.origin().to_owned(),
            tls: tls.origin().to_owned(),
            backup: backup.as_ref().map(|door| door.origin().to_owned()),
        };
        let simulator = Self::new(config, urls, authority, errands);
        let doors = Doors { plain, tls, backup };
        let supervisor = tokio::spawn(supervise(simulator.clone(), doors, queue, stopped));
        Ok(Running { simulator, address, tls_address, stop: Some(stop), supervisor })
    }
}

impl Running {
    /// Where it listens; the primary.
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
    plain: Door,
    tls: Door,
    backup: Option<Door>,
}

async fn supervise(
    simulator: Simulator,
    mut doors: Doors,
    mut queue: mpsc::UnboundedReceiver<Errand>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut jobs = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            stream = doors.plain.next() => doors.plain.serve(simulator.clone(), stream),
            stream = doors.tls.next() => doors.tls.serve(simulator.clone(), stream),
            stream = next(doors.backup.as_ref()) => {
                if let Some(backup) = &mut doors.backup {
                    backup.serve(simulator.clone(), stream);
                }
            }
            Some(errand) = queue.recv() => match errand {
                Errand::Run(job) => {
                    jobs.spawn(job);
                }
                Errand::SetPrimaryDown(down, done) => {
                    // Who asked may have gone.
                    let _ = done.send(doors.set_primary_down(down).await);
                }
            },
            Some(_) = jobs.join_next() => {}
        }
    }
    doors.end().await;
    jobs.shutdown().await;
}

async fn next(door: Option<&Door>) -> TcpStream {
    match door {
        Some(door) => door.next().await,
        None => std::future::pending().await,
    }
}

impl Doors {
    async fn set_primary_down(&mut self, down: bool) -> io::Result<()> {
        self.plain.set_shut(down).await?;
        self.tls.set_shut(down).await
    }

    async fn end(&mut self) {
        self.plain.end().await;
        self.tls.end().await;
        if let Some(backup) = &mut self.backup {
            backup.end().await;
        }
    }
}
