//! The life of an order: placed, asked about, paid, closed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod support;

use support::{World, assert_fields, fen, identity, key};
use wxpay_core::SignType;
use wxpay_core::messages::TradeState;
use wxpay_core::messages::order_query::{self, Found};
use wxpay_simulator::Outcome;

const HMAC: SignType = SignType::HmacSha256;

#[tokio::test]
async fn an_order_is_placed_asked_about_and_paid() {
    for sign_type in [SignType::Md5, HMAC] {
        let world = World::start().await;
        let prepay_id = world.place("T20260101", sign_type).await;
        assert!(prepay_id.starts_with("wx20260101120000"));

        let reply = world.query("T20260101", sign_type).await;
        assert_eq!(reply.get("attach"), Some(""), "attach is there though empty");
        assert_eq!(reply.get("total_fee"), None);
        let found = order_query::read_reply(reply, "T20260101", &identity(), sign_type, &key());
        assert_eq!(found.unwrap(), Found::Unpaid(TradeState::NotPay));

        world.pass_s(7);
        let paid = world.wechat.pay(&prepay_id, Outcome::Pay).await.unwrap();
        assert_eq!((paid.ok, paid.err_msg.as_str()), (true, "requestPayment:ok"));

        let reply = world.query("T20260101", sign_type).await;
        assert_fields(&reply, &[("time_end", "20260101120007"), ("cash_fee", "88")]);
        let found = order_query::read_reply(reply, "T20260101", &identity(), sign_type, &key());
        let Found::Paid(TradeState::Success, trade) = found.unwrap() else {
            panic!("it is paid");
        };
        assert_eq!(trade.total_fee, fen(88));
        assert_eq!(trade.openid, Some(world.alice().openid));
        assert_eq!(trade.transaction_id.len(), 28);
        let ledger = world.wechat.ledger();
        assert_eq!(ledger.len(), 1);
        assert_eq!(ledger[0].transaction_id, trade.transaction_id);
        assert_eq!((ledger[0].total_fee, ledger[0].out_trade_no.as_str()), (fen(88), "T20260101"));
    }
}
