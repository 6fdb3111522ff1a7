//! refund: pays back, whole or in parts (reference: refund, idempotency).

use wxpay_core::Fen;
use wxpay_core::messages::ErrCode;
use wxpay_core::messages::refund::RefundStatus;

use super::{Answer, Fields, Refusal, Request};
use crate::order::Order;
use crate::payment::Payment;
use crate::refund::{Amounts, Refund};
use crate::world::{OrderKey, World};

/// Where the money comes from when the request does not say.
const UNSETTLED_FUNDS: &str = "REFUND_SOURCE_UNSETTLED_FUNDS";

pub(super) fn answer(world: &mut World, request: &Request) -> Answer {
    let out_refund_no = request.params.get("out_refund_no").unwrap_or_default();
    let refund_key = (request.mch_id.clone(), out_refund_no.to_owned());
    let key = named_order(world, request)?.ok_or_else(no_order)?;
    let amounts =
        Amounts { total_fee: fee(request, "total_fee"), refund_fee: fee(request, "refund_fee") };
    let known = world.refund_orders.get(&refund_key).cloned();
    let (now_ms, with_spacing) = (world.now_ms, world.refund_rules.spacing);
    let order = world.find(&key).ok_or_else(no_order)?;
    if !order.is_of(&request.params) {
        return Err(Refusal::other_shop());
    }
    match known {
        Some(of) if of != key => {
            Err(Refusal::new(ErrCode::InvalidRequest, "商户退款单号已用于其他订单"))
        }
        Some(_) => again(order, out_refund_no, amounts),
        None => {
            order.check_refund(amounts, with_spacing, now_ms)?;
            take_on(world, request, &key, amounts.refund_fee)?;
            world.started.push(refund_key);
            world.find(&key).and_then(|order| reply(order, out_refund_no)).ok_or_else(no_order)
        }
    }
}

/// The order of this merchant that a request names; transaction_id wins when both numbers are sent.
pub(super) fn named_order(world: &World, request: &Request) -> Result<Option<OrderKey>, Refusal> {
    let key = match request.params.filled("transaction_id") {
        Some(id) if id.len() != 28 || !id.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Err(Refusal::new(ErrCode::InvalidTransactionid, "无效transaction_id"));
        }
        Some(id) => world.transactions.get(id).cloned(),
        None => {
            let number = request.params.get("out_trade_no").unwrap_or_default();
            Some((request.mch_id.clone(), number.to_owned()))
        }
    };
    Ok(key.filter(|(mch_id, _)| *mch_id == request.mch_id))
}

/// The same request once more pays nothing back; the same number with other amounts is refused.
fn again(order: &Order, out_refund_no: &str, amounts: Amounts) -> Answer {
    let first = order.refund(out_refund_no).ok_or_else(no_order)?;
    if amounts.total_fee != order.total_fee() || amounts.refund_fee != first.refund_fee {
        let description = "订单金额或退款金额与之前请求不一致，请核实后再试";
        return Err(Refusal::new(ErrCode::RefundFeeMismatch, description));
    }
    reply(order, out_refund_no).ok_or_else(no_order)
}

fn take_on(
    world: &mut World,
    request: &Request,
    key: &OrderKey,
    refund_fee: Fen,
) -> Result<(), Refusal> {
    let asked_ms = world.now_ms;
    let order = world.orders.get(key).ok_or_else(no_order)?;
    let coupon_fee = order.coupon_part(refund_fee);
    let text = |name| request.params.filled(name).map(str::to_owned);
    let refund = Refund {
        mch_id: key.0.clone(),
        out_trade_no: key.1.clone(),
        out_refund_no: text("out_refund_no").unwrap_or_default(),
        refund_id: world.ids.refund_id(asked_ms),
        refund_fee,
        coupon: (coupon_fee > Fen::ZERO).then(|| (world.ids.coupon_id(), coupon_fee)),
        status: RefundStatus::Processing,
        asked_ms,
        success_ms: None,
        notices_sent: 0,
        notice_acknowledged: false,
        notify_url: text("notify_url").or_else(|| world.refund_rules.notify_url.clone()),
        refund_account: text("refund_account").unwrap_or_else(|| UNSETTLED_FUNDS.into()),
        is_due: false,
    };
    let is_limited = !world.refund_rules.unlimited_balance;
    if is_limited && refund.cash_refund_fee() > world.balance(&key.0) {
        return Err(Refusal::new(ErrCode::NotEnough, "基本账户余额不足，请充值后重新发起"));
    }
    world.add_refund(key, refund);
    Ok(())
}

fn reply(order: &Order, out_refund_no: &str) -> Option<Fields> {
    let refund = order.refund(out_refund_no)?;
    let payment = order.payment()?;
    let mut fields: Fields = vec![
        ("out_refund_no", refund.out_refund_no.clone()),
        ("refund_id", refund.refund_id.clone()),
        ("refund_fee", refund.refund_fee.to_string()),
        ("cash_refund_fee", refund.cash_refund_fee().to_string()),
        ("coupon_refund_fee", "0".into()),
        ("coupon_refund_count", "0".into()),
    ];
    fields.extend(order_fields(order, payment));
    if payment.coupon.is_some() {
        fields.push(("settlement_refund_fee", refund.cash_refund_fee().to_string()));
    }
    if let Some((id, fee)) = &refund.coupon {
        fields.retain(|(name, _)| !name.starts_with("coupon_"));
        fields.extend([
            ("coupon_refund_fee", fee.to_string()),
            ("coupon_refund_count", "1".into()),
            ("coupon_refund_id_0", id.clone()),
            ("coupon_refund_fee_0", fee.to_string()),
        ]);
    }
    Some(fields)
}

/// What refund and refundquery say of the order itself.
pub(super) fn order_fields(order: &Order, payment: &Payment) -> Fields {
    let cash_fee = payment.cash_fee(order.total_fee()).to_string();
    let mut fields: Fields = vec![
        ("transaction_id", payment.transaction_id.clone()),
        ("out_trade_no", order.out_trade_no().into()),
        ("total_fee", order.total_fee().to_string()),
        ("fee_type", "CNY".into()),
        ("cash_fee", cash_fee.clone()),
    ];
    if payment.coupon.is_some() {
        fields.push(("settlement_total_fee", cash_fee));
    }
    fields
}

/// The table of fields was checked before.
fn fee(request: &Request, name: &str) -> Fen {
    request.params.get(name).and_then(|fee| fee.parse().ok()).unwrap_or(Fen::ZERO)
}

fn no_order() -> Refusal {
    Refusal::new(ErrCode::OrderNotExist, "订单不存在")
}
