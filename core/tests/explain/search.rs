//! What the search must never do: prove what is not so, show the key, panic, run without end.

use proptest::prelude::*;
use wxpay_core::explain::{
    CATALOGUE, Format, KeyKind, NamedKey, Options, Scene, Stopped, Verdict, Why, explain, row,
};
use wxpay_core::{ApiKey, Params, SignType, sign, string_to_sign};

use super::support::{KEY, ask, gbk, ids, json};

fn message() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop_oneof![
        "[a-z][a-z_]{0,12}[a-z0-9]",
        prop::sample::select(vec![
            "appid",
            "mch_id",
            "nonce_str",
            "notify_url",
            "total_fee",
            "sign_type",
            "attach"
        ])
        .prop_map(String::from),
    ];
    let value = prop_oneof![
        Just(String::new()),
        "[0-9]{1,14}",
        "[ -~]{0,30}",
        "[茶杯测试é😀&<>\"+ ]{0,8}",
        Just(String::from("MD5")),
    ];
    prop::collection::btree_map(name, value, 1..14).prop_map(|fields| {
        let free = |name: &str| {
            !["sign", "key", "package", "prepayid", "partnerid", "req_info"].contains(&name)
        };
        fields.into_iter().filter(|(name, _)| free(name) && name != "sign_type").collect()
    })
}

fn right(fields: &[(String, String)], sign_type: SignType) -> String {
    let params = Params::from_pairs(fields.iter().map(|(name, value)| (name, value))).unwrap();
    sign(&params, sign_type, &ApiKey::new(KEY).unwrap()).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_right_signature_matches_and_has_no_cause(fields in message(), hmac in any::<bool>()) {
        let sign_type = if hmac { SignType::HmacSha256 } else { SignType::Md5 };
        let sign = right(&fields, sign_type);
        let keys = [NamedKey::main(KEY)];
        let options = Options { keys: &keys, sign: Some(&sign), sign_type: Some(sign_type), scene: Some(Scene::Request), ..Options::default() };
        let report = explain(&json(&fields), &options);
        if !fields.is_empty() {
            prop_assert_eq!(report.verdict, Verdict::Match);
            prop_assert!(report.causes.is_empty());
            let params = Params::from_pairs(fields.iter().map(|(name, value)| (name, value))).unwrap();
            prop_assert_eq!(report.string_to_sign, string_to_sign(&params) + "&key=******");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_random_signature_is_never_explained(fields in message(), sign in prop_oneof!["[0-9A-F]{32}", "[0-9A-F]{64}", "[0-9a-f]{32}", "[0-9A-F]{40}", "[0-9A-F]{16}", "[0-9a-f]{29}", "[A-Za-z0-9+/]{22}=="]) {
        let report = ask(&fields, KEY, &sign, None);
        prop_assert!(report.causes.is_empty(), "{:?}", ids(&report));
        if !fields.is_empty() {
            prop_assert!(report.verdict == Verdict::Mismatch);
            prop_assert!(!report.advice.is_empty());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_makes_it_panic(input in prop_oneof!["\\PC{0,80}", "[a-z{}<>&=,;:'\"\\\\\\n]{0,60}", "(<xml>)?(<[a-c]>[^<]{0,6}</[a-c]>){0,6}(</xml>)?"], other in "\\PC{0,40}", sign in "\\PC{0,70}", key in "\\PC{0,40}") {
        let keys = [NamedKey::main(&key)];
        let options = Options { keys: &keys, sign: Some(&sign), other: Some(&other), gbk: Some(&gbk), max_tries: 400, ..Options::default() };
        let report = explain(&input, &options);
        for field in &report.fields {
            prop_assert!(field.value_span.as_ref().is_none_or(|span| input.get(span.clone()).is_some()));
        }
    }
}

#[test]
fn the_key_is_nowhere_in_the_report() {
    let other = "OldOldOldOldOldOldOldOldOldOld00";
    let keys = [
        NamedKey::main(KEY),
        NamedKey { kind: KeyKind::Old, label: "old", bytes: other.as_bytes() },
    ];
    for text in [
        format!("appid=wx1&body={KEY}&mch_id=1&key={KEY}"),
        format!("appid=wx1&key={KEY}&mch_id=1"),
        format!("appid=wx1&sign_type={KEY}&time_start=x{KEY}&nonce_str={KEY}-&package={KEY}"),
        format!("<xml><appid>wx1</appid><key>{KEY}</key><note>my key is {KEY}</note></xml>"),
        format!("{{\"appid\":\"wx1\",\"mchKey\":\"{other}\",\"a\":\"b\"}}"),
    ] {
        for sign in ["", "5D41402ABC4B2A76B9719D911017C592"] {
            let options = Options { keys: &keys, sign: Some(sign), ..Options::default() };
            let report = explain(&text, &options);
            let shown = format!("{report:?} {options:?}");
            assert!(!shown.contains(KEY) && !shown.contains(other), "{shown}");
        }
    }
    // The field with the key is shown as such.
    let report = explain(
        &format!("<xml><a>1</a><key>{KEY}</key></xml>"),
        &Options { keys: &keys, ..Options::default() },
    );
    assert_eq!(report.fields[1].why, Why::IsKey);
    assert_eq!(report.fields[1].value, "******");
}

#[test]
fn without_a_key_only_mistakes_without_one_are_proved() {
    // printf 'a=1&b=2' | md5sum; printf 'a=1&b=2&key=undefined' | md5sum
    for (sign, id) in
        [("E6B6A5D0C1F0C5B1C6B6A5D0C1F0C5B1", None), (NO_KEY, Some("B8")), (UNDEFINED, Some("A5"))]
    {
        let report = explain("a=1&b=2", &Options { sign: Some(sign), ..Options::default() });
        assert_eq!(report.causes.first().map(|cause| cause.id()).as_deref(), id);
        assert_eq!(report.verdict, if id.is_some() { Verdict::Mismatch } else { Verdict::NoKey });
        assert!(report.right.is_none());
    }
}

const NO_KEY: &str = "ED04C91CF6F6AB5A01A31C0295C5DA34";
const UNDEFINED: &str = "5FA7A40BDAE8174122D4CD6184F315AD";

#[test]
fn a_key_in_the_text_is_used_and_not_shown() {
    let fields = [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())];
    let sign = right(&fields, SignType::Md5);
    let report = explain(
        &format!("a=1&b=2&key={KEY}"),
        &Options { sign: Some(&sign), ..Options::default() },
    );
    assert_eq!(report.verdict, Verdict::Match);
    assert!(!format!("{report:?}").contains(KEY));
}

#[test]
fn two_readings_are_both_tried() {
    let fields = [("body".to_owned(), "茶 1".to_owned()), ("mch_id".to_owned(), "1".to_owned())];
    let sign = right(&fields, SignType::Md5);
    let keys = [NamedKey::main(KEY)];
    let options = Options { keys: &keys, sign: Some(&sign), ..Options::default() };
    let report = explain("body=%E8%8C%B6+1&mch_id=1", &options);
    assert_eq!((report.verdict, report.format), (Verdict::Match, Some(Format::Form)));
    assert_eq!(report.other_format, Some(Format::Query));
}

#[test]
fn the_sign_in_the_message_and_the_one_beside_it_are_told_apart() {
    let mut fields = vec![("a".to_owned(), "1".to_owned()), ("e".to_owned(), String::new())];
    let sign = right(&fields, SignType::Md5);
    fields.push(("sign".to_owned(), sign.clone()));
    let report = ask(&fields, KEY, &sign.to_lowercase(), None);
    assert!(report.own_sign_right);
    assert_eq!((report.verdict, ids(&report)), (Verdict::Mismatch, vec!["D1".to_owned()]));
    assert_eq!(
        report.fields.iter().map(|field| field.why).collect::<Vec<_>>(),
        [Why::Signed, Why::Empty, Why::IsSign]
    );
}

#[test]
fn limits_are_kept() {
    let fields: Vec<_> = (0..12).map(|n| (format!("f{n}"), "茶 & x".repeat(3))).collect();
    let keys = [NamedKey::main(KEY)];
    let options = Options {
        keys: &keys,
        sign: Some("0123456789ABCDEF0123456789ABCDEF"),
        max_tries: 100,
        ..Options::default()
    };
    let report = explain(&json(&fields), &options);
    assert_eq!(report.tried.stopped, Stopped::Limit);
    assert!(report.tried.singles + report.tried.pairs <= 100);
    let options = Options { max_bytes: 10, ..options };
    assert_eq!(explain(&json(&fields), &options).verdict, Verdict::Malformed);
    // A large message gets fewer tries, not a longer wait.
    let large = [("body".to_owned(), "茶 & ".repeat(30_000))];
    let options = Options { max_bytes: 0, max_tries: 0, ..options };
    let start = std::time::Instant::now();
    assert_eq!(explain(&json(&large), &options).tried.stopped, Stopped::Limit);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    let report = ask(&fields, KEY, "hello", None);
    assert_eq!(report.tried.stopped, Stopped::NoSuchSignature);
}

#[test]
fn advice_comes_when_nothing_is_proved_and_when_a_right_sign_is_refused() {
    let fields = [("a".to_owned(), "1".to_owned())];
    let report = ask(&fields, KEY, "0123456789ABCDEF0123456789ABCDEF", None);
    assert_eq!(
        report.advice.iter().map(|row| row.id).collect::<Vec<_>>(),
        ["A1", "A10", "A14", "P5", "A13"]
    );
    let report = ask(&fields, KEY, &right(&fields, SignType::Md5), None);
    assert_eq!(
        report.advice.iter().map(|row| row.id).collect::<Vec<_>>(),
        ["A10", "A1", "P5", "P4", "A14"]
    );
    let offered = ["A1", "A10", "A13", "A14", "G8", "P4", "P5"];
    assert!(
        CATALOGUE
            .iter()
            .filter(|row| row.found_by.contains('N'))
            .all(|row| offered.contains(&row.id))
    );
}

#[test]
fn the_catalogue_is_whole() {
    let sizes =
        [("A", 14), ("B", 19), ("C", 20), ("D", 13), ("E", 14), ("F", 11), ("G", 8), ("H", 14)];
    for (group, size) in sizes {
        for number in 1..=size {
            assert!(row(&format!("{group}{number}")).is_some(), "{group}{number}");
        }
    }
    let mut codes: Vec<_> = CATALOGUE.iter().map(|row| row.code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), CATALOGUE.len());
    for row in &CATALOGUE {
        assert!(
            row.code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
            "{}",
            row.code
        );
        assert!(
            !row.title_en.is_empty() && !row.title_zh.is_ascii() && !row.advice_en.is_empty(),
            "{}",
            row.id
        );
        assert!(!row.advice_zh.is_ascii(), "{}", row.id);
        for (language, code) in row.fix.iter().flat_map(|fix| fix.lines()) {
            assert!(!code.is_empty(), "{} {language}", row.id);
        }
    }
}
