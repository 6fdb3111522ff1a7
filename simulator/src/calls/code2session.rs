//! code2session: a login code in, an openid out (reference: code2session). Parameters are taken from the query alone.

use serde_json::json;

use super::Tamper;
use crate::http::Received;
use crate::world::World;

/// A code lives five minutes.
const CODE_LIFE_MS: i64 = 5 * 60_000;

/// The JSON reply and a note.
pub(crate) fn answer(
    world: &mut World,
    received: &Received,
    tamper: Tamper<'_>,
) -> (String, String) {
    let session = match tamper {
        Tamper::SystemError => Err(BUSY),
        Tamper::SystemErrorApplied => session(world, received).and(Err(BUSY)),
        Tamper::ErrCode(code) => Err(told(code)),
        Tamper::ErrCodeApplied(code) => session(world, received).and(Err(told(code))),
        // There is no signature to spoil.
        Tamper::Nothing | Tamper::WrongSign | Tamper::NoSign | Tamper::Recall | Tamper::Bill(_) => {
            session(world, received)
        }
    };
    match session {
        Ok(openid) => {
            let session_key = world.ids.session_key();
            let reply = json!({"session_key": session_key, "openid": openid});
            (reply.to_string(), "the code is used now".into())
        }
        Err((errcode, errmsg)) => {
            let reply = json!({"errcode": errcode, "errmsg": errmsg});
            (reply.to_string(), format!("{errcode}: {errmsg}"))
        }
    }
}

type Refused = (i32, &'static str);

const BUSY: Refused = (-1, "system error");

/// A code that a fault asks for; a word is no errcode.
fn told(code: &str) -> Refused {
    code.parse().map_or(BUSY, |errcode| (errcode, "error"))
}

fn session(world: &mut World, received: &Received) -> Result<String, Refused> {
    let appid = received.query("appid").ok_or((41002, "appid missing"))?;
    let secret = received.query("secret").ok_or((41004, "appsecret missing"))?;
    let js_code = received.query("js_code").ok_or((41008, "missing code"))?;
    let now_ms = world.now_ms;
    let app_secret = world.app_secret(&appid).ok_or((40013, "invalid appid"))?;
    if app_secret != secret {
        return Err((40125, "invalid appsecret"));
    }
    let code = world.codes.get_mut(&js_code).filter(|code| code.appid == appid);
    let code = code.ok_or((40029, "invalid code"))?;
    if code.used {
        return Err((40163, "code been used"));
    }
    if now_ms - code.made_ms >= CODE_LIFE_MS {
        return Err((40029, "invalid code"));
    }
    code.used = true;
    Ok(code.openid.clone())
}
