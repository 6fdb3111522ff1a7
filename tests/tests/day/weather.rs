//! What goes wrong: every fault of every call, in an order that the seed decides.

use fastrand::Rng;
use wxpay_simulator::{Call, Fault, FaultKind, Simulator};

const CALLS: [Call; 10] = [
    Call::UnifiedOrder,
    Call::OrderQuery,
    Call::CloseOrder,
    Call::Micropay,
    Call::Reverse,
    Call::Refund,
    Call::RefundQuery,
    Call::Code2Session,
    Call::Notice,
    Call::RefundNotice,
];
const KINDS: [FaultKind; 21] = [
    FaultKind::Delay,
    FaultKind::Hang,
    FaultKind::ResetBefore,
    FaultKind::ResetAfter,
    FaultKind::Http500,
    FaultKind::Empty200,
    FaultKind::Truncate,
    FaultKind::WrongSign,
    FaultKind::NoSign,
    FaultKind::SystemError,
    FaultKind::SystemErrorApplied,
    FaultKind::Recall,
    FaultKind::Lose,
    FaultKind::Late,
    FaultKind::Double,
    FaultKind::BeforeReply,
    FaultKind::BadSign,
    FaultKind::BadKey,
    FaultKind::Garbled,
    FaultKind::ErrCode,
    FaultKind::ErrCodeApplied,
];
/// More of them at once, and nothing would ever go right.
const AT_ONCE: usize = 12;

/// The faults of the day.
pub(crate) struct Weather {
    /// Each that fits its call, once.
    kinds: Vec<(Call, FaultKind)>,
    next: Vec<(Call, FaultKind)>,
    delay_ms: u64,
    set: usize,
}

impl Weather {
    /// Delays shorter, and longer, than the server waits for WeChat.
    pub(crate) fn new(wechat: &Simulator, wechat_timeout_ms: u64) -> Self {
        let pairs = CALLS.into_iter().flat_map(|call| KINDS.map(|kind| (call, kind)));
        let fits = |pair: &(Call, FaultKind)| wechat.set_fault(fault(pair.0, pair.1)).is_ok();
        let kinds = pairs.filter(fits).collect();
        wechat.clear_faults();
        Self { kinds, next: Vec::new(), delay_ms: 2 * wechat_timeout_ms, set: 0 }
    }

    /// A few more faults, unless there are enough.
    pub(crate) fn change(&mut self, wechat: &Simulator, rng: &mut Rng) {
        for _ in wechat.faults().len()..AT_ONCE.min(wechat.faults().len() + rng.usize(2..8)) {
            if self.next.is_empty() {
                self.next.clone_from(&self.kinds);
                rng.shuffle(&mut self.next);
            }
            let Some((call, kind)) = self.next.pop() else { return };
            let delay_ms = if rng.bool() { 10 } else { self.delay_ms };
            wechat.set_fault(fault(call, kind).delay_ms(delay_ms)).unwrap();
            self.set += 1;
        }
    }

    /// The faults end. How many calls and notices they have spoiled, and how many ways of that there are.
    pub(crate) fn clear(&self, wechat: &Simulator) -> (usize, usize) {
        let unused = wechat.faults().len();
        wechat.clear_faults();
        (self.set - unused, self.kinds.len())
    }
}

/// Codes that WeChat sends whether or not it has done what it was asked.
fn fault(call: Call, kind: FaultKind) -> Fault {
    let code = match call {
        Call::Micropay => "BANKERROR",
        Call::Refund => "BIZERR_NEED_RETRY",
        Call::Code2Session => "-1",
        _ => "SYSTEMERROR",
    };
    match kind {
        FaultKind::ErrCode => Fault::err_code(call, code),
        FaultKind::ErrCodeApplied => Fault::err_code_applied(call, code),
        _ => Fault::new(call, kind),
    }
}
