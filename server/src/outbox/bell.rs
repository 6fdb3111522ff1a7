//! Wakes the workers of a merchant's endpoints when there is something to tell, so that they need not wait for their
//! next look.

use std::collections::HashMap;

use tokio::sync::watch;

use crate::merchant::Merchants;

/// One bell for each merchant.
#[derive(Debug, Default)]
pub struct Bells(HashMap<String, watch::Sender<()>>);

impl Bells {
    /// Bells for these merchants.
    pub fn new(merchants: &Merchants) -> Self {
        let bells = merchants.iter().map(|merchant| (merchant.id.clone(), watch::Sender::new(())));
        Self(bells.collect())
    }

    /// To be called when an outbox row of this merchant is durable.
    pub fn ring(&self, merchant: &str) {
        if let Some(bell) = self.0.get(merchant) {
            bell.send_replace(());
        }
    }

    /// Sees every ring from now on.
    pub(super) fn listen(&self, merchant: &str) -> Option<watch::Receiver<()>> {
        self.0.get(merchant).map(watch::Sender::subscribe)
    }
}
