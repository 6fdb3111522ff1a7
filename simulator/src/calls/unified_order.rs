//! unifiedorder: makes an order, or lets the same request in again (reference: unifiedorder, idempotency).

use wxpay_core::Params;
use wxpay_core::messages::{ErrCode, TradeState, TradeType};

use super::{Answer, Fields, Refusal, Request};
use crate::ids::belongs_to;
use crate::order::Order;
use crate::world::{MWEB_PATH, OrderKey, World};

/// A person needs at least a minute to pay.
const MIN_LIFE_MS: i64 = 60_000;

pub(super) fn answer(world: &mut World, request: &Request) -> Answer {
    let business = business_fields(&request.params);
    let key = (request.mch_id.clone(), business.get("out_trade_no").unwrap_or_default().to_owned());
    let now_ms = world.now_ms;
    match world.find(&key) {
        None => create(world, &key, business, request)?,
        Some(order) => {
            check_same(order, &business)?;
            if !order.prepay_is_live(now_ms) {
                renew_prepay(world, &key);
            }
        }
    }
    let order = world.orders.get_mut(&key).ok_or_else(gone)?;
    // Every reply to the same request brings a fresh mweb_url.
    order.mweb_ms = now_ms;
    Ok(reply(order, &world.base_url))
}

fn create(
    world: &mut World,
    key: &OrderKey,
    business: Params,
    request: &Request,
) -> Result<(), Refusal> {
    check_openid(&business)?;
    let trade_type = business.get("trade_type").and_then(|word| word.parse().ok());
    let trade_type = trade_type.unwrap_or(TradeType::Jsapi);
    let order = Order::new(business, request.sign_type, trade_type, world.now_ms);
    if order.expires_ms.is_some_and(|at| at < world.now_ms + MIN_LIFE_MS) {
        return Err(Refusal::new(ErrCode::InvalidRequest, "time_expire时间过短，至少1分钟"));
    }
    world.orders.insert(key.clone(), order);
    renew_prepay(world, key);
    Ok(())
}

fn renew_prepay(world: &mut World, key: &OrderKey) {
    let Some(order) = world.orders.get_mut(key) else { return };
    order.prepay_id = world.ids.prepay_id(world.now_ms);
    order.prepay_ms = world.now_ms;
    world.prepays.insert(order.prepay_id.clone(), key.clone());
    if order.trade_type() == TradeType::Native {
        let code_url = world.ids.code_url();
        world.code_urls.insert(code_url.clone(), order.prepay_id.clone());
        order.code_url = Some(code_url);
    }
}

/// A repeated request must be the same in all but nonce_str and sign.
fn check_same(order: &Order, business: &Params) -> Result<(), Refusal> {
    match order.trade_state() {
        TradeState::Success | TradeState::Refund => {
            return Err(Refusal::new(ErrCode::OrderPaid, "该订单已支付"));
        }
        TradeState::Closed => return Err(Refusal::new(ErrCode::OrderClosed, "订单已关闭")),
        TradeState::Revoked => return Err(Refusal::new(ErrCode::OrderReversed, "订单已撤销")),
        TradeState::NotPay | TradeState::UserPaying | TradeState::PayError => {}
    }
    match order.differs(business, "") {
        None => Ok(()),
        Some(name) => {
            let description = format!("201 商户订单号重复 ({name})");
            Err(Refusal::new(ErrCode::InvalidRequest, description))
        }
    }
}

/// An openid is good under one appid only.
fn check_openid(business: &Params) -> Result<(), Refusal> {
    for (appid, openid) in [("appid", "openid"), ("sub_appid", "sub_openid")] {
        let appid = business.get(appid).unwrap_or_default();
        if business.filled(openid).is_some_and(|openid| !belongs_to(openid, appid)) {
            return Err(Refusal::new(ErrCode::ParamError, "appid和openid不匹配"));
        }
    }
    Ok(())
}

pub(super) fn business_fields(params: &Params) -> Params {
    let mut business = params.clone();
    business.remove("nonce_str");
    business.remove("sign");
    business
}

fn reply(order: &Order, base_url: &str) -> Fields {
    let mut fields: Fields = vec![
        ("trade_type", order.trade_type().as_str().into()),
        ("prepay_id", order.prepay_id.clone()),
    ];
    if let Some(device_info) = order.request.filled("device_info") {
        fields.push(("device_info", device_info.into()));
    }
    if let Some(code_url) = &order.code_url {
        fields.push(("code_url", code_url.clone()));
    }
    if order.trade_type() == TradeType::Mweb {
        fields.push(("mweb_url", format!("{base_url}{MWEB_PATH}{}", order.prepay_id)));
    }
    fields
}

pub(super) fn gone() -> Refusal {
    Refusal::new(ErrCode::SystemError, "系统错误")
}
