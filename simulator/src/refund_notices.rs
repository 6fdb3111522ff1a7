//! The life of a refund after WeChat has taken it on, and notices of it sent by hand.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wxpay_core::Fen;
use wxpay_core::messages::refund::RefundStatus;

use crate::calls::Call;
use crate::calls::refund_notice::Content;
use crate::faults::FaultKind;
use crate::notices::{NoticeError, NoticeReply};
use crate::refund::Refund;
use crate::refunding::RefundKey;
use crate::simulator::Simulator;
use crate::subject::{Letter, Subject};

/// A refund notice to be sent by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundNoticeKind {
    /// The genuine notice once more.
    Again,
    /// Right in everything, but says SUCCESS whatever has become of the refund.
    Success,
    /// Encrypted with a key that is not the merchant's.
    Forged,
    /// `req_info` cannot be decoded.
    Garbled,
    /// Rightly encrypted, with another refund_fee.
    WrongAmount,
    /// Rightly encrypted, about a refund nobody asked for, of this order.
    UnknownRefund,
    /// As another merchant, encrypted with that one's key.
    OtherMerchant,
}

/// There is no such order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownOrderError;

impl Simulator {
    /// All refunds, by merchant and order, an order's oldest first.
    pub fn refunds(&self) -> Vec<Refund> {
        self.read(|world| world.refunds().cloned().collect())
    }

    /// A refund by its out_refund_no or refund_id.
    pub fn refund(&self, name: &str) -> Option<Refund> {
        self.read(|world| world.refund(name).cloned())
    }

    /// Says what becomes of an order's refunds, of those that wait for it at once; they end in SUCCESS when nothing is
    /// said. PROCESSING keeps them waiting. A refund in CHANGE can be brought to another end, as by hand on the merchant
    /// platform; SUCCESS and REFUNDCLOSE are final.
    ///
    /// # Errors
    /// [`UnknownOrderError`].
    pub fn set_refund_outcome(
        &self,
        out_trade_no: &str,
        outcome: RefundStatus,
    ) -> Result<(), UnknownOrderError> {
        let ended = self.with(|world| world.set_refund_outcome(out_trade_no, outcome));
        for key in ended.ok_or(UnknownOrderError)? {
            let simulator = self.clone();
            self.spawn(Box::pin(async move { simulator.deliver(Subject::Refund(key)).await }));
        }
        Ok(())
    }

    /// What a merchant has for refunds, in fen.
    pub fn balance(&self, mch_id: &str) -> Fen {
        self.read(|world| world.balance(mch_id))
    }

    /// As after a withdrawal or a top-up. Payments add to it, refunds take from it.
    pub fn set_balance(&self, mch_id: &str, balance: Fen) {
        self.with(|world| world.set_balance(mch_id, balance));
    }

    /// Sends one notice of a refund now, whatever was sent before, and gives back the server's reply.
    ///
    /// # Errors
    /// [`NoticeError`].
    pub async fn send_refund_notice(
        &self,
        out_refund_no: &str,
        kind: RefundNoticeKind,
    ) -> Result<NoticeReply, NoticeError> {
        let content = match kind {
            RefundNoticeKind::Again => Content::Genuine,
            RefundNoticeKind::Success => Content::Success,
            RefundNoticeKind::Forged => Content::WrongKey,
            RefundNoticeKind::Garbled => Content::Garbled,
            RefundNoticeKind::WrongAmount => Content::WrongAmount,
            RefundNoticeKind::UnknownRefund => Content::UnknownRefund,
            RefundNoticeKind::OtherMerchant => Content::OtherMerchant,
        };
        let key = self.read(|world| world.refund_key_of(out_refund_no));
        let key = key.ok_or(NoticeError::UnknownRefund)?;
        self.attempt(&Letter::Refund(key, content)).await
    }

    /// Starts the life of a refund. Returns at once, or with the fault `before_reply` when the refund has ended and
    /// its first notice was answered.
    pub(crate) async fn start_refund(&self, key: RefundKey) {
        let subject = Subject::Refund(key.clone());
        let fault = self.with(|world| {
            let about = subject.out_trade_no(world);
            let before = |kind| kind == FaultKind::BeforeReply;
            let fault = world.faults.take(Call::RefundNotice, Some(&about), before);
            if fault.is_some() {
                world.end_refund_now(&key);
            }
            fault
        });
        if fault.is_some() {
            self.deliver_under(subject, fault).await;
            return;
        }
        let simulator = self.clone();
        let wait_us =
            self.config().refund_delay_ms.saturating_mul(1000) / u64::from(self.config().speedup);
        self.spawn(Box::pin(async move {
            tokio::time::sleep(Duration::from_micros(wait_us)).await;
            if simulator.with(|world| world.refund_is_due(&key)) {
                simulator.deliver(subject).await;
            }
        }));
    }

    /// Ends an order's refunds, and waits until one notice of each was answered.
    pub(crate) async fn end_refunds(&self, out_trade_no: &str) {
        for key in self.with(|world| world.end_refunds(out_trade_no)) {
            // What became of it, the log tells.
            let _ = self.attempt(&Letter::Refund(key, Content::Genuine)).await;
        }
    }
}

impl fmt::Display for UnknownOrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("out_trade_no: there is no such order")
    }
}

impl std::error::Error for UnknownOrderError {}
