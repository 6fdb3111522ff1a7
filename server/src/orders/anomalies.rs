//! What is odd: listed, and settled by a person.

use wxpay_core::messages::Trade;

use super::order::{Anomaly, EventKind, Order, OrderKey, Resolution};
use super::{OrderError, Orders};
use crate::merchant::Merchant;
use crate::store::{AnomalyRow, Change, StoreError};
use crate::telemetry;

/// How many rows one list call looks at, at most; a page then comes with an early `next`.
const SCAN: usize = 2_000;

/// A part of the list.
#[derive(Debug, Clone)]
pub struct AnomalyPage {
    /// The anomalies, by id.
    pub anomalies: Vec<AnomalyRow>,
    /// Behind which id to go on, if there is more to look at.
    pub next: Option<String>,
}

impl Orders {
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

    /// A merchant's anomalies behind `after`: those that wait for somebody, or all.
    ///
    /// # Errors
    /// The store's.
    pub async fn anomalies(
        &self,
        merchant: &str,
        only_open: bool,
        after: Option<&str>,
        limit: usize,
    ) -> Result<AnomalyPage, OrderError> {
        let mut page = AnomalyPage { anomalies: Vec::new(), next: after.map(Into::into) };
        let mut seen = 0;
        while seen < SCAN {
            let rows = self.store.anomalies(merchant, page.next.as_deref(), limit).await?;
            let is_last = rows.len() < limit;
            seen += rows.len();
            for row in rows {
                if page.anomalies.len() == limit {
                    return Ok(page);
                }
                page.next = Some(row.id.clone());
                if row.resolved.is_none() || !only_open {
                    page.anomalies.push(row);
                }
            }
            if is_last {
                page.next = None;
                break;
            }
        }
        Ok(page)
    }

    /// Settles an anomaly. One that is settled stays as it is: the first note stands.
    ///
    /// # Errors
    /// [`OrderError::NotFound`], or the store's.
    pub async fn resolve(
        &self,
        merchant: &str,
        id: &str,
        note: &str,
    ) -> Result<AnomalyRow, OrderError> {
        let row = self.store.anomaly(merchant, id).await?.ok_or(OrderError::NotFound)?;
        if row.resolved.is_some() {
            return Ok(row);
        }
        match self.resolve_in_order(&row, note).await {
            // Nobody's order reported it.
            Err(OrderError::NotFound) => {
                let at_ms = self.clock.now_ms();
                let resolved = Some(Resolution { at_ms, note: note.into() });
                let row = AnomalyRow { resolved, ..row };
                self.store.commit(Change::resolve_orphan(row.clone())).await?;
                Ok(row)
            }
            Err(error) => Err(error),
            Ok(()) => Ok(self.store.anomaly(merchant, id).await?.ok_or(OrderError::NotFound)?),
        }
    }

    async fn resolve_in_order(&self, row: &AnomalyRow, note: &str) -> Result<(), OrderError> {
        let order = self.change(&row.key, |order| {
            let found = order.anomaly_by_id(&row.id).ok_or(OrderError::NotFound)?;
            Ok(match found.resolved {
                Some(_) => Vec::new(),
                None => vec![EventKind::Resolved { found_seq: found.seq, note: note.into() }],
            })
        });
        order.await.map(|_| ())
    }

    /// Keeps a payment that WeChat signed for an order that is not here; once.
    ///
    /// # Errors
    /// The store's.
    pub async fn keep_orphan(
        &self,
        merchant: &Merchant,
        out_trade_no: &str,
        payment: &Trade,
    ) -> Result<(), OrderError> {
        let id = payment.transaction_id.clone();
        let key = OrderKey { merchant: merchant.id.clone(), out_trade_no: out_trade_no.into() };
        let (at_ms, total_fee) = (self.clock.now_ms(), payment.total_fee);
        let anomaly = Anomaly::OrphanNotice { transaction_id: id.clone(), total_fee };
        let kind = anomaly.kind();
        let row = AnomalyRow { id: id.clone(), key, at_ms, anomaly, resolved: None };
        match self.store.commit(Change::orphan(row).tell(&merchant.endpoints())).await {
            Ok(()) => {
                self.bells.ring(&merchant.id);
                let id = telemetry::masked(&id);
                tracing::error!(merchant = merchant.id, out_trade_no, id, kind, "anomaly found");
                Ok(())
            }
            // It was kept before.
            Err(StoreError::Stale) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
