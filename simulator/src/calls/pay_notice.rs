//! The payment notice's own text (reference: payment notification), right or wrong on purpose.

use wxpay_core::messages::TradeType;
use wxpay_core::{Fen, Params, sign};

use crate::config::Merchant;
use crate::notices::NoticeError;
use crate::order::Order;
use crate::payment::Payment;
use crate::subject::Written;
use crate::wire;
use crate::world::{OrderKey, World};

/// What a notice is made to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Genuine,
    WrongSign,
    WrongAmount,
    OtherMerchant,
}

/// A notice as it is sent.
pub(crate) fn write(
    world: &mut World,
    key: &OrderKey,
    content: Content,
    with_sign_type: bool,
) -> Result<Written, NoticeError> {
    let order = world.orders.get(key).ok_or(NoticeError::UnknownOrder)?.clone();
    if order.trade_type() == TradeType::Micropay {
        return Err(NoticeError::NoNotice);
    }
    let payment = match (&order.payment, content) {
        (Some(payment), _) => payment.clone(),
        (None, Content::Genuine) => return Err(NoticeError::NotPaid),
        (None, Content::WrongSign | Content::WrongAmount | Content::OtherMerchant) => {
            let payer = world.payer_at_cashier(&order);
            Payment::new(payer, None, world.now_ms, &mut world.ids)
        }
    };
    let sender = sender(world, &order, content).ok_or(NoticeError::NoOtherMerchant)?;
    let mut params = unsigned(world, &order, &payment, &sender, content);
    let mut put = |name, value: &str| {
        // The values are those of a message that was read, so there is room for them.
        let _ = params.set(name, value);
    };
    if with_sign_type {
        put("sign_type", order.sign_type.as_str());
    }
    let signature = match content {
        Content::WrongSign => world.ids.wrong_signature(order.sign_type.hex_len()),
        Content::Genuine | Content::WrongAmount | Content::OtherMerchant => {
            sign(&params, order.sign_type, &sender.key).to_string()
        }
    };
    let _ = params.set("sign", &signature);
    let url = order.field("notify_url").into();
    Ok(Written { url, xml: wire::to_xml(&params), note: content.note().into() })
}

fn sender(world: &World, order: &Order, content: Content) -> Option<Merchant> {
    let found = match content {
        Content::OtherMerchant => {
            world.merchants.iter().find(|merchant| merchant.mch_id != order.mch_id())
        }
        Content::Genuine | Content::WrongSign | Content::WrongAmount => world.merchant_of(order),
    };
    found.cloned()
}

fn unsigned(
    world: &mut World,
    order: &Order,
    payment: &Payment,
    sender: &Merchant,
    content: Content,
) -> Params {
    let total_fee = match content {
        Content::WrongAmount if order.total_fee.get() == 1 => Fen::new(2).unwrap_or(Fen::ZERO),
        Content::WrongAmount => Fen::new(1).unwrap_or(Fen::ZERO),
        Content::Genuine | Content::WrongSign | Content::OtherMerchant => order.total_fee,
    };
    let mut fields = order.payment_fields(payment, total_fee);
    fields.extend([
        ("return_code", "SUCCESS".into()),
        ("result_code", "SUCCESS".into()),
        ("appid", sender.appid.clone()),
        ("mch_id", sender.mch_id.clone()),
        ("nonce_str", world.ids.nonce_str()),
    ]);
    for name in ["sub_appid", "sub_mch_id", "attach"] {
        if let Some(value) = order.request.filled(name) {
            fields.push((name, value.into()));
        }
    }
    Params::from_pairs(fields).unwrap_or_default()
}

impl Content {
    const fn note(self) -> &'static str {
        match self {
            Self::Genuine => "",
            Self::WrongSign => "signed with a wrong key",
            Self::WrongAmount => "rightly signed, with another total_fee",
            Self::OtherMerchant => "another merchant's, rightly signed by that one",
        }
    }
}
