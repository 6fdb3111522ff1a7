//! What WeChat may say of an order when it is asked: every word it has, and words it has not had yet.

use serde_json::json;
use tracing_subscriber::filter::LevelFilter;
use wxpay_core::messages::TradeState;
use wxpay_tests::{FakeLogin, Logs, Notice, SHOP, Setup, World};

use crate::scene::HMAC;

/// Asks a WeChat that signs this word, in place of the simulated one, which says only what has happened there.
async fn told(word: &str) -> (World, String, Logs) {
    let world = World::with(Setup { durable: true, ..Setup::default() }).await;
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, 88).await;
    let reply = Notice::paid(&SHOP, &no, 88).with("trade_state", word).signed(HMAC, &SHOP);
    let wechat = FakeLogin::start(reply.xml()).await;
    let url = Some(wechat.url.clone());
    let logs = Logs::start(LevelFilter::TRACE);
    let world = world.restart_after(async |_, _, setup| setup.pay_url = url).await;
    let asked = world.act(&no, "query", json!({})).await;
    assert_eq!((asked.status, wechat.asked()), (200, 1), "{word}: {}", asked.text);
    let shown = world.order(&no).await.trade_state.as_str();
    assert_eq!(asked.json["trade_state"], shown, "{}", asked.text);
    (world, no, logs)
}

#[tokio::test]
async fn t09_every_state_is_booked_as_wechat_says_it() {
    for (state, topics) in [
        (TradeState::NotPay, &[][..]),
        (TradeState::UserPaying, &[]),
        (TradeState::PayError, &[]),
        (TradeState::Success, &["order.paid"]),
        (TradeState::Refund, &["order.paid"]),
        (TradeState::Closed, &["order.closed"]),
        (TradeState::Revoked, &["order.closed"]),
    ] {
        let (world, no, logs) = told(state.as_str()).await;
        assert_eq!(world.order(&no).await.trade_state, state);
        assert_eq!(world.topics(&no).await, topics, "{state}");
        let changes = usize::from(state != TradeState::NotPay);
        assert_eq!(logs.lines_with("order changed").len(), changes, "{state}");
        world.assert_logs_hold(&world.all_orders().await).await;
    }
}

/// Nobody can say what it means, so nothing is concluded; the log asks for somebody to look.
#[tokio::test]
async fn t09_a_state_nobody_knows_changes_nothing_and_is_logged() {
    for word in ["FROZEN", "success", "SUCCESS ", "PAID"] {
        let (world, no, logs) = told(word).await;
        let order = world.order(&no).await;
        assert_eq!((order.trade_state, order.payment), (TradeState::NotPay, None), "{word}");
        assert_eq!(world.topics(&no).await, Vec::<String>::new(), "{word}");
        let lines = logs.lines_with("unknown trade_state");
        assert!(lines.len() == 1 && lines[0].contains(word), "{lines:?}");
        let agenda = world.server.app.store.watched().await.unwrap();
        assert_eq!(agenda.len(), 1, "{word}: it is asked about again");
    }
}
