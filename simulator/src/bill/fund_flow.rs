//! The bill of an account's money, of downloadfundflow.

use std::io::{self, Write};

use wxpay_core::Fen;

use super::{BOM, write_summary, yuan};
use crate::ids::beijing_dashed;

/// Money that went in or out of the basic account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundFlowRow {
    /// 记账时间, in milliseconds since 1970.
    pub at_ms: i64,
    /// 微信支付业务单号: the transaction_id or refund_id.
    pub business_no: String,
    /// 资金流水单号.
    pub flow_no: String,
    /// 业务名称 and 业务类型: `交易`, `扣除交易手续费`, `退款`.
    pub business: &'static str,
    /// 收支类型: whether it came in.
    pub is_income: bool,
    /// 收支金额.
    pub amount: Fen,
    /// 账户结余, in fen; may be negative.
    pub balance_fen: i64,
    /// 资金变更提交申请人.
    pub submitted_by: String,
    /// 业务凭证号: the merchant's number.
    pub voucher_no: String,
}

const COLUMNS: [&str; 11] = [
    "记账时间",
    "微信支付业务单号",
    "资金流水单号",
    "业务名称",
    "业务类型",
    "收支类型",
    "收支金额（元）",
    "账户结余（元）",
    "资金变更提交申请人",
    "备注",
    "业务凭证号",
];

const SUMMARY: [&str; 5] = ["资金流水总笔数", "收入笔数", "收入金额", "支出笔数", "支出金额"];

/// Writes a whole bill, row by row.
///
/// # Errors
/// Those of the writer.
pub fn write_fund_flow(
    rows: impl IntoIterator<Item = FundFlowRow>,
    to: &mut impl Write,
) -> io::Result<()> {
    write!(to, "{BOM}{}\r\n", COLUMNS.join(","))?;
    // Number and sum of what came in, and of what went out.
    let (mut income, mut expense) = ((0_u64, 0_u64), (0_u64, 0_u64));
    for row in rows {
        let side = if row.is_income { &mut income } else { &mut expense };
        side.0 += 1;
        side.1 += row.amount.get();
        row.write(to)?;
    }
    let values = [
        (income.0 + expense.0).to_string(),
        income.0.to_string(),
        yuan(income.1),
        expense.0.to_string(),
        yuan(expense.1),
    ];
    write_summary(&SUMMARY, &values, to)
}

impl FundFlowRow {
    fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let sign = if self.balance_fen < 0 { "-" } else { "" };
        write!(
            to,
            "`{},`{},`{},`{},`{},`{},`{},`{sign}{},`{},`,`{}\r\n",
            beijing_dashed(self.at_ms),
            self.business_no,
            self.flow_no,
            self.business,
            self.business,
            if self.is_income { "收入" } else { "支出" },
            self.amount.to_yuan(),
            yuan(self.balance_fen.unsigned_abs()),
            self.submitted_by,
            self.voucher_no,
        )
    }
}
