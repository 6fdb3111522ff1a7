//! WeChat and the store without sockets and disks, for thousands of runs: the second gateway, and a store that lets
//! others go first.

mod bill;
mod charge;
mod gateway;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use fastrand::Rng;
use wxpay_core::Fen;
use wxpay_core::messages::refund::{Accepted, Refund, RefundStatus};
use wxpay_core::messages::refund_notice::RefundNotice;
use wxpay_core::messages::refund_query::RefundRecord;
use wxpay_core::messages::unified_order::UnifiedOrder;
use wxpay_core::messages::{ErrCode, Trade};
use wxpay_server::ambient::{Clock, SteppedClock};
use wxpay_server::gateway::{Doubt, GatewayError};

pub use self::bill::refund_row;
pub use self::store::DawdlingStore;

/// Random choices that every part of a run shares, so that one number repeats the run.
#[derive(Clone)]
pub struct Dice(Arc<Mutex<Rng>>);

impl Dice {
    /// All choices follow from the seed.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Rng::with_seed(seed))))
    }

    /// A number below `end`.
    pub fn below(&self, end: u64) -> u64 {
        self.0.lock().unwrap().u64(..end)
    }

    /// Once in `n` times.
    pub fn one_in(&self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// Lets others go first, now and then.
    pub async fn dawdle(&self) {
        for _ in 0..self.below(4) {
            tokio::task::yield_now().await;
        }
    }
}

/// A WeChat in memory that fails on the way there or on the way back, as often as it is told.
pub struct ScriptedWeChat {
    clock: Arc<SteppedClock>,
    dice: Dice,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    orders: BTreeMap<String, Placed>,
    count: u64,
    /// One call in so many fails; 0 is never.
    fails_one_in: u64,
    /// How often it was called.
    asked: u64,
    charges: BTreeMap<String, charge::Charge>,
    /// Calls that arrive after whoever sent them has given up, and when.
    late: Vec<(i64, Late)>,
    /// Orders that arrived so, and whose prepay_id nobody has: nobody can pay them.
    unheard: BTreeSet<String>,
    bills: bill::Bills,
}

type Late = Box<dyn FnOnce(&mut State) + Send>;

/// How a call reached WeChat.
#[derive(Clone, Copy)]
struct Arrival {
    now_ms: i64,
    is_late: bool,
}

struct Placed {
    request: UnifiedOrder,
    prepay_id: String,
    prepay_ms: i64,
    placed_ms: i64,
    is_closed: bool,
    payment: Option<Trade>,
    is_refunded: bool,
    refunds: Vec<Taken>,
}

/// A refund that WeChat has taken on.
struct Taken {
    request: Refund,
    refund_id: String,
    at_ms: i64,
    /// What becomes of it in the end.
    end: RefundStatus,
}

/// A refund takes two minutes.
const REFUND_MS: i64 = 120_000;

impl Taken {
    fn status(&self, now_ms: i64) -> RefundStatus {
        if now_ms - self.at_ms < REFUND_MS { RefundStatus::Processing } else { self.end }
    }

    fn record(&self, now_ms: i64) -> RefundRecord {
        let status = self.status(now_ms);
        RefundRecord {
            out_refund_no: self.request.out_refund_no.clone(),
            refund_id: self.refund_id.clone(),
            refund_fee: self.request.refund_fee,
            settlement_refund_fee: None,
            coupons: Vec::new(),
            status: Ok(status),
            refund_channel: None,
            refund_account: None,
            refund_recv_accout: None,
            refund_success_time: (status == RefundStatus::Success).then_some(now_ms / 1000),
        }
    }
}

impl Placed {
    /// What was paid back or may be: the sum that WeChat never lets grow beyond what was paid.
    fn refunded(&self, now_ms: i64) -> u64 {
        let counted =
            self.refunds.iter().filter(|one| one.status(now_ms) != RefundStatus::RefundClose);
        counted.map(|one| one.request.refund_fee.get()).sum()
    }

    /// The rules of refund, as far as amounts go.
    fn take_on(
        &mut self,
        refund: &Refund,
        id: u64,
        end: RefundStatus,
        now_ms: i64,
    ) -> Result<Accepted, GatewayError> {
        let payment = self.payment.as_ref().ok_or_else(|| refused(ErrCode::TradeStateError))?;
        let transaction_id = payment.transaction_id.clone();
        assert_eq!(refund.total_fee, self.request.total_fee, "total_fee is what was ordered");
        let same = |one: &&Taken| one.request.out_refund_no == refund.out_refund_no;
        let known = self.refunds.iter().find(same);
        if let Some(known) = known {
            assert_eq!(known.request, *refund, "the same number with other terms");
        } else {
            let sum = self.refunded(now_ms) + refund.refund_fee.get();
            assert!(sum <= refund.total_fee.get(), "more than was paid: {sum}");
            let refund_id = format!("50{id:026}");
            self.refunds.push(Taken { request: refund.clone(), refund_id, at_ms: now_ms, end });
        }
        let taken = self.refunds.iter().find(same).unwrap();
        Ok(Accepted {
            refund_id: taken.refund_id.clone(),
            transaction_id,
            settlement_refund_fee: None,
            cash_refund_fee: None,
            coupons: Vec::new(),
        })
    }
}

/// A call is under way for less than a payment code is good for.
const LATE_MS: u64 = 50_000;
/// A prepay_id lives two hours.
const PREPAY_LIFE_MS: i64 = 2 * 3_600_000;

impl ScriptedWeChat {
    /// With no orders.
    pub fn new(clock: Arc<SteppedClock>, dice: Dice, fails_one_in: u64) -> Self {
        let state = State { fails_one_in, ..State::default() };
        Self { clock, dice, state: Mutex::new(state) }
    }

    /// From now on, every call succeeds.
    pub fn heal(&self) {
        self.state().fails_one_in = 0;
    }

    /// From now on, no call succeeds but that for a bill.
    pub fn fail_always(&self) {
        self.state().fails_one_in = 1;
    }

    /// How often it was called, whether that arrived or not; bills apart.
    pub fn asked(&self) -> u64 {
        self.state().asked
    }

    /// A person pays, if the order can be paid: then this is what the notice says.
    pub fn pay(&self, out_trade_no: &str) -> Option<Trade> {
        let now_ms = self.clock.now_ms();
        let mut state = self.state();
        state.count += 1;
        let transaction_id = format!("42{:026}", state.count);
        if state.unheard.contains(out_trade_no) {
            return None;
        }
        let placed = state.orders.get_mut(out_trade_no)?;
        let expires_ms = placed.request.time_expire.map_or(i64::MAX, |s| s * 1000);
        let is_live = now_ms - placed.prepay_ms < PREPAY_LIFE_MS && now_ms < expires_ms;
        if placed.is_closed || placed.payment.is_some() || !is_live {
            return None;
        }
        placed.payment = Some(Trade {
            transaction_id,
            total_fee: placed.request.total_fee,
            fee_type: "CNY".into(),
            cash_fee: None,
            settlement_total_fee: None,
            coupons: Vec::new(),
            time_end: now_ms / 1000,
            openid: placed.request.openid.clone(),
            sub_openid: None,
            trade_type: Some("JSAPI".into()),
            bank_type: None,
            attach: None,
        });
        placed.payment.clone()
    }

    /// The merchant gives the money back in WeChat's own pages, if there is any.
    pub fn refund_by_hand(&self, out_trade_no: &str) {
        if let Some(placed) = self.state().orders.get_mut(out_trade_no) {
            placed.is_refunded = placed.payment.is_some();
        }
    }

    /// All money that moved: order number and payment.
    pub fn ledger(&self) -> Vec<(String, Trade)> {
        let state = self.state();
        let paid = |(number, placed): (&String, &Placed)| {
            placed.payment.clone().map(|payment| (number.clone(), payment))
        };
        let placed = state.orders.iter().filter_map(paid);
        let charged = state.charges.iter();
        let charged = charged.filter_map(|(no, charge)| Some((no.clone(), charge.payment()?)));
        let mut ledger: Vec<_> = placed.chain(charged).collect();
        ledger.sort_by(|one, other| one.0.cmp(&other.0));
        ledger
    }

    /// All refunds that WeChat has taken on: order, number, amount, and what became of them.
    pub fn refunds(&self) -> Vec<(String, String, Fen, RefundStatus)> {
        let (state, now_ms) = (self.state(), self.clock.now_ms());
        let of_order = |(number, placed): (&String, &Placed)| {
            let rows = placed.refunds.iter().map(|one| {
                let Refund { out_refund_no, refund_fee, .. } = &one.request;
                (number.clone(), out_refund_no.clone(), *refund_fee, one.status(now_ms))
            });
            rows.collect::<Vec<_>>()
        };
        state.orders.iter().flat_map(of_order).collect()
    }

    /// The notice of a refund, true but for the status: it always says that the money is back.
    pub fn refund_notice(&self, out_trade_no: &str, pick: usize) -> Option<RefundNotice> {
        let (state, now_ms) = (self.state(), self.clock.now_ms());
        let placed = state.orders.get(out_trade_no)?;
        let taken = placed.refunds.get(pick)?;
        let record = taken.record(now_ms);
        Some(RefundNotice {
            transaction_id: placed.payment.as_ref()?.transaction_id.clone(),
            out_trade_no: out_trade_no.into(),
            refund_id: record.refund_id,
            out_refund_no: record.out_refund_no,
            total_fee: placed.request.total_fee,
            settlement_total_fee: None,
            refund_fee: record.refund_fee,
            settlement_refund_fee: None,
            cash_refund_fee: None,
            status: Ok(RefundStatus::Success),
            success_time: None,
            refund_recv_accout: None,
            refund_account: None,
            refund_request_source: None,
        })
    }

    /// As it is now: what was under way and should have arrived has done so.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap();
        let now_ms = self.clock.now_ms();
        while let Some(first) = state.late.iter().position(|(at_ms, _)| *at_ms <= now_ms) {
            let (_, arrive) = state.late.swap_remove(first);
            arrive(&mut state);
        }
        state
    }

    /// Whether calls are under way that nobody waits for.
    pub fn has_late_calls(&self) -> bool {
        !self.state().late.is_empty()
    }

    /// A call: perhaps it does not arrive, or long after whoever sent it has given up, perhaps its answer does not; and
    /// it takes its time both ways.
    async fn call<T>(
        &self,
        act: impl FnOnce(&mut State, Arrival) -> Result<T, GatewayError> + Send + 'static,
    ) -> Result<T, GatewayError>
    where
        T: Send,
    {
        self.dice.dawdle().await;
        let fails_one_in = {
            let mut state = self.state();
            state.asked += 1;
            state.fails_one_in
        };
        let fails = fails_one_in > 0 && self.dice.one_in(fails_one_in);
        let arrives = !fails || self.dice.one_in(2);
        let answer = if arrives {
            Some(act(&mut self.state(), Arrival { now_ms: self.clock.now_ms(), is_late: false }))
        } else if self.dice.one_in(4) {
            let after_ms = i64::try_from(self.dice.below(LATE_MS)).unwrap();
            let at_ms = self.clock.now_ms() + after_ms;
            let arrival = Arrival { now_ms: at_ms, is_late: true };
            let late: Late = Box::new(move |state| drop(act(state, arrival)));
            self.state().late.push((at_ms, late));
            return Err(GatewayError::Unknown(Doubt::Timeout));
        } else {
            None
        };
        self.dice.dawdle().await;
        match answer {
            Some(answer) if !fails => answer,
            Some(_) => Err(GatewayError::Unknown(Doubt::Timeout)),
            None if self.dice.one_in(2) => Err(GatewayError::Unknown(Doubt::Status(502))),
            None => Err(GatewayError::NotSent { detail: "no route".into() }),
        }
    }
}

fn refused(code: ErrCode) -> GatewayError {
    GatewayError::Refused { code, description: String::new() }
}
