//! One schedule: a seed decides who does what, when, and at the same time as whom.

use std::sync::Arc;

use futures_util::future::{BoxFuture, Either, FutureExt, join_all, select};
use wxpay_core::messages::refund::RefundStatus;
use wxpay_core::messages::{Trade, TradeState, TradeType};
use wxpay_core::{Fen, SignType};
use wxpay_server::ambient::{SequenceNonces, SteppedClock};
use wxpay_server::merchant::Merchants;
use wxpay_server::orders::{
    Anomaly, Conflict, Extra, Fact, FoundAnomaly, Idempotency, NewOrder, NewRefund, Noticed, Order,
    OrderError, Orders, RefundError, RefundTerms, Source,
};
use wxpay_server::secret::Secret;
use wxpay_server::store::{Store, StoreError};
use wxpay_tests::scripted::{DawdlingStore, Dice, ScriptedWeChat};
use wxpay_tests::store_contract::key;
use wxpay_tests::{SHOP, START_MS};

use crate::counts::Counts;
use crate::invariants::Watcher;

const STEPS: u64 = 24;
const NUMBERS: u64 = 3;

pub struct Schedule {
    seed: u64,
    dice: Dice,
    /// The server's.
    clock: Arc<SteppedClock>,
    wechats_clock: Arc<SteppedClock>,
    wechat: Arc<ScriptedWeChat>,
    store: Arc<DawdlingStore>,
    merchants: Arc<Merchants>,
    nonces: Arc<SequenceNonces>,
    orders: Arc<Orders>,
    watcher: Watcher,
    /// In these schedules WeChat also says what it never should: a second payment, a state out of the blue.
    is_wild: bool,
    counts: Counts,
}

impl Schedule {
    pub fn new(seed: u64) -> Self {
        let dice = Dice::new(seed);
        let clock = Arc::new(SteppedClock::new(START_MS));
        let wechats_clock = Arc::new(SteppedClock::new(START_MS));
        let fails_one_in = [0, 3, 8][(seed % 3) as usize];
        let wechat = ScriptedWeChat::new(Arc::clone(&wechats_clock), dice.clone(), fails_one_in);
        let wechat = Arc::new(wechat);
        let store = Arc::new(DawdlingStore::new(dice.clone()));
        store.be_busy([0, 0, 40][(seed / 3 % 3) as usize]);
        let merchants =
            Arc::new(Merchants::new(vec![SHOP.with_some_certificate(SignType::HmacSha256)]));
        let nonces = Arc::new(SequenceNonces::default());
        let orders = rules(&store, &wechat, &clock, &nonces, &merchants);
        let (watcher, counts) = (Watcher::default(), Counts::default());
        let is_wild = seed % 5 == 4;
        Self {
            seed,
            dice,
            clock,
            wechats_clock,
            wechat,
            store,
            merchants,
            nonces,
            orders,
            watcher,
            is_wild,
            counts,
        }
    }

    pub async fn run(mut self) -> Counts {
        for _ in 0..STEPS {
            self.step().await;
            self.watcher.check(self.store.inner()).await;
            self.counts.checks += 1;
            if self.store.has_failed() {
                // The process ends by itself.
                self.counts.store_failures += 1;
                self.restart().await;
            } else if self.dice.one_in(12) {
                self.restart().await;
            }
        }
        self.end().await;
        self.counts
    }

    /// A few things at once; and the process may be killed in the middle of them.
    async fn step(&mut self) {
        if self.dice.one_in(16) {
            self.store.fail_next();
        }
        let at_once = 1 + self.dice.below(4);
        let actions: Vec<_> = (0..at_once).map(|_| self.action()).collect();
        let life = if self.dice.one_in(8) { self.dice.below(24) } else { u64::MAX };
        let killed = Box::pin(async {
            for _ in 0..life {
                tokio::task::yield_now().await;
            }
        });
        match select(join_all(actions), killed).await {
            Either::Left((answers, _)) => {
                self.counts.actions += answers.len();
                self.counts.refused += answers.iter().filter(|answer| answer.is_err()).count();
                for answer in answers {
                    expected(answer, self.store.has_failed());
                }
            }
            Either::Right(_) => {
                self.counts.kills += 1;
                self.restart().await;
            }
        }
    }

    /// Something that somebody does.
    fn action(&self) -> BoxFuture<'static, Result<(), OrderError>> {
        let number = format!("no{}", self.dice.below(NUMBERS));
        let order = key("shop", &number);
        let orders = Arc::clone(&self.orders);
        match self.dice.below(if self.is_wild { 13 } else { 15 }) {
            0 if self.dice.one_in(4) => self.clock_is_set().boxed(),
            0..=2 => self.create(number).boxed(),
            3 | 4 if self.dice.one_in(4) => self.charge(number).boxed(),
            3 | 4 => {
                let user = format!("user{}", self.dice.below(2));
                async move { orders.pay(&order, &user, "192.0.2.1").await.map(|_| ()) }.boxed()
            }
            5 | 6 => self.person_pays(number).boxed(),
            7 => async move { orders.query(&order).await.map(|_| ()) }.boxed(),
            8 if self.dice.one_in(3) => {
                async move { orders.reverse(&order).await.map(|_| ()) }.boxed()
            }
            8 => async move { orders.close(&order).await.map(|_| ()) }.boxed(),
            9 => self.time_passes().boxed(),
            10 => self.wrong_notice(number).boxed(),
            11 if self.is_wild => self.second_payment(number).boxed(),
            12 if self.is_wild => self.strange_fact(number).boxed(),
            11..=13 => self.refund(number).boxed(),
            _ => self.refund_notice(number).boxed(),
        }
    }

    fn create(&self, number: String) -> impl Future<Output = Result<(), OrderError>> + use<> {
        let total_fee = 100 + self.dice.below(2);
        let new = NewOrder {
            out_trade_no: Some(number),
            body: "Corner shop-tea".into(),
            total_fee: Fen::new(total_fee).unwrap(),
            trade_type: if self.dice.one_in(5) { TradeType::Micropay } else { TradeType::Jsapi },
            openid: self.dice.one_in(4).then(|| "user0".to_owned()),
            // Ten minutes, two hours, or long enough for several prepay_ids.
            expire_s: [Some(600), None, Some(200_000)][self.dice.below(3) as usize],
            extra: Extra::default(),
        };
        let idempotency = self.dice.one_in(2).then(|| Idempotency {
            key: format!("key{}", self.dice.below(3)),
            body_hash: format!("{new:?}"),
        });
        let (orders, merchants) = (Arc::clone(&self.orders), Arc::clone(&self.merchants));
        async move {
            let merchant = merchants.only().unwrap();
            let created = orders.create(merchant, new.clone(), idempotency).await?;
            assert_eq!(created.order.terms.total_fee, new.total_fee);
            Ok(())
        }
    }

    /// A user shows a payment code.
    fn charge(&self, number: String) -> impl Future<Output = Result<(), OrderError>> + use<> {
        let orders = Arc::clone(&self.orders);
        async move {
            let code = Secret::new("134567890123456789".into());
            let order = orders.micropay(&key("shop", &number), &code, "192.0.2.1").await?;
            assert!(order.asked.is_some() && order.refused.is_none(), "{order:?}");
            Ok(())
        }
    }

    /// Someone pays; the notice comes now, twice, or never.
    fn person_pays(&self, number: String) -> impl Future<Output = Result<(), OrderError>> + use<> {
        let (orders, wechat, dice) =
            (Arc::clone(&self.orders), Arc::clone(&self.wechat), self.dice.clone());
        async move {
            dice.dawdle().await;
            let Some(payment) = wechat.pay(&number) else { return Ok(()) };
            let times = dice.below(4);
            let order = key("shop", &number);
            let notices = (0..times).map(|_| orders.apply(&order, paid(&payment)));
            for answer in join_all(notices).await {
                let order = answer?;
                // Reversed, as wild schedules have it: the payment came first and its notice is old.
                let is_reversed = order.trade_state == TradeState::Revoked;
                assert!(order.trade_state.is_paid() || is_reversed, "acknowledged: {order:?}");
            }
            if dice.one_in(4) {
                wechat.refund_by_hand(&number);
            }
            Ok(())
        }
    }

    /// Signed by WeChat, and yet about another amount or in another currency.
    fn wrong_notice(&self, number: String) -> impl Future<Output = Result<(), OrderError>> + use<> {
        let (orders, dice) = (Arc::clone(&self.orders), self.dice.clone());
        async move {
            let order = key("shop", &number);
            let before = orders.get(&order).await?;
            if before.is_micropay() {
                // There are no notices of these.
                return Ok(());
            }
            let mut payment = trade(WRONG_PAYMENT, before.terms.total_fee);
            if dice.one_in(2) {
                payment.total_fee = Fen::new(99).unwrap();
            } else {
                payment.fee_type = "USD".into();
            }
            let after = orders.apply(&order, paid(&payment)).await?;
            let is_taken = after.payment.is_some_and(|p| p.transaction_id == WRONG_PAYMENT);
            assert!(!is_taken, "{before:?}");
            let mut anomalies = after.anomalies.iter();
            assert!(anomalies.any(|found| found.anomaly.odd_payment() == Some(WRONG_PAYMENT)));
            Ok(())
        }
    }

    fn second_payment(
        &self,
        number: String,
    ) -> impl Future<Output = Result<(), OrderError>> + use<> {
        let (orders, n) = (Arc::clone(&self.orders), self.dice.below(3));
        async move {
            let order = key("shop", &number);
            let total_fee = orders.get(&order).await?.terms.total_fee;
            let payment = trade(&format!("43{n}{number}"), total_fee);
            orders.apply(&order, paid(&payment)).await.map(|_| ())
        }
    }

    fn strange_fact(&self, number: String) -> impl Future<Output = Result<(), OrderError>> + use<> {
        let states = TradeState::ALL;
        let trade_state = states[self.dice.below(states.len() as u64) as usize];
        let orders = Arc::clone(&self.orders);
        async move {
            let order = key("shop", &number);
            let total_fee = orders.get(&order).await?.terms.total_fee;
            let payment =
                trade_state.is_paid().then(|| Box::new(trade(&format!("44{number}"), total_fee)));
            let fact = Fact { source: Source::Query, trade_state, payment };
            orders.apply(&order, fact).await.map(|_| ())
        }
    }

    /// The merchant pays back, under one of few numbers or under ours.
    fn refund(&self, number: String) -> impl Future<Output = Result<(), OrderError>> + use<> {
        let new = NewRefund {
            out_refund_no: (!self.dice.one_in(4))
                .then(|| format!("{number}-r{}", self.dice.below(4))),
            refund_fee: Fen::new(self.dice.below(70)).unwrap(),
            total_fee: None,
            refund_desc: None,
            refund_account: None,
        };
        let idempotency = self.dice.one_in(3).then(|| Idempotency {
            key: format!("refund-key{}", self.dice.below(3)),
            body_hash: format!("{number} {new:?}"),
        });
        let orders = Arc::clone(&self.orders);
        async move {
            if orders.get(&key("shop", &number)).await?.is_micropay() {
                // The scripted WeChat takes these back whole.
                return Ok(());
            }
            let refunded = orders.refund(&key("shop", &number), new.clone(), idempotency).await?;
            let refund = refunded.refund().unwrap();
            assert_eq!(refund.terms.refund_fee, new.refund_fee);
            Ok(())
        }
    }

    /// WeChat's notice, or one that only looks like it: what is acknowledged is on record.
    fn refund_notice(
        &self,
        number: String,
    ) -> impl Future<Output = Result<(), OrderError>> + use<> {
        let notice = self.wechat.refund_notice(&number, self.dice.below(3) as usize);
        let (orders, wechat) = (Arc::clone(&self.orders), Arc::clone(&self.wechat));
        async move {
            let Some(notice) = notice else { return Ok(()) };
            if orders.refund_noticed("shop", &notice).await? == Noticed::Confirmed {
                let order = orders.get(&key("shop", &number)).await?;
                let refund = order.refund(&notice.out_refund_no).unwrap();
                let told = wechat.refunds().into_iter().find(|row| row.1 == notice.out_refund_no);
                assert_eq!(refund.refund_status, told.map(|row| row.3), "acknowledged: {order:?}");
            }
            Ok(())
        }
    }

    /// The clock jumps, and the sweep does what has become due.
    fn time_passes(&self) -> impl Future<Output = Result<(), OrderError>> + use<> {
        let seconds = [1, 6, 40, 310, 1_000, 7_300][self.dice.below(6) as usize];
        let (orders, clock) = (Arc::clone(&self.orders), Arc::clone(&self.clock));
        let wechats = Arc::clone(&self.wechats_clock);
        async move {
            wechats.step_ms(seconds * 1000);
            clock.step_ms(seconds * 1000);
            orders.reconcile_due().await;
            Ok(())
        }
    }

    /// Somebody sets the server's clock, on or back, and WeChat's stays as it is. Not so much on that it seems to be too
    /// late for what is under way: to wait for that, the server has no other clock.
    fn clock_is_set(&self) -> impl Future<Output = Result<(), OrderError>> + use<> {
        let by_ms =
            [-86_400_000, -90_000, -5_000, 2_000, 60_000, 86_400_000][self.dice.below(6) as usize];
        let (orders, clock) = (Arc::clone(&self.orders), Arc::clone(&self.clock));
        let wechat = Arc::clone(&self.wechat);
        async move {
            if by_ms > 0 && wechat.has_late_calls() {
                return Ok(());
            }
            clock.step_ms(by_ms);
            orders.reconcile_due().await;
            Ok(())
        }
    }

    /// The process ends and starts again: nothing is left but the store.
    async fn restart(&mut self) {
        self.store.reopen();
        self.orders = rules(&self.store, &self.wechat, &self.clock, &self.nonces, &self.merchants);
        self.orders.watch_open().await.unwrap();
    }

    fn assert_refunds_agree(&mut self, orders: &[Order]) {
        let mut booked = booked_refunds(orders);
        let mut ledger = self.wechat.refunds();
        booked.sort();
        ledger.sort();
        assert_eq!(booked, ledger, "seed {}: refunds here (left) and at WeChat", self.seed);
        self.counts.refunds += booked.len();
        let all = orders.iter().flat_map(|order| &order.refunds);
        self.counts.refused_refunds += all.filter(|refund| refund.refused.is_some()).count();
    }

    /// WeChat is well again and time goes by: every order ends, and the books are right.
    async fn end(&mut self) {
        self.wechat.heal();
        self.store.reopen();
        self.store.be_busy(0);
        // Until the latest expiry, and as many days more as the clock may have been set back.
        for _ in 0..400 {
            self.clock.step_ms(3_600_000);
            self.wechats_clock.step_ms(3_600_000);
            self.orders.reconcile_due().await;
            self.watcher.check(self.store.inner()).await;
            if self.store.inner().watched().await.unwrap().is_empty() {
                break;
            }
        }
        let open = self.store.inner().watched().await.unwrap();
        assert!(open.is_empty(), "open for ever: {open:?}");
        let orders = self.watcher.orders();
        self.counts.payments += orders.iter().filter(|order| order.payment.is_some()).count();
        self.counts.closed += orders.iter().filter(|o| o.trade_state == TradeState::Closed).count();
        self.counts.reversed +=
            orders.iter().filter(|o| o.trade_state == TradeState::Revoked).count();
        self.counts.anomalies += orders.iter().map(|order| order.anomalies.len()).sum::<usize>();
        if !self.is_wild {
            for order in &orders {
                let planted = |odd: &FoundAnomaly| odd.anomaly.odd_payment() == Some(WRONG_PAYMENT);
                let abnormal =
                    |odd: &FoundAnomaly| matches!(odd.anomaly, Anomaly::RefundAbnormal { .. });
                let is_right = order.anomalies.iter().all(|odd| planted(odd) || abnormal(odd));
                let once = order.anomalies.iter().filter(|odd| planted(odd)).count() < 2;
                assert!(is_right && once, "nothing else is odd: {order:?}");
            }
            self.assert_refunds_agree(&orders);
            let ledger = self.wechat.ledger();
            let kept = orders.iter().filter(|order| order.trade_state.is_paid());
            let booked = kept
                .filter_map(|order| Some((order.key.out_trade_no.clone(), order.payment.clone()?)));
            let booked: Vec<_> = booked.collect();
            assert_eq!(booked, ledger, "seed {}: books (left) and ledger", self.seed);
        }
    }
}

/// What is on record is what WeChat has taken on, and what became of it.
fn booked_refunds(orders: &[Order]) -> Vec<(String, String, Fen, RefundStatus)> {
    let of_order = |order: &Order| {
        let taken = order.refunds.iter().filter(|refund| refund.refund_id.is_some());
        let rows = taken.map(|refund| {
            let RefundTerms { out_refund_no, refund_fee, .. } = refund.terms.clone();
            let status = refund.refund_status.unwrap();
            (order.key.out_trade_no.clone(), out_refund_no, refund_fee, status)
        });
        rows.collect::<Vec<_>>()
    };
    orders.iter().flat_map(of_order).collect()
}

/// The payment of which every wrong notice speaks.
const WRONG_PAYMENT: &str = "4100000000";

/// What may be refused, and why; anything else is a mistake of ours.
fn expected(answer: Result<(), OrderError>, store_has_failed: bool) {
    match answer {
        Err(OrderError::Store(StoreError::Failed { .. })) if store_has_failed => {}
        Ok(())
        | Err(OrderError::Store(StoreError::Busy))
        | Err(OrderError::NotFound | OrderError::Gateway(_))
        | Err(OrderError::Conflict(
            Conflict::NumberUsed
            | Conflict::KeyUsed
            | Conflict::Paid
            | Conflict::Closed
            | Conflict::Expired
            | Conflict::OtherTradeType(_)
            | Conflict::Charging
            | Conflict::Reversible
            | Conflict::Refunding
            | Conflict::Reversing,
        ))
        | Err(OrderError::Field { field: "refund_fee", .. })
        | Err(OrderError::Refund(
            RefundError::NotPaid | RefundError::TooMuch { .. } | RefundError::NumberUsed,
        )) => {}
        Err(OrderError::Store(StoreError::Stale)) => panic!("too many attempts"),
        Err(error) => panic!("{error}"),
    }
}

fn rules(
    store: &Arc<DawdlingStore>,
    wechat: &Arc<ScriptedWeChat>,
    clock: &Arc<SteppedClock>,
    nonces: &Arc<SequenceNonces>,
    merchants: &Arc<Merchants>,
) -> Arc<Orders> {
    Arc::new(Orders::new(
        Arc::clone(store) as Arc<dyn Store>,
        Arc::clone(wechat) as _,
        Arc::clone(clock) as _,
        Arc::clone(nonces) as _,
        Arc::clone(merchants),
        "https://pay.example.com".into(),
        7_200,
    ))
}

fn paid(payment: &Trade) -> Fact {
    let payment = Some(Box::new(payment.clone()));
    Fact { source: Source::Notice, trade_state: TradeState::Success, payment }
}

fn trade(transaction_id: &str, total_fee: Fen) -> Trade {
    Trade {
        transaction_id: transaction_id.into(),
        total_fee,
        fee_type: "CNY".into(),
        cash_fee: None,
        settlement_total_fee: None,
        coupons: Vec::new(),
        time_end: START_MS / 1000,
        openid: None,
        sub_openid: None,
        trade_type: None,
        bank_type: None,
        attach: None,
    }
}
