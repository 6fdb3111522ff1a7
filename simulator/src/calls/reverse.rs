//! reverse: takes a micropay order back, paid or not (reference: reverse).

use wxpay_core::messages::reverse::{MAX_AGE_S, MIN_AGE_S};
use wxpay_core::messages::{ErrCode, TradeState, TradeType};

use super::refund::named_order;
use super::{Answer, Refusal, Request};
use crate::world::World;

pub(super) fn answer(world: &mut World, request: &Request) -> Answer {
    let now_ms = world.now_ms;
    let key = named_order(world, request).map_err(|refusal| refusal.with("recall", "N"))?;
    let found = key.as_ref().and_then(|key| world.find(key));
    let (Some(key), Some(order)) = (&key, found) else {
        return no(ErrCode::TradeError, "订单不存在");
    };
    if !order.is_of(&request.params) {
        return Err(Refusal::other_shop().with("recall", "N"));
    }
    if order.trade_type() != TradeType::Micropay {
        return no(ErrCode::InvalidRequest, "非付款码订单，请使用关单或退款接口");
    }
    match order.trade_state() {
        TradeState::Revoked => return done(),
        TradeState::Refund => return no(ErrCode::TradeError, "订单已发生退款"),
        TradeState::Success
        | TradeState::Closed
        | TradeState::NotPay
        | TradeState::UserPaying
        | TradeState::PayError => {}
    }
    let age_ms = now_ms - order.created_ms;
    if age_ms > MAX_AGE_S * 1000 {
        return no(ErrCode::ReverseExpire, "订单无法撤销，请使用退款");
    }
    if age_ms < MIN_AGE_S * 1000 {
        let description = "支付后15秒内不能撤销";
        return Err(Refusal::new(ErrCode::TradeError, description).with("recall", "Y"));
    }
    world.reverse(key);
    done()
}

fn done() -> Answer {
    Ok(vec![("recall", "N".into())])
}

fn no(code: ErrCode, description: &str) -> Answer {
    Err(Refusal::new(code, description).with("recall", "N"))
}
