//! Group B: order, separators and where the key goes.

use alloc::vec;
use alloc::vec::Vec;

use super::{List, Op};
use crate::explain::damage::DAMAGE;
use crate::explain::message::Message;
use crate::explain::plan::{Hash, JOIN, Join, Replace, Sort, Tail};
use crate::explain::seek::{contains, split_once};

pub(super) fn tails(list: &mut List<'_>, hash: Hash) {
    let no_key = if hash == Hash::Hmac { "D4" } else { "B8" };
    list.push(no_key, "no &key=", Op::Tail(Tail::None));
    for &(id, glue, detail) in &[
        ("B9", "", "pairs + key"),
        ("B11", "&Key=", "&Key="),
        ("B11", "&secret=", "&secret="),
        ("B12", "&&key=", "&&key="),
        ("B9", "&", "pairs + & + key"),
        ("B11", "&KEY=", "&KEY="),
        ("B11", "&partnerKey=", "&partnerKey="),
        ("B11", "&api_key=", "&api_key="),
        ("B11", "&apikey=", "&apikey="),
        ("B11", "&apiKey=", "&apiKey="),
        ("B11", "&appkey=", "&appkey="),
        ("B11", "&mch_key=", "&mch_key="),
        ("B11", "&mchkey=", "&mchkey="),
        ("B11", "&paternerKey=", "&paternerKey="),
        ("B11", "&app_secret=", "&app_secret="),
        ("B11", "&appsecret=", "&appsecret="),
        ("B12", "?key=", "?key="),
        ("B9", "key=", "key= without &"),
        ("B13", "\n&key=", "line break before &key="),
        ("B13", "&\nkey=", "line break before key="),
        ("B13", " &key=", "space before &key="),
        ("B13", "& key=", "space before key="),
        ("C5", "&amp;key=", "&amp;key="),
        ("B14", ",key=", ",key="),
        ("B14", ", key=", ", key="),
        ("B11", "&key:", "&key:"),
        ("B11", "&key", "&key without ="),
    ] {
        list.push(id, detail, Op::Tail(Tail::Key(glue)));
    }
    list.push("B10", "key + pairs", Op::Tail(Tail::Front("")));
    list.push("B10", "key + & + pairs", Op::Tail(Tail::Front("&")));
}

pub(super) fn sorts(list: &mut List<'_>, message: &Message<'_>) {
    list.push("B1", "order of the text", Op::Sort(Sort::AsGiven));
    let cased =
        message.pairs.iter().any(|pair| pair.name.bytes().any(|byte| byte.is_ascii_uppercase()));
    for &(id, sort, what) in &[
        ("B2", Sort::Descending, "descending"),
        ("B3", Sort::NoUnderscore, "names compared without _"),
        ("B4", Sort::NoCase, "names compared without case"),
        ("B3", Sort::Locale, "names compared without case and _, as a locale does"),
        ("B3", Sort::UnderscoreLast, "_ behind the letters"),
        ("B2", Sort::ByPair, "sorted by name=value"),
        ("B2", Sort::ByValue, "sorted by value"),
    ] {
        let id = if cased && sort == Sort::NoCase { "B3" } else { id };
        list.push(id, what, Op::Sort(sort));
    }
    list.edit("B4", "names in lower case", super::Edit::Names(str::to_ascii_lowercase));
}

const XML: Join =
    Join { head: "<xml>", open: "<", middle: ">", tag: true, close: ">", sep: "", foot: "</xml>" };
const JSON: Join = Join {
    head: "{\"",
    open: "",
    middle: "\":\"",
    tag: false,
    close: "",
    sep: "\",\"",
    foot: "\"}",
};

static JOINS: [(&str, Join, &str); 22] = [
    ("B12", Join { foot: "&", ..JOIN }, "& after the last pair"),
    ("B12", Join { head: "&", ..JOIN }, "& before the first pair"),
    ("B12", Join { head: "?", ..JOIN }, "? before the first pair"),
    ("B13", Join { sep: "\n&", ..JOIN }, "line break before every &"),
    ("B13", Join { sep: "\n", ..JOIN }, "line breaks as separators"),
    ("B13", Join { foot: "\n", ..JOIN }, "line break after the last pair"),
    ("B13", Join { sep: " & ", ..JOIN }, "spaces around &"),
    ("B13", Join { middle: " = ", ..JOIN }, "spaces around ="),
    ("B14", Join { sep: ", ", ..JOIN }, "a=b, c=d"),
    ("B14", Join { sep: ",", ..JOIN }, "a=b,c=d"),
    ("B14", Join { sep: ";", ..JOIN }, "a=b;c=d"),
    ("B14", Join { sep: "|", ..JOIN }, "a=b|c=d"),
    ("B14", Join { sep: "", ..JOIN }, "a=bc=d"),
    ("B14", Join { sep: "", middle: "", ..JOIN }, "abcd"),
    ("B14", Join { middle: "", ..JOIN }, "ab&cd"),
    ("B14", Join { middle: ":", ..JOIN }, "a:b&c:d"),
    ("B14", Join { head: "{", foot: "}", sep: ", ", ..JOIN }, "{a=b, c=d}"),
    ("B14", Join { head: "[", foot: "]", sep: ", ", ..JOIN }, "[a=b, c=d]"),
    ("B15", JSON, "{\"a\":\"b\"}"),
    ("B15", XML, "<xml><a>b</a></xml>"),
    ("B15", Join { middle: "><![CDATA[", close: ">", ..XML }, "<xml><a><![CDATA[b]]></a></xml>"),
    ("B15", Join { head: "<xml>\n", close: ">\n", ..XML }, "<xml>, one element per line"),
];

pub(super) fn joins<'a>(list: &mut List<'a>, message: &'a Message<'a>, input: &'a str) {
    for (id, join, what) in &JOINS {
        list.push(id, what, Op::Join(join));
    }
    for &(id, from, to, detail) in &[
        ("C5", "&", "&amp;", "every & as &amp;"),
        ("C5", "&", "&amp;amp;", "every & as &amp;amp;"),
        ("C5", "&", "%26", "every & as %26"),
        ("C5", "&", "\\u0026", "every & as \\u0026"),
        ("B13", "&", "&\n", "line break after every &"),
        ("B13", "&", "&\r\n", "CR LF after every &"),
    ] {
        for &tail_too in &[false, true] {
            list.push(id, detail, Op::Replace(vec![Replace { from, to, tail_too }]));
        }
    }
    damages(list, message);
    for glue in ["&key=", ""] {
        let text = input.trim_end();
        let text = split_once(text, "&key=").map_or(text, |(text, _)| text);
        let id = if contains(text, "<") { "B15" } else { "B13" };
        list.push(id, "the pasted text itself", Op::Raw(text, Tail::Key(glue)));
    }
    list.push("B15", "the pasted text itself, no key", Op::Raw(input, Tail::None));
}

/// Symbols in the place of `&name`: each alone, what a browser does, and all.
fn damages(list: &mut List<'_>, message: &Message<'_>) {
    let (mut browser, mut all) = (Vec::new(), Vec::new());
    for &(symbol, from, in_browser) in &DAMAGE {
        let name = from.get(1..).unwrap_or_default();
        if message.pairs.iter().any(|pair| pair.signed && pair.name.starts_with(name)) {
            let replace = Replace { from, to: symbol, tail_too: false };
            list.push("C4", "", Op::Replace(vec![replace]));
            all.push(replace);
            if in_browser {
                browser.push(replace);
            }
        }
    }
    if browser.len() > 1 && browser.len() < all.len() {
        list.push("C4", "what a browser decodes", Op::Replace(browser));
    }
    if all.len() > 1 {
        list.push("C4", "all names an editor decodes", Op::Replace(all));
    }
}
