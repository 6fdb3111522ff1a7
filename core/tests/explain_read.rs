//! The tolerant readers: every form people paste, awkward samples included.
#![cfg(feature = "explain")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failed unwrap is a failed test"
)]

use proptest::prelude::*;
use wxpay_core::explain::{Confidence, Format, Kind, NoteKind, ReadError, Reading, Wrapping, read};

fn pairs(reading: &Reading) -> Vec<(&str, &str)> {
    reading.fields.iter().map(|field| (field.name.as_str(), field.value.as_str())).collect()
}

/// Reads, checks the form, the fields and that every span is valid, and gives the reading.
fn reads(input: &str, format: Format, expected: &[(&str, &str)]) -> Reading {
    let reading = read(input, None).unwrap();
    assert_eq!(reading.format, format, "{input}");
    assert_eq!(pairs(&reading), expected, "{input}");
    for field in &reading.fields {
        assert!(input.get(field.name_span.clone()).is_some(), "{input}");
        assert!(input.get(field.value_span.clone()).is_some(), "{input}");
    }
    reading
}

/// Where nothing was decoded, the spans hold exactly the names and values.
fn spans_match(input: &str, reading: &Reading) {
    for field in &reading.fields {
        assert_eq!(&input[field.name_span.clone()], field.name, "{input}");
        assert_eq!(&input[field.value_span.clone()], field.value, "{input}");
    }
}

fn notes(reading: &Reading) -> Vec<NoteKind> {
    reading.notes.iter().map(|note| note.kind).collect()
}

#[test]
fn xml_as_wechat_sends_it() {
    let input = "<xml><appid><![CDATA[wxa1]]></appid>\n<attach><![CDATA[]]></attach><total_fee>1</total_fee><body>A &amp; B</body><x/></xml>\n";
    let reading = reads(
        input,
        Format::Xml,
        &[("appid", "wxa1"), ("attach", ""), ("total_fee", "1"), ("body", "A & B"), ("x", "")],
    );
    assert_eq!(reading.confidence, Confidence::Sure);
    assert!(reading.notes.is_empty(), "{:?}", reading.notes);
    assert_eq!(&input[reading.fields[0].value_span.clone()], "wxa1");
    assert_eq!(&input[reading.fields[3].value_span.clone()], "A &amp; B");
}

#[test]
fn xml_with_everything_wrong() {
    let reading = reads(
        "12:01 body=<?xml version=\"1.0\"?><!DOCTYPE a><root><!-- note --><appid>wx</appid><notify_url>https://x</notify><a>1 & 2 &nbsp;</a><b>unclosed<c>3</c></root> end",
        Format::Xml,
        &[
            ("appid", "wx"),
            ("notify_url", "https://x"),
            ("a", "1 & 2 &nbsp;"),
            ("b", "unclosed"),
            ("c", "3"),
        ],
    );
    let kinds = notes(&reading);
    for kind in [
        NoteKind::TextAround,
        NoteKind::Doctype,
        NoteKind::Root,
        NoteKind::Comment,
        NoteKind::Tags,
        NoteKind::BareAmpersand,
    ] {
        assert!(kinds.contains(&kind), "{kind:?} in {kinds:?}");
    }
}

#[test]
fn xml_without_a_root_or_an_end() {
    let both = [("appid", "wx"), ("mch_id", "1")];
    let reading = reads("<appid>wx</appid><mch_id>1</mch_id>", Format::Xml, &both);
    assert_eq!(notes(&reading), [NoteKind::Root]);
    let reading = reads("<xml><appid>wx</appid><mch_id>1", Format::Xml, &both);
    assert!(notes(&reading).contains(&NoteKind::Unclosed));
    let reading = reads(
        "<xml><l><i>1</i><i>2</i></l><a>x</a></xml>",
        Format::Xml,
        &[("l", "<i>1</i><i>2</i>"), ("a", "x")],
    );
    assert_eq!(reading.fields[0].kind, Kind::Nested);
}

#[test]
fn xml_escaped_for_html_or_json() {
    let reading = reads(
        "&lt;xml&gt;&lt;appid&gt;wx9&lt;/appid&gt;&lt;body&gt;&lt;![CDATA[a&amp;b]]&gt;&lt;/body&gt;&lt;/xml&gt;",
        Format::Xml,
        &[("appid", "wx9"), ("body", "a&b")],
    );
    assert_eq!(reading.wrapping, Some(Wrapping::Html));
    let input =
        r#"{"req":"\u003cxml\u003e\n\u003cappid\u003ewx9\u003c/appid\u003e\u003c/xml\u003e"}"#;
    let reading = reads(input, Format::Xml, &[("appid", "wx9")]);
    assert_eq!(&input[reading.fields[0].value_span.clone()], "wx9");
}

#[test]
fn json_of_all_kinds() {
    let input = r#"{"appid": "wx\u4e2d\"", "total_fee": 1.0, "attach": null, "ok": true, "detail": {"a":[1,"}"]}, "n": ""}"#;
    let reading = reads(
        input,
        Format::Json,
        &[
            ("appid", "wx中\""),
            ("total_fee", "1.0"),
            ("attach", ""),
            ("ok", "true"),
            ("detail", r#"{"a":[1,"}"]}"#),
            ("n", ""),
        ],
    );
    let kinds: Vec<Kind> = reading.fields.iter().map(|field| field.kind).collect();
    assert_eq!(kinds, [Kind::Text, Kind::Number, Kind::Null, Kind::Bool, Kind::Nested, Kind::Text]);
}

#[test]
fn values_that_look_like_another_form_do_not_mislead() {
    for value in [
        "=> [",
        "[",
        "<xml>",
        "<b>",
        "{a=1}",
        "a=1&b=2",
        "curl -d x",
        "array('a' => 'b')",
        "{\"a\":\"b\"}",
    ] {
        let quoted = serde_json::to_string(value).unwrap();
        let input = format!("{{\"appid\":\"[\",\"body\":{quoted}}}");
        reads(&input, Format::Json, &[("appid", "["), ("body", value)]);
    }
    for value in ["{a:1}", "<b>x</b>", "['a' => 'b']", "x, y", "a: b"] {
        let input = format!("appid=wx1&body={value}&mch_id=1");
        reads(&input, Format::Query, &[("appid", "wx1"), ("body", value), ("mch_id", "1")]);
    }
}

#[test]
fn json_inside_a_log() {
    let reading = reads(
        r#"10:00 INFO {main} resp="{\"code\":0,\"data\":{\"timeStamp\":\"1700000000\",\"nonceStr\":\"n\",\"package\":\"prepay_id=wx1\"}}""#,
        Format::Json,
        &[("timeStamp", "1700000000"), ("nonceStr", "n"), ("package", "prepay_id=wx1")],
    );
    assert_eq!(reading.wrapping, Some(Wrapping::Backslashes));
}

#[test]
fn the_argument_of_request_payment() {
    let input = "wx.requestPayment({\n  timeStamp: '1700000000', // s\n  nonceStr: \"n1\",\n  'package': `prepay_id=wx1`,\n  signType: 'MD5',\n  paySign: res.data.paySign,\n  success (res) { console.log({a: 1}) },\n  fail: (e) => { toast('x, y') }\n})";
    let reading = reads(
        input,
        Format::Object,
        &[
            ("timeStamp", "1700000000"),
            ("nonceStr", "n1"),
            ("package", "prepay_id=wx1"),
            ("signType", "MD5"),
        ],
    );
    spans_match(input, &reading);
    assert!(notes(&reading).contains(&NoteKind::NotText));
    reads(
        "{timeStamp: 1700000000000, package: 'prepay_id=' + id, nonceStr}",
        Format::Object,
        &[("timeStamp", "1700000000000")],
    );
}

#[test]
fn lines_and_properties() {
    let input = "# order\nappid=wx1\nbody = tea = good\r\nattach=\nmch_id: 10000100\nopenid\tabc\n";
    let reading = reads(
        input,
        Format::Lines,
        &[
            ("appid", "wx1"),
            ("body", "tea = good"),
            ("attach", ""),
            ("mch_id", "10000100"),
            ("openid", "abc"),
        ],
    );
    spans_match(input, &reading);
}

#[test]
fn a_string_to_sign_with_its_key() {
    let input =
        "appid=wx1&body=A&B&attach={\"a\":1}&nonce_str=x&key=0123456789abcdef0123456789abcdef";
    let reading = reads(
        input,
        Format::Query,
        &[("appid", "wx1"), ("body", "A&B"), ("attach", "{\"a\":1}"), ("nonce_str", "x")],
    );
    assert_eq!(notes(&reading), [NoteKind::KeyTail]);
    spans_match(input, &reading);
    assert!(!format!("{reading:?}").contains("0123456789abcdef0123456789abcdef"));
}

#[test]
fn a_string_to_sign_that_a_page_damaged() {
    let reading = reads(
        "nonce_str=x¬ify_url=https://a/b&amp;total_fee=1™_type=JSAPI×tamp=5¤cy=CNY",
        Format::Query,
        &[
            ("nonce_str", "x"),
            ("notify_url", "https://a/b"),
            ("total_fee", "1"),
            ("trade_type", "JSAPI"),
            ("timestamp", "5"),
            ("currency", "CNY"),
        ],
    );
    let kinds = notes(&reading);
    assert_eq!(kinds.iter().filter(|kind| **kind == NoteKind::EntityDamage).count(), 4);
    assert!(kinds.contains(&NoteKind::AmpEscaped));
}

#[test]
fn a_string_to_sign_over_several_lines() {
    let reading = reads(
        "appid=wx1\n    &body=x y\n    &mch_id=1",
        Format::Query,
        &[("appid", "wx1"), ("body", "x y"), ("mch_id", "1")],
    );
    assert!(notes(&reading).contains(&NoteKind::LineBreaks));
    let reading = reads("appid=wx1&\nbody=x&\n", Format::Query, &[("appid", "wx1"), ("body", "x")]);
    assert!(notes(&reading).contains(&NoteKind::Stray));
}

#[test]
fn percent_encoded_pairs_have_two_readings() {
    let input = "body=%E6%B5%8B+1&mch_id=1";
    let reading = reads(input, Format::Query, &[("body", "%E6%B5%8B+1"), ("mch_id", "1")]);
    assert_eq!((reading.confidence, reading.other), (Confidence::Likely, Some(Format::Form)));
    let reading = read(input, reading.other).unwrap();
    assert_eq!(pairs(&reading), [("body", "测 1"), ("mch_id", "1")]);
    reads(
        "weixin://wxpay/bizpayurl?sign=AB&appid=wx1&product_id=a%20b",
        Format::Form,
        &[("sign", "AB"), ("appid", "wx1"), ("product_id", "a b")],
    );
}

#[test]
fn what_a_java_map_prints() {
    let input = "params = {appid=wx1, attach=, body=tea, two cups, detail={\"a\":[1, 2], \"b\":\"c=d\"}, url=https://a/b?c=1, trade_type=JSAPI}";
    let reading = reads(
        input,
        Format::Map,
        &[
            ("appid", "wx1"),
            ("attach", ""),
            ("body", "tea, two cups"),
            ("detail", "{\"a\":[1, 2], \"b\":\"c=d\"}"),
            ("url", "https://a/b?c=1"),
            ("trade_type", "JSAPI"),
        ],
    );
    spans_match(input, &reading);
}

#[test]
fn a_log_line_with_comments() {
    reads(
        "2026 统一下单参数：{appid=wx1, //小程序\n attach=, // none\n  body=x y, // text\n  notify_url=https://a.b/c, trade_type=JSAPI // end\n}",
        Format::Map,
        &[
            ("appid", "wx1"),
            ("attach", ""),
            ("body", "x y"),
            ("notify_url", "https://a.b/c"),
            ("trade_type", "JSAPI"),
        ],
    );
    reads(
        "appid=wx1, body=a, mch_id=1",
        Format::Map,
        &[("appid", "wx1"), ("body", "a"), ("mch_id", "1")],
    );
}

#[test]
fn dumps_of_php() {
    reads(
        "Array\n(\n    [appid] => wx1\n    [attach] => \n    [body] => a => b\n    [list] => Array\n        (\n            [0] => 1\n        )\n\n    [mch_id] => 10\n)\n",
        Format::Php,
        &[("appid", "wx1"), ("attach", ""), ("body", "a => b"), ("mch_id", "10")],
    );
    reads(
        "array(3) {\n  [\"appid\"]=>\n  string(3) \"wx1\"\n  [\"body\"]=>\n  string(7) \"茶 \"x\"\"\n  [\"total_fee\"]=>\n  int(1)\n  [\"attach\"]=>\n  NULL\n}",
        Format::Php,
        &[("appid", "wx1"), ("body", "茶 \"x\""), ("total_fee", "1"), ("attach", "")],
    );
    reads(
        "$params = array(\n 'appid' => 'wx1',\n \"body\" => \"it's\\n\",\n 'a' => 'it\\'s \\n', 'total_fee' => 88, 'ok' => true, 'x' => $y\n);",
        Format::Php,
        &[
            ("appid", "wx1"),
            ("body", "it's\n"),
            ("a", "it's \\n"),
            ("total_fee", "88"),
            ("ok", "true"),
        ],
    );
    reads("['appid' => 'wx1', 'mch_id' => '1']", Format::Php, &[("appid", "wx1"), ("mch_id", "1")]);
}

#[test]
fn curl_commands() {
    let input = "$ curl -X POST 'https://api.mch.weixin.qq.com/pay/unifiedorder' \\\n  -H 'Content-Type: text/xml' \\\n  -d '<xml><appid>wx1</appid><body>it'\\''s</body></xml>'";
    let reading = reads(input, Format::Xml, &[("appid", "wx1"), ("body", "it's")]);
    assert_eq!(reading.wrapping, Some(Wrapping::Curl));
    assert_eq!(&input[reading.fields[0].value_span.clone()], "wx1");
    assert_eq!(&input[reading.fields[1].value_span.clone()], "it'\\''s");
    reads(
        r#"curl --data-raw "{\"orderId\":\"1\",\"sign\":\"a\"}" http://x"#,
        Format::Json,
        &[("orderId", "1"), ("sign", "a")],
    );
    reads("curl http://x -d a_1=1 --data=b_2=2", Format::Query, &[("a_1", "1"), ("b_2", "2")]);
    reads("curl 'http://x/?appid=1&b=2'", Format::Query, &[("appid", "1"), ("b", "2")]);
    reads(r"curl --data-binary $'<xml>\n<a>\u0041</a></xml>' http://x", Format::Xml, &[("a", "A")]);
}

#[test]
fn what_cannot_be_read_says_why() {
    assert_eq!(read(" \n\u{feff}", None), Err(ReadError::Empty));
    assert_eq!(read("hello", None), Err(ReadError::Unknown));
    let no_fields = Err(ReadError::NoFields { format: Format::Json, at: 0 });
    assert_eq!(read("{}", Some(Format::Json)), no_fields);
    let large = "a".repeat(256 * 1024 + 1);
    assert!(matches!(read(&large, None), Err(ReadError::TooLarge { .. })));
    let many: String = (0..600).map(|n| format!("a{n}=1\n")).collect();
    assert_eq!(read(&many, None), Err(ReadError::TooManyFields));
}

#[test]
fn the_params_of_a_reading_refuse_repeated_names() {
    assert!(read("a=1&b=2&a=3", None).unwrap().params().is_err());
    let params = read("b=1&a=2", None).unwrap().params().unwrap();
    assert_eq!(params.get("a"), Some("2"));
}

#[test]
fn large_hostile_texts_are_read_in_linear_time() {
    let pieces = [
        "<a>",
        "</a>",
        "<a",
        "<",
        "{",
        "[",
        "\"",
        "'",
        "\\",
        "&",
        "a=",
        "=",
        ",",
        ",\n",
        "\n",
        " ",
        "//",
        "=> [",
        "&amp;",
        "¬",
        "<!--",
        "<![CDATA[",
        "{\"a\":",
        "{a=",
        "a=b, ",
        "curl -d '",
        "\\u003c",
        "&lt;",
        "a=>'",
        "[a] => \n",
        "(",
        "a b ",
    ];
    let prefixes =
        ["", "<xml>", "{", "{a=", "{\"a\":\"", "a=1&", "array('a'=>'", "curl -d ", "&lt;xml&gt;"];
    for (prefix, piece) in prefixes.iter().flat_map(|a| pieces.iter().map(move |b| (a, b))) {
        let mut text = String::from(*prefix);
        while text.len() + piece.len() <= 96 * 1024 {
            text.push_str(piece);
        }
        let start = std::time::Instant::now();
        let _ = read(&text, None);
        assert!(start.elapsed().as_secs() < 5, "{prefix} {piece} took {:?}", start.elapsed());
    }
}

/// Texts put together from the pieces that mean something to one of the readers.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = vec![
        "<xml>",
        "</xml>",
        "<a>",
        "</a>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "&",
        "=",
        "&amp;",
        "&lt;xml",
        "{",
        "}",
        "\"",
        "'",
        ",",
        ", ",
        "\n",
        "\\",
        "\\u",
        "\\\"",
        "{\"",
        "=>",
        "[",
        "]",
        "Array",
        "array(",
        "string(5) \"",
        "curl ",
        " -d ",
        "//",
        "%E6",
        "¬ify_url=",
        "™_type=",
        "appid",
        "sign",
        "key",
        ":",
        "(",
        ")",
        "`",
        "/",
        "?",
        "😀",
    ];
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[a-z_]{1,8}",
        prop::sample::select(pieces).prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_makes_a_reader_panic_and_every_span_is_valid(input in hostile()) {
        let formats = [
            Format::Xml, Format::Json, Format::Object, Format::Map, Format::Lines, Format::Query,
            Format::Form, Format::Php,
        ];
        for format in [None].into_iter().chain(formats.map(Some)) {
            if let Ok(reading) = read(&input, format) {
                for field in &reading.fields {
                    prop_assert!(input.get(field.name_span.clone()).is_some());
                    prop_assert!(input.get(field.value_span.clone()).is_some());
                }
                for note in &reading.notes {
                    prop_assert!(input.get(note.span.clone()).is_some());
                }
            }
        }
    }
}
