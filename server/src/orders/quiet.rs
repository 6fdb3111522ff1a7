//! WeChat may say that it is asked too often. Whoever only wants to know how the same order stands, or to have it placed
//! again, is told so from here for some seconds.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use wxpay_core::messages::ErrCode;
use wxpay_core::messages::reply::ReplyError;

use super::order::OrderKey;
use crate::ambient::is_lately;
use crate::gateway::{Doubt, GatewayError};

/// For so long, in seconds.
pub const TOO_OFTEN_S: u32 = 5;
const QUIET_MS: i64 = 1_000 * TOO_OFTEN_S as i64;

/// The orders that WeChat does not want to hear of, and when it said so.
#[derive(Debug, Default)]
pub(super) struct Quiet(Mutex<HashMap<OrderKey, i64>>);

impl Quiet {
    /// Whether WeChat may be asked about an order.
    ///
    /// # Errors
    /// What WeChat would say.
    pub(super) fn check(&self, key: &OrderKey, now_ms: i64) -> Result<(), GatewayError> {
        let quiet = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match quiet.get(key) {
            Some(at_ms) if is_lately(*at_ms, QUIET_MS, now_ms) => Err(too_often()),
            Some(_) | None => Ok(()),
        }
    }

    /// Remembers an answer that says so.
    pub(super) fn heed(&self, key: &OrderKey, answer: &GatewayError, now_ms: i64) {
        let GatewayError::Unknown(Doubt::Reply(ReplyError::Refused { code, .. })) = answer else {
            return;
        };
        if code.is_too_often() {
            let mut quiet = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            quiet.retain(|_, at_ms| is_lately(*at_ms, QUIET_MS, now_ms));
            quiet.insert(key.clone(), now_ms);
        }
    }
}

fn too_often() -> GatewayError {
    let description = "asked again too soon; WeChat was not asked".into();
    let code = ErrCode::FrequencyLimited;
    GatewayError::Unknown(Doubt::Reply(ReplyError::Refused { code, description }))
}
