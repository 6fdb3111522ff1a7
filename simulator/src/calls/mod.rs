//! WeChat's calls, one file each. A call's rules see the world and a request that has passed every common check.

mod auth_code_to_openid;
mod close_order;
mod code2session;
mod download;
mod envelope;
mod micropay;
mod order_query;
pub(crate) mod pay_notice;
mod refund;
pub(crate) mod refund_notice;
mod refund_query;
mod reverse;
mod short_url;
mod signature;
mod unified_order;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use wxpay_core::messages::{self, ErrCode, FieldError};
use wxpay_core::{Params, SignType};

use crate::world::World;

pub(crate) use code2session::answer as answer_code2session;
pub(crate) use download::{Damage, Downloaded, answer as answer_download};
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
    /// POST `/pay/micropay`.
    Micropay,
    /// POST `/secapi/pay/reverse`, with the merchant certificate.
    Reverse,
    /// POST `/tools/authcodetoopenid`.
    AuthCodeToOpenid,
    /// POST `/tools/shorturl`.
    ShortUrl,
    /// POST `/payitil/report`.
    Report,
    /// POST `/pay/downloadbill`.
    DownloadBill,
    /// POST `/pay/downloadfundflow`, with the merchant certificate.
    DownloadFundFlow,
    /// POST `/secapi/pay/refund`, with the merchant certificate.
    Refund,
    /// POST `/pay/refundquery`.
    RefundQuery,
    /// GET `/sns/jscode2session`.
    Code2Session,
    /// The payment notice, which WeChat sends to the merchant's notify_url.
    Notice,
    /// The refund notice, which WeChat sends to the refund's notify_url.
    RefundNotice,
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
    /// The call's own fields beside it.
    pub(crate) more: Fields,
}

impl Call {
    /// All calls, the notices last.
    pub const ALL: &[Self] = &[
        Self::UnifiedOrder,
        Self::OrderQuery,
        Self::CloseOrder,
        Self::Micropay,
        Self::Reverse,
        Self::AuthCodeToOpenid,
        Self::ShortUrl,
        Self::Report,
        Self::DownloadBill,
        Self::DownloadFundFlow,
        Self::Refund,
        Self::RefundQuery,
        Self::Code2Session,
        Self::Notice,
        Self::RefundNotice,
    ];

    /// The name in lower case, as in the control API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnifiedOrder => "unifiedorder",
            Self::OrderQuery => "orderquery",
            Self::CloseOrder => "closeorder",
            Self::Micropay => "micropay",
            Self::Reverse => "reverse",
            Self::AuthCodeToOpenid => "authcodetoopenid",
            Self::ShortUrl => "shorturl",
            Self::Report => "report",
            Self::DownloadBill => "downloadbill",
            Self::DownloadFundFlow => "downloadfundflow",
            Self::Refund => "refund",
            Self::RefundQuery => "refundquery",
            Self::Code2Session => "code2session",
            Self::Notice => "notice",
            Self::RefundNotice => "refundnotice",
        }
    }

    /// Whether WeChat sends it by itself.
    pub(crate) const fn is_notice(self) -> bool {
        matches!(self, Self::Notice | Self::RefundNotice)
    }

    /// Whether the reply is XML with a signature.
    pub(crate) const fn reply_is_signed(self) -> bool {
        !matches!(
            self,
            Self::Report
                | Self::DownloadBill
                | Self::DownloadFundFlow
                | Self::Code2Session
                | Self::Notice
                | Self::RefundNotice
        )
    }

    /// Whether the reply is a bill.
    pub(crate) const fn is_download(self) -> bool {
        matches!(self, Self::DownloadBill | Self::DownloadFundFlow)
    }

    /// The call behind a path of WeChat's hosts.
    pub(crate) fn at(path: &str) -> Option<Self> {
        match path {
            messages::unified_order::PATH => Some(Self::UnifiedOrder),
            messages::order_query::PATH => Some(Self::OrderQuery),
            messages::close_order::PATH => Some(Self::CloseOrder),
            messages::micropay::PATH => Some(Self::Micropay),
            messages::reverse::PATH => Some(Self::Reverse),
            messages::auth_code_to_openid::PATH => Some(Self::AuthCodeToOpenid),
            messages::short_url::PATH => Some(Self::ShortUrl),
            messages::report::PATH => Some(Self::Report),
            messages::download_bill::PATH => Some(Self::DownloadBill),
            messages::download_fundflow::PATH => Some(Self::DownloadFundFlow),
            messages::refund::PATH => Some(Self::Refund),
            messages::refund_query::PATH => Some(Self::RefundQuery),
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
            Self::Micropay => messages::micropay::check(params),
            Self::Reverse => messages::reverse::check(params),
            Self::AuthCodeToOpenid => messages::auth_code_to_openid::check(params),
            Self::ShortUrl => messages::short_url::check(params),
            Self::Report => messages::report::check(params),
            Self::DownloadBill => messages::download_bill::check(params),
            Self::DownloadFundFlow => messages::download_fundflow::check(params),
            Self::Refund => messages::refund::check(params),
            Self::RefundQuery => messages::refund_query::check(params),
            Self::Code2Session | Self::Notice | Self::RefundNotice => Ok(()),
        }
    }

    fn answer(self, world: &mut World, request: &Request) -> Answer {
        match self {
            Self::UnifiedOrder => unified_order::answer(world, request),
            Self::OrderQuery => order_query::answer(world, request),
            Self::CloseOrder => close_order::answer(world, request),
            Self::Micropay => micropay::answer(world, request),
            Self::Reverse => reverse::answer(world, request),
            Self::AuthCodeToOpenid => auth_code_to_openid::answer(world, request),
            Self::ShortUrl => short_url::answer(world, request),
            // A report is taken and forgotten.
            Self::Report => Ok(Fields::new()),
            Self::Refund => refund::answer(world, request),
            Self::RefundQuery => refund_query::answer(world, request),
            Self::DownloadBill
            | Self::DownloadFundFlow
            | Self::Code2Session
            | Self::Notice
            | Self::RefundNotice => Ok(Fields::new()),
        }
    }
}

impl Refusal {
    pub(crate) fn new(code: ErrCode, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), more: Fields::new() }
    }

    /// The order is another shop's of the same service provider.
    fn other_shop() -> Self {
        Self::new(ErrCode::InvalidRequest, "子商户号和订单信息不匹配")
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.more.push((name, value.into()));
        self
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
        Self::ALL.iter().copied().find(|call| call.as_str() == word).ok_or(())
    }
}
