//! Notices that verifiers in the field judge differently. Each has one right verdict, and a reason for it.
#![cfg(feature = "xml")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is a failed test")]

mod support;

use std::collections::BTreeMap;

use support::{KEY, key, plain_sign};
use wxpay_core::xml::{XmlError, from_xml};
use wxpay_core::{SignType, VerifyError, verify};

/// A paid order of an invented shop, in the order WeChat writes the fields.
const NOTICE: [(&str, &str); 15] = [
    ("appid", support::APPID),
    ("attach", "counter 3"),
    ("bank_type", "OTHERS"),
    ("cash_fee", "1250"),
    ("fee_type", "CNY"),
    ("mch_id", support::MCH_ID),
    ("nonce_str", support::NONCE),
    ("openid", "oNobody0000000000000000000001"),
    ("out_trade_no", "P20260302000017"),
    ("result_code", "SUCCESS"),
    ("return_code", "SUCCESS"),
    ("time_end", "20260302093015"),
    ("total_fee", "1250"),
    ("trade_type", "JSAPI"),
    ("transaction_id", "4200000000202603020000000017"),
];

#[derive(Debug, PartialEq)]
enum Verdict {
    Accepted,
    NotRead(XmlError),
    NotBelieved(VerifyError),
}

use Verdict::{Accepted, NotBelieved, NotRead};

/// A notice in the making. The signature covers `fields`; what `write` changes afterwards is not signed.
struct Notice {
    fields: Vec<(String, String)>,
    sign_type: SignType,
}

impl Notice {
    fn new() -> Self {
        let fields = NOTICE.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { fields, sign_type: SignType::Md5 }
    }

    fn hmac() -> Self {
        Self { sign_type: SignType::HmacSha256, ..Self::new() }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(n, _)| n != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(n, _)| n != name);
        self
    }

    fn sign(&self) -> String {
        let fields: BTreeMap<_, _> = self.fields.iter().cloned().collect();
        plain_sign(&fields, self.sign_type, KEY)
    }

    /// The elements without root and sign: amounts bare, the rest in CDATA.
    fn elements(&self) -> String {
        let write = |(name, value): &(String, String)| match name.as_str() {
            "total_fee" | "cash_fee" => format!("<{name}>{value}</{name}>"),
            _ => format!("<{name}><![CDATA[{value}]]></{name}>"),
        };
        self.fields.iter().map(write).collect()
    }

    fn xml(&self) -> String {
        self.xml_with_sign(&self.sign())
    }

    fn xml_with_sign(&self, sign: &str) -> String {
        format!("<xml>{}<sign><![CDATA[{sign}]]></sign></xml>", self.elements())
    }

    fn xml_without_sign(&self) -> String {
        format!("<xml>{}</xml>", self.elements())
    }

    /// The finished message with one part of its text exchanged.
    fn xml_changed(&self, from: &str, to: &str) -> String {
        let xml = self.xml();
        assert_eq!(xml.matches(from).count(), 1, "{from}");
        xml.replacen(from, to, 1)
    }
}

fn judge(xml: &str, sign_type: SignType) -> Verdict {
    match from_xml(xml.as_bytes()).map(|params| verify(params, sign_type, &key())) {
        Err(error) => NotRead(error),
        Ok(Err(error)) => NotBelieved(error),
        Ok(Ok(_)) => Accepted,
    }
}

fn check(probes: &[(&str, String, Verdict)]) {
    for (what, xml, wanted) in probes {
        assert_eq!(&judge(xml, SignType::Md5), wanted, "{what}\n{xml}");
    }
}

#[test]
fn genuine_notices_are_accepted_however_their_fields_are_filled() {
    let attach = |value| Notice::new().with("attach", value).xml();
    let no_type = Notice::new()
        .with("coupon_count", "1")
        .with("coupon_fee", "50")
        .with("coupon_fee_0", "50")
        .with("coupon_id_0", "70000000000000001");
    check(&[
        ("plain, MD5", Notice::new().xml(), Accepted),
        ("names its algorithm", Notice::new().with("sign_type", "MD5").xml(), Accepted),
        ("a field nobody knows yet", Notice::new().with("new_in_2030", "1").xml(), Accepted),
        ("an empty field", attach(""), Accepted),
        ("spaces at both ends", attach("  counter 3  "), Accepted),
        ("a coupon whose type is left out", no_type.xml(), Accepted),
        ("a character beyond the basic plane", attach("三号柜台😀"), Accepted),
        ("characters that URLs and forms reserve", attach("50%+1 & a=b%20"), Accepted),
    ]);
    let no_sign_type = Notice::hmac().xml();
    assert_eq!(judge(&no_sign_type, SignType::HmacSha256), Accepted);
    assert_eq!(
        judge(&no_sign_type, SignType::Md5),
        NotBelieved(VerifyError::SignMalformed { expected: 32 }),
        "the algorithm is the order's, not the message's choice"
    );
}

#[test]
fn genuine_notices_are_accepted_however_their_text_is_written() {
    let attach = |value, written| {
        let signed = Notice::new().with("attach", value);
        signed.xml_changed(&format!("<![CDATA[{value}]]>"), written)
    };
    check(&[
        ("entities instead of CDATA", attach("a<b>&c", "a&lt;b&gt;&amp;c"), Accepted),
        ("numeric references", attach("柜台", "&#x67DC;&#21488;"), Accepted),
        ("two CDATA sections", attach("ab", "<![CDATA[a]]><![CDATA[b]]>"), Accepted),
        ("a BOM in front", format!("\u{feff}{}", Notice::new().xml()), Accepted),
        (
            "an XML declaration",
            format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}", Notice::new().xml()),
            Accepted,
        ),
    ]);
}

#[test]
fn notices_without_a_right_signature_are_not_believed() {
    let notice = Notice::new();
    let missing = || NotBelieved(VerifyError::SignMissing);
    let mismatch = || NotBelieved(VerifyError::Mismatch);
    let lower = Notice::new().with("return_code", "success");
    check(&[
        ("no sign", notice.xml_without_sign(), missing()),
        (
            "neither sign nor return_code",
            Notice::new().without("return_code").xml_without_sign(),
            missing(),
        ),
        ("no sign, return_code in lower case", lower.xml_without_sign(), missing()),
        ("an empty sign", notice.xml_with_sign(""), missing()),
        ("another amount", notice.xml_changed("total_fee>1250<", "total_fee>1<"), mismatch()),
        (
            "spaces that were not signed",
            notice.xml_changed("<![CDATA[OTHERS]]>", "<![CDATA[ OTHERS ]]>"),
            mismatch(),
        ),
        (
            "sign in lower case, which WeChat never sends",
            notice.xml_with_sign(&notice.sign().to_lowercase()),
            NotBelieved(VerifyError::SignMalformed { expected: 32 }),
        ),
    ]);
}

#[test]
fn notices_that_two_readers_could_read_differently_are_not_read() {
    let notice = Notice::new();
    let fee = "<total_fee>1250</total_fee>";
    let twice =
        |xml| ("total_fee twice", xml, NotRead(XmlError::Duplicate { name: "total_fee".into() }));
    let entity = "<!DOCTYPE xml [<!ENTITY fee \"1250\">]>";
    let commented = notice.xml_changed(fee, "<total_fee>12<!-- -->50</total_fee>");
    let nested = notice.xml_changed(fee, "<total_fee><fen>1250</fen></total_fee>");
    let hidden_sign = format!(
        "<xml>{}<more><sign><![CDATA[{}]]></sign></more></xml>",
        notice.elements(),
        notice.sign()
    );
    let behind = |xml: &str, part: &str| xml.find(part).unwrap() + part.len();
    check(&[
        twice(notice.xml_changed(fee, &format!("<total_fee>1</total_fee>{fee}"))),
        twice(notice.xml_changed(fee, &format!("{fee}<total_fee>1</total_fee>"))),
        (
            "the right amount, through an entity of its own DOCTYPE",
            format!("{entity}{}", notice.xml_changed(fee, "<total_fee>&fee;</total_fee>")),
            NotRead(XmlError::NotAllowed { what: "a DOCTYPE", at: entity.len() }),
        ),
        (
            "a comment inside a value",
            commented.clone(),
            NotRead(XmlError::NotAllowed { what: "a comment", at: behind(&commented, "<!-- -->") }),
        ),
        (
            "an element inside a value",
            nested.clone(),
            NotRead(XmlError::Nested { name: "fen".into(), at: behind(&nested, "<fen>") }),
        ),
        (
            "the sign one level down",
            hidden_sign.clone(),
            NotRead(XmlError::Nested { name: "sign".into(), at: behind(&hidden_sign, "<sign>") }),
        ),
        ("no XML", "hello".into(), NotRead(XmlError::StrayText { at: 5 })),
        ("nothing", String::new(), NotRead(XmlError::Empty)),
    ]);
}

#[test]
fn s01_every_byte_of_a_notice_counts() {
    let genuine = Notice::new().xml().into_bytes();
    let accepted = |bytes: &[u8]| {
        let read = from_xml(bytes).ok();
        read.is_some_and(|params| verify(params, SignType::Md5, &key()).is_ok())
    };
    assert!(accepted(&genuine));
    for at in 0..genuine.len() {
        let byte = genuine[at];
        for other in [b' ', b'<', b'&', b'0', byte ^ 0x01, byte ^ 0x20, byte | 0x80] {
            let mut forged = genuine.clone();
            forged[at] = other;
            let text = String::from_utf8_lossy(&forged);
            assert_eq!(accepted(&forged), other == byte, "byte {at}\n{text}");
        }
        let mut shorter = genuine.clone();
        shorter.remove(at);
        assert!(!accepted(&shorter), "byte {at} left out");
    }
}
