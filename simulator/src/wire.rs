//! XML as WeChat writes it: `return_code` and `return_msg` first, whole-number fields bare, all else in CDATA.
//!
//! Core's writer decides by the value; WeChat decides by the field, so a transaction_id stands in CDATA here.

use wxpay_core::Params;

/// The fields WeChat sends without CDATA, and those of rows: `refund_fee_3`.
const NUMBERS: [&str; 12] = [
    "cash_fee",
    "cash_refund_fee",
    "coupon_count",
    "coupon_fee",
    "coupon_refund_count",
    "coupon_refund_fee",
    "refund_count",
    "refund_fee",
    "settlement_refund_fee",
    "settlement_total_fee",
    "total_fee",
    "total_refund_count",
];

/// Writes a message. The names are the simulator's own, the values have passed the strict reader.
pub(crate) fn to_xml(params: &Params) -> String {
    to_xml_with_root("xml", params)
}

pub(crate) fn to_xml_with_root(root: &str, params: &Params) -> String {
    let mut xml = format!("<{root}>");
    let first = |name: &str| name == "return_code" || name == "return_msg";
    let ordered = params.iter().filter(|(name, _)| first(name));
    for (name, value) in ordered.chain(params.iter().filter(|(name, _)| !first(name))) {
        if NUMBERS.contains(&without_index(name)) {
            xml.extend(["<", name, ">", value, "</", name, ">\n"]);
        } else {
            let value = value.replace("]]>", "]]]]><![CDATA[>");
            xml.extend(["<", name, "><![CDATA[", &value, "]]></", name, ">\n"]);
        }
    }
    xml.extend(["</", root, ">"]);
    xml
}

/// A field's name without the numbers of its row.
fn without_index(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn numbers_are_bare_and_the_reader_gets_everything_back() {
        let params = Params::from_pairs([
            ("return_code", "SUCCESS"),
            ("attach", ""),
            ("body", "a]]>b & <c>"),
            ("total_fee", "88"),
            ("coupon_refund_fee_1_0", "3"),
            ("coupon_refund_id_1_0", "4"),
            ("transaction_id", "4200000001202601010000000001"),
        ])
        .unwrap();
        let xml = to_xml(&params);
        assert!(xml.starts_with("<xml><return_code><![CDATA[SUCCESS]]></return_code>"));
        assert!(xml.contains("<total_fee>88</total_fee>"));
        assert!(xml.contains("<coupon_refund_fee_1_0>3</coupon_refund_fee_1_0>"));
        assert!(xml.contains("<coupon_refund_id_1_0><![CDATA[4]]>"));
        assert!(xml.contains("<transaction_id><![CDATA[4200"));
        assert!(xml.contains("<attach><![CDATA[]]></attach>"));
        assert_eq!(wxpay_core::xml::from_xml(xml.as_bytes()).unwrap(), params);
    }
}
