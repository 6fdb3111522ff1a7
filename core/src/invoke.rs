//! The second signature (调起支付): what the client needs to start the payment.
//!
//! Time and nonce are arguments; the sign type must be the one of the order.

use alloc::format;
use alloc::string::{String, ToString};

use crate::{ApiKey, ParamsError, SignType, sign_pairs};

/// Arguments of `wx.requestPayment` (mini program) and, with `appId`, of `WeixinJSBridge`. All are strings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MiniProgram {
    /// The appid, signed but not passed to `wx.requestPayment`.
    pub app_id: String,
    /// Seconds since 1970, 10 digits.
    pub time_stamp: String,
    /// The nonce that was signed.
    pub nonce_str: String,
    /// `prepay_id=` and the prepay_id.
    pub package: String,
    /// The algorithm, the same as for the order.
    pub sign_type: SignType,
    /// The second signature.
    pub pay_sign: String,
}

/// Signs the client's arguments for a mini program or JSAPI payment.
///
/// ```
/// # use wxpay_core::{ApiKey, SignType, invoke};
/// let key = ApiKey::new("qazwsxedcrfvtgbyhnujmikolp111111")?;
/// let args = invoke::mini_program(
///     "wxd678efh567hg6787", "wx2017033010242291fcfe0db70013231072", 1_490_840_662,
///     "5K8264ILTKCH16CQ2502SI8ZNMTM67VS", SignType::Md5, &key)?;
/// assert_eq!(args.pay_sign, "22D9B4E54AB1950F51E0649E8810ACD6");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ParamsError::TooLarge`] for absurdly long arguments.
pub fn mini_program(
    appid: &str,
    prepay_id: &str,
    unix_s: u64,
    nonce_str: &str,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<MiniProgram, ParamsError> {
    let time_stamp = unix_s.to_string();
    let package = format!("prepay_id={prepay_id}");
    let pairs = [
        ("appId", appid),
        ("nonceStr", nonce_str),
        ("package", package.as_str()),
        ("signType", sign_type.as_str()),
        ("timeStamp", &time_stamp),
    ];
    let pay_sign = sign_pairs(&pairs, sign_type, key)?.to_string();
    Ok(MiniProgram {
        app_id: appid.into(),
        time_stamp,
        nonce_str: nonce_str.into(),
        package,
        sign_type,
        pay_sign,
    })
}

/// What the WeChat OpenSDK of an app needs (`PayReq`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// The appid.
    pub appid: String,
    /// The mch_id.
    pub partnerid: String,
    /// The bare prepay_id.
    pub prepayid: String,
    /// Always `Sign=WXPay`.
    pub package: &'static str,
    /// The nonce that was signed.
    pub noncestr: String,
    /// Seconds since 1970.
    pub timestamp: String,
    /// The second signature.
    pub sign: String,
}

/// Signs the client's arguments for an APP payment; here all names are lower case and no sign type is signed.
///
/// # Errors
/// [`ParamsError::TooLarge`] for absurdly long arguments.
pub fn app(
    appid: &str,
    mch_id: &str,
    prepay_id: &str,
    unix_s: u64,
    nonce_str: &str,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<App, ParamsError> {
    const PACKAGE: &str = "Sign=WXPay";
    let timestamp = unix_s.to_string();
    let pairs = [
        ("appid", appid),
        ("partnerid", mch_id),
        ("prepayid", prepay_id),
        ("package", PACKAGE),
        ("noncestr", nonce_str),
        ("timestamp", timestamp.as_str()),
    ];
    let sign = sign_pairs(&pairs, sign_type, key)?.to_string();
    Ok(App {
        appid: appid.into(),
        partnerid: mch_id.into(),
        prepayid: prepay_id.into(),
        package: PACKAGE,
        noncestr: nonce_str.into(),
        timestamp,
        sign,
    })
}

/// The static link of NATIVE mode 1, to be shown as a QR code. Mode 2 needs no second signature: show `code_url`.
///
/// # Errors
/// [`ParamsError::TooLarge`] for absurdly long arguments.
pub fn native_link(
    appid: &str,
    mch_id: &str,
    product_id: &str,
    unix_s: u64,
    nonce_str: &str,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<String, ParamsError> {
    let time_stamp = unix_s.to_string();
    let pairs = [
        ("appid", appid),
        ("mch_id", mch_id),
        ("nonce_str", nonce_str),
        ("product_id", product_id),
        ("time_stamp", time_stamp.as_str()),
    ];
    let signature = sign_pairs(&pairs, sign_type, key)?;
    let mut link = String::from("weixin://wxpay/bizpayurl?");
    for (name, value) in pairs {
        link.extend([name, "=", &percent_encode(value), "&"]);
    }
    link.extend(["sign=", signature.as_str()]);
    Ok(link)
}

/// The address an H5 (MWEB) client opens; `redirect_url` is where the browser goes afterwards.
///
/// ```
/// # use wxpay_core::invoke::h5_url;
/// let url = h5_url("https://wx.tenpay.com/x?prepay_id=1", Some("https://example.com/done?a=1"));
/// assert_eq!(url, "https://wx.tenpay.com/x?prepay_id=1&redirect_url=https%3A%2F%2Fexample.com%2Fdone%3Fa%3D1");
/// ```
pub fn h5_url(mweb_url: &str, redirect_url: Option<&str>) -> String {
    match redirect_url {
        None => mweb_url.into(),
        Some(target) => format!("{mweb_url}&redirect_url={}", percent_encode(target)),
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
