//! Everything that can go wrong between a server and WeChat.

use wxpay_simulator::{Call, Fault, FaultKind};

/// Every fault of every call that the server makes, and of every notice that it takes.
pub fn all_faults() -> impl Iterator<Item = (Call, FaultKind)> {
    // Nothing in the server asks for short addresses.
    let calls = Call::ALL.iter().copied().filter(|call| *call != Call::ShortUrl);
    calls.flat_map(|call| {
        let kinds = FaultKind::ALL.iter().copied().filter(move |kind| kind.fits(call));
        kinds.map(move |kind| (call, kind))
    })
}

/// A fault. Its code, if it has one, is one that WeChat sends whether or not it has done what it was asked.
pub fn fault(call: Call, kind: FaultKind) -> Fault {
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
