//! Notices of payments and refunds: POST to notify_url until the merchant's server answers SUCCESS (reference: delivery rules).

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use wxpay_core::xml;

use crate::calls::pay_notice::Content;
use crate::client::{Response, SendError, post_xml};
use crate::faults::{Fault, FaultKind};
use crate::messages::{Exchange, Party, Said};
use crate::simulator::Simulator;
use crate::subject::{Letter, Subject, Written};
use crate::world::World;

/// The waits between two attempts, in seconds: 15 repeats over 24 h 4 min.
pub const REPEATS_S: [u64; 15] = [
    15, 15, 30, 180, 600, 1_200, 1_800, 1_800, 1_800, 3_600, 10_800, 10_800, 10_800, 21_600, 21_600,
];

/// A notice to be sent by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The genuine notice of a payment once more.
    Again,
    /// Says "paid", paid or not, signed with a wrong key.
    Forged,
    /// Says "paid", paid or not, rightly signed, with another total_fee.
    WrongAmount,
    /// Says "paid", paid or not, as another merchant and rightly signed by that one.
    OtherMerchant,
}

/// What the merchant's server answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeReply {
    /// HTTP status.
    pub status: u16,
    /// As received.
    pub body: String,
    /// Whether WeChat takes it for SUCCESS and stops.
    pub accepted: bool,
}

/// Why no notice was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeError {
    /// There is no such order.
    UnknownOrder,
    /// The order is not paid, so there is no notice to repeat.
    NotPaid,
    /// Micropay orders have no notices.
    NoNotice,
    /// There is no second merchant to send as.
    NoOtherMerchant,
    /// There is no such refund.
    UnknownRefund,
    /// The refund is under way, so there is no notice to repeat.
    NotEnded,
    /// Nobody said where notices of the refund go.
    NoUrl,
    /// It was sent, or should have been, and nothing came back.
    Unanswered(SendError),
}

impl Simulator {
    /// Sends one notice now, whatever was sent before, and gives back the server's reply.
    ///
    /// # Errors
    /// [`NoticeError`].
    pub async fn send_notice(
        &self,
        out_trade_no: &str,
        kind: NoticeKind,
    ) -> Result<NoticeReply, NoticeError> {
        let content = match kind {
            NoticeKind::Again => Content::Genuine,
            NoticeKind::Forged => Content::WrongSign,
            NoticeKind::WrongAmount => Content::WrongAmount,
            NoticeKind::OtherMerchant => Content::OtherMerchant,
        };
        let key = self.read(|world| world.key_of(out_trade_no)).ok_or(NoticeError::UnknownOrder)?;
        self.attempt(&Letter::Payment(key, content)).await
    }

    /// Starts the delivery for an order that was just paid, or a refund that has ended. Returns when its first notice
    /// may not wait any longer: at once, or with the fault `before_reply` after that notice was answered.
    pub(crate) async fn deliver(&self, subject: Subject) {
        let fault = self.with(|world| {
            subject.notify_url(world)?;
            let about = subject.out_trade_no(world);
            world.faults.take(subject.call(), Some(&about), FaultKind::is_of_delivery)
        });
        self.deliver_under(subject, fault).await;
    }

    /// The same, under a fault that was taken before. What has no notify_url is not told.
    pub(crate) async fn deliver_under(&self, subject: Subject, fault: Option<Fault>) {
        if self.read(|world| subject.notify_url(world)).is_none() {
            return;
        }
        let kind = fault.as_ref().map(|fault| fault.kind);
        if kind == Some(FaultKind::Lose) {
            self.note_lost(&subject);
            return;
        }
        let late_ms =
            fault.filter(|fault| fault.kind == FaultKind::Late).map_or(0, |fault| fault.delay_ms);
        let (first_done, first) = oneshot::channel();
        let simulator = self.clone();
        self.spawn(Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(late_ms)).await;
            simulator
                .deliver_until_accepted(&subject, kind == Some(FaultKind::Double), first_done)
                .await;
        }));
        if kind == Some(FaultKind::BeforeReply) {
            // An error means that the simulator is being shut down.
            let _ = first.await;
        }
    }

    async fn deliver_until_accepted(
        &self,
        subject: &Subject,
        double: bool,
        first_done: oneshot::Sender<()>,
    ) {
        let mut accepted = if double {
            let both =
                tokio::join!(self.attempt_of_delivery(subject), self.attempt_of_delivery(subject));
            both.0 || both.1
        } else {
            self.attempt_of_delivery(subject).await
        };
        // The receiver is gone unless a reply waits.
        let _ = first_done.send(());
        for wait_s in REPEATS_S {
            if accepted {
                return;
            }
            let wait_us = wait_s * 1_000_000 / u64::from(self.config().speedup);
            tokio::time::sleep(Duration::from_micros(wait_us)).await;
            accepted = self.attempt_of_delivery(subject).await;
        }
    }

    async fn attempt_of_delivery(&self, subject: &Subject) -> bool {
        let letter = self.with(|world| subject.next(world));
        self.attempt(&letter).await.is_ok_and(|reply| reply.accepted)
    }

    /// One notice and its reply, both written down.
    pub(crate) async fn attempt(&self, letter: &Letter) -> Result<NoticeReply, NoticeError> {
        let with_sign_type = self.config().notice_sign_type;
        let subject = letter.subject();
        let (url, xml, exchange) = self.with(|world| {
            let Written { url, xml, note } = letter.write(world, with_sign_type)?;
            let about = subject.out_trade_no(world);
            world.count(subject.call(), &about);
            let said = Said {
                content_type: "text/xml; charset=utf-8",
                body: xml.as_bytes(),
                note: &note,
                ..Said::default()
            };
            let parties = (Party::Wechat, Party::Server);
            let call = subject.call().as_str();
            let exchange = world.log.request(parties, call, ("POST", &url), said, world.now_ms);
            Ok((url, xml, exchange))
        })?;
        let deadline = Duration::from_millis(self.config().notice_deadline_ms);
        let reply = post_xml(&url, xml, deadline).await;
        self.with(|world| {
            note_reply(world, &exchange, reply.as_ref());
            let reply = reply.map_err(NoticeError::Unanswered)?;
            let accepted = judge(&reply).is_ok();
            if accepted {
                letter.acknowledge(world);
            }
            let body = String::from_utf8_lossy(&reply.body).into_owned();
            Ok(NoticeReply { status: reply.status, body, accepted })
        })
    }

    fn note_lost(&self, subject: &Subject) {
        self.with(|world| {
            let url = subject.notify_url(world);
            let said = Said { note: "fault lose: never sent", ..Said::default() };
            let parties = (Party::Wechat, Party::Server);
            let target = ("POST", url.as_deref().unwrap_or_default());
            world.log.request(parties, subject.call().as_str(), target, said, world.now_ms);
        });
    }
}

fn note_reply(world: &mut World, exchange: &Exchange, reply: Result<&Response, &SendError>) {
    let note = match reply.map(judge) {
        Ok(Ok(())) => "accepted".into(),
        Ok(Err(why)) => format!("not accepted: {why}"),
        Err(error) => error.to_string(),
    };
    let said = match reply {
        Ok(reply) => Said {
            status: Some(reply.status),
            content_type: &reply.content_type,
            body: &reply.body,
            note: &note,
        },
        Err(_) => Said { note: &note, ..Said::default() },
    };
    world.log.reply(exchange, said, world.now_ms);
}

/// Whether WeChat takes the reply for an acknowledgement: XML that says SUCCESS, nothing less.
fn judge(reply: &Response) -> Result<(), String> {
    if reply.status != 200 {
        return Err(format!("status {}", reply.status));
    }
    let params = xml::from_xml(&reply.body).map_err(|error| error.to_string())?;
    match params.get("return_code") {
        Some("SUCCESS") => Ok(()),
        Some(_) => Err("return_code is not SUCCESS".into()),
        None => Err("there is no return_code".into()),
    }
}

impl fmt::Display for NoticeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownOrder => f.write_str("out_trade_no: there is no such order"),
            Self::NotPaid => f.write_str("the order is not paid, so there is no notice to repeat"),
            Self::NoNotice => f.write_str("micropay orders have no notices"),
            Self::NoOtherMerchant => f.write_str("there is no second merchant to send as"),
            Self::UnknownRefund => f.write_str("out_refund_no: there is no such refund"),
            Self::NotEnded => {
                f.write_str("the refund is under way, so there is no notice to repeat")
            }
            Self::NoUrl => f.write_str("notify_url: none for notices of this refund"),
            Self::Unanswered(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NoticeError {}
