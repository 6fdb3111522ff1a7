//! Notices a second: our server, what limits it, and what one would write instead.

use std::path::Path;

use bytes::Bytes;
use hyper::StatusCode;
use tempfile::TempDir;
use tokio::process::Command;
use wxpay_core::messages::TradeState;
use wxpay_server::store::{Change, SledStore, Store};
use wxpay_tests::process::Site;

use crate::Plan;
use crate::client::{Connections, post};
use crate::drive::{Window, drive};
use crate::figures::Figures;
use crate::journal::Journal;
use crate::orders::{self, CACHE_BYTES, SIGN_TYPE};
use crate::servers::Server;

const AT_A_TIME: usize = 64;
const PATH: &str = "/v1/notify/shop/pay";
/// Express is so much slower that a part of the notices will do.
const EXPRESS_SHARE: usize = 4;

/// Measures in turns, and prints the medians.
pub async fn measure(plan: &Plan) {
    let all = orders::numbers((plan.rounds + 1) * plan.notices);
    let ours = Ours::start(&all).await;
    let alone = Alone::start(&all).await;
    let idle = Server::idle().await;
    let express = match &plan.express {
        Some(folder) => Some(Express::start(folder, &all).await),
        None => None,
    };
    let journal = Journal::start(&alone.directory.path().join("journal"));
    let bytes = written(&all[0]).await;
    let mut figures = Figures::default();
    for (round, numbers) in all.chunks(plan.notices).enumerate() {
        let journal =
            drive(AT_A_TIME, vec![bytes.clone(); numbers.len()], |bytes| journal.append(bytes))
                .await;
        let alone = alone.window(AT_A_TIME, numbers).await;
        let (ours, our_cpu) = notify(&ours.server, numbers).await;
        let (idle, idle_cpu) = notify(&idle, numbers).await;
        // The first round warms up.
        if round == 0 {
            continue;
        }
        for (subject, window) in
            [("journal", &journal), ("store", &alone), ("notices", &ours), ("idle", &idle)]
        {
            figures.add(subject, "per_second", window.per_second());
        }
        let slower = alone.per_second().min(idle.per_second());
        figures.add("notices", "beside_slower", slower / ours.per_second());
        figures.add("notices", "beside_store", alone.per_second() / ours.per_second());
        figures.add("notices", "beside_idle", idle.per_second() / ours.per_second());
        figures.add("notices", "p99_beside_p50", ours.percentile_us(99) / ours.percentile_us(50));
        figures.add("notices", "p50_us", ours.percentile_us(50));
        figures.add("notices", "p99_us", ours.percentile_us(99));
        figures.add("notices", "cpu_us", our_cpu);
        figures.add("idle", "cpu_us", idle_cpu);
        figures.add("store", "beside_journal", journal.per_second() / alone.per_second());
        if let Some(express) = &express {
            let (theirs, cpu) =
                notify(&express.server, &numbers[..numbers.len() / EXPRESS_SHARE]).await;
            figures.add("express", "per_second", theirs.per_second());
            figures.add("express", "cpu_us", cpu);
            figures.add("notices", "beside_express", theirs.per_second() / ours.per_second());
            figures.add("notices", "cpu_beside_express", our_cpu / cpu);
        }
    }
    figures.print();
    ours.assert_paid(&all).await;
    alone.store.close().await;
    if let Some(express) = express {
        express.assert_paid(plan.rounds * (plan.notices / EXPRESS_SHARE)).await;
    }
}

/// One notice for each of these orders; also the server's CPU time for each, in microseconds.
async fn notify(server: &Server, numbers: &[String]) -> (Window, f64) {
    let connections = Connections::open(server.address, AT_A_TIME).await;
    let notices: Vec<Bytes> = numbers.iter().map(|no| orders::notice(no).into()).collect();
    let before = server.cpu();
    let window = drive(AT_A_TIME, notices, async |notice| {
        let (status, reply) = connections.call(post(PATH, notice)).await;
        let is_taken = reply.windows(7).any(|word| word == b"SUCCESS");
        assert!(status == StatusCode::OK && is_taken, "{status} {reply:?}");
    });
    let window = window.await;
    let cpu = server.cpu() - before;
    let cpu_us = cpu.as_secs_f64() * 1e6 / window.count();
    (window, cpu_us)
}

/// Our server and its orders.
struct Ours {
    site: Site,
    server: Server,
}

impl Ours {
    async fn start(numbers: &[String]) -> Self {
        let site = site("http://127.0.0.1:9");
        orders::fill(&site.data(), numbers, orders::placed).await;
        let server = Server::wxpay(&site).await;
        Self { site, server }
    }

    /// Every notice was answered SUCCESS, so every order must be paid.
    async fn assert_paid(self, numbers: &[String]) {
        self.server.stop().await;
        let store = SledStore::open(&self.site.data(), CACHE_BYTES).unwrap();
        for number in numbers {
            let order = store.order(&orders::key(number)).await.unwrap().unwrap();
            assert_eq!(order.trade_state, TradeState::Success, "{number}");
        }
        store.close().await;
    }
}

/// The settings of the server that is measured: the defaults, but for what must be set.
pub fn site(wechat_url: &str) -> Site {
    let site = Site::new(wechat_url);
    let config = site.config(wechat_url).replace("cache_mb = 4\n", "");
    site.write_config(&format!("{config}sign_type = {:?}\n", SIGN_TYPE.as_str()));
    site
}

/// The store with no server around it.
pub struct Alone {
    directory: TempDir,
    pub store: SledStore,
}

impl Alone {
    pub async fn start(numbers: &[String]) -> Self {
        let directory = TempDir::new().unwrap();
        let data = directory.path().join("data");
        orders::fill(&data, numbers, orders::placed).await;
        let store = SledStore::open(&data, CACHE_BYTES).unwrap();
        Self { directory, store }
    }

    pub async fn window(&self, at_a_time: usize, numbers: &[String]) -> Window {
        let changes: Vec<Change> = numbers.iter().map(|number| orders::payment(number)).collect();
        drive(at_a_time, changes, async |change| self.store.commit(change).await.unwrap()).await
    }
}

/// Keys and values that one notice puts into the store.
async fn written(number: &str) -> Bytes {
    let directory = TempDir::new().unwrap();
    orders::fill(directory.path(), &[number.to_owned()], orders::placed).await;
    let store = SledStore::open(directory.path(), CACHE_BYTES).unwrap();
    let rows = async || store.rows(Vec::new(), vec![0xff], usize::MAX).await.unwrap();
    let before = rows().await;
    store.commit(orders::payment(number)).await.unwrap();
    let after = rows().await;
    store.close().await;
    let gone = before.iter().filter(|(key, _)| !after.iter().any(|(other, _)| other == key));
    let new = after.iter().filter(|row| !before.contains(row));
    let mut bytes = gone.flat_map(|(key, _)| key.clone()).collect::<Vec<u8>>();
    new.for_each(|(key, value)| bytes.extend(key.iter().chain(value)));
    bytes.into()
}

/// What one would write instead.
struct Express {
    server: Server,
    _directory: TempDir,
}

impl Express {
    async fn start(folder: &Path, numbers: &[String]) -> Self {
        let directory = TempDir::new().unwrap();
        let orders = directory.path().join("orders.json");
        std::fs::write(&orders, orders::for_express(numbers)).unwrap();
        let mut command = Command::new("node");
        command.arg(folder.join("server.mjs")).arg(directory.path().join("shop.db")).arg(orders);
        let shop = wxpay_tests::SHOP;
        command.env("NODE_ENV", "production").args([shop.appid, shop.mch_id, shop.api_key]);
        Self { server: Server::of(&mut command).await, _directory: directory }
    }

    async fn assert_paid(self, count: usize) {
        let connections = Connections::open(self.server.address, 1).await;
        let (_, paid) = connections.call(post("/paid", "")).await;
        assert_eq!(paid, count.to_string());
        self.server.stop().await;
    }
}
