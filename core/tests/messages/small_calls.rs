//! authcodetoopenid and shorturl.

use wxpay_core::messages::auth_code_to_openid::{self, Payer, Refusal, refusal};
use wxpay_core::messages::reply::ReplyError;
use wxpay_core::messages::short_url;
use wxpay_core::messages::{Field, Format};
use wxpay_core::{Params, SignType};

use super::replies::{field_error, refused, signed};
use super::requests::unsigned;
use super::support::{APPID, BOTH, MCH_ID, NONCE, identity, key, params};

const CODE: &str = "134567890123456789";
const LONG_URL: &str =
    "weixin://wxpay/bizpayurl?appid=wx0&mch_id=1&nonce_str=a&product_id=1&sign=X";

#[test]
fn the_requests_send_exactly_their_field() {
    for sign_type in BOTH {
        let expected = |name, value| {
            params(&[
                ("appid", APPID),
                ("mch_id", MCH_ID),
                ("nonce_str", NONCE),
                ("sign_type", sign_type.as_str()),
                (name, value),
            ])
        };
        let payer = auth_code_to_openid::request(CODE, &identity(), NONCE, sign_type, &key());
        assert_eq!(unsigned(payer.unwrap(), sign_type), expected("auth_code", CODE));
        let short = short_url::request(LONG_URL, &identity(), NONCE, sign_type, &key());
        assert_eq!(unsigned(short.unwrap(), sign_type), expected("long_url", LONG_URL));
    }
}

#[test]
fn the_requests_need_a_good_field() {
    let payer = |code: &str| {
        auth_code_to_openid::request(code, &identity(), NONCE, SignType::Md5, &key()).unwrap_err()
    };
    let code = Field::required("auth_code", Format::AuthCode);
    assert_eq!(payer(""), code.missing());
    for bad in ["134567890", "164567890123456789", "13456789012345678x", "１34567890123456789"] {
        assert_eq!(payer(bad), code.wrong(), "{bad}");
    }
    let short = |url: &str| short_url::request(url, &identity(), NONCE, SignType::Md5, &key());
    let url = Field::required("long_url", Format::Text(512));
    assert_eq!(short(""), Err(url.missing()));
    assert!(short(&"x".repeat(512)).is_ok());
    assert_eq!(short(&"x".repeat(513)), Err(url.wrong()));
}

fn payer(reply: Params) -> Result<Payer, ReplyError> {
    auth_code_to_openid::read_reply(reply, &identity(), SignType::Md5, &key())
}

#[test]
fn the_payer_is_read() {
    let openid = "oNobody0000000000000000000001";
    let expected = Payer { openid: openid.into(), sub_openid: None };
    assert_eq!(payer(signed(&[("openid", openid)])), Ok(expected.clone()));
    let sub = signed(&[("openid", openid), ("sub_openid", "oSub")]);
    assert_eq!(payer(sub), Ok(Payer { sub_openid: Some("oSub".into()), ..expected }));
    assert_eq!(field_error(payer(signed(&[]))), ("openid", true));
    let mut forged = signed(&[("openid", openid)]);
    forged.set("openid", "oOther").unwrap();
    assert!(matches!(payer(forged), Err(ReplyError::NotVerified(_))));
}

#[test]
fn each_refusal_of_the_payer_asks_for_something() {
    for (code, asks_for) in [
        ("AUTHCODEEXPIRE", Refusal::NewCode),
        ("AUTH_CODE_ERROR", Refusal::NewCode),
        ("AUTH_CODE_INVALID", Refusal::NewCode),
        ("SYSTEMERROR", Refusal::NewCode),
        ("NEW_IN_2030", Refusal::NewCode),
        ("SIGNERROR", Refusal::Fix),
        ("PARAM_ERROR", Refusal::Fix),
    ] {
        let Err(ReplyError::Refused { code: read, .. }) = payer(refused(code)) else {
            panic!("{code}: expected a refusal")
        };
        assert_eq!(refusal(&read), asks_for, "{code}");
    }
}

#[test]
fn the_short_url_is_read() {
    let short = |reply| short_url::read_reply(reply, &identity(), SignType::Md5, &key());
    let url = "weixin://wxpay/s/XXXXXX";
    assert_eq!(short(signed(&[("short_url", url)])), Ok(url.to_owned()));
    let long = format!("{url}{}", "x".repeat(100));
    assert_eq!(short(signed(&[("short_url", &long)])), Ok(long));
    assert_eq!(field_error(short(signed(&[]))), ("short_url", true));
    assert!(matches!(short(refused("SYSTEMERROR")), Err(ReplyError::Refused { .. })));
}
