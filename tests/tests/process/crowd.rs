//! Connections that nobody needs: each does nothing but be there, and comes again when the server has closed it.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use wxpay_tests::Wire;
use wxpay_tests::process::{SOON, Site};

/// A head that never ends.
pub(crate) const HALF_OPEN: &str = "POST /v1/login HTTP/1.1\r\nhost: x\r\ncontent-le";
/// A whole request; the connection stays.
pub(crate) const IDLE: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
/// Not one byte.
pub(crate) const SILENT: &str = "";

pub(crate) struct Crowd {
    /// How long each connection lasted until the server closed it.
    members: JoinSet<Vec<Duration>>,
    open: Arc<AtomicUsize>,
    closed: Arc<AtomicUsize>,
    stop: watch::Sender<bool>,
}

impl Crowd {
    /// So many connections, each of which says no more than `words`. Returns when all are open and have said it.
    pub(crate) async fn gather(url: &str, size: usize, words: &'static str) -> Self {
        let crowd = Self::send(url, size, words);
        crowd.until_open(size).await;
        crowd
    }

    /// The same without waiting: where there is no room, most of them never come that far.
    pub(crate) fn send(url: &str, size: usize, words: &'static str) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut crowd =
            Self { members: JoinSet::new(), open: Arc::default(), closed: Arc::default(), stop };
        for _ in 0..size {
            let (url, stopped) = (url.to_owned(), stopped.clone());
            let (open, closed) = (Arc::clone(&crowd.open), Arc::clone(&crowd.closed));
            crowd.members.spawn(member(url, words, open, closed, stopped));
        }
        crowd
    }

    /// Waits until so many are open at once.
    pub(crate) async fn until_open(&self, count: usize) {
        until(|| self.open.load(Ordering::SeqCst) >= count).await;
    }

    /// Waits until the server has closed so many.
    pub(crate) async fn until_closed(&self, count: usize) {
        until(|| self.closed.load(Ordering::SeqCst) >= count).await;
    }

    /// Everybody goes. How long those had lasted that the server closed, the shortest first.
    pub(crate) async fn disperse(self) -> Vec<Duration> {
        self.stop.send_replace(true);
        let lasted = timeout(SOON, self.members.join_all()).await.unwrap();
        let mut lasted: Vec<_> = lasted.into_iter().flatten().collect();
        lasted.sort_unstable();
        lasted
    }
}

async fn member(
    url: String,
    words: &'static str,
    open: Arc<AtomicUsize>,
    closed: Arc<AtomicUsize>,
    mut stopped: watch::Receiver<bool>,
) -> Vec<Duration> {
    let mut lasted = Vec::new();
    loop {
        let mut wire = Wire::open(&url).await;
        let since = Instant::now();
        wire.send(words).await;
        open.fetch_add(1, Ordering::SeqCst);
        tokio::select! {
            _ = wire.read_to_end() => lasted.push(since.elapsed()),
            _ = stopped.wait_for(|stop| *stop) => return lasted,
        }
        open.fetch_sub(1, Ordering::SeqCst);
        closed.fetch_add(1, Ordering::SeqCst);
    }
}

/// How many connections a server has: open ones, and those that only the other side has closed.
pub(crate) fn connections(site: &Site) -> usize {
    let port: u16 = site.url().rsplit(':').next().unwrap().parse().unwrap();
    let own = format!("0100007F:{port:04X}");
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    // `sl local remote state …`
    let is_open = |line: &&str| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        fields.next() == Some(&own) && matches!(fields.nth(1), Some("01" | "08"))
    };
    table.lines().filter(is_open).count()
}

/// Lets everything else run until it is so.
pub(crate) async fn until(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, waiting).await.expect("it did not come about");
}
