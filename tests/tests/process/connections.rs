//! H01, H05: many connections at once, held open by nobody in particular, while customers pay.
//!
//! The short form runs here; `cargo xtask connections` is the long one, with the default limits and figures at its end.

use std::fs;
use std::io::Write;
use std::pin::pin;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::Command;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};
use wxpay_simulator::Running;
use wxpay_tests::process::{Process, SOON, Site, binary, http_client};

use crate::crowd::{Crowd, HALF_OPEN, IDLE, SILENT, connections, until};
use crate::customer::{Customer, percentile, seed};
use crate::simulator;

/// What the long form asks of 99 of 100 calls.
const GOOD: Duration = Duration::from_millis(200);
/// Half-open connections are closed within this when the limit is its default, five seconds.
const CLOSED: Duration = Duration::from_secs(10);

/// A server with some of its settings replaced.
fn with_http(site: &Site, wechat: &Running, settings: &str) {
    let config = site.config(wechat.base_url());
    site.write_config(&config.replace("[http]\n", &format!("[http]\n{settings}")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h01_half_open_and_idle_connections_keep_no_customer_out() {
    let long = long_form();
    let sockets = long.unwrap_or(150);
    let shopping = Duration::from_secs(if long.is_some() { 30 } else { 1 });
    let wechat = simulator().await;
    let site = Site::new(wechat.base_url());
    if long.is_none() {
        with_http(&site, &wechat, "header_timeout_ms = 500\n");
    }
    let server = site.serve().await;
    let alone = shop(&site, &wechat, shopping / 3).await;

    let half_open = Crowd::gather(&site.url(), sockets, HALF_OPEN).await;
    let idle = Crowd::gather(&site.url(), sockets, IDLE).await;
    let (among, mut held) = counting(&site, shop(&site, &wechat, shopping)).await;
    half_open.until_closed(sockets).await;
    idle.until_closed(sockets).await;
    let half_open = half_open.disperse().await;
    let idle = idle.disperse().await;
    until(|| connections(&site) == 0).await;

    server.terminate();
    let (status, log) = server.wait().await;
    assert_eq!(status.code(), Some(0));
    let troubles = |line: &&String| line.contains("\"ERROR\"") || line.contains("\"WARN\"");
    assert_eq!(log.iter().find(troubles), None, "a crowd is nothing to speak of");
    let paid = wechat.ledger().len();
    assert_eq!(paid, alone.orders + among.orders, "one payment for each order");
    if long.is_some() {
        let (shortest, longest) = (half_open[0], half_open[half_open.len() - 1]);
        held.sort_unstable();
        let (fewest, usual, most) = (held[0], held[held.len() / 2], held[held.len() - 1]);
        let words = format!(
            "connections: {sockets} sockets, seed {}, {usual} held at once ({fewest} to {most}), {paid} payments; \
             a paying client's calls: p50 {} ms, p99 {} ms (alone: p50 {} ms, p99 {} ms); half-open closed {} times, \
             after {} to {} ms, idle {} times",
            seed(),
            among.p50.as_millis(),
            among.p99.as_millis(),
            alone.p50.as_millis(),
            alone.p99.as_millis(),
            half_open.len(),
            shortest.as_millis(),
            longest.as_millis(),
            idle.len(),
        );
        let _ = writeln!(std::io::stderr(), "{words}");
        // All are closed in the same moment and come back: whoever counts in that moment sees fewer.
        assert!(usual >= sockets * 2, "only {usual} were held");
        assert!(longest < CLOSED, "a half-open connection was held for {longest:?}");
        assert!(among.p99 < GOOD, "{:?}", among.p99);
    }
}

/// How many connections the server has, counted again and again while something goes on.
async fn counting<T>(site: &Site, work: impl Future<Output = T>) -> (T, Vec<usize>) {
    let mut counts = Vec::new();
    let mut every = interval(Duration::from_millis(100));
    let mut work = pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return (done, counts),
            _ = every.tick() => counts.push(connections(site)),
        }
    }
}

/// What customers had of it.
struct Bought {
    orders: usize,
    p50: Duration,
    p99: Duration,
}

/// Two customers buy until it is enough, and at least three times each.
async fn shop(site: &Site, wechat: &Running, length: Duration) -> Bought {
    let one = async |user: &str| {
        let mut customer = Customer::new(site, wechat, user).await;
        let (until, mut orders) = (Instant::now() + length, 0);
        while orders < 3 || Instant::now() < until {
            let no = customer.buy().await;
            let order = customer.show(&no).await;
            assert_eq!(order["trade_state"], "SUCCESS", "{order}");
            orders += 1;
        }
        (orders, customer.took)
    };
    let ((first, mut took), (second, more)) = tokio::join!(one("alice"), one("bob"));
    took.extend(more);
    let (p50, p99) = (percentile(&mut took, 50), percentile(&mut took, 99));
    Bought { orders: first + second, p50, p99 }
}

/// The server with 256 descriptors, which is room for 96 connections.
async fn serve_with_256_descriptors(site: &Site) -> Process {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 256; exec \"$0\" \"$@\""]).arg(binary());
    command.args(site.command().as_std().get_args()).stdin(Stdio::null()).kill_on_drop(true);
    site.serve_by(&mut command).await
}

/// It ends in good order, and never had a descriptor too few.
async fn assert_well_to_the_end(server: Process) {
    server.terminate();
    let (status, log) = server.wait().await;
    assert_eq!(status.code(), Some(0), "{}", log.join("\n"));
    let says = |what: &str| log.iter().filter(|line| line.contains(what)).count();
    assert_eq!(says("Too many open files"), 0, "{}", log.join("\n"));
    assert_eq!(says("\"ERROR\""), 0, "{}", log.join("\n"));
    assert_eq!(says("fewer connections at a time than configured"), 1, "it says so at the start");
}

/// A thousand clients: those that find no place wait, the server rests, and when there is room again it goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h05_without_descriptors_it_neither_ends_nor_spins_and_recovers() {
    let wechat = simulator().await;
    let site = Site::new(wechat.base_url());
    with_http(&site, &wechat, "header_timeout_ms = 60000\n");
    let server = serve_with_256_descriptors(&site).await;
    let mut customer = Customer::new(&site, &wechat, "alice").await;
    let first = customer.buy().await;
    let crowd = Crowd::send(&site.url(), 1_000, SILENT);
    // So many have a place, or wait in the system's queue, which has an end, too.
    crowd.until_open(200).await;
    // While nobody is let in there is nothing to do. This lasts a while, so that a loop that spins would be seen.
    let cpu = cpu_ms(&server);
    let health = http_client().get(format!("{}/healthz", site.url())).send();
    let answered = timeout(Duration::from_millis(700), health).await;
    assert!(answered.is_err(), "all places should have been taken: {answered:?}");
    let spent = cpu_ms(&server) - cpu;
    assert!(spent < 350, "{spent} ms of computing in 700 ms of waiting");
    crowd.disperse().await;
    let second = customer.buy().await;
    for no in [&first, &second] {
        let order = customer.show(no).await;
        assert_eq!(order["trade_state"], "SUCCESS", "{order}");
    }
    assert_eq!(wechat.ledger().len(), 2);
    assert_well_to_the_end(server).await;
}

/// More half-open connections than descriptors, and ten customers whose calls to WeChat need descriptors, too: they wait
/// for a place, and whoever has one is served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h05_connections_leave_descriptors_for_calls_to_wechat() {
    let wechat = simulator().await;
    let site = Site::new(wechat.base_url());
    with_http(&site, &wechat, "header_timeout_ms = 500\n");
    let server = serve_with_256_descriptors(&site).await;
    let mut customers = Vec::new();
    for n in 0..10 {
        let mut customer = Customer::new(&site, &wechat, &format!("user{n}")).await;
        let no = customer.order().await;
        customers.push((customer, no));
    }
    let crowd = Crowd::send(&site.url(), 260, HALF_OPEN);
    crowd.until_open(200).await;
    let ready: JoinSet<_> = customers
        .into_iter()
        .map(|(mut customer, no)| async move {
            customer.get_ready(&no).await;
            (customer, no)
        })
        .collect();
    let ready = timeout(SOON, ready.join_all()).await.unwrap();
    crowd.disperse().await;
    for (mut customer, no) in ready {
        customer.finish(&no).await;
        let order = customer.show(&no).await;
        assert_eq!(order["trade_state"], "SUCCESS", "{order}");
    }
    assert_eq!(wechat.ledger().len(), 10);
    assert_well_to_the_end(server).await;
}

/// How long a process has computed, in milliseconds.
fn cpu_ms(process: &Process) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.pid().as_raw_nonzero()));
    let stat = stat.unwrap();
    // `pid (name) state …`: user and system time are the 14th and 15th field, in hundredths of a second.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_ascii_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<u64>().unwrap();
    (ticks(11) + ticks(12)) * 10
}

/// How many connections of each kind the long form has.
#[allow(clippy::disallowed_methods, reason = "how long a test runs is set from outside")]
fn long_form() -> Option<usize> {
    let text = std::env::var("WXPAY_CONNECTIONS_SOCKETS").ok()?;
    Some(text.parse().expect("WXPAY_CONNECTIONS_SOCKETS"))
}
