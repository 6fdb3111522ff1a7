//! A shop, its customers, a simulated WeChat, the merchant's own system, and the record outside of what the server has
//! acknowledged.

use std::sync::Arc;

use fastrand::Rng;
use tokio::task::JoinSet;
use tokio::time::timeout;
use wxpay_core::ApiKey;
use wxpay_server::orders::Order;
use wxpay_simulator::{Config, Merchant, Running, Simulator};
use wxpay_tests::process::{Process, SOON, Site};
use wxpay_tests::{Receiver, SHOP};

use crate::acks::Acks;
use crate::check;
use crate::ending;
use crate::load::Client;

/// Phones and backends at work at the same time.
const CLIENTS: u64 = 8;

/// Everything but the server.
pub struct Scene {
    pub wechat: Running,
    /// The merchant's own system.
    pub receiver: Receiver,
    pub site: Site,
    pub acks: Arc<Acks>,
    pub random: Rng,
}

impl Scene {
    pub async fn new(seed: u64) -> Self {
        let mut config = Config::new(vec![Merchant {
            appid: SHOP.appid.into(),
            mch_id: SHOP.mch_id.into(),
            key: ApiKey::new(SHOP.api_key).unwrap(),
            app_secret: SHOP.app_secret.into(),
            name: "Test shop".into(),
        }]);
        config.speedup = 1_000;
        config.seed = seed;
        let wechat = Simulator::start(config).await.unwrap();
        let receiver = Receiver::start().await;
        let site = Site::new(wechat.base_url());
        let config = site.config_with_certificate(&wechat);
        site.write_config(&site.with_webhook(config, &receiver.url()));
        Self { wechat, receiver, site, acks: Arc::default(), random: Rng::with_seed(seed) }
    }

    /// Sends the customers in. They leave when nobody answers any more.
    pub fn customers(&mut self) -> JoinSet<()> {
        let mut customers = JoinSet::new();
        for _ in 0..CLIENTS {
            let random = Rng::with_seed(self.random.u64(..));
            let client = Client::new(&self.site, &self.wechat, &self.acks, random);
            customers.spawn(client.work_until_the_server_is_gone());
        }
        customers
    }

    /// Waits for some more acknowledgements, as many as chance has it, but `most` at most.
    pub async fn some_acks(&mut self, server: &Process, most: usize, context: &str) {
        let target = self.acks.count() + self.random.usize(1..most);
        let loaded = timeout(SOON, self.acks.wait_for(target)).await;
        assert!(loaded.is_ok(), "{context}: too slow\n{}", server.log().join("\n"));
    }

    /// Opens what the server has left behind: everything acknowledged must be there.
    pub async fn check_store(&self, context: &str) -> Vec<Order> {
        let Self { wechat, receiver, site, acks, .. } = self;
        check::store(site, acks, wechat, receiver, context).await
    }

    /// A last server: in the end the books are WeChat's ledger. Answers with what there was, in words.
    pub async fn end(self) -> String {
        let server = self.site.serve().await;
        ending::books_agree_in_the_end(&self.site, &self.wechat).await;
        ending::all_is_told_in_the_end(&self.site).await;
        server.terminate();
        let (status, log) = server.wait().await;
        assert_eq!(status.code(), Some(0), "{}", log.join("\n"));
        check::log(&log, "the last server");
        let orders = self.check_store("at the end").await;
        ending::books(&orders, &self.wechat);
        let refunds = self.wechat.refunds().len();
        let payments = self.wechat.ledger().len() - refunds;
        let summary = format!(
            "{}; {} orders, {payments} payments and {refunds} refunds in ledger and books, {} webhooks",
            self.acks.summary(),
            orders.len(),
            self.receiver.count(),
        );
        self.wechat.shutdown().await;
        summary
    }
}
