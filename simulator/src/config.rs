//! What a simulator is started with.

use std::fmt;
use std::io;

use wxpay_core::ApiKey;

use crate::clock::{self, Now};

/// How to start a simulator.
#[derive(Clone)]
pub struct Config {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The port on 127.0.0.1 that speaks TLS and asks for the merchant certificate; 0 takes a free one.
    pub tls_port: u16,
    /// The merchants WeChat knows. One mch_id may appear with several appids.
    pub merchants: Vec<Merchant>,
    /// The shops of service providers (服务商模式).
    pub sub_merchants: Vec<SubMerchant>,
    /// Divides the waits between two attempts at a notice: 1 is WeChat's own pace, 1000 turns minutes into moments.
    /// Rules about an order's age or a code's life follow `now` alone.
    pub speedup: u32,
    /// All ids come from it, so the same calls in the same order give the same ids.
    pub seed: u64,
    /// The clock, shared with the server under test where time matters.
    pub now: Now,
    /// How long a notice waits for its reply, in milliseconds (reference: delivery rules, 5 s).
    pub notice_deadline_ms: u64,
    /// Whether notices carry `sign_type`. WeChat mostly leaves it out.
    pub notice_sign_type: bool,
    /// Whether bills are there at once, today's included. WeChat has them from 10:00 of the next day, Beijing time.
    pub bills_at_once: bool,
    /// Whether there is a second listener, as api2.mch.weixin.qq.com is to api.mch.weixin.qq.com.
    pub backup: bool,
    /// Whether two refunds of one order must be a minute apart, by `now`.
    pub refund_spacing: bool,
    /// How long a refund takes, in milliseconds of real time, which `speedup` divides.
    pub refund_delay_ms: u64,
    /// Where notices of refunds go whose request names no notify_url: what is set on the merchant platform.
    pub refund_notify_url: Option<String>,
    /// Whether merchants can refund whatever they have. Otherwise they have what payments brought.
    pub unlimited_balance: bool,
}

/// A shop under a service provider. A provider with none here may name any sub_mch_id. `Debug` shows no secret.
#[derive(Clone)]
pub struct SubMerchant {
    /// The service provider's merchant number.
    pub mch_id: String,
    /// The shop's merchant number.
    pub sub_mch_id: String,
    /// The shop's own mini program and its AppSecret, if it has one.
    pub app: Option<(String, String)>,
    /// What the cashier page calls the shop.
    pub name: String,
}

/// What the world keeps of it for refunds.
#[derive(Debug)]
pub(crate) struct RefundRules {
    pub(crate) spacing: bool,
    pub(crate) notify_url: Option<String>,
    pub(crate) unlimited_balance: bool,
}

/// A merchant and the mini program bound to it. `Debug` shows no secret.
#[derive(Clone)]
pub struct Merchant {
    /// The mini program's appid.
    pub appid: String,
    /// The merchant number.
    pub mch_id: String,
    /// Signs everything between the merchant and WeChat.
    pub key: ApiKey,
    /// The mini program's AppSecret, for code2session only.
    pub app_secret: String,
    /// What the cashier page calls the shop.
    pub name: String,
}

/// Why a simulator does not start.
#[derive(Debug)]
pub enum StartError {
    /// There is no merchant.
    NoMerchant,
    /// Two merchants contradict each other: the same appid with two AppSecrets, the same mch_id with two keys, or the
    /// same pair twice.
    Contradiction {
        /// `appid`, `mch_id` or `merchants`.
        field: &'static str,
    },
    /// A sub merchant names no service provider that is there, or is its own.
    SubMerchant,
    /// `speedup` is 0.
    NoSpeed,
    /// The certificates of the TLS port cannot be made.
    Certificates {
        /// What the library says.
        detail: String,
    },
    /// The port cannot be taken.
    Bind {
        /// The port that was asked for.
        port: u16,
        /// The system's words.
        error: io::Error,
    },
}

impl Config {
    /// A free port, no backup, real time, seed 1, the machine's clock.
    pub fn new(merchants: Vec<Merchant>) -> Self {
        Self {
            port: 0,
            tls_port: 0,
            merchants,
            sub_merchants: Vec::new(),
            speedup: 1,
            seed: 1,
            now: clock::system(),
            notice_deadline_ms: 5_000,
            notice_sign_type: false,
            bills_at_once: false,
            backup: false,
            refund_spacing: true,
            refund_delay_ms: 3_000,
            refund_notify_url: None,
            unlimited_balance: false,
        }
    }

    pub(crate) fn refund_rules(&self) -> RefundRules {
        RefundRules {
            spacing: self.refund_spacing,
            notify_url: self.refund_notify_url.clone(),
            unlimited_balance: self.unlimited_balance,
        }
    }

    pub(crate) fn check(&self) -> Result<(), StartError> {
        if self.merchants.is_empty() {
            return Err(StartError::NoMerchant);
        }
        if self.speedup == 0 {
            return Err(StartError::NoSpeed);
        }
        for shop in &self.sub_merchants {
            if shop.sub_mch_id == shop.mch_id
                || !self.merchants.iter().any(|merchant| merchant.mch_id == shop.mch_id)
            {
                return Err(StartError::SubMerchant);
            }
        }
        for (index, one) in self.merchants.iter().enumerate() {
            for other in self.merchants.iter().skip(index + 1) {
                one.agree(other)?;
            }
        }
        Ok(())
    }
}

impl Merchant {
    fn agree(&self, other: &Self) -> Result<(), StartError> {
        let same_appid = self.appid == other.appid;
        let same_mch_id = self.mch_id == other.mch_id;
        if same_appid && same_mch_id {
            Err(StartError::Contradiction { field: "merchants" })
        } else if same_appid && self.app_secret != other.app_secret {
            Err(StartError::Contradiction { field: "appid" })
        } else if same_mch_id && self.key != other.key {
            Err(StartError::Contradiction { field: "mch_id" })
        } else {
            Ok(())
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("port", &self.port)
            .field("tls_port", &self.tls_port)
            .field("merchants", &self.merchants)
            .field("sub_merchants", &self.sub_merchants)
            .field("speedup", &self.speedup)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Merchant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Merchant")
            .field("appid", &self.appid)
            .field("mch_id", &self.mch_id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SubMerchant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubMerchant")
            .field("mch_id", &self.mch_id)
            .field("sub_mch_id", &self.sub_mch_id)
            .field("appid", &self.app.as_ref().map(|(appid, _)| appid))
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMerchant => f.write_str("merchants: expected at least one"),
            Self::Contradiction { field } => {
                write!(f, "{field}: two merchants share it and contradict each other")
            }
            Self::SubMerchant => f.write_str(
                "sub_merchants: expected the mch_id of one of the merchants, and another sub_mch_id",
            ),
            Self::NoSpeed => f.write_str("speedup: expected at least 1"),
            Self::Certificates { detail } => write!(f, "cannot make the certificates: {detail}"),
            Self::Bind { port, error } => write!(f, "cannot listen on 127.0.0.1:{port}: {error}"),
        }
    }
}

impl std::error::Error for StartError {}
