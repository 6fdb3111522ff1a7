//! Paying back: what a merchant's backend does, and what must be true of it.

use reqwest::Method;
use serde_json::{Value, json};
use wxpay_core::messages::refund::RefundStatus;
use wxpay_server::orders::{Order, Refund};
use wxpay_simulator::Outcome;

use crate::world::{Reply, Setup, World};

impl Setup {
    /// Merchants that can pay back.
    pub fn refunding() -> Self {
        Self { refunds: true, ..Self::default() }
    }
}

impl World {
    /// An order that was paid, and whose notice was taken.
    pub async fn paid(&self, total_fee: u64) -> String {
        let token = self.log_in("alice").await;
        let no = self.prepaid(&token, total_fee).await;
        self.wechat.pay(&no, Outcome::Pay).await.unwrap();
        self.acknowledged(&no).await;
        no
    }

    /// The merchant pays back.
    pub async fn refund(&self, out_trade_no: &str, body: Value) -> Reply {
        let path = format!("/v1/orders/{out_trade_no}/refunds");
        self.backend(Method::POST, &path, body).await
    }

    /// The merchant pays back under a number of its own.
    pub async fn refund_part(&self, out_trade_no: &str, number: &str, fee: u64) -> Reply {
        self.refund(out_trade_no, json!({ "out_refund_no": number, "refund_fee": fee })).await
    }

    /// A refund as the server tells it.
    pub async fn show_refund(&self, number: &str) -> Reply {
        self.backend(Method::GET, &format!("/v1/refunds/{number}"), json!({})).await
    }

    /// A refund in the server's books.
    pub async fn booked_refund(&self, out_trade_no: &str, number: &str) -> Refund {
        self.order(out_trade_no).await.refund(number).unwrap().clone()
    }

    /// Waits until the server has acknowledged the refund's notice.
    pub async fn refund_acknowledged(&self, number: &str) {
        let acknowledged = self
            .wechat
            .wait_until(|world| world.refund(number).is_some_and(|one| one.notice_acknowledged))
            .await;
        acknowledged.unwrap();
    }

    /// Waits until WeChat has ended a refund.
    pub async fn refund_ended(&self, number: &str, status: RefundStatus) {
        let ended = self
            .wechat
            .wait_until(|world| world.refund(number).is_some_and(|one| one.status == status))
            .await;
        ended.unwrap();
    }

    /// Every refund that WeChat has taken on is in the books under the same numbers with the same amount, and no other
    /// is; none pays back more than was paid.
    pub fn assert_refunds_agree(&self, orders: &[Order]) {
        let mut booked = Vec::new();
        for order in orders {
            assert!(order.refund_total() <= order.terms.total_fee, "{order:#?}");
            for refund in &order.refunds {
                let Some(refund_id) = refund.refund_id.clone() else { continue };
                let terms = &refund.terms;
                let no = order.key.out_trade_no.clone();
                booked.push((no, terms.out_refund_no.clone(), refund_id, terms.refund_fee));
                let at_wechat = self.wechat.refund(&terms.out_refund_no).unwrap().status;
                if !refund.is_pending() {
                    assert_eq!(refund.refund_status, Some(at_wechat), "{refund:#?}");
                }
            }
        }
        booked.sort();
        let refunds = self.wechat.ledger().into_iter().filter_map(|entry| {
            let refund = entry.refund?;
            Some((entry.out_trade_no, refund.out_refund_no, refund.refund_id, refund.refund_fee))
        });
        let mut ledger: Vec<_> = refunds.collect();
        ledger.sort();
        assert_eq!(booked, ledger, "our refunds on the left, WeChat's ledger on the right");
    }
}
