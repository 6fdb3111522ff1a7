//! The layout of the one sled tree: key prefixes, big-endian numbers so that byte order is number order.
//!
//! | key | value |
//! |---|---|
//! | `o/<merchant>/<no>` | revision (8 bytes), order as JSON |
//! | `e/<merchant>/<no>/<seq>` | event as JSON |
//! | `c/<merchant>/<created_ms>/<no>` | empty: the list, by time |
//! | `w/<merchant>/<no>` | empty: open orders to watch |
//! | `t/<transaction_id>` | order key as JSON |
//! | `i/<merchant>/<key>` | idempotency row as JSON |
//! | `u/<merchant>/<openid>` | user as JSON |
//! | `x/<at_ms>/<merchant>/<no>/<seq>` | outbox row as JSON |
//! | `m/head` | sequence (8 bytes), chain hash (32 bytes) |
//! | `m/format` | format number (8 bytes) |
//!
//! Neither merchant ids nor order numbers contain `/`.

use super::OutboxRow;
use crate::orders::OrderKey;

pub(super) const HEAD: &[u8] = b"m/head";
pub(super) const FORMAT: &[u8] = b"m/format";
pub(super) const OPEN_PREFIX: &[u8] = b"w/";
pub(super) const OUTBOX_PREFIX: &[u8] = b"x/";

pub(super) fn order(key: &OrderKey) -> Vec<u8> {
    join(b"o", &[key.merchant.as_bytes(), key.out_trade_no.as_bytes()])
}

pub(super) fn events(key: &OrderKey) -> Vec<u8> {
    join(b"e", &[key.merchant.as_bytes(), key.out_trade_no.as_bytes(), b""])
}

pub(super) fn event(key: &OrderKey, seq: u64) -> Vec<u8> {
    join(b"e", &[key.merchant.as_bytes(), key.out_trade_no.as_bytes(), &seq.to_be_bytes()])
}

pub(super) fn created_prefix(merchant: &str) -> Vec<u8> {
    join(b"c", &[merchant.as_bytes(), b""])
}

pub(super) fn created(merchant: &str, created_ms: i64, out_trade_no: &str) -> Vec<u8> {
    join(b"c", &[merchant.as_bytes(), &ordered(created_ms), out_trade_no.as_bytes()])
}

/// The order number at the end of a `c/` key.
pub(super) fn created_out_trade_no(merchant: &str, key: &[u8]) -> Option<String> {
    let number = key.get(created_prefix(merchant).len() + 8 + 1..)?;
    String::from_utf8(number.to_vec()).ok()
}

pub(super) fn open(key: &OrderKey) -> Vec<u8> {
    join(b"w", &[key.merchant.as_bytes(), key.out_trade_no.as_bytes()])
}

/// The order key behind a `w/` key.
pub(super) fn open_order(key: &[u8]) -> Option<OrderKey> {
    let text = std::str::from_utf8(key.get(OPEN_PREFIX.len()..)?).ok()?;
    let (merchant, out_trade_no) = text.split_once('/')?;
    Some(OrderKey { merchant: merchant.into(), out_trade_no: out_trade_no.into() })
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

pub(super) fn outbox(row: &OutboxRow) -> Vec<u8> {
    let OrderKey { merchant, out_trade_no } = &row.key;
    let (at_ms, seq) = (ordered(row.at_ms), row.seq.to_be_bytes());
    join(b"x", &[&at_ms, merchant.as_bytes(), out_trade_no.as_bytes(), &seq])
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
