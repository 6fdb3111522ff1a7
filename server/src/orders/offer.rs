//! The merchant's backend wants to be paid outside of a mini program: NATIVE, APP, MWEB.

use std::net::IpAddr;

use reqwest::Url;
use wxpay_core::invoke;
use wxpay_core::messages::reply::ReplyError;
use wxpay_core::messages::{FieldError, Format, TradeType};

use super::order::{LivePrepay, Order, OrderKey};
use super::pay::unsigned;
use super::{Conflict, OrderError, Orders};
use crate::gateway::{Doubt, GatewayError};

/// What a user needs to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// NATIVE: the text of a QR code, valid for two hours.
    Native {
        /// The text.
        code_url: String,
    },
    /// APP: the fields of the OpenSDK's PayReq.
    App(invoke::App),
    /// MWEB: the address the user's browser opens, valid for five minutes.
    Mweb {
        /// The address, with where to go afterwards.
        mweb_url: String,
    },
}

/// Who asks for an [`Offer`].
#[derive(Debug, Clone, Default)]
pub struct Asker {
    /// The user's address; APP and MWEB must have it. WeChat compares it with the browser's (MWEB).
    pub client_ip: Option<String>,
    /// The caller's address, for NATIVE.
    pub own_ip: String,
    /// MWEB: where the browser goes afterwards.
    pub redirect_url: Option<String>,
}

const MAX_URL_BYTES: usize = 1024;

impl Orders {
    /// Gives the merchant's backend what the user needs to pay. A repeated call uses a live prepay order again.
    ///
    /// # Errors
    /// As [`Orders::pay`]; [`OrderError::Field`] for an address that is missing, wrong or of no use.
    pub async fn offer(&self, key: &OrderKey, asker: &Asker) -> Result<Offer, OrderError> {
        let payable = |order: &Order| {
            let trade_type = order.terms.trade_type;
            match trade_type {
                TradeType::Native | TradeType::App | TradeType::Mweb => self.check_open(order)?,
                TradeType::Jsapi | TradeType::Micropay | TradeType::Facepay => {
                    return Err(OrderError::Conflict(Conflict::OtherTradeType(trade_type)));
                }
            }
            asker.check(trade_type)
        };
        let client_ip = asker.client_ip.as_ref().unwrap_or(&asker.own_ip);
        let (order, prepay) = self.place(key, None, client_ip, payable).await?;
        self.offer_of(&order, prepay, asker.redirect_url.as_deref())
    }

    /// The text of an order's QR code, while it can be scanned and paid.
    pub fn live_code_url<'a>(&self, order: &'a Order) -> Option<&'a str> {
        self.check_open(order).ok()?;
        order.live_prepay(self.clock.now_ms())?.code_url.as_deref()
    }

    /// Where WeChat and customers reach us, without a slash at the end.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    fn offer_of(
        &self,
        order: &Order,
        prepay: LivePrepay,
        redirect_url: Option<&str>,
    ) -> Result<Offer, OrderError> {
        match order.terms.trade_type {
            TradeType::Native => {
                let code_url = prepay.code_url.ok_or_else(|| incomplete("code_url"))?;
                Ok(Offer::Native { code_url })
            }
            TradeType::Mweb => {
                let mweb_url = prepay.mweb_url.ok_or_else(|| incomplete("mweb_url"))?;
                Ok(Offer::Mweb { mweb_url: invoke::h5_url(&mweb_url, redirect_url) })
            }
            TradeType::App => {
                let merchant = self.merchant(order)?;
                let (now_s, nonce) = self.fresh();
                let (appid, mch_id) = (merchant.program_appid(), &merchant.identity.mch_id);
                let (prepay_id, key) = (&prepay.prepay_id, &merchant.api_key);
                invoke::app(appid, mch_id, prepay_id, now_s, &nonce, order.sign_type, key)
                    .map(Offer::App)
                    .map_err(unsigned)
            }
            other @ (TradeType::Jsapi | TradeType::Micropay | TradeType::Facepay) => {
                Err(OrderError::Conflict(Conflict::OtherTradeType(other)))
            }
        }
    }
}

impl Asker {
    fn check(&self, trade_type: TradeType) -> Result<(), OrderError> {
        let wrong =
            |field, expected: &str| Err(OrderError::Field { field, expected: expected.into() });
        let needs_ip = matches!(trade_type, TradeType::App | TradeType::Mweb);
        match &self.client_ip {
            Some(ip) if ip.parse::<IpAddr>().is_err() => {
                return wrong("client_ip", "an IPv4 or IPv6 address");
            }
            None if needs_ip => return wrong("client_ip", "the address of the user's own device"),
            Some(_) | None => {}
        }
        match &self.redirect_url {
            Some(_) if trade_type != TradeType::Mweb => {
                wrong("redirect_url", "to be absent: only MWEB orders lead anywhere")
            }
            Some(url) if !is_web_address(url) => {
                wrong("redirect_url", "an absolute http(s) address of at most 1024 bytes")
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn is_web_address(text: &str) -> bool {
    text.len() <= MAX_URL_BYTES
        && text.parse::<Url>().is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// WeChat placed the order, and left out what it was placed for.
fn incomplete(field: &'static str) -> OrderError {
    let missing = FieldError { field, missing: true, expected: Format::Text(64) };
    GatewayError::Unknown(Doubt::Reply(ReplyError::Field(missing))).into()
}
