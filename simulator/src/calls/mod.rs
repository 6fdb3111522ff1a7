//! WeChat's calls, one file each. A call's rules see the world and a request that has passed every common check.

mod close_order;
mod code2session;
mod envelope;
mod order_query;
pub(crate) mod pay_notice;
mod signature;
mod unified_order;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use wxpay_core::messages::{self, ErrCode, FieldError};
use wxpay_core::{Params, SignType};

use crate::world::World;

pub(crate) use code2session::answer as answer_code2session;
pub(crate) use envelope::{Tamper, answer_xml, claimed_out_trade_no};
pub(crate) use signature::why_signature_failed;

/// What WeChat can be asked, and what it sends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Call {
    /// POST `/pay/unifiedorder`.
    UnifiedOrder,
    /// POST `/pay/orderquery`.
    OrderQuery,
    /// POST `/pay/closeorder`.
    CloseOrder,
    /// GET `/sns/jscode2session`.
    Code2Session,
    /// The payment notice, which WeChat sends to the merchant's notify_url.
    Notice,
}

/// A request that is genuine: signed by the merchant it names, with all fields in their form.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) params: Params,
    pub(crate) sign_type: SignType,
    pub(crate) mch_id: String,
    /// The call needs a merchant certificate, and the one shown is not this mch_id's.
    pub(crate) wrong_certificate: bool,
}

/// A call's own fields in its reply.
pub(crate) type Fields = Vec<(&'static str, String)>;

/// What a call answers to a genuine request.
pub(crate) type Answer = Result<Fields, Refusal>;

/// A signed no.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: ErrCode,
    pub(crate) description: String,
}

impl Call {
    /// All calls, the notice last.
    pub const ALL: [Self; 5] =
        [Self::UnifiedOrder, Self::OrderQuery, Self::CloseOrder, Self::Code2Session, Self::Notice];

    /// The name in lower case, as in the control API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnifiedOrder => "unifiedorder",
            Self::OrderQuery => "orderquery",
            Self::CloseOrder => "closeorder",
            Self::Code2Session => "code2session",
            Self::Notice => "notice",
        }
    }

    /// The call behind a path of WeChat's hosts.
    pub(crate) fn at(path: &str) -> Option<Self> {
        match path {
            messages::unified_order::PATH => Some(Self::UnifiedOrder),
            messages::order_query::PATH => Some(Self::OrderQuery),
            messages::close_order::PATH => Some(Self::CloseOrder),
            messages::code2session::PATH => Some(Self::Code2Session),
            _ => None,
        }
    }

    /// Checks the fields against core's table.
    fn check(self, params: &Params) -> Result<(), FieldError> {
        match self {
            Self::UnifiedOrder => messages::unified_order::check(params),
            Self::OrderQuery => messages::order_query::check(params),
            Self::CloseOrder => messages::close_order::check(params),
            Self::Code2Session | Self::Notice => Ok(()),
        }
    }

    fn answer(self, world: &mut World, request: &Request) -> Answer {
        match self {
            Self::UnifiedOrder => unified_order::answer(world, request),
            Self::OrderQuery => order_query::answer(world, request),
            Self::CloseOrder => close_order::answer(world, request),
            Self::Code2Session | Self::Notice => Ok(Fields::new()),
        }
    }
}

impl Refusal {
    pub(crate) fn new(code: ErrCode, description: impl Into<String>) -> Self {
        Self { code, description: description.into() }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Call {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|call| call.as_str() == word).ok_or(())
    }
}
