//! Telling the merchant's own system: delivery of the outbox, after Standard Webhooks 1.0.
//!
//! A row is written together with the event that causes it, and taken away when its endpoint has answered 2xx: every
//! event is told at least once, under an id that stays. Each endpoint has a worker of its own, so one that hangs delays
//! nobody else. What is not taken is tried again for three days and then kept as a dead letter.

mod bell;
mod endpoint;
mod letters;
mod payload;
mod reach;
mod schedule;
mod send;
mod sign;
mod turn;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

pub use self::bell::Bells;
pub use self::endpoint::Standing;
pub use self::letters::{EndpointStatus, LetterError, PingResult};
pub use self::reach::OutOfReach;
pub(crate) use self::reach::Reach;
pub use self::send::{Sender, WebhookLimits};
pub use self::sign::WebhookSecret;

use self::endpoint::Endpoint;
use crate::ambient::{Clock, NonceSource};
use crate::merchant::Merchants;
use crate::store::{OutboxRow, Store};

/// How often a worker looks whether something has become due; what has just happened wakes it at once.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Delivers to all endpoints of all merchants.
pub struct Outbox {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    nonces: Arc<dyn NonceSource>,
    bells: Arc<Bells>,
    sender: Sender,
    endpoints: Vec<Endpoint>,
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbox").field("endpoints", &self.endpoints).finish_non_exhaustive()
    }
}

impl Outbox {
    /// Puts it together; nothing is sent before [`Outbox::run`] or [`Outbox::deliver_due`].
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        nonces: Arc<dyn NonceSource>,
        merchants: &Merchants,
        bells: Arc<Bells>,
        sender: Sender,
    ) -> Self {
        let endpoints = merchants.iter().flat_map(|merchant| {
            merchant.webhooks.iter().map(|webhook| Endpoint::new(&merchant.id, webhook))
        });
        Self { store, clock, nonces, bells, sender, endpoints: endpoints.collect() }
    }

    /// Delivers until `stopped`; what is under way then is finished. Whoever cannot wait drops this: what was cut off
    /// is sent again after the next start.
    pub async fn run(&self, mut stopped: watch::Receiver<bool>) {
        join_all(self.endpoints.iter().map(|endpoint| self.work(endpoint, stopped.clone()))).await;
        // An error means that the sender is gone, which is a stop as well.
        let _ = stopped.wait_for(|stop| *stop).await;
    }

    /// Sends what is due to every endpoint; says how many attempts that took. Waits for turns that are under way.
    pub async fn deliver_due(&self) -> usize {
        let (_go, stopped) = watch::channel(false);
        let turns = self.endpoints.iter().map(|endpoint| self.turn(endpoint, &stopped));
        join_all(turns).await.into_iter().sum()
    }

    async fn work(&self, endpoint: &Endpoint, mut stopped: watch::Receiver<bool>) {
        let Some(mut bell) = self.bells.listen(&endpoint.merchant) else { return };
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !*stopped.borrow() {
            tokio::select! {
                _ = look.tick() => {}
                _ = bell.changed() => {}
                _ = stopped.wait_for(|stop| *stop) => return,
            }
            self.turn(endpoint, &stopped).await;
        }
    }
}
