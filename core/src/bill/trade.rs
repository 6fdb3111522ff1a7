//! The bill of payments and refunds (交易账单), in every form of downloadbill, new and old.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::row::{Names, Row};
use super::table::{Kind, Table};
use super::totals::Total;
use super::{BillError, ExactYuan, Summary};
use crate::Fen;

const TOTAL_FEE: Names = &["订单金额", "总金额"];

const KIND: Kind = Kind {
    required: &[&["交易时间"], &["微信订单号"], &["商户订单号"], &["交易状态"], TOTAL_FEE],
    totals: &[
        Total { name: "总交易单数", column: None, only: None },
        sum("应结订单总金额", &["应结订单金额"]),
        sum("退款总金额", &["退款金额"]),
        sum("充值券退款总金额", &["充值券退款金额"]),
        sum("手续费总金额", &["手续费"]),
        sum("订单总金额", &["订单金额"]),
        sum("申请退款总金额", &["申请退款金额"]),
        // The old form.
        sum("总交易额", &["总金额"]),
        sum("总退款金额", &["退款金额"]),
        sum("总代金券或立减优惠退款金额", &["代金券或立减优惠退款金额"]),
    ],
};

const fn sum(name: &'static str, column: Names) -> Total {
    Total { name, column: Some(column), only: None }
}

/// Reads a bill of downloadbill, whatever its `bill_type`.
pub struct TradeBill(Table);

/// A payment, a refund or a reversal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TradeRow {
    /// 交易时间: seconds since 1970.
    pub time: i64,
    /// 公众账号ID.
    pub appid: String,
    /// 商户号.
    pub mch_id: String,
    /// 特约商户号 (old: 子商户号): the sub merchant, if there is one.
    pub sub_mch_id: Option<String>,
    /// 设备号.
    pub device_info: Option<String>,
    /// 微信订单号: WeChat's number of the payment.
    pub transaction_id: String,
    /// 商户订单号: the merchant's number of the order.
    pub out_trade_no: String,
    /// 用户标识: the payer.
    pub openid: String,
    /// 交易类型: how it was paid, in WeChat's word.
    pub trade_type: String,
    /// 交易状态: `SUCCESS`, `REFUND` or `REVOKED`, in WeChat's word.
    pub trade_state: String,
    /// 付款银行.
    pub bank_type: String,
    /// 货币种类.
    pub fee_type: String,
    /// 订单金额 (old: 总金额): what was ordered.
    pub total_fee: Fen,
    /// 应结订单金额: what the merchant receives of it; not in the old form.
    pub settlement_total_fee: Option<Fen>,
    /// 代金券金额 (old: 代金券或立减优惠金额).
    pub coupon_fee: Option<Fen>,
    /// The refund, on a row that is one.
    pub refund: Option<Box<RefundPart>>,
    /// 商品名称.
    pub body: String,
    /// 商户数据包.
    pub attach: String,
    /// 手续费: WeChat's fee, negative when it comes back.
    pub service_fee: Option<ExactYuan>,
    /// 费率, as in `0.60%`.
    pub rate: String,
    /// 费率备注.
    pub rate_note: String,
    /// Columns that are not known here, with their values.
    pub others: Vec<(String, String)>,
}

/// The refund's columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RefundPart {
    /// 微信退款单号: WeChat's number of the refund.
    pub refund_id: String,
    /// 商户退款单号: the merchant's number of it.
    pub out_refund_no: String,
    /// 申请退款金额 (old: 退款金额): what is paid back.
    pub refund_fee: Fen,
    /// 退款金额: what the merchant pays of it; not in the old form.
    pub settlement_refund_fee: Option<Fen>,
    /// 充值券退款金额 (old: 代金券或立减优惠退款金额).
    pub coupon_refund_fee: Option<Fen>,
    /// 退款类型: `ORIGINAL` and its like.
    pub refund_type: String,
    /// 退款状态, in WeChat's word.
    pub refund_status: String,
    /// 退款申请时间: seconds since 1970; only on bills of refunds.
    pub apply_time: Option<i64>,
    /// 退款成功时间: seconds since 1970; only on bills of refunds.
    pub success_time: Option<i64>,
}

impl TradeBill {
    /// Before the first byte.
    pub const fn new() -> Self {
        Self(Table::new(&KIND))
    }

    /// Takes the next bytes and appends the rows that are complete with them.
    ///
    /// # Errors
    /// [`BillError`], from then on the same. The rows before it are good.
    pub fn push(&mut self, chunk: &[u8], rows: &mut Vec<TradeRow>) -> Result<(), BillError> {
        self.0.push(chunk, &mut |row| {
            rows.push(TradeRow::read(row)?);
            Ok(())
        })
    }

    /// Nothing comes any more: looks whether the bill was whole.
    ///
    /// # Errors
    /// [`BillError`]; without a summary that agrees with the rows, none of them is all of the day.
    pub fn finish(self) -> Result<Summary, BillError> {
        self.0.finish()
    }
}

impl Default for TradeBill {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TradeBill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TradeBill").finish_non_exhaustive()
    }
}

impl TradeRow {
    fn read(row: &Row<'_>) -> Result<Self, BillError> {
        let mut read = Self::default();
        for value in row.iter() {
            match value.column {
                "交易时间" => read.time = value.time()?,
                "公众账号ID" => read.appid = value.own(),
                "商户号" => read.mch_id = value.own(),
                "特约商户号" | "子商户号" => read.sub_mch_id = value.number(),
                "设备号" => read.device_info = value.filled(),
                "微信订单号" => read.transaction_id = value.own(),
                "商户订单号" => read.out_trade_no = value.own(),
                "用户标识" => read.openid = value.own(),
                "交易类型" => read.trade_type = value.own(),
                "交易状态" => read.trade_state = value.own(),
                "付款银行" => read.bank_type = value.own(),
                "货币种类" => read.fee_type = value.own(),
                "订单金额" | "总金额" => read.total_fee = value.fen()?,
                "应结订单金额" => read.settlement_total_fee = value.maybe(|fee| fee.fen())?,
                "代金券金额" | "代金券或立减优惠金额" => {
                    read.coupon_fee = value.maybe(|fee| fee.fen())?;
                }
                "商品名称" => read.body = value.own(),
                "商户数据包" => read.attach = value.own(),
                "手续费" => read.service_fee = value.maybe(|fee| fee.exact())?,
                "费率" => read.rate = value.own(),
                "费率备注" => read.rate_note = value.own(),
                name if RefundPart::COLUMNS.contains(&name) => {}
                _ => read.others.push((value.column.into(), value.own())),
            }
        }
        read.refund = RefundPart::read(row)?.map(Box::new);
        Ok(read)
    }
}

impl RefundPart {
    const COLUMNS: [&'static str; 10] = [
        "微信退款单号",
        "商户退款单号",
        "申请退款金额",
        "退款金额",
        "充值券退款金额",
        "代金券或立减优惠退款金额",
        "退款类型",
        "退款状态",
        "退款申请时间",
        "退款成功时间",
    ];

    /// `None` when the row has no number of a refund.
    fn read(row: &Row<'_>) -> Result<Option<Self>, BillError> {
        let number = row.iter().find(|value| value.column == "微信退款单号");
        let Some(refund_id) = number.and_then(|value| value.number()) else {
            return Ok(None);
        };
        let mut read = Self { refund_id, ..Self::default() };
        let (mut asked, mut settled) = (None, None);
        for value in row.iter() {
            match value.column {
                "商户退款单号" => read.out_refund_no = value.own(),
                "申请退款金额" => asked = Some(value.fen()?),
                "退款金额" => settled = value.maybe(|fee| fee.fen())?,
                "充值券退款金额" | "代金券或立减优惠退款金额" => {
                    read.coupon_refund_fee = value.maybe(|fee| fee.fen())?;
                }
                "退款类型" => read.refund_type = value.own(),
                "退款状态" => read.refund_status = value.own(),
                "退款申请时间" => read.apply_time = value.maybe(|time| time.time())?,
                "退款成功时间" => read.success_time = value.maybe(|time| time.time())?,
                _ => {}
            }
        }
        // The old form has one amount, and it is what is paid back.
        let (refund_fee, settlement) = match asked {
            Some(asked) => (Some(asked), settled),
            None => (settled, None),
        };
        read.settlement_refund_fee = settlement;
        read.refund_fee = refund_fee.ok_or(BillError::MissingColumn { name: "退款金额" })?;
        Ok(Some(read))
    }
}
