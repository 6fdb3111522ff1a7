//! How long a run is, where its chance comes from, and what it says at its end.

use std::io::Write;
use std::time::Instant;

/// Rounds before a new shop opens: looking through everything after each round must not take longer than the rounds.
const ROUNDS_A_SHOP: u64 = 25;

/// Rounds of one kind of mishap.
pub struct Run {
    name: &'static str,
    pub rounds: u64,
    pub seed: u64,
    started: Instant,
    pub acks: usize,
}

/// One of the shops that follow each other in a run.
pub struct Shop {
    pub seed: u64,
    pub rounds: std::ops::RangeInclusive<u64>,
}

impl Run {
    /// `WXPAY_<NAME>_ROUNDS` and `WXPAY_<NAME>_SEED` of the environment, or the short form.
    pub fn new(name: &'static str, short: u64) -> Self {
        let setting = |what: &str, default| setting(&format!("WXPAY_{name}_{what}"), default);
        let (rounds, seed) = (setting("ROUNDS", short), setting("SEED", 1));
        Self { name, rounds, seed, started: Instant::now(), acks: 0 }
    }

    pub fn shops(&self) -> Vec<Shop> {
        let firsts = (1..=self.rounds).step_by(usize::try_from(ROUNDS_A_SHOP).unwrap());
        firsts
            .map(|first| Shop {
                seed: self.seed + first - 1,
                rounds: first..=self.rounds.min(first + ROUNDS_A_SHOP - 1),
            })
            .collect()
    }

    /// A round begins. Answers with which one it is, for whoever wants to repeat it; long runs say so now and then.
    pub fn begin(&self, round: u64) -> String {
        let Self { name, rounds, seed, .. } = self;
        if round.is_multiple_of(ROUNDS_A_SHOP) {
            let _ = writeln!(std::io::stderr(), "round {round} of {rounds}");
        }
        format!("round {round} of {rounds}, WXPAY_{name}_SEED={seed}")
    }

    /// The line that stands at the end of a run that went well.
    pub fn report(&self, more: &str) {
        let Self { name, rounds, seed, started, acks } = self;
        let seconds = started.elapsed().as_secs();
        // Not `println!`: these numbers are for those whose tests pass, too.
        let _ = writeln!(
            std::io::stderr(),
            "{}: {rounds} rounds, seed {seed}, {acks} acknowledgements, 0 lost, {seconds} s; {more}",
            name.to_lowercase(),
        );
    }
}

#[allow(clippy::disallowed_methods, reason = "how long a test runs is set from outside")]
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect(name))
}
