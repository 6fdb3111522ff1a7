//! The second signature.
//!
//! - `mini_program\0key\0sign type\0appid\0prepay_id\0time\0nonce`
//! - `app\0key\0sign type\0appid\0mch_id\0prepay_id\0time\0nonce`
//! - `native\0key\0sign type\0appid\0mch_id\0product_id\0time\0nonce`

use wxpay_core::invoke::{app, mini_program, native_link};

use crate::CallError;
use crate::flat::Parts;
use crate::json;

pub fn invoke(input: &str) -> Result<String, CallError> {
    let mut parts = Parts::new(input);
    let kind = parts.next();
    let (key, sign_type) = (parts.key()?, parts.sign_type()?);
    let appid = parts.next();
    match kind {
        "mini_program" => {
            let (prepay_id, time, nonce) = (parts.next(), time(&mut parts)?, parts.next());
            let args = mini_program(appid, prepay_id, time, nonce, sign_type, &key)?;
            Ok(json::object([
                ("appId", args.app_id.as_str()),
                ("timeStamp", &args.time_stamp),
                ("nonceStr", &args.nonce_str),
                ("package", &args.package),
                ("signType", args.sign_type.as_str()),
                ("paySign", &args.pay_sign),
            ]))
        }
        "app" => {
            let (mch_id, prepay_id) = (parts.next(), parts.next());
            let (time, nonce) = (time(&mut parts)?, parts.next());
            let args = app(appid, mch_id, prepay_id, time, nonce, sign_type, &key)?;
            Ok(json::object([
                ("appid", args.appid.as_str()),
                ("partnerid", &args.partnerid),
                ("prepayid", &args.prepayid),
                ("package", args.package),
                ("noncestr", &args.noncestr),
                ("timestamp", &args.timestamp),
                ("sign", &args.sign),
            ]))
        }
        "native" => {
            let (mch_id, product_id) = (parts.next(), parts.next());
            let (time, nonce) = (time(&mut parts)?, parts.next());
            Ok(json::string(&native_link(appid, mch_id, product_id, time, nonce, sign_type, &key)?))
        }
        _ => Err(CallError::of(
            "bad_option",
            "kind",
            "kind: expected \"mini_program\", \"app\" or \"native\"",
        )),
    }
}

/// Seconds since 1970. Milliseconds would be the year 33658 or later: WeChat refuses them.
fn time(parts: &mut Parts<'_>) -> Result<u64, CallError> {
    const LATEST: u64 = 9_999_999_999;
    let seconds = parts.next().parse::<u64>().ok().filter(|seconds| *seconds <= LATEST);
    seconds.ok_or_else(|| {
        CallError::of(
            "not_seconds",
            "time_stamp",
            "time_stamp: expected whole seconds since 1970, at most 10 digits; milliseconds have 13",
        )
    })
}
