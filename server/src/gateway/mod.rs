//! WeChat, as far as the rules need it.

mod bill;
mod client;
mod download;
mod hosts;
mod report;
mod wechat;

use async_trait::async_trait;
use wxpay_core::SignType;
use wxpay_core::messages::auth_code_to_openid::Payer;
use wxpay_core::messages::close_order::Closing;
use wxpay_core::messages::code2session::{Session, SessionError};
use wxpay_core::messages::download_bill::BillType;
use wxpay_core::messages::download_fundflow::AccountType;
use wxpay_core::messages::micropay::Micropay;
use wxpay_core::messages::order_query::Found;
use wxpay_core::messages::refund::{Accepted, Refund};
use wxpay_core::messages::refund_query;
use wxpay_core::messages::reply::ReplyError;
use wxpay_core::messages::reverse::Reversal;
use wxpay_core::messages::unified_order::{Prepay, UnifiedOrder};
use wxpay_core::messages::{ErrCode, FieldError, Trade};
use wxpay_core::xml::XmlError;

pub use client::WeChatError;
pub use download::{Download, FetchError};
pub use wechat::{WeChat, WeChatConfig};

use crate::merchant::Merchant;
use crate::secret::Secret;

/// The calls a merchant makes to WeChat. Every reply is verified before it comes back.
#[async_trait]
pub trait Gateway: Send + Sync {
    /// Login code in, user out. A code works once, so this is never repeated.
    async fn code2session(
        &self,
        merchant: &Merchant,
        code: &str,
    ) -> Result<Session, Code2SessionError>;

    /// Places an order; the same order again is safe.
    async fn unified_order(
        &self,
        merchant: &Merchant,
        sign_type: SignType,
        order: &UnifiedOrder,
    ) -> Result<Prepay, GatewayError>;

    /// Asks what became of an order. Safe to repeat.
    async fn order_query(
        &self,
        merchant: &Merchant,
        sign_type: SignType,
        out_trade_no: &str,
    ) -> Result<Found, GatewayError>;

    /// Closes an order. Safe to repeat.
    async fn close_order(
        &self,
        merchant: &Merchant,
        sign_type: SignType,
        out_trade_no: &str,
    ) -> Result<Closing, GatewayError>;

    /// Charges a payment code. Never repeated: what is not surely paid or refused is [`GatewayError::Unknown`].
    async fn micropay(
        &self,
        merchant: &Merchant,
        sign_type: SignType,
        charge: &Micropay,
    ) -> Result<Box<Trade>, GatewayError>;

    /// Takes a payment-code order back, with the merchant certificate. Safe to repeat.
    async fn reverse(
        &self,
        merchant: &Merchant,
        sign_type: SignType,
        out_trade_no: &str,
    ) -> Result<Reversal, GatewayError>;

    /// Whose payment code it is. Safe to repeat while the code lives.
    async fn auth_code_to_openid(
        &self,
        merchant: &Merchant,
        auth_code: &Secret,
    ) -> Result<Payer, GatewayError>;

    /// The payments and refunds of one day of Beijing time (`yyyyMMdd`), as text. Safe to repeat.
    async fn download_bill(
        &self,
        merchant: &Merchant,
        bill_date: &str,
        bill_type: BillType,
        gzip: bool,
    ) -> Result<Download, FetchError>;

    /// What went in and out of one of the merchant's accounts on one day of Beijing time (`yyyyMMdd`), as text. Safe to
    /// repeat.
    async fn download_fundflow(
        &self,
        merchant: &Merchant,
        bill_date: &str,
        account_type: AccountType,
        gzip: bool,
    ) -> Result<Download, FetchError>;

    /// Pays back, with the merchant certificate. The same refund again is safe; another number is another refund.
    async fn refund(
        &self,
        merchant: &Merchant,
        sign_type: SignType,
        refund: &Refund,
    ) -> Result<Accepted, GatewayError>;

    /// Asks what became of refunds; `offset` skips so many of an order's. Safe to repeat.
    async fn refund_query(
        &self,
        merchant: &Merchant,
        sign_type: SignType,
        by: refund_query::By<'_>,
        offset: u64,
    ) -> Result<refund_query::Found, GatewayError>;
}

/// How a call failed, by what is safe to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayError {
    /// The request is wrong and was not made.
    Invalid(FieldError),
    /// The call needs a merchant certificate and the merchant has none here: nothing was sent.
    NoCertificate,
    /// The request did not leave: it may be sent again.
    NotSent {
        /// What happened, without any address.
        detail: String,
    },
    /// Nobody knows whether WeChat did it: ask, or send exactly the same again.
    Unknown(Doubt),
    /// WeChat said no, signed, with a code that is final.
    Refused {
        /// The code.
        code: ErrCode,
        /// WeChat's words.
        description: String,
    },
}

/// Why an outcome is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// No reply in time.
    Timeout,
    /// The connection broke, or the reply was cut.
    Broken {
        /// What happened, without any address.
        detail: String,
    },
    /// An HTTP status other than 200.
    Status(u16),
    /// The reply is larger than any real one.
    TooLarge,
    /// The reply is not one of WeChat's messages.
    Unreadable(XmlError),
    /// The reply cannot be believed, is incomplete, or asks for patience.
    Reply(ReplyError),
}

/// Why nobody is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code2SessionError {
    /// WeChat was not reached or not understood.
    Gateway(GatewayError),
    /// WeChat's answer.
    Session(SessionError),
}

impl From<ReplyError> for GatewayError {
    fn from(error: ReplyError) -> Self {
        match error {
            ReplyError::Refused { code, description } if code.is_final() => {
                Self::Refused { code, description }
            }
            other => Self::Unknown(Doubt::Reply(other)),
        }
    }
}

impl std::fmt::Display for GatewayError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid(error) => write!(f, "the request is wrong: {error}"),
            Self::NoCertificate => f.write_str(
                "this call needs the merchant certificate: set cert_file and key_file of the merchant",
            ),
            Self::NotSent { detail } => write!(f, "WeChat cannot be reached: {detail}"),
            Self::Unknown(doubt) => write!(f, "WeChat's answer is missing: {doubt}"),
            Self::Refused { code, description } => {
                write!(f, "WeChat refused: {code} ({}) {description}", code.meaning())
            }
        }
    }
}

impl std::error::Error for GatewayError {}

impl std::fmt::Display for Doubt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Timeout => f.write_str("no reply in time"),
            Self::Broken { detail } => write!(f, "the connection broke: {detail}"),
            Self::Status(status) => write!(f, "HTTP status {status}"),
            Self::TooLarge => f.write_str("the reply is too large"),
            Self::Unreadable(error) => write!(f, "the reply is not readable: {error}"),
            Self::Reply(error) => error.fmt(f),
        }
    }
}

impl std::fmt::Display for Code2SessionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Gateway(error) => error.fmt(f),
            Self::Session(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Code2SessionError {}
