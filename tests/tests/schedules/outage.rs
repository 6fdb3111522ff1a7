//! WeChat is away for a day, and thousands of orders wait for it.

use std::sync::Arc;

use wxpay_core::messages::{TradeState, TradeType};
use wxpay_core::{Fen, SignType};
use wxpay_server::ambient::{SequenceNonces, SteppedClock};
use wxpay_server::merchant::Merchants;
use wxpay_server::orders::{Extra, NewOrder, Orders};
use wxpay_server::store::{Filter, MemoryStore, Store};
use wxpay_tests::scripted::{Dice, ScriptedWeChat};
use wxpay_tests::store_contract::key;
use wxpay_tests::{Rounds, SHOP, START_MS};

const HALF_HOUR_MS: i64 = 30 * 60 * 1_000;
/// Orders that one sweep looks at.
const PER_SWEEP: usize = 256;
/// What a day of waiting may cost, in kilobytes for each thousand orders.
const MORE_KB: u64 = 4_000;

/// `WXPAY_OUTAGE_ROUNDS` says how many orders. Every second one is paid while WeChat cannot be asked and its notice does
/// not come.
#[tokio::test]
async fn u08_after_a_day_without_wechat_every_order_ends() {
    let rounds = Rounds::new("OUTAGE", 600);
    let clock = Arc::new(SteppedClock::new(START_MS));
    let wechat = Arc::new(ScriptedWeChat::new(Arc::clone(&clock), Dice::new(rounds.seed), 0));
    let store = Arc::new(MemoryStore::new());
    let merchants = Merchants::new(vec![SHOP.for_server(SignType::HmacSha256)]);
    let orders = Orders::new(
        Arc::clone(&store) as _,
        Arc::clone(&wechat) as _,
        Arc::clone(&clock) as _,
        Arc::new(SequenceNonces::default()),
        Arc::new(merchants.clone()),
        "https://pay.example.com".into(),
        7_200,
    );
    for n in 0..rounds.count {
        let number = format!("no{n}");
        let new = new_order(&number);
        orders.create(merchants.only().unwrap(), new, None).await.unwrap();
        orders.pay(&key("shop", &number), "alice", "192.0.2.1").await.unwrap();
    }
    wechat.fail_always();
    for n in (0..rounds.count).step_by(2) {
        wechat.pay(&format!("no{n}")).unwrap();
    }
    let (before, memory_kb) = (wechat.asked(), memory_kb());
    for _ in 0..48 {
        sweep_all(&orders, &clock, HALF_HOUR_MS).await;
    }
    let an_order = (wechat.asked() - before) / rounds.count;
    // The ladder of the first half hour, half-hours to the expiry, and then ever less often.
    assert!(an_order < 120, "{an_order} calls for each order");
    let more_kb = self::memory_kb().saturating_sub(memory_kb);
    let allowed_kb = MORE_KB * rounds.count.div_ceil(1_000) + 8_000;
    assert!(more_kb < allowed_kb, "{more_kb} kB more");

    wechat.heal();
    let mut sweeps = 0;
    for _ in 0..8 {
        sweeps += sweep_all(&orders, &clock, HALF_HOUR_MS / 2).await;
    }
    assert!(store.watched().await.unwrap().is_empty(), "open for ever");
    let paid = all(&store, TradeState::Success).await;
    let closed = all(&store, TradeState::Closed).await;
    assert_eq!((paid, closed), (rounds.count.div_ceil(2), rounds.count / 2));
    rounds.report(
        "0 lost",
        &format!("{an_order} calls an order during the day, {more_kb} kB more, {sweeps} sweeps to the end"),
    );
}

/// Sweeps until nothing is due; none looks at more than it may. Says how many.
async fn sweep_all(orders: &Orders, clock: &SteppedClock, by_ms: i64) -> usize {
    clock.step_ms(by_ms);
    let mut sweeps = 0;
    loop {
        let looked_at = orders.reconcile_due().await;
        assert!(looked_at <= PER_SWEEP, "{looked_at} at once");
        sweeps += 1;
        if looked_at < PER_SWEEP {
            return sweeps;
        }
    }
}

async fn all(store: &MemoryStore, state: TradeState) -> u64 {
    let filter = Filter { trade_state: Some(state), limit: 1_000_000, ..Filter::default() };
    store.orders("shop", &filter).await.unwrap().orders.len() as u64
}

/// What this process holds.
fn memory_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.map_or(0, |line| line.trim().trim_end_matches(" kB").parse().unwrap())
}

fn new_order(number: &str) -> NewOrder {
    NewOrder {
        out_trade_no: Some(number.into()),
        body: "Corner shop-tea".into(),
        total_fee: Fen::new(88).unwrap(),
        trade_type: TradeType::Jsapi,
        openid: None,
        expire_s: None,
        extra: Extra::default(),
    }
}
