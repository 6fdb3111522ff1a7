//! Fields: their names, what stands beside them, and references in them.

use wxpay_core::xml::{MAX_NAME_BYTES, XmlError, from_xml};

use super::*;

#[test]
fn x02_a_name_may_appear_once() {
    let duplicate = |name: &str| Err(XmlError::Duplicate { name: name.into() });
    for (xml, name) in [
        ("<xml><a>1</a><a>1</a></xml>", "a"),
        ("<xml><a>1</a><b/><a>2</a></xml>", "a"),
        ("<xml><a/><a/></xml>", "a"),
        ("<xml><a/><a></a></xml>", "a"),
        ("<xml><sign>1</sign><a/><sign>2</sign></xml>", "sign"),
    ] {
        assert_eq!(from_xml(xml.as_bytes()), duplicate(name), "{xml}");
    }
    accepts(&[("<xml><a>1</a><A>2</A></xml>", &[("A", "2"), ("a", "1")])]);
}

#[test]
fn names_are_letters_digits_and_underscores() {
    let long = "n".repeat(MAX_NAME_BYTES + 1);
    let long_xml = format!("<xml><{long}>1</{long}></xml>");
    for (xml, name) in [
        ("<xml><1a>1</1a></xml>", "1a"),
        ("<xml><a-b>1</a-b></xml>", "a-b"),
        ("<xml><a.b/></xml>", "a.b"),
        ("<xml><x:a>1</x:a></xml>", "x:a"),
        ("<xml><金额>1</金额></xml>", "金额"),
        ("<xml><a<b></a<b></xml>", "a<b"),
        ("<xml><></></xml>", ""),
        ("<w:xml></w:xml>", "w:xml"),
        (&long_xml, &long[..MAX_NAME_BYTES]),
    ] {
        assert_eq!(from_xml(xml.as_bytes()), Err(bad_name(name)), "{xml}");
    }
    let longest = "n".repeat(MAX_NAME_BYTES);
    accepts(&[(&format!("<xml><{longest}>1</{longest}></xml>"), &[(&longest, "1")])]);
}

#[test]
fn x03_only_white_space_may_stand_beside_the_elements() {
    refuses(&[
        ("x¦<xml/>", stray),
        ("<xml/>x¦", stray),
        ("<xml></xml>\n{}¦", stray),
        ("<xml>x¦<a>1</a></xml>", stray),
        ("<xml><a>1</a>x¦</xml>", stray),
        ("<xml><a>1</a>\u{a0}¦</xml>", stray),
        ("<xml><![CDATA[x]]>¦</xml>", stray),
        ("<xml><![CDATA[ ]]>¦</xml>", stray),
        ("<xml>&#32;¦</xml>", stray),
        ("<xml/>&amp;¦", stray),
        ("\u{feff}\u{feff}¦<xml/>", stray),
        ("\u{feff}<xml/>x¦", stray),
        ("<xml/>\u{feff}¦", stray),
    ]);
}

#[test]
fn x05_references_are_the_five_entities_or_characters() {
    refuses(&[
        ("<xml><a>&nbsp;¦</a></xml>", unknown_entity),
        ("<xml><a>&AMP;¦</a></xml>", unknown_entity),
        ("<xml><a>&copy;¦</a></xml>", unknown_entity),
        ("<xml><a>&;¦</a></xml>", unknown_entity),
        ("<xml><a>& b;¦</a></xml>", unknown_entity),
        ("<xml><a>\u{feff}&x;¦</a></xml>", unknown_entity),
        ("\u{feff}<xml><a>&x;¦</a></xml>", unknown_entity),
        ("<xml><a>&#0;¦</a></xml>", bad_character),
        ("<xml><a>&#x0;¦</a></xml>", bad_character),
        ("<xml><a>&#1;¦</a></xml>", bad_character),
        ("<xml><a>&#x1F;¦</a></xml>", bad_character),
        ("<xml><a>&#xD800;¦</a></xml>", bad_character),
        ("<xml><a>&#xD83D;¦&#xDE00;</a></xml>", bad_character),
        ("<xml><a>&#55357;¦</a></xml>", bad_character),
        ("<xml><a>&#xFFFE;¦</a></xml>", bad_character),
        ("<xml><a>&#xFFFF;¦</a></xml>", bad_character),
        ("<xml><a>&#x110000;¦</a></xml>", bad_character),
        ("<xml><a>&#99999999999;¦</a></xml>", bad_character),
        ("<xml><a>&#;¦</a></xml>", bad_character),
        ("<xml><a>&#x;¦</a></xml>", bad_character),
        ("<xml><a>&#X41;¦</a></xml>", bad_character),
        ("<xml><a>&#+65;¦</a></xml>", bad_character),
        ("<xml><a>&#-65;¦</a></xml>", bad_character),
        ("<xml><a>&# 65;¦</a></xml>", bad_character),
    ]);
    refuses_as_malformed(&[
        "<xml><a>A&B</a></xml>",
        "<xml><a>A & B</a></xml>",
        "<xml><a>&amp</a></xml>",
        "<xml><a>&",
    ]);
}
