//! Faults on command: what goes wrong with the next calls or notices, how often, and for which order.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::calls::Call;

/// A fault waiting for its call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which call goes wrong.
    pub call: Call,
    /// How.
    #[serde(rename = "fault")]
    pub kind: FaultKind,
    /// How often; then the fault is gone.
    #[serde(default = "once")]
    pub times: u32,
    /// For `delay` and `late`, in milliseconds of real time.
    #[serde(default = "second")]
    pub delay_ms: u64,
    /// Only calls about this order; `None` takes the next call, whatever it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_trade_no: Option<String>,
    /// For `err_code` and `err_code_applied`: WeChat's code, listed or not; an errcode for code2session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub err_code: Option<String>,
}

/// What can go wrong. "Applied" means that WeChat has done what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Calls: applied at once, the reply comes `delay_ms` later.
    Delay,
    /// Calls: not applied, and no reply until the client gives up.
    Hang,
    /// Calls: not applied, connection reset.
    ResetBefore,
    /// Calls: applied, connection reset.
    ResetAfter,
    /// Calls: not applied, status 500 with an HTML page.
    #[serde(rename = "http_500")]
    Http500,
    /// Calls: not applied, status 200 with an empty body.
    #[serde(rename = "empty_200")]
    Empty200,
    /// Calls: applied, the reply's body ends half-way.
    Truncate,
    /// Calls with a signed reply: applied, the signature is wrong.
    WrongSign,
    /// Calls with a signed reply: applied, it has no signature.
    NoSign,
    /// Calls: not applied, SYSTEMERROR (code2session: errcode -1; bills: XML instead of text).
    SystemError,
    /// Calls: applied, SYSTEMERROR (code2session: errcode -1).
    SystemErrorApplied,
    /// reverse: not applied, `recall=Y`.
    Recall,
    /// Bills: applied, the text's second half is missing, and neither length nor packing tells.
    CutBill,
    /// Bills: applied, it is the bill of the day before.
    WrongDay,
    /// Bills: applied, what was packed with GZIP cannot be unpacked.
    DamagedGzip,
    /// Notices: never sent, nor repeated.
    Lose,
    /// Calls: connection reset, and applied `delay_ms` later, whatever the client has done about it by then.
    /// Notices: the first one leaves `delay_ms` later.
    Late,
    /// Notices: the first one leaves twice, in parallel.
    Double,
    /// Notices: the first one is sent and answered before the reply of the cashier, or of the call that asked for the
    /// refund, which ends at once. With call `orderquery`: a paid order's notice is sent and answered between the making
    /// of the reply and its sending. With call `refundquery`: all refunds of the order end, and one notice of each is
    /// sent and answered, between the making of the reply and its sending.
    BeforeReply,
    /// Payment notices: one attempt, repeats included, has a wrong signature.
    BadSign,
    /// Refund notices: one attempt, repeats included, is encrypted with another key.
    BadKey,
    /// Refund notices: in one attempt, repeats included, `req_info` cannot be decoded.
    Garbled,
    /// Calls: not applied, refused with the fault's `err_code`.
    ErrCode,
    /// Calls: applied, refused with the fault's `err_code` all the same.
    ErrCodeApplied,
}

/// Why a fault cannot be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultError {
    /// This call cannot go wrong in this way.
    DoesNotFit,
    /// `times` is 0.
    NoTimes,
    /// `err_code` is missing, or is more than a code, or is there for another kind of fault.
    ErrCode,
}

impl Fault {
    /// A fault for the next call of a kind.
    pub const fn new(call: Call, kind: FaultKind) -> Self {
        Self { call, kind, times: once(), delay_ms: second(), out_trade_no: None, err_code: None }
    }

    /// The next call of a kind is refused with a code and not applied.
    pub fn err_code(call: Call, err_code: impl Into<String>) -> Self {
        Self { err_code: Some(err_code.into()), ..Self::new(call, FaultKind::ErrCode) }
    }

    /// The next call of a kind is refused with a code, and yet applied.
    pub fn err_code_applied(call: Call, err_code: impl Into<String>) -> Self {
        Self { err_code: Some(err_code.into()), ..Self::new(call, FaultKind::ErrCodeApplied) }
    }

    /// Only for calls about this order.
    #[must_use]
    pub fn of_order(mut self, out_trade_no: impl Into<String>) -> Self {
        self.out_trade_no = Some(out_trade_no.into());
        self
    }

    /// For the next so many calls.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// How long `delay` and `late` take, in milliseconds.
    #[must_use]
    pub const fn delay_ms(mut self, delay_ms: u64) -> Self {
        self.delay_ms = delay_ms;
        self
    }
}

impl FaultKind {
    /// All ways.
    pub const ALL: &[Self] = &[
        Self::Delay,
        Self::Hang,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::Http500,
        Self::Empty200,
        Self::Truncate,
        Self::WrongSign,
        Self::NoSign,
        Self::SystemError,
        Self::SystemErrorApplied,
        Self::Recall,
        Self::CutBill,
        Self::WrongDay,
        Self::DamagedGzip,
        Self::Lose,
        Self::Late,
        Self::Double,
        Self::BeforeReply,
        Self::BadSign,
        Self::BadKey,
        Self::Garbled,
        Self::ErrCode,
        Self::ErrCodeApplied,
    ];

    /// Whether a call can go wrong in this way.
    pub fn fits(self, call: Call) -> bool {
        let is_notice = call.is_notice();
        match self {
            Self::Lose | Self::Double => is_notice,
            Self::Late => true,
            Self::BadSign => call == Call::Notice,
            Self::BadKey | Self::Garbled => call == Call::RefundNotice,
            Self::BeforeReply => is_notice || matches!(call, Call::OrderQuery | Call::RefundQuery),
            Self::WrongSign | Self::NoSign => call.reply_is_signed(),
            Self::Recall => call == Call::Reverse,
            Self::CutBill | Self::WrongDay | Self::DamagedGzip => call.is_download(),
            Self::Delay
            | Self::Hang
            | Self::ResetBefore
            | Self::ResetAfter
            | Self::Http500
            | Self::Empty200
            | Self::Truncate
            | Self::SystemError
            | Self::SystemErrorApplied
            | Self::ErrCode
            | Self::ErrCodeApplied => !is_notice,
        }
    }

    /// Whether it is a fault of a notice's delivery, and not of one attempt.
    pub(crate) const fn is_of_delivery(self) -> bool {
        !matches!(self, Self::BadSign | Self::BadKey | Self::Garbled)
    }

    const fn has_err_code(self) -> bool {
        matches!(self, Self::ErrCode | Self::ErrCodeApplied)
    }
}

/// The faults that are set, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn set(&mut self, fault: Fault) -> Result<(), FaultError> {
        if fault.times == 0 {
            return Err(FaultError::NoTimes);
        }
        if !fault.kind.fits(fault.call) {
            return Err(FaultError::DoesNotFit);
        }
        let is_code = |code: &String| {
            let in_code = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
            (1..=32).contains(&code.len()) && code.bytes().all(in_code)
        };
        if fault.err_code.is_some() != fault.kind.has_err_code()
            || !fault.err_code.as_ref().is_none_or(is_code)
        {
            return Err(FaultError::ErrCode);
        }
        self.0.push(fault);
        Ok(())
    }

    pub(crate) fn all(&self) -> &[Fault] {
        &self.0
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The oldest fault for this call, order and purpose; uses it up once.
    pub(crate) fn take(
        &mut self,
        call: Call,
        out_trade_no: Option<&str>,
        suits: impl Fn(FaultKind) -> bool,
    ) -> Option<Fault> {
        let at = self.0.iter().position(|fault| {
            let about = fault.out_trade_no.as_deref();
            fault.call == call && suits(fault.kind) && (about.is_none() || about == out_trade_no)
        })?;
        let fault = self.0.get_mut(at)?;
        fault.times -= 1;
        let taken = fault.clone();
        if taken.times == 0 {
            self.0.remove(at);
        }
        Some(taken)
    }
}

const fn once() -> u32 {
    1
}

const fn second() -> u64 {
    1_000
}

/// Prints the word of the control API.
impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DoesNotFit => "fault: this call cannot go wrong in this way",
            Self::NoTimes => "times: expected at least 1",
            Self::ErrCode => {
                "err_code: expected a code, for the faults err_code and err_code_applied"
            }
        })
    }
}

impl std::error::Error for FaultError {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn a_fault_is_gone_after_its_times() {
        let mut faults = Faults::default();
        faults.set(Fault::new(Call::OrderQuery, FaultKind::Hang).times(2)).unwrap();
        let mut take = |call| faults.take(call, None, |_| true).is_some();
        assert!(!take(Call::CloseOrder));
        assert!(take(Call::OrderQuery));
        assert!(take(Call::OrderQuery));
        assert!(!take(Call::OrderQuery));
    }

    #[test]
    fn a_fault_of_an_order_waits_for_it() {
        let mut faults = Faults::default();
        faults.set(Fault::new(Call::OrderQuery, FaultKind::Hang).of_order("T2")).unwrap();
        assert_eq!(faults.take(Call::OrderQuery, Some("T1"), |_| true), None);
        assert_eq!(faults.take(Call::OrderQuery, None, |_| true), None);
        assert!(faults.take(Call::OrderQuery, Some("T2"), |_| true).is_some());
    }

    #[test]
    fn a_fault_must_fit_its_call() {
        let mut faults = Faults::default();
        for (call, kind) in [
            (Call::OrderQuery, FaultKind::Lose),
            (Call::Notice, FaultKind::Hang),
            (Call::Code2Session, FaultKind::NoSign),
            (Call::CloseOrder, FaultKind::BeforeReply),
        ] {
            assert_eq!(faults.set(Fault::new(call, kind)), Err(FaultError::DoesNotFit), "{kind:?}");
        }
        let never = Fault::new(Call::OrderQuery, FaultKind::Hang).times(0);
        assert_eq!(faults.set(never), Err(FaultError::NoTimes));
    }
}
