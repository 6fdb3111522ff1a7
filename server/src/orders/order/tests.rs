//! Folding, and what is sent to WeChat.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed unwrap is a failed test")]

use proptest::prelude::*;
use wxpay_core::messages::Identity;

use super::*;

const NOW_MS: i64 = 1_767_240_000_000;

/// An order over 19.90 yuan, created at `NOW_MS`, for two hours.
pub(in crate::orders) fn order() -> Order {
    Order::begin(key(), &event(1, created())).unwrap()
}

/// A payment in CNY.
pub(in crate::orders) fn trade(transaction_id: &str, total_fee: u64) -> Trade {
    Trade {
        transaction_id: transaction_id.into(),
        total_fee: Fen::new(total_fee).unwrap(),
        fee_type: "CNY".into(),
        cash_fee: None,
        settlement_total_fee: None,
        coupons: Vec::new(),
        time_end: NOW_MS / 1000,
        openid: None,
        sub_openid: None,
        trade_type: None,
        bank_type: None,
        attach: None,
    }
}

fn shop() -> Identity {
    Identity::direct("wx7e57000000000001", "1900000109")
}

fn key() -> OrderKey {
    OrderKey { merchant: "shop".into(), out_trade_no: "1".into() }
}

fn event(seq: u64, what: EventKind) -> Event {
    Event { seq, at_ms: NOW_MS + i64::try_from(seq).unwrap() - 1, what }
}

fn created() -> EventKind {
    EventKind::Created {
        terms: Box::new(Terms {
            body: "tea".into(),
            total_fee: Fen::new(1990).unwrap(),
            trade_type: TradeType::Jsapi,
            expires_ms: NOW_MS + 7_200_000,
            extra: Extra { attach: Some("a=1".into()), ..Extra::default() },
        }),
        sign_type: SignType::HmacSha256,
        openid: None,
    }
}

fn asked(ip: &str) -> EventKind {
    let notify_url = "https://pay.example.com/v1/notify/shop/pay".into();
    EventKind::PrepayAsked { spbill_create_ip: ip.into(), notify_url }
}

fn got(prepay_id: &str) -> EventKind {
    EventKind::PrepayGot { prepay_id: prepay_id.into(), code_url: None, mweb_url: None }
}

fn fact(trade_state: TradeState, transaction_id: Option<&str>) -> EventKind {
    let payment = transaction_id.map(|id| Box::new(trade(id, 1990)));
    EventKind::Fact { source: Source::Notice, trade_state, payment }
}

fn any_event() -> impl Strategy<Value = EventKind> {
    let state = proptest::sample::select(TradeState::ALL);
    prop_oneof![
        "[a-z]{1,8}".prop_map(|openid| EventKind::Claimed { openid }),
        Just(asked("192.0.2.1")),
        "[a-z0-9]{1,8}".prop_map(|id| got(&id)),
        Just(EventKind::CloseAsked),
        Just(EventKind::Withdrawn),
        Just(EventKind::Restored),
        (state, proptest::option::of("[0-9]{8}"))
            .prop_map(|(state, id)| fact(state, id.as_deref())),
        "[0-9]{8}".prop_map(|transaction_id| EventKind::Found {
            anomaly: Anomaly::PaidAfterClose { transaction_id }
        }),
    ]
}

proptest! {
    /// Records and logs are kept as JSON: nothing is lost on the way, and folding does not care where it was cut.
    #[test]
    fn any_log_folds_to_one_order_and_survives_json(
        what in proptest::collection::vec(any_event(), 0..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut log = vec![event(1, created())];
        log.extend(what.into_iter().zip(2..).map(|(what, seq)| event(seq, what)));
        let whole = Order::from_events(key(), &log).unwrap();
        prop_assert_eq!(whole.revision, log.len() as u64);
        let json = serde_json::to_string(&log).unwrap();
        let read: Vec<Event> = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&read, &log);
        let json = serde_json::to_string(&whole).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Order>(&json).unwrap(), &whole);
        let (begin, rest) = log.split_at(cut.index(log.len()).max(1));
        let mut resumed = Order::from_events(key(), begin).unwrap();
        rest.iter().for_each(|event| resumed.fold(event));
        prop_assert_eq!(resumed, whole);
    }
}

#[test]
fn a_log_with_a_gap_or_without_a_beginning_is_no_order() {
    let (first, second) = (event(1, created()), event(2, EventKind::CloseAsked));
    let third = event(3, EventKind::Withdrawn);
    let fold = |log: &[Event]| Order::from_events(key(), log);
    assert!(fold(&[first.clone(), second.clone(), third.clone()]).is_some());
    assert!(fold(&[]).is_none());
    assert!(fold(std::slice::from_ref(&second)).is_none());
    assert!(fold(&[first.clone(), third.clone()]).is_none());
    assert!(fold(&[first.clone(), second.clone(), second.clone()]).is_none());
    assert!(fold(&[first, third, second]).is_none());
}

/// WeChat refuses the same number with other parameters, so time and a second user's address change nothing.
#[test]
fn the_request_to_wechat_is_the_same_every_time() {
    let mut order = order();
    assert!(order.unified_order(&shop()).is_none(), "no request before the intent is on record");
    order.fold(&event(2, EventKind::Claimed { openid: "alice".into() }));
    order.fold(&event(3, asked("192.0.2.1")));
    let first = order.unified_order(&shop()).unwrap();
    order.fold(&event(4, got("wx1")));
    order.fold(&event(9_000_000, got("wx2")));
    order.fold(&event(9_000_001, EventKind::CloseAsked));
    assert_eq!(order.unified_order(&shop()).unwrap(), first);
    assert_eq!(first.time_start, Some(NOW_MS / 1000));
    assert_eq!(first.time_expire, Some(NOW_MS / 1000 + 7_200));
    assert_eq!((first.attach.as_deref(), first.openid.as_deref()), (Some("a=1"), Some("alice")));
}

#[test]
fn a_prepay_id_is_given_out_for_less_than_two_hours() {
    let mut order = order();
    order.fold(&event(2, got("wx1")));
    let made_ms = order.prepay.as_ref().unwrap().at_ms;
    let minutes = |minutes: i64| made_ms + minutes * 60_000;
    assert!(order.live_prepay(made_ms).is_some());
    assert!(order.live_prepay(minutes(115) - 1).is_some());
    assert!(order.live_prepay(minutes(115)).is_none(), "five minutes are left for the user");
}

#[test]
fn an_address_for_browsers_is_given_out_for_less_than_five_minutes() {
    let mut order = order();
    order.terms.trade_type = TradeType::Mweb;
    order.fold(&event(2, got("wx1")));
    let made_ms = order.prepay.as_ref().unwrap().at_ms;
    assert!(order.live_prepay(made_ms + 4 * 60_000 - 1).is_some());
    assert!(order.live_prepay(made_ms + 4 * 60_000).is_none());
}

/// The user logged in to the shop's own program, or to the provider's.
#[test]
fn a_service_providers_shop_names_the_user_by_the_program_that_has_logged_in() {
    let mut order = order();
    order.fold(&event(2, EventKind::Claimed { openid: "alice".into() }));
    order.fold(&event(3, asked("192.0.2.1")));
    let cake = Identity { sub_mch_id: Some("1900000308".into()), ..shop() };
    let request = order.unified_order(&cake).unwrap();
    assert_eq!((request.openid.as_deref(), request.sub_openid), (Some("alice"), None));
    let tea = Identity { sub_appid: Some("wx7e57000000000307".into()), ..cake };
    let request = order.unified_order(&tea).unwrap();
    assert_eq!((request.openid, request.sub_openid.as_deref()), (None, Some("alice")));
}

/// One charge: a log that says so, and holds nothing of the code.
#[test]
fn a_payment_code_is_charged_once_and_nowhere_in_the_log() {
    let mut order = order();
    order.terms.trade_type = TradeType::Micropay;
    assert!(order.micropay("134567890123456789").is_none());
    let ip: String = "192.0.2.1".into();
    let charge = event(2, EventKind::MicropayAsked { spbill_create_ip: ip.clone() });
    order.fold(&charge);
    let request = order.micropay("134567890123456789").unwrap();
    assert_eq!((request.auth_code.as_str(), request.spbill_create_ip), ("134567890123456789", ip));
    assert!(order.unified_order(&shop()).is_none());
    assert!(order.is_charging());
    assert!(!serde_json::to_string(&(&charge, &order)).unwrap().contains("134567890123456789"));
    order.fold(&event(3, EventKind::MicropayNotSent));
    assert!(!order.is_charging() && order.asked.is_none(), "another code may be tried");
}

#[test]
fn a_reversal_is_wanted_until_wechat_has_said_yes_or_no() {
    use TradeState::{NotPay, PayError, Success, UserPaying};
    let mut order = order();
    order.terms.trade_type = TradeType::Micropay;
    order.fold(&event(2, EventKind::MicropayAsked { spbill_create_ip: "192.0.2.1".into() }));
    order.fold(&event(3, EventKind::ReverseAsked));
    for &state in TradeState::ALL {
        let order = Order { trade_state: state, ..order.clone() };
        let expected = matches!(state, NotPay | UserPaying | PayError | Success);
        assert_eq!(order.is_reversing(), expected, "{state}");
        assert_eq!(order.is_watched(), expected, "{state}");
    }
    let refused = Refused { code: "REVERSE_EXPIRE".into(), description: String::new() };
    order.fold(&event(4, EventKind::ReverseRefused { refused }));
    assert!(!order.is_reversing());
    order.fold(&event(5, EventKind::ReverseAsked));
    assert!(order.is_reversing(), "it can be asked for again");
}

#[test]
fn open_means_that_wechat_may_have_news() {
    use TradeState::{NotPay, PayError, UserPaying};
    for &state in TradeState::ALL {
        let order = Order { trade_state: state, ..order() };
        assert_eq!(order.is_open(), matches!(state, NotPay | UserPaying | PayError), "{state}");
    }
}

/// A refused charge took nothing: a payment that turns up under its number may be somebody else's.
#[test]
fn an_order_whose_charge_was_refused_is_not_reversed_while_it_is_open() {
    let refused = Refused { code: "ORDERPAID".into(), description: String::new() };
    let wished = Order { reversal: Some(Reversal::asked(5)), ..order() };
    assert!(wished.is_reversing());
    let refused = Order { refused: Some(refused), ..wished };
    assert!(!refused.is_reversing());
    assert!(Order { trade_state: TradeState::Success, ..refused }.is_reversing(), "it is ours");
}

#[test]
fn a_prepay_order_is_dead_after_its_time_and_when_the_clock_was_set_back() {
    let mut order = order();
    order.fold(&event(2, got("wx2017")));
    let at_ms = order.prepay.as_ref().unwrap().at_ms;
    assert!(order.live_prepay(at_ms - 1_000).is_some() && order.live_prepay(at_ms).is_some());
    assert!(order.live_prepay(at_ms + 2 * 3_600_000).is_none());
    assert!(order.live_prepay(at_ms - 3_600_000).is_none());
}
