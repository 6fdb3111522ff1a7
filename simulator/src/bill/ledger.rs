//! The rows of a day, taken from what the simulator knows.

use wxpay_core::{Fen, time};

use super::fund_flow::FundFlowRow;
use super::row::{BillRefund, BillRow, RowKind};
use crate::ids::beijing;
use crate::order::Order;
use crate::payment::Payment;
use crate::world::World;

const DAY_MS: i64 = 24 * 3_600_000;
/// Bills are made from nine o'clock of the next day and are there at ten.
const READY_MS: i64 = DAY_MS + 10 * 3_600_000;
/// Three months.
const KEPT_DAYS: i64 = 92;

/// A day of Beijing time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Day {
    start_ms: i64,
}

/// Whether a day's bill is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ready {
    Yes,
    NotYet,
    /// The day is not over, or too long ago.
    Never,
}

impl Day {
    /// Reads `yyyyMMdd`.
    pub(crate) fn new(bill_date: &str) -> Option<Self> {
        let start_s = time::from_beijing(&format!("{bill_date}000000"))?;
        Some(Self { start_ms: start_s * 1000 })
    }

    pub(crate) fn ready(self, world: &World) -> Ready {
        let age_ms = world.now_ms - self.start_ms;
        if !(0..KEPT_DAYS * DAY_MS).contains(&age_ms) {
            Ready::Never
        } else if world.bills_at_once || age_ms >= READY_MS {
            Ready::Yes
        } else if age_ms >= DAY_MS {
            Ready::NotYet
        } else {
            Ready::Never
        }
    }

    fn has(self, at_ms: i64) -> bool {
        (self.start_ms..self.start_ms + DAY_MS).contains(&at_ms)
    }
}

/// All rows of a day, oldest first. With a sub_mch_id only that shop's.
pub(crate) fn bill_rows(
    world: &World,
    mch_id: &str,
    sub_mch_id: Option<&str>,
    day: Day,
) -> Vec<BillRow> {
    rows(world, mch_id, sub_mch_id, |at_ms| day.has(at_ms))
}

/// What went in and out of the basic account on a day.
pub(crate) fn fund_flow_rows(world: &World, mch_id: &str, day: Day) -> Vec<FundFlowRow> {
    let end_ms = day.start_ms + DAY_MS;
    let mut balance_fen = 0_i64;
    let mut flow = Vec::new();
    for row in rows(world, mch_id, None, |at_ms| at_ms < end_ms) {
        for (business, change_fen) in movements(&row) {
            balance_fen += change_fen;
            if change_fen == 0 || !day.has(row.at_ms) {
                continue;
            }
            let (business_no, voucher_no) = match &row.kind {
                RowKind::Payment => (&row.transaction_id, &row.out_trade_no),
                RowKind::Refund(refund) | RowKind::Reversal(refund) => {
                    (&refund.refund_id, &refund.out_refund_no)
                }
            };
            flow.push(FundFlowRow {
                at_ms: row.at_ms,
                business_no: business_no.clone(),
                flow_no: format!("{}{:08}", beijing(row.at_ms), flow.len() + 1),
                business,
                is_income: change_fen > 0,
                amount: Fen::new(change_fen.unsigned_abs()).unwrap_or(Fen::ZERO),
                balance_fen,
                submitted_by: "system".into(),
                voucher_no: voucher_no.clone(),
            });
        }
    }
    flow
}

/// The money first, then WeChat's fee.
fn movements(row: &BillRow) -> [(&'static str, i64); 2] {
    let fen = |fee: Fen| i64::try_from(fee.get()).unwrap_or(i64::MAX);
    let fee_fen = row.service_fee_fen();
    match &row.kind {
        RowKind::Payment => [("交易", fen(row.settlement_total_fee)), ("扣除交易手续费", -fee_fen)],
        // A refund's row holds what remains after the fee that comes back with it.
        RowKind::Refund(refund) | RowKind::Reversal(refund) => {
            [("退款", -fen(refund.settlement_refund_fee) - fee_fen), ("退款", 0)]
        }
    }
}

fn rows(
    world: &World,
    mch_id: &str,
    sub_mch_id: Option<&str>,
    wanted: impl Fn(i64) -> bool,
) -> Vec<BillRow> {
    let orders = world.orders.values().filter(|order| {
        order.mch_id() == mch_id && sub_mch_id.is_none_or(|own| order.field("sub_mch_id") == own)
    });
    let mut rows: Vec<BillRow> = orders
        .filter_map(|order| Some((order, order.payment()?)))
        .flat_map(|(order, payment)| {
            let paid = row(order, payment, payment.at_ms, RowKind::Payment);
            std::iter::once(paid).chain(refund_rows(order, payment))
        })
        .filter(|row| wanted(row.at_ms))
        .collect();
    rows.sort_by_key(|row| row.at_ms);
    rows
}

/// What went back of an order's money, whenever it did: its reversal, and its refunds, but for those that were closed.
fn refund_rows(order: &Order, payment: &Payment) -> Vec<BillRow> {
    let reversal = order.reversal.as_ref().and_then(|reversal| {
        let refund = BillRefund {
            refund_id: reversal.refund_id.clone()?,
            out_refund_no: order.out_trade_no().into(),
            refund_fee: order.total_fee(),
            settlement_refund_fee: payment.cash_fee(order.total_fee()),
            status: "SUCCESS",
            asked_ms: reversal.at_ms,
            success_ms: Some(reversal.at_ms),
        };
        Some(row(order, payment, reversal.at_ms, RowKind::Reversal(refund)))
    });
    let refunds = order.refunds().iter().filter(|refund| refund.counts()).map(|refund| {
        let part = BillRefund {
            refund_id: refund.refund_id.clone(),
            out_refund_no: refund.out_refund_no.clone(),
            refund_fee: refund.refund_fee,
            settlement_refund_fee: refund.cash_refund_fee(),
            status: refund.status.as_str(),
            asked_ms: refund.asked_ms,
            success_ms: refund.success_ms,
        };
        row(order, payment, refund.asked_ms, RowKind::Refund(part))
    });
    reversal.into_iter().chain(refunds).collect()
}

fn row(order: &Order, payment: &Payment, at_ms: i64, kind: RowKind) -> BillRow {
    BillRow {
        at_ms,
        appid: order.appid().into(),
        mch_id: order.mch_id().into(),
        sub_mch_id: order.request.filled("sub_mch_id").map(str::to_owned),
        device_info: order.field("device_info").into(),
        transaction_id: payment.transaction_id.clone(),
        out_trade_no: order.out_trade_no().into(),
        openid: payment.openid.clone(),
        trade_type: order.trade_type(),
        kind,
        bank_type: payment.bank_type.into(),
        total_fee: order.total_fee(),
        settlement_total_fee: payment.cash_fee(order.total_fee()),
        coupon_fee: payment.coupon.as_ref().map_or(Fen::ZERO, |(_, fee)| *fee),
        body: order.field("body").into(),
        attach: order.field("attach").into(),
    }
}
