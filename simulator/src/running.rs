//! The life of a simulator: one task that accepts connections and owns every other task.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use crate::config::{Config, StartError};
use crate::listener::Door;
use crate::simulator::Simulator;

/// Work that outlives the request that caused it, such as the repeats of a notice.
pub(crate) type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What the supervisor is asked to do.
pub(crate) enum Errand {
    /// Run it beside everything else.
    Run(Job),
    /// Shut the primary listener or open it, and say when that is done.
    SetPrimaryDown(bool, oneshot::Sender<io::Result<()>>),
}

/// A simulator that is being served. Dropping it ends everything at once; [`Running::shutdown`] also waits for it.
#[derive(Debug)]
pub struct Running {
    simulator: Simulator,
    address: SocketAddr,
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
        let port = config.port;
        let bind = |error| StartError::Bind { port, error };
        let primary = Door::bind(port).await.map_err(bind)?;
        let backup = match config.backup {
            true => Some(Door::bind(0).await.map_err(bind)?),
            false => None,
        };
        let address = primary.address();
        let (errands, queue) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel();
        let backup_url = backup.as_ref().map(|door| door.origin().to_owned());
        let simulator = Self::new(config, primary.origin().to_owned(), backup_url, errands);
        let supervisor =
            tokio::spawn(supervise(simulator.clone(), primary, backup, queue, stopped));
        Ok(Running { simulator, address, stop: Some(stop), supervisor })
    }
}

impl Running {
    /// Where it listens; the primary.
    pub fn address(&self) -> SocketAddr {
        self.address
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

async fn supervise(
    simulator: Simulator,
    mut primary: Door,
    mut backup: Option<Door>,
    mut queue: mpsc::UnboundedReceiver<Errand>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut jobs = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            accepted = primary.next() => match accepted {
                Ok(stream) => primary.serve(simulator.clone(), stream),
                Err(_) => let_some_end().await,
            },
            accepted = next(backup.as_ref()) => match (accepted, &mut backup) {
                (Ok(stream), Some(backup)) => backup.serve(simulator.clone(), stream),
                (Ok(_) | Err(_), _) => let_some_end().await,
            },
            Some(errand) = queue.recv() => match errand {
                Errand::Run(job) => {
                    jobs.spawn(job);
                }
                Errand::SetPrimaryDown(down, done) => {
                    // Who asked may have gone.
                    let _ = done.send(primary.set_shut(down).await);
                }
            },
            Some(_) = jobs.join_next() => {}
        }
    }
    primary.end().await;
    if let Some(backup) = &mut backup {
        backup.end().await;
    }
    jobs.shutdown().await;
}

async fn next(door: Option<&Door>) -> io::Result<tokio::net::TcpStream> {
    match door {
        Some(door) => door.next().await,
        None => std::future::pending().await,
    }
}

/// Out of file descriptors, most likely: let some connections end first.
async fn let_some_end() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}
