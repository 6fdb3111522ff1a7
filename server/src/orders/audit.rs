//! What the comparison with a bill wants of an order: an answer of WeChat's whatever its state, and a note of what is odd.

use super::order::{Anomaly, EventKind, Order, OrderKey};
use super::{OrderError, Orders};

impl Orders {
    /// Asks WeChat about an order whatever its state, and applies the answer.
    ///
    /// # Errors
    /// [`OrderError::Gateway`] when WeChat gives no answer, [`OrderError::Fact`] when it cannot be about this order.
    pub async fn ask_about(&self, key: &OrderKey) -> Result<Order, OrderError> {
        self.ask_wechat(key).await
    }

    /// Notes something odd, once.
    ///
    /// # Errors
    /// The store's.
    pub async fn report(&self, key: &OrderKey, anomaly: Anomaly) -> Result<Order, OrderError> {
        self.change(key, |order| {
            let anomaly = anomaly.clone();
            let odd = anomaly.odd_payment();
            let mut found = order.anomalies.iter().map(|found| found.anomaly.odd_payment());
            let is_known =
                order.has_anomaly(&anomaly) || odd.is_some() && found.any(|it| it == odd);
            Ok(if is_known { Vec::new() } else { vec![EventKind::Found { anomaly }] })
        })
        .await
    }
}
