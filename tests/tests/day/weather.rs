//! What goes wrong: every fault of every call, in an order that the seed decides.

use fastrand::Rng;
use wxpay_simulator::{Call, FaultKind, Simulator};
use wxpay_tests::{all_faults, fault};

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
/// More of them at once, and nothing would ever go right.
const AT_ONCE: usize = 12;

/// The faults of the day.
pub(crate) struct Weather {
    /// Each once.
    kinds: Vec<(Call, FaultKind)>,
    next: Vec<(Call, FaultKind)>,
    delay_ms: u64,
    set: usize,
}

impl Weather {
    /// Delays shorter, and longer, than the server waits for WeChat.
    pub(crate) fn new(wechat_timeout_ms: u64) -> Self {
        let kinds = all_faults().filter(|(call, _)| CALLS.contains(call)).collect();
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
