//! The handle: every power of the control API for tests in the same process.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use wxpay_core::messages::TradeState;

use crate::calls::Call;
use crate::config::Config;
use crate::faults::{Fault, FaultError};
use crate::ids;
use crate::ledger::LedgerEntry;
use crate::messages::Message;
use crate::order::Order;
use crate::payment::{Outcome, PayError};
use crate::running::{Errand, Job};
use crate::subject::Subject;
use crate::tls::{Authority, ClientIdentity};
use crate::world::{LoginCode, World};

/// How long [`Simulator::wait_until`] waits, in real time.
const PATIENCE: Duration = Duration::from_secs(20);

/// A handle on a simulated WeChat. Clones are handles on the same one.
#[derive(Clone)]
pub struct Simulator {
    shared: Arc<Shared>,
}

struct Shared {
    config: Config,
    urls: Urls,
    authority: Authority,
    world: Mutex<World>,
    changed: watch::Sender<()>,
    errands: mpsc::UnboundedSender<Errand>,
}

/// Where a simulator is reached.
pub(crate) struct Urls {
    pub(crate) plain: String,
    pub(crate) tls: String,
    pub(crate) backup: Option<String>,
}

/// What wx.login gives the mini program; the openid is what code2session will say.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Login {
    /// Works once, for five minutes.
    pub code: String,
    /// The user under this appid.
    pub openid: String,
}

/// There is no merchant with this appid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginError;

/// What the cashier tells the phone.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct CashierReply {
    /// Whether the money moved.
    pub ok: bool,
    /// `requestPayment:ok`, `requestPayment:fail cancel` or `requestPayment:fail ...`.
    #[serde(rename = "errMsg")]
    pub err_msg: String,
    /// The order's state afterwards.
    pub trade_state: TradeState,
}

/// What was waited for did not come about within 20 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitError;

impl Simulator {
    pub(crate) fn new(
        config: Config,
        urls: Urls,
        authority: Authority,
        errands: mpsc::UnboundedSender<Errand>,
    ) -> Self {
        let world = Mutex::new(World::new(&config, urls.plain.clone()));
        let (changed, _) = watch::channel(());
        let shared = Shared { config, urls, authority, world, changed, errands };
        Self { shared: Arc::new(shared) }
    }

    /// Such as `http://127.0.0.1:8087`, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.shared.urls.plain
    }

    /// The payment host over TLS, such as `https://localhost:8088`: it answers every call, and is the only one that
    /// answers those with a merchant certificate.
    pub fn cashier_tls_url(&self) -> &str {
        &self.shared.urls.tls
    }

    /// The authority behind [`cashier_tls_url`](Self::cashier_tls_url), as PEM. It is new at every start.
    pub fn ca_pem(&self) -> &str {
        &self.shared.authority.ca_pem
    }

    /// The certificate and key of a merchant, as the merchant platform gives them out.
    pub fn client_identity_pem(&self, mch_id: &str) -> Option<ClientIdentity> {
        self.shared.authority.identity(mch_id).cloned()
    }

    /// The second listener, when the configuration asks for one: the same WeChat behind another address.
    pub fn backup_url(&self) -> Option<&str> {
        self.shared.urls.backup.as_deref()
    }

    /// Cuts the primary listeners, plain and TLS, or brings them back: their connections break, and who connects is
    /// refused.
    ///
    /// # Errors
    /// When a port was lost to another program, or the simulator is shut down.
    pub async fn set_primary_down(&self, down: bool) -> io::Result<()> {
        let gone = || io::Error::from(io::ErrorKind::NotConnected);
        let (done, outcome) = oneshot::channel();
        let errand = Errand::SetPrimaryDown(down, done);
        self.shared.errands.send(errand).map_err(|_| gone())?;
        outcome.await.map_err(|_| gone())?
    }

    /// What wx.login does: a fresh code for a user of a mini program. The same name is always the same user.
    ///
    /// # Errors
    /// [`LoginError`] when no merchant or sub merchant has this appid.
    pub fn login(&self, appid: &str, user: &str) -> Result<Login, LoginError> {
        self.with(|world| {
            if world.app_secret(appid).is_none() {
                return Err(LoginError);
            }
            let login = Login { code: world.ids.login_code(), openid: ids::openid(appid, user) };
            world.users.insert(login.openid.clone(), user.into());
            let code = LoginCode {
                appid: appid.into(),
                openid: login.openid.clone(),
                made_ms: world.now_ms,
                used: false,
            };
            world.codes.insert(login.code.clone(), code);
            Ok(login)
        })
    }

    /// A person at the cashier; `name` is a prepay_id, code_url or mweb_url, or an out_trade_no for its newest prepay_id.
    ///
    /// # Errors
    /// [`PayError`] when the order cannot be paid any more.
    pub async fn pay(&self, name: &str, outcome: Outcome) -> Result<CashierReply, PayError> {
        let (payment, order) = self.with(|world| {
            let payment = world.pay(name, outcome)?;
            Ok((payment, world.order(name).ok_or(PayError::UnknownOrder)?))
        })?;
        if payment.is_some() {
            let key = (order.mch_id().into(), order.out_trade_no().into());
            self.deliver(Subject::Payment(key)).await;
        }
        let err_msg = match outcome {
            Outcome::Pay | Outcome::PayWithCoupon { .. } => "requestPayment:ok",
            Outcome::Fail => "requestPayment:fail 余额不足",
            Outcome::Cancel => "requestPayment:fail cancel",
        };
        let trade_state = order.trade_state();
        Ok(CashierReply { ok: payment.is_some(), err_msg: err_msg.into(), trade_state })
    }

    /// All orders, by merchant and number.
    pub fn orders(&self) -> Vec<Order> {
        self.read(|world| world.orders().collect())
    }

    /// An order by its out_trade_no, a prepay_id, code_url or mweb_url.
    pub fn order(&self, name: &str) -> Option<Order> {
        self.read(|world| world.order(name))
    }

    /// Payments and refunds, oldest first; a refund stands where it was asked for.
    pub fn ledger(&self) -> Vec<LedgerEntry> {
        self.read(|world| world.ledger().to_vec())
    }

    /// The messages after number `after`, oldest first.
    pub fn messages(&self, after: u64) -> Vec<Message> {
        self.read(|world| world.messages(after).cloned().collect())
    }

    /// How often a call came about one order; `None` counts all.
    pub fn calls(&self, call: Call, out_trade_no: Option<&str>) -> u64 {
        self.read(|world| world.calls(call, out_trade_no))
    }

    /// Waits until the world is as wanted: looks now, and again after every change.
    ///
    /// # Errors
    /// [`WaitError`] after 20 s of real time.
    pub async fn wait_until(&self, wanted: impl Fn(&World) -> bool) -> Result<(), WaitError> {
        let mut changes = self.shared.changed.subscribe();
        let watching = async {
            while !self.read(&wanted) {
                // The sender lives as long as this handle.
                let _ = changes.changed().await;
            }
        };
        tokio::time::timeout(PATIENCE, watching).await.map_err(|_| WaitError)
    }

    /// Makes the next calls or notices go wrong.
    ///
    /// # Errors
    /// [`FaultError`] when the fault does not fit its call.
    pub fn set_fault(&self, fault: Fault) -> Result<(), FaultError> {
        self.with(|world| world.faults.set(fault))
    }

    /// The faults still waiting for their calls.
    pub fn faults(&self) -> Vec<Fault> {
        self.read(|world| world.faults.all().to_vec())
    }

    /// Forgets all faults.
    pub fn clear_faults(&self) {
        self.with(|world| world.faults.clear());
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.shared.authority
    }

    pub(crate) fn config(&self) -> &Config {
        &self.shared.config
    }

    /// Runs a job beside the request that causes it. After shutdown jobs are forgotten.
    pub(crate) fn spawn(&self, job: Job) {
        let _ = self.shared.errands.send(Errand::Run(job));
    }

    /// Looks at the world.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the world, and wakes whoever waits for a change.
    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let result = change(&mut self.lock());
        self.shared.changed.send_replace(());
        result
    }

    /// The world at this moment. A poisoned lock is taken over: a panic in one test must not hang the next.
    fn lock(&self) -> MutexGuard<'_, World> {
        let mut world = self.shared.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.now_ms = (self.shared.config.now)();
        world.end_due_passwords();
        world
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("base_url", &self.shared.urls.plain)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("appid: no merchant has it")
    }
}

impl std::error::Error for LoginError {}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it did not come about within {} s", PATIENCE.as_secs())
    }
}

impl std::error::Error for WaitError {}
