//! What cannot be proved here.

use super::message::Message;
use super::report::Report;

pub(super) fn collect(_message: &Message<'_>, _report: &mut Report) {}
