//! orderquery: what WeChat knows of an order (reference: orderquery).

use wxpay_core::messages::{ErrCode, TradeState};

use super::{Answer, Fields, Refusal, Request};
use crate::order::Order;
use crate::world::World;

pub(super) fn answer(world: &mut World, request: &Request) -> Answer {
    let text = |name| request.params.filled(name);
    let key = match text("transaction_id") {
        // It wins when both are sent.
        Some(transaction_id) => world.transactions.get(transaction_id).cloned(),
        None => text("out_trade_no").map(|number| (request.mch_id.clone(), number.to_owned())),
    };
    let order = key.filter(|(mch_id, _)| *mch_id == request.mch_id);
    let order = order.and_then(|key| world.find(&key));
    let order = order.ok_or_else(|| Refusal::new(ErrCode::OrderNotExist, "order not exist"))?;
    if order.is_of(&request.params) { Ok(reply(order)) } else { Err(Refusal::other_shop()) }
}

fn reply(order: &Order) -> Fields {
    let mut fields = match &order.payment {
        Some(payment) => order.payment_fields(payment, order.total_fee),
        None => {
            let mut fields = vec![("out_trade_no", order.out_trade_no().into())];
            if let Some(device_info) = order.request.filled("device_info") {
                fields.push(("device_info", device_info.into()));
            }
            fields
        }
    };
    let state = order.trade_state();
    fields.extend([
        // Present even when the order has none; an empty value is not signed.
        ("attach", order.field("attach").into()),
        ("trade_state", state.as_str().into()),
        ("trade_state_desc", describe(state).into()),
    ]);
    fields
}

fn describe(state: TradeState) -> &'static str {
    match state {
        TradeState::Success => "支付成功",
        TradeState::NotPay => "订单未支付",
        TradeState::Closed => "订单已关闭",
        TradeState::UserPaying => "用户支付中",
        TradeState::PayError => "支付失败",
        TradeState::Refund => "转入退款",
        TradeState::Revoked => "已撤销",
    }
}
