//! The refund notice's own text (reference: refund notification), right or wrong on purpose.

use wxpay_core::messages::refund::RefundStatus;
use wxpay_core::refund_notice::encrypt;
use wxpay_core::{ApiKey, Fen, Params};

use super::refund_query::recv_accout;
use crate::config::Merchant;
use crate::ids::beijing_dashed;
use crate::notices::NoticeError;
use crate::order::Order;
use crate::payment::Payment;
use crate::refund::Refund;
use crate::refunding::RefundKey;
use crate::subject::Written;
use crate::wire;
use crate::world::World;

/// What a notice is made to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Genuine,
    Success,
    WrongKey,
    Garbled,
    WrongAmount,
    UnknownRefund,
    OtherMerchant,
}

/// A notice as it is sent.
pub(crate) fn write(
    world: &mut World,
    key: &RefundKey,
    content: Content,
) -> Result<Written, NoticeError> {
    let order = world.order_of_refund(key).ok_or(NoticeError::UnknownRefund)?.clone();
    let (Some(payment), Some(refund)) = (order.payment(), order.refund(&key.1)) else {
        return Err(NoticeError::UnknownRefund);
    };
    let url = refund.notify_url.clone().ok_or(NoticeError::NoUrl)?;
    let sender = sender(world, &order, content).ok_or(NoticeError::NoOtherMerchant)?;
    let refund = told(world, refund, content)?;
    let text = wire::to_xml_with_root("root", &inside(&order, payment, &refund));
    let fields = [
        ("return_code", "SUCCESS"),
        ("appid", &sender.appid),
        ("mch_id", &sender.mch_id),
        ("sub_appid", order.field("sub_appid")),
        ("sub_mch_id", order.field("sub_mch_id")),
        ("nonce_str", &world.ids.nonce_str()),
        ("req_info", &req_info(world, &text, &sender.key, content)),
    ];
    let filled = fields.into_iter().filter(|(_, value)| !value.is_empty());
    let params = Params::from_pairs(filled).unwrap_or_default();
    let Refund { out_refund_no, out_trade_no, refund_fee, status, .. } = &refund;
    let note =
        format!("{}{out_refund_no} of {out_trade_no}: {status}, {refund_fee} fen", content.note());
    Ok(Written { url, xml: wire::to_xml(&params), note })
}

fn sender(world: &World, order: &Order, content: Content) -> Option<Merchant> {
    let found = match content {
        Content::OtherMerchant => {
            world.merchants.iter().find(|merchant| merchant.mch_id != order.mch_id())
        }
        Content::Genuine
        | Content::Success
        | Content::WrongKey
        | Content::Garbled
        | Content::WrongAmount
        | Content::UnknownRefund => world.merchant_of(order),
    };
    found.cloned()
}

/// The refund as the notice tells it. What is not genuine says SUCCESS while the refund is under way.
fn told(world: &mut World, refund: &Refund, content: Content) -> Result<Refund, NoticeError> {
    let mut told = refund.clone();
    let is_open = refund.status == RefundStatus::Processing;
    if is_open && content == Content::Genuine {
        return Err(NoticeError::NotEnded);
    }
    if is_open || content == Content::Success {
        told.status = RefundStatus::Success;
        told.success_ms = Some(refund.success_ms.unwrap_or(world.now_ms));
    }
    match content {
        Content::WrongAmount => {
            let fen = if refund.refund_fee.get() == 1 { 2 } else { 1 };
            told.refund_fee = Fen::new(fen).unwrap_or(Fen::ZERO);
        }
        Content::UnknownRefund => {
            told.out_refund_no = format!("R{}", world.ids.coupon_id());
            told.refund_id = world.ids.refund_id(world.now_ms);
        }
        Content::Genuine
        | Content::Success
        | Content::WrongKey
        | Content::Garbled
        | Content::OtherMerchant => {}
    }
    Ok(told)
}

fn inside(order: &Order, payment: &Payment, refund: &Refund) -> Params {
    let mut fields = vec![
        ("transaction_id", payment.transaction_id.clone()),
        ("out_trade_no", order.out_trade_no().into()),
        ("refund_id", refund.refund_id.clone()),
        ("out_refund_no", refund.out_refund_no.clone()),
        ("total_fee", order.total_fee().to_string()),
        ("refund_fee", refund.refund_fee.to_string()),
        ("settlement_refund_fee", refund.cash_refund_fee().to_string()),
        ("cash_refund_fee", refund.cash_refund_fee().to_string()),
        ("refund_status", refund.status.as_str().into()),
        ("refund_recv_accout", recv_accout(payment.bank_type).into()),
        ("refund_account", refund.refund_account.clone()),
        ("refund_request_source", "API".into()),
    ];
    if payment.coupon.is_some() {
        fields.push(("settlement_total_fee", payment.cash_fee(order.total_fee()).to_string()));
    }
    if let (RefundStatus::Success, Some(at_ms)) = (refund.status, refund.success_ms) {
        fields.push(("success_time", beijing_dashed(at_ms)));
    }
    Params::from_pairs(fields).unwrap_or_default()
}

fn req_info(world: &mut World, text: &str, key: &ApiKey, content: Content) -> String {
    match content {
        Content::WrongKey => match ApiKey::new(&world.ids.nonce_str()) {
            Ok(other) => encrypt(text, &other),
            Err(_) => String::new(),
        },
        Content::Garbled => {
            let whole = encrypt(text, key);
            whole.chars().take(whole.len() / 2).chain(['*']).collect()
        }
        Content::Genuine
        | Content::Success
        | Content::WrongAmount
        | Content::UnknownRefund
        | Content::OtherMerchant => encrypt(text, key),
    }
}

impl Content {
    const fn note(self) -> &'static str {
        match self {
            Self::Genuine => "",
            Self::Success => "whatever became of it; ",
            Self::WrongKey => "encrypted with a wrong key; ",
            Self::Garbled => "req_info is garbled; ",
            Self::WrongAmount => "with another refund_fee; ",
            Self::UnknownRefund => "a refund nobody asked for; ",
            Self::OtherMerchant => "another merchant's, with that one's key; ",
        }
    }
}
