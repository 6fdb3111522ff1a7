//! Requests: the exact fields of each, and what is not signed at all.

use wxpay_core::messages::unified_order::{self, UnifiedOrder};
use wxpay_core::messages::{Field, FieldError, Format, Identity, TradeType};
use wxpay_core::messages::{close_order, order_query};
use wxpay_core::{ApiKey, Fen, Params, SignType, verify};

use super::support::{APPID, BOTH, MCH_ID, NONCE, identity, key, params};

const SCENE: &str = r#"{"h5_info":{"type":"Wap","wap_url":"https://example.com","wap_name":"x"}}"#;

/// A plain order with what its trade type needs.
pub fn order(trade_type: TradeType) -> UnifiedOrder {
    let only_for = |wanted, value: &str| (trade_type == wanted).then(|| value.to_owned());
    UnifiedOrder {
        out_trade_no: "T20260302-0001".into(),
        body: "小店-豆浆".into(),
        total_fee: Fen::new(350).unwrap(),
        trade_type,
        spbill_create_ip: "203.0.113.7".into(),
        notify_url: "https://pay.example.com/v1/notify/demo/pay".into(),
        openid: only_for(TradeType::Jsapi, "oNobody0000000000000000000001"),
        product_id: only_for(TradeType::Native, "soymilk-1"),
        scene_info: only_for(TradeType::Mweb, SCENE),
        sub_openid: None,
        time_start: None,
        time_expire: None,
        attach: None,
        detail: None,
        device_info: None,
        goods_tag: None,
        limit_pay: None,
        receipt: None,
        profit_sharing: None,
    }
}

pub fn request(order: &UnifiedOrder) -> Result<Params, FieldError> {
    order.to_params(&identity(), NONCE, SignType::Md5, &key())
}

pub fn provider() -> Identity {
    Identity {
        sub_appid: Some("wxfedcba9876543210".into()),
        sub_mch_id: Some("1900000002".into()),
        ..identity()
    }
}

/// The fields without their signature, which must be right.
pub fn unsigned(mut request: Params, sign_type: SignType) -> Params {
    assert!(verify(request.clone(), sign_type, &key()).is_ok());
    request.remove("sign");
    request
}

#[test]
fn each_trade_type_sends_exactly_the_fields_it_needs() {
    for (trade_type, own) in [
        (TradeType::Jsapi, Some(("openid", "oNobody0000000000000000000001"))),
        (TradeType::Native, Some(("product_id", "soymilk-1"))),
        (TradeType::App, None),
        (TradeType::Mweb, Some(("scene_info", SCENE))),
    ] {
        for sign_type in BOTH {
            let request = order(trade_type).to_params(&identity(), NONCE, sign_type, &key());
            let request = request.unwrap();
            assert_eq!(unified_order::check(&request), Ok(()));
            let mut expected = params(&[
                ("appid", APPID),
                ("mch_id", MCH_ID),
                ("nonce_str", NONCE),
                ("sign_type", sign_type.as_str()),
                ("out_trade_no", "T20260302-0001"),
                ("body", "小店-豆浆"),
                ("total_fee", "350"),
                ("trade_type", trade_type.as_str()),
                ("spbill_create_ip", "203.0.113.7"),
                ("notify_url", "https://pay.example.com/v1/notify/demo/pay"),
            ]);
            if let Some((name, value)) = own {
                expected.insert(name, value).unwrap();
            }
            assert_eq!(unsigned(request, sign_type), expected);
        }
    }
}

#[test]
fn an_order_with_everything_sends_everything() {
    let full = UnifiedOrder {
        sub_openid: Some("oSub000000000000000000000001".into()),
        time_start: Some(1_767_240_000),
        time_expire: Some(1_767_240_300),
        attach: Some("柜台 3".into()),
        detail: Some(r#"{"goods_detail":[]}"#.into()),
        device_info: Some("WEB".into()),
        goods_tag: Some("tag".into()),
        product_id: Some("p".into()),
        limit_pay: Some("no_credit".into()),
        receipt: Some("Y".into()),
        scene_info: Some("{}".into()),
        profit_sharing: Some("N".into()),
        ..order(TradeType::Jsapi)
    };
    let request = full.to_params(&provider(), NONCE, SignType::HmacSha256, &key()).unwrap();
    assert_eq!(unified_order::check(&request), Ok(()));
    let expected = params(&[
        ("appid", APPID),
        ("attach", "柜台 3"),
        ("body", "小店-豆浆"),
        ("detail", r#"{"goods_detail":[]}"#),
        ("device_info", "WEB"),
        ("goods_tag", "tag"),
        ("limit_pay", "no_credit"),
        ("mch_id", MCH_ID),
        ("nonce_str", NONCE),
        ("notify_url", "https://pay.example.com/v1/notify/demo/pay"),
        ("openid", "oNobody0000000000000000000001"),
        ("out_trade_no", "T20260302-0001"),
        ("product_id", "p"),
        ("profit_sharing", "N"),
        ("receipt", "Y"),
        ("scene_info", "{}"),
        ("sign_type", "HMAC-SHA256"),
        ("spbill_create_ip", "203.0.113.7"),
        ("sub_appid", "wxfedcba9876543210"),
        ("sub_mch_id", "1900000002"),
        ("sub_openid", "oSub000000000000000000000001"),
        ("time_expire", "20260101120500"),
        ("time_start", "20260101120000"),
        ("total_fee", "350"),
        ("trade_type", "JSAPI"),
    ]);
    assert_eq!(unsigned(request, SignType::HmacSha256), expected);
}

/// V13 of the vectors, built field by field.
#[test]
fn an_order_is_signed_as_its_vector() {
    let vector = UnifiedOrder {
        out_trade_no: "20150806125346".into(),
        body: "腾讯充值中心-QQ会员充值".into(),
        total_fee: Fen::new(88).unwrap(),
        spbill_create_ip: "123.12.12.123".into(),
        notify_url: "https://example.com/wxpay/notify".into(),
        openid: Some("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o".into()),
        attach: Some("深圳分店".into()),
        // Empty is as good as absent.
        device_info: Some(String::new()),
        ..order(TradeType::Jsapi)
    };
    let merchant = Identity::direct("wxd678efh567hg6787", "1230000109");
    let key = ApiKey::new("192006250b4c09247ec02edce69f6a2d").unwrap();
    let nonce = "5K8264ILTKCH16CQ2502SI8ZNMTM67VS";
    let sign = |sign_type| {
        let request = vector.to_params(&merchant, nonce, sign_type, &key).unwrap();
        assert_eq!(request.get("device_info"), None);
        request.get("sign").unwrap().to_owned()
    };
    assert_eq!(sign(SignType::Md5), "5CBC2784E1796CFF504DBA3E1F25D15F");
    assert_eq!(
        sign(SignType::HmacSha256),
        "76EA122072BB0FF7105EE046951AE6FDE56BC02C783602E7EAFCAC3066D297DC"
    );
}

#[test]
fn what_a_trade_type_needs_is_required_for_it_alone() {
    let missing =
        |name, max| Err(FieldError { field: name, missing: true, expected: Format::Text(max) });
    let without = |trade_type| UnifiedOrder {
        openid: None,
        product_id: None,
        scene_info: Some(String::new()),
        ..order(trade_type)
    };
    assert_eq!(request(&without(TradeType::Jsapi)), missing("openid", 128));
    assert_eq!(request(&without(TradeType::Native)), missing("product_id", 32));
    assert_eq!(request(&without(TradeType::Mweb)), missing("scene_info", 256));
    assert!(request(&without(TradeType::App)).is_ok());
    let sub = UnifiedOrder { sub_openid: Some("oSub".into()), ..without(TradeType::Jsapi) };
    let error = request(&sub).unwrap_err();
    assert_eq!((error.field, error.missing), ("sub_openid", false));
    assert!(error.to_string().ends_with("sub_appid beside it"), "{error}");
    let provider = provider();
    let stands_in = sub.to_params(&provider, NONCE, SignType::Md5, &key());
    assert!(stands_in.is_ok(), "sub_openid stands in for openid");
    let own_sub = Identity { sub_mch_id: Some(MCH_ID.into()), ..provider };
    let error = sub.to_params(&own_sub, NONCE, SignType::Md5, &key()).unwrap_err();
    assert_eq!((error.field, error.missing), ("sub_mch_id", false));
}

#[test]
fn an_order_that_breaks_a_rule_is_not_signed() {
    let good = || order(TradeType::Jsapi);
    let at = |order: UnifiedOrder| request(&order).map(|_| ()).map_err(|error| error.field);
    assert_eq!(at(UnifiedOrder { total_fee: Fen::ZERO, ..good() }), Err("total_fee"));
    assert_eq!(at(UnifiedOrder { body: "汤".repeat(43), ..good() }), Err("body"));
    assert_eq!(at(UnifiedOrder { body: String::new(), ..good() }), Err("body"));
    assert_eq!(at(UnifiedOrder { trade_type: TradeType::Micropay, ..good() }), Err("trade_type"));
    assert_eq!(at(UnifiedOrder { trade_type: TradeType::Facepay, ..good() }), Err("trade_type"));
    assert_eq!(at(UnifiedOrder { attach: Some("x".repeat(128)), ..good() }), Err("attach"));
    // A time no calendar has must not silently become no time at all.
    assert_eq!(at(UnifiedOrder { time_expire: Some(i64::MAX), ..good() }), Err("time_expire"));
    assert_eq!(at(UnifiedOrder { time_start: Some(i64::MIN), ..good() }), Err("time_start"));

    let other = |identity: &Identity, nonce: &str| {
        good().to_params(identity, nonce, SignType::Md5, &key()).map_err(|error| error.field)
    };
    assert_eq!(other(&identity(), "").unwrap_err(), "nonce_str");
    assert_eq!(other(&identity(), "a b").unwrap_err(), "nonce_str");
    assert_eq!(other(&Identity::direct("", MCH_ID), NONCE).unwrap_err(), "appid");
    assert_eq!(other(&Identity::direct(APPID, ""), NONCE).unwrap_err(), "mch_id");
    let huge = UnifiedOrder { detail: Some("x".repeat(Params::MAX_BYTES)), ..good() };
    assert_eq!(at(huge), Err("request"));
}

#[test]
fn query_and_close_send_the_number_and_nothing_else() {
    for sign_type in BOTH {
        let number = "T20260302-0001";
        let query = order_query::request(number, &identity(), NONCE, sign_type, &key()).unwrap();
        let close = close_order::request(number, &identity(), NONCE, sign_type, &key()).unwrap();
        let expected = params(&[
            ("appid", APPID),
            ("mch_id", MCH_ID),
            ("nonce_str", NONCE),
            ("out_trade_no", number),
            ("sign_type", sign_type.as_str()),
        ]);
        assert_eq!(order_query::check(&query), Ok(()));
        assert_eq!(close_order::check(&close), Ok(()));
        assert_eq!(unsigned(query, sign_type), expected);
        assert_eq!(unsigned(close, sign_type), expected);
    }
}

#[test]
fn query_and_close_need_a_good_number() {
    let number = Field::optional("out_trade_no", Format::OutTradeNo);
    for bad in ["a b", "订单", &"9".repeat(33)] {
        let query = order_query::request(bad, &identity(), NONCE, SignType::Md5, &key());
        let close = close_order::request(bad, &identity(), NONCE, SignType::Md5, &key());
        assert_eq!((query, close), (Err(number.wrong()), Err(number.wrong())), "{bad}");
    }
    let query = order_query::request("", &identity(), NONCE, SignType::Md5, &key());
    let close = close_order::request("", &identity(), NONCE, SignType::Md5, &key());
    assert_eq!((query, close), (Err(number.missing()), Err(number.missing())));

    let mut by_transaction =
        order_query::request("T1", &identity(), NONCE, SignType::Md5, &key()).unwrap();
    by_transaction.remove("out_trade_no");
    by_transaction.set("transaction_id", "4200000000202603020000000017").unwrap();
    assert_eq!(order_query::check(&by_transaction), Ok(()));
    assert_eq!(close_order::check(&by_transaction), Err(number.missing()));
    by_transaction.set("transaction_id", &"4".repeat(33)).unwrap();
    assert_eq!(order_query::check(&by_transaction).unwrap_err().field, "transaction_id");
}
