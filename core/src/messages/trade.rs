//! What WeChat says of a trade: its state, and the payment.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use super::field::{Field, FieldError, Format};
use crate::{Fen, Params, time};

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub enum $name {
            $($(#[$doc])* #[cfg_attr(feature = "serde", serde(rename = $word))] $variant,)*
        }

        impl $name {
            /// All values, in the order of the documents.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The words, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// WeChat's word.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        /// Exact, case-sensitive; the error is empty because the caller knows the field.
        impl FromStr for $name {
            type Err = ();

            fn from_str(word: &str) -> Result<Self, ()> {
                match word {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(()),
                }
            }
        }
    };
}

words! {
    /// How the user pays (`trade_type`).
    TradeType {
        /// Official account and mini program.
        Jsapi = "JSAPI",
        /// The user scans a QR code.
        Native = "NATIVE",
        /// The merchant's app.
        App = "APP",
        /// A browser outside WeChat (H5).
        Mweb = "MWEB",
        /// The merchant scans the user's payment code. Not created by unifiedorder.
        Micropay = "MICROPAY",
        /// Face payment. Not created by unifiedorder.
        Facepay = "FACEPAY",
    }
}

words! {
    /// The state of a trade in WeChat's words (`trade_state`; APIv2 order states).
    TradeState {
        /// 未支付: not paid.
        NotPay = "NOTPAY",
        /// 用户支付中: the user is entering the password (micropay).
        UserPaying = "USERPAYING",
        /// 支付失败: this attempt failed (micropay).
        PayError = "PAYERROR",
        /// 支付成功: paid.
        Success = "SUCCESS",
        /// 转入退款: paid, and at least one refund was asked for.
        Refund = "REFUND",
        /// 已关闭: closed unpaid.
        Closed = "CLOSED",
        /// 已撤销: reversed (micropay).
        Revoked = "REVOKED",
    }
}

impl TradeState {
    /// Whether money has been taken.
    pub const fn is_paid(self) -> bool {
        matches!(self, Self::Success | Self::Refund)
    }
}

/// One coupon that paid a part (`coupon_id_$n` and its companions).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Coupon {
    /// `coupon_id_$n`.
    pub id: String,
    /// `coupon_fee_$n`.
    pub fee: Fen,
    /// `coupon_type_$n`, which WeChat may leave out.
    pub kind: Option<String>,
}

/// A payment as WeChat reports it in a notice or in the reply to orderquery.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Trade {
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// What was ordered, in fen of `fee_type`.
    pub total_fee: Fen,
    /// The currency; WeChat leaves it out when it is CNY.
    pub fee_type: String,
    /// The part paid in cash.
    pub cash_fee: Option<Fen>,
    /// What the merchant will receive, when non-recharge coupons were used.
    pub settlement_total_fee: Option<Fen>,
    /// The coupons used.
    pub coupons: Vec<Coupon>,
    /// Seconds since 1970 of `time_end`.
    pub time_end: i64,
    /// The payer under `appid`.
    pub openid: Option<String>,
    /// The payer under `sub_appid` (service-provider mode).
    pub sub_openid: Option<String>,
    /// How it was paid, in WeChat's word; not limited to what we know.
    pub trade_type: Option<String>,
    /// The bank's word.
    pub bank_type: Option<String>,
    /// What the merchant attached to the order.
    pub attach: Option<String>,
}

const TRANSACTION_ID: Field = Field::required("transaction_id", Format::Text(32));
const TOTAL_FEE: Field = Field::required("total_fee", Format::TotalFee);
const TIME_END: Field = Field::required("time_end", Format::Time);

impl Trade {
    /// Reads the payment fields of a verified message.
    pub(super) fn read(params: &Params) -> Result<Self, FieldError> {
        let text = |name: &str| params.filled(name).map(ToString::to_string);
        Ok(Self {
            transaction_id: TRANSACTION_ID.of(params)?.into(),
            total_fee: TOTAL_FEE.parse(params)?,
            fee_type: params.filled("fee_type").unwrap_or("CNY").into(),
            cash_fee: optional_fee(params, "cash_fee")?,
            settlement_total_fee: optional_fee(params, "settlement_total_fee")?,
            coupons: read_coupons(params)?,
            time_end: time::from_beijing(TIME_END.of(params)?).ok_or(TIME_END.wrong())?,
            openid: text("openid"),
            sub_openid: text("sub_openid"),
            trade_type: text("trade_type"),
            bank_type: text("bank_type"),
            attach: text("attach"),
        })
    }
}

fn optional_fee(params: &Params, name: &'static str) -> Result<Option<Fen>, FieldError> {
    let field = Field::optional(name, Format::Number);
    params.filled(name).map(|value| value.parse().map_err(|_| field.wrong())).transpose()
}

/// `$n` counts from 0; reading stops at the first index that is not there.
fn read_coupons(params: &Params) -> Result<Vec<Coupon>, FieldError> {
    const COUPON_FEE: Field = Field::optional("coupon_fee_$n", Format::Number);
    let mut coupons = Vec::new();
    while let Some(id) = params.filled(&format!("coupon_id_{}", coupons.len())) {
        let n = coupons.len();
        let fee = params.filled(&format!("coupon_fee_{n}")).unwrap_or("0");
        coupons.push(Coupon {
            id: id.into(),
            fee: fee.parse().map_err(|_| COUPON_FEE.wrong())?,
            kind: params.filled(&format!("coupon_type_{n}")).map(ToString::to_string),
        });
    }
    Ok(coupons)
}
