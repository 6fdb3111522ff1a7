//! The servers that are measured, each a process of its own.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rustix::param::clock_ticks_per_second;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use warp::Filter;
use wxpay_server::ambient::SystemNonces;
use wxpay_server::http::{Limits, serve};
use wxpay_tests::process::{SOON, Site};

/// A server, killed when it is dropped.
pub struct Server {
    pub address: SocketAddr,
    child: Child,
}

impl Server {
    /// `wxpay serve` of a site; its log goes to a file, as it does where a supervisor takes it.
    pub async fn wxpay(site: &Site) -> Self {
        let log = File::create(site.path().join("log")).unwrap();
        let child = site.command().stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let server =
            Self { address: site.url().trim_start_matches("http://").parse().unwrap(), child };
        server.wait_until_it_listens().await;
        server
    }

    /// A program that says its address on its first line.
    pub async fn of(command: &mut Command) -> Self {
        let mut child = command.kill_on_drop(true).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(SOON, lines.next_line()).await;
        let address = line.expect("it should listen by now").unwrap().expect("it has ended");
        Self { address: address.parse().unwrap(), child }
    }

    /// This very program, with a handler that does nothing.
    pub async fn idle() -> Self {
        Self::of(Command::new(std::env::current_exe().unwrap()).arg("idle")).await
    }

    async fn wait_until_it_listens(&self) {
        let listens = async {
            while TcpStream::connect(self.address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(SOON, listens).await.expect("it should listen by now");
    }

    /// CPU time that the process has had until now.
    pub fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id().unwrap())).unwrap();
        // `pid (name) state …`: user and system time are fields 14 and 15, and a name may contain anything.
        let fields = stat.rsplit(')').next().unwrap().split(' ').skip(12).take(2);
        let ticks: u64 = fields.map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        Duration::from_secs(ticks) / u32::try_from(clock_ticks_per_second()).unwrap()
    }

    /// Ends it in good order.
    pub async fn stop(mut self) {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
        tokio::time::timeout(SOON, self.child.wait()).await.expect("it should have ended").unwrap();
    }
}

/// Serves what takes no work at all, behind the accept loop of `wxpay serve`.
pub async fn serve_idle() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let reply = warp::path!("v1" / "notify" / String / "pay")
        .and(warp::post())
        .map(|_| warp::Reply::into_response(wxpay_core::messages::pay_notice::SUCCESS));
    let limits = Limits {
        max_connections: 4096,
        header_timeout_ms: 5_000,
        body_timeout_ms: 10_000,
        request_timeout_ms: 15_000,
        drain_timeout_ms: 10_000,
    };
    serve(listener, reply.boxed(), limits, Arc::new(SystemNonces), std::future::pending()).await;
}
