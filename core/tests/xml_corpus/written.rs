//! What is written, and what the errors say.

use wxpay_core::Params;
use wxpay_core::xml::{from_xml, to_xml};

use super::bad_name;

#[test]
fn messages_are_written_as_wechat_writes_them() {
    let write =
        |pairs: &[(&str, &str)]| to_xml(&Params::from_pairs(pairs.iter().copied()).unwrap());
    for (value, written) in [
        ("88", "88"),
        ("", ""),
        ("A&B", "<![CDATA[A&B]]>"),
        ("-1", "<![CDATA[-1]]>"),
        (" 1", "<![CDATA[ 1]]>"),
        ("８８", "<![CDATA[８８]]>"),
        ("]]", "<![CDATA[]]]]>"),
        ("a]]>b", "a]]&gt;b"),
        ("<a>]]>&amp;", "&lt;a&gt;]]&gt;&amp;amp;"),
        ("1\r\n2", "1&#13;\n2"),
    ] {
        assert_eq!(write(&[("a", value)]).unwrap(), format!("<xml><a>{written}</a></xml>"));
    }
    assert_eq!(write(&[("b", "2"), ("a", "1")]).unwrap(), "<xml><a>1</a><b>2</b></xml>");
    assert_eq!(write(&[]).unwrap(), "<xml></xml>");
    assert_eq!(write(&[("金额", "1")]), Err(bad_name("金额")));
    assert_eq!(write(&[("a", "1"), ("b><c", "1")]), Err(bad_name("b><c")));
}

#[test]
fn every_error_says_what_is_wrong_in_one_line() {
    for (xml, words) in [
        ("", "expected <xml>, found nothing"),
        ("<html/>", "expected <xml>, found <html>"),
        ("<!DOCTYPE xml>", "a DOCTYPE is not allowed, near byte 14"),
        ("<xml><a><b/></a></xml>", "<b> lies inside another field, near byte 12"),
        ("<xml><a/><a/></xml>", "a: appears twice"),
        ("<xml><a>&b;", "an unknown entity before byte 11"),
        ("{}", "text outside the fields, before byte 2"),
        ("<xml>\0", "a character XML does not allow at byte 5"),
        ("<xml><é/></xml>", "\"é\" is not a field name"),
    ] {
        assert_eq!(from_xml(xml.as_bytes()).unwrap_err().to_string(), words);
    }
}
