//! What every [`Store`](wxpay_server::store::Store) promises, as tests that any implementation can be put through.
//!
//! Each function takes a factory of empty stores and panics where a promise is broken.

mod beside;
mod changes;
mod days;
mod lists;
mod rows;

use std::sync::Arc;

use crate::shop::ENDPOINT;
use wxpay_core::messages::{Trade, TradeState, TradeType};
use wxpay_core::{Fen, SignType};
use wxpay_server::orders::{EventKind, Extra, Order, OrderKey, Source, Terms};
use wxpay_server::store::{Change, IdempotencyRow, Store};

pub use beside::*;
pub use changes::*;
pub use days::*;
pub use lists::*;
pub use rows::*;

/// Makes an empty store; it may be called again for another one.
pub type Factory<'a> = &'a (dyn Fn() -> Arc<dyn Store> + Sync);

/// When the orders of these tests begin, in milliseconds since 1970.
pub const NOW_MS: i64 = 1_767_240_000_000;

/// An order's key.
pub fn key(merchant: &str, out_trade_no: &str) -> OrderKey {
    OrderKey { merchant: merchant.into(), out_trade_no: out_trade_no.into() }
}

/// A new order of `shop`.
pub fn create(out_trade_no: &str) -> Change {
    create_at("shop", out_trade_no, NOW_MS)
}

/// A new order of any merchant, created at any time.
pub fn create_at(merchant: &str, out_trade_no: &str, created_ms: i64) -> Change {
    let first = EventKind::Created {
        terms: Box::new(Terms {
            body: "Corner shop-tea".into(),
            total_fee: Fen::new(1990).unwrap(),
            trade_type: TradeType::Jsapi,
            expires_ms: created_ms + 7_200_000,
            extra: Extra::default(),
        }),
        sign_type: SignType::HmacSha256,
        openid: None,
    };
    Change::create(key(merchant, out_trade_no), first, created_ms).unwrap()
}

/// The row that lets an Idempotency-Key stand for an order of `shop`.
pub fn idempotency_row(idempotency_key: &str, out_trade_no: &str) -> IdempotencyRow {
    IdempotencyRow {
        merchant: "shop".into(),
        key: idempotency_key.into(),
        body_hash: "0".repeat(64),
        out_trade_no: out_trade_no.into(),
        out_refund_no: None,
    }
}

/// WeChat says that an order is paid.
pub fn paid(transaction_id: &str) -> EventKind {
    fact(TradeState::Success, Some(transaction_id))
}

/// WeChat says something about an order.
pub fn fact(trade_state: TradeState, transaction_id: Option<&str>) -> EventKind {
    let payment = transaction_id.map(|id| {
        Box::new(Trade {
            transaction_id: id.into(),
            total_fee: Fen::new(1990).unwrap(),
            fee_type: "CNY".into(),
            cash_fee: None,
            settlement_total_fee: None,
            coupons: Vec::new(),
            time_end: NOW_MS / 1000,
            openid: Some("alice".into()),
            sub_openid: None,
            trade_type: Some("JSAPI".into()),
            bank_type: None,
            attach: None,
        })
    });
    EventKind::Fact { source: Source::Query, trade_state, payment }
}

/// Commits a new order and gives it back.
pub async fn created(store: &dyn Store, out_trade_no: &str) -> Order {
    store.commit(create(out_trade_no)).await.unwrap();
    store.order(&key("shop", out_trade_no)).await.unwrap().unwrap()
}

/// Whom the changes tell.
pub fn told() -> Vec<String> {
    vec![ENDPOINT.into()]
}

/// Commits events of an order, and gives the order back as the store then has it.
pub async fn updated(store: &dyn Store, before: &Order, what: Vec<EventKind>) -> Order {
    store.commit(Change::update(before, what, NOW_MS + 1).tell(&told())).await.unwrap();
    store.order(&before.key).await.unwrap().unwrap()
}

/// The log has no gap, its fold is the record, and every event that others must hear of has one outbox row.
pub async fn assert_log_is_whole(store: &dyn Store, key: &OrderKey) {
    let events = store.events(key).await.unwrap();
    let seqs: Vec<u64> = events.iter().map(|event| event.seq).collect();
    let contiguous: Vec<u64> = (1..=events.len() as u64).collect();
    assert_eq!(seqs, contiguous, "event numbers of {key:?}");
    let record = store.order(key).await.unwrap();
    assert_eq!(
        Order::from_events(key.clone(), &events),
        record,
        "fold (left) and record of {key:?}"
    );
}
