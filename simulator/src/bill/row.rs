//! A row of a bill of downloadbill.

use std::io::{self, Write};

use wxpay_core::Fen;
use wxpay_core::messages::TradeType;

use super::{RATE, exact, yuan};
use crate::ids::beijing_dashed;

/// A payment, a refund or a reversal as it stands on a bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillRow {
    /// 交易时间, in milliseconds since 1970; of a refund or reversal, its own.
    pub at_ms: i64,
    /// 公众账号ID.
    pub appid: String,
    /// 商户号.
    pub mch_id: String,
    /// 特约商户号 (service-provider mode).
    pub sub_mch_id: Option<String>,
    /// 设备号; may be empty.
    pub device_info: String,
    /// 微信订单号.
    pub transaction_id: String,
    /// 商户订单号.
    pub out_trade_no: String,
    /// 用户标识.
    pub openid: String,
    /// 交易类型.
    pub trade_type: TradeType,
    /// What the row is, with the part of its own.
    pub kind: RowKind,
    /// 付款银行.
    pub bank_type: String,
    /// 订单金额.
    pub total_fee: Fen,
    /// 应结订单金额: without coupons the merchant does not receive.
    pub settlement_total_fee: Fen,
    /// 代金券金额.
    pub coupon_fee: Fen,
    /// 商品名称.
    pub body: String,
    /// 商户数据包; may be empty.
    pub attach: String,
}

/// What a row is (交易状态).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowKind {
    /// SUCCESS.
    Payment,
    /// REFUND.
    Refund(BillRefund),
    /// REVOKED: a paid micropay order that was reversed.
    Reversal(BillRefund),
}

/// The part of a row that is money going back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillRefund {
    /// 微信退款单号.
    pub refund_id: String,
    /// 商户退款单号.
    pub out_refund_no: String,
    /// 申请退款金额.
    pub refund_fee: Fen,
    /// 退款金额: what the merchant pays of it.
    pub settlement_refund_fee: Fen,
    /// 退款状态, such as `SUCCESS`.
    pub status: &'static str,
    /// 退款申请时间, in milliseconds since 1970.
    pub asked_ms: i64,
    /// 退款成功时间.
    pub success_ms: Option<i64>,
}

impl BillRow {
    /// 0.6 percent of what the merchant receives, rounded to fen; given back with a refund.
    pub(super) fn service_fee_fen(&self) -> i64 {
        let of = |fee: Fen| i64::try_from((fee.get() * 6 + 500) / 1000).unwrap_or(i64::MAX);
        match &self.kind {
            RowKind::Payment => of(self.settlement_total_fee),
            RowKind::Refund(refund) | RowKind::Reversal(refund) => {
                -of(refund.settlement_refund_fee)
            }
        }
    }

    fn refund(&self) -> Option<&BillRefund> {
        match &self.kind {
            RowKind::Payment => None,
            RowKind::Refund(refund) | RowKind::Reversal(refund) => Some(refund),
        }
    }

    /// The value under a column's name.
    pub(super) fn write_cell(&self, column: &str, to: &mut impl Write) -> io::Result<()> {
        let refund = self.refund();
        // A row of money going back repeats no amounts of the payment: the summary adds up all rows.
        let of_payment = |fee: Fen| yuan(if refund.is_some() { 0 } else { fee.get() });
        let of_refund = |fee: fn(&BillRefund) -> Fen| yuan(refund.map_or(0, |own| fee(own).get()));
        let number = |text: Option<&str>| text.unwrap_or("0").to_owned();
        let text: &str = match column {
            "公众账号ID" => &self.appid,
            "商户号" => &self.mch_id,
            "特约商户号" => &number(self.sub_mch_id.as_deref()),
            "设备号" => &self.device_info,
            "微信订单号" => &self.transaction_id,
            "商户订单号" => &self.out_trade_no,
            "用户标识" => &self.openid,
            "交易类型" => self.trade_type.as_str(),
            "交易状态" => self.kind.as_str(),
            "付款银行" => &self.bank_type,
            "货币种类" => "CNY",
            "商品名称" => &self.body,
            "商户数据包" => &self.attach,
            "费率" => RATE,
            "交易时间" => &beijing_dashed(self.at_ms),
            "退款申请时间" => {
                &refund.map(|own| beijing_dashed(own.asked_ms)).unwrap_or_default()
            }
            "退款成功时间" => {
                &refund.and_then(|own| own.success_ms).map(beijing_dashed).unwrap_or_default()
            }
            "应结订单金额" => &of_payment(self.settlement_total_fee),
            "代金券金额" => &of_payment(self.coupon_fee),
            "订单金额" => &of_payment(self.total_fee),
            "微信退款单号" => &number(refund.map(|own| own.refund_id.as_str())),
            "商户退款单号" => &number(refund.map(|own| own.out_refund_no.as_str())),
            "退款金额" => &of_refund(|own| own.settlement_refund_fee),
            "申请退款金额" => &of_refund(|own| own.refund_fee),
            "充值券退款金额" => &yuan(0),
            "退款类型" => refund.map_or("", |_| "ORIGINAL"),
            "退款状态" => refund.map_or("", |own| own.status),
            "手续费" => &exact(self.service_fee_fen()),
            _ => "",
        };
        to.write_all(text.as_bytes())
    }
}

impl RowKind {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Payment => "SUCCESS",
            Self::Refund(_) => "REFUND",
            Self::Reversal(_) => "REVOKED",
        }
    }
}
