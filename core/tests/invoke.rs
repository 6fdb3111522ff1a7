//! The second signature beyond its vectors: what is signed raw, and what is encoded for a URL.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod support;

use support::{APPID, BOTH, MCH_ID, NONCE, key, params};
use wxpay_core::{SignType, invoke, sign};

const PREPAY_ID: &str = "wx02093015000000abcdef0123456789";

#[test]
fn the_phone_can_check_what_the_mini_program_gets() {
    for sign_type in BOTH {
        let args = invoke::mini_program(APPID, PREPAY_ID, 1_772_415_015, NONCE, sign_type, &key())
            .unwrap();
        assert_eq!(args.time_stamp, "1772415015");
        assert_eq!(args.package, format!("prepay_id={PREPAY_ID}"));
        assert_eq!(args.sign_type, sign_type);
        let signed = params(&[
            ("appId", &args.app_id),
            ("timeStamp", &args.time_stamp),
            ("nonceStr", &args.nonce_str),
            ("package", &args.package),
            ("signType", args.sign_type.as_str()),
        ]);
        assert_eq!(args.pay_sign, sign(&signed, sign_type, &key()).as_str());
    }
}

#[test]
fn a_native_link_is_signed_raw_and_encoded_afterwards() {
    let product_id = "a&b=c 豆浆%";
    let link =
        invoke::native_link(APPID, MCH_ID, product_id, 1_772_415_015, NONCE, SignType::Md5, &key())
            .unwrap();
    let signed = params(&[
        ("appid", APPID),
        ("mch_id", MCH_ID),
        ("nonce_str", NONCE),
        ("product_id", product_id),
        ("time_stamp", "1772415015"),
    ]);
    let expected = format!(
        "weixin://wxpay/bizpayurl?appid={APPID}&mch_id={MCH_ID}&nonce_str={NONCE}\
         &product_id=a%26b%3Dc%20%E8%B1%86%E6%B5%86%25&time_stamp=1772415015&sign={}",
        sign(&signed, SignType::Md5, &key())
    );
    assert_eq!(link, expected);
}

#[test]
fn an_h5_address_goes_on_to_the_encoded_target() {
    let mweb_url = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&package=2";
    assert_eq!(invoke::h5_url(mweb_url, None), mweb_url);
    assert_eq!(
        invoke::h5_url(mweb_url, Some("https://example.com/完成?no=A-1_b.~&x=1#top")),
        format!(
            "{mweb_url}&redirect_url=\
             https%3A%2F%2Fexample.com%2F%E5%AE%8C%E6%88%90%3Fno%3DA-1_b.~%26x%3D1%23top"
        )
    );
}
