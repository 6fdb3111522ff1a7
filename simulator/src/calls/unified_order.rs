//! unifiedorder: makes an order, or lets the same request in again (reference: unifiedorder, idempotency).

use wxpay_core::messages::{ErrCode, TradeState};
use wxpay_core::{Fen, Params, time};

use super::{Answer, Fields, Refusal, Request};
use crate::ids::belongs_to;
use crate::order::Order;
use crate::refund::Refunds;
use crate::world::{OrderKey, World};

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
    world.orders.get(&key).map(|order| reply(order, &world.base_url)).ok_or_else(gone)
}

fn create(
    world: &mut World,
    key: &OrderKey,
    business: Params,
    request: &Request,
) -> Result<(), Refusal> {
    check_openid(&business)?;
    let expires_ms = business.filled("time_expire").and_then(time::from_beijing).map(|s| s * 1000);
    if expires_ms.is_some_and(|at| at < world.now_ms + MIN_LIFE_MS) {
        return Err(Refusal::new(ErrCode::InvalidRequest, "time_expire时间过短，至少1分钟"));
    }
    let total_fee = business.get("total_fee").and_then(|fee| fee.parse().ok()).unwrap_or(Fen::ZERO);
    let is_native = business.get("trade_type") == Some("NATIVE");
    let order = Order {
        request: business,
        sign_type: request.sign_type,
        total_fee,
        created_ms: world.now_ms,
        expires_ms,
        prepay_id: String::new(),
        prepay_ms: world.now_ms,
        code_url: is_native.then(|| world.ids.code_url()),
        closed: false,
        payment: None,
        refunds: Refunds::default(),
        notices_sent: 0,
        notice_acknowledged: false,
    };
    world.orders.insert(key.clone(), order);
    renew_prepay(world, key);
    Ok(())
}

fn renew_prepay(world: &mut World, key: &OrderKey) {
    if let Some(order) = world.orders.get_mut(key) {
        order.prepay_id = world.ids.prepay_id(world.now_ms);
        order.prepay_ms = world.now_ms;
        world.prepays.insert(order.prepay_id.clone(), key.clone());
    }
}

/// A repeated request must be the same in all but nonce_str and sign.
fn check_same(order: &Order, business: &Params) -> Result<(), Refusal> {
    match order.trade_state() {
        TradeState::Success | TradeState::Refund => {
            return Err(Refusal::new(ErrCode::OrderPaid, "该订单已支付"));
        }
        TradeState::Closed | TradeState::Revoked => {
            return Err(Refusal::new(ErrCode::OrderClosed, "订单已关闭"));
        }
        TradeState::NotPay | TradeState::UserPaying | TradeState::PayError => {}
    }
    let differs = order
        .request
        .iter()
        .chain(business.iter())
        .find(|(name, _)| order.request.filled(name) != business.filled(name));
    match differs {
        None => Ok(()),
        Some((name, _)) => {
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

fn business_fields(params: &Params) -> Params {
    let mut business = params.clone();
    business.remove("nonce_str");
    business.remove("sign");
    business
}

fn reply(order: &Order, base_url: &str) -> Fields {
    let mut fields: Fields = vec![
        ("trade_type", order.field("trade_type").into()),
        ("prepay_id", order.prepay_id.clone()),
    ];
    if let Some(device_info) = order.request.filled("device_info") {
        fields.push(("device_info", device_info.into()));
    }
    if let Some(code_url) = &order.code_url {
        fields.push(("code_url", code_url.clone()));
    }
    if order.field("trade_type") == "MWEB" {
        fields.push(("mweb_url", format!("{base_url}/cashier/{}?from=h5", order.prepay_id)));
    }
    fields
}

fn gone() -> Refusal {
    Refusal::new(ErrCode::SystemError, "系统错误")
}
