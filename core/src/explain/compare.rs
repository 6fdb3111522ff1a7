//! Compares two inputs.

use super::message::Message;
use super::read::Reading;
use super::report::Report;

pub(super) fn collect(_message: &Message<'_>, _other: &Reading, _given: Option<&str>, _report: &mut Report) {}
