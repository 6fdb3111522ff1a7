//! A merchant's scanner: signs micropay and reverse.

use wxpay_core::messages::{micropay, reverse};
use wxpay_core::{Params, SignType};
use wxpay_simulator::{Behaviour, Call};

use super::{NONCE, World, fen, identity, key};

pub const HMAC: SignType = SignType::HmacSha256;

/// A charge of 88 fen.
pub fn charge(out_trade_no: &str, auth_code: &str) -> micropay::Micropay {
    micropay::Micropay {
        out_trade_no: out_trade_no.into(),
        body: "Corner shop-tea".into(),
        total_fee: fen(88),
        auth_code: auth_code.into(),
        spbill_create_ip: "203.0.113.7".into(),
        time_expire: None,
        attach: Some("till 3".into()),
        detail: None,
        device_info: Some("till3".into()),
        goods_tag: None,
        limit_pay: None,
        scene_info: None,
    }
}

pub async fn send(world: &World, charge: &micropay::Micropay) -> Params {
    let request = charge.to_params(&identity(), NONCE, HMAC, &key()).unwrap();
    world.call(Call::Micropay, &request).await
}

/// Scans a fresh code of alice's.
pub async fn scan(world: &World, out_trade_no: &str, behaviour: Behaviour) -> Params {
    let code = world.wechat.auth_code("alice", behaviour);
    send(world, &charge(out_trade_no, &code)).await
}

pub async fn reverse(world: &World, out_trade_no: &str) -> Params {
    let request = reverse::request(out_trade_no, &identity(), NONCE, HMAC, &key()).unwrap();
    world.call(Call::Reverse, &request).await
}
