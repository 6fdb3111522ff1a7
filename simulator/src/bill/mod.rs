//! Bills (账单) as WeChat writes them: a header in Chinese, rows whose values begin with a backtick, a summary.
//!
//! Rows are written as they come, so a bill of any size takes no more memory than one of its rows.
//!
//! ```
//! use wxpay_simulator::bill::{BillKind, BillRow, write};
//! let mut text = Vec::new();
//! write(BillKind::All, std::iter::empty::<BillRow>(), &mut text)?;
//! assert!(text.starts_with("\u{feff}交易时间,".as_bytes()));
//! # Ok::<(), std::io::Error>(())
//! ```

mod fund_flow;
mod ledger;
mod row;

use std::io::{self, Write};

pub use fund_flow::{FundFlowRow, write_fund_flow};
pub(crate) use ledger::{Day, Ready, bill_rows, fund_flow_rows};
pub use row::{BillRefund, BillRow, RowKind};

use wxpay_core::Fen;

const BOM: &str = "\u{feff}";
/// The merchant's rate, as bills write it.
const RATE: &str = "0.60%";

/// Which columns a bill has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillKind {
    /// 27 columns: payments, refunds and reversals.
    All,
    /// 20 columns: payments.
    Success,
    /// 29 columns: refunds and reversals.
    Refund,
}

/// Writes a whole bill. Which rows are on it is the caller's choice.
///
/// # Errors
/// Those of the writer.
pub fn write(
    kind: BillKind,
    rows: impl IntoIterator<Item = BillRow>,
    to: &mut impl Write,
) -> io::Result<()> {
    let columns = kind.columns();
    write!(to, "{BOM}{}\r\n", columns.join(","))?;
    let mut totals = Totals::default();
    for row in rows {
        totals.add(&row);
        for (at, column) in columns.iter().enumerate() {
            to.write_all(if at == 0 { b"`" } else { b",`" })?;
            row.write_cell(column, to)?;
        }
        to.write_all(b"\r\n")?;
    }
    totals.write(to)
}

/// The columns of the refund part, which bills of payments do not have.
const REFUND_PART: [&str; 7] = [
    "微信退款单号",
    "商户退款单号",
    "退款金额",
    "充值券退款金额",
    "退款类型",
    "退款状态",
    "申请退款金额",
];

const COLUMNS: [&str; 27] = [
    "交易时间",
    "公众账号ID",
    "商户号",
    "特约商户号",
    "设备号",
    "微信订单号",
    "商户订单号",
    "用户标识",
    "交易类型",
    "交易状态",
    "付款银行",
    "货币种类",
    "应结订单金额",
    "代金券金额",
    "微信退款单号",
    "商户退款单号",
    "退款金额",
    "充值券退款金额",
    "退款类型",
    "退款状态",
    "商品名称",
    "商户数据包",
    "手续费",
    "费率",
    "订单金额",
    "申请退款金额",
    "费率备注",
];

const SUMMARY: [&str; 7] = [
    "总交易单数",
    "应结订单总金额",
    "退款总金额",
    "充值券退款总金额",
    "手续费总金额",
    "订单总金额",
    "申请退款总金额",
];

impl BillKind {
    fn columns(self) -> Vec<&'static str> {
        let mut columns = COLUMNS.to_vec();
        match self {
            Self::All => {}
            Self::Success => columns.retain(|column| !REFUND_PART.contains(column)),
            Self::Refund => {
                let behind = columns.iter().position(|column| *column == "代金券金额");
                let at = behind.map_or(0, |at| at + 1);
                columns.splice(at..at, ["退款申请时间", "退款成功时间"]);
            }
        }
        columns
    }
}

/// What the summary adds up, in fen; the fees may be negative.
#[derive(Default)]
struct Totals {
    rows: u64,
    settlement: u64,
    refunded: u64,
    fee: i64,
    ordered: u64,
    refund_asked: u64,
}

impl Totals {
    fn add(&mut self, row: &BillRow) {
        self.rows += 1;
        self.fee += row.service_fee_fen();
        match &row.kind {
            RowKind::Payment => {
                self.settlement += row.settlement_total_fee.get();
                self.ordered += row.total_fee.get();
            }
            RowKind::Refund(refund) | RowKind::Reversal(refund) => {
                self.refunded += refund.settlement_refund_fee.get();
                self.refund_asked += refund.refund_fee.get();
            }
        }
    }

    fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let values = [
            self.rows.to_string(),
            yuan(self.settlement),
            yuan(self.refunded),
            yuan(0),
            exact(self.fee),
            yuan(self.ordered),
            yuan(self.refund_asked),
        ];
        write_summary(&SUMMARY, &values, to)
    }
}

/// The two last lines.
fn write_summary(names: &[&str], values: &[String], to: &mut impl Write) -> io::Result<()> {
    write!(to, "{}\r\n`{}\r\n", names.join(","), values.join(",`"))
}

fn yuan(fen: u64) -> String {
    Fen::new(fen).map_or_else(|_| format!("{}.{:02}", fen / 100, fen % 100), Fen::to_yuan)
}

/// Fen with the five decimals of fees and balances.
fn exact(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}000", fen / 100, fen % 100)
}
