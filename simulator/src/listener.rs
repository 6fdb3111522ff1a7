//! An address that can be shut and opened again, so that a test may cut it.

use std::fmt;
use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::config::StartError;
use crate::http;
use crate::simulator::Simulator;

const WAITING: u32 = 1024;

/// A listener and the clients that came through it.
#[derive(Debug)]
pub(crate) struct Door {
    address: SocketAddr,
    origin: Arc<str>,
    is_tls: bool,
    state: State,
    clients: JoinSet<()>,
}

enum State {
    Open(TcpListener),
    /// The port is kept, and who connects is refused.
    Shut(TcpSocket),
    /// The port was lost.
    Lost,
}

impl Door {
    /// Takes a port of 127.0.0.1 for plain HTTP.
    pub(crate) async fn plain(port: u16) -> Result<Self, StartError> {
        Self::bind(port, false).await.map_err(|error| StartError::Bind { port, error })
    }

    /// Takes a port of 127.0.0.1 for TLS.
    pub(crate) async fn tls(port: u16) -> Result<Self, StartError> {
        Self::bind(port, true).await.map_err(|error| StartError::Bind { port, error })
    }

    async fn bind(port: u16, is_tls: bool) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let origin = if is_tls {
            format!("https://localhost:{}", address.port())
        } else {
            format!("http://{address}")
        };
        let (origin, state) = (origin.into(), State::Open(listener));
        Ok(Self { address, origin, is_tls, state, clients: JoinSet::new() })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Such as `http://127.0.0.1:8087`.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The next client; never, while it is shut.
    pub(crate) async fn next(&self) -> TcpStream {
        let State::Open(listener) = &self.state else { return pending().await };
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return stream,
                // Out of file descriptors, most likely: let some connections end first.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    pub(crate) fn serve(&mut self, simulator: Simulator, stream: TcpStream) {
        while self.clients.try_join_next().is_some() {}
        let origin = Arc::clone(&self.origin);
        if self.is_tls {
            self.clients.spawn(http::serve_tls(simulator, origin, stream));
        } else {
            self.clients.spawn(http::serve_plain(simulator, origin, stream));
        }
    }

    /// Drops all clients and refuses new ones, or lets them in again.
    pub(crate) async fn set_shut(&mut self, shut: bool) -> io::Result<()> {
        self.state = match (std::mem::replace(&mut self.state, State::Lost), shut) {
            (State::Open(listener), true) => {
                drop(listener);
                State::Shut(self.hold()?)
            }
            (State::Shut(socket), false) => State::Open(socket.listen(WAITING)?),
            (State::Lost, false) => State::Open(self.hold()?.listen(WAITING)?),
            (state @ State::Open(_), false) | (state @ (State::Shut(_) | State::Lost), true) => {
                state
            }
        };
        if shut {
            self.end().await;
        }
        Ok(())
    }

    /// Drops all clients.
    pub(crate) async fn end(&mut self) {
        self.clients.shutdown().await;
    }

    /// Keeps the port without listening.
    fn hold(&self) -> io::Result<TcpSocket> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(self.address)?;
        Ok(socket)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open(_) => "Open",
            Self::Shut(_) => "Shut",
            Self::Lost => "Lost",
        })
    }
}
