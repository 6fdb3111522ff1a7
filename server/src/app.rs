//! What every request needs, in one place.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::ambient::{Clock, NonceSource};
use crate::books::{Books, Schedule};
use crate::gateway::Gateway;
use crate::login::Logins;
use crate::merchant::Merchants;
use crate::orders::Orders;
use crate::outbox::{Outbox, Sender};
use crate::store::Store;

/// The ports and settings an [`App`] is made of.
pub struct Parts {
    /// Where orders live.
    pub store: Arc<dyn Store>,
    /// WeChat.
    pub gateway: Arc<dyn Gateway>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub nonces: Arc<dyn NonceSource>,
    /// Whom we work for.
    pub merchants: Arc<Merchants>,
    /// The merchants' own systems.
    pub webhooks: Sender,
    /// Where WeChat reaches us, without a slash at the end.
    pub public_url: String,
    /// Seconds an order can be paid when the merchant does not say.
    pub order_expire_s: i64,
    /// Whether an order that was paid although it was closed is paid back by itself.
    pub refund_paid_after_close: bool,
    /// Seconds a token lives.
    pub token_s: i64,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// When bills are compared unasked, if they are.
    pub daily: Option<Schedule>,
}

/// The running application, shared by all requests.
pub struct App {
    /// The order rules.
    pub orders: Arc<Orders>,
    /// Bills beside our books.
    pub books: Books,
    /// What the merchants' own systems are told.
    pub outbox: Outbox,
    /// The login rules.
    pub logins: Logins,
    /// Whom we work for.
    pub merchants: Arc<Merchants>,
    /// Where orders live.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub nonces: Arc<dyn NonceSource>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Set when the process is about to end: readiness turns red.
    pub draining: AtomicBool,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("orders", &self.orders).finish_non_exhaustive()
    }
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts { store, gateway, clock, nonces, merchants, .. } = parts;
        let logins = Logins::new(
            Arc::clone(&store),
            Arc::clone(&gateway),
            Arc::clone(&clock),
            Arc::clone(&merchants),
            parts.token_s,
        );
        let orders = Orders::new(
            Arc::clone(&store),
            Arc::clone(&gateway),
            Arc::clone(&clock),
            Arc::clone(&nonces),
            Arc::clone(&merchants),
            parts.public_url,
            parts.order_expire_s,
        );
        let orders = Arc::new(orders.refunding_late_payments(parts.refund_paid_after_close));
        let books = Books::new(
            Arc::clone(&store),
            gateway,
            Arc::clone(&clock),
            Arc::clone(&merchants),
            Arc::clone(&orders),
            parts.daily,
        );
        let outbox = Outbox::new(
            Arc::clone(&store),
            Arc::clone(&clock),
            Arc::clone(&nonces),
            &merchants,
            orders.bells(),
            parts.webhooks,
        );
        Arc::new(Self {
            orders,
            outbox,
            books,
            logins,
            merchants,
            store,
            clock,
            nonces,
            trusted_proxies: parts.trusted_proxies,
            draining: AtomicBool::new(false),
        })
    }
}
