//! Parameter sets that look for trouble.
//!
//! Names stay ASCII: WeChat orders by bytes, JavaScript's `sort()` by UTF-16 units, which differ above U+FFFF.

use proptest::collection::btree_map;
use proptest::prelude::{Strategy, any as arbitrary, prop_oneof};
use proptest::sample::select;
use proptest::string::string_regex;
use wxpay_core::Params;

/// Sets of any text at all: only signed, never written as XML.
pub fn any() -> impl Strategy<Value = Params> {
    sets(prop_oneof![3 => values(), 1 => arbitrary::<Vec<char>>().prop_map(String::from_iter)])
}

/// Sets that each of the libraries can carry in XML.
pub fn for_xml() -> impl Strategy<Value = Params> {
    sets(values().prop_map(|value| portable(&value)))
}

fn sets(values: impl Strategy<Value = String>) -> impl Strategy<Value = Params> {
    let names = regex("[a-zA-Z][a-z0-9_]{0,11}")
        .prop_filter("decides how the others are signed", |name| {
            name != "sign" && name != "sign_type"
        });
    btree_map(names, values, 0..16).prop_map(|mut map| {
        // Of a set with nothing to sign, wechatpy signs `key=K` and all others `&key=K`; no message is such a set.
        map.insert("nonce_str".to_owned(), "5K8264ILTKCH16CQ2502SI8ZNMTM67VS".to_owned());
        Params::from_pairs(map).unwrap()
    })
}

fn values() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => select(vec![""]).prop_map(str::to_owned),
        2 => regex("[ -~]{1,40}"),
        2 => regex(r"\PC{1,30}"),
        2 => regex("[&=+%<>\"' ;#\\[\\]]{1,20}"),
        1 => regex("[0-9]{1,40}"),
        1 => regex("[\u{4e00}-\u{9fa5}]{1,20}"),
        1 => regex("([a-z ]{0,8}[\n\t ]{1,3}){1,4}"),
        2 => json(),
        2 => select(AWKWARD).prop_map(str::to_owned),
    ]
}

/// What `detail` and `scene_info` carry.
fn json() -> impl Strategy<Value = String> {
    (regex(r"\PC{0,12}"), arbitrary::<u32>()).prop_map(|(name, price)| {
        serde_json::json!({ "goods_detail": [{ "goods_name": name, "price": price }] }).to_string()
    })
}

/// What other languages would read as something else than text, and what is not one character to the eye.
const AWKWARD: &[&str] = &[
    "0",
    "007",
    "-1",
    "1.0",
    "1e5",
    "0x10",
    "true",
    "false",
    "null",
    "None",
    "NaN",
    "undefined",
    "9007199254740993",
    "²",
    "٣",
    "[]",
    "{}",
    "&amp;",
    "&lt;xml&gt;",
    "&#65;",
    "&#x1F600;",
    "<![CDATA[x",
    "<!-- x -->",
    "<?xml?>",
    "%E4%BD%A0",
    "a+b%20c",
    "a=1&b=2&key=3",
    "\\u4f60",
    "$&",
    "{0}",
    "%s",
    "👍🏽",
    "👨‍👩‍👧‍👦",
    "🇨🇳",
    "e\u{301}",
    "\u{10ffff}",
    "a\u{200b}b",
    "你好，世界",
    "x\u{2028}y",
];

/// Left out here, because libraries differ and WeChat sends none of it: outer white space (wechatpy and tenpay trim
/// what they read), CR (XML readers turn it into LF), `]]>` (wechatpy and wechatpay-axios-plugin write it raw
/// into CDATA).
fn portable(value: &str) -> String {
    let outer = |c: char| c.is_whitespace() || c == '\u{feff}';
    value.replace('\r', "").replace("]]>", "]>").trim_matches(outer).to_owned()
}

fn regex(pattern: &str) -> impl Strategy<Value = String> + use<> {
    string_regex(pattern).unwrap()
}
