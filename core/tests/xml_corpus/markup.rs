//! Markup that no message of WeChat has.

use wxpay_core::xml::{XmlError, from_xml, from_xml_with_root};

use super::*;

#[test]
fn x01_a_doctype_is_refused_in_every_form() {
    refuses(&[
        ("<!DOCTYPE xml>¦<xml><a>1</a></xml>", doctype),
        ("<!doctype xml>¦<xml/>", doctype),
        ("<?xml version=\"1.0\"?><!DOCTYPE xml>¦<xml/>", doctype),
        ("\u{feff}<!DOCTYPE xml>¦<xml/>", doctype),
        ("<!DOCTYPE xml SYSTEM \"file:///etc/passwd\">¦<xml/>", doctype),
        ("<!DOCTYPE xml PUBLIC \"-//X//Y\" \"http://127.0.0.1:9/x.dtd\">¦<xml/>", doctype),
        ("<!DOCTYPE xml [<!ENTITY e \"1\">]>¦<xml><a>&e;</a></xml>", doctype),
        (
            "<!DOCTYPE xml [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>¦<xml><a>&e;</a></xml>",
            doctype,
        ),
        ("<!DOCTYPE xml [<!ENTITY % p SYSTEM \"http://127.0.0.1:9/p\"> %p;]>¦<xml/>", doctype),
        ("<!DOCTYPE xml [<!ELEMENT xml ANY><!ATTLIST xml a CDATA \"1\">]>¦<xml/>", doctype),
        ("<!DOCTYPE html>¦<html><body>502 Bad Gateway</body></html>", doctype),
        ("<xml><!DOCTYPE xml>¦</xml>", doctype),
        ("<xml><a><!DOCTYPE xml>¦</a></xml>", doctype),
        ("<xml/><!DOCTYPE xml>¦", doctype),
    ]);
    refuses_as_malformed(&[
        "<!DOCTYPE>",
        "<!DOCTYPE xml",
        "<!DOCTYPE xml [<!ENTITY e \"1\">",
        "<!ENTITY e \"1\"><xml/>",
        "<!ELEMENT xml ANY><xml/>",
    ]);
}

#[test]
fn x01_entity_bombs_go_no_further_than_their_doctype() {
    let mut billion_laughs = String::from("<!DOCTYPE xml [<!ENTITY e0 \"ha\">");
    for n in 1..=10 {
        let ten = format!("&e{};", n - 1).repeat(10);
        billion_laughs += &format!("<!ENTITY e{n} \"{ten}\">");
    }
    billion_laughs += "]>¦<xml><a>&e10;</a></xml>";
    let long_entity = format!(
        "<!DOCTYPE xml [<!ENTITY e \"{}\">]>¦<xml><a>{}</a></xml>",
        "x".repeat(30_000),
        "&e;".repeat(10_000)
    );
    for bomb in [&billion_laughs, &long_entity] {
        assert_read_within_ms(&bomb.replace('¦', ""), 5);
    }
    refuses(&[
        (&billion_laughs, doctype),
        (&long_entity, doctype),
        ("<xml><a>&e10;¦</a></xml>", unknown_entity),
    ]);
}

#[test]
fn x03_comments_instructions_and_attributes_are_refused() {
    refuses(&[
        ("<!-- -->¦<xml/>", comment),
        ("<xml><!-- -->¦<a>1</a></xml>", comment),
        ("<xml><a>1<!-- -->¦2</a></xml>", comment),
        ("<xml/><!-- -->¦", comment),
        ("<??>¦<xml/>", instruction),
        ("<?php x ?>¦<xml/>", instruction),
        ("<?xml-stylesheet href=\"x\"?>¦<xml/>", instruction),
        ("<?XML version=\"1.0\"?>¦<xml/>", instruction),
        ("<xml><?p?>¦</xml>", instruction),
        ("<xml><a><?p?>¦</a></xml>", instruction),
        ("<xml/><?p?>¦", instruction),
        ("<xml a=\"1\">¦</xml>", attribute),
        ("<xml a=\"1\"/>¦", attribute),
        ("<xml xmlns=\"http://example.com/\">¦</xml>", attribute),
        ("<xml><a type=\"int\">¦1</a></xml>", attribute),
        ("<xml><a b/>¦</xml>", attribute),
        ("<xml>< a>¦1</a></xml>", attribute),
        ("<xml><a xml:space=\"preserve\">¦ </a></xml>", attribute),
        ("<xml><a x=\"1\" x=\"1\">¦1</a></xml>", attribute),
        ("<?xml version=\"1.0\"?><?xml version=\"1.0\"?>¦<xml/>", second_declaration),
        ("<xml><?xml version=\"1.0\"?>¦</xml>", second_declaration),
        ("<xml/><?xml version=\"1.0\"?>¦", second_declaration),
    ]);
    refuses_as_malformed(&["<!-- <xml/>", "<xml><a>1<!-- </a></xml>", "<?xml version=\"1.0\""]);
}

#[test]
fn x03_an_element_inside_a_field_is_refused() {
    refuses(&[
        ("<xml><a><v>¦1</v></a></xml>", nested_v),
        ("<xml><a>1<v/>¦</a></xml>", nested_v),
        ("<xml><a><v a=\"1\">¦</v></a></xml>", nested_v),
        ("<xml><a><![CDATA[1]]><v>¦</v></a></xml>", nested_v),
        // A bare `<` opens an element, however odd its name.
        ("<xml><a>1<2</a>¦</xml>", |at| XmlError::Nested { name: "2</a".into(), at }),
    ]);
    let list = "<xml><list><item><sign>1</sign></item></list></xml>";
    let nested = XmlError::Nested { name: "item".into(), at: 17 };
    assert_eq!(from_xml(list.as_bytes()), Err(nested));
}

#[test]
fn x03_there_is_one_root_and_it_is_xml() {
    for (text, found) in [
        ("<root><a>1</a></root>", "root"),
        ("<XML><a>1</a></XML>", "XML"),
        ("<html><body>404</body></html>", "html"),
        ("<a/>", "a"),
    ] {
        let error = XmlError::WrongRoot { found: found.into() };
        assert_eq!(from_xml(text.as_bytes()), Err(error), "{text}");
    }
    let plaintext = b"<root><refund_status>SUCCESS</refund_status></root>";
    let read = from_xml_with_root(plaintext, "root").unwrap();
    assert_eq!(read.get("refund_status"), Some("SUCCESS"));
    let found = XmlError::WrongRoot { found: "xml".into() };
    assert_eq!(from_xml_with_root(b"<xml/>", "root"), Err(found));
    refuses_as_malformed(&["<xml></xml><xml></xml>", "<xml/><xml/>", "<xml/><a>1</a>"]);
}

#[test]
fn x03_tags_must_match_and_be_closed() {
    refuses_as_malformed(&[
        "<xml>",
        "<xml><a>",
        "<xml><a>1",
        "<xml><a>1</a>",
        "<xml><a>1</a></xml",
        "<xml><a>1</b></xml>",
        "<xml><a>1</A></xml>",
        "<xml><a>1</xml>",
        "<xml><a>1</a></a></xml>",
        "<xml></xml></xml>",
        "</xml>",
        "<xml",
        "<",
        "<xml><a><![CDATA[1</a></xml>",
        "<xml><a><![cdata[1]]></a></xml>",
        "<xml><a>1]]>2</a></xml>",
        "<xml><a>1]]></a></xml>",
    ]);
}
