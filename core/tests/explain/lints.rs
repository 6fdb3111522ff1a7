//! Every L row has a sample that shows it, and a clean message shows none.

use wxpay_core::explain::{CATALOGUE, KeyKind, NamedKey, Options, Scene, explain};

use super::support::KEY;

/// Row, text, key, URL, scene.
pub type Sample = (&'static str, &'static str, &'static str, &'static str, Option<Scene>);

pub fn samples() -> Vec<Sample> {
    let key = |id, key| (id, "appid=wx1&mch_id=1", key, "", None);
    let text = |id, text| (id, text, KEY, "", None);
    let at = |id, text, url| (id, text, KEY, url, None);
    vec![
        key("A2", "b7d1f0e2c3a495867768594a3b2c1d0e"),
        key("A4", "hunter2"),
        key("A5", "undefined"),
        key("A6", "Zk3Lw8QyT5nVb1RcXd7MpHs4JgFa9UeE\n"),
        key("A7", "Zk3Lw8QyT5nVb1RcXd7MpHs4JgFa9Ue\u{200b}"),
        key("A9", "Zk3Lw8QyT5nVb1RcXd7MpHs4JgFa9Ue"),
        at(
            "A12",
            "appid=wx1&mch_id=1",
            "https://api.mch.weixin.qq.com/xdc/apiv2sandbox/pay/micropay",
        ),
        text("B6", "appid=wx1\nattach=null"),
        text("B13", "appid=wx1\n&mch_id=1"),
        text("B18", "<xml><a>1</a><a>2</a></xml>"),
        text("B19", r#"{"appid":"wx1","ids[0]":"7"}"#),
        text("C3", "appid=<![CDATA[wx1]]>&mch_id=1"),
        text("C4", "appid=wx1¬ify_url=https://x.example/a"),
        text("C5", "appid=wx1&amp;mch_id=1"),
        text("C7", "appid=wx1&body=??? tea"),
        text("C8", "appid=wx1&body=è\u{8c}¶"),
        text("C10", r"appid=wx1&body=\u8336 \u00e9"),
        text("C12", "\u{feff}appid=wx1&mch_id=1"),
        text("C13", "appid=wx1&body=tea\u{200b}"),
        text("C14", r#"appid=wx1&detail={\"a\":1}"#),
        text("C18", "appid=wx1&body=tea 😀"),
        text("D8", "appid=wx1&sign=BC4B2A76B9719D91"),
        text("D9", "appid=wx1&sign=D41402ABC4B2A76B9719D911017C592"),
        text("D10", "appid=wx1&sign=XUFAKrxLKna5cZ2REBfFkg=="),
        text("D11", "appid=wx1&sign_type=HMACSHA256"),
        text("D12", "appid=wx1&signType=RSA"),
        at(
            "D13",
            "appid=wx1&mch_id=1&sign_type=MD5",
            "https://api.mch.weixin.qq.com/pay/downloadfundflow",
        ),
        text("E2", "{timeStamp:'1795222923',nonceStr:'a',package:'prepay_id=wx2',signType:'MD5'}"),
        text(
            "E3",
            "{appId:'wx1',timestamp:'1795222923',nonceStr:'a',package:'prepay_id=wx2',signType:'MD5'}",
        ),
        text(
            "E4",
            "{appId:'wx1',timeStamp:'1795222923',nonceStr:'a',Package:'prepay_id=wx2',signType:'MD5'}",
        ),
        text(
            "E6",
            "{appId:'wx1',timeStamp:'1795222923',nonceStr:'a',package:'prepay_id=undefined',signType:'MD5'}",
        ),
        text("E7", "{appId:'wx1',timeStamp:'1795222923',nonceStr:'a',package:'prepay_id=wx2'}"),
        text("E11", "appid=wx1&mchid=1&out_trade_no=7"),
        text("E12", "<root><appid>wx1</appid></root>"),
        (
            "E13",
            "<xml><return_code>SUCCESS</return_code><transaction_id>1</transaction_id><time_end>20261121010203</time_end><merchantId>1</merchantId></xml>",
            KEY,
            "",
            None,
        ),
        text("F1", "appid=wx1&total_fee=88.00"),
        text("F2", "appid=wx1&total_fee=0.88"),
        text("F3", "appid=wx1&total_fee=1989"),
        text(
            "F4",
            "{appId:'wx1',timeStamp:'1795222923000',nonceStr:'a',package:'prepay_id=wx2',signType:'MD5'}",
        ),
        text(
            "F5",
            "{appId:'wx1',timeStamp:1795222923,nonceStr:'a',package:'prepay_id=wx2',signType:'MD5'}",
        ),
        text("F6", "appid=wx1&nonce_str=ibuaiVcKdpRxkhJA"),
        text("F7", "appid=wx1&nonce_str=0.7334512-x"),
        text("F8", "appid=wx1&profit_sharing=true"),
        text("F9", "appid=wx1&total_fee=1,000"),
        text("F10", "appid=wx1&time_expire=2026-11-21 10:00:00"),
        text("G5", "curl https://api.mch.weixin.qq.com/pay/unifiedorder -d 'appid=wx1&mch_id=1'"),
        text(
            "G8",
            "{appId:'wx1',timeStamp:'1795222923',nonceStr:'a',package:'prepay_id=77',signType:'MD5'}",
        ),
        (
            "H4",
            "<xml><return_code>SUCCESS</return_code><transaction_id>1</transaction_id><time_end>20261121010203</time_end><sign_type>HMAC-SHA256</sign_type><sign>5D41402ABC4B2A76B9719D911017C592</sign></xml>",
            KEY,
            "",
            None,
        ),
        text("H5", "<xml><return_code>FAIL</return_code><return_msg>签名错误</return_msg></xml>"),
        at(
            "H6",
            "<xml><return_code>SUCCESS</return_code></xml>",
            "https://api.mch.weixin.qq.com/mmpaymkttransfers/promotion/transfers",
        ),
        (
            "H7",
            "<xml><return_code>SUCCESS</return_code><req_info>x</req_info></xml>",
            KEY,
            "",
            Some(Scene::Notice),
        ),
        text(
            "H9",
            r#"{\"return_code\":\"SUCCESS\",\"sign\":\"5D41402ABC4B2A76B9719D911017C592\"}"#,
        ),
        text("P1", "<xml><notify_url>https://x.example</notify></xml>"),
        text("P2", "appid=wx1&mch_id=1&key=Zk3Lw8QyT5nVb1RcXd7MpHs4JgFa9UeE"),
        text("P3", "wx.requestPayment({timeStamp: res.timeStamp, nonceStr: 'a'})"),
    ]
}

#[test]
fn every_sample_shows_its_row() {
    let mut wrong = Vec::new();
    for (id, text, key, url, scene) in samples() {
        let keys = [NamedKey::main(key)];
        let url = (!url.is_empty()).then_some(url);
        let report = explain(text, &Options { keys: &keys, url, scene, ..Options::default() });
        let ids: Vec<_> = report.lints.iter().map(|lint| lint.row.id).collect();
        if !ids.contains(&id) {
            wrong.push(format!("{id} {text:?}: {ids:?}"));
        }
        for lint in &report.lints {
            assert!(lint.span.as_ref().is_none_or(|span| text.get(span.clone()).is_some()), "{id}");
            assert!(lint.detail.len() < 300 && !lint.detail.contains(KEY), "{id}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_that_is_found_by_looking_has_a_sample() {
    let samples = samples();
    let missing: Vec<_> = CATALOGUE
        .iter()
        // H8 is an empty body, which is no message at all; see below.
        .filter(|row| row.found_by.contains('L') && row.id != "H8")
        .filter(|row| samples.iter().all(|(id, ..)| *id != row.id))
        .map(|row| row.id)
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn an_empty_body_points_at_who_read_it_before() {
    let report = explain(" \n", &Options::default());
    assert_eq!(report.advice.iter().map(|row| row.id).collect::<Vec<_>>(), ["H8"]);
}

#[test]
fn a_clean_message_shows_nothing() {
    let keys = [NamedKey { kind: KeyKind::Main, label: "key", bytes: KEY.as_bytes() }];
    for text in [
        "<xml><appid><![CDATA[wx0a1b2c3d4e5f6071]]></appid><attach></attach><body><![CDATA[两杯茶]]></body><mch_id>1900000777</mch_id><nonce_str>Xy7Kd93LmPq20</nonce_str><out_trade_no>20261121</out_trade_no><total_fee>5650</total_fee><trade_type>JSAPI</trade_type></xml>",
        "{appId:'wx1',timeStamp:'1795222923',nonceStr:'a',package:'prepay_id=wx2',signType:'MD5'}",
        "appid=wx1&noncestr=a1&package=Sign=WXPay&partnerid=1&prepayid=wx2&timestamp=1795222923",
    ] {
        let report = explain(text, &Options { keys: &keys, ..Options::default() });
        assert!(report.lints.is_empty(), "{text}: {:?}", report.lints);
        assert!(!report.has_trouble());
    }
}
