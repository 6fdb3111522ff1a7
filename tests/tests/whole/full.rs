//! More waits to be written than may wait: whoever asks is told to come again, and nothing half-way is left.

use std::sync::Arc;

use reqwest::Method;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;
use wxpay_core::SignType;
use wxpay_core::messages::TradeState;
use wxpay_tests::scripted::{DawdlingStore, Dice};
use wxpay_tests::{Logs, Notice, SHOP, Setup, World};

use crate::api::assert_error;
use crate::scene::{FAIL, SUCCESS};

#[tokio::test]
async fn k03_a_full_queue_is_a_503_and_a_notice_comes_again() {
    let store = Arc::new(DawdlingStore::new(Dice::new(1)));
    let world = World::with(Setup { store: Some(Arc::clone(&store)), ..Setup::default() }).await;
    let token = world.log_in("alice").await;
    let (no, other) = (world.prepaid(&token, 88).await, world.create(77).await);
    let before = (world.order(&no).await, world.order(&other).await);
    let notice = Notice::paid(&SHOP, &no, 88).signed(SignType::HmacSha256, &SHOP).xml();

    store.be_busy(1);
    let logs = Logs::start(LevelFilter::INFO);
    let refused = world.notify(notice.clone()).await;
    assert_eq!((refused.status, refused.text.as_str()), (503, FAIL));
    let new = json!({ "total_fee": 1, "body": "tea", "out_trade_no": "full1" });
    let busy = [
        world.backend(Method::POST, "/v1/orders", new.clone()).await,
        world.pay(&token, &other).await,
        world.close(&no).await,
    ];
    for reply in busy {
        assert_error(&reply, 503, "busy", None);
        assert!(reply.headers.contains_key("retry-after"), "{:?}", reply.headers);
    }
    assert_eq!(logs.lines_with("request failed").len(), 3, "{}", logs.text());
    assert_eq!((world.order(&no).await, world.order(&other).await), before);
    assert_eq!(world.topics(&no).await, [""; 0]);
    assert_eq!(world.backend(Method::GET, "/v1/orders/full1", json!(null)).await.status, 404);

    store.be_busy(0);
    let taken = world.notify(notice).await;
    assert_eq!((taken.status, taken.text.as_str()), (200, SUCCESS));
    assert_eq!(world.order(&no).await.trade_state, TradeState::Success);
    assert_eq!(world.backend(Method::POST, "/v1/orders", new).await.status, 201);
    assert_eq!(world.pay(&token, &other).await.status, 200);
}
