//! Rounds of a mishap under load: shop by shop, with the acknowledgements counted.

use wxpay_tests::Rounds;

/// Rounds before a new shop opens: looking through everything after each round must not take longer than the rounds.
const ROUNDS_A_SHOP: u64 = 25;

/// Rounds of one kind of mishap.
pub struct Run {
    pub rounds: Rounds,
    pub acks: usize,
}

/// One of the shops that follow each other in a run.
pub struct Shop {
    pub seed: u64,
    pub rounds: std::ops::RangeInclusive<u64>,
}

impl Run {
    /// See [`Rounds::new`].
    pub fn new(name: &'static str, short: u64) -> Self {
        Self { rounds: Rounds::new(name, short), acks: 0 }
    }

    pub fn shops(&self) -> Vec<Shop> {
        let Rounds { count, seed, .. } = self.rounds;
        let firsts = (1..=count).step_by(usize::try_from(ROUNDS_A_SHOP).unwrap());
        firsts
            .map(|first| Shop {
                seed: seed + first - 1,
                rounds: first..=count.min(first + ROUNDS_A_SHOP - 1),
            })
            .collect()
    }

    /// The line that stands at the end of a run that went well.
    pub fn report(&self, more: &str) {
        self.rounds.report(&format!("{} acknowledgements, 0 lost", self.acks), more);
    }
}
