//! One wrong signature: what the search finds, put into words.

use alloc::vec;
use alloc::vec::Vec;

use super::evaluate::{Check, part};
use super::form::{Form, Target};
use super::plan::{Hash, Pair, Scratch, Settings, Tail, mask};
use super::report::{Cause, Part, Report, Stopped, Tried};
use super::search::{Found, MAX_TRIES, Search};
use super::transforms::{Op, Transform, other_algorithm};

/// One wrong signature.
pub(super) struct Case<'a> {
    pub(super) check: &'a Check<'a>,
    pub(super) expected: Hash,
    pub(super) targets: &'a [Target],
    pub(super) transforms: &'a [Transform<'a>],
}

impl<'a> Case<'a> {
    pub(super) fn with_key(&self, base: Settings<'a>, report: &mut Report) {
        let search = self.search(base, self.transforms, true);
        let mut scratch = Scratch::default();
        if let Some(target) = search.unchanged(&mut scratch) {
            report.causes.push(self.cause(base, &[], target, &[]));
            report.tried = Tried { singles: 1, pairs: 0, stopped: Stopped::Proved };
            return;
        }
        let found = search.run(&mut scratch);
        self.report(&found, base, self.transforms, &[], report);
    }

    /// Without a key only the mistakes that leave it out can be proved.
    pub(super) fn without_key(&self, base: Settings<'a>, report: &mut Report) {
        let mut scratch = Scratch::default();
        let no_key = Settings { tail: Tail::None, ..base };
        let search = self.search(no_key, self.transforms, false);
        let part = vec![part(if base.hash == Hash::Hmac { "D4" } else { "B8" }, None, "no &key=")];
        if let Some(target) = search.unchanged(&mut scratch) {
            report.causes.push(self.cause(no_key, &[], target, &part));
            return;
        }
        let found = search.run(&mut scratch);
        self.report(&found, no_key, self.transforms, &part, report);
        if report.causes.is_empty() {
            let found = self.search(base, self.transforms, false).run(&mut scratch);
            self.report(&found, base, self.transforms, &[], report);
        }
    }

    fn search(
        &self,
        settings: Settings<'a>,
        transforms: &'a [Transform<'a>],
        two: bool,
    ) -> Search<'a> {
        let limit = self.check.options.max_tries;
        let max_tries = if limit == 0 { MAX_TRIES } else { limit };
        Search {
            pairs: &self.check.message.pairs,
            settings,
            targets: self.targets,
            transforms,
            max_tries,
            two,
        }
    }

    fn report(
        &self,
        found: &Found,
        base: Settings<'a>,
        all: &'a [Transform<'a>],
        before: &[Part],
        report: &mut Report,
    ) {
        report.tried = found.tried;
        for (index, target) in &found.singles {
            if let Some(transform) = all.get(*index) {
                let cause = self.cause(base, &[transform], *target, before);
                if report.causes.iter().all(|known| known.id() != cause.id()) {
                    report.causes.push(cause);
                }
            }
        }
        if let Some((first, second, target)) = found.pair
            && let (Some(first), Some(second)) = (all.get(first), all.get(second))
        {
            report.causes.push(self.cause(base, &[first, second], target, before));
        }
    }

    fn cause(
        &self,
        base: Settings<'a>,
        changes: &[&'a Transform<'a>],
        target: usize,
        before: &[Part],
    ) -> Cause {
        let received = self.check.message.scene.is_received();
        let mut parts = before.to_vec();
        let mut settings = base;
        let mut pairs: Vec<Pair<'a>> = self.check.message.pairs.clone();
        for rank in [0, 1] {
            for change in changes.iter().filter(|change| change.op.rank() == rank) {
                change.op.apply(&mut pairs, &mut settings);
            }
        }
        for change in changes {
            parts.push(part(change.id, change.also, &mask(change.detail(), self.check.secrets)));
        }
        let hashed = changes.iter().any(|change| matches!(change.op, Op::Hash(..)));
        if base.hash != self.expected && !hashed {
            let (id, also) = other_algorithm(self.check.message.scene);
            parts.push(part(
                id,
                Some(also),
                if base.hash == Hash::Hmac { "HMAC-SHA256" } else { "MD5" },
            ));
        }
        let form = self.targets.get(target).map_or(Form::Hex, |target| target.form);
        if let Some(id) = form.id(received) {
            let also = if form == Form::LowerHex {
                Some(if received { "D1" } else { "H14" })
            } else {
                None
            };
            parts.push(part(id, also, form.detail()));
        }
        Cause { parts, proved: true, signed_text: settings.masked(&pairs, self.check.secrets) }
    }
}
