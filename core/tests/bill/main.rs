//! Bills: every layout, every way a bill can be cut or broken, and any chunks.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a panic is a failed test"
)]

mod amounts;
mod broken;
mod chunks;
mod fund_flow;
mod layouts;
mod values;

use wxpay_core::bill::{BillError, Summary, TradeBill, TradeRow};

/// The columns of a day's bill in today's form, 27.
const ALL: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,\
    付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,\
    商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const TOTALS: &str =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

const PAID: [&str; 27] = [
    "2026-03-02 09:30:15",
    "wx0123456789abcdef",
    "1900000001",
    "0",
    "",
    "4200000000202603020000000017",
    "T1",
    "oNobody0000000000000000000001",
    "JSAPI",
    "SUCCESS",
    "OTHERS",
    "CNY",
    "3.40",
    "0.10",
    "0",
    "0",
    "0.00",
    "0.00",
    "",
    "",
    "豆浆",
    "",
    "0.02040",
    "0.60%",
    "3.50",
    "0.00",
    "",
];

const REFUNDED: [&str; 27] = [
    "2026-03-02 11:00:00",
    "wx0123456789abcdef",
    "1900000001",
    "1900000002",
    "till-1",
    "4200000000202603020000000017",
    "T1",
    "oNobody0000000000000000000001",
    "JSAPI",
    "REFUND",
    "OTHERS",
    "CNY",
    "0.00",
    "0.00",
    "50000000002026030200000000001",
    "R1",
    "1.40",
    "0.10",
    "ORIGINAL",
    "SUCCESS",
    "豆浆",
    "柜台 3",
    "-0.00840",
    "0.60%",
    "0.00",
    "1.50",
    "优惠",
];

fn row(values: &[&str]) -> String {
    let values: Vec<_> = values.iter().map(|value| format!("`{value}")).collect();
    values.join(",")
}

/// A payment and a refund, with what they add up to.
fn day() -> String {
    let totals = row(&["2", "3.40", "1.40", "0.10", "0.01200", "3.50", "1.50"]);
    format!("{ALL}\n{}\n{}\n{TOTALS}\n{totals}\n", row(&PAID), row(&REFUNDED))
}

/// The rows that came before the end or the error.
fn read_chunks<'a>(
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<TradeRow>, Result<Summary, BillError>) {
    let (mut bill, mut rows) = (TradeBill::new(), Vec::new());
    for chunk in chunks {
        if let Err(error) = bill.push(chunk, &mut rows) {
            assert_eq!(
                bill.push(b"`more\n", &mut rows),
                Err(error.clone()),
                "an error is for ever"
            );
            assert_eq!(bill.finish(), Err(error.clone()));
            return (rows, Err(error));
        }
    }
    (rows, bill.finish())
}

fn read(text: &str) -> (Vec<TradeRow>, Result<Summary, BillError>) {
    read_chunks([text.as_bytes()])
}

/// The rows of a whole bill.
fn rows(text: &str) -> Vec<TradeRow> {
    let (rows, summary) = read(text);
    assert_eq!(summary.unwrap().rows, rows.len() as u64);
    rows
}
