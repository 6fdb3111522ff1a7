//! How an order is read. `Order` is written with its parts flattened into one object; serde would read that by way of a
//! map of everything, which takes twice as long. So it is read as one flat record, which then becomes the order.

use serde::Deserialize;
use wxpay_core::messages::{Trade, TradeState, TradeType};
use wxpay_core::{Fen, SignType};

use super::{
    Asked, Extra, FoundAnomaly, LivePrepay, Order, OrderKey, Refund, Refused, Reversal, Terms,
};

#[derive(Deserialize)]
pub(super) struct StoredOrder {
    merchant: String,
    out_trade_no: String,
    revision: u64,
    created_ms: i64,
    terms: Terms,
    sign_type: SignType,
    openid: Option<String>,
    trade_state: TradeState,
    payment: Option<Trade>,
    asked: Option<Asked>,
    prepay: Option<LivePrepay>,
    refused: Option<Refused>,
    #[serde(default)]
    is_restored: bool,
    close_asked_ms: Option<i64>,
    reversal: Option<Reversal>,
    #[serde(default)]
    refunds: Vec<Refund>,
    anomalies: Vec<FoundAnomaly>,
}

#[derive(Deserialize)]
pub(super) struct StoredTerms {
    body: String,
    total_fee: Fen,
    trade_type: TradeType,
    expires_ms: i64,
    attach: Option<String>,
    detail: Option<String>,
    device_info: Option<String>,
    goods_tag: Option<String>,
    limit_pay: Option<String>,
    profit_sharing: Option<String>,
    product_id: Option<String>,
    receipt: Option<String>,
    scene_info: Option<String>,
}

impl From<StoredOrder> for Order {
    fn from(stored: StoredOrder) -> Self {
        let StoredOrder { merchant, out_trade_no, .. } = stored;
        Self {
            key: OrderKey { merchant, out_trade_no },
            revision: stored.revision,
            created_ms: stored.created_ms,
            terms: stored.terms,
            sign_type: stored.sign_type,
            openid: stored.openid,
            trade_state: stored.trade_state,
            payment: stored.payment,
            asked: stored.asked,
            prepay: stored.prepay,
            refused: stored.refused,
            is_restored: stored.is_restored,
            close_asked_ms: stored.close_asked_ms,
            reversal: stored.reversal,
            refunds: stored.refunds,
            anomalies: stored.anomalies,
        }
    }
}

impl From<StoredTerms> for Terms {
    fn from(stored: StoredTerms) -> Self {
        let extra = Extra {
            attach: stored.attach,
            detail: stored.detail,
            device_info: stored.device_info,
            goods_tag: stored.goods_tag,
            limit_pay: stored.limit_pay,
            profit_sharing: stored.profit_sharing,
            product_id: stored.product_id,
            receipt: stored.receipt,
            scene_info: stored.scene_info,
        };
        Self {
            body: stored.body,
            total_fee: stored.total_fee,
            trade_type: stored.trade_type,
            expires_ms: stored.expires_ms,
            extra,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use serde_json::{Map, Value, json};

    use super::*;

    /// A field that is written but not read would be lost with the next change.
    #[test]
    fn everything_that_is_written_is_read() {
        let extra: Map<String, Value> = [
            "attach",
            "detail",
            "device_info",
            "goods_tag",
            "limit_pay",
            "profit_sharing",
            "product_id",
            "receipt",
            "scene_info",
        ]
        .map(|name| (name.to_owned(), json!(name)))
        .into_iter()
        .collect();
        let mut terms = json!({
            "body": "tea", "total_fee": 100, "trade_type": "JSAPI", "expires_ms": 7_200_000,
        });
        terms.as_object_mut().unwrap().extend(extra);
        let order = json!({
            "merchant": "shop", "out_trade_no": "20260101", "revision": 7, "created_ms": 1,
            "terms": terms, "sign_type": "MD5", "openid": "alice", "trade_state": "NOTPAY",
            "payment": null, "prepay": null, "close_asked_ms": 5, "anomalies": [],
            "asked": { "at_ms": 2, "spbill_create_ip": "127.0.0.1", "notify_url": null },
            "refused": { "code": "SYSTEMERROR", "description": "no" },
        });
        let read: Order = serde_json::from_value(order.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), order);
    }
}
