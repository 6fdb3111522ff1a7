//! What is in the books beside what WeChat has done, and beside what was promised.

use std::collections::BTreeMap;

use wxpay_core::messages::TradeState;
use wxpay_core::messages::refund::RefundStatus;
use wxpay_tests::World;

use super::business::Business;

/// What there was, and what is not as it should be.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) payments: usize,
    pub(crate) refunds: usize,
    pub(crate) reversals: usize,
    /// How often the fault has struck.
    pub(crate) struck: u64,
    /// WeChat has it and the books have not; or it was promised and has not happened.
    pub(crate) lost: usize,
    /// It happened more than once.
    pub(crate) doubled: usize,
    /// The books have it and WeChat has not, or anything else that must not be.
    pub(crate) wrong: usize,
}

/// Money that moved: kind, the merchant's number, WeChat's number, fen.
type Moved = (&'static str, String, String, u64);

impl Counts {
    pub(crate) fn add(&mut self, more: &Self) {
        self.payments += more.payments;
        self.refunds += more.refunds;
        self.reversals += more.reversals;
        self.struck += more.struck;
        self.lost += more.lost;
        self.doubled += more.doubled;
        self.wrong += more.wrong;
    }

    pub(crate) fn is_right(&self) -> bool {
        self.lost + self.doubled + self.wrong == 0
    }

    pub(crate) fn summary(&self) -> String {
        format!("{} lost, {} doubled, {} wrong", self.lost, self.doubled, self.wrong)
    }
}

/// Counts every difference, and looks at every order's log besides.
pub(crate) async fn compare(world: &World, business: &Business) -> Counts {
    let (books, ledger) = (books(world).await, ledger(world));
    let count = |kind| ledger.iter().filter(|moved| moved.0 == kind).count();
    let mut counts = Counts {
        payments: count("pay"),
        refunds: count("refund"),
        reversals: count("reverse"),
        ..differences(&books, &ledger)
    };
    let is_in = |kind: &str, no: &str| is_in(&ledger, kind, no);
    counts.lost += business.paid.iter().filter(|no| !is_in("pay", no)).count();
    for (no, number, fee) in &business.refunds {
        let refund = world.booked_refund(no, number).await;
        let is_done = refund.refund_status == Some(RefundStatus::Success)
            && refund.terms.refund_fee.get() == *fee
            && is_in("refund", number);
        counts.lost += usize::from(!is_done);
    }
    for no in &business.reversed {
        // A charge that has not reached WeChat is closed.
        let state = world.order(no).await.trade_state;
        let is_done = matches!(state, TradeState::Revoked | TradeState::Closed);
        counts.lost += usize::from(!is_done || is_in("pay", no) != is_in("reverse", no));
    }
    if counts.is_right() {
        let orders = world.all_orders().await;
        world.assert_payments_agree(&orders);
        world.assert_refunds_agree(&orders);
        world.assert_logs_hold(&orders).await;
        let odd: Vec<_> = orders.iter().flat_map(|order| &order.anomalies).collect();
        assert!(odd.is_empty(), "nothing was odd: {odd:?}");
    }
    counts
}

/// A payment that was reversed is none: the books may have heard of both at once.
fn differences(books: &[Moved], ledger: &[Moved]) -> Counts {
    let kept = |moved: &&Moved| moved.0 != "reverse" && !is_in(ledger, "reverse", &moved.1);
    let kept: Vec<_> = ledger.iter().filter(kept).collect();
    Counts {
        lost: kept.iter().filter(|moved| !books.contains(moved)).count(),
        doubled: doubled(ledger) + doubled(books),
        wrong: books.iter().filter(|moved| !kept.contains(moved)).count(),
        ..Counts::default()
    }
}

fn is_in(ledger: &[Moved], kind: &str, no: &str) -> bool {
    ledger.iter().any(|moved| moved.0 == kind && moved.1 == no)
}

async fn books(world: &World) -> Vec<Moved> {
    let mut books = Vec::new();
    for order in world.all_orders().await {
        let no = order.key.out_trade_no;
        if let Some(payment) = order.payment.filter(|_| order.trade_state.is_paid()) {
            books.push(("pay", no, payment.transaction_id, payment.total_fee.get()));
        }
        for refund in order.refunds {
            if let Some(refund_id) = refund.refund_id {
                let terms = refund.terms;
                books.push(("refund", terms.out_refund_no, refund_id, terms.refund_fee.get()));
            }
        }
    }
    books
}

fn ledger(world: &World) -> Vec<Moved> {
    let entries = world.wechat.ledger();
    let moved = entries.into_iter().map(|entry| match entry.refund {
        Some(refund) => {
            (entry.kind, refund.out_refund_no, refund.refund_id, refund.refund_fee.get())
        }
        None => (entry.kind, entry.out_trade_no, entry.transaction_id, entry.total_fee.get()),
    });
    moved.collect()
}

/// How much more there is than one of each kind and number.
fn doubled(moved: &[Moved]) -> usize {
    let mut times = BTreeMap::new();
    for (kind, number, _, _) in moved {
        *times.entry((kind, number)).or_insert(0) += 1;
    }
    times.values().map(|times| times - 1).sum()
}

#[test]
fn every_kind_of_difference_is_counted() {
    let moved = |kind, no: &str, id: &str, fee| -> Moved { (kind, no.into(), id.into(), fee) };
    let (pay, refund) = (moved("pay", "no1", "42", 88), moved("refund", "no1a", "50", 8));
    let ledger = [pay.clone(), refund.clone()];
    let counts = |books: &[Moved], ledger: &[Moved]| {
        let Counts { lost, doubled, wrong, .. } = differences(books, ledger);
        (lost, doubled, wrong)
    };
    assert_eq!(counts(&ledger, &ledger), (0, 0, 0));
    assert_eq!(counts(&ledger[..1], &ledger), (1, 0, 0));
    assert_eq!(counts(&ledger, &ledger[..1]), (0, 0, 1));
    let other = moved("pay", "no1", "42", 87);
    assert_eq!(counts(&[other, refund.clone()], &ledger), (1, 0, 1), "another amount");
    let twice = [pay.clone(), refund.clone(), moved("refund", "no1a", "51", 8)];
    assert_eq!(counts(&ledger, &twice), (1, 1, 0), "paid back twice");
    let reversed = [pay.clone(), moved("reverse", "no1", "42", 88)];
    assert_eq!(counts(&[], &reversed), (0, 0, 0));
    assert_eq!(counts(&[pay], &reversed), (0, 0, 1));
}
