//! The ledger: money that really moved, to be compared with anybody's books.

use serde::Serialize;
use wxpay_core::Fen;
use wxpay_core::messages::refund::RefundStatus;

use crate::refund::Refund;
use crate::world::{OrderKey, World};

/// Money that really moved, or is on its way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerEntry {
    /// Milliseconds since 1970.
    pub at: i64,
    /// `pay`, `refund`, or `reverse` for money that went back with a micropay order.
    pub kind: &'static str,
    /// Who got it, or pays it back.
    pub mch_id: String,
    /// The merchant's number of the order.
    pub out_trade_no: String,
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// The order's amount in fen.
    pub total_fee: Fen,
    /// Of a refund.
    #[serde(flatten)]
    pub refund: Option<RefundEntry>,
}

/// What the ledger says of a refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefundEntry {
    /// The merchant's number.
    pub out_refund_no: String,
    /// WeChat's number.
    pub refund_id: String,
    /// In fen.
    pub refund_fee: Fen,
    /// What has become of it by now; money moved only where it is SUCCESS.
    pub status: RefundStatus,
}

impl World {
    /// Writes into the ledger that money moved.
    pub(crate) fn enter(
        &mut self,
        kind: &'static str,
        key: &OrderKey,
        transaction_id: String,
        total_fee: Fen,
        at: i64,
    ) {
        let (mch_id, out_trade_no) = key.clone();
        self.ledger.push(LedgerEntry {
            at,
            kind,
            mch_id,
            out_trade_no,
            transaction_id,
            total_fee,
            refund: None,
        });
    }

    /// Takes a refund on.
    pub(crate) fn add_refund(&mut self, key: &OrderKey, refund: Refund) {
        let Some(order) = self.orders.get_mut(key) else { return };
        let refund_key = (key.0.clone(), refund.out_refund_no.clone());
        self.refund_orders.insert(refund_key.clone(), key.clone());
        self.refund_ids.insert(refund.refund_id.clone(), refund_key);
        self.ledger.push(LedgerEntry {
            at: refund.asked_ms,
            kind: "refund",
            mch_id: key.0.clone(),
            out_trade_no: key.1.clone(),
            transaction_id: order.payment().map_or_else(String::new, |p| p.transaction_id.clone()),
            total_fee: order.total_fee,
            refund: Some(RefundEntry {
                out_refund_no: refund.out_refund_no.clone(),
                refund_id: refund.refund_id.clone(),
                refund_fee: refund.refund_fee,
                status: refund.status,
            }),
        });
        order.refunds.list.push(refund);
    }

    /// Keeps the ledger's word on a refund.
    pub(crate) fn note_refund_status(&mut self, refund_id: &str, status: RefundStatus) {
        let mut entries = self.ledger.iter_mut().filter_map(|entry| entry.refund.as_mut());
        if let Some(entry) = entries.find(|entry| entry.refund_id == refund_id) {
            entry.status = status;
        }
    }
}
