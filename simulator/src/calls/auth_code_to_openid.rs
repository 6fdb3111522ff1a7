//! authcodetoopenid: whose payment code it is; from then on it is this merchant's (reference: small endpoints).

use super::micropay::refuse_code;
use super::{Answer, Request};
use crate::ids::openid;
use crate::world::World;

pub(super) fn answer(world: &mut World, request: &Request) -> Answer {
    let text = |name| request.params.filled(name);
    let digits = text("auth_code").unwrap_or_default();
    let code = world.auth_code(digits, &request.mch_id).map_err(refuse_code)?;
    code.reserve(&request.mch_id);
    let mut fields = vec![("openid", openid(text("appid").unwrap_or_default(), &code.user))];
    if let Some(sub_appid) = text("sub_appid") {
        fields.push(("sub_openid", openid(sub_appid, &code.user)));
    }
    Ok(fields)
}
