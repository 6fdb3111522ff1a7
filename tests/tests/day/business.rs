//! The hours of business: customers come and go, time passes, much goes wrong, and the server is restarted at half-time.

use std::collections::BTreeSet;

use fastrand::Rng;
use futures_util::future::join_all;
use serde_json::json;
use wxpay_core::SignType;
use wxpay_core::messages::TradeState;
use wxpay_core::messages::refund::RefundStatus;
use wxpay_server::orders::{Fact, Order, Source};
use wxpay_server::outbox::WebhookLimits;
use wxpay_simulator::{NoticeKind, Outcome};
use wxpay_tests::{Answer, BAKERY, ENDPOINT, Notice, Receiver, Setup, Shop, TEA, World};

use crate::sale::{Sale, TRADE_TYPES, assert_known};
use crate::weather::Weather;

const WECHAT_TIMEOUT_MS: u64 = 150;
/// From noon to nine in the evening.
const QUARTERS: usize = 36;
/// A quarter of an hour.
const QUARTER_S: i64 = 15 * 60;

pub(crate) const SHOPS: [Shop; 2] = [BAKERY, TEA];

/// A day of business.
pub(crate) struct Day {
    pub(crate) world: World,
    pub(crate) receiver: Receiver,
    pub(crate) sales: Vec<Sale>,
    /// Kind and order of every anomaly that was made on purpose.
    pub(crate) odd: BTreeSet<(String, String)>,
    pub(crate) weather: Weather,
    rng: Rng,
    tokens: Vec<Vec<String>>,
    count: usize,
}

impl Day {
    pub(crate) async fn begin(seed: u64, count: usize) -> Self {
        let receiver = Receiver::start().await;
        let setup = Setup {
            shops: SHOPS.to_vec(),
            sign_type: if seed.is_multiple_of(2) { SignType::Md5 } else { SignType::HmacSha256 },
            durable: true,
            wechat_timeout_ms: WECHAT_TIMEOUT_MS,
            webhooks: Some(vec![receiver.webhook(ENDPOINT)]),
            shared_webhooks: true,
            webhook_limits: WebhookLimits { timeout_ms: 200, max_in_flight: 8 },
            ..Setup::refunding()
        };
        let world = World::with(setup).await;
        let mut tokens = Vec::new();
        for shop in SHOPS {
            tokens.push(vec![
                log_in(&world, &shop, "alice").await,
                log_in(&world, &shop, "bob").await,
            ]);
        }
        let weather = Weather::new(WECHAT_TIMEOUT_MS);
        let rng = Rng::with_seed(seed);
        Self {
            world,
            receiver,
            sales: Vec::new(),
            odd: BTreeSet::new(),
            weather,
            rng,
            tokens,
            count,
        }
    }

    /// From the first customer to the last.
    pub(crate) async fn run(mut self) -> Self {
        for quarter in 0..QUARTERS {
            let count = self.count * (quarter + 1) / QUARTERS - self.sales.len();
            self.quarter(count).await;
            match quarter % 6 {
                1 => self.sell_late().await,
                3 => self.make_odd().await,
                _ => {}
            }
            if quarter == QUARTERS / 2 {
                self = self.restart().await;
            }
        }
        self
    }

    async fn quarter(&mut self, customers: usize) {
        self.weather.change(&self.world.wechat, &mut self.rng);
        self.trouble_receiver();
        let new: Vec<Sale> = (0..customers).map(|_| self.next_sale()).collect();
        let buying = new.iter().map(|sale| {
            let (world, mut rng) = (&self.world, self.rng.fork());
            async move {
                sale.place(world, rng.u32(300..7_200)).await;
                sale.pay(world, &mut rng).await;
            }
        });
        join_all(buying.collect::<Vec<_>>()).await;
        self.sales.extend(new);
        let mut left_s = QUARTER_S;
        for step_s in [5, 5, 10, 30, 120, 300] {
            self.later(self.sales.len().min(4)).await;
            self.world.pass_s(step_s).await;
            left_s -= step_s;
        }
        self.try_login().await;
        self.world.pass_s(left_s).await;
    }

    fn next_sale(&mut self) -> Sale {
        let at = self.rng.usize(..SHOPS.len());
        Sale {
            shop: SHOPS[at],
            no: format!("day{:016x}", self.rng.u64(..)),
            trade_type: self.rng.choice(TRADE_TYPES).unwrap(),
            total_fee: self.rng.u64(10..100_000),
            token: self.rng.choice(&self.tokens[at]).unwrap().clone(),
        }
    }

    /// So many things happen to orders at the same time, mostly to young ones.
    async fn later(&mut self, count: usize) {
        let young = self.sales.len().saturating_sub(20);
        let mut happening = Vec::new();
        for _ in 0..count {
            let from = if self.rng.u8(..4) > 0 { young } else { 0 };
            let sale = &self.sales[self.rng.usize(from..self.sales.len())];
            let (world, mut rng) = (&self.world, self.rng.fork());
            happening.push(async move { sale.go_on(world, &mut rng).await });
        }
        join_all(happening).await;
    }

    async fn try_login(&self) {
        let body = json!({ "code": self.world.code("dave"), "merchant": BAKERY.id });
        assert_known(&self.world.phone("/v1/login", "", body).await);
    }

    /// The merchant's own system has its bad moments, too.
    fn trouble_receiver(&mut self) {
        let answers = [
            Answer::Status(500),
            Answer::Status(503),
            Answer::Close,
            Answer::Hang,
            Answer::With(429, "retry-after", "60".into()),
        ];
        let mut some: Vec<_> =
            (0..self.rng.usize(..4)).map(|_| self.rng.choice(&answers).unwrap().clone()).collect();
        some.push(Answer::Status(204));
        self.receiver.answer_next(some);
    }

    /// Somebody pays an order that the server takes for closed.
    async fn sell_late(&mut self) {
        let Some(sale) = self.in_books(|order| order.prepay.is_some() && order.is_open()).await
        else {
            return;
        };
        let closed = Fact { source: Source::Close, trade_state: TradeState::Closed, payment: None };
        self.world.server.app.orders.apply(&sale.key(), closed).await.unwrap();
        if self.world.wechat.pay(&sale.no, Outcome::Pay).await.is_ok() {
            self.odd.insert(("paid_after_close".into(), sale.no));
        }
    }

    /// Notices that are rightly signed and wrong in what they say, and a refund that gets stuck.
    async fn make_odd(&mut self) {
        let is_paid = |order: &Order| {
            order.trade_state == TradeState::Success
                && order.terms.trade_type.as_str() != "MICROPAY"
        };
        if let Some(sale) = self.in_books(is_paid).await {
            let notice = Notice::paid(&BAKERY, &sale.no, sale.total_fee)
                .with("transaction_id", &format!("42{:026}", self.rng.u64(..)));
            self.notify(&sale, notice, "second_payment").await;
        }
        if let Some(sale) = self.in_books(|order| order.is_open()).await {
            let wrong = self.world.wechat.send_notice(&sale.no, NoticeKind::WrongAmount).await;
            if wrong.is_ok_and(|reply| reply.accepted) {
                self.odd.insert(("amount_mismatch".into(), sale.no));
            }
        }
        if let Some(sale) = self.in_books(is_paid).await {
            let stuck = RefundStatus::Change;
            self.world.wechat.set_refund_outcome(&sale.no, stuck).unwrap();
            sale.refund(&self.world, 0).await;
        }
        let orphan = Sale { no: format!("nobodys{}", self.odd.len()), ..self.sales[0].clone() };
        let notice = Notice::paid(&BAKERY, &orphan.no, 88)
            .with("transaction_id", &format!("43{:026}", self.rng.u64(..)));
        self.notify(&orphan, notice, "orphan_notice").await;
    }

    async fn notify(&mut self, sale: &Sale, notice: Notice, odd: &str) {
        let sign_type = self.sales[0].order(&self.world).await.sign_type;
        let reply = self.world.notify(notice.signed(sign_type, &BAKERY).xml()).await;
        assert!([200, 400].contains(&reply.status), "{}", reply.text);
        self.odd.insert((odd.into(), sale.no.clone()));
    }

    /// One of the first shop's newest orders that is like this.
    async fn in_books(&self, is_so: impl Fn(&Order) -> bool) -> Option<Sale> {
        for sale in self.sales.iter().rev().filter(|sale| sale.shop.id == BAKERY.id) {
            let untouched = !self.odd.iter().any(|(_, no)| *no == sale.no);
            if untouched && is_so(&sale.order(&self.world).await) {
                return Some(sale.clone());
            }
        }
        None
    }

    /// While the server is down, customers pay, and time passes.
    async fn restart(self) -> Self {
        let Self { world, sales, .. } = self;
        let world = world
            .restart_after(async |wechat, clock, _| {
                for sale in sales.iter().rev().take(20) {
                    // Some can be paid.
                    let _ = wechat.pay(&sale.no, Outcome::Pay).await;
                }
                clock.step_ms(60_000);
            })
            .await;
        Self { world, sales, ..self }
    }

    /// The faults end, and time passes until every order has come to its end and has been told of.
    pub(crate) async fn settle(&mut self, until_ms: i64) {
        let ended = self.world.wechat.wait_until(|world| {
            let mut refunds = world.refunds();
            refunds.all(|refund| refund.status != RefundStatus::Processing)
        });
        ended.await.unwrap();
        for _ in 0..100 {
            let is_over = self.world.clock_ms() >= until_ms;
            let orders = self.world.all_orders().await;
            let waiting = wxpay_tests::outbox(&*self.world.server.app.store).await;
            if is_over && waiting.is_empty() && !orders.iter().any(Order::is_watched) {
                return;
            }
            self.world.pass_s(1_800).await;
        }
        let mut open = self.world.all_orders().await;
        open.retain(Order::is_watched);
        let waiting = wxpay_tests::outbox(&*self.world.server.app.store).await;
        panic!("never come to an end: {open:#?}, never told: {waiting:#?}");
    }
}

async fn log_in(world: &World, shop: &Shop, user: &str) -> String {
    let code = world.wechat.login(shop.program().0, user).unwrap().code;
    let reply = world.phone("/v1/login", "", json!({ "code": code, "merchant": shop.id })).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json["token"].as_str().unwrap().to_owned()
}
