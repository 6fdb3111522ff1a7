//! Tries mistakes, first alone, then two together, until one gives the given signature.

use alloc::vec::Vec;

use super::form::Target;
use super::plan::{Digest32, Pair, Scratch, Settings};
use super::report::{Stopped, Tried};
use super::transforms::Transform;

/// How many signatures are computed at most.
pub(super) const MAX_TRIES: usize = 30_000;
/// How many bytes are hashed at most: large messages get fewer tries.
const MAX_HASHED: usize = 24 << 20;

/// What the search found. Numbers are positions in the list of mistakes.
pub(super) struct Found {
    /// Every single mistake that explains it.
    pub(super) singles: Vec<(usize, usize)>,
    /// The first pair that does.
    pub(super) pair: Option<(usize, usize, usize)>,
    pub(super) tried: Tried,
}

pub(super) struct Search<'a> {
    pub(super) pairs: &'a [Pair<'a>],
    pub(super) settings: Settings<'a>,
    pub(super) targets: &'a [Target],
    pub(super) transforms: &'a [Transform<'a>],
    pub(super) max_tries: usize,
    /// Whether two mistakes together are tried.
    pub(super) two: bool,
}

impl<'a> Search<'a> {
    /// Whether the unchanged plan gives the signature, and read in which form.
    pub(super) fn unchanged(&self, scratch: &mut Scratch) -> Option<usize> {
        self.hit(&self.settings, &self.settings.digest(self.pairs, scratch))
    }

    pub(super) fn run(&self, scratch: &mut Scratch) -> Found {
        let mut found = Found {
            singles: Vec::new(),
            pair: None,
            tried: Tried { singles: 0, pairs: 0, stopped: Stopped::Exhausted },
        };
        if self.targets.is_empty() {
            found.tried.stopped = Stopped::NoSuchSignature;
            return found;
        }
        let live = self.singles(&mut found, scratch);
        if !found.singles.is_empty() {
            found.tried.stopped = Stopped::Proved;
        } else if self.two && found.tried.stopped == Stopped::Exhausted {
            self.pairs(&live, &mut found, scratch);
        }
        found
    }

    /// Tries every mistake alone; gives those that change anything, each effect once.
    fn singles(&self, found: &mut Found, scratch: &mut Scratch) -> Vec<usize> {
        let mut live = Vec::with_capacity(self.transforms.len());
        let mut seen: Vec<Digest32> = Vec::with_capacity(self.transforms.len());
        seen.push(self.settings.digest(self.pairs, scratch));
        let mut changed = Vec::new();
        for (index, transform) in self.transforms.iter().enumerate() {
            if self.over(found, scratch) {
                break;
            }
            let mut settings = self.settings;
            changed.clear();
            changed.extend_from_slice(self.pairs);
            transform.op.apply(&mut changed, &mut settings);
            let digest = settings.digest(&changed, scratch);
            found.tried.singles += 1;
            let effect =
                if settings.hash == self.settings.hash { seen.contains(&digest) } else { false };
            if seen.first() == Some(&digest) {
                continue;
            }
            if let Some(target) = self.hit(&settings, &digest) {
                found.singles.push((index, target));
            }
            if !effect {
                seen.push(digest);
                live.push(index);
            }
        }
        live
    }

    fn pairs(&self, live: &[usize], found: &mut Found, scratch: &mut Scratch) {
        let get = |index: &usize| self.transforms.get(*index).map(|transform| (*index, transform));
        let (mut first_pairs, mut both_pairs) = (Vec::new(), Vec::new());
        for (at, (first, a)) in live.iter().filter_map(get).enumerate() {
            let mut first_settings = self.settings;
            first_pairs.clear();
            first_pairs.extend_from_slice(self.pairs);
            a.op.apply(&mut first_pairs, &mut first_settings);
            for (second, b) in live.iter().skip(at + 1).filter_map(get) {
                if a.op.stage() == b.op.stage() && a.op.stage() != 0 || a.rare && b.rare {
                    continue;
                }
                let mut settings = first_settings;
                let pairs = if !b.op.changes_pairs() {
                    b.op.apply(&mut both_pairs, &mut settings);
                    &first_pairs
                } else if a.op.rank() > b.op.rank() {
                    both_pairs.clear();
                    both_pairs.extend_from_slice(self.pairs);
                    b.op.apply(&mut both_pairs, &mut settings);
                    a.op.apply(&mut both_pairs, &mut settings);
                    &both_pairs
                } else {
                    both_pairs.clear();
                    both_pairs.extend_from_slice(&first_pairs);
                    b.op.apply(&mut both_pairs, &mut settings);
                    &both_pairs
                };
                if !self.targets.iter().any(|target| target.len == settings.hash.len()) {
                    continue;
                }
                if self.over(found, scratch) {
                    return;
                }
                found.tried.pairs += 1;
                let digest = settings.digest(pairs, scratch);
                if let Some(target) = self.hit(&settings, &digest) {
                    found.pair = Some((first, second, target));
                    found.tried.stopped = Stopped::Proved;
                    return;
                }
            }
        }
    }

    fn hit(&self, settings: &Settings<'_>, digest: &Digest32) -> Option<usize> {
        self.targets.iter().position(|target| target.is(settings.hash, digest))
    }

    fn over(&self, found: &mut Found, scratch: &Scratch) -> bool {
        let over = found.tried.singles + found.tried.pairs >= self.max_tries
            || scratch.hashed > MAX_HASHED;
        if over {
            found.tried.stopped = Stopped::Limit;
        }
        over
    }
}
