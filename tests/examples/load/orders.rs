//! Orders that wait for their notice, and the notices.

use std::path::Path;

use bytes::Bytes;
use serde_json::json;
use wxpay_core::messages::TradeType;
use wxpay_core::{Fen, SignType};
use wxpay_server::ambient::{Clock, SystemClock, SystemNonces, new_number};
use wxpay_server::orders::{
    Event, EventKind, Extra, Fact, Order, OrderKey, Source, Terms, Verdict, apply,
};
use wxpay_server::store::{Change, SledStore, Store};
use wxpay_tests::{Notice, SHOP};

use crate::drive::drive;

/// tenpay reads only such notices.
pub const SIGN_TYPE: SignType = SignType::Md5;
pub const OPENID: &str = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
const TOTAL_FEE: u64 = 888;
/// How many writers fill a store.
const WRITERS: usize = 64;
/// The phone asked so long ago that the server does not ask WeChat about the order while it is measured.
const AGE_MS: i64 = 40 * 60 * 1000;

/// Numbers as the server makes them for orders that come one in each millisecond.
pub fn numbers(count: usize) -> Vec<String> {
    let now_ms = SystemClock.now_ms();
    (now_ms..).take(count).map(|ms| new_number(ms, &SystemNonces)).collect()
}

/// An order as the merchant's backend leaves it: nobody has asked to pay it yet.
pub fn created(number: &str) -> Vec<Event> {
    let terms = Terms {
        body: "腾讯充值中心-QQ会员充值".into(),
        total_fee: Fen::new(TOTAL_FEE).unwrap(),
        trade_type: TradeType::Jsapi,
        expires_ms: SystemClock.now_ms() + 4 * AGE_MS,
        extra: Extra { attach: Some("shop=12 till=3".into()), ..Extra::default() },
    };
    let created = EventKind::Created {
        terms: Box::new(terms),
        sign_type: SIGN_TYPE,
        openid: Some(OPENID.into()),
    };
    assert!(number.len() <= 32, "WeChat takes no longer number");
    vec![Event { seq: 1, at_ms: SystemClock.now_ms() - AGE_MS, what: created }]
}

/// An order that the phone has been given the arguments for.
pub fn placed(number: &str) -> Vec<Event> {
    let mut events = created(number);
    let asked = EventKind::PrepayAsked {
        spbill_create_ip: "123.12.12.123".into(),
        notify_url: "https://pay.example.com/v1/notify/shop/pay".into(),
    };
    let prepay_id = format!("wx{:0>34}", &number[..20]);
    let got = EventKind::PrepayGot { prepay_id, code_url: None, mweb_url: None };
    for what in [asked, got] {
        let (seq, at_ms) = (events.len() as u64 + 1, events[0].at_ms);
        events.push(Event { seq, at_ms, what });
    }
    events
}

/// Makes a store with these orders in it.
pub async fn fill(directory: &Path, numbers: &[String], events: impl Fn(&str) -> Vec<Event>) {
    let store = SledStore::open(directory, CACHE_BYTES).unwrap();
    let changes = numbers.iter().map(|no| Change::import(key(no), &events(no)).unwrap()).collect();
    commit_all(&store, changes).await;
    store.close().await;
}

/// The server's default.
pub const CACHE_BYTES: u64 = 64 << 20;

/// Makes changes durable by many writers at once.
async fn commit_all(store: &SledStore, changes: Vec<Change>) {
    let writer = async |change| store.commit(change).await.unwrap();
    drive(WRITERS, changes, writer).await;
}

/// What the server does to the order when its notice comes.
pub fn payment(number: &str) -> Change {
    let order = Order::from_events(key(number), &placed(number)).unwrap();
    let params = wxpay_core::xml::from_xml(notice(number).as_bytes()).unwrap();
    let verified = wxpay_core::verify(params, SIGN_TYPE, &SHOP.key()).unwrap();
    let identity = SHOP.for_server(SIGN_TYPE).identity;
    let notice = wxpay_core::messages::pay_notice::read(&verified, &identity).unwrap();
    let wxpay_core::messages::pay_notice::Outcome::Paid(payment) = notice.outcome else {
        panic!("the notice tells of a payment");
    };
    let trade_state = wxpay_core::messages::TradeState::Success;
    let fact = Fact { source: Source::Notice, trade_state, payment: Some(payment) };
    let Verdict::News(events) = apply(&order, fact) else { panic!("a payment is news") };
    Change::update(&order, events, SystemClock.now_ms())
}

/// WeChat's message that the order was paid: 21 elements.
pub fn notice(number: &str) -> String {
    let transaction_id = format!("42{}", digits(number));
    Notice::paid(&SHOP, number, TOTAL_FEE)
        .with("attach", "shop=12 till=3")
        .with("is_subscribe", "Y")
        .with("openid", OPENID)
        .with("transaction_id", &transaction_id)
        .with("cash_fee", "878")
        .with("coupon_count", "1")
        .with("coupon_fee", "10")
        .with("coupon_fee_0", "10")
        .with("coupon_id_0", "2000000000472570000")
        .signed(SIGN_TYPE, &SHOP)
        .xml()
}

/// 26 digits that differ as much as the numbers do.
fn digits(number: &str) -> String {
    let value = number.bytes().fold(0_u128, |value, byte| {
        value.wrapping_mul(0x1_0000_01b3).wrapping_add(u128::from(byte))
    });
    format!("{:026}", value % 10_u128.pow(26))
}

/// What the Express server is told of the orders.
pub fn for_express(numbers: &[String]) -> Bytes {
    let orders: Vec<_> = numbers.iter().map(|no| json!([no, TOTAL_FEE])).collect();
    json!(orders).to_string().into()
}

pub fn key(number: &str) -> OrderKey {
    OrderKey { merchant: SHOP.id.into(), out_trade_no: number.into() }
}
