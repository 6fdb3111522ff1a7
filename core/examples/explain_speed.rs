//! Times the search at its worst: a 12-field message whose wrong signature nothing explains.
//!
//! `cargo run --release -p wxpay-core --example explain_speed`
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement prints and takes the time"
)]

use std::time::Instant;

use wxpay_core::explain::{NamedKey, Options, explain};

const MESSAGE: &str = r#"{"appid":"wx0a1b2c3d4e5f6071","mch_id":"1900000109","device_info":"","nonce_str":"Xy7Kd93LmPq20ZtVbN4sRw8HcJf6GuAe",
"body":"手冲咖啡 2 杯 & 司康","attach":"{\"shop\":7}","out_trade_no":"20261121-000042","total_fee":"5600",
"spbill_create_ip":"203.0.113.9","notify_url":"https://shop.example/wxpay/notify","trade_type":"JSAPI","openid":"oABCDEFGHIJKLMNOPQRSTUVWX012"}"#;

fn main() {
    let keys = [NamedKey::main("Zk3Lw8QyT5nVb1RcXd7MpHs4JgFa9UeE")];
    let gbk = |_: char| Some([0xb0, 0xa1]);
    for (name, sign, sign_type) in [
        ("MD5", "0123456789ABCDEF0123456789ABCDEF", wxpay_core::SignType::Md5),
        (
            "HMAC-SHA256",
            "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF",
            wxpay_core::SignType::HmacSha256,
        ),
    ] {
        let options = Options {
            keys: &keys,
            sign: Some(sign),
            sign_type: Some(sign_type),
            gbk: Some(&gbk),
            ..Options::default()
        };
        let mut best = u128::MAX;
        let mut tried = None;
        for _ in 0..20 {
            let start = Instant::now();
            let report = explain(MESSAGE, &options);
            best = best.min(start.elapsed().as_micros());
            tried = Some(report.tried);
        }
        println!("{name}: {best} us, {tried:?}");
    }
}
