//! What cannot be proved here: offered when nothing was, or when the signature is right and WeChat refuses it.

use super::catalogue::known;
use super::message::Message;
use super::report::{Report, Scene, Verdict};

/// The rows for a wrong signature that nothing explains, most likely first.
const UNEXPLAINED: [&str; 5] = ["A1", "A10", "A14", "P5", "A13"];
/// The rows for a right signature that is refused: the key on file differs, or the bytes on the wire do.
const REFUSED: [&str; 5] = ["A10", "A1", "P5", "P4", "A14"];

pub(super) fn collect(message: &Message<'_>, report: &mut Report) {
    if report.causes.iter().any(|cause| cause.proved) {
        return;
    }
    let ids: &[&'static str] = match report.verdict {
        Verdict::Mismatch if message.scene == Scene::RefundNotice => &["A1", "A10", "H12"],
        Verdict::Mismatch => &UNEXPLAINED,
        Verdict::Match if message.scene.is_received() => &[],
        Verdict::Match => &REFUSED,
        Verdict::Unsigned | Verdict::Malformed | Verdict::NoKey => &[],
    };
    report.advice.extend(ids.iter().map(|id| known(id)));
    let starts_payment = matches!(message.scene, Scene::Invoke | Scene::App);
    if starts_payment && !ids.is_empty() {
        report.advice.push(known("G8"));
    }
}
