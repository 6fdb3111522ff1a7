//! Every X row has two inputs that show it; equal inputs show none.

use wxpay_core::explain::{CATALOGUE, NamedKey, Options, explain};

use super::support::KEY;

const ORDER: &str = "<xml><return_code>SUCCESS</return_code><appid>wx1</appid><mch_id>1</mch_id><nonce_str>r</nonce_str><prepay_id>wx2</prepay_id><sign>5D41402ABC4B2A76B9719D911017C592</sign></xml>";
const ORDER_HMAC: &str =
    "<xml><mch_id>1</mch_id><prepay_id>wx2</prepay_id><sign_type>HMAC-SHA256</sign_type></xml>";

pub fn samples() -> Vec<(&'static str, &'static str, &'static str)> {
    vec![
        ("C9", "appid=wx1&body=茶", "<xml><appid>wx1</appid><body>è\u{8c}¶</body></xml>"),
        ("C18", "appid=wx1&body=茶😀", "<xml><appid>wx1</appid><body>茶?</body></xml>"),
        ("C19", "appid=wx1&attach=a+b", "<xml><appid>wx1</appid><attach>a b</attach></xml>"),
        ("C20", "appid=wx1&body=<b>tea</b>", "<xml><appid>wx1</appid><body>tea</body></xml>"),
        (
            "D2",
            "{appId:'wx1',timeStamp:'1',nonceStr:'a',package:'prepay_id=wx2',signType:'MD5'}",
            ORDER_HMAC,
        ),
        ("E7", "{appId:'wx1',timeStamp:'1',nonceStr:'a',package:'prepay_id=wx2'}", ORDER),
        (
            "E8",
            "{timeStamp:'1',nonceStr:'a',package:'prepay_id=wx2',signType:'MD5',paySign:'5D41402ABC4B2A76B9719D911017C592'}",
            ORDER,
        ),
        ("E9", "appid=wx1&sign_type=MD5", "<xml><appid>wx1</appid></xml>"),
        ("E10", "appid=wx1&body=tea&attach=x", "<xml><appid>wx1</appid><body>tea</body></xml>"),
        (
            "E14",
            "appid=wx1&detail={\"a\":1,\"b\":2}",
            "<xml><appid>wx1</appid><detail><![CDATA[{\"b\": 2, \"a\": 1}]]></detail></xml>",
        ),
        (
            "F11",
            "appid=wx1&out_trade_no=2026112100000000042",
            "{\"appid\":\"wx1\",\"out_trade_no\":2026112100000000000}",
        ),
        ("G1", "appid=wx1&nonce_str=a1", "<xml><appid>wx1</appid><nonce_str>b2</nonce_str></xml>"),
        (
            "G2",
            "appid=wx1&out_trade_no=A-1",
            "<xml><appid>wx1</appid><out_trade_no>A-2</out_trade_no></xml>",
        ),
        (
            "G3",
            "appid=wx1&spbill_create_ip=203.0.113.9",
            "<xml><appid>wx1</appid><spbill_create_ip>127.0.0.1</spbill_create_ip></xml>",
        ),
        (
            "G4",
            "appid=wx1&out_trade_no=A-1",
            "<xml><appid>wx1</appid><outTradeNo>A-1</outTradeNo></xml>",
        ),
        (
            "G5",
            "appid=wx1&mch_id=1",
            "curl https://api.mch.weixin.qq.com/pay/unifiedorder -d 'appid=wx1&mch_id=1'",
        ),
        (
            "G6",
            "appid=wx1&mch_id=1",
            "<xml><appid>wx1</appid><mch_id>1</mch_id><timeStamp>1</timeStamp></xml>",
        ),
        (
            "G7",
            "nonce_str=a1&out_trade_no=A-1&sign=5D41402ABC4B2A76B9719D911017C592",
            "nonce_str=a1&out_trade_no=A-2&sign=7D41402ABC4B2A76B9719D911017C592",
        ),
        (
            "G8",
            "{appId:'wx1',timeStamp:'1',nonceStr:'a',package:'prepay_id=wx9',signType:'MD5'}",
            ORDER,
        ),
    ]
}

#[test]
fn every_pair_of_inputs_shows_its_row() {
    let keys = [NamedKey::main(KEY)];
    let mut wrong = Vec::new();
    for (id, text, other) in samples() {
        let report =
            explain(text, &Options { keys: &keys, other: Some(other), ..Options::default() });
        let ids: Vec<_> =
            report.causes.iter().filter(|cause| !cause.proved).map(|cause| cause.id()).collect();
        if !ids.iter().any(|found| found == id) {
            wrong.push(format!("{id} {text}: {ids:?}"));
        }
        assert!(
            report.causes.iter().all(|cause| cause.evidence_en().starts_with("Compared")),
            "{id}"
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_that_is_found_by_comparing_has_two_inputs() {
    let samples = samples();
    let missing: Vec<_> = CATALOGUE
        .iter()
        .filter(|row| row.found_by.contains('X') && samples.iter().all(|(id, ..)| *id != row.id))
        .map(|row| row.id)
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn equal_inputs_show_nothing() {
    let keys = [NamedKey::main(KEY)];
    let signed = "appid=wx1&attach=&body=A&B&total_fee=1";
    let sent = "<xml><total_fee>1</total_fee><body><![CDATA[A&B]]></body><appid>wx1</appid><sign>X</sign></xml>";
    let report = explain(signed, &Options { keys: &keys, other: Some(sent), ..Options::default() });
    assert!(report.causes.is_empty(), "{:?}", report.causes);
    let client = "{timeStamp:'1',nonceStr:'a',package:'prepay_id=wx2',signType:'MD5'}";
    let report =
        explain(client, &Options { keys: &keys, other: Some(ORDER), ..Options::default() });
    assert!(report.causes.is_empty(), "{:?}", report.causes);
    assert!(report.string_to_sign.starts_with("appId=wx1&"), "the appid comes from the order");
}
