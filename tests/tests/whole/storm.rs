//! Many orders, every fault, in an order that a seed decides: at the end our books are WeChat's ledger.

use fastrand::Rng;
use reqwest::Method;
use serde_json::json;
use wxpay_core::SignType;
use wxpay_simulator::{Call, Fault, FaultKind, NoticeKind, Outcome};
use wxpay_tests::{Reply, Setup, World};

const ORDERS: usize = 50;
const STEPS: usize = 400;
const WECHAT_TIMEOUT_MS: u64 = 150;

const CALL_FAULTS: [FaultKind; 11] = [
    FaultKind::Delay,
    FaultKind::Hang,
    FaultKind::ResetBefore,
    FaultKind::ResetAfter,
    FaultKind::Http500,
    FaultKind::Empty200,
    FaultKind::Truncate,
    FaultKind::WrongSign,
    FaultKind::NoSign,
    FaultKind::SystemError,
    FaultKind::SystemErrorApplied,
];
const NOTICE_FAULTS: [FaultKind; 5] = [
    FaultKind::Lose,
    FaultKind::Late,
    FaultKind::Double,
    FaultKind::BeforeReply,
    FaultKind::BadSign,
];
const PAY_CALLS: [Call; 3] = [Call::UnifiedOrder, Call::OrderQuery, Call::CloseOrder];

struct Storm {
    world: World,
    rng: Rng,
    tokens: Vec<String>,
    orders: Vec<String>,
}

impl Storm {
    async fn begin(seed: u64, sign_type: SignType) -> Self {
        println!("seed {seed}");
        let wechat_timeout_ms = WECHAT_TIMEOUT_MS;
        let world = World::with(Setup { sign_type, wechat_timeout_ms, ..Setup::default() }).await;
        let tokens = vec![world.log_in("alice").await, world.log_in("bob").await];
        Self { world, rng: Rng::with_seed(seed), tokens, orders: Vec::new() }
    }

    async fn step(&mut self) {
        if self.rng.u8(..) < 100 {
            self.break_something();
        }
        let dice = self.rng.u8(..100);
        let Some(no) = self.rng.choice(&self.orders).cloned().filter(|_| dice >= 15) else {
            return self.create().await;
        };
        match dice {
            15..45 => self.phone("/v1/pay", &no).await,
            45..65 => {
                // The person may find it closed, paid or expired.
                let _ = self.world.wechat.pay(&no, Outcome::Pay).await;
            }
            65..75 => self.phone("/v1/query", &no).await,
            75..80 => self.close(&no).await,
            80..85 => {
                // There is none before the payment.
                let _ = self.world.wechat.send_notice(&no, NoticeKind::Again).await;
            }
            85..88 => {
                let _ = self.world.wechat.send_notice(&no, NoticeKind::Forged).await;
            }
            88..96 => self.world.pass_s(self.rng.i64(1..40)).await,
            _ => self.world.pass_s(self.rng.i64(60..900)).await,
        }
    }

    fn break_something(&mut self) {
        if self.world.wechat.faults().len() > 6 {
            return self.world.wechat.clear_faults();
        }
        let fault = if self.rng.u8(..4) == 0 {
            Fault::new(Call::Notice, *self.rng.choice(&NOTICE_FAULTS).unwrap())
        } else {
            let call = *self.rng.choice(&PAY_CALLS).unwrap();
            Fault::new(call, *self.rng.choice(&CALL_FAULTS).unwrap())
        };
        let delay_ms = if self.rng.bool() { 10 } else { 2 * WECHAT_TIMEOUT_MS };
        self.world.wechat.set_fault(fault.delay_ms(delay_ms).times(self.rng.u32(1..3))).unwrap();
    }

    async fn create(&mut self) {
        if self.orders.len() < ORDERS {
            self.orders.push(self.world.create(self.rng.u64(1..100_000)).await);
        }
    }

    async fn phone(&mut self, path: &str, no: &str) {
        let token = self.rng.choice(&self.tokens).unwrap();
        assert_known(&self.world.phone(path, token, json!({ "orderId": no })).await);
    }

    async fn close(&mut self, no: &str) {
        let path = format!("/v1/orders/{no}/close");
        assert_known(&self.world.backend(Method::POST, &path, json!({})).await);
    }

    /// The faults end; time passes until every order has come to its end.
    async fn settle(&mut self) {
        self.world.wechat.clear_faults();
        for _ in 0..100 {
            self.world.pass_s(1_800).await;
            if self.world.all_orders().await.iter().all(|order| !order.is_open()) {
                return;
            }
        }
        panic!("some orders never come to an end");
    }
}

/// Whatever happens, the answer is one of those the interface promises.
fn assert_known(reply: &Reply) {
    let known = [200, 202, 404, 409, 502, 503, 504];
    assert!(known.contains(&reply.status), "{} {}", reply.status, reply.text);
}

async fn storm(seed: u64, sign_type: SignType) {
    let mut storm = Storm::begin(seed, sign_type).await;
    for _ in 0..STEPS {
        storm.step().await;
    }
    storm.settle().await;
    let paid = storm.world.wechat.ledger().len();
    println!("{paid} of {ORDERS} orders are paid");
    assert!(paid > ORDERS / 4 && paid < ORDERS, "the storm was a breeze");
    assert_eq!(storm.world.all_orders().await.len(), ORDERS, "orders were lost");
    storm.world.assert_books_agree().await;
}

#[tokio::test]
async fn the_books_agree_after_storm_1() {
    storm(1, SignType::HmacSha256).await;
}

#[tokio::test]
async fn the_books_agree_after_storm_2() {
    storm(2, SignType::Md5).await;
}

#[tokio::test]
async fn the_books_agree_after_storm_3() {
    storm(3, SignType::HmacSha256).await;
}
