//! What WeChat says of a trade: its state, and the payment.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::coupon::{Coupon, CouponFields};
use super::field::{Field, FieldError, Format};
use super::words::words;
use crate::{Fen, Params, time};

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
const CASH_FEE: Field = Field::optional("cash_fee", Format::Number);
const SETTLEMENT_TOTAL_FEE: Field = Field::optional("settlement_total_fee", Format::Number);
const COUPONS: CouponFields = CouponFields {
    id: "coupon_id",
    fee: "coupon_fee",
    rule: Field::optional("coupon_fee_$n", Format::Number),
};

impl Trade {
    /// Reads the payment fields of a verified message.
    pub(super) fn read(params: &Params) -> Result<Self, FieldError> {
        let text = |name: &str| params.filled(name).map(ToString::to_string);
        Ok(Self {
            transaction_id: TRANSACTION_ID.of(params)?.into(),
            total_fee: TOTAL_FEE.parse(params)?,
            fee_type: params.filled("fee_type").unwrap_or("CNY").into(),
            cash_fee: CASH_FEE.find(params)?,
            settlement_total_fee: SETTLEMENT_TOTAL_FEE.find(params)?,
            coupons: Coupon::read(params, &COUPONS, "")?,
            time_end: time::from_beijing(TIME_END.of(params)?).ok_or(TIME_END.wrong())?,
            openid: text("openid"),
            sub_openid: text("sub_openid"),
            trade_type: text("trade_type"),
            bank_type: text("bank_type"),
            attach: text("attach"),
        })
    }
}
