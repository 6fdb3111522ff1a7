//! closeorder: nobody can pay the order any more (reference: closeorder).

use wxpay_core::messages::{ErrCode, TradeState, TradeType, close_order::MIN_AGE_S};

use super::{Answer, Refusal, Request};
use crate::world::World;

pub(super) fn answer(world: &mut World, request: &Request) -> Answer {
    let now_ms = world.now_ms;
    let out_trade_no = request.params.get("out_trade_no").unwrap_or_default();
    let key = (request.mch_id.clone(), out_trade_no.to_owned());
    let Some(order) = world.find(&key) else {
        return Err(Refusal::new(ErrCode::OrderNotExist, "order not exist"));
    };
    if !order.is_of(&request.params) {
        return Err(Refusal::other_shop());
    }
    if order.trade_type() == TradeType::Micropay {
        let description = "付款码订单请使用撤销接口";
        return Err(Refusal::new(ErrCode::TradeStateError, description));
    }
    match order.trade_state() {
        TradeState::Success | TradeState::Refund => {
            return Err(Refusal::new(ErrCode::OrderPaid, "order paid"));
        }
        TradeState::Closed | TradeState::Revoked => {
            return Err(Refusal::new(ErrCode::OrderClosed, "order closed"));
        }
        TradeState::NotPay | TradeState::UserPaying | TradeState::PayError => {}
    }
    if now_ms - order.created_ms < MIN_AGE_S * 1000 {
        let description = "订单生成后5分钟内不能关闭";
        return Err(Refusal::new(ErrCode::TradeStateError, description));
    }
    order.closed = true;
    Ok(vec![("result_msg", "OK".into())])
}
