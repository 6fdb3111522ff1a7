//! Who is on the phone: login codes, users, tokens.
//!
//! A token is `merchant.expires.mac.openid`, where mac is HMAC-SHA256 under the merchant's AppSecret: it needs no
//! storage and survives a restart. session_key is dropped here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::ambient::Clock;
use crate::gateway::{Code2SessionError, Gateway};
use crate::merchant::{Merchant, Merchants};
use crate::secret::Secret;
use crate::store::{Change, Store, StoreError, User};

/// WeChat's codes live five minutes; so does our memory of used ones.
const CODE_LIFE_MS: i64 = 5 * 60 * 1000;
/// The most used codes remembered at once.
const MAX_CODES: usize = 100_000;
const MAX_CODE_BYTES: usize = 256;

/// Logs users in.
pub struct Logins {
    store: Arc<dyn Store>,
    gateway: Arc<dyn Gateway>,
    clock: Arc<dyn Clock>,
    merchants: Arc<Merchants>,
    /// Seconds a token lives.
    token_s: i64,
    used_codes: Mutex<HashMap<[u8; 32], i64>>,
}

impl std::fmt::Debug for Logins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Logins").field("token_s", &self.token_s).finish_non_exhaustive()
    }
}

/// What the phone tells of itself.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// Shown name.
    pub nickname: Option<String>,
    /// Address of the picture.
    pub photo: Option<String>,
}

/// A fresh login.
#[derive(Debug, Clone)]
pub struct LoggedIn {
    /// The user.
    pub session: PhoneUser,
    /// What the phone shows from now on.
    pub token: Secret,
    /// Seconds the token lives.
    pub expire_s: i64,
}

/// A user of one merchant's mini program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneUser {
    /// The merchant's id in our configuration.
    pub merchant: String,
    /// The user.
    pub openid: String,
}

/// Why nobody is logged in.
#[derive(Debug)]
pub enum LoginError {
    /// The code is empty or too long.
    CodeMalformed,
    /// The code was used here before, or is being used right now.
    CodeUsed,
    /// WeChat's answer, or its absence.
    WeChat(Code2SessionError),
    /// The store's.
    Store(StoreError),
}

impl Logins {
    /// Puts the parts together.
    pub fn new(
        store: Arc<dyn Store>,
        gateway: Arc<dyn Gateway>,
        clock: Arc<dyn Clock>,
        merchants: Arc<Merchants>,
        token_s: i64,
    ) -> Self {
        Self { store, gateway, clock, merchants, token_s, used_codes: Mutex::default() }
    }

    /// Exchanges a code for a user, once. The user is durable before the token is given out.
    ///
    /// # Errors
    /// [`LoginError`]. Whatever happens, the code is spent: the phone must call wx.login again.
    pub async fn log_in(
        &self,
        merchant: &Merchant,
        code: &str,
        profile: Profile,
    ) -> Result<LoggedIn, LoginError> {
        if code.is_empty() || code.len() > MAX_CODE_BYTES {
            return Err(LoginError::CodeMalformed);
        }
        self.spend(merchant, code)?;
        let answer = self.gateway.code2session(merchant, code).await;
        let openid = answer.map_err(LoginError::WeChat)?.openid;
        let known = self.store.user(&merchant.id, &openid).await.map_err(LoginError::Store)?;
        let (nickname, photo) = known.map_or((None, None), |user| (user.nickname, user.photo));
        let now_ms = self.clock.now_ms();
        let user = User {
            merchant: merchant.id.clone(),
            openid: openid.clone(),
            // A phone that does not tell this time has not taken back what it told before.
            nickname: profile.nickname.or(nickname),
            photo: profile.photo.or(photo),
            login_ms: now_ms,
        };
        self.store.commit(Change::login(user)).await.map_err(LoginError::Store)?;
        let token = Secret::new(token(merchant, &openid, now_ms / 1000 + self.token_s));
        let session = PhoneUser { merchant: merchant.id.clone(), openid };
        Ok(LoggedIn { session, token, expire_s: self.token_s })
    }

    /// The user whose token this is; `None` for anything forged, foreign or expired.
    pub fn user(&self, token_text: &str) -> Option<PhoneUser> {
        let mut parts = token_text.splitn(4, '.');
        let (merchant, expires) = (parts.next()?, parts.next()?);
        let (_mac, openid) = (parts.next()?, parts.next()?);
        let expires_s: i64 = expires.parse().ok()?;
        let merchant = self.merchants.get(merchant)?;
        let right = Secret::new(token(merchant, openid, expires_s));
        let good = right.matches(token_text) && self.clock.now_ms() / 1000 < expires_s;
        good.then(|| PhoneUser { merchant: merchant.id.clone(), openid: openid.into() })
    }

    /// Marks a code as used, so that WeChat is asked about it at most once.
    fn spend(&self, merchant: &Merchant, code: &str) -> Result<(), LoginError> {
        let now_ms = self.clock.now_ms();
        let print = Sha256::new().chain_update(&merchant.id).chain_update([0]).chain_update(code);
        // Nothing panics while the lock is held.
        let mut used = self.used_codes.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= MAX_CODES {
            used.retain(|_, until| *until > now_ms);
        }
        let print = print.finalize().into();
        if used.get(&print).is_some_and(|until| *until > now_ms) {
            return Err(LoginError::CodeUsed);
        }
        if used.len() >= MAX_CODES {
            return Err(LoginError::Store(StoreError::Busy));
        }
        used.insert(print, now_ms + CODE_LIFE_MS);
        Ok(())
    }
}

fn token(merchant: &Merchant, openid: &str, expires_s: i64) -> String {
    let claim = format!("{}.{expires_s}.{openid}", merchant.id);
    let mac = merchant.mac("token", &claim);
    format!("{}.{expires_s}.{mac}.{openid}", merchant.id)
}
