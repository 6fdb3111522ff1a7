//! Properties that hold for all inputs, checked on random ones.
#![cfg(feature = "xml")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is a failed test")]

mod money;
mod params;
mod sign;
#[path = "../support/mod.rs"]
mod support;
mod time;
mod xml;

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use wxpay_core::Params;

type Fields = BTreeMap<String, String>;

/// Nothing is written beside the sources; a failure prints its input.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Field names as messages have them.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[A-Za-z_][A-Za-z0-9_]{0,15}",
        2 => "coupon_(id|fee|type)_[0-9]{1,2}",
        1 => "[A-Za-z_][A-Za-z0-9_]{63}",
        1 => select(vec!["key", "sign_type", "appid", "appId", "coupon_fee_0"]).prop_map(str::to_owned),
    ]
    .prop_filter("sign is added by the tests", |name| name != "sign")
}

/// Values out of what readers and writers stumble over.
fn value() -> impl Strategy<Value = String> {
    let awkward = select(vec![
        "]]>",
        "]]",
        "]",
        ">",
        "<",
        "&",
        "&amp;",
        "&#13;",
        "<![CDATA[",
        "<!--",
        "<?xml?>",
        "</xml>",
        "\r",
        "\n",
        "\r\n",
        "\t",
        " ",
        "  ",
        "\"",
        "'",
        "=",
        "&key=",
        "%20",
        "+",
        "0",
        "88",
        "é",
        "e\u{301}",
        "中文",
        "😀",
        "\u{feff}",
        "\u{85}",
        "\u{2028}",
        "\u{fffd}",
        "\u{10ffff}",
    ]);
    let part = prop_oneof![
        4 => awkward.prop_map(str::to_owned),
        1 => any::<char>().prop_filter("XML can carry it", |c| in_xml(*c)).prop_map(String::from),
        1 => "[0-9A-Za-z]{1,40}",
    ];
    vec(part, 0..8).prop_map(|parts| parts.concat())
}

/// The characters of XML 1.0.
fn in_xml(c: char) -> bool {
    matches!(u32::from(c), 9 | 10 | 13 | 0x20..=0xD7FF | 0xE000..=0xFFFD | 0x1_0000..=0x10_FFFF)
}

fn fields() -> impl Strategy<Value = Fields> {
    btree_map(name(), value(), 0..24)
}

fn pairs(params: &Params) -> Vec<(String, String)> {
    params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn own((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
