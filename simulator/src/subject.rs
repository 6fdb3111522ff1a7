//! What notices tell of, payments or refunds: where they go, what they say, how they are counted.

use crate::calls::{Call, pay_notice, refund_notice};
use crate::faults::FaultKind;
use crate::notices::NoticeError;
use crate::refunding::RefundKey;
use crate::world::{OrderKey, World};

/// What a notice tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    Payment(OrderKey),
    Refund(RefundKey),
}

/// A notice to be written: right, or wrong on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Letter {
    Payment(OrderKey, pay_notice::Content),
    Refund(RefundKey, refund_notice::Content),
}

/// A notice ready to be sent.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) url: String,
    pub(crate) xml: String,
    /// For the log; may be empty.
    pub(crate) note: String,
}

impl Subject {
    pub(crate) const fn call(&self) -> Call {
        match self {
            Self::Payment(_) => Call::Notice,
            Self::Refund(_) => Call::RefundNotice,
        }
    }

    /// The order it is about.
    pub(crate) fn out_trade_no(&self, world: &World) -> String {
        match self {
            Self::Payment((_, out_trade_no)) => out_trade_no.clone(),
            Self::Refund(key) => {
                world.refund_orders.get(key).map(|key| key.1.clone()).unwrap_or_default()
            }
        }
    }

    pub(crate) fn notify_url(&self, world: &World) -> Option<String> {
        match self {
            Self::Payment(key) => {
                world.orders.get(key).map(|order| order.field("notify_url").to_owned())
            }
            Self::Refund(key) => world.order_of_refund(key)?.refund(&key.1)?.notify_url.clone(),
        }
    }

    /// The next attempt of its delivery, which is counted and may have a fault.
    pub(crate) fn next(&self, world: &mut World) -> Letter {
        let about = self.out_trade_no(world);
        let fault = world.faults.take(self.call(), Some(&about), |kind| !kind.is_of_delivery());
        let fault = fault.map(|fault| fault.kind);
        match self {
            Self::Payment(key) => {
                if let Some(order) = world.orders.get_mut(key) {
                    order.notices_sent += 1;
                }
                let content = match fault {
                    Some(FaultKind::BadSign) => pay_notice::Content::WrongSign,
                    Some(_) | None => pay_notice::Content::Genuine,
                };
                Letter::Payment(key.clone(), content)
            }
            Self::Refund(key) => {
                if let Some(refund) = world.refund_mut(key) {
                    refund.notices_sent += 1;
                }
                let content = match fault {
                    Some(FaultKind::BadKey) => refund_notice::Content::WrongKey,
                    Some(FaultKind::Garbled) => refund_notice::Content::Garbled,
                    Some(_) | None => refund_notice::Content::Genuine,
                };
                Letter::Refund(key.clone(), content)
            }
        }
    }
}

impl Letter {
    pub(crate) fn subject(&self) -> Subject {
        match self {
            Self::Payment(key, _) => Subject::Payment(key.clone()),
            Self::Refund(key, _) => Subject::Refund(key.clone()),
        }
    }

    pub(crate) fn write(
        &self,
        world: &mut World,
        with_sign_type: bool,
    ) -> Result<Written, NoticeError> {
        match self {
            Self::Payment(key, content) => pay_notice::write(world, key, *content, with_sign_type),
            Self::Refund(key, content) => refund_notice::write(world, key, *content),
        }
    }

    /// The merchant's server has said SUCCESS; to what is not genuine, that means nothing.
    pub(crate) fn acknowledge(&self, world: &mut World) {
        match self {
            Self::Payment(key, pay_notice::Content::Genuine) => {
                if let Some(order) = world.orders.get_mut(key) {
                    order.notice_acknowledged = true;
                }
            }
            Self::Refund(key, refund_notice::Content::Genuine) => {
                if let Some(refund) = world.refund_mut(key) {
                    refund.notice_acknowledged = true;
                }
            }
            Self::Payment(..) | Self::Refund(..) => {}
        }
    }
}
