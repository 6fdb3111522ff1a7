//! The store in memory, with pauses around every call, and with the troubles of a disk.

use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use wxpay_server::orders::{Event, Order, OrderKey};
use wxpay_server::store::{Change, Filter, MemoryStore, Page, Rows, Store, StoreError};

use super::Dice;

/// A store that lets others go first: whoever reads may find the world changed when it commits.
pub struct DawdlingStore {
    inner: MemoryStore,
    dice: Dice,
    trouble: Mutex<Trouble>,
}

#[derive(Default)]
struct Trouble {
    /// One commit in so many meets a full queue; 0 is never.
    busy_one_in: u64,
    /// The next commit fails.
    is_close: bool,
    /// Every further commit fails, until the process has started anew.
    has_failed: bool,
}

impl std::fmt::Debug for DawdlingStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DawdlingStore").finish_non_exhaustive()
    }
}

/// What becomes of a commit.
enum Fate {
    Well,
    Busy,
    /// It fails, and what was to be written is not there.
    Lost,
    /// It fails, and is there all the same: the sync failed, not the write.
    Kept,
}

impl DawdlingStore {
    /// An empty one.
    pub fn new(dice: Dice) -> Self {
        Self { inner: MemoryStore::new(), dice, trouble: Mutex::default() }
    }

    /// The store itself.
    pub fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    /// From now on one commit in so many is told to come later; 0 is none.
    pub fn be_busy(&self, one_in: u64) {
        self.trouble().busy_one_in = one_in;
    }

    /// The disk fails at the next commit, written or not.
    pub fn fail_next(&self) {
        self.trouble().is_close = true;
    }

    /// Whether it has: nothing more is written then.
    pub fn has_failed(&self) -> bool {
        self.trouble().has_failed
    }

    /// Another process opens it, and the disk is in order.
    pub fn reopen(&self) {
        let mut trouble = self.trouble();
        (trouble.is_close, trouble.has_failed) = (false, false);
    }

    fn fate(&self) -> Fate {
        let mut trouble = self.trouble();
        if trouble.has_failed {
            return Fate::Lost;
        }
        if std::mem::take(&mut trouble.is_close) {
            trouble.has_failed = true;
            return if self.dice.one_in(2) { Fate::Kept } else { Fate::Lost };
        }
        let is_busy = trouble.busy_one_in > 0 && self.dice.one_in(trouble.busy_one_in);
        if is_busy { Fate::Busy } else { Fate::Well }
    }

    fn trouble(&self) -> MutexGuard<'_, Trouble> {
        self.trouble.lock().unwrap()
    }
}

fn failed() -> StoreError {
    StoreError::Failed { what: "syncing", detail: "no more disk".into() }
}

#[async_trait]
impl Store for DawdlingStore {
    async fn order(&self, key: &OrderKey) -> Result<Option<Order>, StoreError> {
        self.dice.dawdle().await;
        self.inner.order(key).await
    }

    async fn newest(&self, key: &OrderKey) -> Result<Option<Order>, StoreError> {
        self.dice.dawdle().await;
        self.inner.newest(key).await
    }

    async fn settled(&self) -> Result<(), StoreError> {
        self.dice.dawdle().await;
        if self.has_failed() { Err(failed()) } else { self.inner.settled().await }
    }

    async fn events(&self, key: &OrderKey) -> Result<Vec<Event>, StoreError> {
        self.dice.dawdle().await;
        self.inner.events(key).await
    }

    async fn orders(&self, merchant: &str, filter: &Filter) -> Result<Page, StoreError> {
        self.dice.dawdle().await;
        self.inner.orders(merchant, filter).await
    }

    async fn watched(&self) -> Result<Vec<Order>, StoreError> {
        self.dice.dawdle().await;
        self.inner.watched().await
    }

    async fn logs(
        &self,
        merchant: Option<&str>,
        after: Option<&OrderKey>,
        limit: usize,
    ) -> Result<Vec<(OrderKey, Vec<Event>)>, StoreError> {
        self.dice.dawdle().await;
        self.inner.logs(merchant, after, limit).await
    }

    async fn row(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.dice.dawdle().await;
        self.inner.row(key).await
    }

    async fn rows(&self, from: Vec<u8>, end: Vec<u8>, limit: usize) -> Result<Rows, StoreError> {
        self.dice.dawdle().await;
        self.inner.rows(from, end, limit).await
    }

    async fn commit(&self, change: Change) -> Result<(), StoreError> {
        self.dice.dawdle().await;
        let answer = match self.fate() {
            Fate::Well => self.inner.commit(change).await,
            Fate::Busy => Err(StoreError::Busy),
            Fate::Lost => Err(failed()),
            Fate::Kept => self.inner.commit(change).await.and(Err(failed())),
        };
        self.dice.dawdle().await;
        answer
    }

    fn healthy(&self) -> bool {
        !self.has_failed()
    }

    async fn failed(&self) -> StoreError {
        self.inner.failed().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
