//! Every field rule of unifiedorder, at its edge and beyond it.

use std::collections::BTreeSet;

use wxpay_core::Params;
use wxpay_core::messages::{FieldError, TradeType, unified_order};

use super::requests::{order, request};
use super::support::{MCH_ID, NONCE};

/// Values at the edge of a rule, and values beyond it.
pub type Rule = (&'static str, Vec<String>, Vec<String>);

pub fn text(name: &'static str, max: usize) -> Rule {
    let beyond_in_bytes = format!("{}é", "x".repeat(max - 1));
    let good = vec!["x".into(), "x".repeat(max)];
    (name, good, vec!["x".repeat(max + 1), beyond_in_bytes])
}

pub fn words(name: &'static str, good: &[&str], bad: &[&str]) -> Rule {
    let own = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    (name, own(good), own(bad))
}

/// The limits of the protocol, written down once more.
fn rules() -> Vec<Rule> {
    let yes_or_no = ["y", "true", "1", " Y"];
    let times =
        ["2026-01-01", "2026010112000", "202601011200000", "20260230120000", "2026010112000x"];
    let path = |bytes: usize| format!("https://a.cn/{}", "x".repeat(bytes - 13));
    let good_urls = [&path(256), "http://127.0.0.1:8086/notify", "https://example.com"];
    let bad_urls = [
        &path(257),
        "https://example.com/n?a=1",
        "https://example.com/n#a",
        " https://example.com/n",
        "https://example.com/n ",
        "https://example.com/\n",
        "https://例子.cn/n",
        "example.com/n",
        "/n",
        "ftp://example.com/n",
        "https://",
        "https:///n",
    ];
    let (no_32, no_33) = (&"9".repeat(32), &"9".repeat(33));
    let bad_fees = [
        "0",
        "-1",
        "1.0",
        "0.88",
        "1e2",
        "01",
        "+1",
        " 1",
        "１",
        "9007199254740992",
        "9223372036854775808",
    ];
    vec![
        text("appid", 32),
        text("mch_id", 32),
        text("sub_appid", 32),
        words("sub_mch_id", &["1", no_32], &[no_33, MCH_ID]),
        words("nonce_str", &["0", NONCE], &[&format!("{NONCE}0"), "a-b", "a b", "空"]),
        words(
            "sign",
            &[&"0".repeat(32), &"F".repeat(64)],
            &["0", &"0".repeat(33), &"G".repeat(32)],
        ),
        words("sign_type", &["MD5", "HMAC-SHA256"], &["md5", "MD5 ", "SHA1", "HMAC-SHA1"]),
        text("device_info", 32),
        text("body", 127),
        text("detail", 6000),
        text("attach", 127),
        words(
            "out_trade_no",
            &["1", no_32, "aZ09_-|*@"],
            &[no_33, "a b", "a.b", "a/b", "订单", "a#"],
        ),
        words("fee_type", &["CNY"], &["cny", "USD"]),
        words("total_fee", &["1", "9007199254740991"], &bad_fees),
        words(
            "spbill_create_ip",
            &["203.0.113.7", "2001:db8::1", "::ffff:203.0.113.7"],
            &["localhost", "203.0.113", "203.0.113.256", "203.0.113.7:80", "[::1]"],
        ),
        words("time_start", &["20260101120000"], &times),
        words("time_expire", &["20260101120000"], &times),
        text("goods_tag", 32),
        words("notify_url", &good_urls, &bad_urls),
        words("trade_type", &["JSAPI", "APP"], &["MICROPAY", "FACEPAY", "jsapi", "H5"]),
        text("product_id", 32),
        words("limit_pay", &["no_credit"], &["credit", "no_debit"]),
        text("openid", 128),
        text("sub_openid", 128),
        words("receipt", &["Y"], &[&yes_or_no[..], &["N"]].concat()),
        text("scene_info", 256),
        words("profit_sharing", &["Y", "N"], &yes_or_no),
        text("version", 32),
        text("user_type", 32),
        text("user_creid", 32),
        text("user_truename", 64),
    ]
}

#[test]
fn every_field_rule_holds_to_its_edge_and_not_beyond() {
    let mut base = request(&order(TradeType::Jsapi)).unwrap();
    // sub_openid needs it.
    base.set("sub_appid", "wxfedcba9876543210").unwrap();
    hold(&base, unified_order::check, rules());
}

/// Sets each value in a good request and looks at what the check says.
pub fn hold(base: &Params, check_of: fn(&Params) -> Result<(), FieldError>, rules: Vec<Rule>) {
    for (name, good, bad) in rules {
        let check = |value: &str| {
            let mut changed = base.clone();
            changed.set(name, value).unwrap();
            check_of(&changed)
        };
        for value in good {
            assert_eq!(check(&value), Ok(()), "{name}: {value}");
        }
        for value in bad {
            let error = check(&value).expect_err(&format!("{name}: {value}"));
            assert_eq!((error.field, error.missing), (name, false), "{value}");
            let words = error.to_string();
            assert!(words.starts_with(&format!("{name}: expected ")), "{words}");
        }
    }
}

#[test]
fn every_field_of_the_table_has_its_rule_tested() {
    let common = ["appid", "mch_id", "sub_appid", "sub_mch_id", "nonce_str", "sign", "sign_type"];
    let own = unified_order::FIELDS.iter().map(|field| field.name);
    let table: BTreeSet<_> = common.into_iter().chain(own).collect();
    assert_eq!(rules().iter().map(|rule| rule.0).collect::<BTreeSet<_>>(), table);
}

#[test]
fn required_fields_must_be_there_and_filled() {
    let base = request(&order(TradeType::Jsapi)).unwrap();
    let required = [
        "appid",
        "mch_id",
        "nonce_str",
        "sign",
        "body",
        "out_trade_no",
        "total_fee",
        "spbill_create_ip",
        "notify_url",
        "trade_type",
        "openid",
    ];
    for name in required {
        let mut without = base.clone();
        assert!(without.remove(name), "{name}");
        let mut empty = base.clone();
        empty.set(name, "").unwrap();
        for changed in [without, empty] {
            let error = unified_order::check(&changed).expect_err(name);
            assert_eq!((error.field, error.missing), (name, true));
            assert!(error.to_string().starts_with(&format!("{name}: missing; expected ")));
        }
    }
    let mut minimal = base.clone();
    minimal.remove("sign_type");
    assert_eq!(unified_order::check(&minimal), Ok(()), "MD5 is the default");
    let sent: BTreeSet<_> = minimal.iter().map(|(name, _)| name).collect();
    assert_eq!(sent, required.into_iter().collect());
}

#[test]
fn field_errors_never_repeat_the_value() {
    let canary = "CANARY-1b7e";
    let base = request(&order(TradeType::Jsapi)).unwrap();
    for name in ["sign", "total_fee", "time_expire", "spbill_create_ip", "notify_url", "trade_type"]
    {
        let mut changed = base.clone();
        changed.set(name, canary).unwrap();
        let error = unified_order::check(&changed).unwrap_err();
        let printed = format!("{error} {error:?}");
        assert!(printed.contains(name) && !printed.contains(canary), "{printed}");
    }
}

#[test]
fn fields_we_do_not_know_are_allowed_in_a_request() {
    let mut more = request(&order(TradeType::App)).unwrap();
    more.insert("new_in_2030", "x").unwrap();
    assert_eq!(unified_order::check(&more), Ok(()));
}
