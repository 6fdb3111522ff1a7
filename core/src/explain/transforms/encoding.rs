//! Groups C and D: encoding, escaping, charset, algorithm.

use super::{List, Op};
use crate::explain::Options;
use crate::explain::charset::Charset;
use crate::explain::encode::Encode;
use crate::explain::message::Message;
use crate::explain::plan::{Hash, Tail};
use crate::explain::report::Scene;

/// The rows of the other algorithm: the one for this scene, and the one beside it.
pub(in crate::explain) const fn other_algorithm(scene: Scene) -> (&'static str, &'static str) {
    match scene {
        Scene::Request => ("D3", "D2"),
        Scene::Invoke | Scene::App => ("D2", "D3"),
        Scene::Reply | Scene::Notice | Scene::RefundNotice => ("H4", "D3"),
    }
}

pub(super) fn hashes(list: &mut List<'_>, message: &Message<'_>, hash: Hash) {
    let (id, also) = other_algorithm(message.scene);
    for &(other, what) in &[(Hash::Md5, "MD5"), (Hash::Hmac, "HMAC-SHA256")] {
        if other != hash {
            list.push_both(id, Some(also), what, Op::Hash(other, None));
        }
    }
    for &(id, other, tail, what) in &[
        ("D6", Hash::Sha256, None, "SHA-256 without HMAC"),
        ("D7", Hash::Sha1, None, "SHA-1"),
        ("D5", Hash::HmacEmptyKey, None, "HMAC with an empty key"),
        ("D5", Hash::HmacHexKey, None, "HMAC with the key decoded from hex"),
        ("D5", Hash::HmacBase64Key, None, "HMAC with the key decoded from base64"),
        ("D5", Hash::HmacSwapped, None, "HMAC with key and text swapped"),
        ("D6", Hash::Sha256, Some(Tail::None), "SHA-256, no key"),
        ("D7", Hash::Sha1, Some(Tail::None), "SHA-1, no key"),
        ("D5", Hash::HmacHexKey, Some(Tail::None), "HMAC with the key decoded from hex, no &key="),
        (
            "D5",
            Hash::HmacBase64Key,
            Some(Tail::None),
            "HMAC with the key decoded from base64, no &key=",
        ),
        ("D5", Hash::HmacSwapped, Some(Tail::None), "HMAC with key and text swapped, no &key="),
    ] {
        list.push(id, what, Op::Hash(other, tail));
    }
}

pub(super) fn values(list: &mut List<'_>) {
    for &(encode, detail) in &[
        (Encode::Percent, "every value percent-encoded (%20)"),
        (Encode::Form, "every value form-encoded (+)"),
    ] {
        list.push_both("C1", Some("B16"), detail, Op::Encode(encode));
    }
    for &(id, encode, detail) in &[
        ("C1", Encode::Component, "every value through encodeURIComponent"),
        ("C2", Encode::Xml, "& < > as &amp; &lt; &gt;"),
        ("C2", Encode::XmlQuot, "& < > \" as &amp; &lt; &gt; &quot;"),
        ("C3", Encode::Cdata, "<![CDATA[..]]> around every value"),
        ("C17", Encode::Trimmed, "every value trimmed"),
        ("C10", Encode::JsonUnicode, "non-ASCII as \\uxxxx"),
        ("C2", Encode::XmlDecoded, "entities in the values decoded"),
        ("C1", Encode::PercentLower, "every value percent-encoded, lower-case hex"),
        ("C1", Encode::FormLower, "every value form-encoded, lower-case hex"),
        ("C1", Encode::Uri, "every value through encodeURI"),
        ("C1", Encode::PercentTwice, "every value percent-encoded twice"),
        ("C1", Encode::PercentDecoded, "every value percent-decoded"),
        ("C2", Encode::XmlNumeric, "special characters as &#...;"),
        ("C17", Encode::NoSpace, "white space taken out of every value"),
        ("C17", Encode::Collapsed, "runs of white space made one space"),
        ("C10", Encode::JsonUnicodeUpper, "non-ASCII as \\uXXXX, upper-case hex"),
        ("C10", Encode::JsonAll, "escaped as in JSON, with \\/ and \\u0026"),
        ("C8", Encode::Mojibake, "UTF-8 read as Latin-1 and written as UTF-8"),
        ("C8", Encode::MojibakeUndone, "the values' double UTF-8 undone"),
        ("C15", Encode::CrLf, "LF as CR LF"),
        ("C15", Encode::Lf, "CR LF as LF"),
        ("C15", Encode::NoLineEnds, "line ends removed"),
        ("C16", Encode::Nfd, "values in NFD"),
        ("C16", Encode::Nfc, "values in NFC"),
        ("C7", Encode::AsciiOnly, "non-ASCII characters removed"),
        ("C18", Encode::NoEmoji, "4-byte characters removed"),
        ("C13", Encode::HalfWidth, "full-width characters and NBSP made ASCII"),
        ("B14", Encode::Quoted, "quotes around every value"),
        ("B4", Encode::LowerCase, "values in lower case"),
    ] {
        list.push(id, detail, Op::Encode(encode));
    }
    for &(encode, detail) in &[
        (Encode::JsonQuotes, "quotes as \\\""),
        (Encode::HexQuotes, "quotes as \\x22"),
        (Encode::Unescaped, "backslash escapes of the values undone"),
    ] {
        list.push_two("C14", "H9", detail, Op::Encode(encode));
    }
}

pub(super) fn charsets<'a>(list: &mut List<'a>, options: &Options<'a>) {
    if let Some(gbk) = options.gbk {
        list.push("C6", "GBK bytes", Op::Charset(Charset::Gbk(gbk)));
    }
    for &(id, charset, detail) in &[
        ("C7", Charset::Question, "? for every character outside ASCII"),
        ("C12", Charset::Utf8Bom, "BOM before the text"),
        ("C11", Charset::Utf16Le, "UTF-16LE bytes"),
        ("C6", Charset::Latin1, "Latin-1 bytes"),
        ("C7", Charset::QuestionBytes, "? for every byte outside ASCII"),
        ("C7", Charset::Replacement, "U+FFFD for every character outside ASCII"),
        ("C18", Charset::QuestionEmoji, "? for 4-byte characters"),
        ("C11", Charset::Utf16Be, "UTF-16BE bytes"),
        ("C11", Charset::Utf16LeBom, "UTF-16LE bytes with BOM"),
        ("C11", Charset::Utf16BeBom, "UTF-16BE bytes with BOM"),
        ("C11", Charset::LowByte, "the low byte of every character"),
        ("C8", Charset::Mojibake1252, "UTF-8 read as Windows-1252 and written as UTF-8"),
    ] {
        list.push(id, detail, Op::Charset(charset));
    }
}
