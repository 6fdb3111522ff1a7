//! Bytes: characters, encodings, sizes, and what is no XML at all.

use wxpay_core::xml::{MAX_BYTES, MAX_FIELDS, XmlError, from_xml};

use super::*;

#[test]
fn x05_characters_outside_xml_are_refused_wherever_they_stand() {
    refuses(&[
        ("<xml><a>1¦\0</a></xml>", bad_character),
        ("<xml><a>¦\u{1}</a></xml>", bad_character),
        ("<xml><a>¦\u{b}</a></xml>", bad_character),
        ("<xml><a>¦\u{c}</a></xml>", bad_character),
        ("<xml><a>¦\u{1b}[31m</a></xml>", bad_character),
        ("<xml><a><![CDATA[¦\u{8}]]></a></xml>", bad_character),
        ("<xml><a>¦\u{fffe}</a></xml>", bad_character),
        ("<xml><a>¦\u{ffff}</a></xml>", bad_character),
        ("<xml>¦\u{c}</xml>", bad_character),
        ("<xml/>¦\0", bad_character),
        ("\u{feff}<xml>¦\0</xml>", bad_character),
    ]);
}

#[test]
fn x05_other_encodings_are_refused() {
    refuses(&[
        ("<?xml version=\"1.0\" encoding=\"GBK\"?><xml/>", other_encoding),
        ("<?xml version=\"1.0\" encoding='gb2312'?><xml/>", other_encoding),
        ("<?xml version=\"1.0\" encoding=\"UTF-16\"?><xml/>", other_encoding),
        ("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><xml/>", other_encoding),
        ("<?xml version=\"1.0\" encoding=\"\"?><xml/>", other_encoding),
    ]);
    let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        "<xml><a>付</a></xml>".encode_utf16().flat_map(bytes).collect()
    };
    let (le, be) = (utf16(u16::to_le_bytes), utf16(u16::to_be_bytes));
    let not_utf8 = |at| XmlError::NotUtf8 { at };
    refuses_bytes(&[
        (b"<xml><a>\xD6\xA7\xB8\xB6</a></xml>", not_utf8(10)), // 支付 in GBK
        (
            b"<?xml version=\"1.0\" encoding=\"GBK\"?><xml><a>\xD6\xA7\xB8\xB6</a></xml>",
            not_utf8(46),
        ),
        (b"<xml><a>caf\xE9</a></xml>", not_utf8(11)),
        (b"<xml><a>\xC0\x80</a></xml>", not_utf8(8)), // NUL, overlong
        (b"<xml><a>\xED\xA0\xBD\xED\xB8\x80</a></xml>", not_utf8(8)), // surrogates
        (b"<xml><a>\xF4\x90\x80\x80</a></xml>", not_utf8(8)), // above U+10FFFF
        (b"<xml><a>\xE6\x94</a></xml>", not_utf8(8)),
        (b"\xFF\xFE<\0x\0m\0l\0/\0>\0", not_utf8(0)),
        (b"\xFE\xFF\0<\0x\0m\0l\0/\0>", not_utf8(0)),
        (&le[..16], bad_character(1)),
        (&be[..16], bad_character(0)),
        (&le, not_utf8(16)),
        (&be, not_utf8(17)),
    ]);
}

#[test]
fn x04_size_is_limited() {
    let message_of = |bytes: usize| {
        let filler = "x".repeat(bytes - "<xml><a></a></xml>".len());
        format!("<xml><a>{filler}</a></xml>")
    };
    let largest = message_of(MAX_BYTES);
    assert_eq!(largest.len(), 65_536);
    let read = from_xml(largest.as_bytes()).unwrap();
    assert_eq!(read.get("a").unwrap().len(), 65_518);
    assert_read_within_ms(&largest, 10);
    for bytes in [MAX_BYTES + 1, 1 << 20] {
        assert_eq!(from_xml(message_of(bytes).as_bytes()), Err(XmlError::TooLarge), "{bytes}");
    }
    // Too large is said before anything else is looked at.
    assert_eq!(from_xml(&vec![0xFF; MAX_BYTES + 1]), Err(XmlError::TooLarge));
}

#[test]
fn x04_the_number_of_fields_is_limited() {
    let message_of = |fields: usize| {
        let fields: String = (0..fields).map(|n| format!("<{}/>", short_name(n))).collect();
        format!("<xml>{fields}</xml>")
    };
    let most = from_xml(message_of(MAX_FIELDS).as_bytes()).unwrap();
    assert_eq!(most.len(), 512);
    for fields in [MAX_FIELDS + 1, 10_000] {
        let xml = message_of(fields);
        assert!(xml.len() <= MAX_BYTES);
        assert_eq!(from_xml(xml.as_bytes()), Err(XmlError::TooManyFields), "{fields}");
        assert_read_within_ms(&xml, 10);
    }
}

#[test]
fn x04_depth_costs_nothing() {
    let deep = |depth: usize| format!("<xml>{}", "<v>".repeat(depth));
    assert_eq!(from_xml(deep(200_000).as_bytes()), Err(XmlError::TooLarge));
    let fits = deep(20_000);
    assert!(fits.len() <= MAX_BYTES);
    assert_eq!(from_xml(fits.as_bytes()), Err(nested_v(11)));
    assert_read_within_ms(&fits, 10);
}

#[test]
fn x07_what_is_no_xml_at_all_is_refused() {
    for blank in ["", " ", "\r\n\t ", "\u{feff}", "\u{feff}\n", "<?xml version=\"1.0\"?>\n"] {
        assert_eq!(from_xml(blank.as_bytes()), Err(XmlError::Empty), "{blank:?}");
    }
    refuses(&[
        ("{\"return_code\":\"SUCCESS\"}¦", stray),
        ("return_code=SUCCESS¦&appid=wx1", stray),
        ("SUCCESS¦", stray),
        ("Bad Gateway\n¦<hr>", stray),
        ("&lt;¦xml&gt;&lt;/xml&gt;", stray),
        ("<![CDATA[<xml></xml>]]>¦", stray),
    ]);
}

/// `a` to `Z`, `aa` to `ZZ` and so on: short enough that 10,000 of them fit.
fn short_name(mut n: usize) -> String {
    let letters: Vec<char> = ('a'..='z').chain('A'..='Z').collect();
    let mut name = String::from(letters[n % 52]);
    while n >= 52 {
        n = n / 52 - 1;
        name.push(letters[n % 52]);
    }
    name
}
