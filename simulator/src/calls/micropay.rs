//! micropay: charges the code on a user's phone (reference: micropay). No notice follows.

use wxpay_core::messages::{ErrCode, TradeState, TradeType};

use super::unified_order::{business_fields, gone};
use super::{Answer, Fields, Refusal, Request};
use crate::order::Order;
use crate::payment::Payer;
use crate::scanner::{Attempt, AttemptState, Behaviour, CodeError};
use crate::world::{OrderKey, World};

pub(super) fn answer(world: &mut World, request: &Request) -> Answer {
    let business = business_fields(&request.params);
    let digits = business.get("auth_code").unwrap_or_default().to_owned();
    let key = (request.mch_id.clone(), business.get("out_trade_no").unwrap_or_default().to_owned());
    if let Some(order) = world.find(&key) {
        check_number(order)?;
        if order.differs(&business, "auth_code").is_some() {
            return Err(Refusal::new(ErrCode::OutTradeNoUsed, "商户订单号重复"));
        }
    }
    let code = world.auth_code(&digits, &request.mch_id).map_err(refuse_code)?;
    let (user, behaviour) = (code.user.clone(), code.behaviour);
    let before = world.orders.get(&key).and_then(|order| order.attempt.as_ref());
    if before.is_some_and(|attempt| attempt.user != user) {
        return Err(Refusal::new(ErrCode::BuyerMismatch, "支付帐号错误"));
    }
    // The code is good: it is charged now, whatever comes of it.
    world.auth_code(&digits, &request.mch_id).map_err(refuse_code)?.charge();
    let now_ms = world.now_ms;
    let order = world
        .orders
        .entry(key.clone())
        .or_insert_with(|| Order::new(business, request.sign_type, TradeType::Micropay, now_ms));
    order.attempt = Some(Attempt { user, state: AttemptState::Failed });
    charge(world, &key, behaviour)
}

/// The number must not have come to its end.
fn check_number(order: &Order) -> Result<(), Refusal> {
    let (code, description) = match order.trade_state() {
        TradeState::Success | TradeState::Refund => (ErrCode::OrderPaid, "该订单已支付"),
        TradeState::Closed => (ErrCode::OrderClosed, "订单已关闭"),
        TradeState::Revoked => (ErrCode::OrderReversed, "订单已撤销"),
        TradeState::UserPaying => (ErrCode::UserPaying, "需要用户输入支付密码"),
        TradeState::NotPay | TradeState::PayError => return Ok(()),
    };
    Err(Refusal::new(code, description))
}

pub(super) fn refuse_code(error: CodeError) -> Refusal {
    match error {
        CodeError::Unknown => Refusal::new(ErrCode::AuthCodeInvalid, "请扫描微信支付被扫条码"),
        CodeError::Expired => Refusal::new(ErrCode::AuthCodeExpire, "二维码已过期，请用户刷新"),
        CodeError::Used => Refusal::new(ErrCode::AuthCodeError, "付款码已使用，请用户刷新"),
        CodeError::Reserved => Refusal::new(ErrCode::AuthCodeError, "付款码已被其他商户查询"),
    }
}

fn charge(world: &mut World, key: &OrderKey, behaviour: Behaviour) -> Answer {
    let refuse = |code, description| Err(Refusal::new(code, description));
    match behaviour {
        Behaviour::Pays => pay(world, key),
        Behaviour::Password { ends, after_s } => {
            if let Some(attempt) = attempt(world, key) {
                attempt.state = AttemptState::Password;
            }
            world.ask_password(key, ends, after_s);
            refuse(ErrCode::UserPaying, "需要用户输入支付密码")
        }
        Behaviour::BankError { paid } => {
            pay_if(world, key, paid)?;
            refuse(ErrCode::BankError, "银行端超时")
        }
        Behaviour::SystemError { paid } => {
            pay_if(world, key, paid)?;
            refuse(ErrCode::SystemError, "系统超时")
        }
        Behaviour::NotEnough => refuse(ErrCode::NotEnough, "余额不足"),
        Behaviour::CardNotSupported => refuse(ErrCode::NotSupportCard, "不支持该卡类型"),
        Behaviour::TradeError => refuse(ErrCode::TradeError, "支付行为异常，请更换支付方式"),
        // Such codes have been refused before.
        Behaviour::Expired => Err(refuse_code(CodeError::Expired)),
        Behaviour::Invalid => Err(refuse_code(CodeError::Unknown)),
        Behaviour::Used => Err(refuse_code(CodeError::Used)),
    }
}

fn attempt<'a>(world: &'a mut World, key: &OrderKey) -> Option<&'a mut Attempt> {
    world.orders.get_mut(key)?.attempt.as_mut()
}

fn pay_if(world: &mut World, key: &OrderKey, paid: bool) -> Result<(), Refusal> {
    if paid { pay(world, key).map(drop) } else { Ok(()) }
}

fn pay(world: &mut World, key: &OrderKey) -> Answer {
    let order = world.orders.get(key).ok_or_else(gone)?;
    let user = order.attempt.as_ref().map(|attempt| attempt.user.as_str()).unwrap_or_default();
    let payer = Payer::new(order, user);
    let payment = world.take_money(key, payer, None, world.now_ms).ok_or_else(gone)?;
    let order = world.orders.get(key).ok_or_else(gone)?;
    let mut fields: Fields = order.payment_fields(&payment, order.total_fee);
    if let Some(attach) = order.request.filled("attach") {
        fields.push(("attach", attach.into()));
    }
    Ok(fields)
}
