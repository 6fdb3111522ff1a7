//! How long a run of many rounds is, where its chance comes from, and what it says at its end.

use std::io::Write;
use std::time::Instant;

/// Long runs say where they are after so many rounds.
const NEWS_EVERY: u64 = 25;

/// Rounds of one kind of trial. `cargo xtask NAME` is the long form.
#[derive(Debug)]
pub struct Rounds {
    name: &'static str,
    /// How many.
    pub count: u64,
    /// What the random choices come from.
    pub seed: u64,
    started: Instant,
}

impl Rounds {
    /// `WXPAY_<NAME>_ROUNDS` and `WXPAY_<NAME>_SEED` of the environment, or the short form.
    pub fn new(name: &'static str, short: u64) -> Self {
        let setting = |what: &str, default| setting(&format!("WXPAY_{name}_{what}"), default);
        let (count, seed) = (setting("ROUNDS", short), setting("SEED", 1));
        Self { name, count, seed, started: Instant::now() }
    }

    /// A round begins. Answers with which one it is, for whoever wants to repeat it.
    pub fn begin(&self, round: u64) -> String {
        let Self { name, count, seed, .. } = self;
        if round.is_multiple_of(NEWS_EVERY.max(count / 20)) {
            say(&format!("round {round} of {count}"));
        }
        format!("round {round} of {count}, WXPAY_{name}_SEED={seed}")
    }

    /// The line at the end: what there was, in numbers, and more of it in words.
    pub fn report(&self, counts: &str, more: &str) {
        let Self { name, count, seed, started, .. } = self;
        let (name, seconds) = (name.to_lowercase(), started.elapsed().as_secs());
        say(&format!("{name}: {count} rounds, seed {seed}, {counts}, {seconds} s; {more}"));
    }
}

/// Not `println!`: this is for those whose tests pass, too.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[allow(clippy::disallowed_methods, reason = "how long a test runs is set from outside")]
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect(name))
}
