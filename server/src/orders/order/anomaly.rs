//! What is odd about an order, and the way out.

use serde::{Deserialize, Serialize};
use wxpay_core::Fen;
use wxpay_core::messages::refund::RefundStatus;

use super::Order;

/// Something a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Anomaly {
    /// WeChat signed a payment of another amount or currency than ordered. The order does not count as paid.
    AmountMismatch {
        /// WeChat's number of the payment.
        transaction_id: String,
        /// What was paid.
        total_fee: Fen,
        /// In which currency.
        fee_type: String,
    },
    /// The user paid although the order was closed.
    PaidAfterClose {
        /// WeChat's number of the payment.
        transaction_id: String,
    },
    /// WeChat reports a second payment for an order that has one.
    SecondPayment {
        /// WeChat's number of the second payment.
        transaction_id: String,
        /// Its amount.
        total_fee: Fen,
    },
    /// WeChat signed a payment of an order that is not here.
    OrphanNotice {
        /// WeChat's number of the payment.
        transaction_id: String,
        /// Its amount.
        total_fee: Fen,
    },
    /// A refund did not reach the user: closed, or in need of a person on the merchant platform.
    RefundAbnormal {
        /// The merchant's number of the refund.
        out_refund_no: String,
        /// What WeChat says of it.
        refund_status: RefundStatus,
    },
    /// WeChat paid back something that was not asked for here, as by a person on the merchant platform.
    ForeignRefund {
        /// The merchant's number of the refund.
        out_refund_no: String,
        /// WeChat's number of it.
        refund_id: String,
        /// How much.
        refund_fee: Fen,
    },
}

/// An anomaly of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundAnomaly {
    /// The number of the event that reported it.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// What is odd.
    #[serde(flatten)]
    pub anomaly: Anomaly,
    /// How it was settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolution>,
}

/// How an anomaly was settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// Why it needs no more looking at, in the words of whoever settled it.
    pub note: String,
}

impl Anomaly {
    /// Its name, as in JSON.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::AmountMismatch { .. } => "amount_mismatch",
            Self::PaidAfterClose { .. } => "paid_after_close",
            Self::SecondPayment { .. } => "second_payment",
            Self::OrphanNotice { .. } => "orphan_notice",
            Self::RefundAbnormal { .. } => "refund_abnormal",
            Self::ForeignRefund { .. } => "foreign_refund",
        }
    }

    /// The payment that an order did not take as its own.
    pub fn odd_payment(&self) -> Option<&str> {
        match self {
            Self::AmountMismatch { transaction_id, .. }
            | Self::SecondPayment { transaction_id, .. }
            | Self::OrphanNotice { transaction_id, .. } => Some(transaction_id),
            Self::PaidAfterClose { .. }
            | Self::RefundAbnormal { .. }
            | Self::ForeignRefund { .. } => None,
        }
    }
}

impl Order {
    /// Whether this was found before.
    pub fn has_anomaly(&self, anomaly: &Anomaly) -> bool {
        self.anomalies.iter().any(|found| found.anomaly == *anomaly)
    }

    /// The anomaly of this name.
    pub fn anomaly_by_id(&self, id: &str) -> Option<&FoundAnomaly> {
        self.anomalies.iter().find(|found| self.anomaly_id(found) == id)
    }

    /// The name of an anomaly of this order, unique within the merchant.
    pub fn anomaly_id(&self, found: &FoundAnomaly) -> String {
        format!("{}.{}", self.key.out_trade_no, found.seq)
    }
}
