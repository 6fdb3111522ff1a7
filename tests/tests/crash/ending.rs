//! What must come true once a server runs undisturbed: everything is found, finished and told, and the books are WeChat's
//! ledger.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{interval, timeout};
use wxpay_server::orders::Order;
use wxpay_simulator::Running;
use wxpay_tests::SHOP;
use wxpay_tests::process::{Site, http_client};

use crate::check::refunds;

/// The sweep asks about every order five seconds after a start.
const SWEPT: Duration = Duration::from_secs(30);

/// Waits until nothing waits any more.
pub async fn all_is_told_in_the_end(site: &Site) {
    let http = http_client();
    let waiting = async || {
        let url = format!("{}/v1/webhooks", site.url());
        let reply = http.get(url).bearer_auth(SHOP.admin_key).send().await.unwrap();
        let list: Value = serde_json::from_str(&reply.text().await.unwrap()).unwrap();
        assert_eq!(list["webhooks"][0]["dead"], 0, "{list}");
        list["webhooks"][0]["waiting"].as_u64().unwrap()
    };
    let told = async {
        let mut look = interval(Duration::from_millis(50));
        while waiting().await > 0 {
            look.tick().await;
        }
    };
    assert!(timeout(SWEPT, told).await.is_ok(), "{} messages wait", waiting().await);
}

/// Waits until the running server has found every payment, by notice or by its sweep, and the end of every refund that
/// WeChat has taken on.
pub async fn books_agree_in_the_end(site: &Site, wechat: &Running) {
    let http = http_client();
    // Orders that are paid, and refunds whose money is back.
    let ours = async || {
        let mut known = BTreeSet::new();
        for state in ["SUCCESS", "REFUND"] {
            let mut cursor = String::new();
            loop {
                let url = format!("{}/v1/orders?state={state}&limit=100{cursor}", site.url());
                let reply = http.get(url).bearer_auth(SHOP.admin_key).send().await.unwrap();
                let list: Value = serde_json::from_str(&reply.text().await.unwrap()).unwrap();
                for order in list["orders"].as_array().unwrap() {
                    known.insert(order["out_trade_no"].as_str().unwrap().to_owned());
                    let refunds = order["refunds"].as_array().unwrap().iter();
                    let back = refunds.filter(|refund| refund["refund_status"] == "SUCCESS");
                    known.extend(back.map(|one| one["out_refund_no"].as_str().unwrap().to_owned()));
                }
                match list["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
        }
        known
    };
    let theirs = || {
        let moved = wechat.ledger().into_iter();
        let moved = moved
            .map(|entry| entry.refund.map_or(entry.out_trade_no, |refund| refund.out_refund_no));
        moved.collect::<BTreeSet<_>>()
    };
    let agreed = async {
        let mut look = interval(Duration::from_millis(50));
        while ours().await != theirs() {
            look.tick().await;
        }
    };
    if timeout(SWEPT, agreed).await.is_err() {
        let (ours, theirs) = (ours().await, theirs());
        let differences: Vec<_> = ours.symmetric_difference(&theirs).collect();
        panic!("I10: paid or paid back here or at WeChat, but not both: {differences:?}");
    }
}

/// Every payment and every refund of the ledger is on its order with its amount, and no other is anywhere. A refund
/// that waits for its minute may have been sent in the last moment.
pub fn books(orders: &[Order], wechat: &Running) {
    let mut ours = Vec::new();
    for order in orders {
        let no = &order.key.out_trade_no;
        let payment = order.payment.iter();
        ours.extend(payment.map(|paid| (no.clone(), paid.transaction_id.clone(), paid.total_fee)));
        let is_paid = order.trade_state.is_paid();
        assert_eq!(is_paid, order.payment.is_some(), "{order:?}");
        assert!(order.anomalies.is_empty(), "{order:?}");
        for refund in &order.refunds {
            let number = &refund.terms.out_refund_no;
            let sent = wechat.refund(number);
            let is_there =
                sent.is_some_and(|sent| Some(&sent.refund_id) == refund.refund_id.as_ref());
            assert!(is_there || refund.refund_id.is_none(), "I11: {number}: {refund:?}");
        }
    }
    let entries = wechat.ledger().into_iter().filter(|entry| entry.refund.is_none());
    let theirs: Vec<_> =
        entries.map(|entry| (entry.out_trade_no, entry.transaction_id, entry.total_fee)).collect();
    let only_here: Vec<_> = ours.iter().filter(|one| !theirs.contains(one)).collect();
    let only_there: Vec<_> = theirs.iter().filter(|one| !ours.contains(one)).collect();
    assert!(only_here.is_empty(), "I11: only in our books: {only_here:?}");
    assert!(only_there.is_empty(), "I11: only in WeChat's ledger: {only_there:?}");
    assert_eq!(ours.len(), theirs.len(), "I11: twice in our books");
    refunds(orders, wechat, "I11");
}
