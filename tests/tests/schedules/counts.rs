//! What happened, summed over schedules: a schedule in which nothing happens proves nothing.

#[derive(Debug, Default)]
pub struct Counts {
    pub actions: usize,
    pub payments: usize,
    pub closed: usize,
    pub reversed: usize,
    pub refused: usize,
    pub anomalies: usize,
    pub checks: usize,
    pub refunds: usize,
    pub refused_refunds: usize,
    /// The process was killed in the middle of something.
    pub kills: usize,
    pub store_failures: usize,
}

impl Counts {
    pub fn add(&mut self, more: &Self) {
        self.actions += more.actions;
        self.payments += more.payments;
        self.closed += more.closed;
        self.reversed += more.reversed;
        self.refused += more.refused;
        self.anomalies += more.anomalies;
        self.checks += more.checks;
        self.refunds += more.refunds;
        self.refused_refunds += more.refused_refunds;
        self.kills += more.kills;
        self.store_failures += more.store_failures;
    }

    pub fn assert_that_everything_happened(&self) {
        let Self { actions, payments, closed, refused, kills, store_failures, .. } = self;
        let Self { reversed, anomalies, checks, refunds, refused_refunds, .. } = self;
        let orders = [payments, closed, reversed, refunds, refused_refunds];
        let around = [actions, refused, anomalies, checks, kills, store_failures];
        for count in around.into_iter().chain(orders) {
            assert!(*count > 50, "{self:?}");
        }
    }

    /// In words.
    pub fn summary(&self) -> String {
        let Self { actions, refused, payments, closed, reversed, refunds, .. } = self;
        format!(
            "{actions} actions ({refused} refused), {payments} payments, {closed} closed, {reversed} reversed, \
             {refunds} refunds, {} kills, {} store failures",
            self.kills, self.store_failures,
        )
    }
}
