//! What must be accepted, and how it is read.

use super::accepts;

#[test]
fn an_empty_message_has_no_fields() {
    accepts(&[
        ("<xml></xml>", &[]),
        ("<xml/>", &[]),
        ("<xml />", &[]),
        ("<xml>\n</xml>", &[]),
        ("\u{feff}<?xml version='1.0'?>\n<xml/>\n", &[]),
    ]);
}

#[test]
fn a_bom_a_declaration_and_white_space_between_are_accepted() {
    let one: &[(&str, &str)] = &[("a", "1"), ("b", "2")];
    accepts(&[
        ("<xml><a>1</a><b>2</b></xml>", one),
        ("\u{feff}<xml><a>1</a><b>2</b></xml>", one),
        ("<?xml version=\"1.0\"?><xml><a>1</a><b>2</b></xml>", one),
        ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<xml><a>1</a><b>2</b></xml>", one),
        ("<?xml version='1.0' encoding='utf-8' standalone='yes'?><xml><b>2</b><a>1</a></xml>", one),
        ("\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><xml><a>1</a><b>2</b></xml>", one),
        (" \t\r\n<xml>\r\n  <a>1</a>\r\n\t<b>2</b>\r\n</xml>\r\n\r\n", one),
        ("<xml ><a\n>1</a\n><b>2</b\t></xml >", one),
    ]);
}

#[test]
fn a_value_may_be_written_in_many_ways() {
    let face: &[(&str, &str)] = &[("a", "😀")];
    accepts(&[
        ("<xml><a>12</a></xml>", &[("a", "12")]),
        ("<xml><a><![CDATA[12]]></a></xml>", &[("a", "12")]),
        ("<xml><a>1<![CDATA[2]]>3</a></xml>", &[("a", "123")]),
        ("<xml><a><![CDATA[1]]><![CDATA[2]]></a></xml>", &[("a", "12")]),
        ("<xml><a><![CDATA[]]]]><![CDATA[>]]></a></xml>", &[("a", "]]>")]),
        ("<xml><a>]]&gt;</a></xml>", &[("a", "]]>")]),
        ("<xml><a>]] ></a></xml>", &[("a", "]] >")]),
        ("<xml><a>a>b</a></xml>", &[("a", "a>b")]),
        ("<xml><a>&lt;&gt;&amp;&quot;&apos;</a></xml>", &[("a", "<>&\"'")]),
        ("<xml><a>&amp;lt;&amp;#65;</a></xml>", &[("a", "&lt;&#65;")]),
        ("<xml><a><![CDATA[&amp;<b>1</b><!-- -->]]></a></xml>", &[("a", "&amp;<b>1</b><!-- -->")]),
        ("<xml><a>&#65;&#x42;&#x0000043;</a></xml>", &[("a", "ABC")]),
        ("<xml><a>&#9;&#10;&#13;</a></xml>", &[("a", "\t\n\r")]),
        ("<xml><a>😀</a></xml>", face),
        ("<xml><a><![CDATA[😀]]></a></xml>", face),
        ("<xml><a>&#x1F600;</a></xml>", face),
        ("<xml><a>&#128512;</a></xml>", face),
        ("<xml><a>\u{10ffff}\u{fffd}\u{feff}</a></xml>", &[("a", "\u{10ffff}\u{fffd}\u{feff}")]),
        (
            "<xml><a><![CDATA[{\"id\":1,\"n\":\"x y\"}]]></a></xml>",
            &[("a", "{\"id\":1,\"n\":\"x y\"}")],
        ),
    ]);
}

#[test]
fn an_empty_value_may_be_written_in_many_ways() {
    let empty: &[(&str, &str)] = &[("a", "")];
    accepts(&[
        ("<xml><a></a></xml>", empty),
        ("<xml><a/></xml>", empty),
        ("<xml><a /></xml>", empty),
        ("<xml><a><![CDATA[]]></a></xml>", empty),
        ("<xml><a><![CDATA[]]><![CDATA[]]></a></xml>", empty),
    ]);
}

#[test]
fn white_space_inside_a_value_is_kept() {
    accepts(&[
        ("<xml><a>  two  </a></xml>", &[("a", "  two  ")]),
        ("<xml><a><![CDATA[  two  ]]></a></xml>", &[("a", "  two  ")]),
        ("<xml><a> <![CDATA[x]]> </a></xml>", &[("a", " x ")]),
        ("<xml><a> </a></xml>", &[("a", " ")]),
        ("<xml><a>\n</a></xml>", &[("a", "\n")]),
        ("<xml><a>1\r\n2\r3</a></xml>", &[("a", "1\r\n2\r3")]),
        ("<xml><a>\u{3000}x\u{a0}</a></xml>", &[("a", "\u{3000}x\u{a0}")]),
    ]);
}
