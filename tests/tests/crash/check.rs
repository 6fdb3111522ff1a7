//! What must hold after a mishap. Every acknowledgement is kept, and so are the invariants:
//!
//! | | | where |
//! |---|---|---|
//! | I1 | each notice that was taken is durably paid | [`store`] |
//! | I2 | one transaction_id per order, unique over all orders | [`invariants`] |
//! | I3 | paid only with the order's own amount and currency | [`invariants`] |
//! | I4 | refunds that have not failed are at most what was paid | [`invariants`] |
//! | I5 | an out_refund_no belongs to one refund, with the same terms here and there | [`invariants`], [`refunds`] |
//! | I6 | events contiguous, record = fold, indexes as the events say, all rows there | [`store`] |
//! | I7 | each end of an order was told, or waits to be, under one id | [`every_end_is_told`] |
//! | I8 | no forbidden transition | [`invariants`] |
//! | I9 | no secret in the log | [`no_secrets`] |
//! | I10 | every doubt ends once WeChat answers | [`ending::books_agree_in_the_end`](crate::ending) |
//! | I11 | books = WeChat's ledger | [`ending::books`](crate::ending) |

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wxpay_core::messages::TradeState::Closed;
use wxpay_core::messages::refund::RefundStatus;
use wxpay_server::orders::{Event, EventKind, Order, Refund};
use wxpay_server::store::{Filter, SledStore, Store};
use wxpay_simulator::Running;
use wxpay_tests::process::Site;
use wxpay_tests::store_contract::{assert_log_is_whole, key};
use wxpay_tests::{Receiver, SHOP, WEBHOOK_SECRET, assert_moves_forward, outbox, patiently};

use crate::acks::{Acks, OrderAcks, RefundAcks};

/// Opens what the server has left behind and compares it with every acknowledgement.
pub async fn store(
    site: &Site,
    acks: &Acks,
    wechat: &Running,
    receiver: &Receiver,
    context: &str,
) -> Vec<Order> {
    let store = patiently(|| SledStore::open(&site.data(), 4 << 20))
        .unwrap_or_else(|error| panic!("{context}: the store does not open: {error}"));
    let books = acks.all();
    for (no, acks) in &books.orders {
        order(&store, no, acks).await.unwrap_or_else(|lost| panic!("{context}: {no}: {lost}"));
    }
    for openid in &books.openids {
        let rows: &dyn Store = &store;
        assert!(rows.user("shop", openid).await.unwrap().is_some(), "{context}: user {openid}");
    }
    for order in wechat.orders() {
        let no = order.out_trade_no();
        let ours = store.order(&key("shop", no)).await.unwrap();
        let ours = ours.unwrap_or_else(|| panic!("{context}: {no}: sent to WeChat, not on record"));
        let told = order.notice_acknowledged();
        assert!(ours.trade_state.is_paid() || !told, "I1: {context}: {no}: its notice was taken");
    }
    let orders = all(&store).await;
    for order in &orders {
        // I6, and I8 besides.
        assert_log_is_whole(&store, &order.key).await;
        let events = store.events(&order.key).await.unwrap();
        assert_moves_forward(&events);
    }
    invariants(&orders, context);
    refunds(&orders, wechat, context);
    every_end_is_told(&store, &orders, receiver, context).await;
    store.close().await;
    drop(store);
    let report = patiently(|| SledStore::check(&site.data(), 4 << 20)).unwrap();
    assert_eq!(report.problems, [], "I6: {context}");
    orders
}

/// What must be true of the orders among themselves.
fn invariants(orders: &[Order], context: &str) {
    let (mut transactions, mut refunds) = (BTreeSet::new(), BTreeSet::new());
    for order in orders {
        let no = &order.key.out_trade_no;
        if let Some(payment) = &order.payment {
            let is_new = transactions.insert(&payment.transaction_id);
            assert!(is_new, "I2: {context}: {no}: another order's transaction_id");
            assert_eq!(payment.total_fee, order.terms.total_fee, "I3: {context}: {no}");
            assert_eq!(payment.fee_type, "CNY", "I3: {context}: {no}");
        }
        let paid = order.payment.as_ref().map_or(0, |payment| payment.total_fee.get());
        let held = order.refunds.iter().filter(|refund| refund.holds_amount());
        let held: u64 = held.map(|refund| refund.terms.refund_fee.get()).sum();
        assert!(held <= paid, "I4: {context}: {no}: {held} of {paid} fen refunded");
        for refund in &order.refunds {
            let is_new = refunds.insert(&refund.terms.out_refund_no);
            assert!(is_new, "I5: {context}: {no}: another refund's number");
        }
    }
}

/// Whatever WeChat was asked to pay back was on record before, and what it has said of it since then and was told that
/// we know is on record, too.
pub fn refunds(orders: &[Order], wechat: &Running, context: &str) {
    let ours: BTreeMap<&str, (&Order, &Refund)> = orders
        .iter()
        .flat_map(|order| order.refunds.iter().map(move |refund| (order, refund)))
        .map(|(order, refund)| (refund.terms.out_refund_no.as_str(), (order, refund)))
        .collect();
    for theirs in wechat.refunds() {
        let no = &theirs.out_refund_no;
        let Some((order, refund)) = ours.get(no.as_str()) else {
            panic!("I5: {context}: {no}: sent to WeChat, not on record");
        };
        let key = &order.key.out_trade_no;
        let here = (key, refund.terms.refund_fee);
        assert_eq!(here, (&theirs.out_trade_no, theirs.refund_fee), "I5: {context}: {no}");
        let number = refund.refund_id.as_ref();
        assert!(number.is_none_or(|id| *id == theirs.refund_id), "I5: {context}: {no}: {number:?}");
        let is_known = refund.refund_status == Some(theirs.status);
        assert!(is_known || !theirs.notice_acknowledged, "{context}: {no}: its notice was taken");
    }
}

async fn order(store: &dyn Store, no: &str, acks: &OrderAcks) -> Result<(), String> {
    let key = key("shop", no);
    let order = store.order(&key).await.unwrap().ok_or("it is gone")?;
    let events = store.events(&key).await.unwrap();
    let row = match &acks.idempotency_key {
        Some(key) => store.idempotency("shop", key).await.unwrap(),
        None => None,
    };
    let fee = order.terms.total_fee.get();
    let promises = [
        ("its total_fee", acks.total_fee.is_none_or(|acked| acked == fee)),
        ("its revision", order.revision >= acks.revision),
        ("its payer", acks.payer.is_none() || acks.payer == order.openid),
        ("that it is paid", order.trade_state.is_paid() || !acks.told_paid),
        ("that it shall be closed", order.close_asked_ms.is_some() || !acks.close_asked),
        ("that it is closed", !order.is_open() || !acks.closed),
        ("a prepay_id", acks.prepay_ids.iter().all(|id| gave(&events, id))),
        (
            "its Idempotency-Key",
            acks.idempotency_key.is_none() || row.is_some_and(|row| row.out_trade_no == no),
        ),
        ("a refund", acks.refunds.iter().all(|(no, acks)| has_refund(&order, no, acks))),
    ];
    match promises.iter().find(|(_, is_kept)| !is_kept) {
        Some((what, _)) => Err(format!("{what} was acknowledged and is lost: {order:?} {acks:?}")),
        None => Ok(()),
    }
}

fn gave(events: &[Event], given: &str) -> bool {
    events.iter().any(
        |event| matches!(&event.what, EventKind::PrepayGot { prepay_id, .. } if prepay_id == given),
    )
}

fn has_refund(order: &Order, no: &str, acks: &RefundAcks) -> bool {
    order.refund(no).is_some_and(|refund| {
        refund.terms.refund_fee.get() == acks.refund_fee
            && (acks.refund_id.is_none() || acks.refund_id == refund.refund_id)
            && (!acks.is_back || refund.refund_status == Some(RefundStatus::Success))
    })
}

async fn all(store: &dyn Store) -> Vec<Order> {
    let mut filter = Filter { limit: 100, ..Filter::default() };
    let mut orders = Vec::new();
    loop {
        let page = store.orders("shop", &filter).await.unwrap();
        orders.extend(page.orders);
        filter.cursor = page.next;
        if filter.cursor.is_none() {
            return orders;
        }
    }
}

/// Whatever ends an order was taken by the merchant's own system, or waits for it; nothing else was told.
async fn every_end_is_told(
    store: &dyn Store,
    orders: &[Order],
    receiver: &Receiver,
    context: &str,
) {
    let waiting: BTreeSet<String> = outbox(store).await.into_iter().map(|row| row.id).collect();
    let mut expected = BTreeSet::new();
    for order in orders {
        let mut is_paid = false;
        for event in store.events(&order.key).await.unwrap() {
            let ends = match event.what {
                EventKind::Fact { trade_state, .. } if trade_state.is_paid() => {
                    !std::mem::replace(&mut is_paid, true)
                }
                EventKind::Fact { trade_state, .. } => trade_state == Closed,
                EventKind::Withdrawn
                | EventKind::RefundAccepted { .. }
                | EventKind::RefundDelayed { .. }
                | EventKind::RefundRefused { .. }
                | EventKind::RefundFact { .. } => true,
                _ => false,
            };
            if ends {
                expected.insert(format!("shop:{}:{}", order.key.out_trade_no, event.seq));
            }
        }
    }
    let mut bodies: BTreeMap<String, String> = BTreeMap::new();
    for message in receiver.all() {
        assert!(message.is_signed_by(WEBHOOK_SECRET), "{context}: {message:?}");
        let id = message.id().to_owned();
        let first = bodies.entry(id).or_insert_with(|| message.body.clone());
        assert_eq!(*first, message.body, "{context}: the same message differs");
    }
    let told: BTreeSet<String> = bodies.into_keys().collect();
    let known: BTreeSet<String> = told.union(&waiting).cloned().collect();
    assert_eq!(known, expected, "I7: {context}: told or waiting (left), and what happened (right)");
}

/// Whole lines of JSON, nothing that went wrong, nothing that is secret. The kill may have cut the last line.
pub fn log(lines: &[String], context: &str) {
    let (_, whole) = lines.split_last().expect("a log");
    for line in whole {
        let parsed = serde_json::from_str::<Value>(line);
        let parsed = parsed.unwrap_or_else(|_| panic!("{context}: {line}"));
        assert_ne!(parsed["level"], "ERROR", "{context}: {line}");
    }
    no_secrets(lines, context);
}

/// I9: no secret in the logs.
pub fn no_secrets(lines: &[String], context: &str) {
    let base64 = WEBHOOK_SECRET.trim_start_matches("whsec_");
    for line in lines {
        for secret in [SHOP.api_key, SHOP.app_secret, SHOP.admin_key, base64, "session_key"] {
            assert!(!line.contains(secret), "I9: {context}: a secret in the log: {line}");
        }
    }
}
