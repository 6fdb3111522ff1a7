//! The morning after: bills, books, WeChat's ledger, what the merchant was told and what is on disk all say the same.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use reqwest::Method;
use serde_json::{Value, json};
use wxpay_core::messages::TradeState;
use wxpay_core::messages::refund::RefundStatus;
use wxpay_server::orders::{EventKind, Order};
use wxpay_server::store::SledStore;
use wxpay_simulator::{Call, Fault, FaultKind};
use wxpay_tests::{Received, Shop, WEBHOOK_SECRET};

use crate::business::{Day, SHOPS};
use crate::standard_webhooks::{libraries, verify};

const DATE: &str = "2026-01-01";

impl Day {
    /// The first comparison may find what no notice and no query told: orders that were paid late. The second finds
    /// nothing. A damaged bill on the way there changes nothing.
    pub(crate) async fn assert_bills_agree(&self) {
        self.world.wechat.set_fault(Fault::new(Call::DownloadBill, FaultKind::CutBill)).unwrap();
        let lines = self.reconcile(&SHOPS[0]).await;
        let error = &lines.last().unwrap()["error"];
        assert_eq!(error["code"], "upstream_bill_damaged", "{lines:?}");
        let (mut paid, mut refunded) = (0, 0);
        for shop in SHOPS {
            for line in self.reconcile(&shop).await {
                let Some(found) = line.get("difference") else { continue };
                println!("found: {found}");
                let no = found["out_trade_no"].as_str().unwrap().to_owned();
                assert_eq!(found["outcome"], "healed", "{found}");
                assert!(self.odd.contains(&("paid_after_close".into(), no)), "{found}");
            }
            let lines = self.reconcile(&shop).await;
            let differences = lines.iter().filter(|line| line.get("difference").is_some());
            assert_eq!(differences.count(), 0, "{lines:#?}");
            let day = &lines.last().unwrap()["summary"];
            assert_eq!((&day["has_bill"], &day["unanswered"]), (&json!(true), &json!(0)), "{day}");
            println!("{}: paid {}, refunded {}", shop.id, day["paid"], day["refunded"]);
            paid += day["paid"]["fee"].as_u64().unwrap();
            refunded += day["refunded"]["fee"].as_u64().unwrap();
        }
        let ledger = self.world.wechat.ledger();
        let all_paid = ledger.iter().filter(|entry| entry.kind == "pay");
        assert_eq!(paid, all_paid.map(|entry| entry.total_fee.get()).sum::<u64>());
        let back = ledger.iter().filter(|entry| entry.kind != "pay" && is_of_the_day(entry.at));
        let back = back.map(|entry| match &entry.refund {
            Some(refund) if refund.status == RefundStatus::RefundClose => 0,
            Some(refund) => refund.refund_fee.get(),
            None => entry.total_fee.get(),
        });
        assert_eq!(refunded, back.sum::<u64>());
    }

    async fn reconcile(&self, shop: &Shop) -> Vec<Value> {
        let body = json!({ "date": DATE });
        let reply = self.world.backend_of(shop, Method::POST, "/v1/reconcile", body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// No order is lost, the books are WeChat's ledger, every order is what its events say, was told of once, and the
    /// only odd ones are those that were made odd.
    pub(crate) async fn assert_books_agree(&self) {
        let orders = self.world.all_orders().await;
        assert_eq!(orders.len(), self.sales.len(), "orders were lost");
        self.world.assert_payments_agree(&orders);
        self.world.assert_refunds_agree(&orders);
        let messages = self.first_of_each();
        let told = messages.values().map(|message| {
            let message = message.json();
            (text(&message["data"]["out_trade_no"]), text(&message["type"]))
        });
        self.world.assert_logs_told(&orders, told).await;
        let mut odd = self.odd.clone();
        for entry in self.world.wechat.ledger() {
            if entry.refund.is_some_and(|refund| refund.status == RefundStatus::Change) {
                odd.insert(("refund_abnormal".into(), entry.out_trade_no));
            }
        }
        assert_eq!(self.anomalies().await, odd, "what was found on the left");
    }

    async fn anomalies(&self) -> BTreeSet<(String, String)> {
        let mut all = BTreeSet::new();
        for shop in SHOPS {
            let path = "/v1/anomalies?state=all&limit=100";
            let page = self.world.backend_of(&shop, Method::GET, path, json!(null)).await.json;
            assert!(page["next_cursor"].is_null(), "{page}");
            for one in page["anomalies"].as_array().unwrap() {
                all.insert((text(&one["kind"]), text(&one["out_trade_no"])));
            }
        }
        all
    }

    /// Everything that ended, and nothing else, was told under a name of its own, always in the same bytes, and both
    /// published libraries believe every message.
    pub(crate) async fn assert_all_was_told(&self) {
        let all = self.receiver.all();
        for library in libraries() {
            for message in &all {
                let now_s: i64 = message.header("webhook-timestamp").parse().unwrap();
                let believed = verify(&library, WEBHOOK_SECRET, message, Some(now_s));
                assert_eq!(believed, Ok(()), "{message:?}");
            }
            let at_the_machines_time = verify(&library, WEBHOOK_SECRET, &all[0], None);
            assert!(at_the_machines_time.is_err(), "the library looks at the clock of the day");
        }
        let first = self.first_of_each();
        for message in &all {
            assert_eq!(message.body, first[message.id()].body, "{}", message.id());
        }
        let told = first.iter().map(|(id, message)| (id.clone(), text(&message.json()["type"])));
        let is_orphans = |kind: &str| self.odd.iter().filter(|(odd, _)| odd == kind).count();
        let (orphans, told): (BTreeSet<_>, BTreeSet<_>) =
            told.partition(|(id, _)| first[id].json()["data"]["sequence"] == 0);
        assert_eq!(orphans.len(), is_orphans("orphan_notice"), "{orphans:?}");
        let mut expected = BTreeSet::new();
        for order in self.world.all_orders().await {
            expected.extend(self.to_be_told(&order).await);
        }
        assert_eq!(told, expected, "what was told on the left");
    }

    /// What an order's events make worth telling.
    async fn to_be_told(&self, order: &Order) -> Vec<(String, String)> {
        let events = self.world.server.app.store.events(&order.key).await.unwrap();
        let mut is_paid = false;
        let told = events.into_iter().filter_map(|event| {
            let kind = match &event.what {
                EventKind::Fact { trade_state, .. } => match trade_state {
                    TradeState::Success | TradeState::Refund if !is_paid => {
                        is_paid = true;
                        "order.paid"
                    }
                    TradeState::Closed | TradeState::Revoked => "order.closed",
                    _ => return None,
                },
                EventKind::Withdrawn => "order.closed",
                EventKind::RefundAccepted { .. }
                | EventKind::RefundDelayed { .. }
                | EventKind::RefundRefused { .. }
                | EventKind::RefundFact { .. } => "refund.changed",
                EventKind::Found { .. } => "anomaly.found",
                _ => return None,
            };
            let id = format!("{}:{}:{}", order.key.merchant, order.key.out_trade_no, event.seq);
            Some((id, kind.to_owned()))
        });
        told.collect()
    }

    /// By their names.
    fn first_of_each(&self) -> HashMap<String, Received> {
        let mut first = HashMap::new();
        for message in self.receiver.all() {
            first.entry(message.id().to_owned()).or_insert(message);
        }
        first
    }

    /// What kind of a day it was; it must not have been a dull one.
    pub(crate) async fn print_figures(&self) {
        let mut figures: BTreeMap<String, usize> = BTreeMap::new();
        let mut count = |what: String| *figures.entry(what).or_default() += 1;
        for order in self.world.all_orders().await {
            count(format!("{} {}", order.terms.trade_type.as_str(), order.trade_state.as_str()));
            count(format!(
                "in {} parts",
                order.refunds.iter().filter(|one| one.refund_id.is_some()).count()
            ));
        }
        for entry in self.world.wechat.ledger() {
            let status = entry.refund.map_or("", |refund| refund.status.as_str());
            count(format!("ledger {} {status}", entry.kind));
        }
        self.odd.iter().for_each(|(kind, _)| count(kind.clone()));
        let (all, unique) = (self.receiver.count(), self.first_of_each().len());
        println!("{figures:#?}\n{all} webhooks, {unique} of them new");
        assert!(all > unique, "nothing was told twice");
        for what in ["JSAPI SUCCESS", "NATIVE SUCCESS", "APP SUCCESS", "MWEB SUCCESS"] {
            assert!(figures.contains_key(what), "no {what}");
        }
        for what in [
            "MICROPAY REVOKED",
            "MICROPAY CLOSED",
            "JSAPI CLOSED",
            "in 2 parts",
            "ledger refund CHANGE",
        ] {
            assert!(figures.contains_key(what), "no {what}");
        }
    }

    /// The file on disk holds every order, and nothing in it contradicts anything else.
    pub(crate) async fn assert_store_is_whole(self) {
        let Self { world, sales, .. } = self;
        let directory = world.stop().await;
        let report = SledStore::check(&directory.path().join("data"), 8 << 20).unwrap();
        assert_eq!(report.problems, []);
        println!("{:?}", report.counts);
        assert_eq!(report.counts.get("orders"), Some(&u64::try_from(sales.len()).unwrap()));
    }
}

fn is_of_the_day(at_ms: i64) -> bool {
    at_ms < wxpay_tests::START_MS + 12 * 3_600_000
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
