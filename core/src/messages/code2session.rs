//! code2session (小程序登录), GET `/sns/jscode2session` at `api.weixin.qq.com`: login code in, openid out.
//!
//! A code works once and lives five minutes. The session_key must never reach the client or a log.

use alloc::string::String;
use core::fmt;

use zeroize::Zeroizing;

/// The path at WeChat's host.
pub const PATH: &str = "/sns/jscode2session";

/// The query parameters, to be percent-encoded by the sender. `secret` is the AppSecret.
pub fn query<'a>(
    appid: &'a str,
    secret: &'a str,
    js_code: &'a str,
) -> [(&'static str, &'a str); 4] {
    [
        ("appid", appid),
        ("secret", secret),
        ("js_code", js_code),
        ("grant_type", "authorization_code"),
    ]
}

/// Who logged in. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// The user under this appid.
    pub openid: String,
    /// Decrypts user data; stays on the server.
    pub session_key: Zeroizing<String>,
    /// The user across the appids of one Open Platform account, if there is one.
    pub unionid: Option<String>,
}

/// Why nobody is logged in (APIv2 code2session, errcode table).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionError {
    /// -1: WeChat is busy.
    Busy,
    /// 40029, 40163, 41008: the code is wrong, used, or missing. The client must call wx.login again.
    BadCode,
    /// 45011: too many logins of this user.
    RateLimited,
    /// 40226: WeChat has blocked the user as high-risk.
    BlockedUser,
    /// 40013, 40125, 41002, 41004, 48001: appid or AppSecret are wrong, or lack permission.
    Configuration {
        /// The errcode.
        errcode: i64,
    },
    /// Any other errcode.
    Unlisted {
        /// The errcode.
        errcode: i64,
    },
    /// Not JSON, or without openid and session_key.
    Malformed,
}

#[derive(serde::Deserialize)]
struct Reply {
    openid: Option<String>,
    session_key: Option<Zeroizing<String>>,
    unionid: Option<String>,
    #[serde(default)]
    errcode: i64,
}

/// Reads the reply's body, whatever its content type says. Success means that openid is there.
///
/// # Errors
/// [`SessionError`].
pub fn read_reply(body: &[u8]) -> Result<Session, SessionError> {
    let reply: Reply = serde_json::from_slice(body).map_err(|_| SessionError::Malformed)?;
    match reply.errcode {
        0 => {}
        -1 => return Err(SessionError::Busy),
        40029 | 40163 | 41008 => return Err(SessionError::BadCode),
        45011 => return Err(SessionError::RateLimited),
        40226 => return Err(SessionError::BlockedUser),
        errcode @ (40013 | 40125 | 41002 | 41004 | 48001) => {
            return Err(SessionError::Configuration { errcode });
        }
        errcode => return Err(SessionError::Unlisted { errcode }),
    }
    match (reply.openid, reply.session_key) {
        (Some(openid), Some(session_key)) if !openid.is_empty() => {
            Ok(Session { openid, session_key, unionid: reply.unionid })
        }
        _ => Err(SessionError::Malformed),
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("openid", &self.openid).finish_non_exhaustive()
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("WeChat is busy"),
            Self::BadCode => f.write_str("the login code is wrong, used or expired"),
            Self::RateLimited => f.write_str("WeChat limits this user's logins"),
            Self::BlockedUser => f.write_str("WeChat has blocked this user"),
            Self::Configuration { errcode } => {
                write!(f, "WeChat refuses appid or AppSecret (errcode {errcode})")
            }
            Self::Unlisted { errcode } => write!(f, "WeChat answered errcode {errcode}"),
            Self::Malformed => f.write_str("WeChat's answer is not a login reply"),
        }
    }
}

impl core::error::Error for SessionError {}
