//! A bill's rows as columns with names, whichever kind of bill it is.

use serde_json::{Map, Value, json};
use wxpay_core::Fen;
use wxpay_core::bill::{BillError, ExactYuan, FundFlow, FundRow, Summary, TradeBill, TradeRow};

use super::csv;
use super::lang::{is_chinese, say};
use super::table::{Side, yuan};

/// A bill being read.
pub(super) enum Sheet {
    Trade(TradeBill),
    Fund(FundFlow),
}

/// One value: text, or money that is fen in JSON and yuan for people and spreadsheets.
#[derive(Clone)]
pub(super) enum Cell {
    Text(String),
    Fee(Option<Fen>),
    /// Finer than fen, or negative.
    Exact(Option<ExactYuan>),
}

/// A row: name and value.
pub(super) type Cells = Vec<(&'static str, Cell)>;

impl Sheet {
    /// The rows that are complete with these bytes.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<Vec<Cells>, BillError> {
        match self {
            Self::Trade(bill) => {
                let mut rows = Vec::new();
                bill.push(chunk, &mut rows)?;
                Ok(rows.into_iter().map(trade).collect())
            }
            Self::Fund(bill) => {
                let mut rows = Vec::new();
                bill.push(chunk, &mut rows)?;
                Ok(rows.into_iter().map(fund).collect())
            }
        }
    }

    /// Whether the bill was whole.
    pub(super) fn finish(self) -> Result<Summary, BillError> {
        match self {
            Self::Trade(bill) => bill.finish(),
            Self::Fund(bill) => bill.finish(),
        }
    }

    /// The names of all columns.
    pub(super) fn names(&self) -> Vec<&'static str> {
        let cells = match self {
            Self::Trade(_) => trade(TradeRow::default()),
            Self::Fund(_) => fund(FundRow::default()),
        };
        cells.into_iter().map(|(name, _)| name).collect()
    }

    /// The columns a terminal has room for: name, title, side.
    pub(super) fn shown(&self) -> Vec<(&'static str, &'static str, Side)> {
        match self {
            Self::Trade(_) => vec![
                ("time", say("time", "交易时间"), Side::Left),
                ("out_trade_no", say("order", "商户订单号"), Side::Left),
                ("out_refund_no", say("refund", "商户退款单号"), Side::Left),
                ("trade_type", say("type", "交易类型"), Side::Left),
                ("trade_state", say("state", "交易状态"), Side::Left),
                ("total_fee", say("paid", "订单金额"), Side::Right),
                ("refund_fee", say("refunded", "退款金额"), Side::Right),
                ("service_fee", say("fee", "手续费"), Side::Right),
            ],
            Self::Fund(_) => vec![
                ("time", say("time", "记账时间"), Side::Left),
                ("business_type", say("type", "业务类型"), Side::Left),
                ("direction", say("direction", "收支"), Side::Left),
                ("amount", say("amount", "金额"), Side::Right),
                ("balance", say("balance", "结余"), Side::Right),
                ("voucher_no", say("voucher", "业务凭证号"), Side::Left),
            ],
        }
    }
}

fn trade(row: TradeRow) -> Cells {
    let refund = row.refund.map(|refund| *refund);
    let of_refund = |text: fn(&wxpay_core::bill::RefundPart) -> &String| {
        Cell::Text(refund.as_ref().map(text).cloned().unwrap_or_default())
    };
    // The payment's amount is not the refund's: bills write zero there.
    let paid = refund.is_none().then_some(row.total_fee);
    vec![
        ("time", Cell::Text(csv::beijing(row.time))),
        ("appid", Cell::Text(row.appid)),
        ("mch_id", Cell::Text(row.mch_id)),
        ("sub_mch_id", Cell::Text(row.sub_mch_id.unwrap_or_default())),
        ("device_info", Cell::Text(row.device_info.unwrap_or_default())),
        ("transaction_id", Cell::Text(row.transaction_id)),
        ("out_trade_no", Cell::Text(row.out_trade_no)),
        ("openid", Cell::Text(row.openid)),
        ("trade_type", Cell::Text(row.trade_type)),
        ("trade_state", Cell::Text(row.trade_state)),
        ("bank_type", Cell::Text(row.bank_type)),
        ("fee_type", Cell::Text(row.fee_type)),
        ("total_fee", Cell::Fee(paid)),
        ("settlement_total_fee", Cell::Fee(row.settlement_total_fee.filter(|_| paid.is_some()))),
        ("coupon_fee", Cell::Fee(row.coupon_fee)),
        ("refund_id", of_refund(|refund| &refund.refund_id)),
        ("out_refund_no", of_refund(|refund| &refund.out_refund_no)),
        ("refund_fee", Cell::Fee(refund.as_ref().map(|refund| refund.refund_fee))),
        ("refund_type", of_refund(|refund| &refund.refund_type)),
        ("refund_status", of_refund(|refund| &refund.refund_status)),
        ("body", Cell::Text(row.body)),
        ("attach", Cell::Text(row.attach)),
        ("service_fee", Cell::Exact(row.service_fee)),
        ("rate", Cell::Text(row.rate)),
    ]
}

fn fund(row: FundRow) -> Cells {
    vec![
        ("time", Cell::Text(csv::beijing(row.time))),
        ("business_no", Cell::Text(row.business_no)),
        ("flow_no", Cell::Text(row.flow_no)),
        ("business_name", Cell::Text(row.business_name)),
        ("business_type", Cell::Text(row.business_type)),
        ("direction", Cell::Text(row.direction)),
        ("amount", Cell::Fee(Some(row.amount))),
        ("balance", Cell::Exact(row.balance)),
        ("submitted_by", Cell::Text(row.submitted_by)),
        ("note", Cell::Text(row.note)),
        ("voucher_no", Cell::Text(row.voucher_no)),
    ]
}

impl Cell {
    /// For spreadsheets.
    pub(super) fn plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Fee(fee) => fee.map(Fen::to_yuan).unwrap_or_default(),
            Self::Exact(exact) => exact.map(|exact| exact.to_string()).unwrap_or_default(),
        }
    }

    /// For people.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Fee(fee) => fee.map(|fee| yuan(fee.get())).unwrap_or_default(),
            Self::Exact(exact) => {
                exact.map(|exact| trimmed(&exact.to_string())).unwrap_or_default()
            }
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Fee(fee) => json!(fee),
            Self::Exact(exact) => json!(exact.map(|exact| exact.to_string())),
        }
    }
}

/// Five decimals only where there are as many.
fn trimmed(exact: &str) -> String {
    let (yuan, decimals) = exact.split_once('.').unwrap_or((exact, ""));
    let needed = decimals.trim_end_matches('0').len().max(2);
    format!("{yuan}.{}", decimals.get(..needed).unwrap_or(decimals))
}

/// A row as one JSON object; amounts are fen, and fees, which are finer, yuan as text.
pub(super) fn object(cells: &Cells) -> Value {
    let pairs = cells.iter().map(|(name, cell)| ((*name).to_owned(), cell.json()));
    Value::Object(pairs.collect::<Map<String, Value>>())
}

/// The summary's names in the reader's language, with WeChat's own where we do not know better.
pub(super) fn total_name(name: &str) -> String {
    let english = match name {
        "总交易单数" => "rows",
        "应结订单总金额" => "paid, to be settled",
        "退款总金额" => "refunded, to be settled",
        "充值券退款总金额" => "refunded in recharge coupons",
        "手续费总金额" => "WeChat's fees",
        "订单总金额" | "总交易额" => "paid",
        "申请退款总金额" | "总退款金额" => "refunded",
        "总代金券或立减优惠退款金额" => "refunded in coupons",
        "资金流水总笔数" => "rows",
        "收入笔数" => "number in",
        "收入金额" => "in",
        "支出笔数" => "number out",
        "支出金额" => "out",
        other => other,
    };
    if is_chinese() { name.to_owned() } else { english.to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn fees_keep_the_decimals_they_have() {
        for (exact, shown) in [("0.60000", "0.60"), ("-0.00600", "-0.006"), ("1.23456", "1.23456")]
        {
            let cell = Cell::Exact(Some(exact.parse().unwrap()));
            assert_eq!((cell.shown().as_str(), cell.plain().as_str()), (shown, exact));
        }
    }

    #[test]
    fn the_shown_columns_are_columns() {
        for sheet in [Sheet::Trade(TradeBill::new()), Sheet::Fund(FundFlow::new())] {
            let names = sheet.names();
            assert!(sheet.shown().iter().all(|(name, _, _)| names.contains(name)));
        }
    }
}
