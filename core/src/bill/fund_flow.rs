//! The bill of an account's money (资金账单) of downloadfundflow.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::row::{Names, Row};
use super::table::{Kind, Table};
use super::totals::Total;
use super::{BillError, ExactYuan, Summary};
use crate::Fen;

const DIRECTION: Names = &["收支类型"];
// The documents write full-width brackets.
const AMOUNT: Names = &["收支金额（元）", "收支金额(元)"];

const KIND: Kind = Kind {
    required: &[&["记账时间"], &["微信支付业务单号"], &["资金流水单号"], DIRECTION, AMOUNT],
    totals: &[
        Total { name: "资金流水总笔数", column: None, only: None },
        Total { name: "收入笔数", column: None, only: Some((DIRECTION, INCOME)) },
        Total { name: "收入金额", column: Some(AMOUNT), only: Some((DIRECTION, INCOME)) },
        Total { name: "支出笔数", column: None, only: Some((DIRECTION, EXPENSE)) },
        Total { name: "支出金额", column: Some(AMOUNT), only: Some((DIRECTION, EXPENSE)) },
    ],
};

const INCOME: &str = "收入";
const EXPENSE: &str = "支出";

/// Reads a bill of downloadfundflow.
pub struct FundFlow(Table);

/// Money that went in or out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FundRow {
    /// 记账时间: seconds since 1970.
    pub time: i64,
    /// 微信支付业务单号: WeChat's number of the payment, refund, or whatever moved the money.
    pub business_no: String,
    /// 资金流水单号: the number of this row.
    pub flow_no: String,
    /// 业务名称.
    pub business_name: String,
    /// 业务类型.
    pub business_type: String,
    /// 收支类型: `收入` (in) or `支出` (out).
    pub direction: String,
    /// 收支金额（元）.
    pub amount: Fen,
    /// 账户结余（元）: the balance behind it.
    pub balance: Option<ExactYuan>,
    /// 资金变更提交申请人: who asked for it.
    pub submitted_by: String,
    /// 备注.
    pub note: String,
    /// 业务凭证号: the merchant's number, as in out_refund_no.
    pub voucher_no: String,
    /// Columns that are not known here, with their values.
    pub others: Vec<(String, String)>,
}

impl FundFlow {
    /// Before the first byte.
    pub const fn new() -> Self {
        Self(Table::new(&KIND))
    }

    /// Takes the next bytes and appends the rows that are complete with them.
    ///
    /// # Errors
    /// [`BillError`], from then on the same. The rows before it are good.
    pub fn push(&mut self, chunk: &[u8], rows: &mut Vec<FundRow>) -> Result<(), BillError> {
        self.0.push(chunk, &mut |row| {
            rows.push(FundRow::read(row)?);
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

impl Default for FundFlow {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for FundFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FundFlow").finish_non_exhaustive()
    }
}

impl FundRow {
    fn read(row: &Row<'_>) -> Result<Self, BillError> {
        let mut read = Self::default();
        for value in row.iter() {
            match value.column {
                "记账时间" => read.time = value.time()?,
                "微信支付业务单号" => read.business_no = value.own(),
                "资金流水单号" => read.flow_no = value.own(),
                "业务名称" => read.business_name = value.own(),
                "业务类型" => read.business_type = value.own(),
                "收支类型" => read.direction = value.own(),
                "收支金额（元）" | "收支金额(元)" => read.amount = value.fen()?,
                "账户结余（元）" | "账户结余(元)" => {
                    read.balance = value.maybe(|balance| balance.exact())?;
                }
                "资金变更提交申请人" => read.submitted_by = value.own(),
                "备注" => read.note = value.own(),
                "业务凭证号" => read.voucher_no = value.own(),
                _ => read.others.push((value.column.into(), value.own())),
            }
        }
        Ok(read)
    }
}
