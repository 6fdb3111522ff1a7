//! A store in memory: the contract in its simplest form, for tests and simulations.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::change::OrderChange;
use super::sled::cursor_at;
use super::{Change, Filter, Page, Rows, Store, StoreError};
use crate::orders::{Event, Order, OrderKey};

/// Orders in memory. Durable as long as the process lives.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Tables>);

#[derive(Debug, Default)]
struct Tables {
    orders: BTreeMap<OrderKey, (Order, Vec<Event>)>,
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    closed: bool,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // Nothing panics while the lock is held, so a poisoned lock still guards whole tables.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn check(&self, change: &Change) -> Result<(), StoreError> {
        if change.order.as_ref().is_some_and(|change| self.is_stale(change)) {
            return Err(StoreError::Stale);
        }
        for row in &change.rows {
            let stored = self.rows.get(&row.key).map(Vec::as_slice);
            if !row.expect.allows(stored, row.bytes()?.as_deref()) {
                return Err(StoreError::Stale);
            }
        }
        Ok(())
    }

    fn is_stale(&self, change: &OrderChange) -> bool {
        let revision = self.orders.get(&change.order.key).map_or(0, |(order, _)| order.revision);
        revision != change.expected
    }

    fn write(&mut self, change: Change) -> Result<(), StoreError> {
        for row in change.rows {
            match row.bytes()? {
                Some(bytes) => self.rows.insert(row.key, bytes),
                None => self.rows.remove(&row.key),
            };
        }
        if let Some(OrderChange { order, events, .. }) = change.order {
            let mut log = self.orders.remove(&order.key).map(|(_, log)| log).unwrap_or_default();
            log.extend(events);
            self.orders.insert(order.key.clone(), (order, log));
        }
        Ok(())
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn order(&self, key: &OrderKey) -> Result<Option<Order>, StoreError> {
        Ok(self.tables().orders.get(key).map(|(order, _)| order.clone()))
    }

    async fn newest(&self, key: &OrderKey) -> Result<Option<Order>, StoreError> {
        self.order(key).await
    }

    async fn settled(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn events(&self, key: &OrderKey) -> Result<Vec<Event>, StoreError> {
        Ok(self.tables().orders.get(key).map(|(_, events)| events.clone()).unwrap_or_default())
    }

    async fn orders(&self, merchant: &str, filter: &Filter) -> Result<Page, StoreError> {
        let tables = self.tables();
        let mut all: Vec<&Order> = tables.orders.values().map(|(order, _)| order).collect();
        all.retain(|order| order.key.merchant == merchant);
        all.sort_by_key(|order| (order.created_ms, order.key.out_trade_no.clone()));
        let place = |order: &Order| (order.created_ms, order.key.out_trade_no.clone());
        let wanted = all.into_iter().rev().filter(|order| {
            filter.trade_state.is_none_or(|state| state == order.trade_state)
                && filter.from_ms.is_none_or(|from| order.created_ms >= from)
                && filter.to_ms.is_none_or(|to| order.created_ms < to)
                && filter.cursor.as_ref().is_none_or(|cursor| {
                    place(order) < (cursor.created_ms, cursor.out_trade_no.clone())
                })
        });
        let mut orders: Vec<Order> = wanted.take(filter.limit + 1).cloned().collect();
        let more = orders.len() > filter.limit;
        orders.truncate(filter.limit);
        let next = orders.last().filter(|_| more).map(cursor_at);
        Ok(Page { orders, next })
    }

    async fn logs(
        &self,
        merchant: Option<&str>,
        after: Option<&OrderKey>,
        limit: usize,
    ) -> Result<Vec<(OrderKey, Vec<Event>)>, StoreError> {
        let tables = self.tables();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let orders = tables.orders.range::<OrderKey, _>((from, Bound::Unbounded));
        let wanted = |key: &OrderKey| merchant.is_none_or(|merchant| key.merchant == merchant);
        let orders = orders.filter(|(key, _)| wanted(key)).take(limit);
        Ok(orders.map(|(key, (_, events))| (key.clone(), events.clone())).collect())
    }

    async fn watched(&self) -> Result<Vec<Order>, StoreError> {
        let tables = self.tables();
        let orders = tables.orders.values().map(|(order, _)| order);
        Ok(orders.filter(|order| order.is_watched()).cloned().collect())
    }

    async fn row(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.tables().rows.get(key).cloned())
    }

    async fn rows(&self, from: Vec<u8>, end: Vec<u8>, limit: usize) -> Result<Rows, StoreError> {
        if from >= end {
            return Ok(Vec::new());
        }
        let tables = self.tables();
        let rows = tables.rows.range(from..end).take(limit);
        Ok(rows.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    async fn commit(&self, change: Change) -> Result<(), StoreError> {
        let mut tables = self.tables();
        if tables.closed {
            let detail = "the store is closed".into();
            return Err(StoreError::Failed { what: "writing", detail });
        }
        tables.check(&change)?;
        tables.write(change)
    }

    fn healthy(&self) -> bool {
        !self.tables().closed
    }

    async fn failed(&self) -> StoreError {
        std::future::pending().await
    }

    async fn close(&self) {
        self.tables().closed = true;
    }
}
