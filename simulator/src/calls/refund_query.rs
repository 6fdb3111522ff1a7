//! refundquery: what has become of refunds (reference: refundquery).

use wxpay_core::Fen;
use wxpay_core::messages::ErrCode;
use wxpay_core::messages::refund::RefundStatus;
use wxpay_core::messages::refund_query::PAGE;

use super::refund::{named_order, order_fields};
use super::{Answer, Refusal, Request};
use crate::ids::beijing_dashed;
use crate::order::Order;
use crate::refund::Refund;
use crate::world::World;

/// A field's names in the ten rows of a page.
macro_rules! rows {
    ($name:literal) => {
        rows!($name, "")
    };
    ($name:literal, $end:literal) => {
        [
            concat!($name, "_0", $end),
            concat!($name, "_1", $end),
            concat!($name, "_2", $end),
            concat!($name, "_3", $end),
            concat!($name, "_4", $end),
            concat!($name, "_5", $end),
            concat!($name, "_6", $end),
            concat!($name, "_7", $end),
            concat!($name, "_8", $end),
            concat!($name, "_9", $end),
        ]
    };
}

type Names = [&'static str; 10];

const OUT_REFUND_NO: Names = rows!("out_refund_no");
const REFUND_ID: Names = rows!("refund_id");
const REFUND_CHANNEL: Names = rows!("refund_channel");
const REFUND_FEE: Names = rows!("refund_fee");
const SETTLEMENT_REFUND_FEE: Names = rows!("settlement_refund_fee");
const COUPON_REFUND_FEE: Names = rows!("coupon_refund_fee");
const COUPON_REFUND_COUNT: Names = rows!("coupon_refund_count");
const COUPON_REFUND_ID: Names = rows!("coupon_refund_id", "_0");
const COUPON_REFUND_FEE_0: Names = rows!("coupon_refund_fee", "_0");
const REFUND_STATUS: Names = rows!("refund_status");
const REFUND_ACCOUNT: Names = rows!("refund_account");
const REFUND_RECV_ACCOUT: Names = rows!("refund_recv_accout");
const REFUND_SUCCESS_TIME: Names = rows!("refund_success_time");

/// Which refunds are asked for.
struct Asked<'a> {
    order: &'a Order,
    /// One of them alone.
    one: Option<&'a Refund>,
}

pub(super) fn answer(world: &World, request: &Request) -> Answer {
    let Asked { order, one } = asked(world, request)?;
    if !order.is_of(&request.params) {
        return Err(Refusal::other_shop());
    }
    let payment = order.payment().ok_or_else(no_refund)?;
    let mut fields = order_fields(order, payment);
    let page = match one {
        Some(refund) => std::slice::from_ref(refund),
        None => {
            let all = order.refunds();
            fields.push(("total_refund_count", all.len().to_string()));
            page(all, request.params.filled("offset"))?
        }
    };
    fields.push(("refund_count", page.len().to_string()));
    let has_coupon = payment.coupon.is_some();
    let recv_accout = recv_accout(payment.bank_type);
    for (n, refund) in page.iter().enumerate() {
        let row = row(refund, has_coupon, recv_accout);
        fields.extend(row.into_iter().filter_map(|(names, value)| Some((*names.get(n)?, value))));
    }
    Ok(fields)
}

/// The first number that is there decides: refund_id, out_refund_no, transaction_id, out_trade_no.
fn asked<'a>(world: &'a World, request: &Request) -> Result<Asked<'a>, Refusal> {
    let text = |name| request.params.filled(name);
    let own = |number: &str| (request.mch_id.clone(), number.to_owned());
    let refund_key = match (text("refund_id"), text("out_refund_no")) {
        (Some(refund_id), _) => Some(world.refund_ids.get(refund_id).cloned()),
        (None, Some(out_refund_no)) => Some(Some(own(out_refund_no))),
        (None, None) => None,
    };
    if let Some(key) = refund_key {
        let key = key.filter(|(mch_id, _)| *mch_id == request.mch_id).ok_or_else(no_refund)?;
        let order = world.order_of_refund(&key).ok_or_else(no_refund)?;
        return Ok(Asked { order, one: order.refund(&key.1) });
    }
    let order = named_order(world, request)?
        .and_then(|key| world.orders.get(&key))
        .filter(|order| !order.refunds().is_empty());
    Ok(Asked { order: order.ok_or_else(no_refund)?, one: None })
}

/// At most ten, from an offset that counts from 0.
fn page<'a>(all: &'a [Refund], offset: Option<&str>) -> Result<&'a [Refund], Refusal> {
    let offset = offset.map_or(Ok(0), str::parse::<usize>).unwrap_or(usize::MAX);
    let rest = all.get(offset..).filter(|rest| !rest.is_empty());
    let rest = rest.ok_or_else(|| Refusal::new(ErrCode::ParamError, "offset超出退款总数"))?;
    Ok(rest.get(..usize::try_from(PAGE).unwrap_or(10)).unwrap_or(rest))
}

fn row(refund: &Refund, has_coupon: bool, recv_accout: &str) -> Vec<(Names, String)> {
    let coupon_fee = refund.coupon.as_ref().map_or(Fen::ZERO, |(_, fee)| *fee);
    let coupon_count = u8::from(refund.coupon.is_some());
    let mut row = vec![
        (OUT_REFUND_NO, refund.out_refund_no.clone()),
        (REFUND_ID, refund.refund_id.clone()),
        (REFUND_CHANNEL, "ORIGINAL".into()),
        (REFUND_FEE, refund.refund_fee.to_string()),
        (COUPON_REFUND_FEE, coupon_fee.to_string()),
        (COUPON_REFUND_COUNT, coupon_count.to_string()),
        (REFUND_STATUS, refund.status.as_str().into()),
        (REFUND_ACCOUNT, refund.refund_account.clone()),
        (REFUND_RECV_ACCOUT, recv_accout.into()),
    ];
    if has_coupon {
        row.push((SETTLEMENT_REFUND_FEE, refund.cash_refund_fee().to_string()));
    }
    if let Some((id, fee)) = &refund.coupon {
        row.extend([(COUPON_REFUND_ID, id.clone()), (COUPON_REFUND_FEE_0, fee.to_string())]);
    }
    if let (RefundStatus::Success, Some(at_ms)) = (refund.status, refund.success_ms) {
        row.push((REFUND_SUCCESS_TIME, beijing_dashed(at_ms)));
    }
    row
}

/// Where the money goes: back where it came from.
pub(super) fn recv_accout(bank_type: &str) -> &'static str {
    if bank_type == "CMC" { "招商银行借记卡0403" } else { "支付用户零钱" }
}

fn no_refund() -> Refusal {
    Refusal::new(ErrCode::RefundNotExist, "not exist")
}
