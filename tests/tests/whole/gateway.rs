//! Every call to WeChat and every notice from it, under every fault, as runs of a whole server: in the end the books are
//! WeChat's ledger, and whatever the merchant was promised has come true.
//!
//! `cargo xtask gateway` is the long form.

mod business;
mod ledger;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fastrand::Rng;
use wxpay_core::SignType;
use wxpay_simulator::{Call, FaultKind};
use wxpay_tests::{Rounds, SHOP, Setup, TEA, World, all_faults, fault};

use self::business::Business;
use self::ledger::Counts;

const WECHAT_TIMEOUT_MS: u64 = 150;

#[test]
fn u05_every_fault_of_every_call_ends_with_books_that_agree() {
    let rounds = Rounds::new("GATEWAY", 6);
    let (mut counts, mut broken) = (Counts::default(), Vec::new());
    let (mut kinds, mut left) = (HashSet::new(), Vec::new());
    for round in 1..=rounds.count {
        let seed = rounds.seed.wrapping_mul(1_000_003).wrapping_add(round);
        if left.is_empty() {
            // Each once before any comes again.
            left = all_faults().collect();
            Rng::with_seed(seed).shuffle(&mut left);
        }
        let (call, kind) = left.pop().unwrap();
        kinds.insert((call, kind));
        let context = format!("{call} {kind}: {}", rounds.begin(round));
        match catch_unwind(AssertUnwindSafe(|| run(call, kind, seed))) {
            Ok(more) if more.is_right() => counts.add(&more),
            Ok(more) => {
                broken.push(format!("{context}: {more:?}"));
                counts.add(&more);
            }
            Err(panic) => {
                let words = panic.downcast::<String>().map_or_else(|_| "?".into(), |text| *text);
                broken.push(format!("{context}: {words}"));
                counts.wrong += 1;
            }
        }
    }
    let Counts { payments, refunds, reversals, struck, .. } = counts;
    rounds.report(
        &counts.summary(),
        &format!(
            "{} faults of calls, {struck} times; {payments} payments, {refunds} refunds, {reversals} reversals",
            kinds.len(),
        ),
    );
    assert!(broken.is_empty(), "{} runs went wrong:\n{}", broken.len(), broken.join("\n"));
}

/// A shop's day under one fault.
fn run(call: Call, kind: FaultKind, seed: u64) -> Counts {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut rng = Rng::with_seed(seed);
        let setup = Setup {
            shops: vec![if rng.u8(..4) == 0 { TEA } else { SHOP }],
            sign_type: if rng.bool() { SignType::Md5 } else { SignType::HmacSha256 },
            durable: rng.bool(),
            wechat_timeout_ms: WECHAT_TIMEOUT_MS,
            report: true,
            ..Setup::refunding()
        };
        let is_durable = setup.durable;
        let mut world = World::with(setup).await;
        let times = rng.u32(1..=3);
        let delay_ms = if rng.bool() { 10 } else { 2 * WECHAT_TIMEOUT_MS };
        let fault = fault(call, kind).times(times).delay_ms(delay_ms);
        world.wechat.set_fault(fault).unwrap();
        let mut business = Business::new(rng);
        business.morning(&world).await;
        if is_durable {
            world = world.restart().await;
        }
        business.afternoon(&world).await;
        business.bills(&world).await;
        let mut left = world.wechat.faults();
        left.retain(|left| left.call == call && left.kind == kind && left.out_trade_no.is_none());
        let struck = times - left.first().map_or(0, |left| left.times);
        assert!(struck > 0, "the fault has not struck");
        business.settle(&world).await;
        let mut counts = ledger::compare(&world, &business).await;
        counts.struck = u64::from(struck);
        counts
    })
}
