//! shorturl: a short text for the QR code of NATIVE mode 1 (reference: small endpoints).

use wxpay_core::Params;
use wxpay_core::messages::ErrCode;

use super::{Answer, Refusal, Request};
use crate::world::World;

/// Nothing else may be shortened.
const START: &str = "weixin://wxpay/bizpayurl?";

pub(super) fn answer(world: &mut World, request: &Request) -> Answer {
    let long_url = request.params.get("long_url").unwrap_or_default();
    if !long_url.starts_with(START) {
        return Err(Refusal::new(ErrCode::ParamError, "参数格式校验错误:long_url"));
    }
    let ids = &mut world.ids;
    let short_url = world.short_urls.entry(long_url.into()).or_insert_with(|| ids.short_url());
    Ok(vec![("short_url", short_url.clone())])
}

/// A long_url may come percent-encoded; what was signed is the raw one.
pub(super) fn decode(params: &mut Params) {
    let long_url = params.get("long_url").unwrap_or_default();
    let decoded =
        form_urlencoded::parse(long_url.as_bytes()).next().map(|(raw, _)| raw.into_owned());
    if let Some(raw) = decoded.filter(|raw| !long_url.starts_with(START) && raw.starts_with(START))
    {
        // It is shorter than what was read.
        let _ = params.set("long_url", &raw);
    }
}
