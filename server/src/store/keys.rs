//! The layout of the one sled tree: key prefixes, big-endian numbers so that byte order is number order.
//!
//! | key | value |
//! |---|---|
//! | `o/<merchant>/<no>` | revision (8 bytes), order as JSON |
//! | `e/<merchant>/<no>/<seq>` | event as JSON |
//! | `c/<merchant>/<created_ms>/<no>` | empty: the list, by time |
//! | `w/<merchant>/<no>` | empty: orders to watch, because they or a refund of theirs are open |
//! | `t/<transaction_id>` | order key as JSON |
//! | `i/<merchant>/<key>` | idempotency row as JSON |
//! | `u/<merchant>/<openid>` | user as JSON |
//! | `r/<merchant>/<out_refund_no>` | order key as JSON |
//! | `v/<merchant>/<at_ms>/<no>/<out_refund_no>` | movement as JSON: payments and refunds, by time |
//! | `a/<merchant>/<id>` | anomaly as JSON |
//! | `x/<merchant>/<endpoint>/<next_ms>/<no>/<seq>/<id>` | outbox row as JSON |
//! | `z/<merchant>/<endpoint>/<at_ms>/<no>/<seq>/<id>` | outbox row that is not sent any more |
//! | `b/<merchant>/<date>` | day as JSON: how its bill compared |
//! | `m/head` | sequence (8 bytes), chain hash (32 bytes), tally (24 bytes) |
//! | `m/format` | format number (8 bytes) |
//!
//! Neither merchant and endpoint ids nor the numbers of orders and refunds contain `/`.

use super::{Movement, OutboxRow};
use crate::books::Day;
use crate::orders::OrderKey;

/// What is about the store itself.
pub(super) const META: &[u8] = b"m/";
pub(super) const HEAD: &[u8] = b"m/head";
pub(super) const FORMAT: &[u8] = b"m/format";
pub(super) const EVENTS: &[u8] = b"e/";
pub(super) const OPEN_PREFIX: &[u8] = b"w/";
pub(super) const ORDERS: &[u8] = b"o/";
pub(super) const CREATED: &[u8] = b"c/";
pub(super) const TRANSACTIONS: &[u8] = b"t/";
pub(super) const REFUNDS: &[u8] = b"r/";
pub(super) const MOVEMENTS: &[u8] = b"v/";
pub(super) const ANOMALIES: &[u8] = b"a/";
pub(super) const IDEMPOTENCY: &[u8] = b"i/";
pub(super) const USERS: &[u8] = b"u/";
pub(super) const WAITING: &[u8] = b"x/";
pub(super) const DEAD: &[u8] = b"z/";
pub(super) const DAYS: &[u8] = b"b/";

pub(super) fn order(key: &OrderKey) -> Vec<u8> {
    join(b"o", &[key.merchant.as_bytes(), key.out_trade_no.as_bytes()])
}

pub(super) fn events(key: &OrderKey) -> Vec<u8> {
    join(b"e", &[key.merchant.as_bytes(), key.out_trade_no.as_bytes(), b""])
}

pub(super) fn event(key: &OrderKey, seq: u64) -> Vec<u8> {
    join(b"e", &[key.merchant.as_bytes(), key.out_trade_no.as_bytes(), &seq.to_be_bytes()])
}

/// The order key inside an `e/` key.
pub(super) fn order_of_event(key: &[u8]) -> Option<OrderKey> {
    // The last part is the number: one slash and eight bytes.
    let names = key.get(EVENTS.len()..key.len().checked_sub(1 + 8)?)?;
    order_key(names)
}

pub(super) fn order_key(names: &[u8]) -> Option<OrderKey> {
    let (merchant, out_trade_no) = std::str::from_utf8(names).ok()?.split_once('/')?;
    Some(OrderKey { merchant: merchant.into(), out_trade_no: out_trade_no.into() })
}

pub(super) fn created_prefix(merchant: &str) -> Vec<u8> {
    join(b"c", &[merchant.as_bytes(), b""])
}

pub(super) fn created(merchant: &str, created_ms: i64, out_trade_no: &str) -> Vec<u8> {
    join(b"c", &[merchant.as_bytes(), &ordered(created_ms), out_trade_no.as_bytes()])
}

/// The order key inside a `c/` key: the time between its two names is eight bytes of any value.
pub(super) fn order_of_created(key: &[u8]) -> Option<OrderKey> {
    let rest = key.get(CREATED.len()..)?;
    let slash = rest.iter().position(|byte| *byte == b'/')?;
    let merchant = std::str::from_utf8(rest.get(..slash)?).ok()?;
    let out_trade_no = created_out_trade_no(merchant, key)?;
    Some(OrderKey { merchant: merchant.into(), out_trade_no })
}

/// The order number at the end of a `c/` key.
pub(super) fn created_out_trade_no(merchant: &str, key: &[u8]) -> Option<String> {
    let number = key.get(created_prefix(merchant).len() + 8 + 1..)?;
    String::from_utf8(number.to_vec()).ok()
}

/// The time inside a `c/` key.
pub(super) fn created_ms(merchant: &str, key: &[u8]) -> Option<i64> {
    let from = created_prefix(merchant).len();
    let time = key.get(from..from + 8)?.try_into().ok()?;
    i64::try_from(u64::from_be_bytes(time)).ok()
}

pub(super) fn open(key: &OrderKey) -> Vec<u8> {
    join(b"w", &[key.merchant.as_bytes(), key.out_trade_no.as_bytes()])
}

/// The order key behind a `w/` key.
pub(super) fn open_order(key: &[u8]) -> Option<OrderKey> {
    order_key(key.get(OPEN_PREFIX.len()..)?)
}

pub(super) fn transaction(transaction_id: &str) -> Vec<u8> {
    join(b"t", &[transaction_id.as_bytes()])
}

pub(super) fn idempotency(merchant: &str, key: &str) -> Vec<u8> {
    join(b"i", &[merchant.as_bytes(), key.as_bytes()])
}

pub(super) fn user(merchant: &str, openid: &str) -> Vec<u8> {
    join(b"u", &[merchant.as_bytes(), openid.as_bytes()])
}

pub(super) fn refund(merchant: &str, out_refund_no: &str) -> Vec<u8> {
    join(b"r", &[merchant.as_bytes(), out_refund_no.as_bytes()])
}

pub(super) fn movement(row: &Movement) -> Vec<u8> {
    let OrderKey { merchant, out_trade_no } = &row.key;
    let out_refund_no = row.out_refund_no.as_deref().unwrap_or_default();
    let (no, refund_no) = (out_trade_no.as_bytes(), out_refund_no.as_bytes());
    join(b"v", &[merchant.as_bytes(), &ordered(row.at_ms), no, refund_no])
}

pub(super) fn movements_from(merchant: &str, at_ms: i64) -> Vec<u8> {
    join(b"v", &[merchant.as_bytes(), &ordered(at_ms)])
}

pub(super) fn anomaly(merchant: &str, id: &str) -> Vec<u8> {
    join(b"a", &[merchant.as_bytes(), id.as_bytes()])
}

/// Dates sort as text.
pub(super) fn day(merchant: &str, date: Day) -> Vec<u8> {
    join(b"b", &[merchant.as_bytes(), date.to_string().as_bytes()])
}

pub(super) fn outbox(row: &OutboxRow) -> Vec<u8> {
    let OrderKey { merchant, out_trade_no } = &row.key;
    let (prefix, at_ms) = if row.dead.is_some() { (b"z", row.at_ms) } else { (b"x", row.next_ms) };
    let seq = row.seq.to_be_bytes();
    let (endpoint, no, id) = (row.endpoint.as_bytes(), out_trade_no.as_bytes(), row.id.as_bytes());
    join(prefix, &[merchant.as_bytes(), endpoint, &ordered(at_ms), no, &seq, id])
}

pub(super) fn outbox_prefix(merchant: &str, endpoint: &str, dead: bool) -> Vec<u8> {
    let prefix = if dead { b"z" } else { b"x" };
    join(prefix, &[merchant.as_bytes(), endpoint.as_bytes(), b""])
}

/// Behind everything that is due at `until_ms`.
pub(super) fn outbox_until(merchant: &str, endpoint: &str, until_ms: i64) -> Vec<u8> {
    let at_ms = ordered(until_ms.saturating_add(1));
    join(b"x", &[merchant.as_bytes(), endpoint.as_bytes(), &at_ms])
}

/// The beginning of a kind's rows, of one merchant or of all; `kind` ends with a slash.
pub(super) fn of_merchant(kind: &[u8], merchant: Option<&str>) -> Vec<u8> {
    let merchant = merchant.map(|merchant| format!("{merchant}/")).unwrap_or_default();
    [kind, merchant.as_bytes()].concat()
}

/// The first key behind all that begin so. Prefixes end with `/`.
pub(super) fn behind(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    end
}

/// The first key behind this one.
pub(super) fn right_behind(key: &[u8]) -> Vec<u8> {
    let mut next = key.to_vec();
    next.push(0);
    next
}

fn join(prefix: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut key = prefix.to_vec();
    for part in parts {
        key.push(b'/');
        key.extend_from_slice(part);
    }
    key
}

/// A time as bytes that sort like the number; times before 1970 do not occur.
fn ordered(ms: i64) -> [u8; 8] {
    u64::try_from(ms).unwrap_or_default().to_be_bytes()
}
