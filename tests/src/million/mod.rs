//! What a store of very many orders costs: notices and questions beside a small store, the start after a kill, a day's
//! bill, a backup and back. The real binary does it all; what it says is checked, and what it takes is measured.

mod clients;
mod memory;
mod seed;
mod wechat;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use wxpay_core::bill::TradeBill;
use wxpay_server::ambient::{Clock, SystemClock};

use self::clients::{Clients, Times};
use self::memory::{Ended, watched};
use self::seed::Past;
use crate::process::{Process, Site, wxpay};

/// The store beside which the large one is measured.
const FEW: u64 = 1_000;
/// What the configuration allows the database's cache, as when nothing is said.
const CACHE_MB: u32 = 64;

/// Takes a figure: of what, which, how much. Times are in microseconds, sizes in bytes.
pub type Say<'a> = &'a mut dyn FnMut(&str, &str, u64);

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Orders in the large store.
    pub orders: u64,
    /// How often each of the two servers has its turn.
    pub turns: usize,
    /// Calls of each kind in a turn.
    pub calls: usize,
}

/// Measures, in an empty directory that it fills and leaves to the caller.
pub async fn measure(scale: Scale, directory: &Path, say: Say<'_>) {
    // A configuration takes what is relative from where it lies itself.
    let directory = &directory.canonicalize().unwrap();
    let small = Shop::prepare("few", FEW, directory, say).await;
    let large = Shop::prepare("many", scale.orders, directory, say).await;
    let bill = directory.join("bill.csv");
    large.past.write_bill(&bill).unwrap();
    let wechat = wechat::start(&bill);
    let (small, large) = (small.open(&wechat).await, large.open(&wechat).await);
    let mut both = [small, large];
    growth(&mut both, scale, say).await;
    let [small, mut large] = both;
    small.process.kill().await;
    reconcile(&large, &bill, say).await;
    large = restart(large, scale.calls, say).await;
    export(&large, directory, say).await;
    large.process.terminate();
    large.process.wait().await;
    check(&large.shop, say).await;
}

/// A shop with a past.
struct Shop {
    name: &'static str,
    past: Past,
    data: PathBuf,
}

/// Its server.
struct Open {
    shop: Shop,
    site: Site,
    process: Process,
    clients: Clients,
    times: [Times; 3],
}

impl Shop {
    /// Builds the store from a backup, as after a loss.
    async fn prepare(name: &'static str, orders: u64, directory: &Path, say: Say<'_>) -> Self {
        let now_ms = SystemClock.now_ms();
        let past = Past::new(orders, now_ms);
        let (data, backup) = (directory.join(name), directory.join(format!("{name}.ndjson")));
        past.write_backup(&backup, now_ms).unwrap();
        let import =
            [OsStr::new("import"), backup.as_os_str(), "--into".as_ref(), data.as_os_str()];
        let Ended { status, time, peak, .. } = watched(&mut wxpay(import)).await;
        assert!(status.success());
        say(name, "import, time", micros(time));
        say(name, "import, memory", peak);
        say(name, "backup", fs::metadata(&backup).unwrap().len());
        fs::remove_file(backup).unwrap();
        say(name, "orders", orders);
        say(name, "disk", size(&data));
        Self { name, past, data }
    }

    async fn open(self, wechat: &str) -> Open {
        let site = Site::new(wechat);
        let config = site.config(wechat);
        let config = config.replace("\"data\"", &format!("{:?}", self.data));
        site.write_config(&config.replace("cache_mb = 4", &format!("cache_mb = {CACHE_MB}")));
        let process = site.serve().await;
        wait_for_count(&process).await;
        let clients = Clients::log_in(site.url(), self.past, self.past.orders).await;
        Open { shop: self, site, process, clients, times: Default::default() }
    }
}

/// Creating, telling and asking, at one server and the other in turns.
async fn growth(both: &mut [Open; 2], scale: Scale, say: Say<'_>) {
    for _ in 0..scale.turns {
        for open in both.iter_mut() {
            open.turn(scale.calls).await;
        }
    }
    for open in both {
        for (what, times) in ["create", "notify", "query"].iter().zip(&open.times) {
            open.say_times(what, times, say);
        }
        for path in ["/v1/orders?limit=50", "/v1/webhooks", "/v1/anomalies"] {
            let mut times = Times::default();
            for _ in 0..10 {
                open.clients.get(path, &mut times).await;
            }
            say(open.shop.name, path, micros(times.percentile(50)));
        }
        say(open.shop.name, "memory", memory::resident(open.process.pid()));
        say(open.shop.name, "memory, peak", memory::peak(open.process.pid()));
    }
}

impl Open {
    async fn turn(&mut self, calls: usize) {
        let [create, notify, query] = &mut self.times;
        let numbers = self.clients.create(calls, create).await;
        self.clients.notify(&numbers, notify).await;
        self.clients.query(calls, query).await;
    }

    fn say_times(&self, what: &str, times: &Times, say: Say<'_>) {
        for percent in [50, 99] {
            let time = micros(times.percentile(percent));
            say(self.shop.name, &format!("{what}, p{percent}"), time);
        }
    }
}

/// A bill of all that was paid, which agrees.
async fn reconcile(open: &Open, bill: &Path, say: Say<'_>) {
    let name = open.shop.name;
    say(name, "bill", fs::metadata(bill).unwrap().len());
    let started = Instant::now();
    assert_eq!(read_bill(bill), open.shop.past.paid());
    say(name, "bill, time to read", micros(started.elapsed()));
    memory::forget_peak(open.process.pid());
    let before = memory::resident(open.process.pid());
    let date = open.shop.past.day.to_string();
    let config = open.site.config_path();
    let reconcile = ["reconcile", "--json", "--date", &date, "--config", config.to_str().unwrap()];
    let Ended { status, stdout, time, peak } = watched(&mut wxpay(reconcile)).await;
    assert!(status.success(), "{stdout}");
    let summary: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(summary["summary"]["rows"], open.shop.past.paid(), "{stdout}");
    say(name, "reconcile, time", micros(time));
    say(name, "reconcile, memory of the command", peak);
    let peak = memory::peak(open.process.pid());
    say(name, "reconcile, memory of the server", peak);
    say(name, "reconcile, memory the server adds", peak.saturating_sub(before));
}

/// As a bill is read while it comes: bit by bit, and strictly.
fn read_bill(path: &Path) -> u64 {
    use std::io::Read;
    let mut file = fs::File::open(path).unwrap();
    let (mut bill, mut rows, mut count) = (TradeBill::new(), Vec::new(), 0);
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let length = file.read(&mut bytes).unwrap();
        if length == 0 {
            break;
        }
        bill.push(&bytes[..length], &mut rows).unwrap();
        count += rows.drain(..).count() as u64;
    }
    bill.finish().unwrap();
    count
}

/// Killed, and started again: first with nobody there, then with customers waiting.
async fn restart(mut open: Open, calls: usize, say: Say<'_>) -> Open {
    let name = open.shop.name;
    open.turn(calls).await;
    open.process.kill().await;
    let started = Instant::now();
    open.process = open.site.serve().await;
    open.clients.is_ready().await;
    say(name, "start", micros(started.elapsed()));
    wait_for_count(&open.process).await;
    say(name, "start, until all is counted", micros(started.elapsed()));
    say(name, "start, memory, peak", memory::peak(open.process.pid()));

    open.process.kill().await;
    let started = Instant::now();
    open.process = open.site.serve().await;
    open.times = Default::default();
    loop {
        open.turn(calls).await;
        if is_counted(&open.process.log()) {
            break;
        }
    }
    say(name, "start under load, until all is counted", micros(started.elapsed()));
    open.say_times("meanwhile, create", &open.times[0], say);
    open.say_times("meanwhile, notify", &open.times[1], say);
    open.say_times("meanwhile, query", &open.times[2], say);
    open
}

fn is_counted(log: &[String]) -> bool {
    log.iter().any(|line| line.contains("every row of the store is in its place"))
}

async fn wait_for_count(process: &Process) {
    // A count of very many rows takes longer than any test may.
    let deadline = Instant::now() + Duration::from_secs(600);
    while !process.comes(is_counted).await {
        assert!(Instant::now() < deadline, "{}", process.log().join("\n"));
    }
}

/// A backup of the running server.
async fn export(open: &Open, directory: &Path, say: Say<'_>) {
    let (name, file) = (open.shop.name, directory.join("export.ndjson"));
    memory::forget_peak(open.process.pid());
    let config = open.site.config_path();
    let export = [
        OsStr::new("export"),
        "--config".as_ref(),
        config.as_os_str(),
        "-o".as_ref(),
        file.as_os_str(),
    ];
    let Ended { status, time, peak, .. } = watched(&mut wxpay(export)).await;
    assert!(status.success());
    say(name, "export, time", micros(time));
    say(name, "export, memory of the command", peak);
    say(name, "export, memory of the server", memory::peak(open.process.pid()));
    fs::remove_file(file).unwrap();
}

async fn check(shop: &Shop, say: Say<'_>) {
    let check =
        [OsStr::new("check-store"), "--json".as_ref(), "--data".as_ref(), shop.data.as_os_str()];
    let Ended { status, stdout, time, peak } = watched(&mut wxpay(check)).await;
    assert!(status.success(), "{stdout}");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert!(report["counts"]["orders"].as_u64().unwrap() > shop.past.orders, "{stdout}");
    say(shop.name, "check-store, time", micros(time));
    say(shop.name, "check-store, memory", peak);
}

fn size(directory: &Path) -> u64 {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    let sizes = entries.map(|entry| {
        let kind = entry.metadata().unwrap();
        if kind.is_dir() { size(&entry.path()) } else { kind.len() }
    });
    sizes.sum()
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap()
}
