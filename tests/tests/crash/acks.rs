//! The record outside the server of what the server has acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use serde_json::Value;
use tokio::sync::watch;

/// Everything that was answered with success, by order and by user.
pub struct Acks {
    books: Mutex<Books>,
    count: watch::Sender<usize>,
    /// Somebody was told that nothing can be recorded any more.
    failure_told: AtomicBool,
}

/// What was said.
#[derive(Debug, Default, Clone)]
pub struct Books {
    /// By out_trade_no.
    pub orders: BTreeMap<String, OrderAcks>,
    /// The users that were given a token.
    pub openids: BTreeSet<String>,
}

/// What was said about one order.
#[derive(Debug, Default, Clone)]
pub struct OrderAcks {
    /// 201, or 200 for the same request again.
    pub total_fee: Option<u64>,
    /// The greatest revision that was shown.
    pub revision: u64,
    /// The Idempotency-Key that made it.
    pub idempotency_key: Option<String>,
    /// Whose pay call was answered.
    pub payer: Option<String>,
    /// Every prepay_id that was given out.
    pub prepay_ids: Vec<String>,
    /// A phone or the backend was told that it is paid.
    pub told_paid: bool,
    /// The backend was told that it shall be closed.
    pub close_asked: bool,
    /// The backend was told that it is closed.
    pub closed: bool,
    /// By out_refund_no.
    pub refunds: BTreeMap<String, RefundAcks>,
}

/// What was said about one refund.
#[derive(Debug, Default, Clone)]
pub struct RefundAcks {
    /// In fen.
    pub refund_fee: u64,
    /// WeChat has accepted it under this number.
    pub refund_id: Option<String>,
    /// The money is back.
    pub is_back: bool,
}

impl OrderAcks {
    /// Takes in an order as the backend was shown it.
    pub fn see(&mut self, view: &Value) {
        self.revision = self.revision.max(view["revision"].as_u64().unwrap());
        self.told_paid |= view["trade_state"] == "SUCCESS" || view["trade_state"] == "REFUND";
        self.closed |= view["trade_state"] == "CLOSED";
        view["refunds"].as_array().unwrap().iter().for_each(|refund| self.see_refund(refund));
    }

    /// Takes in a refund as the backend was shown it.
    pub fn see_refund(&mut self, view: &Value) {
        let no = view["out_refund_no"].as_str().unwrap().to_owned();
        let acks = self.refunds.entry(no).or_default();
        acks.refund_fee = view["refund_fee"].as_u64().unwrap();
        if let Some(refund_id) = view["refund_id"].as_str() {
            acks.refund_id = Some(refund_id.into());
        }
        acks.is_back |= view["refund_status"] == "SUCCESS";
    }
}

impl Default for Acks {
    fn default() -> Self {
        let (books, count) = (Mutex::default(), watch::Sender::new(0));
        Self { books, count, failure_told: AtomicBool::new(false) }
    }
}

impl Acks {
    /// Writes down an acknowledgement about an order.
    pub fn order(&self, out_trade_no: &str, write: impl FnOnce(&mut OrderAcks)) {
        write(self.books().orders.entry(out_trade_no.into()).or_default());
        self.count.send_modify(|count| *count += 1);
    }

    /// Writes down a login.
    pub fn login(&self, openid: &str) {
        self.books().openids.insert(openid.into());
        self.count.send_modify(|count| *count += 1);
    }

    /// Writes down that somebody was told that the store has failed.
    pub fn tell_failure(&self) {
        self.failure_told.store(true, Ordering::SeqCst);
    }

    /// Whether a server has said so.
    pub fn is_failure_told(&self) -> bool {
        self.failure_told.load(Ordering::SeqCst)
    }

    /// Another server, another store: nobody has been told anything bad of it.
    pub fn forget_failure(&self) {
        self.failure_told.store(false, Ordering::SeqCst);
    }

    /// How many acknowledgements there were.
    pub fn count(&self) -> usize {
        *self.count.borrow()
    }

    /// Waits for so many.
    pub async fn wait_for(&self, target: usize) {
        self.count.subscribe().wait_for(|count| *count >= target).await.unwrap();
    }

    /// As it stands now.
    pub fn all(&self) -> Books {
        self.books().clone()
    }

    /// In words.
    pub fn summary(&self) -> String {
        let books = self.books();
        let count = |is: fn(&OrderAcks) -> bool| books.orders.values().filter(|o| is(o)).count();
        format!(
            "{} acknowledgements ({} orders created, {} with prepay_id, {} told paid, {} closed or to be, \
             {} refunds, {} users)",
            self.count(),
            count(|o| o.total_fee.is_some()),
            count(|o| !o.prepay_ids.is_empty()),
            count(|o| o.told_paid),
            count(|o| o.close_asked),
            books.orders.values().map(|order| order.refunds.len()).sum::<usize>(),
            books.openids.len(),
        )
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }
}
