//! An address that can be shut and opened again, so that a test may cut it.

use std::fmt;
use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::http;
use crate::simulator::Simulator;

const WAITING: u32 = 1024;

/// A listener and the clients that came through it.
#[derive(Debug)]
pub(crate) struct Door {
    address: SocketAddr,
    origin: Arc<str>,
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
    /// Takes a port of 127.0.0.1.
    pub(crate) async fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let origin = format!("http://{address}").into();
        Ok(Self { address, origin, state: State::Open(listener), clients: JoinSet::new() })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Such as `http://127.0.0.1:8087`.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The next client; never, while it is shut.
    pub(crate) async fn next(&self) -> io::Result<TcpStream> {
        match &self.state {
            State::Open(listener) => listener.accept().await.map(|(stream, _)| stream),
            State::Shut(_) | State::Lost => pending().await,
        }
    }

    pub(crate) fn serve(&mut self, simulator: Simulator, stream: TcpStream) {
        while self.clients.try_join_next().is_some() {}
        self.clients.spawn(http::serve(simulator, Arc::clone(&self.origin), stream));
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
